from datetime import datetime
from typing import Any

import pytest

from bot.domain.cases import Thresholds
from bot.domain.findings import Confidence, Severity
from bot.domain.pods import Pod
from bot.domain.tasks import Task
from bot.domain.workers import Worker
from bot.rules.reigh.orphaned_task import (
    orphaned_task,
    resets,
    what_next,
    why_orphaned,
)
from tests.world import NOW, TASK, WORKER, a_case, a_pod, a_task, a_worker, ago


def held(**given: Any) -> Task:
    """Return a task in progress that WORKER holds."""
    return a_task(**({"worker_id": WORKER} | given))


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(),
        a_worker(last_heartbeat_at=ago(minutes=5)),
        a_worker(last_heartbeat_at=None, created_at=ago(minutes=10)),
        a_worker(status="spawning"),
        a_worker(status="hibernating"),
    ],
    ids=["alive", "late", "has not beaten yet", "starting", "unknown"],
)
def test_a_task_whose_worker_may_finish_it(worker: Worker) -> None:
    """Five minutes of silence exactly are not the end."""
    assert why_orphaned(held(), worker, NOW) is None


def test_a_worker_that_never_beat_is_given_ten_minutes() -> None:
    """Whoever takes a task and never shows life will not finish it."""
    worker = a_worker(last_heartbeat_at=None, created_at=ago(minutes=10, seconds=1))

    assert why_orphaned(held(), worker, NOW) == "its worker never beat in 10 min 1 s"


@pytest.mark.parametrize("status", ["Queued", "Complete", "Failed", "Cancelled"])
def test_only_tasks_in_progress_are_orphaned(status: str) -> None:
    """An ended task needs its worker no more."""
    task = held(status=status)

    assert why_orphaned(task, a_worker(status="terminated"), NOW) is None


def test_a_coordinator_is_never_an_orphan() -> None:
    """It only waits for others."""
    task = held(task_type="travel_orchestrator")

    assert why_orphaned(task, a_worker(status="crashed"), NOW) is None


def test_a_task_may_be_without_a_worker_for_a_quarter_of_an_hour() -> None:
    """The claim may be about to be written."""
    task = a_task(started_at=ago(minutes=15))

    assert why_orphaned(task, None, NOW) is None


@pytest.mark.parametrize(
    "task",
    [
        a_task(started_at=ago(minutes=15, seconds=1)),
        a_task(started_at=None, created_at=ago(minutes=15, seconds=1)),
    ],
    ids=["started", "only created"],
)
def test_a_task_without_a_worker_for_longer(task: Task) -> None:
    """Counted from its start, or from its creation when nobody knows that."""
    assert why_orphaned(task, None, NOW) == "no worker is assigned"


def test_a_worker_without_a_row_works_on_nothing() -> None:
    """The task names it, the table does not."""
    assert why_orphaned(held(), None, NOW) == f"its worker {WORKER} has no row"


def test_an_api_worker_has_seven_minutes() -> None:
    """It does not beat, so the task's own time counts."""
    worker = a_worker(runs_on_gpu=False, last_heartbeat_at=ago(days=1))

    assert why_orphaned(held(started_at=ago(minutes=7)), worker, NOW) is None
    assert why_orphaned(held(started_at=None), worker, NOW) is None


def test_an_api_worker_that_takes_longer_lost_the_task() -> None:
    """The orchestrator resets it at that age."""
    worker = a_worker(runs_on_gpu=False)
    task = held(started_at=ago(minutes=7, seconds=1))

    assert why_orphaned(task, worker, NOW) == "the API worker took longer than 7 min"


@pytest.mark.parametrize("status", ["error", "crashed", "terminated", "inactive"])
def test_a_worker_that_is_not_there_works_on_nothing(status: str) -> None:
    """Given up, gone, or not yet born."""
    worker = a_worker(status=status)

    said = "was given up" if status == "error" else f"is {status}"
    assert why_orphaned(held(), worker, NOW) == f"its worker {said}"


def test_a_silent_worker_works_on_nothing() -> None:
    """Past five minutes it is called dead."""
    worker = a_worker(last_heartbeat_at=ago(minutes=5, seconds=1))

    assert (
        why_orphaned(held(), worker, NOW) == "its worker has been silent for 5 min 1 s"
    )


@pytest.mark.parametrize("attempts", [None, 0, 2])
def test_up_to_the_third_attempt_it_is_queued_again(attempts: int | None) -> None:
    """Also where nothing counts the attempts."""
    told = what_next(held(attempts=attempts), (ago(seconds=-20),), NOW)

    assert told.endswith("in 20 s, once it gives the worker up")


def test_from_the_third_attempt_on_nothing_queues_it() -> None:
    """Whatever would be due."""
    told = what_next(held(attempts=3), (ago(seconds=-20),), NOW)

    assert told == "after 3 attempts nothing queues it again by itself"


API = a_worker("api-worker-main", runs_on_gpu=False, last_heartbeat_at=None)


