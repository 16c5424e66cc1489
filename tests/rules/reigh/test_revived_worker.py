import pytest

from bot.domain.findings import Confidence, Severity
from bot.rules.reigh.revived_worker import revived_worker
from tests.world import WORKER, a_case, a_worker, ago


@pytest.mark.parametrize("told", [None, "active", "spawning", "inactive"])
def test_an_active_worker_that_nobody_gave_up_is_well(told: str | None) -> None:
    """The orchestrator may not have promoted it yet."""
    case = a_case(workers=(a_worker(orchestrator_status=told),))

    assert not [*revived_worker(case)]


def test_a_worker_that_stays_given_up_is_not_revived() -> None:
    """Row and orchestrator agree."""
    worker = a_worker(
        status="error", orchestrator_status="error", error_at=ago(minutes=5)
    )

    assert not [*revived_worker(a_case(workers=(worker,)))]


@pytest.mark.parametrize("told", ["error", "terminated"])
def test_a_worker_that_beats_after_it_was_given_up_is_revived(told: str) -> None:
    """A heartbeat writes `active` over whatever stood there."""
    worker = a_worker(orchestrator_status=told, last_heartbeat_at=None)

    [found] = revived_worker(a_case(workers=(worker,)))

    assert found.severity is Severity.CRITICAL
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == f"{WORKER} came back after it was given up"
    assert found.evidence == (
        f"the orchestrator last wrote {told}, yet its status is active",
    )


def test_traces_of_its_end_are_evidence_as_well() -> None:
    """Times of an error or an end stay in the row of a living worker."""
    worker = a_worker(
        error_at=ago(minutes=9),
        terminated_at=ago(minutes=8),
        error_reason="Stale heartbeat",
    )

    [found] = revived_worker(a_case(workers=(worker,)))

    assert found.evidence == (
        "given up at 2026-01-31 11:51:00Z",
        "terminated at 2026-01-31 11:52:00Z",
        "its row says: Stale heartbeat",
        "last heartbeat at 2026-01-31 11:59:50Z, 10 s ago",
    )
