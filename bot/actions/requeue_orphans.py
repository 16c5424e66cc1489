"""`orphans requeue`: put all tasks of dead workers back into the queue."""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.action import Action, Gated, Planning
from bot.actions import requeueing
from bot.domain.errors import SourceDown
from bot.domain.offers import Plan, Spared
from bot.rules.reigh.orphaned_task import why_orphaned


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeueOrphansQuery(Gated):
    """All of them."""


async def plan(query: RequeueOrphansQuery, planning: Planning) -> Plan:
    """Return the orphaned tasks that may go back, and those that may not.

    Raises:
        SourceDown: the tasks in progress could not be read whole.
    """
    del query
    system, now = planning.system, planning.now
    running, pods = await asyncio.gather(
        system.tasks.running(), planning.gaps.ask(system.pods.all(), None)
    )
    if not running.whole:
        msg = "did not show all tasks in progress"
        raise SourceDown(system.name, msg)
    items, spared = [], []
    for task, worker in running.rows:
        reason = why_orphaned(task, worker, now)
        if reason is None:
            continue
        why = requeueing.why_kept(task, worker, pods, now)
        if why is None:
            items.append(requeueing.item(task, reason))
        else:
            spared.append(Spared(target=task.id, why=why))
    return Plan(items=tuple(items), left_alone=tuple(spared))


ACTION: Final = Action(
    name="orphans requeue",
    answers="Put the tasks of dead workers back into the queue",
    query=RequeueOrphansQuery,
    plan=plan,
    look=requeueing.look,
    do=requeueing.do,
    settle=requeueing.settle,
    warning="They start from the beginning, and count as one more attempt each.",
    examples=("orphans requeue", "orphans requeue --dry-run"),
    place=18,
)
