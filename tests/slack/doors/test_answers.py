"""Where an answer goes, and what happens when it can't go there."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from aiohttp import web

from bot import tracing
from bot.domain.access import Caller, Door
from bot.domain.report import Ask, Facts, Outcome, RedButton, Report
from bot.slack.doors.answers import ENDING, FAILED, STILL_ASKING, UNINVITED, Answers
from bot.slack.doors.callers import Place, Question
from bot.slack.metrics import Metrics
from bot.slack.sending.pictures import Pictures, Spot
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Sender
from formatters.packing import Message
from tests.formatters.pictures import a_chart, a_lane
from tests.slack.little_slack import LittleSlack

REPORT = Report(
    summary="all is well",
    command="health",
    words="health",
    sections=(Facts(title="Workers", rows=(("healthy", 3),)),),
    asks=(Ask(label="The queue", words="queue"),),
)
MISREAD = Report(
    summary="no command is called 'helth'",
    outcome=Outcome.MISREAD,
    private=True,
    hint="did you mean 'health'?",
)


BUTTON = RedButton(offer_id="x", label="Do it", question="Do it?", warning="gone")


class FakeDesk:
    """Answers with a report, after a while, or with an error."""

    def __init__(
        self, report: Report = REPORT, *, seconds: float = 0, error: bool = False
    ) -> None:
        self._report = report
        self._seconds = seconds
        self._error = error

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Return what was given."""
        await asyncio.sleep(self._seconds)
        if self._error:
            msg = "a fault of ours"
            raise ValueError(msg)
        return self._report


def a_question(
    little: LittleSlack, door: Door = Door.SLASH, **place: object
) -> Question:
    """Return a question from a channel; a command comes with a response_url."""
    url = {"response_url": little.hook.url} if door is Door.SLASH else {}
    where = Place(channel="C1", user="U1")
    return Question(
        words=("health",),
        caller=Caller(door=door, user_id="U1", team_id="T1", channel_id="C1"),
        place=replace(where, **{**url, **place}),  # type: ignore[arg-type]
        keys=(),
    )


async def ask(question: Question, subject: Answers) -> None:
    """Ask now."""
    await subject.answer(question, asyncio.Semaphore(1), time.monotonic())


async def test_a_command_gets_a_verdict_and_a_thread(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """The thread is that of the verdict."""
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))

    verdict, investigation = little.payloads
    assert "thread_ts" not in verdict
    assert investigation["thread_ts"] == "1.0"


@pytest.mark.parametrize("plan", [False, True])
async def test_a_commands_answer_names_who_asked(
    little: LittleSlack, sender: Sender, metrics: Metrics, plan: bool
) -> None:
    """Nobody else sees the command; a plan says it where it can't be missed."""
    offer = replace(REPORT, red_button=BUTTON if plan else None)

    async def naming(user_id: str) -> str:
        return f"the name of {user_id}"

    await ask(
        a_question(little), Answers(FakeDesk(offer), sender, metrics, naming=naming)
    )

    named = ["asked by the name of U1" in it["text"] for it in little.payloads]
    assert named == [not plan] * 2


async def test_what_others_see_asked_names_nobody(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """The question stands above its answer."""

    async def naming(user_id: str) -> str:
        raise AssertionError(user_id)

    question = a_question(little, Door.MENTION, thread_ts="1.5")
    await ask(question, Answers(FakeDesk(), sender, metrics, naming=naming))

    assert little.methods == ["chat.postMessage"]


async def test_answers_can_be_private_by_a_setting(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """All in one, through the response_url."""
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics, private=True))

    [(method, payload)] = little.sent
    assert method == "hook"
    assert payload["response_type"] == "ephemeral"


