"""The healthy lives of tasks."""

from bot.demo.labours import api_work, busy, claim, fail, submit, work
from bot.demo.lives import alive, boot, hire
from bot.demo.rows import ADA
from tests.demo.told import a_fleet, lines_of


def test_a_task_that_is_done_tells_its_whole_story() -> None:
    """Claimed by an edge function, made by a worker, closed by an edge function."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=50))
    free = boot(fleet, worker)
    task = submit(fleet, free, "vace_22")
    work(fleet, worker, task, free)
    alive(fleet, worker)

    said = [row.message for row in lines_of(fleet, task.id)]

    assert "Task claimed successfully" in said[0]
    assert "(Success: True)" in said[-1]
    assert any("MODEL SWITCH:" in it for it in said)
    assert any("Model switch completed in" in it for it in said)
    assert (task.status, task.generation_created) == ("Complete", True)


def test_a_second_task_of_the_same_model_needs_no_switch() -> None:
    """The worker holds it already."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=50))
    free = work(fleet, worker, submit(fleet, fleet.now, "vace_22"), boot(fleet, worker))
    before = len(worker.said)
    work(fleet, worker, submit(fleet, free, "vace_22"), free)

    assert not any("MODEL SWITCH:" in it.message for it in worker.said[before:])


def test_a_failed_task_keeps_its_error_where_the_result_would_be() -> None:
    """error_message stays empty, and nothing says that it was processed."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=50))
    task = submit(fleet, fleet.ago(minutes=40), "vace_22")
    begun = claim(fleet, worker, task, fleet.ago(minutes=39))
    fail(fleet, worker, task, begun, fleet.ago(minutes=35), error="no frames")

    assert (task.status, task.output_location) == ("Failed", "no frames")
    assert (task.error_message, task.processed_at) == (None, None)


def test_a_busy_worker_has_just_written_something() -> None:
    """A task in good health is never silent for five minutes."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=50))
    boot(fleet, worker)
    since = fleet.now - fleet.ago(minutes=4)
    task = busy(fleet, worker, "vace_22", whose=ADA, since=since)
    alive(fleet, worker)

    assert task.status == "In Progress"
    assert lines_of(fleet, task.id)[-1].timestamp > fleet.ago(minutes=2)


def test_api_tasks_are_done_by_no_gpu() -> None:
    """Their worker is the API orchestrator."""
    fleet = a_fleet()
    task = submit(fleet, fleet.ago(minutes=9), "qwen_image_edit")
    api_work(fleet, task, fleet.ago(minutes=8))

    assert task.worker_id == "api-worker-main"
    assert lines_of(fleet, task.id)[-1].source_type == "orchestrator_api"
