"""The commands over real files of the agents, as a person would type them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import queries
from bot.addressing import Addresses
from bot.dispatch import Desk
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.settings import Settings
from bot.sources.agents import agents
from tests.sources.agents.files import racing, running
from tests.world import facts_of

SHELL = Caller(door=Door.SHELL, name="somebody")
READ = (
    *("task 3a333f8c", "task 3a333f8c --logs-only", "3a333f8c", "worker gpu-1"),
    *("worker gpu-2 --startup", "worker brain", "worker cpu-pi1 --check-logging"),
    *("gpu-2-w0-22d25838", "tasks", "tasks --status blocked_cloud", "workers"),
    *("worker gpu-1 --claims", "worker gpu-4 --logs-only"),
    *("health", "orchestrator", "config --explain", "orphans", "queue"),
    *("logs --level ERROR", "logs --search moov --limit 2", "logs --task 3a333f8c"),
)


async def answered(root: Path, words: str, snapshot: str = "5_agents_back") -> Report:
    """Return what is answered at the moment at which the sample was taken."""
    _, now = running(root, snapshot)
    return await told(root, words, now)


async def of_races(root: Path, words: str) -> Report:
    """Return what is answered about the workers of February, 3 s after their end."""
    now = racing(root)
    return await told(root, words, now + timedelta(seconds=3))


async def told(root: Path, words: str, now: datetime) -> Report:
    """Return what is answered at that moment about the folder as it is."""
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


async def test_a_worker_tells_its_races(tmp_path: Path) -> None:
    """Of the generation that wrote each try down."""
    report = await of_races(tmp_path, "worker worker-2 --claims")

    assert report.summary.startswith(
        "worker-2 claimed 12 of 15 tasks that it tried (80%), lost 3 races and waited 0"
        " times in vain for a lock"
    )
    assert facts_of(report, "Claims")["lost races"] == 3


async def test_a_hot_worker_tells_why_it_took_nothing(tmp_path: Path) -> None:
    """By its last look at tasks; that the queue was empty after it tells less."""
    report = await of_races(tmp_path, "worker worker-6")

    claims = facts_of(report, "Claims")
    assert claims["looks without a claim"] == 6
    assert claims["it said"] == (
        "No suitable tasks - Queue: [script:10], Preferred: ['resource', 'llm', 'cpu'],"
        " Model loaded: True"
    )
    assert report.summary == "worker-6 was stopped at 2026-11-23 09:09:47Z"


async def test_an_agent_tells_of_itself(tmp_path: Path) -> None:
    """Its model, budget, heat, what it runs, and why it takes nothing more."""
    report = await answered(tmp_path, "worker gpu-1")

    assert facts_of(report, "Agent") == {
        "kind": "gpu",
        "heartbeat": "well: it would be late past 1 min",
        "began": datetime(2026, 11, 23, 8, 45, 22, tzinfo=UTC),
        "ready": datetime(2026, 11, 23, 8, 45, 22, tzinfo=UTC),
        "model": "none loaded: it is cold",
        "runtime": "cold",
        "VRAM budget": "4,800 MB claimed, 115 MB left",
        "temperature": "49 °C",
        "thermal pause": "none",
        "runs": "1c1a09da render_long_a for 1 min 7 s, PID 13089",
        "completed since it began": 4,
        "failed since it began": 1,
        "takes no more because": "needs 4800 MB, gpu-1 has 115 MB left (0206c08f)",
    }
    assert "pod" not in facts_of(report, "Worker")


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        (
            "worker gpu-4 --startup",
            "gpu-4 was ready at 2026-11-23 09:10:43Z, 0 s after it began",
        ),
        (
            "worker brain --startup",
            "brain was ready at 2026-11-23 08:45:32Z, 11 s after it began",
        ),
        (
            "worker cpu-pi1 --check-logging",
            (
                "cpu-pi1 is quiet and alive: its newest line is 23 min 33 s old, its"
                " heartbeat is 1 s old"
            ),
        ),
        (
            "worker brain --claims",
            "brain claims nothing: it hands out what others claim",
        ),
    ],
)
async def test_starts_and_logs_are_told_by_the_agents_own_lines(
    tmp_path: Path, words: str, summary: str
) -> None:
    """Whichever kind of program wrote them."""
    assert (await answered(tmp_path, words)).summary == summary
