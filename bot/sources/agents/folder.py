"""The shared folder: reading files of it that others write, in threads, in time."""

import asyncio
import contextvars
import errno
import json
import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from bot.domain.errors import OutOfTime, SourceDown
from bot.domain.report import Gap
from bot.sources.agents.clock import Clock
from bot.sources.agents.shapes import Doc
from bot.sources.aside import Aside
from bot.sources.asking import untold
from bot.sources.patience import patience, within
from bot.tracing import asking

T = TypeVar("T")

NAME: Final = "agents"
TIMEOUT_S: Final = 10.0
THREADS: Final = 16  # an answer asks a dozen questions; of a lost mount none ends
PARTS: Final = (
    *("tasks", "brain", "heartbeats", "logs", "signals", "gpus", "cpus"),
    *("config.json", "plans"),
)
"""What may lie there of theirs."""
AGAIN_S: Final = 0.05  # a writer needs under a millisecond, unless it is busy
MOST_JSON: Final = 16 * 1024 * 1024  # bytes; real ones have a few thousand

_over: Final[contextvars.ContextVar[threading.Event | None]] = contextvars.ContextVar(
    "_over", default=None
)


class _Stopped(Exception):
    """Nobody waits for this reading any more."""


def go_on() -> None:
    """End a reading for which nobody waits any more; to be called in every loop."""
    over = _over.get()
    if over is not None and over.is_set():
        raise _Stopped


class Unreadable(Exception):
    """A file holds no JSON object, also when it is read again."""


def opened(path: Path) -> BinaryIO:
    """Return the file, open to be read; no pipe or device is ever waited for.

    Raises:
        FileNotFoundError: it is not there, or not any more.
        Unreadable: it is no file, may not be read, or leads nowhere.
    """
    try:
        handle = open(path, "rb", buffering=0, opener=_at_once)  # noqa: SIM115  the caller closes it
    except FileNotFoundError as error:
        if not path.is_symlink():
            raise
        msg = "leads nowhere"
        raise Unreadable(msg) from error
    except PermissionError as error:
        msg = "may not be read"
        raise Unreadable(msg) from error
    except OSError as error:
        if error.errno not in _NO_FILE:
            raise
        msg = "is no file"
        raise Unreadable(msg) from error
    if stat.S_ISREG(os.fstat(handle.fileno()).st_mode):
        return handle
    handle.close()
    msg = "is no file"
    raise Unreadable(msg)


_NO_FILE: Final = (errno.EISDIR, errno.ELOOP, errno.ENXIO)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


@dataclass(frozen=True, slots=True)
class Read:
    """A JSON object, and when its file was last written."""

    doc: Doc
    at: datetime


class Folder:
    """The folder that brain, agents and workers share."""

    def __init__(
        self, root: Path, clock: Clock, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Read below *root*, with the times of *clock*."""
        self.root = root
        self.clock = clock
        self._timeout_s = timeout_s
        self._aside = Aside(THREADS)

    async def ask(self, question: Callable[[], T]) -> T:
        """Return the answer of a question that reads files, found in a thread.

        Raises:
            OutOfTime: it took too long; the thread ends at its next step.
            SourceDown: the folder is not there, or may not be read.
        """
        over = threading.Event()
        context = contextvars.copy_context()
        context.run(_over.set, over)
        waits = patience(self._timeout_s)
        try:
            with asking(NAME):
                async with asyncio.timeout(waits):
                    return await self._aside.run(
                        lambda: context.run(self._checked, question)
                    )
        except TimeoutError as error:
            msg = f"could not be read {within(waits, self._timeout_s)}"
            raise OutOfTime(NAME, msg) from error
        except OSError as error:
            why = error.strerror or type(error).__name__
            msg = f"cannot be read{self.where(error)}: {why}"
            raise SourceDown(NAME, msg, hint="see AGENTS_ROOT") from error
        finally:
            over.set()

    def where(self, error: OSError) -> str:
        """Return below which place of the folder it happened; empty if elsewhere."""
        path = Path(str(error.filename or ""))
        return f" in {path.relative_to(self.root)}" if self.root in path.parents else ""

    def _checked(self, question: Callable[[], T]) -> T:
        if not self.root.is_dir():
            msg = "cannot be read: AGENTS_ROOT names no folder that is there"
            raise SourceDown(NAME, msg, hint="is it mounted?")
        if not any((self.root / part).exists() for part in PARTS):
            # So is the place of a mount that was lost: not well, but unseen.
            msg = "cannot be read: AGENTS_ROOT holds nothing of theirs"
            hint = "is it mounted, and the one with tasks, brain and heartbeats?"
            raise SourceDown(NAME, msg, hint=hint)
        return question()

    def json(self, path: Path) -> Read:
        """Return the object in the file; one half written is read once again.

        Raises:
            FileNotFoundError: it is not there, or not any more.
            Unreadable: it is no file to be read, or twice held no JSON object.
        """
        for last in (False, True):
            try:
                with opened(path) as file:
                    about = os.fstat(file.fileno())
                    # Room for more than there is costs more than reading does.
                    text = file.read(min(about.st_size + 1, MOST_JSON))
                at = datetime.fromtimestamp(about.st_mtime, UTC)
                doc = json.loads(text)
                if isinstance(doc, dict):
                    return Read(doc, at)
            except (ValueError, RecursionError):
                pass
            if not last:
                time.sleep(AGAIN_S)
        msg = "holds no JSON object: is it half written?"
        raise Unreadable(msg)

    def fault(self, path: Path) -> str:
        """Return why the file can't be read; empty where it can.

        Raises:
            FileNotFoundError: it is not there, or not any more.
        """
        try:
            self.json(path)
        except Unreadable as error:
            return str(error)
        return ""

    def found(self, path: Path) -> Read | None:
        """Return the object in the file; None where it is not there.

        And where it is unreadable; that is named as a gap.
        """
        try:
            return self.json(path)
        except Unreadable as error:
            self.lack(path, str(error))
        except OSError:
            pass
        return None

    def lack(self, path: Path, why: str, *, failed: bool = True) -> None:
        """Name a file or folder as a gap of the answer that is being found."""
        below = path.is_relative_to(self.root)
        name = path.relative_to(self.root) if below else path
        untold(Gap(source=NAME, reason=f"{name.as_posix()} {why}", failed=failed))

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder below the root; one not there is empty.

        Raises:
            PermissionError: it may not be listed, or none of its files be read.
        """
        path = self.root / folder
        try:
            return _entered(path, os.listdir(path))  # noqa: PTH208  no path of each is needed
        except (FileNotFoundError, NotADirectoryError):
            return []

    def entries(self, folder: str) -> "list[os.DirEntry[str]]":
        """Return the entries of a folder below the root; one not there is empty.

        Raises:
            PermissionError: it may not be listed, or none of its files be read.
        """
        path = self.root / folder
        try:
            with os.scandir(path) as found:
                return _entered(path, list(found))
        except (FileNotFoundError, NotADirectoryError):
            return []


def _entered(path: Path, found: list[T]) -> list[T]:
    """Return what was found in a folder, unless it may be listed but not entered."""
    if found and not os.access(path, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return found
