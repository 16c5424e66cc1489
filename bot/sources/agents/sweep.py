"""One pass over the log files, each from the newest line of a window to the oldest."""

import glob
import os
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from bot.domain.figures import some
from bot.domain.logs import LogLine
from bot.domain.report import Gap
from bot.domain.times import Window
from bot.sources.agents.blocks import LogFile, beyond, blocks, line_begins, log_file
from bot.sources.agents.clock import JITTER, Clock
from bot.sources.agents.days import Days, Twins
from bot.sources.agents.decisions import json_line, said_at, seem_well
from bot.sources.agents.folder import NAME, Folder, Unreadable, opened
from bot.sources.agents.lines import (
    HEAD,
    console_line,
    day_of,
    decided,
    decision_in,
    heads,
)
from bot.sources.agents.witnesses import witnesses
from bot.sources.asking import untold
from bot.sources.stretches import packed

DECISIONS: Final = "logs/brain_decisions.log"
GLOBS: Final = ("logs/*.log", "logs/*/*.log")
_EVENTS: Final = (
    "plans/*/history/*/logs/batch_events.jsonl",
    "plans/*/batches/*/logs/batch_events.jsonl",
)
_PLANS: Final = "plans/*"
GUESS: Final = " (its day is a guess)"

ALWAYS: Final = Window(
    since=datetime(1971, 1, 1, tzinfo=UTC), until=datetime(9000, 1, 1, tzinfo=UTC)
)

Keep = Callable[[bytes], bool]
"""Whether a stretch, or one record of it, may hold what is wanted; a cheap look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The log files there are: of lines, and of one JSON object a line."""

    consoles: tuple[LogFile, ...]
    decisions: LogFile | None
    events: tuple[LogFile, ...]

    @property
    def structured(self) -> tuple[LogFile, ...]:
        """The files of JSON."""
        return (*([self.decisions] if self.decisions else []), *self.events)


def files(folder: Folder, globs: Sequence[str], since: datetime | None = None) -> Files:
    """Return the files there are; of those only that were written *since* then.

    Where some may be that can't be read, it is named as a gap, and so are a pattern of
    *globs* that finds nothing and the folder of decisions if it is not there.
    """
    root = folder.root

    def found(patterns: Iterable[str]) -> Iterator[LogFile]:
        names: dict[str, None] = {}
        for pattern in patterns:
            its = sorted(glob.glob(str(root / pattern)))  # noqa: PTH207  a pattern may be absolute
            if not its and pattern in globs:
                why = f"has no console log where AGENTS_LOG_GLOBS says: {pattern}"
                untold(Gap(source=NAME, reason=why, failed=False))
            names |= dict.fromkeys(its)
        for path in map(Path, names):
            each = log_file(path, root)
            if each is None:
                _lack(folder, path)
            elif since is None or each.changed_at >= since:
                yield each

    home = (root / DECISIONS).parent
    if not home.is_dir():
        folder.lack(home, "is no folder that is there", failed=False)
    _lack_shut(folder, (*(globs or GLOBS), DECISIONS, _PLANS))
    consoles = tuple(
        each for each in found(globs or GLOBS) if each.path != root / DECISIONS
    )
    decisions = next(found([DECISIONS]), None)
    return Files(consoles=consoles, decisions=decisions, events=tuple(found(_EVENTS)))


def _lack(folder: Folder, path: Path) -> None:
    """Name what has the name of a log and is no file that could be read."""
    if packed(path) or (os.path.isdir(path) and path != folder.root / DECISIONS):  # noqa: PTH112  it may not be asked
        return
    with suppress(OSError):  # it was moved away meanwhile
        try:
            opened(path).close()
        except Unreadable as error:
            folder.lack(path, str(error))


def _lack_shut(folder: Folder, patterns: Iterable[str]) -> None:
    """Name each folder that may not be read and in which a log may be."""
    homes = dict.fromkeys(str((folder.root / each).parent) for each in patterns)
    for home in homes:
        for place in glob.iglob(home):  # noqa: PTH207  a pattern may be absolute
            shut = not os.access(place, os.R_OK | os.X_OK)
            if shut and os.path.isdir(place):  # noqa: PTH112
                folder.lack(Path(place), "may not be read")


