from bot.domain.findings import Confidence, Severity
from bot.rules.reigh.heartbeat_missing import heartbeat_missing
from tests.world import WORKER, a_case, a_worker, ago


def test_a_beating_worker_is_well() -> None:
    """However young it is."""
    case = a_case(workers=(a_worker(created_at=ago(minutes=2)),))

    assert not [*heartbeat_missing(case)]


def test_a_newborn_has_a_minute() -> None:
    """The first heartbeat is due within it."""
    worker = a_worker(created_at=ago(seconds=60), last_heartbeat_at=None)

    assert not [*heartbeat_missing(a_case(workers=(worker,)))]


def test_a_starting_worker_need_not_beat_yet() -> None:
    """Only one that is called active should."""
    worker = a_worker(
        status="spawning", created_at=ago(minutes=5), last_heartbeat_at=None
    )

    assert not [*heartbeat_missing(a_case(workers=(worker,)))]


def test_a_claim_that_named_no_worker_never_beats() -> None:
    """Its row bears a name made up."""
    worker = a_worker("edge_1", created_at=ago(minutes=5), last_heartbeat_at=None)

    assert not [*heartbeat_missing(a_case(workers=(worker,)))]


def test_an_api_worker_never_beats() -> None:
    """And nobody expects it to."""
    worker = a_worker(
        runs_on_gpu=False, created_at=ago(minutes=5), last_heartbeat_at=None
    )

    assert not [*heartbeat_missing(a_case(workers=(worker,)))]


def test_past_ten_minutes_is_another_rule_s() -> None:
    """Then it never started, and never-started says so."""
    worker = a_worker(created_at=ago(minutes=10, seconds=1), last_heartbeat_at=None)

    assert not [*heartbeat_missing(a_case(workers=(worker,)))]


def test_an_active_worker_that_has_not_beaten_yet_is_a_warning() -> None:
    """From just over one minute to ten minutes exactly."""
    worker = a_worker(created_at=ago(minutes=10), last_heartbeat_at=None)

    [found] = heartbeat_missing(a_case(workers=(worker,)))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert found.evidence == ("created at 2026-01-31 11:50:00Z, 10 min ago",)
    assert found.ask == f"worker {WORKER} --startup"
