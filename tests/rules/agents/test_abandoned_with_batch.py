from typing import Any

from bot.domain.agent_names import BATCH_ABORTED, Lane
from tests.file_queues import FILE, OTHER, a_file, a_folder, a_queue, found, of_queue
from tests.world import a_task, ago

RULE = "abandoned-with-batch"


def fell(**given: Any) -> Any:
    values: dict[str, Any] = {
        "lane": Lane.FAILED,
        "status": "abandoned",
        "ended_because": BATCH_ABORTED,
        "error": "Batch aborted: probe",
    }
    return a_file(**(values | given))


def test_tasks_that_failed_by_themselves_or_long_ago() -> None:
    """Windows bound lists."""
    tasks = (a_file(lane=Lane.FAILED), fell(ended_at=ago(days=2)))

    assert not found(RULE, a_folder(tasks=tasks))
    assert not found(RULE, a_folder(tasks=None))
    assert not found(RULE, of_queue(None))


def test_the_task_that_the_batch_fell_with_is_named() -> None:
    """By its step, or its id."""
    cause = a_file(OTHER, lane=Lane.FAILED, name="probe_media")
    bare = a_file(OTHER, lane=Lane.FAILED, name="")

    [one] = found(RULE, a_folder(tasks=(fell(), cause)))
    [two] = found(RULE, a_folder(tasks=(fell(), bare)))

    assert one.title.endswith("20260131_115000: probe_media failed")
    assert two.title.endswith(": 3a333f8c failed")
    assert one.ask == f"task {OTHER}"


def test_one_of_long_ago_that_is_asked_about() -> None:
    """Its cause may be gone."""
    old = fell(ended_at=ago(days=2), error=None)

    [one] = found(RULE, of_queue(a_queue(tasks=(old,)), tasks=(a_task(FILE),)))

    assert one.ask == "orchestrator"
    assert one.evidence[1] == "no reason was written"
