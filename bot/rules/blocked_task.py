"""A task that waits for one that failed never runs (systems/reigh.md, F12)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskId, TaskPhase

SEVERAL: Final = "tasks that never run"


def blocked_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every waiting task whose dependency will never complete."""
    for task in case.tasks or ():
        blocked = blockade(task, case)
        if blocked is None:
            continue
        id, why = blocked
        cause = case.tasks_by_id.get(id)
        evidence = [f"{id} {why}, and only a complete one lets it run"]
        if cause is not None:
            evidence.append(f"its row says: {cause.error or 'no error text'}")
        yield Finding(
            rule="blocked-task",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"task {task.id[:8]} never runs: it waits for {id[:8]}, which {why}",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(evidence),
            remedy="mend and queue that one again, or cancel this one"
            if cause
            else "cancel it, or queue it anew without that dependency",
            ask=f"task {id}" if cause else "",
        )


def blockade(task: Task, case: Case) -> tuple[TaskId, str] | None:
    """Return the first dependency that will never complete, and why; None if all may.

    One that was not read may yet.
    """
    if task.phase is not TaskPhase.WAITING:
        return None
    for id in task.dependencies:
        other = case.tasks_by_id.get(id)
        if other and other.phase in (TaskPhase.FAILED, TaskPhase.CANCELLED):
            return id, f"is {other.status}"
        if id in case.gone:
            return id, "no longer exists"
    return None
