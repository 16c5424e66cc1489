"""Machines and pods that fail, and such as only look so."""

from datetime import datetime, timedelta

import pytest

from bot.demo.sick_machines import (
    plant_full_disk,
    plant_full_volume,
    plant_idle,
    plant_no_driver,
    plant_no_space,
    plant_slow_task,
    plant_starved,
    plant_unended,
    plant_vanished,
    spare_beating,
    spare_grace,
    spare_roomy,
    spare_unlisted,
    spare_young,
)
from tests.demo.told import a_fleet, lines_of, owed


@pytest.mark.parametrize(("starts", "due"), [(True, set()), (False, {"never-started"})])
def test_a_full_disk_is_told_by_the_orchestrator(starts: bool, due: set[str]) -> None:
    """In its own words, whether the program came up or not (F25)."""
    fleet = a_fleet()
    worker = plant_full_disk(fleet, starts=starts)

    [said] = [it for it in lines_of(fleet, worker.id) if "DISK SPACE" in it.message]
    assert said.message.startswith(f"❌ DISK SPACE ISSUE on {worker.id}:")
    assert (said.log_level, said.worker_id) == ("ERROR", None)
    assert (worker.last_heartbeat is not None) is starts
    assert owed(fleet) == due | {"disk-full"}


def test_a_full_volume_and_a_failed_write() -> None:
    """The one stands in the orchestrator's check, the other in a task's text."""
    fleet = a_fleet()
    volume = plant_full_volume(fleet)
    _, task = plant_no_space(fleet)

    said = [it for it in fleet.lines() if f"STORAGE_HEALTH [{volume}]" in it.message]
    assert "CRITICAL: 98% used" in said[-1].message
    assert "No space left on device" in str(task.output_location)
    assert owed(fleet) == {"disk-full", "failed-task"}


def test_89_percent_is_no_warning_yet() -> None:
    """From 90 on it would be."""
    fleet = a_fleet()
    worker = spare_roomy(fleet)

    assert any("89% /" in it.message for it in lines_of(fleet, worker.id))
    assert fleet.expected == []


@pytest.mark.parametrize("says", [True, False])
def test_a_gpu_that_does_not_answer(says: bool) -> None:
    """Its program says so, or nvidia-smi finds no memory at all (F26)."""
    fleet = a_fleet()
    worker = plant_no_driver(fleet, says=says)

    told = any(
        "is_available() returned False" in it.message
        for it in lines_of(fleet, worker.id)
    )
    assert told is says
    assert ((worker.metadata or {})["vram_total_mb"] == 0) is not says
    assert owed(fleet) == {"gpu-driver"}


def test_a_starved_log_ends_while_the_heart_beats() -> None:
    """More than five minutes ago, on a task (F32)."""
    fleet = a_fleet()
    worker, task = plant_starved(fleet)

    last = max(it.timestamp for it in fleet.lines() if it.worker_id == worker.id)
    assert fleet.now - last > timedelta(minutes=5)
    assert worker.last_heartbeat is not None
    assert fleet.now - worker.last_heartbeat < timedelta(seconds=20)
    assert task.started_at is not None
    assert fleet.now - task.started_at < timedelta(seconds=1200)
    assert owed(fleet) == {"silent-worker"}


@pytest.mark.parametrize(("seconds", "due"), [(1198.5, set()), (1330, {"stuck-task"})])
def test_a_slow_task_writes_on(seconds: float, due: set[str]) -> None:
    """So it is stuck from 1200 s on, and its log is not starved (F10)."""
    fleet = a_fleet()
    worker, task = plant_slow_task(fleet, seconds=seconds)

    last = max(it.timestamp for it in fleet.lines() if it.worker_id == worker.id)
    assert task.started_at == fleet.now - timedelta(seconds=seconds)
    assert fleet.now - last < timedelta(minutes=2)
    assert owed(fleet) == due
    assert (worker.id in fleet.innocent) == (not due)


def test_a_slow_task_on_a_late_worker_is_the_workers_matter() -> None:
    """F10 asks for a fresh heartbeat; this one is a minute and a half old."""
    fleet = a_fleet()
    worker, _ = plant_slow_task(fleet, silence=90)

    assert worker.last_heartbeat == fleet.ago(seconds=90)
    assert owed(fleet) == {"heartbeat-ageing"}


@pytest.mark.parametrize(("seconds", "due"), [(560, set()), (1260, {"idle-worker"})])
def test_an_idle_worker_completed_something_long_ago(
    seconds: float, due: set[str]
) -> None:
    """It beats, and holds nothing (F19)."""
    fleet = a_fleet()
    worker = plant_idle(fleet, seconds=seconds)

    ended = [
        it.processed_at for it in fleet.tasks.values() if it.worker_id == worker.id
    ]
    assert ended == [fleet.now - timedelta(seconds=seconds)]
    assert owed(fleet) == due


def test_one_second_short_of_late() -> None:
    """59 s of silence, and 590 s without a heartbeat at all."""
    fleet = a_fleet()
    beating, young = spare_beating(fleet).worker, spare_young(fleet)

    assert beating.last_heartbeat is not None
    assert fleet.now - beating.last_heartbeat < timedelta(seconds=60)
    assert young.last_heartbeat is None
    assert fleet.now - young.created_at == timedelta(seconds=590)
    assert fleet.expected == []


def test_a_pod_that_vanished_and_one_that_is_not_listed() -> None:
    """Of the one nothing is left; the other runs (F17)."""
    fleet = a_fleet()
    vanished, unlisted = plant_vanished(fleet), spare_unlisted(fleet).worker

    assert str(vanished.pod_id) not in fleet.pods
    assert str(unlisted.pod_id) in fleet.pods
    assert fleet.unlisted == {str(unlisted.pod_id)}
    assert owed(fleet) == {"heartbeat-stale", "worker-without-pod"}


def test_a_grace_period_ends() -> None:
    """600 s after the error its pod should be gone (F16)."""
    fleet = a_fleet()
    late, early = plant_unended(fleet), spare_grace(fleet)

    spans = [
        fleet.now - datetime.fromisoformat((each.metadata or {})["error_time"])
        for each in (late, early)
    ]
    assert spans[0] > timedelta(seconds=600) > spans[1]
    assert {late.status, early.status} == {"error"}
    assert {str(late.pod_id), str(early.pod_id)} <= set(fleet.pods)
    assert owed(fleet) == {"failed-worker", "orphaned-pod"}
