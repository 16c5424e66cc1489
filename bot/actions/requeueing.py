"""Tasks whose worker can no longer finish them, put back into the queue.

First the worker must be dead and its pod gone: a task that somebody may still be
working on would be done twice.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.action import Hands
from bot.actions import ending
from bot.domain import requeues
from bot.domain.errors import NotFound, SourceDown
from bot.domain.offers import Ended, Fate, Item
from bot.domain.pods import Pod, PodId
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.workers import Worker
from bot.rules.reigh.orphaned_task import why_orphaned


def why_kept(
    task: Task, worker: Worker | None, pods: Sequence[Pod] | None, now: datetime
) -> str | None:
    """Return why the task must not go back into the queue; None when it may.

    *pods* are all there are; None when nobody can tell.
    """
    if task.phase is TaskPhase.WAITING:
        return "it waits in the queue already"
    if task.phase not in (TaskPhase.RUNNING, TaskPhase.FAILED):
        return f"it is {task.status}"
    if why := requeues.spent(task):
        return why
    if task.phase is TaskPhase.FAILED:
        return None
    if task.coordinates:
        return "it coordinates other tasks"
    if why_orphaned(task, worker, now) is None:
        if worker is None:
            return "it was started a short while ago"
        end = " (worker terminate ends it)" if worker.runs_on_gpu else ""
        return f"its worker {worker.id} may still finish it{end}"
    return requeues.why_kept(task, worker, pods)


def item(task: Task, why: str) -> Item:
    """Return the item that puts the task back."""
    return Item(
        target=task.id,
        action="requeue task",
        why=why,
        since=task.started_at,
        seen={
            "status": task.status,
            "worker_id": task.worker_id,
            "attempts": task.attempts,
        },
    )


async def look(item: Item, hands: Hands) -> Ended | None:
    """Return why the task is no longer to go back, or could not be looked at."""
    try:
        task, worker = await hands.system.tasks.get(TaskId(item.target))
    except NotFound:
        return ending.left(item, "it no longer exists")
    except SourceDown as error:
        return ending.unseen(item, error)
    if changed := _changed(item, task):
        return ending.left(item, changed)
    pods = await _pods(worker, hands)
    why = why_kept(task, worker, pods, hands.clock())
    return None if why is None else ending.left(item, why)


async def do(item: Item, hands: Hands) -> Ended:
    """Put the task back, if it still is as it was planned."""
    try:
        task, _ = await hands.system.tasks.get(TaskId(item.target))
    except (NotFound, SourceDown) as error:
        detail = f"not done: {error.message}"
        return Ended(target=item.target, outcome=Fate.FAILED, detail=detail)
    if changed := _changed(item, task):
        return ending.left(item, changed)
    return await ending.requeue(task, hands)


async def settle(item: Item, hands: Hands) -> Ended:
    """Find out whether the task went back before the bot was stopped."""
    try:
        task, _ = await hands.system.tasks.get(TaskId(item.target))
    except NotFound:
        return ending.left(item, "it no longer exists")
    except SourceDown as error:
        detail = f"{ending.STOPPED}; nobody could look: {error.message}"
        return Ended(target=item.target, outcome=Fate.UNKNOWN, detail=detail)
    if not _changed(item, task):
        detail = f"{ending.STOPPED}: it was not done"
        return Ended(target=item.target, outcome=Fate.FAILED, detail=detail)
    before = item.seen["attempts"]
    if isinstance(before, int) and (task.attempts or 0) > before:
        detail = f"{ending.STOPPED}; it went back, and is {task.status} now"
        return Ended(target=item.target, outcome=Fate.DONE, detail=detail)
    detail = f"{ending.STOPPED}; it is {task.status} now"
    return Ended(target=item.target, outcome=Fate.UNKNOWN, detail=detail)


async def _pods(worker: Worker | None, hands: Hands) -> Sequence[Pod] | None:
    """Return all pods and the worker's, which a list can leave out.

    None when nobody can tell, which not every task needs.
    """
    try:
        listed = await hands.system.pods.all()
        if worker is None or not worker.runpod_id:
            return listed
        if any(pod.id == worker.runpod_id for pod in listed):
            return listed
        pod = await hands.system.pods.get(PodId(worker.runpod_id))
    except SourceDown:
        return None
    return listed if pod is None else [*listed, pod]


def _changed(item: Item, task: Task) -> str | None:
    seen = (item.seen["status"], item.seen["worker_id"], item.seen["attempts"])
    if (task.status, task.worker_id, task.attempts) == seen:
        return None
    held = f" by {task.worker_id}" if task.worker_id else ""
    return f"it changed since the plan: it is {task.status}{held}"
