"""A pressed offer reaches the gate, and its message stays true whatever Slack does."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.domain.access import Caller, Door
from bot.domain.offers import Offer, Press, Where
from bot.domain.report import Outcome, Report, Table
from bot.gate.carrying import Tell
from bot.gate.reports import late
from bot.slack.doors.answers import Answers
from bot.slack.doors.callers import Place, Pressed
from bot.slack.doors.changes import Changes, Pace
from bot.slack.metrics import Metrics
from bot.slack.sending.sender import Sender
from tests.slack.doors.test_answers import FakeDesk as AskedDesk
from tests.slack.little_slack import LittleSlack

ITEMS = Table(title="Items", header=("target",), rows=(("abc123",),))
RUNNING = Report(summary="runpod terminate: running", sections=(ITEMS,))
DONE = Report(summary="runpod terminate: 1 done", sections=(ITEMS,))
REFUSED = Report(
    summary="runpod terminate was refused, and nothing was changed",
    outcome=Outcome.REFUSED,
    private=True,
)
AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
OFFER = Offer(
    id="offer",
    action="runpod terminate",
    system="reigh",
    words="runpod terminate",
    caller=Caller(door=Door.SLASH, user_id="U1", channel_id="C1"),
    progress=(),
    created_at=AT,
    expires_at=AT,
    where=Where(channel="C1", message_ts="1.5"),
)


@dataclass
class FakeDesk:
    """Tells the given progress, with a pause after each, and returns the end."""

    end: Report = DONE
    progress: Sequence[Report] = ()
    pause: float = 0
    pressed: list[tuple[Press, bool]] = field(default_factory=list)

    async def press(
        self, press: Press, *, cancels: bool, tell: Tell, now: datetime
    ) -> Report:
        """Remember the press."""
        for report in self.progress:
            await tell(report)
            await asyncio.sleep(self.pause)
        self.pressed.append((press, cancels))
        return self.end


@dataclass
class Stage:
    """What takes part when a button is pressed."""

    little: LittleSlack
    sender: Sender
    metrics: Metrics

    def changes(self, desk: FakeDesk, pace: Pace | None = None) -> Changes:
        """Return what carries presses to the desk."""
        answers = Answers(AskedDesk(), self.sender, self.metrics)
        return Changes(desk, answers, self.sender, self.metrics, pace=pace)

    async def press(
        self,
        desk: FakeDesk,
        *,
        first: bool = True,
        pace: Pace | None = None,
        **place: object,
    ) -> None:
        """Press the button of a message in a channel."""
        where = Place(
            channel="C1", user="U1", thread_ts="1.5", response_url=self.little.hook.url
        )
        where = replace(where, **place)  # type: ignore[arg-type]
        caller = Caller(door=Door.BUTTON, user_id="U1", team_id="T1", channel_id="C1")
        shown = None if where.ephemeral else Where(channel="C1", message_ts="1.5")
        press = Press(offer_id="offer", caller=caller, where=shown)
        pressed = Pressed(press=press, cancels=False, place=where, keys=())
        await self.changes(desk, pace).redeem(pressed, first=first)

    def texts(self, method: str) -> list[str]:
        """Return the first line of all that was sent by the method."""
        return [
            payload["text"].splitlines()[0]
            for called, payload in self.little.sent
            if called == method
        ]


@pytest.fixture
def stage(little: LittleSlack, sender: Sender, metrics: Metrics) -> Stage:
    """Return a stage before a Slack that takes everything."""
    return Stage(little, sender, metrics)


def unusable(little: LittleSlack) -> None:
    """Let the response_url refuse all that comes."""
    gone = [web.Response(status=404, text="expired_url") for _ in range(9)]
    little.answer("hook", *gone)


UPLOADED = "files.completeUploadExternal"
LONG = replace(DONE, sections=(replace(ITEMS, rows=ITEMS.rows * 46),))


async def test_a_long_outcome_is_attached_whole(stage: Stage) -> None:
    """Below the message, which shows its beginning."""
    await stage.press(FakeDesk(end=LONG))

    [shown] = [it for method, it in stage.little.sent if method == UPLOADED]
    assert (shown["channel_id"], shown["thread_ts"]) == ("C1", "1.5")


async def test_a_long_private_outcome_is_attached_for_its_presser(stage: Stage) -> None:
    """Nobody else sees the message."""
    direct = web.json_response({"ok": True, "ts": "2.0", "channel": "D1"})
    stage.little.answer("chat.postMessage", direct)
    await stage.press(FakeDesk(end=LONG), ephemeral=True)

    [shown] = [it for method, it in stage.little.sent if method == UPLOADED]
    assert shown["channel_id"] == "D1"


async def test_a_long_outcome_after_a_death_is_attached(stage: Stage) -> None:
    """As it would have been before it."""
    await stage.changes(FakeDesk()).recovered(OFFER, LONG)

    [shown] = [it for method, it in stage.little.sent if method == UPLOADED]
    assert (shown["channel_id"], shown["thread_ts"]) == ("C1", "1.5")


async def test_the_end_takes_the_place_of_the_offer(stage: Stage) -> None:
    """In the message itself, whose buttons are gone then."""
    desk = FakeDesk()
    await stage.press(desk)

    [(method, payload)] = stage.little.sent
    assert method == "chat.update"
    assert (payload["channel"], payload["ts"]) == ("C1", "1.5")
    assert "1 done" in payload["text"]
    assert "gate:" not in str(payload["blocks"])
    assert [press.offer_id for press, _ in desk.pressed] == ["offer"]


async def test_progress_is_shown_once_in_a_while(stage: Stage) -> None:
    """However many items end meanwhile; the end is shown whenever it comes."""
    steps = [replace(RUNNING, summary=f"step {number}") for number in range(9)]
    await stage.press(FakeDesk(progress=steps))

    first, last = stage.texts("chat.update")
    assert "step 0" in first
    assert "1 done" in last


async def test_progress_is_shown_again_after_a_while(stage: Stage) -> None:
    """Then with what is true by then."""
    steps = [replace(RUNNING, summary=f"step {number}") for number in range(3)]
    desk = FakeDesk(progress=steps, pause=0.05)
    await stage.press(desk, pace=Pace(update=0.01))

    assert len(stage.texts("chat.update")) == 4


def test_a_message_changes_every_three_seconds_at_most() -> None:
    """As Slack's limits for one method demand."""
    assert Pace().update == 3.0


