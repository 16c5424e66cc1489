import pytest

from bot.domain.findings import Confidence, Severity
from bot.rules.reigh.never_started import never_started
from tests.world import WORKER, a_case, a_line, a_worker, ago


def test_a_worker_that_beats_has_started() -> None:
    """An old one as well."""
    assert not [*never_started(a_case(workers=(a_worker(),)))]


def test_a_young_worker_may_still_be_installing() -> None:
    """Ten minutes exactly are still its own."""
    worker = a_worker(
        status="spawning", created_at=ago(minutes=10), last_heartbeat_at=None
    )

    assert not [*never_started(a_case(workers=(worker,)))]


def test_a_line_of_its_own_proves_that_it_started() -> None:
    """Though its row tells of no heartbeat."""
    worker = a_worker(last_heartbeat_at=None)

    assert not [*never_started(a_case(workers=(worker,), lines=(a_line(),)))]


def test_a_worker_that_was_given_up_is_another_rule_s() -> None:
    """failed-worker tells the reason."""
    worker = a_worker(status="error", last_heartbeat_at=None)

    assert not [*never_started(a_case(workers=(worker,)))]


def test_a_claim_that_named_no_worker_started_none() -> None:
    """Its row bears a name made up."""
    worker = a_worker("edge_1", last_heartbeat_at=None)

    assert not [*never_started(a_case(workers=(worker,)))]


def test_an_api_worker_never_beats() -> None:
    """That is no failed start."""
    worker = a_worker(runs_on_gpu=False, last_heartbeat_at=None)

    assert not [*never_started(a_case(workers=(worker,)))]


@pytest.mark.parametrize("status", ["inactive", "spawning", "active"])
def test_a_worker_without_a_sign_of_life_never_started(status: str) -> None:
    """Whatever it is called; what the orchestrator says of it is no life."""
    worker = a_worker(
        status=status, created_at=ago(minutes=10, seconds=1), last_heartbeat_at=None
    )
    told = a_line("startup", source="orchestrator_gpu")

    [found] = never_started(a_case(workers=(worker,), lines=(told,)))

    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.LIKELY)
    assert found.title == f"{WORKER} never started: no heartbeat in 10 min 1 s"
    assert found.evidence[0] == f"created at 2026-01-31 11:49:59Z, status {status}"
    assert found.ask == f"worker {WORKER} --startup"


def test_what_its_start_stopped_at_is_the_proof() -> None:
    """As the orchestrator's copy of its log says; what names another proves nothing."""
    worker = a_worker(
        status="spawning", created_at=ago(minutes=20), last_heartbeat_at=None
    )
    dump = f"Startup logs for {WORKER}:\n=== GIT PULL ===\n  No space left on device\n"
    lines = tuple(
        a_line(text, source="orchestrator_gpu", worker_id=None, source_id="")
        for text in ("ModuleNotFoundError in gpu-other", dump)
    )
    marked = {"ModuleNotFoundError": lines[:1], "No space left": lines[1:]}

    [found] = never_started(a_case(workers=(worker,), lines=lines, marked=marked))

    assert found.confidence is Confidence.CONFIRMED
    assert found.title == (
        f"{WORKER} never started: No space left on device; no heartbeat in 20 min"
    )
    assert found.evidence[0] == (
        "at 2026-01-31 11:59:00Z its start showed: No space left on device"
    )
    assert "the next worker will stop there too" in found.remedy


def test_how_much_was_read_is_told_where_its_lines_were() -> None:
    """That none is there is what it rests on."""
    worker = a_worker(last_heartbeat_at=None)
    read = {"logs_read": frozenset({worker.id}), "lines_since": ago(hours=24)}

    [found] = never_started(a_case(workers=(worker,), lines=(), **read))

    assert found.evidence[2] == (
        "read: 0 lines of its own since 2026-01-30 12:00:00Z; none was cut"
    )
