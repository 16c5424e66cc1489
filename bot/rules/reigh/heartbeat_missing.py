"""A worker is called active and never beat, but is young (systems/reigh.md, F2)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.spelling import typed
from bot.domain.times import dated, spoken
from bot.domain.workers import AGEING, STARTUP, Pulse

SEVERAL: Final = "active workers that have not beaten yet"


def heartbeat_missing(case: Case) -> Iterator[Finding]:
    """Yield a finding for active workers of 1 to 10 min without any heartbeat."""
    for worker in case.workers or ():
        age = case.now - worker.created_at
        if worker.pulse(case.now) is not Pulse.MISSING or worker.unnamed:
            continue
        if not AGEING < age <= STARTUP:
            continue
        yield Finding(
            rule="heartbeat-missing",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            title=f"{worker.id} is called active but has not beaten yet",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(f"created at {dated(worker.created_at, case.now)}",),
            remedy=f"wait: past {spoken(STARTUP)} it counts as never started",
            ask=f"worker {typed(worker.id)} --startup",
        )
