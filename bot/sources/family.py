"""Which tasks belong to one task? Asked until the cause of its failure is found."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.cascades import FOLLOWED, blockade, cascade, fell_with_its_tasks, root
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.sources.asking import Gaps
from bot.sources.protocols import Tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The tasks around one task, as far as they could be read."""

    parent: Task | None = None
    children: tuple[Task, ...] = ()
    children_read: bool = False
    """Whether all its children are here; only a coordinator's are looked for."""
    dependencies: tuple[Task, ...] = ()
    upstream: tuple[Task, ...] = ()
    """What the dependencies of a waiting task wait for in their turn."""
    dependants: tuple[Task, ...] = ()
    gone: frozenset[TaskId] = frozenset()
    """Dependencies, its own and those of *upstream*, that do not exist any more.

    And what it fell with, if that does not.
    """
    cascade: tuple[Task, ...] = ()
    """From the next cause, or what it waits for in vain, to the root."""

    @property
    def root(self) -> Task | None:
        """The task that failed by itself, if a cascade leads to another one."""
        return root(self.cascade)


async def family(
    task: Task, dependants: Sequence[Task], tasks: Tasks, gaps: Gaps
) -> Family:
    """Read the tasks around this one; what can't be read is a gap."""
    wanted = set(task.dependencies)
    wanted |= {task.cascaded_from} if task.cascaded_from else set()
    needed = frozenset(wanted)
    wanted |= {task.parent} if task.parent else set()
    named, children = await asyncio.gather(
        gaps.ask(tasks.named(wanted), None) if wanted else _none(),
        gaps.ask(tasks.children(task), None) if task.coordinates else _none(),
    )
    children_read = task.coordinates and children is not None
    children = children or ()
    read = {each.id for each in named or ()}
    gone = set() if named is None else needed - read
    known = {t.id: t for t in (task, *(named or ()), *children, *dependants)}
    upstream, lost = await _upstream(task, known, tasks, gaps)
    known |= {each.id: each for each in upstream}
    gone |= lost
    blocked = blockade(task, known, gone)
    blocker = None if blocked is None else known.get(blocked.id)
    steps = await _followed(blocker or task, known, {task.id}, tasks, gaps)
    return Family(
        parent=known.get(task.parent) if task.parent else None,
        children=tuple(children),
        children_read=children_read,
        dependencies=tuple(known[id] for id in task.dependencies if id in known),
        upstream=upstream,
        dependants=tuple(dependants),
        gone=frozenset(gone),
        cascade=steps if blocker is None else (blocker, *steps),
    )


async def _none() -> Sequence[Task]:
    return ()


async def _upstream(
    task: Task, known: Mapping[TaskId, Task], tasks: Tasks, gaps: Gaps
) -> tuple[tuple[Task, ...], set[TaskId]]:
    """Return what waiting dependencies wait for, ring by ring, and what is gone of it.

    Nothing unless the task itself waits.
    """
    found: dict[TaskId, Task] = {}
    gone: set[TaskId] = set()
    ring = [known[id] for id in task.dependencies if id in known]
    if task.phase is not TaskPhase.WAITING:
        return (), gone
    for _ in range(FOLLOWED):
        waiting = [each for each in ring if each.phase is TaskPhase.WAITING]
        wanted = {id for each in waiting for id in each.dependencies}
        wanted -= {*known, *found, *gone}
        if not wanted:
            break
        named = await gaps.ask(tasks.named(wanted), None)
        if named is None:
            break
        ring = list(named)
        found |= {each.id: each for each in ring}
        gone |= wanted - found.keys()
    return tuple(found.values()), gone


async def _followed(
    task: Task,
    known: Mapping[TaskId, Task],
    read: set[TaskId],
    tasks: Tasks,
    gaps: Gaps,
) -> tuple[Task, ...]:
    """Return the cascade of the task; what it leads to is read step by step.

    *known* holds what was read before, and all causes there are of those *read*.
    """
    known, read = dict(known), set(read)
    while True:
        steps = cascade(task, known)
        last = steps[-1] if steps else task
        if last.id in read:
            return steps
        read.add(last.id)
        known |= {each.id: each for each in await _causes(last, tasks, gaps)}


async def _causes(task: Task, tasks: Tasks, gaps: Gaps) -> Sequence[Task]:
    """Return the tasks with one of which this one may have fallen."""
    if task.cascaded_from is not None:
        return await gaps.ask(tasks.named([task.cascaded_from]), ())
    if fell_with_its_tasks(task):
        return await gaps.ask(tasks.children(task), ())
    return ()
