from typing import Any

import pytest

from bot.domain.file_queue import ThermalPause
from bot.domain.workers import WorkerId
from tests.file_queues import FILE, a_file, a_folder, busy, found, of_queue
from tests.world import ago

RULE = "long-running-task"


@pytest.mark.parametrize(
    ("given", "agent"),
    [
        ({"started_at": ago(seconds=300)}, busy(FILE)),
        ({"started_at": None}, busy(FILE)),
        ({}, busy(FILE, pause=ThermalPause())),
        ({}, busy(FILE, beat_at=ago(minutes=9))),
    ],
    ids=["300 s", "no start", "heat", "gone"],
)
def test_a_task_that_does_not_run_long(given: dict[str, Any], agent: Any) -> None:
    """Three hundred seconds exactly are well; heat and death are told apart."""
    task = a_file(**({"started_at": ago(minutes=9)} | given))

    assert not found(RULE, a_folder(tasks=(task,), agents=(agent,)))
    assert not found(RULE, of_queue(None))


def test_a_task_that_runs_long() -> None:
    """As the guide warns."""
    task = a_file(started_at=ago(seconds=301))

    [one] = found(RULE, a_folder(tasks=(task,), agents=(busy(FILE),)))

    assert one.title == "task 22d25838 runs long: 5 min 1 s on gpu-1"
    assert one.evidence[-1] == "5 min is long, 30 min a hang"


def test_a_long_task_of_no_known_agent() -> None:
    """As the page says of any task; that it is orphaned, another rule tells."""
    for worker, on in ((None, "no worker"), (WorkerId("gpu-9"), "gpu-9")):
        task = a_file(started_at=ago(seconds=301), worker=worker)

        [one] = found(RULE, a_folder(tasks=(task,), agents=(busy(FILE),)))

        assert one.title.endswith(f"runs long: 5 min 1 s on {on}")
