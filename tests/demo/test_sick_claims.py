"""What goes wrong between queue and worker, and what only looks so."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.demo.fleet import Fleet
from bot.demo.rows import Task
from bot.demo.sick_claims import (
    plant_api_late,
    plant_at_capacity,
    plant_blocked,
    plant_broke,
    plant_hopeless,
    plant_off_the_cloud,
    plant_reset_loop,
    plant_switched_off,
    plant_unassigned,
    plant_unheard_claim,
    spare_dependant,
    spare_late_start,
    spare_second_try,
)
from tests.demo.told import a_fleet, lines_of, owed


@pytest.mark.parametrize(
    ("plant", "limit"), [(plant_unassigned, 900), (plant_api_late, 420)]
)
@pytest.mark.parametrize("beyond", [-1.5, 1.5])
def test_a_task_may_be_nobodys_for_so_long(
    plant: Callable[..., Task], limit: float, beyond: float
) -> None:
    """15 min without a worker, 7 min with the API's (F9)."""
    fleet = a_fleet()
    task = plant(fleet, seconds=limit + beyond)

    assert task.started_at == fleet.now - timedelta(seconds=limit + beyond)
    assert owed(fleet) == ({"orphaned-task"} if beyond > 0 else set())
    assert (task.id in fleet.innocent) is (beyond < 0)


def test_a_third_attempt_is_never_reset() -> None:
    """Its worker was given up, and it is in progress still."""
    fleet = a_fleet()
    worker, task = plant_hopeless(fleet)

    assert (worker.status, task.status, task.attempts) == ("error", "In Progress", 3)
    assert owed(fleet) == {"failed-worker", "orphaned-task"}


@pytest.mark.parametrize(
    ("seconds", "due"), [(80, set()), (230, {"claim-not-started"})]
)
def test_a_claim_that_was_not_heard(seconds: float, due: set[str]) -> None:
    """The function says claimed, the worker says nothing of it (F11)."""
    fleet = a_fleet()
    worker, task = plant_unheard_claim(fleet, seconds=seconds)

    said = lines_of(fleet, task.id)
    assert any("Task claimed successfully" in it.message for it in said)
    assert {it.source_type for it in said} == {"edge_function"}
    assert worker.last_heartbeat is not None
    assert fleet.now - worker.last_heartbeat < timedelta(seconds=20)
    assert owed(fleet) == due


def test_ninety_seconds_later_is_no_loss() -> None:
    """The worker writes that it begins, if late."""
    fleet = a_fleet()
    _, task = spare_late_start(fleet)

    said = lines_of(fleet, task.id)
    claimed = next(it for it in said if "claimed successfully" in it.message)
    begun = next(it for it in said if "HEADLESS: Processing" in it.message)
    span = begun.timestamp - claimed.timestamp
    assert timedelta(seconds=85) < span < timedelta(seconds=120)
    assert fleet.expected == []


def test_a_reset_loop_takes_workers_down() -> None:
    """Claimed three times, and no attempt was counted (F13)."""
    fleet = a_fleet()
    _, task = plant_reset_loop(fleet)

    claims = [it for it in lines_of(fleet, task.id) if "claimed succ" in it.message]
    assert (len(claims), task.attempts, task.status) == (3, 0, "In Progress")
    assert str(task.error_message).startswith("Reset - ")
    assert owed(fleet) == {"failed-worker", "reset-loop"}


def test_a_second_try_may_end_well() -> None:
    """The task is innocent; its first worker is not."""
    fleet = a_fleet(hours=6)
    _, task = spare_second_try(fleet)

    assert (task.status, fleet.innocent) == ("Complete", {task.id})
    assert owed(fleet) == {"failed-worker"}


@pytest.mark.parametrize(
    ("plant", "true"),
    [
        (plant_broke, lambda fleet: fleet.people[-1].credits == 0),
        (plant_off_the_cloud, lambda fleet: not fleet.people[-1].in_cloud),
        (plant_switched_off, lambda fleet: fleet.idle_types == {"ltxv"}),
        (
            plant_at_capacity,
            lambda fleet: fleet.tasks_by_status()["In Progress"] == 5,
        ),
    ],
)
def test_why_a_task_waits(
    plant: Callable[[Fleet], Task], true: Callable[[Fleet], bool]
) -> None:
    """Each for a reason of its own (F12)."""
    fleet = a_fleet()
    task = plant(fleet)

    assert task.status == "Queued"
    assert true(fleet)
    assert owed(fleet) == {"waiting-task"}


@pytest.mark.parametrize(
    ("status", "due"), [("Cancelled", set()), ("Failed", {"failed-task"})]
)
def test_a_blocked_task_waits_for_ever(status: str, due: set[str]) -> None:
    """What it waits for will never be complete."""
    fleet = a_fleet()
    task = plant_blocked(fleet, status=status)

    [other] = task.dependant_on or []
    assert fleet.tasks[other].status == status
    assert owed(fleet) == due | {"blocked-task"}


def test_a_dependant_waits_for_what_runs() -> None:
    """That is how it should be."""
    fleet = a_fleet()
    _, task = spare_dependant(fleet)

    [other] = task.dependant_on or []
    assert fleet.tasks[other].status == "In Progress"
    assert fleet.expected == []