@pytest.mark.parametrize(
    ("task", "worker", "due"),
    [
        (
            held(),
            a_worker(status="crashed", last_heartbeat_at=ago(minutes=4)),
            (ago(minutes=-6, seconds=-30),),
        ),
        (
            held(),
            a_worker(status="error", error_at=ago(seconds=10)),
            (ago(seconds=-20),),
        ),
        (
            held(),
            a_worker(status="spawning", last_heartbeat_at=None),
            (ago(minutes=49, seconds=30),),
        ),
        (
            held(updated_at=ago(minutes=20)),
            a_worker(last_heartbeat_at=ago(minutes=6)),
            (ago(minutes=-4, seconds=-30), ago(minutes=-10)),
        ),
        (
            held(updated_at=ago(minutes=20), task_type="travel_orchestrator"),
            a_worker(last_heartbeat_at=ago(minutes=6)),
            (ago(minutes=-4, seconds=-30),),
        ),
        (held(updated_at=ago(minutes=20)), None, (ago(minutes=-10),)),
        (held(), None, ()),
        (held(started_at=ago(minutes=8)), API, (ago(minutes=1),)),
        (held(started_at=None), API, ()),
        (a_task(started_at=ago(minutes=10)), None, (ago(minutes=-5),)),
        (a_task(started_at=None), None, ()),
        (a_task(task_type="travel_orchestrator"), None, ()),
    ],
    ids=[
        *("crashed", "given up", "never beat", "silent", "coordinator", "no row"),
        *("row of unknown age", "API", "API, unknown", "unassigned", "unknown"),
        "unassigned coordinator",
    ],
)
def test_when_the_system_resets_it(
    task: Task, worker: Worker | None, due: tuple[datetime, ...]
) -> None:
    """By R1 to R4, the earliest first; coordinators with their worker alone."""
    assert resets(task, worker, Thresholds()) == due


@pytest.mark.parametrize(
    ("task", "due", "said"),
    [
        (
            held(),
            (ago(seconds=-20),),
            (
                "the orchestrator queues it again at about 2026-01-31 12:00:20Z, in"
                " 20 s, once it gives the worker up"
            ),
        ),
        (
            a_task(),
            (ago(seconds=-20),),
            "the orchestrator queues it again at about 2026-01-31 12:00:20Z, in 20 s",
        ),
        (
            held(),
            (ago(minutes=5),),
            (
                "the orchestrator was due to queue it again at 2026-01-31 11:55:00Z,"
                " 5 min ago: see whether it lives"
            ),
        ),
        (
            held(),
            (ago(minutes=5), ago(minutes=-5)),
            (
                "5 min ago: see whether it lives; its next pass over the row is at"
                " about 2026-01-31 12:05:00Z, in 5 min"
            ),
        ),
        (held(), (), "nothing queues it again by itself: no rule covers it"),
        (
            a_task(task_type="travel_orchestrator"),
            (),
            "nothing queues a coordinator again by itself: no rule covers it",
        ),
    ],
)
def test_what_comes_next_names_the_time(
    task: Task, due: tuple[datetime, ...], said: str
) -> None:
    """And what was missed."""
    told = what_next(task, due, NOW)

    assert told.endswith(said)


def test_without_the_workers_nobody_is_an_orphan() -> None:
    """A list that was not read is not an empty list."""
    assert not [*orphaned_task(a_case(tasks=(held(),)))]


def test_a_task_on_a_living_worker_is_well() -> None:
    """And so is one that has just been claimed."""
    case = a_case(tasks=(held(), a_task("2")), holders=(a_worker(),))

    assert not [*orphaned_task(case)]


def test_an_orphan_is_told_with_all_that_its_rows_say() -> None:
    """Its own row and its worker's."""
    worker = a_worker(status="error", error_reason="Stale heartbeat")

    [found] = orphaned_task(a_case(tasks=(held(),), holders=(worker,)))

    assert found.severity is Severity.CRITICAL
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == "task 41345358 is orphaned: its worker was given up"
    assert found.evidence == (
        f"it started at 2026-01-31 11:58:00Z, 2 min ago, on {WORKER}",
        "last heartbeat at 2026-01-31 11:59:50Z, 10 s ago",
        "the worker's row says: Stale heartbeat",
    )
    assert found.remedy.endswith(
        f"; whether its pod still runs is not known here: worker {WORKER} or"
        " runpod tells"
    )
    assert found.ask == f"worker {WORKER}"


def test_an_orphan_of_which_little_is_known() -> None:
    """Neither a start nor a worker."""
    task = a_task(started_at=None, created_at=ago(hours=1), attempts=3)

    [found] = orphaned_task(a_case(tasks=(task,), holders=()))

    assert found.evidence == ("no worker is assigned",)
    assert found.remedy.endswith("refuses it as well: submit it anew, or cancel it")
    assert found.ask == f"task {TASK}"


@pytest.mark.parametrize(
    ("worker", "pods", "cure"),
    [
        (a_worker(status="crashed"), (a_pod(),), f"worker terminate {WORKER} ends its"),
        (a_worker(status="crashed"), (a_pod("other1"),), "its row names pod"),
        (a_worker(status="crashed"), (), "RunPod lists no pod of it: "),
        (a_worker(status="terminated"), (), f"task requeue {TASK} does so at once"),
        (None, None, f"task requeue {TASK} does so at once"),
    ],
)
def test_what_gives_it_back_at_once_fits_its_worker(
    worker: Worker | None, pods: tuple[Pod, ...] | None, cure: str
) -> None:
    """With its worker, if that is still to be ended; else by itself."""
    holders = () if worker is None else (worker,)

    [found] = orphaned_task(a_case(tasks=(held(),), holders=holders, pods=pods))

    assert f"; {cure}" in found.remedy


def test_an_orphan_that_started_in_the_future() -> None:
    """Where clocks disagree, that is told in place of an age."""
    task = held(started_at=ago(seconds=-20))

    [found] = orphaned_task(a_case(tasks=(task,), holders=()))

    assert found.evidence[0] == (
        "it started at 2026-01-31 12:00:20Z, 20 s ahead of the clock here"
    )
