from datetime import timedelta
from typing import Any

import pytest

from bot.domain.cases import Case, Thresholds
from bot.domain.findings import Confidence, Severity
from bot.domain.workers import Worker
from bot.rules.reigh.stuck_task import stuck_task
from tests.world import WORKER, a_case, a_task, a_worker, ago


def running(worker: Worker | None = None, **task: Any) -> Case:
    values: dict[str, Any] = {"worker_id": WORKER, "started_at": ago(minutes=21)}
    return a_case(tasks=(a_task(**(values | task)),), holders=(worker or a_worker(),))


def test_a_task_within_the_limit_is_well() -> None:
    """TASK_STUCK_TIMEOUT_SEC exactly is within it."""
    assert not [*stuck_task(running(started_at=ago(minutes=20)))]


def test_a_coordinator_may_take_hours() -> None:
    """It only waits for others."""
    assert not [*stuck_task(running(task_type="travel_orchestrator"))]


def test_a_task_that_ended_is_not_stuck() -> None:
    """However long it took."""
    assert not [*stuck_task(running(status="Complete"))]


def test_a_task_that_never_started_is_not_stuck() -> None:
    """Nobody knows for how long it would have been."""
    assert not [*stuck_task(running(started_at=None))]


@pytest.mark.parametrize(
    "worker",
    [
        a_worker("gpu-other"),
        a_worker(status="error"),
        a_worker(last_heartbeat_at=ago(minutes=6)),
        a_worker(last_heartbeat_at=None),
    ],
    ids=["unknown", "given up", "stale", "never beat"],
)
def test_a_task_without_a_living_worker_is_another_rule_s(worker: Worker) -> None:
    """Then it is orphaned rather than stuck."""
    assert not [*stuck_task(running(worker))]


def test_a_task_without_a_worker_is_another_rule_s() -> None:
    """Nobody holds it."""
    assert not [*stuck_task(running(worker_id=None))]


def test_a_late_heartbeat_speaks_for_itself() -> None:
    """Only on a worker that surely lives a task is stuck (systems/reigh.md, F10)."""
    worker = a_worker(last_heartbeat_at=ago(seconds=61))

    assert not [*stuck_task(running(worker, started_at=ago(minutes=21)))]


@pytest.mark.parametrize("silence", [10, 60])
def test_a_long_task_on_a_living_worker_is_stuck(silence: int) -> None:
    """Up to a minute its heartbeat is fresh."""
    worker = a_worker(last_heartbeat_at=ago(seconds=silence))

    [found] = stuck_task(running(worker, started_at=ago(minutes=20, seconds=1)))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.title == "task 41345358 has been running for 20 min 1 s"
    assert found.evidence == (
        "it started at 2026-01-31 11:39:59Z",
        "the limit is 20 min (TASK_STUCK_TIMEOUT_SEC)",
        f"its worker {WORKER} still beats",
    )
    assert found.ask == f"worker {WORKER}"


def test_the_limit_is_the_system_s_own() -> None:
    """Somebody may have set another one."""
    case = a_case(
        tasks=(a_task(worker_id=WORKER, started_at=ago(minutes=3)),),
        holders=(a_worker(),),
        thresholds=Thresholds(stuck=timedelta(minutes=2)),
    )

    [found] = stuck_task(case)

    assert found.evidence[1] == "the limit is 2 min (TASK_STUCK_TIMEOUT_SEC)"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1230, "the orchestrator will fail the worker for it"),
        (1231, "the orchestrator was due to fail the worker for it 31 s ago"),
    ],
)
def test_who_ends_it_and_when(seconds: int, told: str) -> None:
    """By its limit and one poll it was due."""
    [found] = stuck_task(running(started_at=ago(seconds=seconds)))

    assert found.remedy.startswith(told)
