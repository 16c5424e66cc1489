"""What the agents' logging guide asks for, over real files and over made ones.

Its three cases lie on disk as the programs would leave them: a worker dies, no agent
has a model, all are busy. Each gets its verdict in one answer, and what is nearly one
does not.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot import queries
from bot.addressing import Addresses
from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.report import Report
from bot.queries.task import TaskData
from bot.settings import Settings
from bot.sources.agents import agents
from tests.sources.agents.files import running
from tests.world import data_of, facts_of

SHELL = Caller(door=Door.SHELL, name="somebody")


async def asked(root: Path, words: str, now: datetime) -> Report:
    """Return what is answered about a folder then."""
    settings = Settings.of({"AGENTS_ROOT": str(root), "AGENTS_TZ": "UTC"})
    system = agents(settings.agents, settings.agents_programs)
    desk = Desk(
        addresses=Addresses({"agents": lambda: system}, default="agents"),
        commands=queries.book(),
        gate=lambda: pytest.fail("nothing is changed here"),
    )
    return await desk.answer(words.split(), SHELL, now)


async def answered(
    root: Path,
    words: str,
    snapshot: str = "5_agents_back",
    *,
    later: timedelta = timedelta(),
) -> Report:
    """Return what is answered when the sample was taken, or so much later."""
    _, now = running(root, snapshot)
    return await asked(root, words, now + later)


async def test_whether_the_brain_tries_a_task_again_is_told(tmp_path: Path) -> None:
    """By its own rules; and nobody is offered to queue it again, for nobody may."""
    blocked = await answered(tmp_path / "1", "task 48d88b24")
    fell = await answered(tmp_path / "2", "task d865c6b5")

    told = data_of(blocked, TaskData).retry
    assert told is not None
    assert told.startswith("no: the brain gave it up after 3 of 3 attempts; escalation")
    assert data_of(fell, TaskData).retry == "no: it was given up with its batch"
    assert not any("requeue" in ask.words for ask in (*blocked.asks, *fell.asks))


async def test_what_lies_beside_a_tasks_file_is_told_with_it(tmp_path: Path) -> None:
    """Its batch, its workers, its sidecar and what the brain remembers of it."""
    report = await answered(tmp_path, "task 48d88b24")

    rows = facts_of(report, "In its folder")
    assert rows["tried on"] == "gpu-4, gpu-4, gpu-4"
    assert str(rows["batch"]).startswith("20261123_084823 of ")
    assert "shared-batch-id" not in {each.rule for each in report.findings}
    assert "false-completion" in {each.rule for each in report.findings}


async def test_what_becomes_of_an_orphan_is_told_by_the_brains_rules(
    tmp_path: Path,
) -> None:
    """And not by those of another system."""
    report = await answered(
        tmp_path, "task 22d25838", "1_gpu4_just_killed", later=timedelta(seconds=75)
    )

    assert str(data_of(report, TaskData).retry).startswith(
        "the brain was due to queue it again 7 s ago"
    )
