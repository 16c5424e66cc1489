"""`worker terminate ID`: end a worker with its pod, and give its tasks back."""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.action import Action, Gated, Planning, one
from bot.actions import worker_pods
from bot.command import worker_text
from bot.domain.offers import Plan, Spared
from bot.domain.requeues import pod_of
from bot.domain.spelling import typed
from bot.domain.workers import WorkerPhase
from bot.sources import whole_worker_id


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateWorkerQuery(Gated):
    """Which worker."""

    id: str = one(listed_by="workers", read=worker_text)


async def plan(query: TerminateWorkerQuery, planning: Planning) -> Plan:
    """Return the one worker, or why it is left alone.

    Raises:
        NotFound: there is no such worker.
        SourceDown: it, its pod or its tasks could not be read.
    """
    system = planning.system
    id = await whole_worker_id(query.id, system)
    worker, pods, locked, held = await asyncio.gather(
        system.workers.get(id),
        system.pods.all(),
        planning.locked(),
        system.tasks.of_worker(id),
    )
    pod = pod_of(worker, pods)
    why, instead = None, ""
    if pod is None and not worker.runs_on_gpu:
        why = "it is a coordinator of outside APIs, which has no pod"
    elif pod is None and worker.phase is WorkerPhase.ENDED:
        why = "it is ended already"
    elif pod is None:
        stays = worker_pods.why_unsettled(worker, planning.limits, planning.now)
        instead = "" if stays else f"worker forget {typed(id)}"
        why = f"RunPod lists no pod of it ({stays or f'{instead} settles its row'})"
    else:
        why = worker_pods.why_spared(worker, pod, locked, planning.limits)
    if pod is None or why is not None:
        spared = Spared(target=id, why=why or "", instead=instead)
        return Plan(items=(), left_alone=(spared,))
    item = worker_pods.item(worker, pod, held.rows, planning.now)
    unread = () if held.whole else ("not all of its tasks could be read",)
    others = worker_pods.namesakes(worker, pod, pods)
    return Plan(items=(item,), left_alone=others, notes=unread)


ACTION: Final = Action(
    name="worker terminate",
    answers="End a worker with its pod, and give its tasks back to the queue",
    query=TerminateWorkerQuery,
    plan=plan,
    look=worker_pods.look,
    do=worker_pods.do,
    settle=worker_pods.settle,
    warning="Its pod is ended for good; what it works on starts again elsewhere.",
    examples=("worker terminate gpu-20260131_110000-0a1b2c3d",),
    place=12,
)
