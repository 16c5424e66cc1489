from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.workers import Worker
from bot.rules.book import judge
from bot.rules.reigh.init_crash import init_crash
from tests.world import TASK, WORKER, a_case, a_line, a_worker, ago


def told(worker: Worker | None = None, **given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "workers": (worker or a_worker(last_heartbeat_at=ago(seconds=61)),),
        "lines": (),
        "logs_read": frozenset({WORKER}),
        "lines_since": ago(hours=24),
    }
    return [*judge(a_case(**(values | given)), using={"init-crash": init_crash})]


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(last_heartbeat_at=ago(seconds=60)),
        a_worker(last_heartbeat_at=None),
        a_worker(last_heartbeat_at=ago(minutes=9), runs_on_gpu=False),
        a_worker("edge_1", last_heartbeat_at=ago(minutes=9)),
        a_worker(status="terminated", last_heartbeat_at=ago(minutes=9)),
        a_worker(status="terminated", last_heartbeat_at=ago(hours=1), error_reason="x"),
        a_worker(status="error", error_at=ago(seconds=5)),
    ],
    ids=[
        "beats",
        "never beat",
        "no GPU",
        "unnamed",
        "scaled down",
        "ended",
        "given up alive",
    ],
)
def test_a_worker_that_was_not_lost_is_well(worker: Worker) -> None:
    """Or has another rule for it."""
    assert not told(worker, logs_read=frozenset({worker.id}))


def test_one_that_the_failsafe_ended_never_came_up() -> None:
    """Its row looks like that of a scale-down."""
    line = a_line(
        f"FAILSAFE: Worker {WORKER} has stale heartbeat (12:00) and status active",
        source="orchestrator_gpu",
        worker_id=None,
    )
    worker = a_worker(status="terminated", last_heartbeat_at=ago(minutes=8))

    [found] = told(worker, lines=(line,))

    assert found.title == f"{WORKER} probably crashed before it came up"


@pytest.mark.parametrize(
    "line",
    [
        a_line(f"HEADLESS: Worker {WORKER} started. Polling every 10s."),
        a_line("QUEUE: HeadlessTaskQueue initialized"),
        a_line("QUEUE: Task queue started with 1 workers"),
        a_line("HEADLESS: Processing vace", task_id=TASK),
    ],
)
def test_a_line_proves_that_it_came_up(line: Any) -> None:
    """The one that says so may be lost, and others are proof enough."""
    assert not told(lines=(line,))


@pytest.mark.parametrize(
    "given",
    [
        {"logs_read": frozenset()},
        {"lines_since": None},
        {"lines_since": ago(hours=1)},
    ],
    ids=["not read", "unknown since when", "younger than the worker"],
)
def test_lines_that_were_not_read_prove_nothing(given: dict[str, Any]) -> None:
    """All since its creation are needed."""
    assert not told(**given)


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(last_heartbeat_at=ago(seconds=61)),
        a_worker(status="crashed"),
        a_worker(status="error", last_heartbeat_at=ago(minutes=9)),
    ],
    ids=["silent", "crashed", "given up"],
)
def test_a_lost_worker_without_a_line_did_not_come_up(worker: Worker) -> None:
    """What is absent makes it possible, and no more."""
    [found] = told(worker)

    assert found.severity is Severity.WARNING
    assert found.confidence is Confidence.POSSIBLE
    assert found.evidence[1] == "it wrote no line at all"
    assert found.ask == f"worker {WORKER} --startup"


def test_what_it_wrote_last_is_quoted() -> None:
    """It may tell how far it came."""
    [found] = told(lines=(a_line("LOGGING: begun"),))

    assert found.evidence == (
        (
            "no line says 'started. Polling every' since its creation at"
            " 2026-01-31 11:00:00Z"
        ),
        "its only lines end at 2026-01-31 11:59:00Z: LOGGING: begun",
        "read: 1 line of its own since 2026-01-30 12:00:00Z; none was cut",
        "last heartbeat at 2026-01-31 11:58:59Z, 1 min 1 s ago",
    )
