"""Workers that fail, one by one."""

import pytest

from bot.demo.sick_workers import (
    plant_ageing,
    plant_beatless,
    plant_crash,
    plant_given_up,
    plant_never_started,
    plant_revived,
    plant_stale,
    plant_stuck,
)
from tests.demo.told import a_fleet, lines_of, owed


@pytest.mark.parametrize(
    ("pod", "due"),
    [
        ("RUNNING", set()),
        ("EXITED", {"stopped-pod", "worker-without-pod"}),
        ("", {"worker-without-pod"}),
    ],
)
def test_a_crash_leaves_a_task_behind(pod: str, due: set[str]) -> None:
    """Its last seconds are not in the log; the pod may be there or not."""
    fleet = a_fleet()
    worker, task = plant_crash(fleet, pod=pod)

    last = max(row.timestamp for row in fleet.lines() if row.worker_id == worker.id)
    assert (worker.status, task.status) == ("crashed", "In Progress")
    assert worker.cut_at is not None
    assert last < worker.cut_at
    assert bool(fleet.pods) is bool(pod)
    assert owed(fleet) == due | {"crashed-worker", "orphaned-task"}


@pytest.mark.parametrize("seed", range(4))
def test_a_death_within_a_load_ends_with_the_switch(seed: int) -> None:
    """No line says that the switch was completed."""
    fleet = a_fleet(seed=seed)
    _, task = plant_crash(fleet, loading=True)

    said = [row.message for row in lines_of(fleet, task.id)]
    assert any("MODEL SWITCH:" in it for it in said)
    assert not any("completed" in it for it in said)


def test_late_heartbeats() -> None:
    """Stale is worse than ageing."""
    fleet = a_fleet()
    stale, ageing = plant_stale(fleet), plant_ageing(fleet)

    assert stale.worker.last_heartbeat is not None
    assert ageing.worker.last_heartbeat is not None
    assert fleet.ago(minutes=9) < stale.worker.last_heartbeat < fleet.ago(minutes=8)
    assert fleet.ago(minutes=3) < ageing.worker.last_heartbeat < fleet.ago(minutes=2)
    assert owed(fleet) == {"heartbeat-stale", "heartbeat-ageing", "orphaned-task"}


def test_a_stuck_tasks_worker_beats_on() -> None:
    """It has written nothing for long."""
    fleet = a_fleet()
    worker, task = plant_stuck(fleet)

    assert worker.last_heartbeat is not None
    assert worker.last_heartbeat > fleet.ago(seconds=20)
    assert lines_of(fleet, task.id)[-1].timestamp < fleet.ago(minutes=20)


def test_without_a_heartbeat() -> None:
    """One is young, the other one's dump tells why it never will beat."""
    fleet = a_fleet()
    young, broken = plant_beatless(fleet), plant_never_started(fleet)

    assert (young.status, young.last_heartbeat) == ("active", None)
    assert (broken.status, broken.last_heartbeat) == ("spawning", None)
    dump = "\n".join(row.message for row in lines_of(fleet, broken.id))
    assert "ModuleNotFoundError: No module named 'mmgp'" in dump
    assert any(secret in dump for secret in fleet.secrets)


def test_a_revived_worker_was_called_ended() -> None:
    """Its heartbeat said otherwise."""
    fleet = a_fleet(hours=5)
    worker, task = plant_revived(fleet)

    assert (worker.status, task.status) == ("active", "In Progress")
    assert (worker.metadata or {})["orchestrator_status"] == "terminated"
    assert worker.pod_id in fleet.pods


def test_a_given_up_worker_is_no_scale_down() -> None:
    """Its reason is a real one."""
    fleet = a_fleet()
    worker = plant_given_up(fleet, "Spawning timeout", minutes=90)

    assert worker.status == "terminated"
    assert (worker.metadata or {})["error_reason"] == "Spawning timeout"
    assert owed(fleet) == {"failed-worker"}