async def test_a_refused_update_goes_by_the_response_url(stage: Stage) -> None:
    """Which replaces the message that holds the button."""
    stage.little.refuse("chat.update", "cant_update_message")
    await stage.press(FakeDesk())

    assert stage.little.methods == ["chat.update", "hook"]
    assert stage.little.payloads[1]["replace_original"] is True


async def test_what_cannot_be_changed_is_told_in_its_thread(stage: Stage) -> None:
    """The last way, for all to see."""
    stage.little.refuse("chat.update", "cant_update_message")
    unusable(stage.little)
    await stage.press(FakeDesk())

    assert stage.little.methods == ["chat.update", "hook", "chat.postMessage"]
    assert stage.little.payloads[2]["thread_ts"] == "1.5"
    assert "1 done" in stage.little.payloads[2]["text"]


async def test_an_end_that_reaches_nobody_is_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """It was carried out all the same."""
    stage.little.refuse("chat.update", "channel_not_found")
    stage.little.refuse("chat.postMessage", "channel_not_found")
    unusable(stage.little)
    desk = FakeDesk()
    await stage.press(desk)

    assert len(desk.pressed) == 1
    assert "an outcome reached nobody" in caplog.messages


async def test_a_slow_slack_holds_nothing_up_for_long(stage: Stage) -> None:
    """Showing has its time; what is done does not depend on it."""
    stage.little.delay = 1
    desk = FakeDesk(progress=[RUNNING])
    await stage.press(desk, pace=Pace(showing=0.05))

    assert len(desk.pressed) == 1
    assert "chat.postMessage" in stage.little.methods  # nothing was waited for


async def test_an_unreachable_slack_stops_nothing(stage: Stage) -> None:
    """Neither before a change nor after it."""
    stage.sender._client.base_url = "http://127.0.0.1:9/api/"
    desk = FakeDesk(progress=[RUNNING])
    await stage.press(
        desk, response_url="http://127.0.0.1:9/hook", pace=Pace(showing=0.2)
    )

    assert len(desk.pressed) == 1


async def test_a_fault_in_drawing_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end is said in short then."""

    def broken(report: Report) -> None:
        raise IndexError

    monkeypatch.setattr("formatters.blocks.whole", broken)
    desk = FakeDesk(progress=[RUNNING])
    await stage.press(desk)

    assert len(desk.pressed) == 1
    assert "1 done" in stage.texts("chat.update")[-1]


async def test_a_fault_in_showing_progress_stops_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever tells of it is in the middle of a change."""

    def broken(report: Report) -> str:
        if report is RUNNING:
            raise IndexError
        return "in short"

    monkeypatch.setattr("formatters.blocks.last_resort", broken)
    desk = FakeDesk(progress=[RUNNING])
    await stage.press(desk)

    assert len(desk.pressed) == 1
    assert "progress can't be shown" in caplog.messages


async def test_a_refusal_is_for_the_presser_alone(stage: Stage) -> None:
    """The message stays as it is: others may press it."""
    await stage.press(FakeDesk(REFUSED))

    [(method, payload)] = stage.little.sent
    assert method == "hook"
    assert payload["response_type"] == "ephemeral"
    assert payload["replace_original"] is False


async def test_a_refusal_reaches_the_presser_without_a_response_url(
    stage: Stage,
) -> None:
    """As any private answer does."""
    await stage.press(FakeDesk(REFUSED), response_url=None)

    assert stage.little.methods == ["chat.postEphemeral"]
    assert stage.little.payloads[0]["user"] == "U1"


async def test_a_refusal_that_reaches_nobody_is_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """There is nobody left to tell, as with a payload that names no person."""
    stage.little.refuse("chat.postEphemeral", "user_not_in_channel")
    stage.little.refuse("chat.postMessage", "channel_not_found")
    await stage.press(FakeDesk(REFUSED), channel="", user="", response_url=None)

    assert "a presser was not told" in caplog.messages


