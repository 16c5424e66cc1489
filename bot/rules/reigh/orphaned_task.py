"""A task in progress whose worker can no longer finish it (systems/reigh.md, F9)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bot.domain.cases import Case, Thresholds
from bot.domain.cures import Standing
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import Orchestration, omission
from bot.domain.orchestrator_limits import API_LIMIT, STALE_ROW, UNASSIGNED
from bot.domain.proofs import last_beat
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import dated, spoken, stamp
from bot.domain.workers import STALE, STARTUP, Worker, WorkerPhase

SEVERAL: Final = "orphaned tasks"
# A pod may then still work on it, so that it would not be queued again.
_NO_REQUEUE: Final = (Standing.UNKNOWN, Standing.NAMESAKE)


def orphaned_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task in progress that nobody works on any more."""
    if case.holders is None:
        return
    for task in case.tasks or ():
        worker = case.holders_by_id.get(task.worker_id) if task.worker_id else None
        if reason := why_orphaned(task, worker, case.now):
            yield _finding(task, worker, reason, case)


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
        given_up = worker.status == "error"
        return (
            "its worker was given up" if given_up else f"its worker is {worker.status}"
        )
    if worker.status == "inactive":
        return "its worker is inactive"
    silence = worker.silence(now)
    if silence is not None and silence > STALE:
        return f"its worker has been silent for {spoken(silence)}"
    if silence is None and worker.phase is WorkerPhase.ACTIVE:
        age = now - worker.created_at
        return f"its worker never beat in {spoken(age)}" if age > STARTUP else None
    return None


def what_next(
    task: Task,
    due: Sequence[datetime],
    now: datetime,
    life: Orchestration | None = None,
) -> str:
    """Return what the system will do with an orphan by itself, and when.

    *due* are the times of `resets`, as of *now*; *life* is the orchestrator's, where
    it is known.
    """
    if task.spent:
        return f"after {task.attempts} attempts nothing queues it again by itself"
    return _when(task, due, now, life)


def resets(
    task: Task, worker: Worker | None, thresholds: Thresholds
) -> tuple[datetime, ...]:
    """Return when the orchestrator queues a task in progress again, earliest first.

    That it gives up the worker comes first mostly; a row that nobody touched is reset
    later in any case. Coordinators are queued again with their worker alone. *worker*
    is lost: one that works is not given up.
    """
    due = []
    if worker is not None and worker.runs_on_gpu:
        due.append(_given_up(worker, thresholds))
    elif worker is not None and task.started_at is not None:
        due.append(task.started_at + API_LIMIT)  # R3
    if not task.coordinates:
        if task.worker_id is None and task.started_at is not None:
            due.append(task.started_at + UNASSIGNED)  # R2
        if task.worker_id is not None and task.updated_at is not None:
            due.append(task.updated_at + STALE_ROW)  # R4
    return tuple(sorted(due))


def _given_up(worker: Worker, thresholds: Thresholds) -> datetime:
    """Return when R1 is due: once the worker is an error, or its beats are too old."""
    if worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED) and worker.error_at:
        return worker.error_at + thresholds.poll
    seen = worker.last_heartbeat_at or worker.created_at
    return seen + thresholds.idle + thresholds.poll


def _when(
    task: Task, due: Sequence[datetime], now: datetime, life: Orchestration | None
) -> str:
    past = [at for at in due if at <= now]
    future = [at for at in due if at > now]
    missed = (
        f"the orchestrator was due to queue it again at {dated(past[0], now)}:"
        f" {omission(life, now)}"
        if past
        else ""
    )
    if not future:
        what = "a coordinator" if task.coordinates else "it"
        return missed or f"nothing queues {what} again by itself: no rule covers it"
    next = f"at about {stamp(future[0])}, in {spoken(future[0] - now)}"
    if missed:
        return f"{missed}; its next pass over the row is {next}"
    why = ", once it gives the worker up" if task.worker_id else ""
    return f"the orchestrator queues it again {next}{why}"


def _finding(task: Task, worker: Worker | None, reason: str, case: Case) -> Finding:
    now = case.now
    due = resets(task, worker, case.thresholds)
    evidence = []
    if task.started_at is not None:
        on = f", on {worker.id}" if worker is not None else ""
        evidence.append(f"it started at {dated(task.started_at, now)}{on}")
    if worker is not None and worker.last_heartbeat_at is not None:
        evidence.append(last_beat(worker, now))
    if worker is not None and worker.error_reason:
        evidence.append(f"the worker's row says: {worker.error_reason}")
    return Finding(
        rule="orphaned-task",
        severity=Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"task {task.id[:8]} is orphaned: {reason}",
        subject=Subject(kind="task", id=task.id),
        evidence=tuple(evidence) or (reason,),
        remedy=what_next(task, due, now, case.orchestration)
        + (
            ", and `task requeue` refuses it as well: submit it anew, or cancel it"
            if task.spent
            else f"; {_cure(task, worker, case)}"
        ),
        ask=f"worker {typed(task.worker_id)}" if task.worker_id else f"task {task.id}",
    )


def _cure(task: Task, worker: Worker | None, case: Case) -> str:
    """Return what gives it back at once: with its worker, or else by itself."""
    if worker is not None and worker.runs_on_gpu:
        cure = case.cure(worker)
        if cure.ends or case.standing(worker) in _NO_REQUEUE:
            return cure.told
    return f"task requeue {task.id} does so at once"
