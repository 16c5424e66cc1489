"""A task in progress whose worker can no longer finish it (systems/reigh.md, F9)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.domain import tasks
from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import spoken, stamp
from bot.domain.workers import STALE, STARTUP, Worker, WorkerPhase

UNASSIGNED: Final = timedelta(minutes=15)  # systems/reigh.md, R2
API_LIMIT: Final = timedelta(minutes=7)  # systems/reigh.md, R3
RETRIES: Final = tasks.RETRIES


def orphaned_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task in progress that nobody works on any more."""
    if case.holders is None:
        return
    for task in case.tasks or ():
        worker = case.holders_by_id.get(task.worker_id) if task.worker_id else None
        if reason := why_orphaned(task, worker, case.now):
            yield _finding(task, worker, reason, case.now)


def why_orphaned(task: Task, worker: Worker | None, now: datetime) -> str | None:
    """Return why nobody works on the task any more; None when somebody may.

    *worker* is the row that the task names; None when it names none or the row is
    gone. Coordinators only wait for others and are never orphans.
    """
    if task.phase is not TaskPhase.RUNNING or task.coordinates:
        return None
    running = task.running_time(now)
    if worker is None:
        if task.worker_id is not None:
            return f"its worker {task.worker_id} has no row"
        waited = running if running is not None else now - task.created_at
        return "no worker is assigned" if waited > UNASSIGNED else None
    if not worker.runs_on_gpu:
        late = running is not None and running > API_LIMIT
        return f"the API worker took longer than {spoken(API_LIMIT)}" if late else None
    if worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED):
        return f"its worker is {worker.status}"
    if worker.status == "inactive":
        return "its worker is inactive"
    silence = worker.silence(now)
    if silence is not None and silence > STALE:
        return f"its worker has been silent for {spoken(silence)}"
    if silence is None and worker.phase is WorkerPhase.ACTIVE:
        age = now - worker.created_at
        return f"its worker never beat in {spoken(age)}" if age > STARTUP else None
    return None


def what_next(task: Task) -> str:
    """Return what the system will do with an orphan by itself."""
    if task.spent:
        return f"after {task.attempts} attempts nothing queues it again by itself"
    if task.worker_id is None:
        return f"the orchestrator queues it again {spoken(UNASSIGNED)} after its start"
    return "the orchestrator queues it again once it gives the worker up"


def _finding(task: Task, worker: Worker | None, reason: str, now: datetime) -> Finding:
    evidence = []
    if task.started_at is not None:
        running = task.running_time(now)
        span = f", {spoken(running)} ago" if running is not None else ""
        evidence.append(f"it started at {stamp(task.started_at)}{span}")
    if worker is not None and worker.last_heartbeat_at is not None:
        evidence.append(f"last heartbeat at {stamp(worker.last_heartbeat_at)}")
    if worker is not None and worker.error_reason:
        evidence.append(f"the worker's row says: {worker.error_reason}")
    return Finding(
        rule="orphaned-task",
        severity=Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"task {task.id[:8]} is orphaned: {reason}",
        subject=Subject(kind="task", id=task.id),
        evidence=tuple(evidence) or (reason,),
        remedy=what_next(task)
        + (
            ", and `task requeue` refuses it as well: submit it anew, or cancel it"
            if task.spent
            else "; look at what ended the worker"
        ),
        ask=f"worker {task.worker_id}" if task.worker_id else "",
    )
