"""Home tabs are painted at once, then afresh; what is known outlives a dead source."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.slack.doors.home import Homes, of_home
from bot.slack.doors.views import Shown
from tests.slack.doors.test_callers import a_press

ALICE = Caller(door=Door.HOME, user_id="U1", team_id="T1")
BOB = Caller(door=Door.HOME, user_id="U2", team_id="T1")


@dataclass
class FakeViews:
    """Remembers what was published."""

    published: list[tuple[str, str, Shown | None]] = field(default_factory=list)

    async def publish(
        self, user: str, view: dict[str, Any], *, over: Shown | None = None
    ) -> Shown | None:
        """Remember it, and show it."""
        self.published.append((user, json.dumps(view, ensure_ascii=False), over))
        return Shown(id="V1", hash=str(len(self.published)))


class HealthDesk:
    """Answers `health` with what is next, and `whoami`."""

    def __init__(self, *reports: Report) -> None:
        self.reports = list(reports)
        self.asked: list[Sequence[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Return what is next, once the gate is open."""
        self.asked.append(words)
        await self.gate.wait()
        if words[0] == "whoami":
            return Report(summary=f"you are {caller.user_id}", private=True)
        return self.reports.pop(0)


class FakeRecent:
    """Knows what is next, and then nothing more."""

    def __init__(self, *known: tuple[str, ...] | None) -> None:
        self.known = list(known)

    async def of(self, caller: Caller) -> tuple[str, ...] | None:
        """Return what is next."""
        return self.known.pop(0) if self.known else ()


WELL = Report(summary="all is well")
ILL = Report(summary="one is ill")
DOWN = Report(summary="supabase is down", outcome=Outcome.SOURCE_DOWN)


def homes(desk: HealthDesk, views: FakeViews, **given: Any) -> Homes:
    """Return Home tabs in which nothing was seen yet."""
    given.setdefault("recent", FakeRecent())
    return Homes(desk, views, **given)  # type: ignore[arg-type]


async def opened(subject: Homes, caller: Caller = ALICE) -> None:
    """Open the tab, and wait until all is painted."""
    await subject.open(caller, asyncio.Semaphore(1))


async def test_the_first_paint_waits_for_nothing() -> None:
    """The second is over it, if nobody painted meanwhile."""
    desk, views = HealthDesk(WELL), FakeViews()
    desk.gate.clear()
    opening = asyncio.get_running_loop().create_task(opened(homes(desk, views)))
    async with asyncio.timeout(60):
        while not views.published:  # noqa: ASYNC110  another task does it
            await asyncio.sleep(0)
    [(user, first, _)] = views.published
    desk.gate.set()
    await opening
    _, (_, second, over) = views.published

    assert user == "U1"
    assert "looking again" in first
    assert "all is well" in second
    assert "you are U1" in second
    assert over == Shown(id="V1", hash="1")


async def test_what_was_seen_is_painted_at_once_for_the_next() -> None:
    """A look serves all for a while; rights are each one's own."""
    desk, views = HealthDesk(WELL), FakeViews()
    subject = homes(desk, views)
    await opened(subject)
    await opened(subject, BOB)

    assert "all is well" in views.published[2][1]
    assert "you are U1" not in views.published[2][1]
    assert [words for words in desk.asked if words == ("health",)] == [("health",)]


async def test_recent_questions_are_read_beside_the_look() -> None:
    """And painted at once the next time; what is not known says so."""
    desk, views = HealthDesk(WELL), FakeViews()
    subject = homes(desk, views, recent=FakeRecent(("tasks --hours 3",), None, ()))
    for _ in range(3):
        await opened(subject)

    words = ("tasks --hours 3", "not known just now", "nothing yet", "looking it up")
    shown = [[each in view for each in words] for _, view, _ in views.published]
    assert shown == [
        [False, False, False, True],
        [True, False, False, False],
        [True, False, False, False],
        [False, True, False, False],
        [False, True, False, False],
        [False, False, True, False],
    ]


async def test_what_is_known_outlives_a_dead_source() -> None:
    """With its trouble; the next good look ends that."""
    desk, views = HealthDesk(WELL, DOWN, ILL), FakeViews()
    subject = homes(desk, views, fresh_seconds=-1)
    for _ in range(3):
        await opened(subject)

    during, after = views.published[3][1], views.published[5][1]
    assert "all is well" in during
    assert "supabase is down" in during
    assert "one is ill" in after
    assert "supabase is down" not in after


async def test_a_source_that_was_never_up_is_told_calmly() -> None:
    """As the answer that it is."""
    views = FakeViews()
    await opened(homes(HealthDesk(DOWN), views))

    assert "supabase is down" in views.published[1][1]


async def test_a_pressed_question_is_told_where_its_answer_is() -> None:
    """In the tab, at once."""
    views = FakeViews()
    await homes(HealthDesk(), views).told(ALICE, ("task", "4134"))

    assert "`task 4134`" not in views.published[0][1]
    assert "task 4134" in views.published[0][1]
    assert "answered under Messages" in views.published[0][1]


async def test_only_so_many_peoples_rights_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last ones."""
    monkeypatch.setattr("bot.slack.doors.home.MOST_PEOPLE", 1)
    views = FakeViews()
    subject = homes(HealthDesk(WELL), views)
    await opened(subject)
    await opened(subject, BOB)
    await opened(subject)

    assert "looking it up" in views.published[4][1]


@pytest.mark.parametrize("tab", [{}, {"tab": "home"}])
def test_who_opened_the_tab_is_known(tab: dict[str, str]) -> None:
    """By the event."""
    event = {"type": "app_home_opened", "user": "U1", **tab}

    assert of_home({"team_id": "T1", "event": event}) == ALICE


def test_who_pressed_a_button_in_it_is_known() -> None:
    """By the payload."""
    assert of_home(a_press(user={"id": "U1"}, team={"id": "T1"})) == ALICE


@pytest.mark.parametrize(
    "body",
    [{"event": {"user": "U1", "tab": "messages"}}, {"event": {"tab": "home"}}, {}],
)
def test_other_tabs_and_nobodys_are_none(body: dict[str, Any]) -> None:
    """There is nothing to paint."""
    assert of_home(body) is None
