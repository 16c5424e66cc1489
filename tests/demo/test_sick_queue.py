"""A rig's queue that is held up as a whole."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.demo import sick_queue as sick
from bot.demo.owed import Expected
from bot.demo.rig import Rig
from tests.demo.rigs import a_rig, owed, read


def a_cold_rig() -> Rig:
    """Return a rig with three cold GPU agents that are well and idle."""
    rig = a_rig()
    rig.spare(*(rig.gpu().name for _ in range(3)))
    return rig


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_all_busy, {"all-busy"}),
        (sick.plant_one_stuck, {"stuck-task"}),
        (sick.plant_no_model, {"no-model"}),
        (partial(sick.plant_no_model, load=None), {"no-model"}),
        (partial(sick.plant_no_model, load=62), {"no-model", "load-waits"}),
        (sick.plant_model_loads, {"no-model"}),
    ],
    ids=["busy", "stuck", "no model", "no load", "load waits", "loads"],
)
def test_each_owes_what_the_page_says(
    plant: Callable[[Rig], None], due: set[str]
) -> None:
    """And nothing beside it."""
    rig = a_cold_rig()

    plant(rig)

    assert owed(rig) == due


@pytest.mark.parametrize(
    ("spare", "untrue"),
    [
        (sick.spare_one_free, "all-busy"),
        (sick.spare_nothing_waits, "all-busy"),
        (sick.spare_one_model, "no-model"),
        (partial(sick.plant_no_model, seconds=58, owed=False), "no-model"),
    ],
    ids=["one free", "nothing waits", "one model", "in time"],
)
def test_near_misses_must_not_be_told(
    spare: Callable[[Rig], None], untrue: str
) -> None:
    """Not even as worth knowing."""
    rig = a_cold_rig()

    spare(rig)

    assert rig.expected == []
    assert rig.forbidden == {Expected(untrue, "queue")}


async def test_all_work_while_more_waits(tmp_path: Path) -> None:
    """Also in the files; whoever had a task keeps it."""
    rig = a_cold_rig()
    first = next(rig.living())
    task = rig.task(rig.batch(rig.ago(seconds=60), "earlier"), "earlier")
    rig.run(first, task, seconds=50)

    sick.plant_all_busy(rig, waiting=7)
    found = await read(rig, tmp_path)

    assert found.lanes is not None
    assert {lane.value: n for lane, n in found.lanes.items() if n} == {
        "queue": 7,
        "processing": 3,
    }
    assert first.running == [task]
    assert all(len(each.running) == 1 for each in rig.living())
