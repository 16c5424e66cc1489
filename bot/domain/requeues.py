"""Whether a task may go back into the queue, by what its row and its pod tell.

The answer that lists orphans and the plan that puts them back ask here alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain.cures import by_namesake
from bot.domain.offers import Fate, Record
from bot.domain.pods import Pod
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskId
from bot.domain.workers import Worker


def spent(task: Task) -> str | None:
    """Return why the task is not tried again; None when it may be."""
    if task.generation_created:
        return "its result exists already"
    if not task.spent:
        return None
    return f"it was tried {task.attempts} times, which is all it gets"


def why_kept(
    task: Task, worker: Worker | None, pods: Sequence[Pod] | None
) -> str | None:
    """Return why an orphan must not go back into the queue; None when it may.

    *pods* are all there are; None when nobody can tell.
    """
    return spent(task) or _why_doubled(task, worker, pods)


def by_hand(records: Iterable[Record]) -> Mapping[TaskId, tuple[datetime, ...]]:
    """Return when people had tasks queued again, by the audit, each oldest first.

    Those that went back with their worker are not named there.
    """
    found: dict[TaskId, list[datetime]] = {}
    for each in records:
        if each.action in _REQUEUES and each.outcome is Fate.DONE:
            found.setdefault(TaskId(each.target), []).append(each.at)
    return {task: tuple(sorted(times)) for task, times in found.items()}


_REQUEUES: Final = ("task requeue", "orphans requeue")


def pod_of(worker: Worker, pods: Sequence[Pod]) -> Pod | None:
    """Return the worker's pod: the one that its row names, else its namesake."""
    named = next((pod for pod in pods if pod.id == worker.runpod_id), None)
    return named or next((pod for pod in pods if pod.name == worker.id), None)


def _why_doubled(
    task: Task, worker: Worker | None, pods: Sequence[Pod] | None
) -> str | None:
    """Return why the work could be done twice; None when nobody is left to do it.

    A worker without a row may still have a pod, which then bears its name.
    """
    if task.worker_id is None or (worker is not None and not worker.runs_on_gpu):
        return None
    if pods is None:
        return f"nobody can tell whether the pod of {task.worker_id} still runs"
    if worker is None:
        pod = next((pod for pod in pods if pod.name == task.worker_id), None)
    else:
        pod = pod_of(worker, pods)
    if pod is None or not pod.running:
        return None
    cure = f"worker terminate {typed(task.worker_id)} gives it back"
    if worker is None:
        cure = f"runpod terminate {pod.id} ends it"
    elif worker.runpod_id not in (None, pod.id):
        cure = by_namesake(worker, pod)
    return f"the pod of its worker still runs, and it could be done twice: {cure}"
