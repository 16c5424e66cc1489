"""`task requeue ID`: put one task back into the queue."""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.action import Action, Gated, Planning, one
from bot.actions import requeueing
from bot.domain.failures import fails_again
from bot.domain.offers import Plan, Spared
from bot.domain.tasks import Task
from bot.domain.verdicts import gist
from bot.rules.reigh.orphaned_task import why_orphaned
from bot.sources import family, whole_task_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeueTaskQuery(Gated):
    """Which task."""

    id: str = one(listed_by="tasks --status Failed")


async def plan(query: RequeueTaskQuery, planning: Planning) -> Plan:
    """Return the one task, or why it is left alone.

    Raises:
        NotFound: there is no such task.
        SourceDown: it could not be read.
    """
    system, now = planning.system, planning.now
    id = await whole_task_id(query.id, system)
    (task, worker), pods = await asyncio.gather(
        system.tasks.get(id), planning.gaps.ask(system.pods.all(), None)
    )
    why = requeueing.why_kept(task, worker, pods, now)
    if why is not None:
        return Plan(items=(), left_alone=(Spared(target=id, why=why),))
    orphaned = why_orphaned(task, worker, now)
    kin = None if orphaned else await family(task, (), system.tasks, planning.gaps)
    notes = () if kin is None else _notes(task, kin.root)
    return Plan(items=(requeueing.item(task, orphaned or "it failed"),), notes=notes)


def _notes(task: Task, root: Task | None) -> tuple[str, ...]:
    """Return that it would fail again, by its own error or that of its *root*."""
    cause = root or task
    if not cause.error or not fails_again(cause.error):
        return ()
    again = (
        f"as it is, it would probably fail again: task {cause.id} tells what to change"
    )
    whose = "its error" if root is None else f"it fell with {root.id[:8]}, whose error"
    return (f"{whose} was: {gist(cause.error)}", again)


ACTION: Final = Action(
    name="task requeue",
    answers="Put a failed or orphaned task back into the queue",
    query=RequeueTaskQuery,
    plan=plan,
    look=requeueing.look,
    do=requeueing.do,
    settle=requeueing.settle,
    warning="It starts from the beginning, and counts as one more attempt.",
    examples=("task requeue 41345358",),
    place=11,
)
