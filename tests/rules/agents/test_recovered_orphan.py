from typing import Any

import pytest

from bot.domain.agent_names import Lane
from tests.file_queues import a_file, a_folder, found, of_queue
from tests.world import ago

RULE = "recovered-orphan"


@pytest.mark.parametrize(
    "given",
    [
        {"lane": Lane.QUEUE},
        {"lane": Lane.QUEUE, "requeue_reason": "worker_retry"},
        {"lane": Lane.COMPLETE, "requeue_reason": "orphan_recovered"},
    ],
    ids=["fresh", "retried", "done since"],
)
def test_a_task_that_was_not_given_back(given: dict[str, Any]) -> None:
    """Or was done since."""
    assert not found(RULE, a_folder(tasks=(a_file(**given),)))
    assert not found(RULE, a_folder(tasks=None))
    assert not found(RULE, of_queue(None))


def test_a_task_that_was_recovered() -> None:
    """From whom, when, and where it was tried."""
    task = a_file(
        requeue_reason="orphan_recovered",
        requeued_at=ago(minutes=3),
        orphan_of="gpu-4",
        attempted=("gpu-4", "gpu-1"),
    )

    [one] = found(RULE, a_folder(tasks=(task,)))

    assert one.title == "task 22d25838 was queued again: its worker was lost"
    assert one.ask == "worker gpu-4"
    assert len(one.evidence) == 3


def test_a_stuck_task_that_was_given_back() -> None:
    """Its last worker is the one to ask about, if its file names any."""
    task = a_file(lane=Lane.QUEUE, requeue_reason="force_kill_timeout")
    tried = a_file("1", requeue_reason="force_kill_timeout", attempted=("gpu-2",))

    one, two = found(RULE, a_folder(tasks=(task, tried)))

    assert one.ask == "orchestrator"
    assert two.ask == "worker gpu-2"
