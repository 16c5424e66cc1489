import pytest

from bot.domain.findings import Confidence, Severity
from bot.rules.book import judge
from bot.rules.reigh.failed_worker import failed_worker
from tests.world import WORKER, a_case, a_line, a_worker, ago


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("active", None),
        ("active", "Stale heartbeat"),
        ("terminated", None),
        ("terminated", "Idle timeout (600s) with no work available"),
        ("error", "Idle timeout (600s) with no work available"),
        ("crashed", None),
    ],
)
def test_who_was_not_given_up(status: str, reason: str | None) -> None:
    """The living, the scaled down, and the crashed, of whom another rule speaks."""
    case = a_case(workers=(a_worker(status=status, error_reason=reason),))

    assert not [*failed_worker(case)]


@pytest.mark.parametrize("status", ["error", "terminated"])
def test_a_worker_that_was_given_up_tells_why(status: str) -> None:
    """Also after its row was cleaned up."""
    worker = a_worker(
        status=status, error_reason="Spawning timeout", error_at=ago(minutes=20)
    )

    [found] = failed_worker(a_case(workers=(worker,)))

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.CONFIRMED,
    )
    assert found.title == f"{WORKER} was given up: Spawning timeout"
    assert found.evidence == (
        "its row says: Spawning timeout",
        "given up at 2026-01-31 11:40:00Z",
        "last heartbeat at 2026-01-31 11:59:50Z, 10 s ago",
    )


@pytest.mark.parametrize(
    ("status", "why"),
    [("crashed", "it had crashed"), ("active", "its heartbeat was stale")],
)
def test_what_the_failsafe_ended_was_given_up(status: str, why: str) -> None:
    """It leaves no reason in the row, and says in a line what it saw."""
    said = f"FAILSAFE: Worker {WORKER} has stale heartbeat (12:00) and status {status}"
    line = a_line(said, source="orchestrator_gpu", worker_id=None)
    worker = a_worker(status="terminated", last_heartbeat_at=ago(minutes=12))
    case = a_case(workers=(worker,), lines=(line,))

    [found] = judge(case, using={"failed-worker": failed_worker})

    assert found.title == f"{WORKER} was ended by the failsafe: {why}"
    assert found.evidence == (
        f"at 2026-01-31 11:59:00Z: {said}",
        "last heartbeat at 2026-01-31 11:48:00Z, 12 min ago",
    )


def test_a_worker_that_was_given_up_without_a_word() -> None:
    """The absence of a reason is said, not hidden."""
    worker = a_worker(status="error", last_heartbeat_at=None)

    [found] = failed_worker(a_case(workers=(worker,)))

    assert found.title == f"{WORKER} was given up: no reason was written down"
    assert found.evidence[1:] == ("it never beat",)
