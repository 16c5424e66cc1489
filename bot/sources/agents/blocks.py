"""Files read from their end in blocks, so that none is ever in memory whole."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from bot.sources import stretches
from bot.sources.agents.folder import go_on
from bot.sources.stretches import BLOCK, LONGEST, Begins, packed


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One file, as large as it was when it was found. *name* is its path below."""

    path: Path
    name: str
    size: int
    changed_at: datetime

    def id(self, offset: int) -> str:
        """Return the id of the line that begins there; it never changes."""
        return f"{crc32(os.fsencode(self.name)):08x}-{offset:012x}"


def log_file(path: Path, root: Path) -> LogFile | None:
    """Return the file as it is now; None where it is none, or is packed."""
    try:
        about = path.stat()
    except OSError:
        return None
    if not path.is_file() or packed(path):
        return None
    name = path.relative_to(root) if path.is_relative_to(root) else path
    return LogFile(
        path=path,
        name=name.as_posix(),
        size=about.st_size,
        changed_at=datetime.fromtimestamp(about.st_mtime, UTC),
    )


def blocks(
    handle: BinaryIO, end: int, begins: Begins, *, size: int = BLOCK
) -> Iterator[tuple[int, bytes]]:
    """Yield the file's stretches before *end*, the last first, and where each begins.

    Each begins where a record does, so none is torn.
    """
    while end > 0:
        go_on()
        start, block = stretches.stretch(handle, end, begins, size=size)
        yield start, block
        end = start


def line_begins(block: bytes, since: int) -> int:
    """Return where the first line begins, for files of one record a line."""
    found = block.find(b"\n", since - 1)
    return found + 1 if 0 <= found < len(block) - 1 else -1


def beyond(
    handle: BinaryIO,
    size: int,
    at: datetime,
    time_of: Callable[[bytes], datetime | None],
    *,
    least: int = BLOCK,
) -> int:
    """Return an offset after which all lines are later than *at*, found by halving.

    For files whose lines tell their times, and stand in order.
    """
    return stretches.beyond(
        size,
        at,
        lambda start, end: _next_told(handle, start, end, time_of),
        least=least,
    )


def _next_told(
    handle: BinaryIO,
    start: int,
    end: int,
    time_of: Callable[[bytes], datetime | None],
) -> tuple[int | None, datetime | None]:
    """Return where the first line of a part begins that tells a time, and that time."""
    handle.seek(start)
    handle.readline(LONGEST)
    # Where nothing comes, the file was cut meanwhile.
    while (here := handle.tell()) < end and (raw := handle.readline(LONGEST)):
        told = time_of(raw)
        if told is not None:
            return here, told
    return None, None
