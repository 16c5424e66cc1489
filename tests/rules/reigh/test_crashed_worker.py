from datetime import timedelta

from bot.domain.findings import Confidence, Severity
from bot.domain.fleet import Lost
from bot.rules.reigh.crashed_worker import crashed_worker
from tests.world import NOW, WORKER, a_case, a_worker, ago


def test_a_worker_that_failed_otherwise_did_not_crash() -> None:
    """Only the guardian writes `crashed`."""
    workers = (a_worker(), a_worker("gpu-2", status="error"))

    assert not [*crashed_worker(a_case(workers=workers))]


def test_a_crashed_worker_is_critical() -> None:
    """Nobody reacts to that status, and its pod bills on."""
    worker = a_worker(
        status="crashed",
        last_heartbeat_at=ago(minutes=3),
        runpod_id="pod1",
        error_reason="segmentation fault",
    )

    [found] = crashed_worker(a_case(workers=(worker,)))

    assert found.severity is Severity.CRITICAL
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == f"{WORKER} crashed"
    assert found.evidence[1:] == (
        "last heartbeat at 2026-01-31 11:57:00Z, 3 min ago",
        "its row names pod pod1",
        "its row says: segmentation fault",
    )
    assert "after 10 min" in found.remedy


def test_a_crash_after_which_nobody_tidied_up() -> None:
    """The failsafe is overdue, and the pod may be gone by itself."""
    worker = a_worker(status="crashed", last_heartbeat_at=ago(minutes=11))
    lost = Lost(worker=worker, why="its pod pod1 no longer exists", gone=True)

    [found] = crashed_worker(a_case(workers=(worker,), lost=(lost,)))

    assert found.evidence[-1] == "its pod pod1 no longer exists"
    assert f"worker forget {WORKER} settles its row" in found.remedy
    assert "was due after 10 min" in found.remedy


def test_a_crash_of_which_little_is_known() -> None:
    """The status is evidence enough."""
    worker = a_worker(status="crashed", last_heartbeat_at=None, runpod_id=None)

    [found] = crashed_worker(a_case(workers=(worker,)))

    assert found.evidence[1:] == ("it never beat",)


def test_a_clock_that_is_ahead_makes_no_negative_age() -> None:
    """The heartbeat was written by the database's clock."""
    worker = a_worker(status="crashed", last_heartbeat_at=NOW + timedelta(seconds=20))

    [found] = crashed_worker(a_case(workers=(worker,)))

    assert found.evidence[1].endswith(", 20 s ahead of the clock here")
