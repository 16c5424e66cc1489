"""A task was claimed, and its worker says nothing of it (systems/reigh.md, F11)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.marks import CLAIMED
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import SKEW, ago, spoken, stamp
from bot.domain.workers import Pulse, Worker, WorkerId

SEVERAL: Final = "claimed tasks not begun"
MARKERS: Final = (CLAIMED,)
EXPLAINS: Final = ("not-logging", "stuck-task")
DUE: Final = timedelta(seconds=120)  # systems/reigh.md, F11


def claim_not_started(case: Case) -> Iterator[Finding]:
    """Yield a finding for tasks held by a live worker that never began them.

    Only where all lines since the claim were read, of the worker or of the task.
    """
    due = []
    for task in case.tasks or ():
        worker = case.holders_by_id.get(task.worker_id) if task.worker_id else None
        if worker is not None and _due(task, worker, case):
            due.append((task, worker))
    told = _told(due, case)
    for task, worker in due:
        if task.id in told:
            continue
        at = _claimed(task, case)
        last = case.last_lines.get(worker.id)
        said = start_of(last.message, 120) if last else ""
        yield Finding(
            rule="claim-not-started",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            title=f"task {task.id[:8]} was claimed {ago(at, case.now)} and not begun",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                f"claimed at {stamp(at)}, by {worker.id}, which still beats",
                f"no line of its worker tells of it; one is due within {spoken(DUE)}",
                case.reading(by=worker.id)
                if worker.id in case.logs_read
                else case.reading(of=task.id),
                *(
                    (f"what it wrote last, at {stamp(last.at)}: {said}",)
                    if last
                    else ()
                ),
            ),
            remedy="its worker is probably busy with another task, or hangs: see what"
            " it does; had the answer to the claim been lost, it would have resumed"
            " the task within 10 s of being free",
            ask=f"worker {typed(worker.id)}",
        )


def _due(task: Task, worker: Worker, case: Case) -> bool:
    """Tell whether lines of it should be here by now."""
    if (
        task.phase is not TaskPhase.RUNNING
        or task.coordinates
        or task.started_at is None
        or worker.pulse(case.now) is not Pulse.HEALTHY
        or case.lines_since is None
        or not (worker.id in case.logs_read or task.id in case.task_logs_read)
    ):
        return False
    at = _claimed(task, case)
    return at - SKEW >= case.lines_since and case.now - at > DUE + SKEW


def _told(due: Sequence[tuple[Task, Worker]], case: Case) -> frozenset[TaskId]:
    """Return those of the tasks of which their own worker wrote."""
    held: dict[WorkerId, list[TaskId]] = {}
    for task, worker in due:
        held.setdefault(worker.id, []).append(task.id)
    return frozenset(
        id
        for worker_id, ids in held.items()
        for line in case.lines_by_writer.get(worker_id, ())
        for id in ids
        if line.task_id == id or id in line.message
    )


def _claimed(task: Task, case: Case) -> datetime:
    """Return when it was claimed: its start may have been set anew since."""
    claims = case.told_of_task(task.id, CLAIMED)
    return claims[-1].at if claims else task.started_at or task.created_at
