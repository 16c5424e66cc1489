"""A task that runs for too long on a living worker (systems/reigh.md, F10)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import omission
from bot.domain.spelling import typed
from bot.domain.tasks import TaskPhase
from bot.domain.times import spoken, stamp
from bot.domain.workers import Pulse

SEVERAL: Final = "stuck tasks"


def stuck_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task past TASK_STUCK_TIMEOUT_SEC on a live worker."""
    limit = case.thresholds.stuck
    for task in case.tasks or ():
        worker = case.holders_by_id.get(task.worker_id) if task.worker_id else None
        running = task.running_time(case.now)
        if (
            task.phase is not TaskPhase.RUNNING
            or task.coordinates
            or running is None
            or running <= limit
            or worker is None
            or worker.pulse(case.now) is not Pulse.HEALTHY
        ):
            continue
        started = task.started_at or task.created_at
        yield Finding(
            rule="stuck-task",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            title=f"task {task.id[:8]} has been running for {spoken(running)}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                f"it started at {stamp(started)}",
                f"the limit is {spoken(limit)} (TASK_STUCK_TIMEOUT_SEC)",
                f"its worker {worker.id} still beats",
            ),
            remedy=f"{_due(running, case)}; see where the worker stands",
            ask=f"worker {typed(worker.id)}",
        )


def _due(running: timedelta, case: Case) -> str:
    """Return what the orchestrator does about it by itself, or was due to do."""
    late = running - case.thresholds.stuck
    if late <= case.thresholds.poll:
        return (
            "the orchestrator will fail the worker for it, and the task goes back to"
            " the queue"
        )
    doubt = omission(case.orchestration, case.now)
    return (
        f"the orchestrator was due to fail the worker for it {spoken(late)} ago, and"
        f" to queue it again: {doubt}"
    )
