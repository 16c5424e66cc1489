"""A worker beat, but its program never came up (systems/reigh.md, F3)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.marks import QUEUE_MADE, QUEUE_STARTED, UP
from bot.domain.proofs import last_beat
from bot.domain.spelling import typed
from bot.domain.times import SKEW, stamp
from bot.domain.workers import AGEING, Worker, WorkerId, WorkerPhase

SEVERAL: Final = "workers that crashed before they came up"
MARKERS: Final = (UP, QUEUE_MADE, QUEUE_STARTED)
_LOGS: Final = "/workspace/Headless-Wan2GP/logs"  # systems/reigh.md, 3.2
EXPLAINS: Final = (
    *("crashed-worker", "failed-worker", "heartbeat-ageing", "heartbeat-stale"),
    *("orphaned-task", "worker-without-pod"),
)


def init_crash(case: Case) -> Iterator[Finding]:
    """Yield a finding for lost workers of which no line says that they came up.

    Only where all lines since its creation were read. The guardian beats on its own,
    so a heartbeat does not tell that the program lives.
    """
    for worker in case.workers or ():
        if (
            not _lost(worker, case)
            or worker.last_heartbeat_at is None
            or worker.id not in case.logs_read
            or case.lines_since is None
            or worker.created_at - SKEW < case.lines_since
            or _came_up(worker.id, case)
        ):
            continue
        own = case.last_lines.get(worker.id)
        seen = (
            f"its only lines end at {stamp(own.at)}: {start_of(own.message, 120)}"
            if own
            else "it wrote no line at all"
        )
        yield Finding(
            rule="init-crash",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            title=f"{worker.id} probably crashed before it came up",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                (
                    f"no line says '{UP.strip()}' since its creation at"
                    f" {stamp(worker.created_at)}"
                ),
                seen,
                case.reading(by=worker.id),
                last_beat(worker, case.now),
            ),
            remedy="the import of wgp or the start of its queue failed; the message"
            f" stands on the pod only, in {_LOGS}/{worker.id}.log",
            ask=f"worker {typed(worker.id)} --startup",
        )


def _lost(worker: Worker, case: Case) -> bool:
    """Tell whether it crashed, or has not beaten for over 60 s; ends are no crash."""
    if not worker.runs_on_gpu or worker.unnamed or case.scaled_down(worker):
        return False
    if worker.status == "crashed" or case.failsafe(worker) is not None:
        return True
    alive = worker.phase in (WorkerPhase.ACTIVE, WorkerPhase.FAILED)
    return alive and worker.lost_for(case.now) > AGEING


def _came_up(id: WorkerId, case: Case) -> bool:
    """Tell whether a line of its own proves it: one that says so, or any on a task."""
    own = case.lines_by_writer.get(id, ())
    return bool(case.said(id, *MARKERS)) or any(line.task_id for line in own)
