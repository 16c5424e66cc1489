"""Tasks that fail, one by one."""

from bot.demo.sick_tasks import (
    plant_cascade,
    plant_failed_upload,
    plant_out_of_memory,
    plant_running_family,
    plant_second_try,
)
from tests.demo.told import a_fleet, lines_of, owed


def test_out_of_memory_stands_in_one_column_and_one_line() -> None:
    """The worker that wrote it lives on."""
    fleet = a_fleet()
    worker, task = plant_out_of_memory(fleet, id="abcd1234")

    errors = [row for row in lines_of(fleet, task.id) if row.log_level == "ERROR"]
    assert task.id.startswith("abcd1234-")
    assert "CUDA out of memory" in str(task.output_location)
    assert len(errors) == 1
    assert worker.status == "active"
    assert owed(fleet) == {"out-of-memory"}


def test_a_lost_upload_was_an_edge_functions_fault() -> None:
    """It says so in its own line, and in the task's text."""
    fleet = a_fleet()
    _, task = plant_failed_upload(fleet)

    sources = {
        row.source_type for row in lines_of(fleet, task.id) if row.log_level == "ERROR"
    }
    assert str(task.output_location).startswith("Upload failed: [EDGE_FAIL:")
    assert sources == {"edge_function", "worker"}


def test_a_cascade_names_its_root() -> None:
    """The parent only counts."""
    fleet = a_fleet(hours=8)
    family = plant_cascade(fleet)

    assert "LoRA" in str(family.root.output_location)
    assert {it.error_message for it in family.fallen} == {
        f"Cascaded failed from related task {family.root.id}"
    }
    assert family.parent.error_message == "1 of 4 segments failed"
    assert len(fleet.expected) == 5


def test_a_running_family_owes_nothing() -> None:
    """Its children wait for each other."""
    fleet = a_fleet()
    _, parent = plant_running_family(fleet)

    assert parent.status == "In Progress"
    assert fleet.expected == []
    assert fleet.tasks_by_status()["Queued"] == 3


def test_a_second_try_leaves_the_old_reset_behind() -> None:
    """The task is well; only its first worker failed."""
    fleet = a_fleet(hours=6)
    worker, task = plant_second_try(fleet)

    claims = [it for it in lines_of(fleet, task.id) if "claimed succ" in it.message]
    assert (task.status, len(claims)) == ("Complete", 2)
    assert str(task.error_message).startswith("Reset - ")
    assert [it.subject for it in fleet.expected] == [worker.id]
