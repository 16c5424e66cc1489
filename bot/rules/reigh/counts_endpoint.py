"""The orchestrator cannot have the tasks counted (systems/reigh.md, F24)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import COUNT_FAILED, COUNTS_FAILED, COUNTS_SIMPLE, COUNTS_STATUS
from bot.domain.times import spoken, stamp

MARKERS: Final = (COUNTS_FAILED, COUNTS_SIMPLE, COUNTS_STATUS, COUNT_FAILED)
EXPLAINS: Final = ("idle-worker", "queue-without-workers")
SPAN: Final = timedelta(minutes=15)  # as for failing cycles: systems/reigh.md, F23


def counts_endpoint(case: Case) -> Iterator[Finding]:
    """Yield a finding when it lately said that counting failed."""
    recent = sorted(
        {
            line
            for marker in MARKERS
            for line in case.marked.get(marker, ())
            if case.now - line.at <= SPAN
        },
        key=lambda line: line.order,
    )
    if not recent:
        return
    newest = recent[-1]
    yield Finding(
        rule="counts-endpoint",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title="the orchestrator could not have the tasks counted, last at"
        f" {stamp(newest.at)}",
        subject=Subject(kind="orchestrator", id="orchestrator"),
        evidence=(
            (
                f"{some(len(recent), 'line')} in {spoken(SPAN)}, among them:"
                f" {start_of(_telling(recent).message.strip(), 160)}"
            ),
        ),
        remedy="look at the edge function task-counts; counts of 0 let it end workers"
        f" down to {case.thresholds.min_active} (MIN_ACTIVE_GPUS)",
        ask="logs --source edge_function --level ERROR",
    )


def _telling(recent: Sequence[LogLine]) -> LogLine:
    """Return the newest line that says what failed, not only what is done instead."""
    status = [line for line in recent if COUNTS_STATUS in line.message]
    other = [line for line in recent if COUNTS_SIMPLE not in line.message]
    return (status or other or recent)[-1]
