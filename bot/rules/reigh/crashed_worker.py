"""A worker's process vanished, and nobody reacts to that (systems/reigh.md, F7)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import omission
from bot.domain.orchestrator_limits import BEAT
from bot.domain.proofs import last_beat, reason
from bot.domain.spelling import typed
from bot.domain.times import spoken
from bot.domain.workers import Worker

SEVERAL: Final = "crashed workers"
EXPLAINS: Final = ("orphaned-task", "worker-without-pod")


def crashed_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for every worker whose guardian wrote `crashed`."""
    for worker in case.workers or ():
        if worker.status != "crashed":
            continue
        evidence = [
            "its guardian wrote the status crashed: the process is gone",
            last_beat(worker, case.now),
        ]
        silence = worker.silence(case.now)
        lost = case.lost_by_id.get(worker.id)
        if lost is not None:
            evidence.append(lost.why)
        elif worker.runpod_id:
            evidence.append(f"its row names pod {worker.runpod_id}")
        evidence += reason(worker)
        yield Finding(
            rule="crashed-worker",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{worker.id} crashed",
            subject=Subject(kind="worker", id=worker.id),
            evidence=tuple(evidence),
            remedy=_remedy(silence, case, _cure(worker, case)),
            ask=f"worker {typed(worker.id)}",
        )


def _cure(worker: Worker, case: Case) -> str:
    return f"{case.cure(worker).told}; its last {spoken(BEAT)} of logs died with it"


def _remedy(silence: timedelta | None, case: Case, cure: str) -> str:
    idle = case.thresholds.idle
    if silence is not None and silence > idle:
        doubt = omission(case.orchestration, case.now)
        return (
            "the orchestrator's failsafe was due after"
            f" {spoken(idle)} of silence: {doubt}; {cure}"
        )
    return f"the orchestrator notices it only after {spoken(idle)} (failsafe); {cure}"
