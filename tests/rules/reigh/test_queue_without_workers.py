from bot.domain.findings import Confidence, Severity
from bot.rules.reigh.queue_without_workers import queue_without_workers
from tests.world import a_case, a_worker, ago


def test_an_empty_queue_needs_no_workers() -> None:
    """Nor does one that was not read tell of any need."""
    assert not [*queue_without_workers(a_case(queued=0, workers=()))]
    assert not [*queue_without_workers(a_case(workers=()))]


def test_without_the_workers_nothing_is_known() -> None:
    """A list that was not read is not an empty list."""
    assert not [*queue_without_workers(a_case(queued=3))]


def test_one_living_worker_is_enough() -> None:
    """Though its heartbeat be late."""
    worker = a_worker(last_heartbeat_at=ago(minutes=5))

    assert not [*queue_without_workers(a_case(queued=3, workers=(worker,)))]


def test_an_api_worker_takes_no_gpu_work() -> None:
    """It is not counted among the living."""
    worker = a_worker(runs_on_gpu=False)

    assert [*queue_without_workers(a_case(queued=3, workers=(worker,)))]


def test_workers_that_start_are_a_reason_to_wait() -> None:
    """A warning, not an alarm."""
    workers = (a_worker(status="spawning"), a_worker("gpu-2", status="inactive"))

    [found] = queue_without_workers(a_case(queued=3, workers=workers))

    assert found.severity is Severity.WARNING
    assert found.evidence == (
        "of the workers 0 beat, 2 start, and 0 are called active and silent",
    )
    assert found.ask == "workers"


def test_workers_that_never_came_up_are_not_waited_for() -> None:
    """Past 10 min without a heartbeat, a start has failed."""
    worker = a_worker(
        status="spawning",
        created_at=ago(minutes=10, seconds=1),
        last_heartbeat_at=None,
    )

    [found] = queue_without_workers(a_case(queued=3, workers=(worker,)))

    assert found.severity is Severity.CRITICAL
    assert found.ask == "orchestrator"


def test_tasks_that_none_could_take_need_no_workers() -> None:
    """They wait for others, or for their owner."""
    assert not [*queue_without_workers(a_case(queued=3, claimable=0, workers=()))]


def test_how_many_could_be_taken_is_told_where_it_is_known() -> None:
    """The title counts all that wait."""
    [found] = queue_without_workers(a_case(queued=3, claimable=2, workers=()))

    assert found.title == "3 tasks wait and no worker is alive"
    assert found.evidence[0] == "2 of them could be claimed now"


def test_one_task_waits_alone() -> None:
    """In the singular."""
    [found] = queue_without_workers(a_case(queued=1, workers=()))

    assert found.title == "1 task waits and no worker is alive"


def test_nobody_is_there_to_take_the_work() -> None:
    """Those that are called active and silent are counted, not trusted."""
    workers = (
        a_worker(last_heartbeat_at=ago(minutes=6)),
        a_worker("gpu-2", last_heartbeat_at=None),
        a_worker("gpu-3", status="terminated"),
    )

    [found] = queue_without_workers(a_case(queued=3, workers=workers))

    assert found.severity is Severity.CRITICAL
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == "3 tasks wait and no worker is alive"
    assert found.evidence == (
        "of the workers 0 beat, 0 start, and 2 are called active and silent",
    )
    assert found.ask == "orchestrator"
