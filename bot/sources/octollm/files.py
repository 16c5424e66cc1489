"""Log files, read from the end of a window to its beginning, a stretch at a time.

A window's end is found by halving, so a file of any size costs what its window holds;
never is more than one stretch of it in memory. Within a stretch lines go forward.
"""

import glob
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import BinaryIO, Final

from bot.domain.errors import SourceDown
from bot.domain.figures import listed
from bot.domain.logs import LogLine
from bot.domain.report import Gap
from bot.domain.times import Window
from bot.sources import stretches
from bot.sources.octollm.clocks import Clock, again, put_back
from bot.sources.octollm.lines import SEEN, begins, line, written
from bot.sources.stretches import BLOCK, LONGEST, packed

SOURCE: Final = "octollm logs"
ORDER: Final = timedelta(minutes=2)  # so far lines may stand out of order
HOUR: Final = timedelta(hours=1)

Keep = Callable[[bytes], bool]
"""Whether a stretch, or one record of it, may hold what is wanted; a cheap look."""

_DATED: Final = re.compile(
    rb"(?:^|\n)(?=(?P<record>(?:\x1b\[[\d;]*m)*(?:"
    rb'\{[^\n]*?"(?:@?timestamp|time|ts)":\s*(?:"(?P<json>[^"\n]+)"|(?P<epoch>\d[\d.]+))'
    rb"|(?P<plain>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[\d.,:+Z-]*))))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One file of one service."""

    service: str
    path: Path
    inode: int
    size: int
    changed_at: datetime


class Sweep:
    """One pass over the files; *whole* is False when its time was up too soon.

    What could not be read of them is in *unread*: others are read all the same. Of so
    many lines of a file as *cut* says only the ends were read.
    """

    def __init__(self, zone: tzinfo, *, until: float) -> None:
        """Take local times in *zone*; stop at *until* of the monotonic clock."""
        self._zone = zone
        self._until = until
        self.whole = True
        self.unread: list[SourceDown] = []
        self.cut = Counter[str]()

    def lines(
        self, files: Iterable[LogFile], window: Window, keep: Keep = bool
    ) -> Iterator[LogLine]:
        """Yield the lines of the window that may be wanted, in no order.

        Raises:
            SourceDown: none of the files can be read.
        """
        every = tuple(files)
        before = len(self.unread)
        for file in every:
            try:
                with file.path.open("rb") as handle:
                    yield from self._of_file(file, handle, window, keep)
            except FileNotFoundError:
                continue  # it was rotated away, and is there under another name
            except OSError as error:
                self._note(unreadable(file.path, error))
        if every and len(self.unread) - before == len(every):
            raise self.unread[before]

    def _note(self, error: SourceDown) -> None:
        self.unread.append(error)
        self.whole = False

    def newest(self, file: LogFile) -> LogLine | None:
        """Return the last line of a file that bears a time, or None."""
        always = Window(since=datetime.min.replace(tzinfo=UTC), until=file.changed_at)
        try:
            with file.path.open("rb") as handle:
                for stretch in self._stretches(
                    file, handle, file.size, always, self._dated
                ):
                    return max(stretch, key=lambda line: line.order, default=None)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._note(unreadable(file.path, error))
        return None

    def _dated(self, raw: bytes) -> bool:
        """Tell whether a line of the text bears a time that can be read."""
        clock = Clock(self._zone)
        return any(clock.read(_said(each)) is not None for each in _DATED.finditer(raw))

    def _of_file(
        self, file: LogFile, handle: BinaryIO, window: Window, keep: Keep
    ) -> Iterator[LogLine]:
        end = _beyond(
            handle, file.size, window.end + self._slack(window.end), self._zone
        )
        for stretch in self._stretches(file, handle, end, window, keep):
            yield from (each for each in stretch if each.at in window)

    def _stretches(
        self,
        file: LogFile,
        handle: BinaryIO,
        end: int,
        window: Window,
        keep: Keep = bool,
    ) -> Iterator[list[LogLine]]:
        """Yield the lines of one stretch after the other, the last stretch first."""
        oldest = window.since - self._slack(window.since)
        after = file.changed_at
        while end > 0:
            if time.monotonic() > self._until:
                self.whole = False
                return
            start, block = _part(handle, end)
            left_out = end - start - len(block)
            dated = _DATED.search(block)
            first = None if dated is None else Clock(self._zone).read(_said(dated))
            second = False
            if first is not None and put_back(first, self._zone):
                times = [_said(found) for found in _DATED.finditer(block)]
                second = again(times, after, self._zone)
                first = Clock(self._zone, second=second).read(times[0])
            after = first or after
            if left_out and after in window:
                self.cut[file.path.name] += 1
            if keep(block):
                clock = Clock(self._zone, second=second)
                yield _read(
                    *(file, block, start, clock),
                    keep=keep,
                    before=after,
                    left_out=left_out,
                )
            if first is not None and first < oldest:
                return
            end = start

    def _slack(self, at: datetime) -> timedelta:
        try:
            return HOUR + ORDER if put_back(at, self._zone) else ORDER
        except OverflowError:
            return timedelta(0)


def found(globs: Sequence[tuple[str, str]]) -> list[LogFile]:
    """Return the files there are, each once, the one written last first.

    Raises:
        SourceDown: there is none at all, or none may be looked at.
    """
    files: dict[tuple[int, int], LogFile] = {}
    for service, pattern in globs:
        for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207  patterns are absolute
            path = Path(name)
            try:
                about = path.stat()
                is_file = path.is_file()
            except OSError:
                continue
            if not is_file or packed(path):
                continue
            files.setdefault(
                (about.st_dev, about.st_ino),
                LogFile(
                    service=service,
                    path=path,
                    inode=about.st_ino,
                    size=about.st_size,
                    changed_at=datetime.fromtimestamp(about.st_mtime, UTC),
                ),
            )
    if not files:
        for _, pattern in globs:
            if closed := _closed(pattern):
                raise closed
        msg = "are not there: no file is where OCTOLLM_LOG_GLOBS says"
        raise SourceDown(SOURCE, msg, hint="it is a list such as name=/var/log/x*.log")
    return sorted(files.values(), key=lambda file: file.changed_at, reverse=True)


def lacking(
    globs: Sequence[tuple[str, str]], files: Sequence[LogFile]
) -> Iterator[Gap]:
    """Yield what is to be said of the services of which no file was found."""
    known = {file.service for file in files}
    none: list[str] = []
    patterns: dict[str, list[str]] = {}
    for service, pattern in globs:
        patterns.setdefault(service, []).append(pattern)
    for service, its in patterns.items():
        closed = [each for each in map(_closed, its) if each]
        for each in closed:
            yield Gap(source=SOURCE, reason=each.message)
        if not (closed or service in known or any(map(_matches, its))):
            none.append(service)
    if none:
        reason = "are not there: no file is where OCTOLLM_LOG_GLOBS says"
        yield Gap(source=SOURCE, reason=f"of {listed(none)} {reason}", failed=False)


def _matches(pattern: str) -> bool:
    """Tell whether it finds anything: what is packed, or another service's as well."""
    return next(glob.iglob(pattern, recursive=True), None) is not None  # noqa: PTH207


def _closed(pattern: str) -> SourceDown | None:
    """Return what keeps a pattern's files from being looked for; None where nothing."""
    folder = Path(pattern).parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                entry.stat()
                break
    except PermissionError as error:
        return unreadable(folder, error)
    except OSError:
        return None
    return None


def unreadable(path: Path, error: OSError) -> SourceDown:
    """Return what is said of a file that can't be read."""
    why = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    return SourceDown(SOURCE, f"cannot be read: {path.name}: {why}")


def _part(handle: BinaryIO, end: int) -> tuple[int, bytes]:
    """Return where the last stretch before *end* begins, and what it holds.

    Of one line that is longer than a stretch may be only the ends.
    """
    start, block = stretches.stretch(handle, end, _dated_begins, size=BLOCK)
    if start == 0 or _follows_one(handle, start):
        return start, block
    start = stretches.line_start(handle, start)
    return start, stretches.ends(handle, start, end, each=SEEN)


def _follows_one(handle: BinaryIO, start: int) -> bool:
    """Tell whether a line ends where the part begins."""
    handle.seek(start - 1)
    return handle.read(1) == b"\n"


def _dated_begins(block: bytes, since: int) -> int:
    """Return where the first record begins that bears a time."""
    found = _DATED.search(block, since)
    return -1 if found is None else found.start("record")


def _beyond(handle: BinaryIO, size: int, at: datetime, zone: tzinfo) -> int:
    """Return where the first line of later than *at* begins; else the file's size."""

    def told(start: int, end: int) -> tuple[int | None, datetime | None]:
        here, said = _next_dated(handle, start, end)
        return here, None if said is None else Clock(zone).read(said)

    return stretches.beyond(size, at, told, least=BLOCK)


def _next_dated(
    handle: BinaryIO, start: int, end: int
) -> tuple[int | None, str | float | None]:
    """Return where the first dated record of a part begins, and its time as written."""
    handle.seek(start)
    torn = True
    while (here := handle.tell()) < min(end, start + LONGEST):
        if not (raw := handle.readline(LONGEST)):
            break  # it was cut meanwhile
        if not torn and (dated := _DATED.match(raw)):
            return here, _said(dated)
        torn = not raw.endswith(b"\n")
    return None, None


def _said(match: "re.Match[bytes]") -> str | float:
    if match["epoch"]:
        return float(match["epoch"])
    return (match["json"] or match["plain"] or b"").decode(errors="replace")


def _read(  # noqa: PLR0913  all of one stretch
    file: LogFile,
    block: bytes,
    start: int,
    clock: Clock,
    *,
    keep: Keep,
    before: datetime,
    left_out: int,
) -> list[LogLine]:
    """Return the wanted lines; one that bears no time has that of the line above.

    *before* is what the first ones have that stand below none. *left_out* bytes of a
    long line are not in the block.
    """
    lines = []
    at = before
    for offset, record in _records(block):
        if not keep(record):
            # Its time may be that of a wanted line below.
            if dated := _DATED.match(record):
                at = clock.read(_said(dated)) or at
            continue
        told = written(record, clock, left_out=left_out)
        at = told.at or at
        id = f"{file.service}-{file.inode:x}-{start + offset:012x}"
        lines.append(line(told, at=at, service=file.service, id=id))
    return lines


def _records(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield where each record begins, and its lines."""
    begin = here = 0
    for raw in block.splitlines(keepends=True):
        if begins(raw) and here > begin:
            yield begin, block[begin:here]
            begin = here
        here += len(raw)
    if block[begin:].strip():
        yield begin, block[begin:]
