"""Agents of a rig that fail, one by one, as the product reads them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.demo import sick_agents as sick
from bot.demo.rig import Rig
from tests.demo.rigs import a_rig, owed, read


@pytest.mark.parametrize("busy", [True, False])
async def test_a_killed_agent_writes_nothing_more(busy: bool, tmp_path: Path) -> None:
    """No line tells of its end; what it held stays in progress."""
    rig = a_rig(debug=True)
    agent = sick.plant_killed(rig, busy=busy)

    found = await read(rig, tmp_path)

    life = (found.lives or {})[agent.name]
    assert life.last_line is not None
    assert life.last_line.at <= agent.beat_at
    assert (life.crashed_at, life.stopped_at) == (None, None)
    assert owed(rig) == {"killed-agent"} | ({"orphaned-task"} if busy else set())


@pytest.mark.parametrize(
    ("plant", "crashed"), [(sick.plant_crashed, True), (sick.plant_stopped, False)]
)
async def test_what_ends_by_itself_says_so(
    plant: Callable[..., Any], crashed: bool, tmp_path: Path
) -> None:
    """Its task is an orphan once its heartbeat is stale; before, that is open."""
    rig = a_rig()
    plant(rig)
    plant(rig, seconds=30)

    found = await read(rig, tmp_path)

    lives = [(found.lives or {})[name] for name in rig.agents]
    assert all((life.crashed_at is not None) is crashed for life in lives)
    assert all(life.stopped_at is not None for life in lives)
    assert [each.rule for each in rig.expected].count("orphaned-task") == 1
    assert {each.rule for each in rig.open} == {"orphaned-task"}


async def test_one_that_was_started_again_lives(tmp_path: Path) -> None:
    """What stands in its log of before is over."""
    rig = a_rig()
    sick.plant_restarted(rig)

    found = await read(rig, tmp_path)

    life = (found.lives or {})["gpu-1"]
    assert life.started_at is not None
    assert life.crashed_at is not None
    assert life.started_at > life.crashed_at
    assert owed(rig) == {"restarted-agent"}


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_late, {"heartbeat-ageing"}),
        (sick.plant_unlogged, {"heartbeat-stale"}),
        (sick.plant_unstarted, {"heartbeat-missing"}),
        (sick.plant_ahead, {"clock-ahead"}),
        (sick.plant_constrained, {"thermal-pause"}),
        (sick.plant_paused, {"thermal-pause"}),
        (sick.plant_overheated, {"thermal-shutdown", "orphaned-task"}),
        (sick.plant_wedged, {"wedged-runtime"}),
        (sick.plant_unread, {"unread-signal", "killed-agent"}),
        (sick.plant_held_back, {"not-claiming", "load-waits"}),
        (sick.plant_missing, {"missing-agent", "killed-agent"}),
    ],
)
def test_each_owes_what_the_page_says(
    plant: Callable[[Rig], Any], due: set[str]
) -> None:
    """And nothing beside it."""
    rig = a_rig()

    plant(rig)

    assert owed(rig) == due


@pytest.mark.parametrize(
    "spare",
    [
        sick.spare_late,
        sick.spare_stopped,
        sick.spare_cooled,
        sick.spare_unread,
        sick.spare_recovered,
    ],
)
def test_near_misses_are_innocent(spare: Callable[[Rig], None]) -> None:
    """Nothing is owed for them."""
    rig = a_rig()

    spare(rig)

    assert rig.expected == []
    assert rig.innocent


async def test_a_frozen_agent_leaves_its_signal_unread(tmp_path: Path) -> None:
    """The signal names the task that it holds."""
    rig = a_rig()
    sick.plant_unread(rig)

    found = await read(rig, tmp_path)

    [signal] = found.signals or ()
    assert (signal.kind, signal.task_id) == ("abort", next(iter(rig.tasks)))
    assert signal.age(rig.now) == timedelta(seconds=45)


async def test_a_missed_agent_stands_in_decisions_and_state(tmp_path: Path) -> None:
    """One decision each 30 s."""
    rig = a_rig()
    agent = sick.plant_missing(rig)

    found = await read(rig, tmp_path)

    [told] = [each for each in found.told or () if each.kind == "GPU_MISSING"]
    assert (told.subject, told.times) == (agent.name, 13)
    assert found.state is not None
    assert found.state.missing[0].worker == agent.name


async def test_every_agent_can_be_gone(tmp_path: Path) -> None:
    """There are two at least; what they ran is left."""
    rig = a_rig()
    sick.working(rig, seconds=900)
    sick.plant_none_alive(rig)

    found = await read(rig, tmp_path)

    late = rig.ago(seconds=699)
    assert len(found.agents or ()) == 3  # the brain is one
    assert [each.id for each in found.agents or () if (each.beat_at or late) < late]
    assert owed(rig) == {"no-agent-alive"}
    assert {each.rule for each in rig.open} == {
        *("killed-agent", "orphaned-task", "waiting-task")
    }


async def test_an_overheated_agent_says_so_before_it_stops(tmp_path: Path) -> None:
    """Its life tells of both, wherever its lines are not read."""
    rig = a_rig()
    sick.plant_overheated(rig)

    found = await read(rig, tmp_path)

    life = (found.lives or {})["gpu-1"]
    assert life.stopped_at is not None
    assert life.overheated is not None
    assert "91C >= 90C" in life.overheated.message
