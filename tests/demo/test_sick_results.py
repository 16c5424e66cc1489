"""Results and families that fail, and such as only look so."""

import pytest

from bot.demo.sick_results import (
    plant_failure,
    plant_lora,
    plant_memory,
    plant_no_generation,
    plant_stuck_parent,
    plant_unclosed,
    plant_upload,
    spare_family,
    spare_no_generation,
    spare_second_thoughts,
)
from tests.demo.told import a_fleet, lines_of, owed


def test_a_plain_failure_is_of_no_kind() -> None:
    """Though it holds the letters of one."""
    fleet = a_fleet()
    _, task = plant_failure(fleet)

    assert "oom" in str(task.output_location)
    assert owed(fleet) == {"failed-task"}


@pytest.mark.parametrize("variant", [0, 1, 2])
def test_memory_stands_in_the_row_or_in_a_line(variant: int) -> None:
    """An ERROR of the worker has it always (F6)."""
    fleet = a_fleet()
    _, task = plant_memory(fleet, variant=variant)

    errors = [it for it in lines_of(fleet, task.id) if it.log_level == "ERROR"]
    assert "out of memory" in errors[-1].message
    assert ("out of memory" in str(task.output_location)) is (variant < 2)
    assert owed(fleet) == {"out-of-memory"}


@pytest.mark.parametrize("variant", [0, 1, 2, 3])
def test_an_upload_names_the_function_that_failed(variant: int) -> None:
    """And in what way (F27)."""
    fleet = a_fleet()
    _, task = plant_upload(fleet, variant=variant)

    text = str(task.output_location)
    assert text.startswith(("Upload failed:", "Completion failed:"))
    assert "[EDGE_FAIL:" in text
    assert owed(fleet) == {"upload-failure"}


@pytest.mark.parametrize("variant", [0, 1, 2])
def test_a_missing_lora_is_named(variant: int) -> None:
    """One text is cut off after its colon (F30)."""
    fleet = a_fleet(hours=5)
    task = plant_lora(fleet, variant=variant)

    text = str(task.output_location)
    assert "lora" in text.lower() or "safetensors" in text
    assert text.endswith(":") is (variant == 1)
    assert owed(fleet) == {"missing-lora"} | (
        {"failed-task"} if variant == 0 else set()
    )


def test_second_thoughts_end_well() -> None:
    """Whatever the lines say, the task is complete."""
    fleet = a_fleet()
    _, task = spare_second_thoughts(fleet)

    said = "".join(it.message for it in lines_of(fleet, task.id))
    assert all(it in said for it in ("CUDA out of memory", "LoRA", "Upload failed"))
    assert task.status == "Complete"
    assert fleet.expected == []


def test_a_task_without_a_generation() -> None:
    """It is complete, has an address, and was closed at the wrong door (F14)."""
    fleet = a_fleet()
    _, task = plant_no_generation(fleet)

    sources = {it.source_id for it in lines_of(fleet, task.id)}
    assert (task.status, task.generation_created) == ("Complete", False)
    assert str(task.output_location).startswith("https://")
    assert "complete-task" not in sources
    assert owed(fleet) == {"missing-generation"}


@pytest.mark.parametrize("child", [True, False])
def test_not_every_task_makes_a_generation(child: bool) -> None:
    """Not one whose kind makes none, and not a child of a coordinator."""
    fleet = a_fleet()
    _, task = spare_no_generation(fleet, child=child)

    assert not task.generation_created
    assert (task.params.get("orchestrator_task_id_ref") in fleet.tasks) is child
    assert fleet.expected == []


def test_an_unclosed_task_was_claimed_again() -> None:
    """Its generation is there, and so is the reset (F15)."""
    fleet = a_fleet()
    _, task = plant_unclosed(fleet)

    said = [it.message for it in lines_of(fleet, task.id)]
    assert (task.status, task.generation_created) == ("In Progress", True)
    assert len([it for it in said if "Task claimed successfully" in it]) == 2
    assert any("Task completed successfully" in it for it in said)
    assert owed(fleet) == {"unclosed-task", "reset-loop"}


@pytest.mark.parametrize("found", [3, 4])
def test_a_stuck_parents_children_are_done(found: int) -> None:
    """Of four expected, all or all but one (F29)."""
    fleet = a_fleet()
    parent = plant_stuck_parent(fleet, found=found)

    children = [
        each
        for each in fleet.tasks.values()
        if each.params.get("orchestrator_task_id_ref") == parent.id
    ]
    assert parent.status == "In Progress"
    assert [each.status for each in children] == ["Complete"] * found
    assert {each.project_id for each in children} == {parent.project_id}
    assert owed(fleet) == {"parent-stuck"}


def test_a_family_may_take_an_hour() -> None:
    """As long as a child of it runs."""
    fleet = a_fleet()
    _, parent = spare_family(fleet)

    assert parent.started_at is not None
    assert parent.started_at < fleet.ago(minutes=60)
    assert "In Progress" in {
        each.status
        for each in fleet.tasks.values()
        if each.params.get("orchestrator_task_id_ref") == parent.id
    }
    assert fleet.expected == []
