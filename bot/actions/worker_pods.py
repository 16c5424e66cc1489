"""A worker and its pod, ended together."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.action import Hands
from bot.actions import ending
from bot.domain.cures import by_namesake
from bot.domain.errors import NotFound, SourceDown
from bot.domain.offers import Ended, Fate, Item, Spared
from bot.domain.pods import Pod, PodId
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import HOUR, ago, spoken
from bot.domain.workers import AGEING, STALE, Worker, WorkerId, WorkerPhase

if TYPE_CHECKING:  # what only the gate needs, --help does not pay for
    from bot.domain.policy import Limits

AT_WORK: Final = "at work"


def namesakes(worker: Worker, pod: Pod, pods: Sequence[Pod]) -> tuple[Spared, ...]:
    """Return the other pods that bear the worker's name or id: they are not ended."""
    return tuple(
        Spared(
            target=each.id,
            label=each.name,
            why=f"worker {worker.id} has pod {pod.id} as well; once that is gone,"
            f" runpod terminate {each.id} ends this one",
        )
        for each in pods
        if each.id != pod.id and worker.id == each.name
    )


def why_spared(
    worker: Worker, pod: Pod, locked: frozenset[PodId] | None, limits: "Limits"
) -> str | None:
    """Return why the worker and its pod are left alone; None when they may be ended."""
    if worker.runpod_id not in (None, pod.id):
        return by_namesake(worker, pod)
    return ending.why_kept(pod, locked, limits)


def alive(worker: Worker, now: datetime) -> bool:
    """Tell whether the worker beat within the last minute."""
    silence = worker.silence(now)
    return silence is not None and silence <= AGEING


def why_unsettled(worker: Worker, limits: "Limits", now: datetime) -> str | None:
    """Return why the row of a worker without a pod stays; None if it may be settled."""
    # Where no pod can be seen gone, only the heartbeat tells: beyond STALE it is dead.
    enough = AGEING if worker.runpod_id else STALE
    beat = worker.last_heartbeat_at
    if beat is not None and now - beat <= enough:
        return f"it beat {ago(beat, now)}, and may be alive"
    age = now - worker.created_at
    if worker.runpod_id is None and age < limits.minimum_pod_age:
        return f"it is only {spoken(age)} old and has no pod yet"
    return None


def item(worker: Worker, pod: Pod, tasks: Sequence[Task], now: datetime) -> Item:
    """Return the item that ends the worker and its pod."""
    living = alive(worker, now)
    since = None if living else worker.last_heartbeat_at or worker.created_at
    age = pod.age(now) if since is None else max(now - since, timedelta(0))
    cost = pod.cost_per_hour_usd if pod.running else None
    so_far = None
    if cost is not None and age is not None:
        so_far = round(cost * (age / HOUR), 2)
    busy = [task for task in tasks if task.phase is TaskPhase.RUNNING]
    return Item(
        target=worker.id,
        label=pod.name if pod.name != worker.id else "",
        action="terminate worker",
        why=_why(worker, now),
        then=ending.then([worker], busy),
        since=since,
        cost_per_hour_usd=cost,
        cost_so_far_usd=so_far,
        pods=1,
        running=pod.running,
        seen={
            **ending.pod_seen(pod, now),
            "status": worker.status,
            "alive": living,
            **{f"task {task.id}": AT_WORK for task in busy},
        },
    )


async def look(item: Item, hands: Hands) -> Ended | None:
    """Return why the worker is no longer to be ended, or could not be looked at."""
    id, pod_id, now = WorkerId(item.target), PodId(str(item.seen["pod"])), hands.clock()
    try:
        pod, worker, held, locked = await asyncio.gather(
            hands.system.pods.get(pod_id),
            hands.system.workers.get(id),
            hands.system.tasks.of_worker(id),
            ending.locked(hands),
        )
    except NotFound:
        return ending.left(item, "its row is gone")
    except SourceDown as error:
        return ending.unseen(item, error)
    if worker.phase is WorkerPhase.ENDED and pod is None:
        return ending.left(item, "it is ended already")
    if pod is None:
        why = why_unsettled(worker, hands.limits, now)
        told = why or f"worker forget {typed(id)} settles its row"
        return ending.left(item, f"its pod is gone already ({told})")
    if kept := ending.why_kept(pod, locked, hands.limits):
        return ending.left(item, kept)
    if worker.runpod_id not in (None, pod_id):
        return ending.left(item, f"it has another pod now: {worker.runpod_id}")
    if anew := ending.restarted(item.seen, pod, now):
        return ending.left(item, anew.replace("it was", "its pod was", 1))
    if alive(worker, now) and not item.seen["alive"]:
        return ending.left(item, "it beats again since the plan")
    taken = _new_work(item, held.rows)
    return ending.left(item, taken) if taken else None


async def do(item: Item, hands: Hands) -> Ended:
    """End the pod; when it is gone, mark the row and give its tasks back."""
    stays = await ending.end_pod(PodId(str(item.seen["pod"])), hands)
    return _about(item, stays) or await settled(item, hands, "its pod is gone")


async def settle(item: Item, hands: Hands) -> Ended:
    """Find out what became of the pod; settle what is behind it if it is gone."""
    pod = PodId(str(item.seen["pod"]))
    stays = await ending.gone(pod, hands, asked=ending.STOPPED, otherwise=Fate.UNKNOWN)
    first = f"{ending.STOPPED}; its pod is gone"
    return _about(item, stays) or await settled(item, hands, first)


async def settled(item: Item, hands: Hands, first: str) -> Ended:
    """Mark the worker's row as ended and give its tasks back; say *first* first."""
    try:
        worker = await hands.system.workers.get(WorkerId(item.target))
    except NotFound:
        return ending.Aftermath(said=["its row is gone"]).ended(item.target, first)
    except SourceDown as error:
        why = f"its row could not be read: {error.message}"
        return ending.Aftermath(trouble=[why]).ended(item.target, first)
    if worker.runpod_id not in (None, item.seen["pod"]):
        why = f"its row has another pod now, and was left: {worker.runpod_id}"
        return ending.Aftermath(trouble=[why]).ended(item.target, first)
    after = await ending.give_back([worker], hands)
    return after.ended(item.target, first)


def _about(item: Item, stays: Ended | None) -> Ended | None:
    """Return what is known of the pod as what is known of the worker."""
    if stays is None:
        return None
    return Ended(
        target=item.target,
        outcome=stays.outcome,
        detail=f"pod {stays.target}: {stays.detail}",
    )


def _new_work(item: Item, tasks: Sequence[Task]) -> str | None:
    for task in tasks:
        running = task.phase is TaskPhase.RUNNING
        if running and item.seen.get(f"task {task.id}") != AT_WORK:
            return f"it took task {task.id[:8]} since the plan"
    return None


def _why(worker: Worker, now: datetime) -> str:
    parts = [f"its status is {worker.status}"]
    beat = worker.last_heartbeat_at
    if beat is None:
        parts.append(f"never beat in {spoken(now - worker.created_at)}")
    else:
        parts.append(f"beat {ago(beat, now)}")
    return ", ".join(parts)


def by_worker(tasks: Sequence[Task]) -> Mapping[str, Sequence[Task]]:
    """Return the tasks by the worker that holds them."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        if task.worker_id is not None:
            found.setdefault(task.worker_id, []).append(task)
    return found
