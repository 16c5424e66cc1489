"""Which task failed by itself, where others fell with it or wait for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.tasks import Task, TaskId, TaskPhase

FOLLOWED: Final = 10  # steps of a cascade; real ones have two or three


def cascade(task: Task, known: Mapping[TaskId, Task]) -> tuple[Task, ...]:
    """Return the tasks from the next cause to the one that failed by itself.

    Empty when *task* failed by itself, or its cause is not *known*. A circle, or more
    steps than any real cascade has, ends the search: see `root`.
    """
    steps: list[Task] = []
    here = task
    while len(steps) < FOLLOWED:
        cause = _cause(here, known)
        if cause is None or cause.id == task.id or cause in steps:
            break
        steps.append(cause)
        here = cause
    return tuple(steps)


def root(steps: Sequence[Task]) -> Task | None:
    """Return the task that failed by itself, at the end of a cascade.

    None when the cascade ends with one that fell with another: its cause is gone, or
    they blame each other.
    """
    if not steps or steps[-1].cascaded_from is not None:
        return None
    return steps[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blockade:
    """Why a waiting task never runs.

    *chain* leads from its dependency to the one that will never complete: each but the
    last waits for the next.
    """

    chain: tuple[TaskId, ...]
    why: str

    @property
    def id(self) -> TaskId:
        """The one that will never complete."""
        return self.chain[-1]

    @property
    def told(self) -> str:
        """What it waits for, as a sentence about the waiting task."""
        names = ", that for ".join(id[:8] for id in self.chain)
        return f"it waits for {names}, which {self.why}"


def blockade(
    task: Task, known: Mapping[TaskId, Task], gone: Collection[TaskId]
) -> Blockade | None:
    """Return the nearest dependency that will never complete; None if all may.

    One that is not *known*, nor *gone*, may yet. A circle ends the search.
    """
    ways: list[tuple[Task, tuple[TaskId, ...]]] = [(task, ())]
    seen = {task.id}
    for here, chain in ways:  # it grows: the nearest are looked at first
        if here.phase is not TaskPhase.WAITING:
            continue
        for id in here.dependencies:
            other = known.get(id)
            if other and other.phase in (TaskPhase.FAILED, TaskPhase.CANCELLED):
                return Blockade(chain=(*chain, id), why=f"is {other.status}")
            if id in gone:
                return Blockade(chain=(*chain, id), why="no longer exists")
            if other and id not in seen:
                seen.add(id)
                ways.append((other, (*chain, id)))
    return None


def fell_with_its_tasks(task: Task) -> bool:
    """Tell whether a coordinator failed and has no error of its own."""
    bare = task.sums_up or task.error is None
    return task.phase is TaskPhase.FAILED and task.coordinates and bare


def _cause(task: Task, known: Mapping[TaskId, Task]) -> Task | None:
    if task.cascaded_from is not None:
        return known.get(task.cascaded_from)
    if not fell_with_its_tasks(task):
        return None
    by_themselves = (
        each
        for each in known.values()
        if each.parent == task.id
        and each.phase is TaskPhase.FAILED
        and each.cascaded_from is None
    )
    return min(by_themselves, key=_ended_at, default=None)


def _ended_at(task: Task) -> datetime:
    return task.processed_at or task.updated_at or task.created_at
