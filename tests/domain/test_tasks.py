from datetime import timedelta

from tests.world import NOW, a_task, ago


def test_an_ordinary_task_is_no_coordinator() -> None:
    """Its type decides."""
    assert not a_task(task_type="travel_segment").coordinates


def test_a_coordinator_only_waits_for_others() -> None:
    """Every type that names an orchestrator is one."""
    assert a_task(task_type="travel_orchestrator").coordinates


def test_times_of_a_task_that_ended() -> None:
    """Queue time is created to started, processing time started to processed."""
    task = a_task(
        created_at=ago(minutes=10),
        started_at=ago(minutes=7),
        processed_at=ago(minutes=2),
    )

    assert task.queue_time == timedelta(minutes=3)
    assert task.processing_time == timedelta(minutes=5)
    assert task.running_time(NOW) == timedelta(minutes=7)


def test_a_task_that_was_tried_before_waited_for_its_first_attempt() -> None:
    """What it worked counts from the last one."""
    task = a_task(
        created_at=ago(minutes=10),
        first_started_at=ago(minutes=9),
        started_at=ago(minutes=3),
        processed_at=ago(minutes=2),
    )

    assert task.queue_time == timedelta(minutes=1)
    assert task.processing_time == timedelta(minutes=1)


def test_a_task_that_never_started_has_no_times() -> None:
    """Not known is None, never zero."""
    task = a_task(status="Queued")

    assert task.queue_time is None
    assert task.processing_time is None
    assert task.running_time(NOW) is None


def test_clocks_that_disagree_give_no_time() -> None:
    """A start before the creation measures the clocks, not the queue."""
    task = a_task(created_at=ago(minutes=1), started_at=ago(minutes=2))

    assert task.queue_time is None


def test_a_task_is_spent_after_three_attempts() -> None:
    """One of unknown attempts may have some left."""
    spent = [a_task(attempts=number).spent for number in (None, 0, 2, 3, 4)]

    assert spent == [False, False, False, True, True]
