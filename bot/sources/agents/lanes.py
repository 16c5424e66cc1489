"""Which tasks there are, while others move their files from lane to lane."""

import errno
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from bot.domain.agent_names import Lane
from bot.domain.tasks import TaskId
from bot.sources.agents.folder import Folder, Unreadable, go_on

T = TypeVar("T")

FOLDERS: Final[Mapping[Lane, str]] = {
    Lane.PRIVATE: "brain/private_tasks",
    Lane.QUEUE: "tasks/queue",
    Lane.PROCESSING: "tasks/processing",
    Lane.FAILED: "tasks/failed",
    Lane.COMPLETE: "tasks/complete",
}
TASKS: Final = "tasks"
ARCHIVE: Final = "tasks/archive"
_TASK: Final = ".json"
_SIDECAR: Final = ".heartbeat.json"
_LOCK: Final = ".lock"
# A move takes well under a millisecond, unless the machine is busy; what stays in two
# lanes over all these pauses is double.
_PAUSES_S: Final = (0.0, 0.05, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where every task's file lies at one moment.

    *doubles* lie in several lanes, and stay so; *sidecars* have their tasks' ids. Of
    lanes that are *unread* nobody knows what lies there; it is said why.
    """

    lanes: Mapping[TaskId, Lane]
    doubles: Mapping[TaskId, tuple[Lane, ...]]
    sidecars: frozenset[TaskId]
    unread: Mapping[Lane, str] = field(default_factory=dict)

    def of(self, *lanes: Lane) -> Sequence[TaskId]:
        """Return the ids of the tasks in those lanes, in a stable order."""
        return sorted(id for id, lane in self.lanes.items() if lane in lanes)


def task_path(root: Path, lane: Lane, id: str) -> Path:
    """Return where the task's file is if it lies in the lane."""
    return root / f"{FOLDERS[lane]}/{id}{_TASK}"


def sidecar_path(root: Path, id: str) -> Path:
    """Return where the task's sidecar is if it has one."""
    return root / f"{FOLDERS[Lane.PROCESSING]}/{id}{_SIDECAR}"


def task_of(name: str) -> TaskId | None:
    """Return the id that a task's file is named by; None for any other file."""
    if not name.endswith(_TASK) or name.endswith(_SIDECAR) or name.startswith("."):
        return None
    return TaskId(name.removesuffix(_TASK))


def sidecar_of(name: str) -> TaskId | None:
    """Return the id that a sidecar is named by; None for any other file."""
    return TaskId(name.removesuffix(_SIDECAR)) if name.endswith(_SIDECAR) else None


def is_lock(name: str) -> bool:
    """Tell whether a file of the queue is a lock."""
    return name.endswith(_LOCK)


def standing(folder: Folder, *lanes: Lane) -> Standing:
    """Return where the tasks of the lanes are; all lanes if none is named.

    Lanes are listed in the order in which tasks go, so that one that goes on
    meanwhile is seen twice rather than never; queue and processing once more, for
    those that go back. One seen in two lanes is looked at again: what has moved on is
    where it is by then, and what stays in both is a double. One that cannot be listed
    is named as a gap.

    Raises:
        PermissionError: not one of all lanes may be listed.
    """
    wanted = [each for each in FOLDERS if not lanes or each in lanes]
    seen: dict[TaskId, dict[Lane, None]] = {}
    sidecars: set[TaskId] = set()
    unread: dict[Lane, str] = {}
    back = [each for each in wanted if each in (Lane.QUEUE, Lane.PROCESSING)]
    for lane in (*wanted, *back):
        go_on()
        try:
            names = _listed(folder, lane, folder.names)
        except Unreadable as error:
            unread[lane] = str(error)
            continue
        for name in names:
            id = task_of(name)
            if id is not None:
                seen.setdefault(id, {})[lane] = None
            elif (of := sidecar_of(name)) is not None:
                sidecars.add(of)
    if len(unread) == len(FOLDERS):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    open_ones = {id: tuple(at) for id, at in seen.items() if len(at) > 1}
    settled = {id: next(iter(at)) for id, at in seen.items() if len(at) == 1}
    for pause in _PAUSES_S:
        if not open_ones:
            break
        time.sleep(pause)
        still = {id: those(folder.root, id, FOLDERS) for id in open_ones}
        # One in none of them goes on, or back, just now: it is told where it was last.
        settled |= {
            id: (at or open_ones[id])[-1] for id, at in still.items() if len(at) < 2
        }
        open_ones = {id: at for id, at in still.items() if len(at) > 1}
    return Standing(
        lanes={
            id: lane
            for id, lane in (
                *settled.items(),
                *((id, _first(at)) for id, at in open_ones.items()),
            )
            if lane in wanted
        },
        doubles=open_ones,
        sidecars=frozenset(sidecars),
        unread=unread,
    )


def _listed(folder: Folder, lane: Lane, listed: Callable[[str], list[T]]) -> list[T]:
    """Return what is listed of the lane.

    Raises:
        Unreadable: nobody knows what lies there; it is named as a gap.
    """
    try:
        found = listed(FOLDERS[lane])
        if found or lane is Lane.PRIVATE or (folder.root / TASKS).is_dir():
            return found
        place, why = TASKS, "is no folder that is there"
    except PermissionError:
        place, why = FOLDERS[lane], "may not be read"
    folder.lack(folder.root / place, why)
    msg = f"{place} {why}"
    raise Unreadable(msg)


def lanes_of(folder: Folder, id: str) -> tuple[Lane, ...]:
    """Return the lanes in which the task's file lies, looked at again if none does."""
    for pause in _PAUSES_S[:2]:
        time.sleep(pause)
        found = those(folder.root, id, FOLDERS)
        if len(found) == 1:
            return found
    return those(folder.root, id, FOLDERS)


def batches(folder: Folder) -> Sequence[str] | None:
    """Return the batches with archived tasks; None, and a gap, where that is shut."""
    try:
        return sorted(folder.names(ARCHIVE))
    except PermissionError:
        folder.lack(folder.root / ARCHIVE, "may not be read")
        return None


def archived(
    folder: Folder, prefix: str, of: str | None = None
) -> Sequence[tuple[TaskId, Lane, Path]]:
    """Return the archived tasks whose ids begin so: id, lane and file.

    Those of one batch if it is named.
    """
    found, every = list[tuple[TaskId, Lane, Path]](), batches(folder)
    if every is None:
        return ()
    for batch in [each for each in every if of in (None, each)]:
        go_on()
        for lane in (Lane.COMPLETE, Lane.FAILED, Lane.QUEUE, Lane.PROCESSING):
            base = f"{ARCHIVE}/{batch}/{lane.value}"
            found += [
                (id, lane, folder.root / base / name)
                for name in folder.names(base)
                if (id := task_of(name)) is not None and id.startswith(prefix)
            ]
    return found


def changed_since(
    folder: Folder, lane: Lane, since: float, *, most: int
) -> tuple[list[TaskId], bool]:
    """Return the tasks whose files changed since then, the newest first.

    Of more than *most* the newest are returned, with False; so are none, with a gap,
    of a lane that cannot be listed.
    """
    found: list[tuple[float, TaskId]] = []
    try:
        entries = _listed(folder, lane, folder.entries)
    except Unreadable:
        return [], False
    for entry in entries:
        id = task_of(entry.name)
        if id is None:
            continue
        try:
            changed = _about(entry).st_mtime
        except OSError:  # it has moved on
            continue
        if changed >= since:
            found.append((changed, id))
    found.sort(reverse=True)
    return [id for _, id in found[:most]], len(found) <= most


def _about(entry: "os.DirEntry[str]") -> os.stat_result:
    """Return what is known of a file; of a link that leads nowhere, of the link."""
    try:
        return entry.stat()
    except OSError:
        return entry.stat(follow_symlinks=not entry.is_symlink())


def those(root: Path, id: str, lanes: Iterable[Lane]) -> tuple[Lane, ...]:
    """Return in which of the lanes the task's file lies at this moment."""
    return tuple(each for each in lanes if os.path.lexists(task_path(root, each, id)))


def _first(lanes: Sequence[Lane]) -> Lane:
    """Return the lane that tells most of a double: where it ended, if it did."""
    for lane in (Lane.COMPLETE, Lane.FAILED, Lane.PROCESSING, Lane.QUEUE):
        if lane in lanes:
            return lane
    return lanes[0]
