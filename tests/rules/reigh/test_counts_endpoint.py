from typing import Any

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.logs import LogLine
from bot.rules.book import judge
from bot.rules.reigh.counts_endpoint import counts_endpoint
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
    """A line that holds two of the texts counts once; the one that says why is told."""
    both = "Failed to get detailed task counts, falling back to simple counting"

    [found] = told(
        said("Task counts endpoint returned status 500", at=ago(minutes=2)), said(both)
    )

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.CONFIRMED,
    )
    assert found.evidence == (
        "2 lines in 15 min, among them: Task counts endpoint returned status 500",
    )
    assert "down to 2 (MIN_ACTIVE_GPUS)" in found.remedy


def test_what_failed_is_told_before_what_is_done_instead() -> None:
    """The newest line will do where none says why."""
    falls_back = said("falling back to simple counting")
    failed = said("Failed to get task count: timed out", at=ago(minutes=1))

    [both] = told(failed, falls_back)
    [alone] = told(falls_back)

    assert both.evidence[0].endswith("Failed to get task count: timed out")
    assert alone.evidence == (
        "1 line in 15 min, among them: falling back to simple counting",
    )
