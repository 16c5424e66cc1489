"""Parts of files that are too large to be read whole, found from their ends."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

BLOCK: Final = 256 * 1024
LONGEST: Final = 4 * 1024 * 1024
"""A stretch in which no record begins is cut here."""

Begins = Callable[[bytes, int], int]
"""Where in the bytes, from an index on, the first record begins; -1: nowhere."""
Told = Callable[[int, int], tuple[int | None, datetime | None]]
"""Where in a part the first record begins that tells a time, and that time."""


def stretch(
    handle: BinaryIO, end: int, begins: Begins, *, size: int = BLOCK
) -> tuple[int, bytes]:
    """Return where the stretch that ends at *end* begins, and what it holds.

    It begins with a record, or with the file: none is torn. Where none begins in what
    is held at most, it begins with a line, and is torn only where that is longer.
    """
    while True:
        start = max(0, end - size)
        handle.seek(start)
        block = handle.read(end - start)
        if start == 0:
            return 0, block
        # What stands at the very beginning may be cut.
        skipped = begins(block, 1)
        if skipped > 0:
            return start + skipped, block[skipped:]
        if size >= LONGEST:
            skipped = block.find(b"\n", 0, -1) + 1
            return start + skipped, block[skipped:]
        size *= 4


def line_start(handle: BinaryIO, end: int) -> int:
    """Return where the line begins of which a part ends at *end*, however long."""
    while end > 0:
        start = max(0, end - LONGEST)
        handle.seek(start)
        found = handle.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def ends(handle: BinaryIO, start: int, end: int, *, each: int) -> bytes:
    """Return the beginning and the end of a part of the file, so many bytes of each.

    Where the part is no longer than both, all of it.
    """
    if end - start <= 2 * each:
        handle.seek(start)
        return handle.read(end - start)
    handle.seek(start)
    first = handle.read(each)
    handle.seek(end - each)
    return first + handle.read(each)


def beyond(size: int, at: datetime, told: Told, *, least: int = BLOCK) -> int:
    """Return an offset after which all is later than *at*, found by halving.

    For files of so many bytes whose records stand in order; else the file's end.
    """
    low, high, found = 0, size, size
    while high - low > least:
        middle = (low + high) // 2
        here, time = told(middle, high)
        if here is None or time is None:
            high = middle
        elif time > at:
            high, found = middle, here
        else:
            low = here
    return found


def packed(path: Path) -> bool:
    """Tell whether the file is compressed, by its name: its lines can't be read."""
    return path.suffix in (".gz", ".bz2", ".xz", ".zst")
