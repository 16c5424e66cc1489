"""The agents as they are wired: whose an id is, whose rules judge, what is allowed."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.queries.orphans import OrphansData
from bot.settings import Settings
from bot.wiring import Wired
from tests.sources.agents.files import running, write
from tests.world import data_of

TWICE = "3a333f8c-8470-4efc-81da-07a9419aa14b"


class Rig:
    """A desk that reads one snapshot, at the moment that it was taken."""

    def __init__(self, wired: Wired, now: datetime) -> None:
        self.wired = wired
        self._now = now

    async def ask(self, words: str, *, later: timedelta = timedelta()) -> Report:
        shell = Caller(door=Door.SHELL)
        return await self.wired.desk.answer(words.split(), shell, self._now + later)


@contextlib.asynccontextmanager
async def a_rig(home: Path, name: str) -> AsyncIterator[Rig]:
    """Give one snapshot, with its logs as they were then."""
    root = home / "shared"
    _, now = running(root, name)
    wired = Wired(
        Settings.of(
            {
                "AGENTS_ROOT": str(root),
                "AGENTS_TZ": "UTC",
                "AGENTS_CONFIG": "config.json",
                "DEBUG_BOT_STATE_URL": f"sqlite:///{home / 'state.sqlite3'}",
            }
        )
    )
    yield Rig(wired, now)
    await wired.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """The last snapshot."""
    async with a_rig(tmp_path, "5_agents_back") as rig:
        yield rig


@pytest.fixture
async def bereaved(tmp_path: Path) -> AsyncIterator[Rig]:
    """The first snapshot: an agent was killed, its heartbeat is 52 s old."""
    async with a_rig(tmp_path, "1_gpu4_just_killed") as rig:
        yield rig


async def test_an_id_that_only_the_agents_know_is_asked_of_them(rig: Rig) -> None:
    """Nobody has to say which system; what happened to it is told in order."""
    report = await rig.ask("task 3a333f8c")

    assert (report.outcome, report.system) == (Outcome.ANSWERED, "agents")
    assert report.summary == (
        "script 3a333f8c runs twice: gpu-1 ended it, and gpu-4 runs it again"
        " (confirmed)"
    )
    assert report.findings[0].rule == "double-run"
    assert report.findings[0].subject.id == TWICE
    assert [read.source for read in report.reads] == ["agents"]


async def test_what_is_wrong_is_told_worst_first(rig: Rig) -> None:
    """By the agents' own rules, and by no other system's."""
    report = await rig.ask("health --system agents")

    rules = [each.rule for each in report.findings]
    assert rules[:3] == ["bad-input", "missing-path", "out-of-memory"]
    assert {"double-run", "false-completion", "shared-batch-id"} <= {*rules}
    assert all(
        each.ask.endswith(" --system agents") for each in report.findings if each.ask
    )


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        (
            "tasks --system agents",
            (
                "11 tasks: 3 abandoned, 3 pending, 2 blocked_cloud, 2 processing,"
                " 1 complete"
            ),
        ),
        (
            "queue --system agents",
            (
                "3 waiting tasks, the oldest for 19 min 44 s; 0 could be claimed;"
                " 4 live workers, 1 of them idle; busy, not stuck: 3 of 3 agents"
                " work, 3 waiting, done in about 15 min"
            ),
        ),
        (
            "worker gpu-4",
            (
                "gpu-4 is cold, last heartbeat 3 s ago, working on 3a333f8c; 0"
                " completed since it began; task 3a333f8c runs twice: gpu-1 ended it,"
                " and gpu-4 runs it again (confirmed)"
            ),
        ),
        ("orphans --system agents", "none of the 2 tasks in progress is orphaned"),
        (
            "orchestrator --system agents",
            (
                "the brain lives: its newest line is 15 s old, its heartbeat 0.2 s, at"
                " cycle 53"
            ),
        ),
    ],
)
async def test_the_other_questions_are_answered_from_the_files(
    rig: Rig, words: str, summary: str
) -> None:
    """Counts are exact: a sidecar is no task."""
    report = await rig.ask(words)

    assert report.summary == summary
    assert report.system == "agents"


async def test_an_agent_that_nobody_knows_has_no_tasks(rig: Rig) -> None:
    """It is not found, with the name that was meant most likely; a known one is."""
    unknown = await rig.ask("tasks --worker gpu-9 --hours 2")
    idle = await rig.ask("tasks --worker cpu-pi1 --status pending --system agents")

    assert unknown.outcome is Outcome.NOT_FOUND
    assert unknown.summary == "no worker is called gpu-9"
    assert unknown.hint.startswith("did you mean 'gpu-4'? there are brain, cpu-pi1")
    assert idle.outcome is Outcome.ANSWERED


async def test_an_agent_whose_heartbeat_is_unreadable_may_be_there(
    tmp_path: Path,
) -> None:
    """Then it can't be told whether there is one of that name."""
    async with a_rig(tmp_path, "5_agents_back") as rig:
        write(tmp_path / "shared" / "gpus" / "gpu_9" / "heartbeat.json", "{")
        report = await rig.ask("tasks --worker gpu-9 --hours 2")

    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.summary == (
        "no task of the window matches; whether there is a worker gpu-9 cannot be told"
    )


async def test_what_is_only_read_is_not_changed(rig: Rig) -> None:
    """One line says so, before anything is planned."""
    report = await rig.ask("task requeue 22d25838")

    assert report.outcome is Outcome.MISREAD
    assert report.summary == "agents has no actions: it is only read"


async def test_a_task_is_an_orphan_once_its_agent_is_lost(bereaved: Rig) -> None:
    """Not before its heartbeat is stale; what follows is said, and nothing offered."""
    early = await bereaved.ask("orphans --system agents")
    late = await bereaved.ask("orphans --system agents", later=timedelta(seconds=75))

    assert early.summary == "none of the 3 tasks in progress is orphaned"
    assert late.summary == (
        "1 of 3 tasks in progress is orphaned; none can be queued again now: agents is"
        " only read"
    )
    [orphan] = data_of(late, OrphansData).orphans
    assert (orphan.task_id[:8], orphan.worker_id) == ("22d25838", "gpu-4")
    assert orphan.reason == "gpu-4 has not beaten for 2 min 7 s"
