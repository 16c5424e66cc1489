"""How much lies in the file queue, and how much of it was done lately."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import MOST_ENDED
from bot.domain.agent_names import Lane
from bot.domain.figures import counted
from bot.domain.report import Facts, Table
from bot.domain.tasks import TaskPhase
from bot.domain.times import spoken

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue, TaskFile

LATELY: Final = timedelta(minutes=5)  # systems/agents.md, 2A, A10
_UNCLASSED: Final = "plan"  # a plan to be run has no class
UNREAD: Final = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTally:
    """Tasks by their lanes, classes and workers; a sidecar is none of them.

    What was done *lately*, in the last 5 min, is None where the window is shorter.
    """

    lanes: Mapping[str, int]
    waiting: Mapping[str, int]
    """By class: those that an agent could claim, and those that wait for others."""
    running: Mapping[str, int]
    """By class."""
    running_on: Mapping[str, int]
    """By worker."""
    completed_lately: int | None
    failed_lately: int | None
    done: Mapping[str, int]
    """What was completed lately, by class."""
    completed_lately_by: Mapping[str, int]
    """By worker."""


def file_tally(queue: "FileQueue", now: datetime) -> FileTally | None:
    """Return how much there is of what; None where the tasks could not be read."""
    tasks = queue.tasks
    if tasks is None or queue.lanes is None:
        return None
    # The window's own end counts: what ended after it was not read.
    known = queue.window.since <= now - LATELY and now <= queue.window.end
    ended = [
        each
        for each in tasks
        if each.ended_at is not None and now - LATELY < each.ended_at <= now
    ]
    good = [each for each in ended if each.phase is TaskPhase.DONE]
    lost = sum(each.phase is TaskPhase.FAILED for each in ended)
    waits = [each for each in tasks if each.phase is TaskPhase.WAITING]
    runs = [each for each in tasks if each.phase is TaskPhase.RUNNING]
    return FileTally(
        lanes={lane.value: n for lane, n in queue.lanes.items()},
        waiting=_by_class(waits),
        running=_by_class(runs),
        running_on=counted(map(_worker, runs)),
        completed_lately=len(good) if known else None,
        failed_lately=lost if known else None,
        done=_by_class(good) if known else {},
        completed_lately_by=counted(map(_worker, good)) if known else {},
    )


def unlooked(queue: "FileQueue") -> tuple[str, ...]:
    """Return a note that not all complete tasks were looked at; mostly none."""
    complete = (queue.lanes or {}).get(Lane.COMPLETE, 0)
    if complete <= MOST_ENDED:
        return ()
    many = f"{complete:,} complete tasks the newest {MOST_ENDED:,}"
    return (f"of {many} were looked at: an older one that failed counts as complete",)


def _worker(task: "TaskFile") -> str:
    """Return who works on it; of a plan no file tells that it is the brain."""
    return task.worker or task.executor or "nobody"


def _by_class(tasks: "Iterable[TaskFile]") -> Mapping[str, int]:
    return counted(_class(each) for each in tasks)


def _class(task: "TaskFile") -> str:
    return (task.task_class or _UNCLASSED) if task.read else UNREAD


def lanes_told(found: FileTally) -> Facts:
    """Return what waits and runs now, what was done lately, and what lies where."""
    span = spoken(LATELY)
    rows: tuple[tuple[str, str], ...] = (
        ("waiting", _classes(found.waiting)),
        ("in progress", _classes(found.running)),
        (f"completed in {span}", _lately(found.completed_lately, found.done)),
        (f"failed in {span}", _lately(found.failed_lately, {})),
        ("lanes", ", ".join(f"{lane} {n:,}" for lane, n in found.lanes.items())),
    )
    return Facts(title="Now", rows=rows)


def _classes(numbers: Mapping[str, int]) -> str:
    every = sum(numbers.values())
    told = ", ".join(f"{kind} {n:,}" for kind, n in numbers.items())
    return f"{every:,}" + (f": {told}" if told else "")


def _lately(number: int | None, classes: Mapping[str, int]) -> str:
    if number is None:
        return "not in the window"
    return _classes(classes) if classes else f"{number:,}"


def work_told(found: FileTally) -> tuple[Table, ...]:
    """Return who works on how much; nothing where nobody does or lately did."""
    workers = sorted({*found.running_on, *found.completed_lately_by})
    if not workers:
        return ()
    done = found.completed_lately_by
    return (
        Table(
            title="By worker",
            header=("worker", "in progress", f"completed in {spoken(LATELY)}"),
            rows=tuple(
                (
                    each,
                    found.running_on.get(each, 0),
                    None if found.completed_lately is None else done.get(each, 0),
                )
                for each in workers
            ),
        ),
    )
