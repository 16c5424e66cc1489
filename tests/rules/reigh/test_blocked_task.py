import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.tasks import TaskId
from bot.rules.reigh.blocked_task import blocked_task
from tests.world import TASK, a_case, a_task

CAUSE = TaskId("5a000000-0000-4000-8000-000000000001")


@pytest.mark.parametrize("status", ["Complete", "Queued", "In Progress", "Paused"])
def test_a_dependency_that_may_still_complete_blocks_nothing(status: str) -> None:
    """It waits, which is what the queue is for."""
    waiting = a_task(status="Queued", dependencies=(CAUSE,))
    case = a_case(tasks=(waiting, a_task(CAUSE, status=status)))

    assert not [*blocked_task(case)]


def test_a_dependency_that_was_not_read_proves_nothing() -> None:
    """Nor does a task that no longer waits, or tasks that were not read."""
    waiting = a_task(status="Queued", dependencies=(CAUSE,))
    running = a_task(dependencies=(CAUSE,))
    failed = a_task(CAUSE, status="Failed")

    assert not [*blocked_task(a_case(tasks=(waiting,)))]
    assert not [*blocked_task(a_case(tasks=(running, failed)))]
    assert not [*blocked_task(a_case())]


@pytest.mark.parametrize("status", ["Failed", "Cancelled"])
def test_a_dependency_that_ended_badly_blocks_for_good(status: str) -> None:
    """The claim function wants every dependency complete."""
    waiting = a_task(status="Queued", dependencies=(CAUSE,))
    cause = a_task(CAUSE, status=status, error="CUDA out of memory")

    [found] = blocked_task(a_case(tasks=(waiting, cause)))

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.CONFIRMED,
    )
    assert (
        found.title
        == "task 41345358 never runs: it waits for 5a000000, which is " + status
    )
    assert found.subject.id == TASK
    assert found.evidence[0].startswith(f"{CAUSE} is {status}")
    assert "CUDA out of memory" in found.evidence[1]
    assert found.ask == f"task {CAUSE}"


def test_what_the_dependency_fell_with_is_at_fault() -> None:
    """It is what has to be mended."""
    first = TaskId("6b000000-0000-4000-8000-000000000001")
    waiting = a_task(status="Queued", dependencies=(CAUSE,))
    fallen = a_task(CAUSE, status="Failed", error="Cascaded", cascaded_from=first)
    at_fault = a_task(first, status="Failed", error="CUDA out of memory")

    [found] = blocked_task(a_case(tasks=(waiting, fallen, at_fault)))

    assert found.evidence[2] == (
        f"that fell with {first}, whose row says: CUDA out of memory"
    )
    assert found.ask == f"task {first}"


def test_a_task_that_waits_for_a_blocked_one_is_blocked_as_well() -> None:
    """However many stand between."""
    between = TaskId("6b000000-0000-4000-8000-000000000001")
    waiting = a_task(status="Queued", dependencies=(between,))
    blocked = a_task(between, status="Queued", dependencies=(CAUSE,))
    cause = a_task(CAUSE, status="Failed", error=None)

    found, other = blocked_task(a_case(tasks=(waiting, blocked, cause)))

    assert found.title == (
        "task 41345358 never runs: it waits for 6b000000, that for 5a000000, which is"
        " Failed"
    )
    assert other.subject.id == between


def test_a_dependency_that_is_gone_blocks_for_ever() -> None:
    """Nothing can be mended there."""
    task = a_task(status="Queued", dependencies=(TaskId("5a"),))

    [found] = blocked_task(a_case(tasks=(task,), gone=frozenset({TaskId("5a")})))

    assert found.evidence == (
        "5a no longer exists, and only a complete one lets it run",
    )
    assert found.ask == f"task {TASK}"
    assert found.remedy.endswith("no command here does either")
