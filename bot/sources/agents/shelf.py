"""Task files, read as often as they change, whoever asks."""

import re
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from bot.domain.agent_names import Lane
from bot.domain.file_queue import TaskFile
from bot.domain.tasks import TaskId, TaskPhase
from bot.sources.agents.folder import Folder, Unreadable, go_on, opened
from bot.sources.agents.lanes import FOLDERS, lanes_of, sidecar_path, task_path
from bot.sources.agents.task_files import LONG, sidecar, task_file, unread_file

KEPT: Final = 30_000
"""Of so many tasks what was read is kept: about a kilobyte each."""
SETTLED_S: Final = 2.0
"""What was written so shortly before it was read may be written again unseen: a
file's time has steps, and its size may stay."""
_LOCKS: Final = 64
# What every file bears that `tells_failure` is true of; others may bear it as well.
_ILL: Final = re.compile(rb'"success"\s*:\s*false|"status"\s*:\s*"failed"')


class Shelf:
    """Reads task files, and remembers them until they change."""

    def __init__(self, folder: Folder) -> None:
        """Read from *folder*."""
        self._folder = folder
        self._kept: OrderedDict[Path, tuple[tuple[int, int], TaskFile]] = OrderedDict()
        self._well: dict[str, int] = {}
        """Which complete tasks bear no word of a failure, as of which change."""
        self._lock = Lock()
        self._reading = tuple(Lock() for _ in range(_LOCKS))
        """Who reads a file holds one, so that questions at once read it once."""

    def files(self, ids: Iterable[TaskId], lane: Lane) -> list[TaskFile]:
        """Return the tasks that lay in the lane when they were listed.

        One that has moved on since is told where it is now; one gone is left out.
        """
        found = []
        for id in ids:
            go_on()
            each = self.file(id, lane) or self._moved(id)
            if each is not None:
                found.append(each)
        return found

    def _moved(self, id: TaskId) -> TaskFile | None:
        """Return the task from wherever it went, looked for in the order of lanes."""
        found = (self.file(id, lane) for lane in FOLDERS)
        return next((each for each in found if each is not None), None)

    def file(self, id: TaskId, lane: Lane) -> TaskFile | None:
        """Return the task as its file says it; None if it does not lie in the lane."""
        path = task_path(self._folder.root, lane, id)
        with self._reading[hash(id) % _LOCKS]:
            found = self._once(path, id, lane)
        if found is None or lane is not Lane.PROCESSING:
            return found
        return _with_sidecar(found, self._folder)

    def failed(self, ids: Iterable[TaskId]) -> list[TaskFile]:
        """Return those of the complete tasks that failed.

        Most are only looked at, and each once while its file stays as it is: of what
        bears no word of a failure nothing else is read.
        """
        found = []
        for id in ids:
            go_on()
            path = task_path(self._folder.root, Lane.COMPLETE, id)
            if self._is_well(path):
                continue
            each = self.file(id, Lane.COMPLETE)
            if each is not None and each.phase is TaskPhase.FAILED:
                found.append(each)
        return found

    def _is_well(self, path: Path) -> bool:
        """Tell whether the file bears no word of a failure, or is gone."""
        try:
            changed = path.stat().st_mtime_ns
            if self._well.get(path.stem) == changed:
                return True
            with opened(path) as file:
                if _ILL.search(file.read()):
                    return False
        except Unreadable:
            return False
        except OSError:
            return True
        if time.time_ns() - changed > SETTLED_S * 1e9:
            self._well[path.stem] = changed
        return True

    def wherever(self, id: TaskId) -> tuple[TaskFile | None, tuple[Lane, ...]]:
        """Return the task with all its text, and the lanes in which it lies for good.

        One that moves on while it is looked for is looked for again.
        """
        for _ in range(_LOOKS):
            lanes = lanes_of(self._folder, id)
            for lane in _BY_WEIGHT:
                if lane not in lanes:
                    continue
                path = task_path(self._folder.root, lane, id)
                found = self._read(path, id, lane, most=LONG)
                if found is None:
                    continue
                if lane is Lane.PROCESSING:
                    found = _with_sidecar(found, self._folder)
                return found, lanes
        return None, ()

    def at(self, path: Path, id: TaskId, lane: Lane) -> TaskFile | None:
        """Return the task of a file that lies in no lane, such as an archived one."""
        return self._read(path, id, lane, most=LONG)

    def _once(self, path: Path, id: TaskId, lane: Lane) -> TaskFile | None:
        try:
            stat = path.stat()
        except OSError:  # it has moved on, or is a link that leads nowhere
            if path.is_symlink():
                return unread_file(id, lane, _changed(path))
            return None
        mark = (stat.st_mtime_ns, stat.st_size)
        with self._lock:
            known = self._kept.get(path)
            if known is not None and known[0] == mark:
                self._kept.move_to_end(path)
                return known[1]
        found = self._read(path, id, lane)
        age = time.time() - stat.st_mtime  # noqa: TID251  the clock that files are set by
        settled = age > SETTLED_S
        if found is not None and found.read and settled:
            with self._lock:
                self._kept[path] = (mark, found)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found

    def _read(
        self, path: Path, id: TaskId, lane: Lane, *, most: int | None = None
    ) -> TaskFile | None:
        try:
            read = self._folder.json(path)
        except OSError:
            return None
        except Unreadable:
            return unread_file(id, lane, _changed(path))
        if most is None:
            return task_file(id, lane, read, self._folder.clock)
        return task_file(id, lane, read, self._folder.clock, most=most)


_LOOKS: Final = 3
# Of a double that file is told that tells most: where it ended, if it did.
_BY_WEIGHT: Final = (
    *(Lane.COMPLETE, Lane.FAILED, Lane.PROCESSING, Lane.QUEUE, Lane.PRIVATE),
)


def _with_sidecar(file: TaskFile, folder: Folder) -> TaskFile:
    try:
        read = folder.json(sidecar_path(folder.root, file.id))
    except Unreadable:
        read = None
    except OSError:
        return file
    return replace(file, sidecar=sidecar(file.id, read, folder.clock))


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)
