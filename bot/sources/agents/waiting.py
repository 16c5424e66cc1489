"""What waits in the file queue, and why each task does not run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.agent_limits import BRAIN_DEAD
from bot.domain.agent_names import ABANDONED, SUCCEEDED, AgentKind, Lane
from bot.domain.claiming import nobody_takes
from bot.domain.file_failures import failed_for_good, lets_failures_pass
from bot.domain.file_queue import Agent, Configured, TaskFile
from bot.domain.report import Gap
from bot.domain.tasks import TaskId
from bot.domain.times import spoken
from bot.domain.waits import UNTOLD
from bot.sources import Listing, Queue, QueueEntry
from bot.sources.agents.folder import NAME, Folder
from bot.sources.agents.heartbeats import heartbeats
from bot.sources.agents.lanes import changed_since, standing, those
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.signals import signals
from bot.sources.agents.steps import steps
from bot.sources.agents.task_files import task, unreadable
from bot.sources.asking import untold

# A private task names what it waits for; of what is complete, so many are looked at.
_LANES: Final = (Lane.PRIVATE, Lane.QUEUE, Lane.PROCESSING, Lane.FAILED)
LOOKED_AT: Final = 20_000
_ITEM: Final = "{ITEM"
_UNSEEN: Final = "not every heartbeat was read, and who was read does not take it"
TWICE: Final = "it is complete already, and would run twice"


def waiting(
    folder: Folder, shelf: Shelf, now: datetime, configured: Configured | None = None
) -> Queue:
    """Return what waits, oldest first, and why each does not run as of *now*.

    How often a task is tried that others wait for, its programs are *configured*.
    """
    at = standing(folder, *_LANES)
    files: dict[Lane, list[TaskFile]] = {lane: [] for lane in Lane}
    for lane in _LANES:
        for each in shelf.files(at.of(lane), lane):
            files[each.lane].append(each)
    agents, unread = heartbeats(folder)
    told = tuple(each for each in agents if each.kind is not AgentKind.BRAIN)
    brain = next((each for each in agents if each.kind is AgentKind.BRAIN), None)
    stopped = _stopped(folder)
    known = named(
        (*files[Lane.PRIVATE], *files[Lane.QUEUE]),
        (*(each for lane in files.values() for each in lane),),
    )
    done, whole = _done(folder, shelf, files[Lane.PRIVATE])
    every = (*(each for lane in files.values() for each in lane), *done)
    ends = _Ends(
        done=frozenset((each.batch, each.name) for each in done),
        events=steps(folder, every),
        configured=configured,
        whole=whole and not at.unread and all(each.read for each in every),
    )
    entries = []
    for each in files[Lane.QUEUE]:
        if not each.read:
            entries.append(_entry(each, "unreadable", "its file holds no JSON object"))
        elif each.executor == "brain" or each.task_class == "brain":
            entries.append(_of_brain(each, brain, now))
        else:
            found = nobody_takes(each, told, now, stopped=stopped)
            again = TWICE if _is_complete(folder, each) else ""
            entries.append(
                _entry(each, found.reason, found.detail)
                if found
                else _entry(each, detail=again)
            )
    if unread:  # whose heartbeat it is may well take it
        entries = [_doubted(each) for each in entries]
    for each in files[Lane.PRIVATE]:
        reason, detail = _dependency(each, known, ends)
        entries.append(_entry(each, reason, detail, known=known))
    entries.sort(key=lambda entry: (entry.task.created_at, entry.task.id))
    return Queue(
        entries=Listing(tuple(entries), whole=not at.unread, hides=bool(at.unread)),
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
) -> tuple[Sequence[TaskFile], bool]:
    """Return what is complete since the oldest private task, and whether all of it."""
    made = [each.created_at for each in private if each.created_at is not None]
    if not made:
        return (), True
    since = min(made).timestamp()
    ids, whole = changed_since(folder, Lane.COMPLETE, since, most=LOOKED_AT)
    return shelf.files(ids, Lane.COMPLETE), whole


def _is_complete(folder: Folder, each: TaskFile) -> bool:
    """Tell whether a task of the queue lies among the complete ones as well."""
    return Lane.COMPLETE in those(folder.root, each.id, (Lane.COMPLETE,))


def _stopped(folder: Folder) -> frozenset[str]:
    """Return the agents that were told to stop; none, and a gap, if nobody knows."""
    try:
        found = signals(folder)
    except PermissionError as error:
        why = f"signals unreadable{folder.where(error)}: {error.strerror}"
        untold(Gap(source=NAME, reason=why))
        return frozenset()
    return frozenset(each.worker for each in found if each.kind == "stop")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """What became of steps, by batch and name: those complete, and those put away.

    *whole* is False where a file that was not read may be that of any step.
    """

    done: frozenset[tuple[str, str]]
    events: Mapping[tuple[str, str], str]
    configured: Configured | None
    whole: bool

    def settled(self, step: tuple[str, str], file: TaskFile | None) -> bool:
        """Tell whether the step, of that file, is waited for no more."""
        if step in self.done or self.events.get(step) == SUCCEEDED:
            return True
        return lets_failures_pass(self.configured) and self.lost(step, file)

    def lost(self, step: tuple[str, str], file: TaskFile | None) -> bool:
        """Tell whether the step, of that file, failed for good."""
        if file is not None:
            return failed_for_good(self.configured, file)
        return self.events.get(step) == ABANDONED


def _dependency(
    each: TaskFile, known: Mapping[tuple[str, str], TaskFile], ends: _Ends
) -> tuple[str, str]:
    """Return what a private task waits for."""
    if not each.read:
        return "unreadable", "its file holds no JSON object"
    open_ones = []
    for name in each.depends_on:
        step = (each.batch, name)
        other = known.get(step)
        if ends.settled(step, other):
            continue
        if ends.lost(step, other):
            why = f"is {other.status}" if other else "was abandoned"
            return _never("dependency failed", f"{name} {why}")
        if other is not None:
            again = ", and tried again" if other.lane is Lane.FAILED else ""
            open_ones.append(f"{name} is {other.status}{again}")
        elif _ITEM in name:
            return _never("dependency gone", f"no task is ever called {name}")
        elif step not in ends.events and ends.whole:
            return _never("dependency gone", f"{name} has no file and no event")
        else:
            open_ones.append(f"{name} has no file")
    if open_ones:
        return "waits for dependency", "; ".join(open_ones)
    return "waits for the brain", "what it depends on is done: the brain releases it"


def _never(reason: str, why: str) -> tuple[str, str]:
    return reason, f"{why}, so it is never released"


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


def _doubted(entry: QueueEntry) -> QueueEntry:
    """Return the entry without a reason that holds only if all heartbeats were read."""
    if entry.reason in (None, "unreadable"):
        return entry
    return replace(entry, reason=UNTOLD, detail=_UNSEEN)


def _untold(
    files: Mapping[Lane, Sequence[TaskFile]],
    unread: Sequence[str],
) -> tuple[Gap, ...]:
    gaps = [Gap(source=NAME, reason=f"{name} could not be read") for name in unread]
    if bad := unreadable(each for lane in files.values() for each in lane):
        gaps.append(Gap(source=NAME, reason=bad))
    return tuple(gaps)
