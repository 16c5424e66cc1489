from bot.domain.findings import Confidence, Severity
from bot.rules.reigh.heartbeat_ageing import heartbeat_ageing
from tests.world import a_case, a_worker, ago


def test_a_fresh_heartbeat_is_well() -> None:
    """Exactly a minute is still in time."""
    case = a_case(workers=(a_worker(last_heartbeat_at=ago(seconds=60)),))

    assert not [*heartbeat_ageing(case)]


def test_a_stale_heartbeat_is_another_rule_s() -> None:
    """Beyond five minutes heartbeat-stale speaks, and it alone."""
    case = a_case(workers=(a_worker(last_heartbeat_at=ago(seconds=301)),))

    assert not [*heartbeat_ageing(case)]


def test_a_worker_that_never_beat_is_another_rule_s() -> None:
    """Without a heartbeat there is none to age."""
    case = a_case(workers=(a_worker(last_heartbeat_at=None),))

    assert not [*heartbeat_ageing(case)]


def test_an_ended_worker_need_not_beat() -> None:
    """Only active workers are due."""
    worker = a_worker(status="terminated", last_heartbeat_at=ago(minutes=2))

    assert not [*heartbeat_ageing(a_case(workers=(worker,)))]


def test_an_api_worker_need_not_beat() -> None:
    """It has no guardian that would."""
    worker = a_worker(runs_on_gpu=False, last_heartbeat_at=ago(minutes=2))

    assert not [*heartbeat_ageing(a_case(workers=(worker,)))]


def test_workers_that_were_not_read_are_not_judged() -> None:
    """Silence of a source is no silence of a worker."""
    assert not [*heartbeat_ageing(a_case())]


def test_a_late_heartbeat_is_a_warning() -> None:
    """From just over one minute to five minutes exactly."""
    workers = (
        a_worker("gpu-1", last_heartbeat_at=ago(seconds=61)),
        a_worker("gpu-2", last_heartbeat_at=ago(seconds=300)),
    )

    first, second = heartbeat_ageing(a_case(workers=workers))

    assert first.severity is Severity.WARNING
    assert first.confidence is Confidence.CONFIRMED
    assert first.title == "gpu-1 has been silent for 1 min 1 s"
    assert first.evidence[0] == (
        "last heartbeat at 2026-01-31 11:58:59Z, 1 min 1 s ago"
    )
    assert second.title == "gpu-2 has been silent for 5 min"


def test_a_worker_that_nothing_needs_is_ended_at_once() -> None:
    """It holds nothing and nothing waits, which has to be known."""
    worker = a_worker(last_heartbeat_at=ago(seconds=100))

    [idle] = heartbeat_ageing(a_case(workers=(worker,), tasks=(), queued=0))
    [unknown] = heartbeat_ageing(a_case(workers=(worker,), tasks=()))

    assert idle.remedy.startswith("the orchestrator ends it now")
    assert unknown.remedy.startswith("look again")
