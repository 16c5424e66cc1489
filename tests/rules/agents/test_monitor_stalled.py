from typing import Any

import pytest

from tests.file_queues import a_folder, found, of_queue
from tests.world import ago

RULE = "monitor-stalled"


@pytest.mark.parametrize("at", [None, ago(seconds=90)])
def test_a_monitor_that_looks(at: Any) -> None:
    """Ninety seconds exactly are well; without a decision log nobody knows."""
    assert not found(RULE, a_folder(monitor_at=at))
    assert not found(RULE, of_queue(None))


def test_a_monitor_that_has_stalled() -> None:
    """Though the brain beats."""
    [one] = found(RULE, a_folder(monitor_at=ago(seconds=91)))
    [two] = found(RULE, a_folder(monitor_at=ago(seconds=91), brain=None))

    assert one.title == "the brain's monitor has stalled: no cycle for 1 min 31 s"
    assert len(one.evidence) == 3
    assert len(two.evidence) == 2
