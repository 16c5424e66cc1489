"""An orchestrator that fails, and one that only stumbles."""

from datetime import timedelta

import pytest

from bot.demo.fleet import Fleet
from bot.demo.labours import api_loop
from bot.demo.sick_orchestrator import (
    plant_abandoned_queue,
    plant_api_silence,
    plant_endless_cycles,
    plant_failing_cycles,
    plant_no_capacity,
    plant_no_counts,
    plant_restarts,
    plant_silence,
    plant_spawn_loop,
    plant_weak_tier,
    spare_ebb,
    spare_hiccup,
    spare_stumbles,
    spare_two,
)
from tests.demo.times import NOON
from tests.demo.told import a_fleet, owed


def _since(fleet: Fleet, minutes: float, fragment: str) -> int:
    """Return how many lines of the last minutes hold the fragment."""
    since = fleet.ago(minutes=minutes)
    return sum(
        fragment in row.message and row.timestamp >= since for row in fleet.lines()
    )


@pytest.mark.parametrize("lives", [True, False])
def test_silence_with_work_to_do(lives: bool) -> None:
    """Its rows move meanwhile, if only its log is broken (F22)."""
    fleet = Fleet(NOON, span=timedelta(hours=1), silent=timedelta(minutes=8))
    plant_silence(fleet, lives=lives)

    made = [each.created_at for each in fleet.workers.values()]
    assert _since(fleet, 8, "") == 0
    assert any(at > fleet.ago(minutes=5) for at in made) is lives
    assert fleet.tasks_by_status() == {"Queued": 1}
    assert owed(fleet) == {"orchestrator-silent"}


def test_an_api_that_is_gone_writes_nothing() -> None:
    """And what only it can do waits (F12)."""
    fleet = a_fleet()
    api_loop(fleet, timedelta(seconds=60))
    task = plant_api_silence(fleet)

    lived = [it.timestamp for it in fleet.lines() if it.source_type.endswith("_api")]
    assert max(lived) < fleet.ago(minutes=28)
    assert (task.status, task.task_type) == ("Queued", "qwen_image_edit")
    assert owed(fleet) == {"waiting-task"}


def test_cycles_that_fail() -> None:
    """At least three errors in a quarter of an hour (F23)."""
    fleet = a_fleet()
    plant_failing_cycles(fleet)

    assert _since(fleet, 15, "Error in orchestrator cycle:") >= 3
    assert _since(fleet, 5, "cycle completed in") == 0
    assert owed(fleet) == {"orchestrator-failing"}


def test_cycles_that_never_end() -> None:
    """They begin all the same."""
    fleet = a_fleet()
    plant_endless_cycles(fleet)

    assert _since(fleet, 15, "Starting orchestrator cycle") > 20
    assert _since(fleet, 15, "cycle completed in") == 0
    assert owed(fleet) == {"orchestrator-failing"}


def test_two_restarts_within_an_hour() -> None:
    """The number of the cycle falls twice."""
    fleet = a_fleet()
    plant_restarts(fleet)

    assert _since(fleet, 60, "Starting orchestrator cycle #1\n") == 0
    numbers = [turn.number for turn in fleet.orchestrator.turns]
    assert numbers.count(1) == 2
    assert owed(fleet) == {"orchestrator-failing"}


def test_two_errors_and_one_restart_are_no_pattern() -> None:
    """One short of each."""
    fleet = a_fleet()
    spare_stumbles(fleet)

    assert _since(fleet, 15, "Error in orchestrator cycle:") == 2
    assert [turn.number for turn in fleet.orchestrator.turns].count(1) == 1
    assert fleet.expected == []


def test_tasks_that_cannot_be_counted() -> None:
    """In the words of both fallbacks (F24)."""
    fleet = a_fleet()
    plant_no_counts(fleet)

    assert _since(fleet, 6, "Task counts endpoint returned status") == 3
    assert _since(fleet, 6, "falling back to simple counting") == 3
    assert owed(fleet) == {"counts-endpoint"}


def test_no_machine_to_rent() -> None:
    """The row that was made for it has no pod (F21)."""
    fleet = a_fleet()
    worker = plant_no_capacity(fleet)

    assert _since(fleet, 10, "no longer any instances available") == 1
    assert (worker.status, worker.pod_id) == ("error", None)
    reason = (worker.metadata or {})["error_reason"]
    assert reason == "Failed to spawn Runpod instance"
    assert owed(fleet) == {"failed-worker", "no-capacity"}


def test_a_hiccup_is_no_want_of_capacity() -> None:
    """A pod could not be made, for another reason."""
    fleet = a_fleet()
    spare_hiccup(fleet)

    assert _since(fleet, 10, "Error creating pod:") == 1
    assert _since(fleet, 10, "no longer any") == 0
    assert fleet.expected == []


def test_a_loop_is_three_in_ten_minutes() -> None:
    """Two are none, and neither are four that were ended for want of work (F20)."""
    looping, calm = a_fleet(), a_fleet()
    plant_spawn_loop(looping)
    spare_two(calm)
    gone = spare_ebb(calm)

    made = sorted(each.created_at for each in looping.workers.values())
    assert len(made) == 4
    assert made[-1] - made[0] < timedelta(minutes=10)
    assert owed(looping) == {"failed-worker", "spawn-loop"}
    assert len(calm.expected) == 2
    made = [each.created_at for each in gone]
    assert max(made) - min(made) < timedelta(minutes=10)
    assert {each.status for each in gone} == {"terminated"}


@pytest.mark.parametrize(("count", "due"), [(4, set()), (8, {"tier-failures"})])
def test_a_tier_is_weak_from_five_workers_on(count: int, due: set[str]) -> None:
    """Half of them failed; of four that says nothing (F31)."""
    fleet = a_fleet(hours=4)
    plant_weak_tier(fleet, count=count)

    tiers = [(each.metadata or {})["ram_tier"] for each in fleet.workers.values()]
    assert tiers == [32] * count
    assert owed(fleet) == due | {"failed-worker"}


def test_an_abandoned_queue() -> None:
    """Tasks wait, and there is no worker at all."""
    fleet = a_fleet()
    plant_abandoned_queue(fleet)

    assert fleet.workers == {}
    assert owed(fleet) == {"queue-without-workers", "waiting-task"}
