"""One diagnosis of the queue in Supabase per module, named as its rule."""

from bot.domain.cases import Case
from bot.domain.deaths import lost
from bot.domain.tasks import Task, TaskPhase
from bot.domain.workers import Worker
from bot.rules.reigh.orphaned_task import resets, what_next, why_orphaned


def retry(task: Task, worker: Worker | None, case: Case) -> str | None:
    """Return when a task in progress is queued again by itself; None where it need not.

    What begins with `no: ` is not done.
    """
    if task.phase is not TaskPhase.RUNNING:
        return None
    alone = worker is None or lost(worker, case.now)
    if not (alone or why_orphaned(task, worker, case.now)):
        return None
    due = resets(task, worker, case.thresholds)
    next = what_next(task, due, case.now, case.orchestration)
    return f"no: {next}" if task.spent or not due else next