async def test_the_setting_leaves_mentions_alone(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """It is about slash commands."""
    question = a_question(little, Door.MENTION, thread_ts="1.5")
    await ask(question, Answers(FakeDesk(), sender, metrics, private=True))

    assert little.methods == ["chat.postMessage"]


async def test_a_channel_out_of_reach_is_reached_by_the_response_url(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """For all to see, as the asker wanted."""
    little.refuse("chat.postMessage", "not_in_channel")
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))

    assert little.methods == ["chat.postMessage", "hook"]
    assert little.payloads[1]["response_type"] == "in_channel"


async def test_a_mention_out_of_reach_is_answered_privately(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """And if that fails too, as a direct message."""
    little.refuse("chat.postMessage", "restricted_action")
    little.refuse("chat.postEphemeral", "user_not_in_channel")
    question = a_question(little, Door.MENTION, thread_ts="1.5")
    await ask(question, Answers(FakeDesk(), sender, metrics))

    assert little.methods == [
        "chat.postMessage",
        "chat.postEphemeral",
        "chat.postMessage",
    ]
    assert little.payloads[2]["channel"] == "U1"


async def test_a_press_out_of_reach_is_answered_by_its_response_url(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """In the thread of what was pressed."""
    little.refuse("chat.postMessage", "not_in_channel")
    question = a_question(
        little, Door.BUTTON, thread_ts="1.5", response_url=little.hook.url
    )
    await ask(question, Answers(FakeDesk(), sender, metrics))

    assert little.methods == ["chat.postMessage", "hook"]
    assert little.payloads[1]["thread_ts"] == "1.5"


async def test_what_is_private_is_private_in_a_thread(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Where its replies are read."""
    question = a_question(little, Door.MENTION, thread_ts="1.1", whisper_ts="1.1")
    await ask(question, Answers(FakeDesk(MISREAD), sender, metrics))

    [(method, payload)] = little.sent
    assert method == "chat.postEphemeral"
    assert payload["thread_ts"] == "1.1"


async def test_nothing_is_private_in_a_direct_message(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """It is already."""
    question = a_question(little, Door.DIRECT, direct=True)
    await ask(question, Answers(FakeDesk(MISREAD), sender, metrics))

    assert little.methods == ["chat.postMessage"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("health",), "health"),
        (("logs", "--search", "<!here> `a`"), "logs --search &lt;!here&gt; 'a'"),
        (("logs", "--search", "rpa_ABCDEF123456"), "logs --search [hidden]"),
        (("x" * 200,), "x" * 99 + "…"),
    ],
)
async def test_who_waits_is_told_once_for_what_we_still_ask(
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    words: tuple[str, ...],
    said: str,
) -> None:
    """Privately, and then comes the answer."""

    class Thinking(FakeDesk):
        """Answers when the asker has been told that it takes a while."""

        async def answer(
            self, words: Sequence[str], caller: Caller, now: datetime
        ) -> Report:
            """Wait for that."""
            with tracing.asking("supabase"):
                while not little.methods:  # noqa: ASYNC110  another task does it
                    await asyncio.sleep(0.01)
            return await super().answer(words, caller, now)

    subject = Answers(Thinking(), sender, metrics, patience_seconds=0.01)
    question = replace(a_question(little), words=words)
    await ask(question, subject)

    first, *rest = little.payloads
    assert first["text"] == f"{STILL_ASKING} supabase for `{said}` …"
    assert first["response_type"] == "ephemeral"
    assert little.methods == ["hook", "chat.postMessage", "chat.postMessage"]
    assert not any(each["text"].startswith(STILL_ASKING) for each in rest)


async def test_who_need_not_wait_is_told_nothing(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Not even when the thread takes longer."""
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))

    assert "hook" not in little.methods


async def test_an_answer_leads_from_the_delivery_to_its_request(
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By Slack's own key for the one, and the id in the footer for the other."""
    caplog.set_level(logging.INFO, "bot.slack")
    question = replace(a_question(little), keys=("trigger/1.2",))

    await ask(question, Answers(FakeDesk(), sender, metrics))

    [told] = [vars(each) for each in caplog.records if each.msg == "delivered"]
    assert told["delivery"] == "trigger/1.2"
    assert told["request_id"] == REPORT.request_id
    assert 0 <= told["seconds"] < 60


async def test_a_fault_of_ours_is_said_in_one_calm_line(
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Counted, and logged with its trace."""
    await ask(a_question(little), Answers(FakeDesk(error=True), sender, metrics))

    assert [payload["text"] for payload in little.payloads] == [FAILED]
    assert "debug_bot_failures_total 1" in metrics.text()
    assert "a fault of ours" in caplog.text


async def test_who_asked_in_vain_is_told_when_the_bot_ends(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Rather than nothing."""
    asking = asyncio.get_running_loop().create_task(
        ask(a_question(little), Answers(FakeDesk(seconds=9), sender, metrics))
    )
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)

    assert asking.cancelled()
    assert [payload["text"] for payload in little.payloads] == [ENDING]


async def test_a_report_that_cannot_be_drawn_is_said_in_short(
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault in drawing silences nobody."""

    def broken(report: Report) -> None:
        raise IndexError

    monkeypatch.setattr("formatters.blocks.verdict", broken)
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))

    assert "all is well" in little.payloads[0]["text"]


async def test_an_answer_that_reaches_nobody_is_counted(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """There is nobody left to tell."""
    little.refuse("chat.postMessage", "not_in_channel", "cannot_dm_bot")
    little.answer("hook", web.Response(status=404, text="expired_url"))
    little.refuse("chat.postEphemeral", "user_not_in_channel")
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))

    assert "debug_bot_unsent_total 1" in metrics.text()


async def test_a_response_url_that_fails_is_no_end(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """The asker is told by the next way."""
    little.answer("hook", web.Response(status=500, text="oops"))
    await ask(a_question(little), Answers(FakeDesk(MISREAD), sender, metrics))

    assert little.methods == ["hook", "chat.postEphemeral"]


async def test_an_investigation_that_fits_no_thread_reaches_the_asker(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """The verdict stands in the channel already."""
    little.answer("chat.postMessage", web.json_response({"ok": True, "ts": "1.0"}))
    little.refuse("chat.postMessage", "restricted_action_thread_locked")
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))

    assert little.methods == ["chat.postMessage", "chat.postMessage", "hook"]
    assert little.payloads[2]["response_type"] == "ephemeral"


async def test_what_is_private_stays_so_where_we_are_no_member(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Between two people: the other must not read the asker's mistake."""
    little.refuse("chat.postMessage", "channel_not_found")
    question = a_question(little, Door.BUTTON, direct=True)
    place = replace(question.place, response_url=f"{little.url}/hook")
    question = replace(question, place=place)
    await ask(question, Answers(FakeDesk(MISREAD), sender, metrics))

    assert little.methods == ["chat.postMessage", "hook"]
    assert little.payloads[1]["response_type"] == "ephemeral"


async def test_an_answer_is_counted_by_command_and_outcome(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """A misread question names no command."""
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics))
    await ask(a_question(little), Answers(FakeDesk(MISREAD), sender, metrics))

    text = metrics.text()
    labels = 'command="health",door="slash command",outcome="answered"'
    assert f"questions_total{{{labels}}} 1" in text
    assert 'command="none",door="slash command",outcome="misread"' in text


@pytest.mark.parametrize("door", [Door.SLASH, Door.MENTION, Door.DIRECT])
async def test_a_note_reaches_the_asker_alone(
    little: LittleSlack, sender: Sender, metrics: Metrics, door: Door
) -> None:
    """By the way that each door has."""
    question = a_question(little, door, direct=door is Door.DIRECT)
    await Answers(FakeDesk(), sender, metrics).tell(question, "busy")

    ways = {
        Door.SLASH: "hook",
        Door.MENTION: "chat.postEphemeral",
        Door.DIRECT: "chat.postMessage",
    }
    assert little.methods == [ways[door]]


async def test_a_whisper_goes_by_the_response_url(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """In the thread of what was pressed, and that stays as it is."""
    place = Place(channel="C1", user="U1", whisper_ts="1.1")
    subject = Answers(FakeDesk(), sender, metrics)
    await subject.whisper(place, MISREAD, little.hook)

    [(method, payload)] = little.sent
    assert method == "hook"
    assert payload["response_type"] == "ephemeral"
    assert payload["replace_original"] is False
    assert payload["thread_ts"] == "1.1"


async def test_a_whisper_without_a_response_url_is_ephemeral(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Or a direct message, where that can't be."""
    little.refuse("chat.postEphemeral", "user_not_in_channel")
    place = Place(channel="C1", user="U1")
    await Answers(FakeDesk(), sender, metrics).whisper(place, MISREAD, None)

    assert little.methods == ["chat.postEphemeral", "chat.postMessage"]
    assert little.payloads[1]["channel"] == "U1"


async def test_a_whisper_that_reaches_nobody_is_unsent(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Who whispers decides what that means."""
    little.refuse("chat.postEphemeral", "channel_not_found")
    little.refuse("chat.postMessage", "channel_not_found")
    place = Place(channel="", user="")

    with pytest.raises(Unsent):
        await Answers(FakeDesk(), sender, metrics).whisper(place, MISREAD, None)


async def test_what_is_to_be_kept_current_is_handed_on(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Whoever keeps it posts it; why it can't be kept is told to the asker alone."""
    watched = replace(REPORT, watched="health", words="watch health", request_id="abcd")
    no = Report(summary="you watch 3 things already", private=True)
    ends: list[Report | None] = [None, no]

    async def follow(question: Question, report: Report) -> Report | None:
        assert report.watched == "health"
        return ends.pop(0)

    subject = Answers(FakeDesk(watched), sender, metrics, follow=follow)
    await ask(a_question(little), subject)
    assert little.sent == []
    await ask(a_question(little), subject)

    [(method, payload)] = little.sent
    assert method == "hook"
    assert payload["response_type"] == "ephemeral"
    assert "you watch 3 things already" in payload["text"]
    assert "request abcd" in payload["text"]


@dataclass
class FakeKeeps:
    """Remembers what was answered, and adds a block to what is private."""

    remembered: list[Report] = field(default_factory=list)
    offered_to: list[str] = field(default_factory=list)

    def remember(self, caller: Caller, report: Report) -> None:
        """Remember it."""
        self.remembered.append(report)

    def offered(
        self, user: str, report: Report, messages: Sequence[Message]
    ) -> Sequence[Message]:
        """Return them as they are."""
        self.offered_to.append(user)
        return messages


async def test_what_was_answered_is_remembered(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Once it was given."""
    keeps = FakeKeeps()
    await ask(a_question(little), Answers(FakeDesk(), sender, metrics, keeps=keeps))

    assert keeps.remembered == [REPORT]
    assert keeps.offered_to == []


@pytest.mark.parametrize(
    ("report", "private", "place", "shareable"),
    [
        (REPORT, True, {}, True),
        (replace(REPORT, private=True, shareable=True), False, {}, True),
        (REPORT, False, {"ephemeral": True}, True),
        (replace(REPORT, private=True), True, {}, False),
        (MISREAD, True, {}, False),
        (replace(REPORT, outcome=Outcome.SOURCE_DOWN), True, {}, False),
        (replace(REPORT, red_button=BUTTON), True, {}, False),
        (replace(REPORT, private=True, shareable=True), False, {"direct": True}, False),
    ],
)
async def test_only_what_its_asker_wanted_private_can_be_shared(  # noqa: PLR0913
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    *,
    report: Report,
    private: bool,
    place: dict[str, bool],
    shareable: bool,
) -> None:
    """Not what is private by itself, no plan, and nothing where nobody else is."""
    keeps = FakeKeeps()
    answers = Answers(FakeDesk(report), sender, metrics, private=private, keeps=keeps)
    await ask(a_question(little, Door.SLASH, **place), answers)

    assert keeps.offered_to == (["U1"] if shareable else [])


async def test_a_shortcut_where_we_are_not_is_answered_privately(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """After a line that says what to do."""
    little.refuse("chat.postMessage", "not_in_channel")
    question = a_question(
        little, Door.SHORTCUT, thread_ts="1.5", response_url=little.hook.url
    )
    await ask(question, Answers(FakeDesk(), sender, metrics))

    assert little.methods == ["chat.postMessage", "hook", "hook"]
    assert little.payloads[1]["text"] == UNINVITED
    assert {it["response_type"] for it in little.payloads[1:]} == {"ephemeral"}


async def test_more_can_be_said_where_an_answer_went(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """In the same thread."""
    question = a_question(little, Door.MENTION, thread_ts="1.5")
    await Answers(FakeDesk(), sender, metrics).say(question, REPORT)

    assert little.payloads[0]["thread_ts"] == "1.5"


async def test_a_whisper_may_end_in_a_block_of_its_own(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Such as a button that no report has."""
    place = a_question(little).place
    block = {"type": "divider"}
    answers = Answers(FakeDesk(), sender, metrics)
    await answers.whisper(place, MISREAD, little.hook, more=[block])

    assert little.payloads[0]["blocks"][-1] == block


CHARTED = replace(REPORT, sections=(a_chart(a_lane(), alt="3 workers"),))


class NotedPictures(Pictures):
    """Keeps where pictures would be posted."""

    def __init__(self, sender: Sender, metrics: Metrics) -> None:
        super().__init__(sender, metrics)
        self.spots: list[Spot] = []

    async def follow(self, report: Report, spot: Spot) -> None:
        """Keep the place."""
        assert report is CHARTED
        self.spots.append(spot)


@pytest.mark.parametrize(
    ("door", "place", "spot"),
    [
        (Door.SLASH, {}, Spot(channel="C1", thread_ts="1.0")),
        (Door.MENTION, {"thread_ts": "1.5"}, Spot(channel="C1", thread_ts="1.5")),
        (Door.DIRECT, {"direct": True}, Spot(channel="C1", thread_ts=None)),
        (Door.BUTTON, {"ephemeral": True}, None),
    ],
)
async def test_a_picture_follows_where_all_see_the_answer(  # noqa: PLR0913, PLR0917
    little: LittleSlack,
    sender: Sender,
    metrics: Metrics,
    door: Door,
    place: dict[str, object],
    spot: Spot | None,
) -> None:
    """In its thread, and in no place that one person alone sees."""
    pictures = NotedPictures(sender, metrics)
    subject = Answers(FakeDesk(CHARTED), sender, metrics, pictures=pictures)
    await ask(a_question(little, door, **place), subject)

    assert pictures.spots == ([spot] if spot else [])


async def test_where_we_cannot_post_no_picture_follows(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """A response_url takes no files."""
    little.refuse("chat.postMessage", "not_in_channel", "not_in_channel")
    pictures = NotedPictures(sender, metrics)
    subject = Answers(FakeDesk(CHARTED), sender, metrics, pictures=pictures)
    await ask(a_question(little), subject)
    await ask(a_question(little, Door.MENTION, thread_ts="1.5"), subject)

    assert pictures.spots == []


async def test_an_answer_that_failed_has_no_picture(
    little: LittleSlack, sender: Sender, metrics: Metrics
) -> None:
    """Nor has one that reached nobody."""
    pictures = NotedPictures(sender, metrics)
    desk = FakeDesk(CHARTED, error=True)
    await ask(a_question(little), Answers(desk, sender, metrics, pictures=pictures))

    assert pictures.spots == []