async def test_a_repeated_delivery_reaches_the_gate_and_is_told_nobody(
    stage: Stage,
) -> None:
    """The gate writes it down; whoever pressed once is not scolded."""
    desk = FakeDesk(REFUSED)
    await stage.press(desk, first=False)

    assert len(desk.pressed) == 1
    assert stage.little.sent == []


async def test_the_audits_channel_is_told_as_well(stage: Stage) -> None:
    """In short, in a message of its own."""
    await stage.press(FakeDesk(replace(DONE, copy_to="C9")))

    assert stage.little.methods == ["chat.update", "chat.postMessage"]
    assert stage.little.payloads[1]["channel"] == "C9"
    assert "1 done" in stage.little.payloads[1]["text"]


async def test_an_audits_channel_out_of_reach_is_only_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The message itself is true by then."""
    stage.little.refuse("chat.postMessage", "not_in_channel")
    await stage.press(FakeDesk(replace(DONE, copy_to="C9")))

    assert stage.little.methods[0] == "chat.update"
    [record] = [it for it in caplog.records if "was not told" in it.getMessage()]
    assert record.levelno == logging.ERROR
    assert vars(record)["channel"] == "C9"


async def test_a_private_offer_is_replaced_through_its_response_url_only(
    stage: Stage,
) -> None:
    """Nothing else can change what one person alone was shown."""
    await stage.press(FakeDesk(progress=[RUNNING]), ephemeral=True)

    assert stage.little.methods == ["hook", "hook"]
    assert all(each["replace_original"] is True for each in stage.little.payloads)


async def test_progress_leaves_the_end_a_use_of_the_response_url(stage: Stage) -> None:
    """It takes five messages in all."""
    steps = [replace(RUNNING, summary=f"step {number}") for number in range(9)]
    desk = FakeDesk(progress=steps, pause=0.02)
    await stage.press(desk, ephemeral=True, pace=Pace(update=0.001))

    *before, last = stage.texts("hook")
    assert len(before) == 3
    assert "1 done" in last


async def test_a_private_offer_out_of_reach_is_answered_privately(
    stage: Stage,
) -> None:
    """Never in the channel, where nobody knows of it."""
    unusable(stage.little)
    await stage.press(FakeDesk(), ephemeral=True)

    assert stage.little.methods == ["hook", "chat.postEphemeral"]
    assert stage.little.payloads[1]["user"] == "U1"


async def test_a_cancelled_offer_loses_its_buttons(stage: Stage) -> None:
    """Everybody sees who did it."""
    by = "runpod terminate: cancelled by Alice (U1); nothing was done"
    await stage.press(FakeDesk(Report(summary=by, outcome=Outcome.REFUSED)))

    [(method, payload)] = stage.little.sent
    assert method == "chat.update"
    assert "cancelled by Alice" in payload["text"]
    assert "gate:" not in str(payload["blocks"])


async def test_presses_are_counted_by_their_outcome(stage: Stage) -> None:
    """On the page of metrics."""
    await stage.press(FakeDesk())
    await stage.press(FakeDesk(REFUSED))

    assert 'presses_total{outcome="answered"} 1' in stage.metrics.text()
    assert 'presses_total{outcome="refused"} 1' in stage.metrics.text()


async def test_what_a_dead_process_left_is_said_in_message_and_thread(
    stage: Stage,
) -> None:
    """The message is true again, and those who read the thread see that it is."""
    report = replace(DONE, copy_to="C9")
    await stage.changes(FakeDesk()).recovered(OFFER, report)

    update, thread, copy = stage.little.payloads
    assert update["ts"] == thread["thread_ts"] == "1.5"
    assert "1 done" in update["text"]
    assert "1 done" in thread["text"]
    assert copy["channel"] == "C9"


async def test_what_a_dead_process_left_is_said_once_in_the_thread(
    stage: Stage,
) -> None:
    """Also where the message can't be changed."""
    stage.little.refuse("chat.update", "message_not_found")
    await stage.changes(FakeDesk()).recovered(OFFER, DONE)

    assert stage.little.methods == ["chat.update", "chat.postMessage"]


async def test_what_expired_is_shown_so_in_its_message(stage: Stage) -> None:
    """Nothing is added to its thread, for nothing was done."""
    await stage.changes(FakeDesk()).lapsed(OFFER, late(OFFER))

    [(method, payload)] = stage.little.sent
    assert (method, payload["channel"], payload["ts"]) == ("chat.update", "C1", "1.5")
    assert "nothing was done" in payload["text"]
    assert "gate:" not in str(payload["blocks"])


async def test_an_offer_that_no_message_shows_is_only_copied(stage: Stage) -> None:
    """It was made in a shell, or shown to one person alone."""
    offer = replace(OFFER, where=None)
    await stage.changes(FakeDesk()).recovered(offer, replace(DONE, copy_to="C9"))

    assert [each["channel"] for each in stage.little.payloads] == ["C9"]
