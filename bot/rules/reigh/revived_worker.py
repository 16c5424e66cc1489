"""A worker that was given up came back by itself (systems/reigh.md, F8)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import last_beat, reason
from bot.domain.times import stamp
from bot.domain.workers import WorkerPhase

SEVERAL: Final = "workers back after they were given up"


def revived_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for active workers that the orchestrator had ended.

    A heartbeat writes the status `active` whatever stood there, so a process that
    still lives brings a given-up row back (systems/reigh.md, 0.7).
    """
    for worker in case.workers or ():
        if worker.phase is not WorkerPhase.ACTIVE:
            continue
        evidence = []
        if worker.orchestrator_status in ("error", "terminated"):
            evidence.append(
                f"the orchestrator last wrote {worker.orchestrator_status},"
                f" yet its status is {worker.status}"
            )
        if worker.error_at is not None:
            evidence.append(f"given up at {stamp(worker.error_at)}")
        if worker.terminated_at is not None:
            evidence.append(f"terminated at {stamp(worker.terminated_at)}")
        if not evidence:
            continue
        evidence += reason(worker)
        if worker.last_heartbeat_at is not None:
            evidence.append(last_beat(worker, case.now))
        cure = case.cure(worker)
        yield Finding(
            rule="revived-worker",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{worker.id} came back after it was given up",
            subject=Subject(kind="worker", id=worker.id),
            evidence=tuple(evidence),
            remedy=f"as long as it beats, it bills and claims tasks: {cure.told}",
            ask=cure.words,
        )
