from bot.domain.agent_names import Lane
from bot.domain.findings import Severity
from tests.file_queues import a_file, a_folder, found, of_queue

RULE = "failed-task"


def test_tasks_that_did_not_fail() -> None:
    """Nor those that fell with their batch."""
    fell = a_file(lane=Lane.FAILED, ended_because="batch_aborted_after_fatal_task")

    assert not found(RULE, a_folder(tasks=(a_file(), fell)))
    assert not found(RULE, of_queue(None))


def test_a_task_that_is_tried_again() -> None:
    """The brain does so by itself."""
    [one] = found(RULE, a_folder(tasks=(a_file(lane=Lane.FAILED, attempts=1),)))

    assert one.severity is Severity.WARNING
    assert one.title == "task 22d25838 failed and is to be tried again"
    assert "up to 3 times" in one.remedy


def test_a_task_that_is_not() -> None:
    """Its error is the proof."""
    task = a_file(lane=Lane.FAILED, attempts=3, error="odd", worker=None)

    [one] = found(RULE, a_folder(tasks=(task,)))

    assert one.severity is Severity.CRITICAL
    assert one.evidence[1] == "its error: odd"
    assert one.ask == f"task {task.id}"


def test_a_plan_that_failed() -> None:
    """It lies among the complete ones."""
    plan = a_file(
        lane=Lane.COMPLETE, type="execute_plan", success=False, escalation="e_1"
    )

    [one] = found(RULE, a_folder(tasks=(plan,)))

    assert one.severity is Severity.CRITICAL
    assert one.evidence[-2:] == (
        "a plan that fails lies among the complete tasks",
        "the brain wrote brain/escalations/e_1.json",
    )


def test_a_step_that_failed_among_the_complete_ones() -> None:
    """Of plans alone it is known that they lie there."""
    step = a_file(lane=Lane.COMPLETE, type="shell", success=False, error="odd")

    [one] = found(RULE, a_folder(tasks=(step,)))

    assert one.evidence[1:] == ("its error: odd",)
