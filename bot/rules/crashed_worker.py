"""A worker's process vanished, and nobody reacts to that (systems/reigh.md, F7)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.fleet import Lost, ending
from bot.domain.times import spoken, stamp
from bot.domain.workers import Worker

SEVERAL: Final = "crashed workers"
EXPLAINS: Final = ("orphaned-task", "worker-without-pod")


def crashed_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for every worker whose guardian wrote `crashed`."""
    for worker in case.workers or ():
        if worker.status != "crashed":
            continue
        evidence = ["its guardian wrote the status crashed: the process is gone"]
        silence = worker.silence(case.now)
        if worker.last_heartbeat_at is not None and silence is not None:
            at = stamp(worker.last_heartbeat_at)
            evidence.append(f"last heartbeat at {at}, {spoken(silence)} ago")
        lost = next((each for each in case.lost or () if each.worker == worker), None)
        if lost is not None:
            evidence.append(lost.why)
        elif worker.runpod_id:
            evidence.append(f"its row names pod {worker.runpod_id}")
        if worker.error_reason:
            evidence.append(f"its row says: {worker.error_reason}")
        yield Finding(
            rule="crashed-worker",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{worker.id} crashed",
            subject=Subject(kind="worker", id=worker.id),
            evidence=tuple(evidence),
            remedy=_remedy(silence, case.thresholds.idle, _cure(worker, lost)),
            ask=f"worker {worker.id}",
        )


def _cure(worker: Worker, lost: Lost | None) -> str:
    words = ending(worker, gone=lost is not None and lost.gone)
    return (
        f"{words} ends it and gives its tasks back; its last 20 s of logs died with it"
    )


def _remedy(silence: timedelta | None, idle: timedelta, cure: str) -> str:
    if silence is not None and silence > idle:
        return (
            f"the failsafe was due after {spoken(idle)} of silence: see whether the"
            f" orchestrator lives; {cure}"
        )
    return f"nothing reacts to that before the failsafe, after {spoken(idle)}: {cure}"