class Sweep:
    """Reads lines of a window; *whole* is False when its time was up too soon.

    Files that may not be read are *unread*, and named as gaps.
    """

    def __init__(self, folder: Folder, *, seconds: float = float("inf")) -> None:
        """Read for so many seconds at most."""
        self._folder = folder
        self._clock: Clock = folder.clock
        self._twins = folder.root / DECISIONS
        self._ends_at = time.monotonic() + seconds
        self.whole = True
        self.unread = False

    def lines(
        self,
        of: Iterable[LogFile],
        window: Window,
        keep: Keep = bool,
        *,
        most: int | None = None,
        counts: bool = False,
    ) -> Iterator[LogLine]:
        """Yield the window's lines that may be wanted, those of a file newest first.

        What the brain's console repeats of its decisions is left out. Of each file the
        last *most* bytes are looked at, or all that are of the window. If it *counts*,
        lines of JSON that can't be read, or are of a time to come, are named as a gap.
        """
        for file in of:
            console = file.path != self._twins and file.path.suffix != ".jsonl"
            ends = 0 if most is None else max(0, file.size - most)
            odd = Counter[str]() if counts else None
            try:
                with file.path.open("rb") as handle:
                    if console:
                        yield from self._console(file, handle, window, keep, ends)
                    else:
                        yield from self._json(file, handle, window, keep, ends, odd)
            except FileNotFoundError:
                continue  # it was moved away meanwhile
            except PermissionError:
                self.unread = True
                self._folder.lack(file.path, "may not be read")
            for what, number in (odd or {}).items():
                lines = some(number, "line")
                self._folder.lack(file.path, f"holds {lines} {what}", failed=False)

    def _up(self) -> bool:
        if time.monotonic() <= self._ends_at:
            return False
        self.whole = False
        return True

    def _json(  # noqa: PLR0913, PLR0917  its only caller has all of it
        self,
        file: LogFile,
        handle: BinaryIO,
        window: Window,
        keep: Keep,
        ends: int,
        odd: "Counter[str] | None",
    ) -> Iterator[LogLine]:
        clock, near = self._clock, file.changed_at
        oldest, newest = window.since - JITTER, window.end + JITTER
        end = file.size
        if not window.ongoing:  # else all that was written last is of it
            end = beyond(
                handle, end, newest, lambda raw: said_at(raw, clock, near=near)
            )
        for start, block in blocks(handle, end, line_begins):
            if start + len(block) <= ends or self._up():
                return
            if odd is not None:
                odd.update(_odd(file, handle, start, block, clock, window))
            first = next(_times(block, clock, near), None)
            if keep(block):
                for offset, raw in _backward(block):
                    if not keep(raw):
                        continue
                    id = file.id(start + offset)
                    line = json_line(raw, clock, near=near, id=id)
                    if line is not None and line.at in window:
                        yield line
            if first is not None and first < oldest:
                return

    def _console(
        self, file: LogFile, handle: BinaryIO, window: Window, keep: Keep, ends: int
    ) -> Iterator[LogLine]:
        twins = Twins(self._twins)
        days = Days(self._clock, file.changed_at)
        after = file.changed_at
        for start, block in blocks(handle, file.size, _head_begins):
            if start + len(block) <= ends or self._up():
                return
            begun, dates = heads(block)
            if not begun:
                continue
            known = _dated(dates) or _anchored(block, twins)
            seen = partial(witnesses, self._folder, self._twins, block)
            times = _Times(self._clock, begun, dates, days.of(begun, known, seen))
            last = times.at(len(begun) - 1, after)
            first = times.at(0, last)
            if last < window.since - JITTER:
                return
            if first <= window.end + JITTER and keep(block):
                guess = GUESS if days.guessed else ""
                yield from _records(
                    _Stretch(file, start, block, times, last, guess, twins.there),
                    window,
                    keep,
                )
            if first < window.since - JITTER:
                return
            after = first


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One stretch of a console's file, and the times of its records."""

    file: LogFile
    start: int
    block: bytes
    times: "_Times"
    last: datetime
    guess: str
    repeats: bool


