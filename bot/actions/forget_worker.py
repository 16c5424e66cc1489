"""`worker forget ID`: settle the row of a worker whose pod is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.action import Action, Gated, Hands, Planning, one
from bot.actions import ending, worker_pods
from bot.command import worker_text
from bot.domain.errors import NotFound, SourceDown
from bot.domain.offers import Ended, Fate, Item, Plan, Spared
from bot.domain.pods import Pod, PodId
from bot.domain.requeues import pod_of
from bot.domain.spelling import typed
from bot.domain.times import ago
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.sources import System, whole_worker_id

if TYPE_CHECKING:  # what only the gate needs, --help does not pay for
    from bot.domain.policy import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetWorkerQuery(Gated):
    """Which worker."""

    id: str = one(listed_by="workers", read=worker_text)


async def plan(query: ForgetWorkerQuery, planning: Planning) -> Plan:
    """Return the row to be settled, or why it is left alone.

    Raises:
        NotFound: there is no such worker.
        SourceDown: its row or RunPod could not be read.
    """
    system, now = planning.system, planning.now
    id = await whole_worker_id(query.id, system)
    worker, held = await asyncio.gather(
        system.workers.get(id), system.tasks.of_worker(id)
    )
    pod = await _pod(worker, system)
    stays = await _why_stays(worker, pod, planning.locked, planning.limits)
    why = _why_kept(worker, pod, stays, planning.limits, now)
    if why is not None:
        ends = _there(pod) and stays is None
        instead = f"worker terminate {typed(id)}" if ends else ""
        spared = Spared(target=id, why=why, instead=instead)
        return Plan(items=(), left_alone=(spared,))
    gone = f"its pod {worker.runpod_id} is gone" if worker.runpod_id else _PODLESS
    seen = worker.last_heartbeat_at
    beat = "it never beat" if seen is None else f"beat {ago(seen, now)}"
    item = Item(
        target=id,
        action="mark terminated",
        why=f"its status is {worker.status}, {beat}, and {gone}",
        then=ending.then((), held.rows),
        since=worker.last_heartbeat_at or worker.created_at,
        seen={"status": worker.status, "pod": worker.runpod_id},
    )
    return Plan(items=(item,))


async def look(item: Item, hands: Hands) -> Ended | None:
    """Return why the row is no longer to be settled, or could not be looked at."""
    try:
        worker = await hands.system.workers.get(WorkerId(item.target))
        pod = await _pod(worker, hands.system)
    except NotFound:
        return ending.left(item, "its row is gone")
    except SourceDown as error:
        return ending.unseen(item, error)
    locked = partial(ending.locked, hands)
    stays = await _why_stays(worker, pod, locked, hands.limits)
    why = _why_kept(worker, pod, stays, hands.limits, hands.clock())
    if why is None and worker.runpod_id != item.seen["pod"]:
        why = f"it has another pod now: {worker.runpod_id}"
    return None if why is None else ending.left(item, why)


async def do(item: Item, hands: Hands) -> Ended:
    """Mark the row as ended, and give its tasks back."""
    return await worker_pods.settled(item, hands, _gone(item))


async def settle(item: Item, hands: Hands) -> Ended:
    """Finish what was begun, if its pod is still gone."""
    stays = await look(item, hands)
    if stays is not None and stays.outcome is Fate.FAILED:
        detail = f"{ending.STOPPED}; nobody could look what became of it"
        return Ended(target=item.target, outcome=Fate.UNKNOWN, detail=detail)
    if stays is not None and stays.detail != _ENDED:
        return stays
    return await worker_pods.settled(item, hands, f"{ending.STOPPED}; {_gone(item)}")


ACTION: Final = Action(
    name="worker forget",
    answers="Mark a worker whose pod is gone as terminated, and give its tasks back",
    query=ForgetWorkerQuery,
    plan=plan,
    look=look,
    do=do,
    settle=settle,
    warning="Its row is marked terminated, and its tasks start again elsewhere.",
    examples=("worker forget gpu-20260131_110000-0a1b2c3d",),
    place=13,
)

_ENDED: Final = "it is marked terminated already"
_PODLESS: Final = "it never had a pod"


def _gone(item: Item) -> str:
    return "its pod is gone" if item.seen["pod"] else _PODLESS


async def _pod(worker: Worker, system: System) -> Pod | None:
    """Return the worker's pod as it is now; a list alone may leave one out."""
    listed, named = await asyncio.gather(
        system.pods.all(), _named(worker.runpod_id, system)
    )
    return named or pod_of(worker, listed)


async def _named(id: str | None, system: System) -> Pod | None:
    return await system.pods.get(PodId(id)) if id else None


def _there(pod: Pod | None) -> bool:
    return pod is not None and pod.status != "TERMINATED"


async def _why_stays(
    worker: Worker,
    pod: Pod | None,
    locked: Callable[[], Awaitable[frozenset[PodId] | None]],
    limits: "Limits",
) -> str | None:
    """Return why its pod may not be ended either; None if it may, or is not there."""
    if pod is None or not _there(pod):
        return None
    return worker_pods.why_spared(worker, pod, await locked(), limits)


def _why_kept(
    worker: Worker,
    pod: Pod | None,
    stays: str | None,
    limits: "Limits",
    now: datetime,
) -> str | None:
    if worker.phase is WorkerPhase.ENDED:
        return _ENDED
    if not worker.runs_on_gpu:
        return "it is a coordinator of outside APIs, which has no pod"
    if pod is not None and _there(pod):
        if stays and worker.runpod_id not in (None, pod.id):
            return stays
        but = f", but not while {stays}" if stays else ""
        ends = f"worker terminate ends both{but}"
        return f"its pod {pod.id} is there ({pod.status}): {ends}"
    return worker_pods.why_unsettled(worker, limits, now)
