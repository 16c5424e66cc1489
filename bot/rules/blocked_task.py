"""A task that waits for one that failed never runs (systems/reigh.md, F12)."""

from collections.abc import Iterator

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskPhase


def blocked_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every waiting task with a failed or cancelled dependency."""
    for task in case.tasks or ():
        cause = blocker(task, case)
        if cause is None:
            continue
        yield Finding(
            rule="blocked-task",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"task {task.id[:8]} never runs: it waits for {cause.id[:8]}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                f"{cause.id} is {cause.status}, and only a complete one lets it run",
                f"its row says: {cause.error or 'no error text'}",
            ),
            remedy="mend and queue that one again, or cancel this one",
            ask=f"task {cause.id}",
        )


def blocker(task: Task, case: Case) -> Task | None:
    """Return the first dependency that ended without completing, if it was read."""
    if task.phase is not TaskPhase.WAITING:
        return None
    known = (case.tasks_by_id.get(id) for id in task.dependencies)
    ended = (TaskPhase.FAILED, TaskPhase.CANCELLED)
    return next((each for each in known if each and each.phase in ended), None)
