"""One message per problem: posted, edited, closed in its thread, over restarts."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.notices import Line, Turn
from bot.settings import Alerting
from bot.slack.telling.cares import Wish
from bot.state import tables
from bot.state.alerts import AlertBook
from formatters.packing import Message
from tests.counterparts import PATIENCE
from tests.slack.alerting import CHANNEL, DOWN, ILL, STRANGER, WELL, Watch, a_watch
from tests.slack.little_slack import LittleSlack
from tests.slack.telling.test_looks import ORPHAN, SUPABASE, a_finding, a_report
from tests.world import NOW

QUIET = Alerting(channel=CHANNEL, digest=None)
TITLE = f"🔴 {ORPHAN.title}"
POST, UPDATE = "chat.postMessage", "chat.update"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the state is."""
    return tmp_path / "state.sqlite3"


@pytest.fixture
async def watch(little: LittleSlack, file: Path) -> AsyncIterator[Watch]:
    """Return a process that leads."""
    async with a_watch(little, file, QUIET) as watch:
        yield watch


def buttons(payload: dict[str, Any]) -> list[str]:
    """Return the names of a message's buttons."""
    return [
        element["action_id"]
        for block in payload["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def test_a_problem_is_told_once_while_it_stands(watch: Watch) -> None:
    """In the channel of the settings; looks that see the same say nothing."""
    await watch.opened()
    await watch.sees(ILL)

    assert watch.told == [(POST, TITLE)]
    assert watch.little.payloads[0]["channel"] == CHANNEL


async def test_it_is_edited_as_it_changes_and_closed_in_its_thread(
    watch: Watch,
) -> None:
    """One message, from the beginning to the end."""
    await watch.opened()
    await watch.sees(a_report(replace(ORPHAN, title="it is worse")))
    await watch.sees(WELL)
    await watch.sees(WELL)

    assert watch.told == [
        (POST, TITLE),
        (UPDATE, "🔴 it is worse"),
        (UPDATE, "✅ over after 4 min · it is worse"),
        (POST, "✅ over after 4 min, at 12:05:00Z"),
    ]
    assert {each.get("thread_ts") for each in watch.little.payloads[:3]} == {None}
    assert watch.little.payloads[3]["thread_ts"] == "1.0"


async def test_a_source_that_is_down_closes_nothing(watch: Watch) -> None:
    """However often."""
    await watch.opened()
    for _ in range(4):
        await watch.sees(a_report(gaps=(SUPABASE,)))

    assert watch.told == [(POST, TITLE)]


async def test_a_restart_tells_nothing_anew(
    watch: Watch, little: LittleSlack, file: Path
) -> None:
    """The message goes on where it stands."""
    await watch.opened()
    await watch.leases.release(watch.term)
    async with a_watch(little, file, QUIET, watch.clock) as later:
        await later.sees(ILL)
        assert later.told == [(POST, TITLE)]
        await later.sees(WELL)
        await later.sees(WELL)

    assert [method for method, _ in later.told] == [POST, UPDATE, POST]
    assert little.payloads[1]["ts"] == "1.0"


async def test_what_slack_does_not_take_is_told_later(watch: Watch) -> None:
    """Nothing is lost, and what was told is not told again."""
    watch.little.refuse(POST, "not_in_channel")
    await watch.opened()
    await watch.sees(ILL)
    watch.little.refuse(UPDATE, "internal")
    await watch.sees(WELL)
    await watch.sees(WELL)
    watch.little.refuse(POST, "internal")
    await watch.sees(WELL)
    await watch.sees(WELL)
    await watch.sees(WELL)

    assert [method for method, _ in watch.told] == [
        *(POST, POST),  # refused, taken
        *(UPDATE, UPDATE, POST, POST),  # each refused once
    ]


async def test_a_message_that_somebody_deleted_is_let_go(watch: Watch) -> None:
    """It was not deleted to come back; the next one is a new one."""
    await watch.opened()
    watch.little.refuse(UPDATE, "message_not_found")
    await watch.sees(WELL)
    await watch.sees(WELL)
    await watch.sees(WELL)

    assert [method for method, _ in watch.told] == [POST, UPDATE]


async def test_the_worst_problem_is_posted_first(watch: Watch) -> None:
    """Who is woken reads the first line."""
    mild = a_finding("stuck-task", "task", "b" * 36, title="mild")
    mild = replace(mild, severity=type(mild.severity).WARNING)
    for _ in range(2):
        await watch.sees(a_report(mild, ORPHAN))

    assert watch.told == [(POST, TITLE), (POST, "🔶 mild")]


async def test_somebody_takes_it_up(watch: Watch) -> None:
    """It is shown at once, and by the next look of whoever leads once more."""
    await watch.opened()
    await watch.press(Wish.ACKNOWLEDGE)
    await watch.press(Wish.ACKNOWLEDGE)
    shown = watch.little.payloads[1]
    await watch.sees(ILL)
    await watch.sees(ILL)

    assert "👀 taken up by @U1 at 12:02:00Z" in shown["text"]
    assert "alert:ack" not in buttons(shown)
    assert [method for method, _ in watch.told] == [POST, UPDATE, UPDATE, UPDATE]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish.MUTE, "🔕 muted until 13:02:00Z, by @U1"),
        (Wish.SILENCE, "🔕 muted until fixed, by @U1"),
    ],
)
async def test_somebody_mutes_it(watch: Watch, wish: Wish, said: str) -> None:
    """The thread is quiet then, and the message still true."""
    await watch.opened()
    await watch.press(wish)
    muted = watch.little.payloads[1]
    await watch.sees(WELL)
    await watch.sees(WELL)

    assert said in muted["text"]
    assert "alert:unmute" in buttons(muted)
    assert [method for method, _ in watch.told] == [POST, UPDATE, UPDATE, UPDATE]
    assert watch.told[-1][1].startswith("✅ over")


