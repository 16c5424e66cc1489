from typing import Any

import pytest

from bot.domain.agent_names import Lane
from tests.file_queues import (
    BATCH,
    FILE,
    a_decision,
    a_file,
    a_folder,
    found,
    of_queue,
)
from tests.world import ago

RULE = "false-completion"
DONE = a_decision("BATCH_COMPLETE", BATCH, batch=BATCH, at=ago(minutes=5))
RETRY = a_decision("RETRY", FILE[:8], at=ago(minutes=4))


def test_a_task_among_the_complete_ones_that_failed_counts() -> None:
    """By what its file says of itself."""
    ill = a_file(lane=Lane.COMPLETE, success=False, status="failed")

    [one] = found(RULE, a_folder(tasks=(ill,), told=(DONE,)))

    assert one.evidence[-1] == f"tasks/complete/{FILE}.json: failed"


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ((a_file(lane=Lane.COMPLETE),), (DONE,)),
        ((a_file(lane=Lane.FAILED, batch="other"),), (DONE, RETRY)),
        ((a_file(lane=Lane.FAILED),), (RETRY,)),
        (
            (
                a_file(
                    lane=Lane.FAILED,
                    ended_because="resource_meta_exhausted_nonfatal",
                ),
            ),
            (DONE,),
        ),
        (
            (a_file(lane=Lane.COMPLETE),),
            (a_decision("RETRY", FILE[:8], at=ago(minutes=5)), DONE),
        ),
        (None, (a_decision("BATCH_COMPLETE", ""),)),
        (None, None),
    ],
    ids=["true", "other", "open", "harmless", "before", "no batch", "unread"],
)
def test_a_batch_that_is_what_it_was_called(tasks: Any, told: Any) -> None:
    """Or was never called complete."""
    assert not found(RULE, a_folder(tasks=tasks, told=told))
    assert not found(RULE, of_queue(None))


def test_a_batch_with_a_failed_task() -> None:
    """The task is named by its step."""
    case = a_folder(tasks=(a_file(lane=Lane.FAILED),), told=(DONE, RETRY))

    [one] = found(RULE, case)

    assert one.title == (
        f"batch {BATCH} was called complete at 2026-01-31 11:55:00Z, and render has"
        " failed"
    )
    assert len(one.evidence) == 3
    assert one.ask == f"task {FILE}"


def test_a_batch_that_went_on() -> None:
    """Decisions name the batch, or a task of it."""
    aborted = a_decision("BATCH_ABORTED", "x", batch=BATCH)
    case = a_folder(tasks=(a_file(lane=Lane.COMPLETE),), told=(DONE, RETRY, aborted))

    [one] = found(RULE, case)

    assert one.title.endswith("and went on")
    assert len(one.evidence) == 3


def test_a_failed_task_without_a_name() -> None:
    """By its id."""
    task = a_file(lane=Lane.FAILED, name="")

    [one] = found(RULE, a_folder(tasks=(task,), told=(DONE,)))

    assert one.title.endswith("22d25838 has failed")
