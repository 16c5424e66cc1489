"""Whether a task may go back into the queue."""

from typing import Any

import pytest

from bot.domain.cures import by_namesake
from bot.domain.offers import Decision, Fate, Record
from bot.domain.pods import Pod
from bot.domain.requeues import by_hand, pod_of, spent, why_kept
from bot.domain.workers import Worker
from tests.world import TASK, WORKER, a_pod, a_task, a_worker, ago

HELD = a_task(worker_id=WORKER)
DEAD = a_worker(status="crashed")


@pytest.mark.parametrize("attempts", [None, 0, 2])
def test_a_task_that_may_be_tried_again(attempts: int | None) -> None:
    """What is not counted is not spent."""
    assert spent(a_task(attempts=attempts)) is None


def test_a_task_that_is_not_tried_again() -> None:
    """From three attempts on, as the orchestrator counts; or when it has its result."""
    assert spent(a_task(attempts=3)) == "it was tried 3 times, which is all it gets"
    assert spent(a_task(generation_created=True)) == "its result exists already"
    assert why_kept(a_task(attempts=3), None, ()) == spent(a_task(attempts=3))


def test_a_workers_pod_is_the_one_that_its_row_names() -> None:
    """Before one that has its name."""
    namesake, named = a_pod("other1"), a_pod(name="gpu-other")

    assert pod_of(a_worker(), [namesake, named]) == named


def test_a_newborn_rows_pod_is_its_namesake() -> None:
    """It has no pod's id yet."""
    worker = a_worker(runpod_id=None)

    assert pod_of(worker, [a_pod("x1", name="gpu-2"), a_pod()]) == a_pod()


def test_a_worker_may_have_no_pod() -> None:
    """Neither by id nor by name."""
    assert pod_of(a_worker(), [a_pod("other1", name="gpu-other")]) is None


@pytest.mark.parametrize(
    ("worker", "pods"),
    [
        (DEAD, ()),
        (DEAD, (a_pod(status="EXITED"),)),
        (None, (a_pod(name="gpu-other"),)),
        (a_worker("api-worker-main", runs_on_gpu=False), None),
    ],
)
def test_where_nobody_is_left_to_do_it_a_task_may_go_back(
    worker: Worker | None, pods: tuple[Pod, ...] | None
) -> None:
    """Its pod is gone or stands still, or it never had one."""
    assert why_kept(HELD, worker, pods) is None
    assert why_kept(a_task(), worker, None) is None


@pytest.mark.parametrize(
    ("worker", "pods", "why"),
    [
        (DEAD, (a_pod(),), f"worker terminate {WORKER} gives it back"),
        (DEAD, (a_pod("other1"),), by_namesake(DEAD, a_pod("other1"))),
        (None, (a_pod(),), "runpod terminate abc123def456gh ends it"),
        (DEAD, None, f"nobody can tell whether the pod of {WORKER} still runs"),
    ],
)
def test_a_task_that_could_be_done_twice_stays(
    worker: Worker | None, pods: tuple[Pod, ...] | None, why: str
) -> None:
    """A pod that nobody sees may run."""
    assert (why_kept(HELD, worker, pods) or "").endswith(why)


def test_the_audit_tells_what_people_had_queued_again() -> None:
    """What was done, of tasks that it names; not what failed, nor other actions."""
    done: dict[str, Any] = {"who": "ann", "decision": Decision.ALLOWED, "target": TASK}
    records = [
        Record(at=ago(minutes=5), action="task requeue", outcome=Fate.DONE, **done),
        Record(at=ago(minutes=9), action="orphans requeue", outcome=Fate.DONE, **done),
        Record(at=ago(minutes=7), action="task requeue", outcome=Fate.FAILED, **done),
        Record(at=ago(minutes=6), action="worker forget", outcome=Fate.DONE, **done),
    ]

    assert by_hand(records) == {TASK: (ago(minutes=9), ago(minutes=5))}
