"""`workers shutdown`: the emergency. Ends every worker; always takes two people."""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.action import Action, Gated, Planning
from bot.actions import worker_pods
from bot.domain.errors import SourceDown
from bot.domain.offers import Plan, Spared
from bot.domain.requeues import pod_of
from bot.domain.workers import WorkerPhase

FLEET_HOURS: Final = 1.0  # living rows come whatever their age


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownWorkersQuery(Gated):
    """All of them."""


async def plan(query: ShutdownWorkersQuery, planning: Planning) -> Plan:
    """Return every worker that has a pod, the dearest first.

    Raises:
        SourceDown: workers, pods or tasks could not be read whole.
    """
    del query
    system, now = planning.system, planning.now
    fleet, pods, locked, running = await asyncio.gather(
        system.workers.fleet(planning.asked.window(FLEET_HOURS)),
        system.pods.all(),
        planning.locked(),
        system.tasks.running(),
    )
    if not (fleet.whole and running.whole):
        msg = "did not show everything, so nobody can tell what would be ended"
        raise SourceDown(system.name, msg)
    tasks = worker_pods.by_worker([task for task, _ in running.rows])
    items, spared = [], []
    for worker in fleet.rows:
        pod = pod_of(worker, pods)
        if worker.phase is WorkerPhase.ENDED:
            continue
        if pod is None:
            why = "RunPod lists no pod of it" if worker.runs_on_gpu else "it has no pod"
            spared.append(Spared(target=worker.id, why=why))
        elif spare := worker_pods.why_spared(worker, pod, locked, planning.limits):
            spared.append(Spared(target=worker.id, why=spare))
        else:
            held = tasks.get(worker.id, ())
            items.append(worker_pods.item(worker, pod, held, now))
            spared += worker_pods.namesakes(worker, pod, pods)
    items.sort(key=lambda item: -(item.cost_per_hour_usd or 0.0))
    return Plan(items=tuple(items), left_alone=tuple(spared))


ACTION: Final = Action(
    name="workers shutdown",
    answers="The emergency: end all workers with their pods",
    query=ShutdownWorkersQuery,
    plan=plan,
    look=worker_pods.look,
    do=worker_pods.do,
    settle=worker_pods.settle,
    warning="Every one of these workers is ended, at work or not.",
    always_second=True,
    examples=("workers shutdown --dry-run",),
    place=14,
)