class _Times:
    """The times of a stretch's records, by their places in it."""

    def __init__(
        self,
        clock: Clock,
        begun: Sequence[bytes],
        dates: Sequence[bytes],
        spans: Sequence[tuple[int, date]],
    ) -> None:
        self._clock = clock
        self._begun = begun
        self._dates = dates
        self._days = [day for _, day in spans]
        self._begins = [begin for begin, _ in spans]

    def at(self, index: int, after: datetime) -> datetime:
        """Return the time of one of them; the next one was written *after* it."""
        said = self._dates[index] if self._dates else b""
        day = (said and day_of(said)) or self._days[
            bisect_right(self._begins, index) - 1
        ]
        parts = self._begun[index].split(b":")
        hour, minute, second = (int(part) % 60 for part in parts)
        naive = datetime(day.year, day.month, day.day, hour % 24, minute, second)  # noqa: DTZ001  it is of the host's zone
        return self._clock.before(naive, after)


def _records(part: _Stretch, window: Window, keep: Keep) -> Iterator[LogLine]:
    """Yield the records of a stretch, the newest first, each with the lines below."""
    after, end = part.last, len(part.block)
    matches = list(HEAD.finditer(part.block))
    for index in range(len(matches) - 1, -1, -1):
        match = matches[index]
        raw, end = part.block[match.start() : end], match.start()
        if not keep(raw):
            continue
        at = after = part.times.at(index, after)
        if at not in window:
            continue
        id = part.file.id(part.start + match.start())
        begin = match.end() - match.start()
        line = console_line(raw, begin, at=at, id=id, guess=part.guess)
        if line is None or (part.repeats and decided(line) is not None):
            continue
        yield line


def _dated(dates: Sequence[bytes]) -> tuple[int, date] | None:
    """Return the last of the lines that tells its own day."""
    for index in range(len(dates) - 1, -1, -1):
        said = dates[index]
        if said and (day := day_of(said)) is not None:
            return index, day
    return None


def _anchored(block: bytes, twins: Twins) -> tuple[int, date] | None:
    """Return the last of the lines whose twin is found, and the day it tells."""
    found = decision_in(block) if twins.there else None
    if found is None:
        return None
    kind, message = (
        found[name].decode(errors="replace") for name in ("kind", "message")
    )
    day = twins.day(found["at"], kind, message)
    if day is None:
        return None
    return len(heads(block[: found.end()])[0]) - 1, day


def _head_begins(block: bytes, since: int) -> int:
    found = HEAD.search(block, since)
    return -1 if found is None else found.start()


def _backward(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a stretch and where each begins, the last first."""
    end = len(block)
    while end > 0:
        begin = block.rfind(b"\n", 0, end - 1) + 1
        raw = block[begin:end]
        if raw.strip():
            yield begin, raw
        end = begin


def _odd(  # noqa: PLR0913, PLR0917  its only caller has all of it
    file: LogFile,
    handle: BinaryIO,
    start: int,
    block: bytes,
    clock: Clock,
    window: Window,
) -> Iterator[str]:
    """Yield what is wrong with each line of a stretch that is not told for it.

    The end of a file may be half written yet.
    """
    newest = window.end if window.ongoing else ALWAYS.end
    if seem_well(block, clock.local(newest).isoformat()):
        return
    for offset, raw in _backward(block):
        here = start + offset
        line = json_line(raw, clock, near=file.changed_at, id="")
        if line is not None:
            if line.at > newest:
                yield "of a time to come"
        elif raw.endswith(b"\n") or here + len(raw) < file.size:
            handle.seek(max(0, here - 1))
            if here == 0 or handle.read(1) == b"\n":  # else it is the rest of one
                yield "that can't be read"


def _times(block: bytes, clock: Clock, near: datetime) -> Iterator[datetime]:
    """Yield the times of a stretch's lines, the first first."""
    begin = 0
    while begin < len(block):
        end = block.find(b"\n", begin)
        end = len(block) if end < 0 else end + 1
        told = said_at(block[begin:end], clock, near=near)
        if told is not None:
            yield told
        begin = end
