"""A worker's row lives on and its pod is gone (systems/reigh.md, F17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import last_beat
from bot.domain.spelling import typed

SEVERAL: Final = "workers without a pod"


def worker_without_pod(case: Case) -> Iterator[Finding]:
    """Yield a finding for every row whose pod is gone or no longer runs.

    A worker that was scaled down or given up lost its pod on purpose: its row waits for
    the grace period to end.
    """
    for lost in case.lost or ():
        worker = lost.worker
        given_up = worker.error_at if worker.status == "error" else None
        grace = case.thresholds.error_grace
        if worker.benign_end or (given_up and case.now - given_up <= grace):
            continue
        yield Finding(
            rule="worker-without-pod",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED if lost.sure else Confidence.LIKELY,
            title=f"{worker.id} is {worker.status}, but {lost.why}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                f"its row names pod {worker.runpod_id}",
                last_beat(worker, case.now),
            ),
            remedy=case.cure(worker).told,
            ask=f"worker {typed(worker.id)}" if lost.sure else "runpod",
        )