async def test_somebody_unmutes_it(watch: Watch) -> None:
    """The thread is told of its end again."""
    await watch.opened()
    await watch.press(Wish.MUTE)
    await watch.press(Wish.UNMUTE)
    await watch.sees(WELL)
    await watch.sees(WELL)

    assert "🔕" not in watch.little.payloads[2]["text"]
    assert watch.told[-1] == (POST, "✅ over after 3 min, at 12:04:00Z")


@pytest.mark.parametrize("user", ["U1", DOWN])
async def test_what_is_pressed_is_recorded(watch: Watch, user: str) -> None:
    """A ledger that is down does not keep a thread loud: the log has it then."""
    await watch.opened()
    await watch.press(Wish.MUTE, user=user)
    await watch.press(Wish.MUTE, channel="C0OTHER")

    assert watch.noted == [(Wish.MUTE, "41345358")]
    assert "🔕 muted until" in watch.little.payloads[1]["text"]


@pytest.mark.parametrize("wish", list(Wish))
async def test_who_may_not_press_changes_nothing(watch: Watch, wish: Wish) -> None:
    """Neither what is remembered nor what is shown."""
    await watch.opened()
    [before] = await AlertBook(watch.leases).living(watch.clock.now)
    await watch.press(wish, user=STRANGER)

    assert await AlertBook(watch.leases).living(watch.clock.now) == (before,)
    assert watch.told == [(POST, TITLE)]
    assert watch.noted == []


async def test_what_is_fixed_can_no_longer_be_muted_until_fixed(watch: Watch) -> None:
    """By an old button: it would stay mute for ever."""
    await watch.opened()
    await watch.sees(WELL)
    await watch.sees(WELL)
    await watch.press(Wish.SILENCE)
    [notice] = await AlertBook(watch.leases).living(watch.clock.now)

    assert notice.muted is None


async def test_a_press_from_elsewhere_counts_for_nothing(watch: Watch) -> None:
    """Nor one on a notice that there is not."""
    await watch.opened()
    await watch.press(Wish.ACKNOWLEDGE, channel="C0OTHER")
    await watch.press(Wish.ACKNOWLEDGE, id="nothing")
    [notice] = await AlertBook(watch.leases).living(watch.clock.now)

    assert watch.told == [(POST, TITLE)]
    assert notice.acknowledged is None


async def test_a_press_may_come_before_we_know_where_the_message_stands(
    watch: Watch,
) -> None:
    """Slack shows a message before it answers, and we may die in between."""
    await watch.opened()
    [notice] = await AlertBook(watch.leases).living(watch.clock.now)
    await AlertBook(watch.leases).change(
        notice.id, lambda it: replace(it, posting=None)
    )
    await watch.press(Wish.ACKNOWLEDGE)
    await watch.sees(ILL)

    assert [payload.get("ts") for payload in watch.little.payloads[1:]] == ["1.0"] * 2
    assert "👀 taken up by @U1" in watch.little.payloads[-1]["text"]


