from typing import Any

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.logs import LogLine
from bot.rules.book import judge
from bot.rules.counts_endpoint import counts_endpoint
from tests.world import a_case, a_line, ago


def said(message: str, **given: Any) -> LogLine:
    return a_line(message, source="orchestrator_gpu", worker_id=None, **given)


def told(*lines: LogLine) -> list[Finding]:
    return [*judge(a_case(lines=lines), using={"counts-endpoint": counts_endpoint})]


def test_counting_that_works_is_no_finding() -> None:
    """It is marked CRITICAL all the same; and an old failure is over."""
    assert not told(said("🔢 TASK COUNT (Cycle #7): Queued=0", level="CRITICAL"))
    assert not told(said("Failed to get task count", at=ago(minutes=16)))


def test_a_failure_to_count_is_quoted() -> None:
    """A line that holds two of the texts counts once."""
    both = "Failed to get detailed task counts, falling back to simple counting"

    [found] = told(
        said("Task counts endpoint returned status 500", at=ago(minutes=2)), said(both)
    )

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.CONFIRMED,
    )
    assert found.evidence == (f"2 lines in 15 min, the last: {both}",)
    assert "down to 2 (MIN_ACTIVE_GPUS)" in found.remedy
