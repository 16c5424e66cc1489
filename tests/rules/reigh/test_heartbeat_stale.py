from datetime import timedelta
from typing import Any

import pytest

from bot.domain.cases import Thresholds
from bot.domain.findings import Confidence, Severity
from bot.rules.reigh.heartbeat_stale import heartbeat_stale
from tests.world import WORKER, a_case, a_task, a_worker, ago


def test_five_minutes_exactly_is_not_dead_yet() -> None:
    """Only past five minutes is a worker called dead."""
    case = a_case(workers=(a_worker(last_heartbeat_at=ago(minutes=5)),))

    assert not [*heartbeat_stale(case)]


def test_a_worker_that_never_beat_is_another_rule_s() -> None:
    """Never is not the same as no longer."""
    case = a_case(workers=(a_worker(last_heartbeat_at=None),))

    assert not [*heartbeat_stale(case)]


def test_a_worker_that_was_given_up_need_not_beat() -> None:
    """Its silence is what was wanted."""
    worker = a_worker(status="error", last_heartbeat_at=ago(hours=1))

    assert not [*heartbeat_stale(a_case(workers=(worker,)))]


def test_an_api_worker_need_not_beat() -> None:
    """Its row may hold an old time all the same."""
    worker = a_worker(runs_on_gpu=False, last_heartbeat_at=ago(hours=1))

    assert not [*heartbeat_stale(a_case(workers=(worker,)))]


def test_a_silent_worker_is_dead_or_cut_off() -> None:
    """It can't be told which, so the finding is likely rather than confirmed."""
    worker = a_worker(last_heartbeat_at=ago(minutes=5, seconds=1))

    [found] = heartbeat_stale(a_case(workers=(worker,)))

    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.LIKELY)
    assert found.title == f"{WORKER} is dead or cut off: silent for 5 min 1 s"
    assert found.evidence == ("last heartbeat at 2026-01-31 11:54:59Z, 5 min 1 s ago",)
    assert found.ask == f"worker {WORKER}"


@pytest.mark.parametrize(
    ("silent", "told"),
    [
        (630, "the orchestrator ends it after 10 min of silence"),
        (631, "the orchestrator was due to end it after 10 min of silence"),
    ],
)
def test_who_ends_it_and_when(silent: int, told: str) -> None:
    """By its limit and one poll it was due."""
    worker = a_worker(last_heartbeat_at=ago(seconds=silent))

    [found] = heartbeat_stale(a_case(workers=(worker,)))

    assert found.remedy.startswith(f"{told} (GPU_IDLE_TIMEOUT_SEC)")


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"tasks": (), "queued": 0}, "was due to end it after 1 min of silence, for"),
        ({"tasks": (), "queued": 1}, "ends it after 10 min of silence"),
        ({"tasks": (a_task(worker_id=WORKER),)}, "ends it after 10 min of silence"),
        ({"tasks": ()}, "ends it after 10 min of silence"),
    ],
)
def test_a_worker_that_nothing_needs_is_ended_sooner(
    known: dict[str, Any], told: str
) -> None:
    """Which of the limits holds is told where it is known, else both."""
    worker = a_worker(last_heartbeat_at=ago(minutes=7))

    [found] = heartbeat_stale(a_case(workers=(worker,), **known))

    assert found.remedy.startswith(f"the orchestrator {told}")
    assert ("or after 60 s" in found.remedy) is (known == {"tasks": ()})


@pytest.mark.parametrize("status", ["spawning", "inactive", "terminating"])
def test_the_failsafe_s_limit_counts_whatever_the_status(status: str) -> None:
    """It asks neither what the worker is called nor whether anybody needs it."""
    worker = a_worker(status=status, last_heartbeat_at=ago(minutes=10))
    late = a_worker(status=status, last_heartbeat_at=ago(minutes=10.1))

    assert not [*heartbeat_stale(a_case(workers=(worker,), tasks=(), queued=0))]
    [found] = heartbeat_stale(a_case(workers=(late,), tasks=(), queued=0))
    assert found.evidence[1] == f"its row calls it {status}"
    assert found.remedy.startswith("the orchestrator ends it after 10 min of silence")


def test_an_api_worker_of_any_status_need_not_beat() -> None:
    """Nor is one that starts and never beat any longer silent."""
    api = a_worker(status="spawning", runs_on_gpu=False, last_heartbeat_at=ago(hours=1))
    fresh = a_worker(status="spawning", last_heartbeat_at=None)

    assert not [*heartbeat_stale(a_case(workers=(api, fresh)))]


def test_its_running_tasks_are_evidence() -> None:
    """Not those that it finished before."""
    tasks = (
        a_task("41345358-1", worker_id=WORKER),
        a_task("52456469-2", worker_id=WORKER, status="Complete"),
    )
    worker = a_worker(last_heartbeat_at=ago(minutes=6))

    [found] = heartbeat_stale(a_case(workers=(worker,), tasks=tasks))

    assert found.evidence[1] == "it holds 1 running task: 41345358"


def test_the_orchestrator_should_have_ended_it() -> None:
    """Past the system's own limit the question is whether anybody is in charge."""
    limits = Thresholds(idle=timedelta(minutes=7))
    worker = a_worker(last_heartbeat_at=ago(minutes=8))

    [found] = heartbeat_stale(a_case(workers=(worker,), thresholds=limits))

    assert found.ask == "orchestrator"
    assert "after 7 min of silence (GPU_IDLE_TIMEOUT_SEC)" in found.remedy
