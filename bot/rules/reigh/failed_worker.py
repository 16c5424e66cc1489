"""A worker was given up with a reason (systems/reigh.md, 3.3)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import last_beat
from bot.domain.times import stamp
from bot.domain.workers import WorkerPhase

SEVERAL: Final = "workers given up"
EXPLAINS: Final = ("orphaned-task",)


def failed_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers given up; a scale-down is no failure."""
    for worker in case.workers or ():
        given_up = worker.status == "error" or (
            worker.phase is WorkerPhase.ENDED and worker.error_reason is not None
        )
        if not given_up or worker.benign_end:
            continue
        reason = worker.error_reason or "no reason was written down"
        evidence = [f"its row says: {reason}"]
        if worker.error_at is not None:
            evidence.append(f"given up at {stamp(worker.error_at)}")
        evidence.append(last_beat(worker, case.now))
        yield Finding(
            rule="failed-worker",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{worker.id} was given up: {reason}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=tuple(evidence),
            remedy="see how its start went"
            if worker.last_heartbeat_at is None
            else "read its last lines for the cause",
            ask=f"worker {worker.id} --startup"
            if worker.last_heartbeat_at is None
            else f"worker {worker.id}",
        )
