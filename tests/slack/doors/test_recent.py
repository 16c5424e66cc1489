"""What people asked lately: newest first, each their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.slack.doors.recent import Recent
from bot.state import tables
from bot.state.asked import KEEP, Asked
from bot.state.database import Database
from bot.state.leases import Leases
from tests.counterparts import PATIENCE
from tests.databases import a_file
from tests.gate.toys import Clock
from tests.state.replicas import count_of

ALICE = Caller(door=Door.SLASH, user_id="U1", team_id="T1")
BOB = Caller(door=Door.SLASH, user_id="U2", team_id="T1")


@pytest.fixture
async def recent(tmp_path: Path) -> AsyncIterator[Recent]:
    """Return questions in an empty database."""
    database = Database(a_file(tmp_path), soon_seconds=PATIENCE)
    asked = Asked(Leases(database))
    yield Recent(lambda: asked)
    await database.close()


def a_report(words: str, outcome: Outcome = Outcome.ANSWERED) -> Report:
    """Return an answer to the words."""
    return Report(
        summary="so",
        words=words,
        command=words.split(maxsplit=1)[0] if words else "",
        outcome=outcome,
    )


async def test_the_newest_comes_first_and_each_once(recent: Recent) -> None:
    """Asked again it moves up."""
    for words in ("queue", "tasks", "queue"):
        await recent.remember(ALICE, a_report(words))

    assert await recent.of(ALICE) == ("queue", "tasks")
    assert await recent.of(BOB) == ()


@pytest.mark.parametrize(
    "report",
    [
        a_report("tasks", Outcome.MISREAD),
        a_report(""),
        a_report("help"),
        a_report("logs --search [hidden]"),
        a_report("logs --search " + "x" * 400),
    ],
)
async def test_what_is_not_worth_a_button_is_forgotten(
    recent: Recent, report: Report
) -> None:
    """Or can't be one."""
    await recent.remember(ALICE, report)

    assert await recent.of(ALICE) == ()


async def test_nobody_has_asked_nothing(recent: Recent) -> None:
    """A shell has no Home tab."""
    await recent.remember(Caller(door=Door.SHELL), a_report("queue"))

    assert await recent.of(Caller(door=Door.SHELL)) == ()


async def test_what_is_not_known_is_not_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While the database is down."""
    (tmp_path / "state.sqlite3").mkdir()
    asked = Asked(
        Leases(Database(f"sqlite:///{tmp_path}/state.sqlite3", soon_seconds=PATIENCE))
    )
    recent = Recent(lambda: asked)

    assert await recent.of(ALICE) is None
    [line] = caplog.messages
    assert line.startswith("recent questions are not known: cannot be used")


async def test_the_old_is_forgotten(tmp_path: Path) -> None:
    """When that is asked for."""
    clock = Clock()
    database = Database(f"sqlite:///{tmp_path}/state.sqlite3", soon_seconds=PATIENCE)
    asked = Asked(Leases(database, clock=lambda _: clock.now))
    recent = Recent(lambda: asked)
    await recent.remember(ALICE, a_report("queue"))
    clock.advance(seconds=KEEP.total_seconds() + 1)
    await recent.forget()
    rows = await database.do(lambda it: count_of(tables.asked, it))
    await database.close()

    assert rows == 0
