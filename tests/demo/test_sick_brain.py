"""A rig's brain, queue and logs that fail."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.demo import sick_brain as sick
from bot.demo.rig import Rig
from tests.demo.rigs import a_rig, owed, read


@pytest.mark.parametrize(
    ("plant", "due"),
    [
        (sick.plant_silent_brain, "brain-silent"),
        (sick.plant_late_brain, "brain-silent"),
        (sick.plant_stalled_monitor, "monitor-stalled"),
        (sick.plant_no_cpu_agent, "waiting-task"),
        (sick.plant_too_large, "waiting-task"),
        (sick.plant_load_waits, "load-waits"),
        (sick.plant_load_lock, "stale-load-lock"),
        (sick.plant_load_hangs, "load-failing"),
        (sick.plant_load_failed, "load-failing"),
        (sick.plant_locks, "lock-files"),
        (sick.plant_unwritable, "lock-files"),
        (sick.plant_big_log, "big-log"),
        (sick.plant_uneven, "uneven-work"),
    ],
)
def test_each_owes_what_the_page_says(plant: Callable[[Rig], Any], due: str) -> None:
    """And nothing beside it."""
    rig = a_rig()

    plant(rig)

    assert owed(rig) == {due}


@pytest.mark.parametrize(
    "spare",
    [
        sick.spare_brain,
        sick.spare_load_waits,
        sick.spare_locks,
        sick.spare_torn,
        partial(sick.plant_load_lock, seconds=40, owed=False),
        partial(sick.plant_load_hangs, seconds=100, owed=False),
    ],
    ids=["brain", "load", "locks", "torn", "lock", "under way"],
)
def test_near_misses_are_innocent(spare: Callable[[Rig], None]) -> None:
    """Nothing is owed for them."""
    rig = a_rig()

    spare(rig)

    assert rig.expected == []
    assert rig.innocent


async def test_locks_can_be_counted(tmp_path: Path) -> None:
    """Those that nobody may write among them."""
    rig = a_rig()
    sick.plant_unwritable(rig)

    found = await read(rig, tmp_path)

    assert found.locks is not None
    assert (found.locks.total, found.locks.unwritable) == (15, 1)


async def test_a_torn_file_is_told(tmp_path: Path) -> None:
    """As one that holds nothing to be read."""
    rig = a_rig()
    sick.spare_torn(rig)

    found = await read(rig, tmp_path)

    [gap] = found.gaps
    assert gap.reason.startswith("has 1 unreadable task file: ")


async def test_a_grown_log_is_read_from_its_end(tmp_path: Path) -> None:
    """Nothing says that time was up."""
    rig = a_rig()
    sick.plant_big_log(rig)

    found = await read(rig, tmp_path)

    assert found.gaps == ()
    assert max(each.size for each in found.logs or ()) > 100 * 1024 * 1024