async def test_a_press_that_can_not_be_shown_is_shown_by_the_next_look(
    watch: Watch,
) -> None:
    """It is written down all the same."""
    await watch.opened()
    watch.little.refuse(UPDATE, "internal")
    await watch.press(Wish.ACKNOWLEDGE)
    await watch.sees(ILL)

    assert [method for method, _ in watch.told] == [POST, UPDATE, UPDATE]
    assert "👀" in watch.little.payloads[2]["text"]


async def test_a_message_that_was_found_to_stand_is_brought_up_to_date(
    watch: Watch,
) -> None:
    """The process died after it had posted, and before it wrote that down."""
    await watch.opened()
    [notice] = await AlertBook(watch.leases).living(watch.clock.now)
    await AlertBook(watch.leases).change(
        notice.id, lambda it: replace(it, posting=None)
    )
    await watch.sees(ILL)

    assert [method for method, _ in watch.told] == [POST, UPDATE]
    assert watch.little.payloads[1]["ts"] == "1.0"


@pytest.mark.parametrize("waits", [UPDATE, POST])
async def test_what_waits_until_another_leads_is_not_sent(
    watch: Watch, waits: str
) -> None:
    """That the process led when it began to wait does not count."""
    await watch.opened()
    await watch.sees(WELL)
    turn, other = asyncio.Event(), Message(blocks=(), text="another")
    before: Coroutine[Any, Any, object]
    lanes = watch.sender._outbox
    lane, sent = lanes.posts(CHANNEL), 2
    if waits == UPDATE:
        lane, sent = lanes.updates(CHANNEL), 1
        before = watch.sender.update(CHANNEL, "9.9", other, "last", first=turn.wait)
    else:
        before = watch.sender.post(CHANNEL, other, "last", first=turn.wait)

    async def lose() -> None:
        async with asyncio.timeout(PATIENCE):
            # Meanwhile all is sent that need not wait.
            while not lane._waiting or len(watch.told) < sent:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await watch.leases.release(watch.term)
        turn.set()

    await asyncio.gather(before, watch.sees(WELL), lose())

    edited = [(UPDATE, f"✅ over after 3 min · {ORPHAN.title}")]
    assert watch.told[1:] == [*(edited if waits == POST else []), (waits, "another")]


async def test_it_looks_again_and_again_while_it_leads(
    little: LittleSlack, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is down for a moment is no end."""
    often = replace(QUIET, every=timedelta(milliseconds=1))
    async with a_watch(little, file, often) as watch:
        await watch.leases.release(watch.term)
        watch.desk.now = ILL
        with caplog.at_level(logging.INFO):
            watching = asyncio.create_task(watch.alerts.keep_watching())  # noqa: TID251
            async with asyncio.timeout(PATIENCE):
                while not little.sent:  # noqa: ASYNC110  it happens elsewhere
                    await asyncio.sleep(0.01)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

        assert watch.told == [(POST, TITLE)]
        assert await watch.leases.take("alerts") is not None


async def test_a_press_makes_what_was_read_no_younger(watch: Watch) -> None:
    """The message is as of the look that it tells of, not of the press."""
    await watch.opened()
    watch.clock.advance(minutes=7)
    await watch.press(Wish.ACKNOWLEDGE)

    posted, pressed = (each["text"].splitlines()[-1] for each in watch.little.payloads)
    assert posted.endswith("as of 2026-01-31 12:02:00Z")
    assert pressed == posted


@pytest.mark.parametrize("readable", [True, False])
async def test_a_line_that_was_cut_off_stands_once_or_says_so(
    watch: Watch, little: LittleSlack, file: Path, readable: bool
) -> None:
    """It was posted, and its process died before it wrote that down."""
    little.readable = readable
    await watch.opened()
    await watch.sees(WELL)
    await watch.sees(WELL)
    [notice] = await AlertBook(watch.leases).living(watch.clock.now)
    key, line = f"alert {notice.id}/1", Line(number=1, turn=Turn.CLOSED, at=NOW)
    await AlertBook(watch.leases).change(
        notice.id, lambda it: replace(it, lines=(line,))
    )
    forget = tables.posts.update().where(tables.posts.c.key == key).values(ts=None)
    await watch.leases.database.do(lambda it: it.execute(forget).close())
    await watch.leases.release(watch.term)
    async with a_watch(little, file, QUIET, watch.clock) as later:
        await later.sees(WELL)

    lines = [it["text"] for it in little.payloads if it.get("thread_ts")]
    assert len(lines) == (1 if readable else 2)
    assert all("may stand here twice" in each for each in lines[1:])
