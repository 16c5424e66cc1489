"""Workers that die before and while a model is loaded, and such as only look so."""

from datetime import timedelta

import pytest

from bot.demo.fleet import Fleet
from bot.demo.sick_loads import (
    plant_crash_after_load,
    plant_init_crash,
    plant_load_death,
    plant_vlm_hang,
    spare_load,
    spare_loaded,
    spare_vlm,
    spare_waking,
)
from tests.demo.told import a_fleet, lines_of, owed


def _own(fleet: Fleet, id: str) -> list[str]:
    return [row.message for row in fleet.lines() if row.worker_id == id]


@pytest.mark.parametrize(
    ("seconds", "killed", "due"),
    [
        (150, False, "heartbeat-ageing"),
        (420, False, "heartbeat-stale"),
        (150, True, "crashed-worker"),
    ],
)
def test_a_crash_at_start_leaves_heartbeats_alone(
    seconds: float, killed: bool, due: str
) -> None:
    """Real ones, later than the row, and no line of its own (F3)."""
    fleet = a_fleet()
    worker = plant_init_crash(fleet, seconds=seconds, killed=killed)

    assert worker.last_heartbeat is not None
    assert worker.last_heartbeat - worker.created_at > timedelta(seconds=1)
    assert fleet.now - worker.last_heartbeat >= timedelta(seconds=seconds)
    assert _own(fleet, worker.id) == []
    assert owed(fleet) == {"init-crash", due}


def test_who_is_waking_beats() -> None:
    """It has not spoken either, and owes nothing."""
    fleet = a_fleet()
    worker = spare_waking(fleet)

    assert worker.last_heartbeat is not None
    assert fleet.now - worker.last_heartbeat < timedelta(seconds=60)
    assert _own(fleet, worker.id) == []
    assert (fleet.expected, fleet.innocent) == ([], {worker.id})


@pytest.mark.parametrize("crashed", [True, False])
def test_a_death_within_a_load_has_a_switch_for_its_end(crashed: bool) -> None:
    """No end of the switch follows, and no heartbeat (F4)."""
    fleet = a_fleet()
    worker, task = plant_load_death(fleet, crashed=crashed)

    said = _own(fleet, worker.id)
    last = max(n for n, it in enumerate(said) if "MODEL SWITCH:" in it)
    assert not [it for it in said[last:] if "Loaded model" in it or "completed" in it]
    assert worker.last_heartbeat is not None
    assert fleet.now - worker.last_heartbeat > timedelta(seconds=300)
    assert owed(fleet) >= {"model-load-death", "orphaned-task"}
    assert task.status == "In Progress"


def test_a_load_under_way_beats() -> None:
    """The same lines, and a heartbeat of a moment ago."""
    fleet = a_fleet()
    worker, task = spare_load(fleet)

    said = _own(fleet, worker.id)
    last = max(n for n, it in enumerate(said) if "MODEL SWITCH:" in it)
    assert not [it for it in said[last:] if "completed" in it]
    assert worker.last_heartbeat is not None
    assert fleet.now - worker.last_heartbeat < timedelta(seconds=20)
    assert (fleet.expected, fleet.innocent) == ([], {worker.id, task.id})


def test_a_load_that_ended_is_followed_by_words_about_switches() -> None:
    """In lower case, and in the orchestrator's text; neither is the marker."""
    fleet = a_fleet()
    worker, _ = spare_loaded(fleet)

    said = _own(fleet, worker.id)
    ended = max(n for n, it in enumerate(said) if "Model switch completed" in it)
    assert any("model switch:" in it for it in said[ended:])
    assert not [it for it in said[ended:] if "MODEL SWITCH:" in it]
    other = [it for it in lines_of(fleet, worker.id) if "MODEL SWITCH:" in it.message]
    assert other[-1].source_type == "orchestrator_gpu"
    assert fleet.expected == []


def test_a_crash_after_a_load_is_no_death_of_it() -> None:
    """Only the crash and its task are owed, though words about switches follow."""
    fleet = a_fleet()
    worker, _ = plant_crash_after_load(fleet)

    said = _own(fleet, worker.id)
    ended = max(n for n, it in enumerate(said) if "Model switch completed" in it)
    assert any("model switch:" in it for it in said[ended:])
    assert not [it for it in said[ended:] if "MODEL SWITCH:" in it]
    assert owed(fleet) == {"crashed-worker", "orphaned-task"}


@pytest.mark.parametrize(
    ("dead", "talks", "due"),
    [
        (False, False, {"silent-worker"}),
        (False, True, set()),
        (True, False, {"heartbeat-stale", "orphaned-task"}),
    ],
)
def test_a_vlm_hang_never_cleans_up(dead: bool, talks: bool, due: set[str]) -> None:
    """More than five minutes ago it began (F5)."""
    fleet = a_fleet()
    worker, task = plant_vlm_hang(fleet, dead=dead, talks=talks)

    [begun] = [
        row.timestamp
        for row in lines_of(fleet, task.id)
        if "[RAM] Before VLM loading" in row.message
    ]
    assert fleet.now - begun > timedelta(minutes=5)
    assert not [it for it in lines_of(fleet, task.id) if "After VLM" in it.message]
    assert owed(fleet) == due | {"vlm-hang"}
    assert worker.status == "active"


@pytest.mark.parametrize("ends", [True, False])
def test_a_slow_vlm_is_no_hang(ends: bool) -> None:
    """It takes four minutes so far, or it ended."""
    fleet = a_fleet()
    _, task = spare_vlm(fleet, seconds=400 if ends else 240, ends=ends)

    said = [row.message for row in lines_of(fleet, task.id)]
    assert any("After VLM cleanup" in it for it in said) is ends
    assert fleet.expected == []
