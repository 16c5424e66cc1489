"""What waits in the file queue, and why each task does not run."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.domain.agent_limits import BRAIN_DEAD
from bot.domain.agent_names import AgentKind, Lane
from bot.domain.claiming import nobody_takes
from bot.domain.file_queue import Agent, TaskFile
from bot.domain.report import Gap
from bot.domain.tasks import TaskId
from bot.domain.times import spoken
from bot.sources import Listing, Queue, QueueEntry
from bot.sources.agents.folder import NAME, Folder
from bot.sources.agents.heartbeats import heartbeats
from bot.sources.agents.lanes import changed_since, standing
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.signals import signals
from bot.sources.agents.task_files import task, unreadable

# A private task names what it waits for; of what is complete, so many are looked at.
_LANES: Final = (Lane.PRIVATE, Lane.QUEUE, Lane.PROCESSING, Lane.FAILED)
LOOKED_AT: Final = 20_000
_ITEM: Final = "{ITEM"


def waiting(folder: Folder, shelf: Shelf, now: datetime) -> Queue:
    """Return what waits, oldest first, and why each does not run as of *now*."""
    at = standing(folder, *_LANES)
    files: dict[Lane, list[TaskFile]] = {lane: [] for lane in Lane}
    for lane in _LANES:
        for each in shelf.files(at.of(lane), lane):
            files[each.lane].append(each)
    agents, unread = heartbeats(folder)
    told = tuple(each for each in agents if each.kind is not AgentKind.BRAIN)
    brain = next((each for each in agents if each.kind is AgentKind.BRAIN), None)
    stopped = {each.worker for each in signals(folder) if each.kind == "stop"}
    known = named(
        (*files[Lane.PRIVATE], *files[Lane.QUEUE]),
        (*(each for lane in files.values() for each in lane),),
    )
    done = _done(folder, shelf, files[Lane.PRIVATE])
    entries = []
    for each in files[Lane.QUEUE]:
        if not each.read:
            entries.append(_entry(each, "unreadable", "its file holds no JSON object"))
        elif each.executor == "brain" or each.task_class == "brain":
            entries.append(_of_brain(each, brain, now))
        else:
            found = nobody_takes(each, told, now, stopped=stopped)
            entries.append(
                _entry(each, found.reason, found.detail) if found else _entry(each)
            )
    for each in files[Lane.PRIVATE]:
        reason, detail = _dependency(each, known, done)
        entries.append(_entry(each, reason, detail, known=known))
    entries.sort(key=lambda entry: (entry.task.created_at, entry.task.id))
    return Queue(
        entries=Listing(tuple(entries)),
        running=tuple(task(each) for each in files[Lane.PROCESSING]),
        untold=_untold(files, unread),
    )


def named(
    wanting: Iterable[TaskFile], among: Iterable[TaskFile]
) -> Mapping[tuple[str, str], TaskFile]:
    """Return the tasks that others wait for, by batch and name.

    Of several that bear the name, one that did not fail.
    """
    wanted = {(each.batch, name) for each in wanting for name in each.depends_on}
    best_last = sorted(among, key=lambda each: (each.lane is not Lane.FAILED, each.id))
    return {
        (each.batch, each.name): each
        for each in best_last
        if (each.batch, each.name) in wanted
    }


def dependencies(
    each: TaskFile, known: Mapping[tuple[str, str], TaskFile]
) -> tuple[TaskId, ...]:
    """Return the ids of what the task waits for, as far as their files are there."""
    found = (known.get((each.batch, name)) for name in each.depends_on)
    return tuple(other.id for other in found if other is not None)


def _done(
    folder: Folder, shelf: Shelf, private: Sequence[TaskFile]
) -> frozenset[tuple[str, str]]:
    """Return batch and name of what is complete since the oldest private task."""
    made = [each.created_at for each in private if each.created_at is not None]
    if not made:
        return frozenset()
    since = min(made).timestamp()
    ids, _ = changed_since(folder, Lane.COMPLETE, since, most=LOOKED_AT)
    return frozenset(
        (each.batch, each.name) for each in shelf.files(ids, Lane.COMPLETE)
    )


def _dependency(
    each: TaskFile,
    known: Mapping[tuple[str, str], TaskFile],
    done: frozenset[tuple[str, str]],
) -> tuple[str, str]:
    """Return what a private task waits for."""
    if not each.read:
        return "unreadable", "its file holds no JSON object"
    open_ones = []
    for name in each.depends_on:
        if (each.batch, name) in done:
            continue
        other = known.get((each.batch, name))
        if other is not None and other.lane is Lane.FAILED:
            return (
                "dependency failed",
                f"{name} is {other.status}, so it is never released",
            )
        if _ITEM in name:
            return (
                "dependency gone",
                f"no task is ever called {name}, so it is never released",
            )
        open_ones.append(
            f"{name} is {other.status}" if other else f"{name} has no file"
        )
    if open_ones:
        return "waits for dependency", "; ".join(open_ones)
    return "waits for the brain", "what it depends on is done: the brain releases it"


def _of_brain(each: TaskFile, brain: Agent | None, now: datetime) -> QueueEntry:
    age = brain.age(now) if brain else None
    if age is None:
        return _entry(each, "no brain", "only the brain takes it, and it never beat")
    if age > BRAIN_DEAD:
        silent = f"only the brain takes it, silent for {spoken(age)}"
        return _entry(each, "brain silent", silent)
    return _entry(each, by_api=True)


def _entry(
    each: TaskFile,
    reason: str | None = None,
    detail: str = "",
    *,
    known: Mapping[tuple[str, str], TaskFile] | None = None,
    by_api: bool = False,
) -> QueueEntry:
    needed = dependencies(each, known) if known else ()
    return QueueEntry(
        task=task(each, dependencies=needed),
        reason=reason,
        detail=detail,
        by_api=by_api,
    )


def _untold(
    files: Mapping[Lane, Sequence[TaskFile]],
    unread: Sequence[str],
) -> tuple[Gap, ...]:
    gaps = [
        Gap(source=NAME, reason=f"{_whose(name)}'s heartbeat is unreadable ({name})")
        for name in unread
    ]
    if bad := unreadable(each for lane in files.values() for each in lane):
        gaps.append(Gap(source=NAME, reason=bad))
    return tuple(gaps)


def _whose(name: str) -> str:
    """Return whose heartbeat a file is: its folder or its own name tells."""
    path = Path(name)
    return path.parent.name if path.name == "heartbeat.json" else path.stem
