"""The orchestrator runs, and its cycles fail (systems/reigh.md, F23)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import HOUR, spoken, stamp

EXPLAINS: Final = ("idle-worker", "queue-without-workers", "waiting-task")
SPAN: Final = timedelta(minutes=15)  # systems/reigh.md, F23
ERRORS: Final = 3
RESTARTS: Final = 2


def orchestrator_failing(case: Case) -> Iterator[Finding]:
    """Yield a finding for failing cycles, cycles that never end, and restarts."""
    life = case.orchestration
    if life is None:
        return
    evidence = []
    errors = [line for line in life.errors if case.now - line.at <= SPAN]
    if len(errors) >= ERRORS:
        newest = errors[-1]
        evidence.append(
            f"{len(errors)} failed cycles in {spoken(SPAN)}, the last at"
            f" {stamp(newest.at)}: {start_of(newest.message, 160)}"
        )
    recent = [
        cycle
        for cycle in life.cycles
        if cycle.started_at is not None
        and case.thresholds.poll < case.now - cycle.started_at <= SPAN
    ]
    if len(recent) >= ERRORS and not any(cycle.completed_at for cycle in recent):
        evidence.append(
            f"{len(recent)} cycles began in the last {spoken(SPAN)}, none was completed"
        )
    restarts = [at for at in life.restarts if case.now - at <= HOUR]
    if len(restarts) >= RESTARTS:
        evidence.append(
            f"its cycle number began anew {len(restarts)} times within the hour,"
            f" last at {stamp(restarts[-1])}"
        )
    if evidence:
        yield Finding(
            rule="orchestrator-failing",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title="the orchestrator runs but its cycles fail",
            subject=Subject(kind="orchestrator", id="orchestrator"),
            evidence=tuple(evidence),
            remedy="read the error in its log, mend that and restart the service",
            ask="logs --source orchestrator_gpu --level ERROR",
        )
