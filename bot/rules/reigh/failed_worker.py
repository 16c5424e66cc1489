"""A worker was given up with a reason (systems/reigh.md, 3.3)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.marks import FAILSAFE
from bot.domain.proofs import last_beat, said_at
from bot.domain.spelling import typed
from bot.domain.times import stamp
from bot.domain.workers import Worker, WorkerPhase

SEVERAL: Final = "workers given up"
MARKERS: Final = (FAILSAFE,)
EXPLAINS: Final = ("orphaned-pod", "orphaned-task")


def failed_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers given up; a scale-down is no failure."""
    for worker in case.workers or ():
        ended = case.failsafe(worker)
        if ended is not None:
            crashed = "status crashed" in ended.message
            why = "it had crashed" if crashed else "its heartbeat was stale"
            yield _finding(
                worker, f"ended by the failsafe: {why}", (said_at(ended),), case
            )
            continue
        given_up = worker.status == "error" or (
            worker.phase is WorkerPhase.ENDED and worker.error_reason is not None
        )
        if not given_up or worker.benign_end:
            continue
        reason = worker.error_reason or "no reason was written down"
        evidence = [f"its row says: {reason}"]
        if worker.error_at is not None:
            evidence.append(f"given up at {stamp(worker.error_at)}")
        yield _finding(worker, f"given up: {reason}", tuple(evidence), case)


def _finding(
    worker: Worker, became: str, evidence: tuple[str, ...], case: Case
) -> Finding:
    unborn = worker.last_heartbeat_at is None
    return Finding(
        rule="failed-worker",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"{worker.id} was {became}",
        subject=Subject(kind="worker", id=worker.id),
        evidence=(*evidence, last_beat(worker, case.now)),
        remedy="see how its start went"
        if unborn
        else "read its last lines for the cause",
        ask=f"worker {typed(worker.id)} --startup"
        if unborn
        else f"worker {typed(worker.id)}",
    )
