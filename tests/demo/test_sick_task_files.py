"""Tasks of a rig that fail while they run or wait, as the product reads them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.demo import sick_task_files as sick
from bot.demo.rig import Rig
from tests.demo.rigs import a_rig, owed, read


def a_small_rig() -> Rig:
    """Return one with an agent that is well."""
    rig = a_rig()
    rig.spare(rig.gpu().name)
    return rig


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_stuck, {"stuck-task"}),
        (sick.plant_hung, {"hung-task"}),
        (sick.plant_long, {"long-running-task"}),
        (sick.plant_disowned, {"orphaned-task"}),
        (sick.plant_recovered, {"recovered-orphan"}),
        (sick.plant_twice, {"double-run"}),
        (sick.plant_ghost, {"ghost-sidecar"}),
        (sick.plant_left_sidecar, {"ghost-sidecar"}),
        (sick.plant_blocked, {"blocked-task", "retries-exhausted"}),
    ],
)
def test_each_owes_what_the_page_says(
    plant: Callable[[Rig], Any], due: set[str]
) -> None:
    """And nothing beside it."""
    rig = a_small_rig()

    plant(rig)

    assert owed(rig) == due


@pytest.mark.parametrize(
    "spare",
    [
        sick.spare_stuck,
        sick.spare_hung,
        sick.spare_long,
        sick.spare_claimed,
        sick.spare_just_done,
        sick.spare_blocked,
        sick.spare_archived,
        partial(sick.spare_blocked, done=False),
    ],
)
def test_near_misses_are_innocent(spare: Callable[[Rig], None]) -> None:
    """Nothing is owed for them."""
    rig = a_rig()

    spare(rig)

    assert rig.expected == []
    assert rig.innocent


@pytest.mark.parametrize("kind", ["script", "llm", "cpu"])
async def test_a_stuck_task_has_an_agent_that_beats(kind: str, tmp_path: Path) -> None:
    """And an incident in which the brain remembers its abort."""
    rig = a_rig()
    sick.plant_stuck(rig, kind=kind)

    found = await read(rig, tmp_path)

    [task] = found.tasks or ()
    assert task.sidecar is not None
    assert task.sidecar.updated_at is not None
    silence = (rig.now - task.sidecar.updated_at).total_seconds()
    assert silence == pytest.approx(sick.LIMITS[kind] + 25)
    assert found.state is not None
    assert found.state.incidents[0].aborts == 1


async def test_what_runs_twice_is_done_and_listed(tmp_path: Path) -> None:
    """By two agents."""
    rig = a_rig()
    sick.plant_twice(rig)

    found = await read(rig, tmp_path)

    [double] = found.doubles or ()
    assert (double.lanes, double.agents) == (("complete",), ("gpu-2",))


async def test_a_ghost_has_no_file(tmp_path: Path) -> None:
    """Its sidecar is there alone."""
    rig = a_rig()
    sick.plant_ghost(rig)

    found = await read(rig, tmp_path)

    assert found.tasks == ()
    assert [each.task_id for each in found.sidecars or ()] == [*rig.tasks]


def test_a_young_disowned_task_is_left_open() -> None:
    """So is a hung one whose memory nobody measures."""
    rig = a_rig()
    sick.plant_disowned(rig, seconds=60)
    sick.plant_hung(rig, kind="cpu")

    assert rig.expected == []
    assert {each.rule for each in rig.open} == {"orphaned-task", "hung-task"}


@pytest.mark.parametrize("why", ["item", "gone"])
def test_a_dependency_may_never_have_been(why: str) -> None:
    """Then nothing else has failed."""
    rig = a_rig()

    sick.plant_blocked(rig, why=why)

    assert owed(rig) == {"blocked-task"}
