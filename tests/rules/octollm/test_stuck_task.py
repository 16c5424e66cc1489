from datetime import timedelta

from bot.domain.findings import Confidence, Severity
from bot.domain.services import Backlog
from bot.domain.workers import WorkerId
from tests.service_scenes import a_backlog, a_scene, a_wait, found, of_scene, services
from tests.world import a_task, ago

RULE = "stuck-task"


def test_a_task_within_its_budget_is_not_stuck() -> None:
    """Exactly its time is within it; each has its own."""
    just = a_wait(since=ago(minutes=5))
    long = a_wait("b", since=ago(minutes=50), allowed=timedelta(hours=1))

    assert found(RULE, services(backlog=a_backlog(running=(just, long)))) == []


def test_nothing_is_said_where_nobody_lists_tasks() -> None:
    """Counts alone tell no times."""
    counted = Backlog(counts={"processing": 3}, pending=None, processing=None)

    assert found(RULE, services(backlog=counted)) == []
    assert found(RULE, services(backlog=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_second_more_is_over_its_budget() -> None:
    """Counted from the last change of its row."""
    late = a_wait(since=ago(seconds=301))
    [it] = found(RULE, services(backlog=a_backlog(running=(late,))))

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert it.title == "task 23cb6baf is over its budget: in progress for 5 min 1 s"
    assert (it.subject.kind, it.subject.id) == ("task", late.task_id)
    assert it.evidence == (
        "its row last changed at 2026-01-31 11:54:59Z, 5 min 1 s ago",
        "its budget allows 5 min (max_time_seconds)",
    )
    assert it.ask == f"task {late.task_id} --logs-only"


def test_the_arm_that_has_it_is_named() -> None:
    """Where the task itself was read."""
    late = a_wait(since=ago(minutes=6))
    task = a_task(late.task_id, worker_id=WorkerId("coder"))
    scene = a_scene(backlog=a_backlog(running=(late,)))
    [it] = found(RULE, of_scene(scene, tasks=(task,)))

    assert it.evidence[-1] == "it is assigned to coder"
    assert it.ask == "worker coder"
