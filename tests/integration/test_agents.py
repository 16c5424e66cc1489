"""The agents asked at the desk, about files that their real programs wrote."""

import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.settings import Settings
from bot.wiring import Wired
from tests.sources.agents.files import SAMPLES, snapshot

TWICE = "3a333f8c-8470-4efc-81da-07a9419aa14b"


class Rig:
    """A desk that reads one snapshot, at the moment that it was taken."""

    def __init__(self, wired: Wired, now: datetime) -> None:
        self.wired = wired
        self._now = now

    async def ask(self, words: str) -> Report:
        shell = Caller(door=Door.SHELL)
        return await self.wired.desk.answer(words.split(), shell, self._now)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """The last snapshot, with the logs of the whole run beside it."""
    folder, now = snapshot("5_agents_back")
    root = tmp_path / "shared"
    shutil.copytree(folder.root, root)
    shutil.copytree(SAMPLES / "2026-03" / "logs", root / "logs")
    wired = Wired(
        Settings.of(
            {
                "AGENTS_ROOT": str(root),
                "AGENTS_TZ": "UTC",
                "AGENTS_CONFIG": "config.json",
                "DEBUG_BOT_STATE_URL": f"sqlite:///{tmp_path / 'state.sqlite3'}",
            }
        )
    )
    yield Rig(wired, now)
    await wired.close()


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
                " 4 live workers, 2 of them free"
            ),
        ),
        ("worker gpu-4", "gpu-4 is cold, last heartbeat 3 s ago"),
        ("orphans --system agents", "none of the 2 tasks in progress is orphaned"),
        (
            "orchestrator --system agents",
            "the orchestrator lives: its newest line is 15 s old, at cycle 53",
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


async def test_what_is_only_read_is_not_changed(rig: Rig) -> None:
    """One line says so, before anything is planned."""
    report = await rig.ask("task requeue 22d25838")

    assert report.outcome is Outcome.MISREAD
    assert report.summary == "agents has no actions: it is only read"


async def test_pods_are_none_of_theirs(rig: Rig) -> None:
    """A command that needs what a system lacks says so."""
    report = await rig.ask("runpod --system agents")

    assert report.outcome is Outcome.MISREAD
    assert report.summary == "agents has no pods"
