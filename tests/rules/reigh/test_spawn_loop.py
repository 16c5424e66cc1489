from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.workers import Worker
from bot.rules.book import judge
from bot.rules.reigh.spawn_loop import spawn_loop
from tests.world import a_case, a_line, a_worker, ago


def made(minutes: float, status: str = "error", **given: Any) -> Worker:
    values = {"created_at": ago(minutes=minutes), "error_reason": "Spawning timeout"}
    return a_worker(f"gpu-{minutes}", status=status, **(values | given))


def told(*workers: Worker, lines: Any = ()) -> list[Finding]:
    case = a_case(workers=workers, lines=lines)
    return [*judge(case, using={"spawn-loop": spawn_loop})]


@pytest.mark.parametrize(
    "workers",
    [
        (made(1), made(2)),
        (made(1), made(2), made(13)),
        (made(31), made(32), made(33)),
        (made(1), made(2), made(3, "active"), made(4, "active")),
        (made(1), made(2, "spawning"), made(3, error_reason="Idle timeout (30s)")),
        (made(1, "terminated", error_reason=None), made(2), made(3, "active")),
        (made(1), made(2), made(3, runs_on_gpu=False)),
        (made(1), made(2, "crashed"), made(3, "active"), made(4, "crashed")),
    ],
    ids=[
        *("two", "and an older", "long ago", "half", "idle", "scaled down", "no GPU"),
        "crashed",
    ],
)
def test_failures_that_are_no_loop(workers: tuple[Worker, ...]) -> None:
    """Too few, too long ago, too small a share, or none."""
    assert not told(*workers)


def test_workers_that_fail_one_after_another_are_a_loop() -> None:
    """Some ten minutes of the last thirty; their reasons are counted."""
    [found] = told(
        made(1, "active", error_reason=None),
        made(14),
        made(15),
        made(16, error_reason="Boot failed"),
        made(17, "active", error_reason=None),
    )

    assert (found.severity, found.confidence) == (
        Severity.CRITICAL,
        Confidence.CONFIRMED,
    )
    assert found.title == "workers are made and fail: 3 of 4 within 10 min"
    assert found.evidence == (
        (
            "3 of 4 workers made from 2026-01-31 11:43:00Z to 2026-01-31 11:46:00Z"
            " failed"
        ),
        "their reasons: Spawning timeout (2); Boot failed (1)",
    )
    assert found.ask == "worker gpu-14"


def test_a_scale_up_that_is_too_rapid_may_become_one() -> None:
    """The orchestrator says so itself."""
    rapid = "🚨 ANOMALY DETECTED: Rapid scale-up: 5 workers in a cycle"

    [found] = told(lines=(a_line(rapid), a_line(rapid, at=ago(minutes=31))))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.evidence == (f"at 2026-01-31 11:59:00Z: {rapid}",)
    assert found.ask == "orchestrator"
    assert not told(lines=(a_line(rapid, at=ago(minutes=31)),))
