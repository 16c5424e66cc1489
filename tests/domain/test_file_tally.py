from typing import Any

from bot.domain.agent_limits import MOST_ENDED
from bot.domain.agent_names import BATCH_ABORTED, Lane
from bot.domain.file_tally import (
    FileTally,
    file_tally,
    lanes_told,
    unlooked,
    work_told,
)
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from tests.file_queues import FILE, OTHER, a_file, a_queue
from tests.world import NOW, ago

LANES = {Lane.QUEUE: 2, Lane.PROCESSING: 1, Lane.COMPLETE: 3}


def tally(*tasks: Any, **given: Any) -> FileTally:
    found = file_tally(a_queue(lanes=LANES, tasks=tasks, **given), NOW)
    assert found is not None
    return found


def ended(id: str, **given: Any) -> Any:
    return a_file(id, lane=Lane.COMPLETE, **({"success": True} | given))


def test_what_could_not_be_read_is_not_counted() -> None:
    """Neither as none."""
    assert file_tally(a_queue(tasks=None, lanes=LANES), NOW) is None
    assert file_tally(a_queue(lanes=None), NOW) is None


def test_tasks_are_counted_by_lane_class_and_worker() -> None:
    """A plan has no class, and no worker but the brain."""
    found = tally(
        a_file(FILE),
        a_file("a", lane=Lane.QUEUE),
        a_file("b", lane=Lane.PRIVATE, task_class="llm"),
        a_file("c", lane=Lane.QUEUE, task_class=""),
        a_file("d", worker=None, executor="brain", task_class="brain"),
        a_file("e", worker=None, executor=""),
        a_file("f", worker=None, executor="", task_class="", read=False),
    )

    assert found.lanes == {"queue": 2, "processing": 1, "complete": 3}
    assert found.waiting == {"llm": 1, "plan": 1, "script": 1}
    assert found.running == {"script": 2, "brain": 1, "unreadable": 1}
    assert found.running_on == {"nobody": 2, "brain": 1, "gpu-1": 1}


def test_what_ended_in_the_last_five_minutes_is_counted() -> None:
    """A failure among the complete ones is one; what ended before is neither.

    Nor is what was given up with its batch.
    """
    found = tally(
        ended("a"),
        ended("b", worker=WorkerId("gpu-2"), ended_at=ago(seconds=299)),
        ended("c", ended_at=ago(minutes=5)),
        ended("d", success=False),
        ended("g", success=None, status="failed"),
        a_file(OTHER, lane=Lane.FAILED),
        a_file("h", lane=Lane.FAILED, ended_because=BATCH_ABORTED),
        ended("f", ended_at=None),
    )

    assert (found.completed_lately, found.failed_lately) == (2, 3)
    assert found.completed_lately_by == {"gpu-1": 1, "gpu-2": 1}


def test_a_window_that_does_not_reach_so_far_tells_nothing_of_it() -> None:
    """One that is shorter, or that ended before now."""
    brief = tally(ended("a"), window=Window.before(NOW, hours=0.05))
    over = tally(ended("a"), window=Window(since=ago(hours=9), until=ago(hours=8)))

    for found in (brief, over):
        assert (found.completed_lately, found.failed_lately) == (None, None)
        assert (found.completed_lately_by, found.done) == ({}, {})
    rows = dict(lanes_told(brief).rows)
    assert rows["completed in 5 min"] == "not in the window"
    assert rows["failed in 5 min"] == "not in the window"


def test_now_is_told_with_the_classes_and_by_worker() -> None:
    """A table without rows is left out."""
    found = tally(a_file(FILE), a_file("a", lane=Lane.QUEUE), ended("b"))
    [workers] = work_told(found)

    assert dict(lanes_told(found).rows) == {
        "waiting": "1: script 1",
        "in progress": "1: script 1",
        "completed in 5 min": "1: script 1",
        "failed in 5 min": "0",
        "lanes": "queue 2, processing 1, complete 3",
    }
    assert dict(lanes_told(tally()).rows)["waiting"] == "0"
    assert workers.rows == (("gpu-1", 1, 1),)
    assert work_told(tally()) == ()
    [late] = work_told(
        tally(ended("b"), a_file(FILE), window=Window.before(NOW, hours=0.05))
    )
    assert late.rows == (("gpu-1", 1, None),)


def test_that_not_all_complete_tasks_were_looked_at_is_said() -> None:
    """There may be any number of them."""
    many = a_queue(lanes={Lane.COMPLETE: MOST_ENDED + 1})
    [note] = unlooked(many)

    assert unlooked(a_queue(lanes=None)) == ()
    assert unlooked(a_queue(lanes={Lane.COMPLETE: MOST_ENDED})) == ()
    assert note == (
        "of 50,001 complete tasks the newest 50,000 were looked at: an older one that"
        " failed counts as complete"
    )
