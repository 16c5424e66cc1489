"""The commands over real files of the agents, as a person would type them."""

from pathlib import Path

import pytest

from bot import queries
from bot.addressing import Addresses
from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.settings import Settings
from bot.sources.agents import agents
from tests.sources.agents.files import running

SHELL = Caller(door=Door.SHELL, name="somebody")
READ = (
    *("task 3a333f8c", "task 3a333f8c --logs-only", "3a333f8c", "worker gpu-1"),
    *("worker gpu-2 --startup", "worker brain", "worker cpu-pi1 --check-logging"),
    *("gpu-2-w0-22d25838", "tasks", "tasks --status blocked_cloud", "workers"),
    *("health", "orchestrator", "config --explain", "orphans", "queue"),
    *("logs --level ERROR", "logs --search moov --limit 2", "logs --task 3a333f8c"),
)


async def answered(root: Path, words: str, snapshot: str = "5_agents_back") -> Report:
    """Return what is answered at the moment at which the sample was taken."""
    _, now = running(root, snapshot)
    settings = Settings.of({"AGENTS_ROOT": str(root), "AGENTS_TZ": "UTC"})
    system = agents(settings.agents, settings.agents_programs)
    desk = Desk(
        addresses=Addresses({"agents": lambda: system}, default="agents"),
        commands=queries.book(),
        gate=lambda: pytest.fail("nothing is changed here"),
    )
    return await desk.answer(words.split(), SHELL, now)


@pytest.mark.parametrize("words", READ)
async def test_every_command_that_reads_is_answered(tmp_path: Path, words: str) -> None:
    """By the agents' files, and with no part unread but pods, which there are none."""
    report = await answered(tmp_path, words)

    assert report.outcome is Outcome.ANSWERED
    assert {read.source for read in report.reads} <= {"agents"}
    assert {gap.reason for gap in report.gaps} <= {"has no pods"}


async def test_pods_are_said_to_be_lacking(tmp_path: Path) -> None:
    """In one line."""
    report = await answered(tmp_path, "runpod")

    assert report.summary == "agents has no pods"


async def test_a_task_that_runs_twice_says_so_first(tmp_path: Path) -> None:
    """It is the verdict."""
    report = await answered(tmp_path, "task 3a333f8c")

    assert "runs twice: gpu-1 ended it, and gpu-4 runs it again" in report.summary


async def test_a_task_of_a_frozen_agent_waits_again(tmp_path: Path) -> None:
    """And it is said why nobody takes it."""
    report = await answered(tmp_path, "queue", "3_gpu1_stuck_requeued")

    assert report.summary.startswith("5 waiting tasks")
    assert "no VRAM budget" in repr(report.sections)
