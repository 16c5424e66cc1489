from typing import Any

import pytest

from bot.domain.file_queue import LoadLock
from tests.file_queues import a_folder, found, of_queue
from tests.world import ago

RULE = "stale-load-lock"


@pytest.mark.parametrize(
    "lock", [None, LoadLock(worker="gpu-2"), LoadLock(beat_at=ago(seconds=45))]
)
def test_a_lock_that_is_free_or_renewed(lock: Any) -> None:
    """Forty-five seconds exactly are well."""
    assert not found(RULE, a_folder(load_lock=lock))
    assert not found(RULE, of_queue(None))


def test_a_lock_that_nobody_renews() -> None:
    """Its owner may be dead."""
    lock = LoadLock(worker="gpu-2", phase="warming", beat_at=ago(seconds=46))

    [one] = found(RULE, a_folder(load_lock=lock))

    assert one.title.endswith("has not renewed it for 46 s")
    assert one.evidence[0].endswith("46 s ago, in phase warming")
    assert one.ask == "worker gpu-2"


def test_a_lock_of_nobody_known() -> None:
    """The file names no owner."""
    [one] = found(RULE, a_folder(load_lock=LoadLock(beat_at=ago(minutes=2))))

    assert one.title.startswith("somebody holds")
    assert one.ask == "orchestrator"
