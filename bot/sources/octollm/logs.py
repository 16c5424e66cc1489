"""What the services wrote into their log files."""

import asyncio
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from operator import attrgetter
from typing import Final, TypeVar

from bot.domain.errors import Misread, NotConfigured, OutOfTime
from bot.domain.figures import listed
from bot.domain.logs import Level, LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.report import Gap
from bot.domain.spelling import clipped
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.aside import Aside
from bot.sources.asking import untold
from bot.sources.octollm.events import MARKS
from bot.sources.octollm.files import (
    SOURCE,
    Keep,
    LogFile,
    Sweep,
    found,
    lacking,
)
from bot.sources.patience import patience, within
from bot.sources.protocols import Listing, LogSearch
from bot.sources.stretches import LONGEST
from bot.tracing import asking

T = TypeVar("T")

READ_SECONDS: Final = 7.5  # as other sources' lists; an answer is due within 10 s
GRACE_SECONDS: Final = 0.5  # to end by itself; then its answer is still due
THREADS: Final = 16  # an answer asks several questions; of a lost mount none ends
BOUND: Final = 200_000  # lines of one list; beyond it the answer says that it was cut
ORCHESTRATOR: Final = "orchestrator"

_ID: Final = re.compile(r"[\w.-]+-[0-9a-f]+-[0-9a-f]{12}")
_ALARMING: Final = (b"error", b"critical", b"fatal")
_NOTABLE: Final = (*(mark.lower().encode() for mark in MARKS), *_ALARMING)
_WORD: Final = re.compile(r"[a-z]{3,}")
# Written otherwise in the files than it is shown: null, and what is hidden.
_OURS: Final = frozenset({"none", "hidden", "shown", "not"})
_ORDER: Final = attrgetter("order")


@dataclass(frozen=True, slots=True)
class _Kept:
    rows: tuple[LogLine, ...]
    total: int
    whole: bool


class OctoLogs:
    """Fulfils `bot.sources.Logs`."""

    levels = tuple(Level)
    fielded = True

    def __init__(self, globs: Sequence[tuple[str, str]], zone: tzinfo) -> None:
        """Read the files that *globs* find, as (service, pattern).

        Local times in them are those of *zone*.
        """
        self._globs = globs
        self._zone = zone
        self._aside = Aside(THREADS)

    @property
    def services(self) -> tuple[str, ...]:
        """The services whose files are known."""
        return tuple(dict.fromkeys(name for name, _ in self._globs))

    @property
    def place(self) -> str:
        """How an answer calls where it looked."""
        return f"the log files of {listed(self.services)}"

    async def of_task(self, id: TaskId, window: Window) -> Listing[LogLine]:
        """Return the lines that carry the task's id, oldest first."""
        return await self.all(window, lambda line: line.task_id == id, holding(id))

    async def of_worker(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the lines that it wrote or that carry its id, oldest first."""
        keep = None if id in self.services else holding(id)
        return await self.all(
            window, lambda line: id in (line.worker_id, line.source), keep
        )

    async def naming(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return others' lines that only name the service in their text."""
        whole_id = re.compile(rf"(?<![\w-]){re.escape(id)}(?![\w-])")
        return await self.all(
            window,
            lambda line: (
                id not in (line.worker_id, line.source)
                and whole_id.search(line.message) is not None
            ),
            holding(id),
        )

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return the newest *limit* matches, oldest first; *total* counts all.

        Of those after a border it is the oldest that are returned.

        Raises:
            Misread: a border holds no line's id.
        """
        for border in (wanted.before, wanted.after):
            if border is not None and not _ID.fullmatch(border.id):
                msg = f"'{clipped(border.id)}' is not the id of a line"
                raise Misread(msg, hint="a line's id is service-file-place")
        kept = await self._kept(
            wanted.window,
            partial(_matches, wanted),
            _hint(wanted),
            limit=limit,
            newest=wanted.after is None,
        )
        whole = kept.whole and len(kept.rows) == kept.total
        return Listing(kept.rows, whole=whole, total=kept.total)

    async def writers(self, window: Window) -> Listing[tuple[str, str]]:
        """Return who wrote in the window, each once, as service and logger."""

        def work(files: Sequence[LogFile], sweep: Sweep) -> Listing[tuple[str, str]]:
            lines = sweep.lines(files, window)
            names = {(line.source, line.source_id) for line in lines}
            return Listing(tuple(sorted(names)), whole=sweep.whole)

        return await self._in_thread(work)

    async def alarms(
        self, window: Window, *, limit: int, scale_downs: bool = True
    ) -> Listing[LogLine]:
        """Return the newest lines that report a fault; *total* counts all of them.

        No such system scales down.
        """
        del scale_downs
        kept = await self._kept(window, _alarming, _may_alarm, limit=limit)
        whole = kept.whole and len(kept.rows) == kept.total
        return Listing(kept.rows, whole=whole, total=kept.total)

    async def first_alarm(self, window: Window) -> LogLine | None:
        """Return the oldest line that reports a fault, or None."""
        kept = await self._kept(window, _alarming, _may_alarm, limit=1, newest=False)
        return kept.rows[0] if kept.rows else None

    async def orchestration(self, window: Window) -> Orchestration:
        """Return the orchestrator's life in the window: it has no cycles.

        Its restarts are the times at which it began.
        """
        (last, undated), told = await asyncio.gather(
            self._in_thread(self._last),
            self.all(
                window,
                lambda line: line.source == ORCHESTRATOR and _of_its_life(line),
                lambda raw: _may_alarm(raw) or b"orchestrator.startup" in raw,
            ),
        )
        return Orchestration(
            last_line=last,
            undated=undated,
            errors=tuple(line for line in told.rows if line.alarming),
            restarts=tuple(line.at for line in told.rows if not line.alarming),
            whole=told.whole,
        )

    async def bearing(self, ids: Collection[str], window: Window) -> Listing[LogLine]:
        """Return the lines that bear one of the requests' ids, oldest first."""
        return await self.all(
            window, lambda line: line.request_id in ids, holding(*ids)
        )

    async def of_tasks(self, ids: Collection[str], window: Window) -> Listing[LogLine]:
        """Return the lines that carry the id of one of the tasks, oldest first."""
        return await self.all(window, lambda line: line.task_id in ids, holding(*ids))

    async def every(self, window: Window) -> Listing[LogLine]:
        """Return all lines of the window, oldest first."""
        return await self.all(window, lambda _: True)

    async def of_note(self, window: Window, *, bound: int) -> Listing[LogLine]:
        """Return the newest lines of which anything is told, oldest first."""
        return await self.all(window, lambda _: True, _notable, bound=bound)

    async def all(
        self,
        window: Window,
        wanted: Callable[[LogLine], bool],
        keep: Keep | None = None,
        *,
        bound: int | None = None,
    ) -> Listing[LogLine]:
        """Return the lines of the window that are wanted, oldest first.

        *keep* tells cheaply of raw text that none of it is. Beyond the bound the
        newest are kept.
        """
        limit = BOUND if bound is None else bound
        kept = await self._kept(window, wanted, keep or bool, limit=limit)
        whole = kept.whole and len(kept.rows) == kept.total
        return Listing(kept.rows, whole=whole)

    async def _kept(
        self,
        window: Window,
        wanted: Callable[[LogLine], bool],
        keep: Keep,
        *,
        limit: int,
        newest: bool = True,
    ) -> _Kept:
        def work(files: Sequence[LogFile], sweep: Sweep) -> _Kept:
            lines = filter(wanted, sweep.lines(files, window, keep))
            rows, total = _most(lines, limit, newest=newest)
            return _Kept(tuple(rows), total, sweep.whole)

        return await self._in_thread(work)

    def _last(
        self, files: Sequence[LogFile], sweep: Sweep
    ) -> tuple[LogLine | None, bool]:
        """Return the newest line of the orchestrator, whatever the window.

        And whether it wrote something, and no line of it has a time.
        """
        last = None
        own = [each for each in files if each.service == ORCHESTRATOR and each.size]
        for file in own:
            if last is not None and file.changed_at < last.at:
                break
            read = sweep.newest(file)
            last = max(
                (each for each in (last, read) if each), key=_ORDER, default=None
            )
        if last is None and sweep.unread:
            raise sweep.unread[0]
        return last, bool(own) and last is None and sweep.whole

    async def _in_thread(self, work: Callable[[Sequence[LogFile], Sweep], T]) -> T:
        if not self._globs:
            raise NotConfigured(SOURCE, "OCTOLLM_LOG_GLOBS")
        seconds = patience(READ_SECONDS)
        until = time.monotonic() + seconds

        def read() -> tuple[T, Sequence[Gap]]:
            files, sweep = found(self._globs), Sweep(self._zone, until=until)
            done = work(files, sweep)
            unread = (Gap(source=SOURCE, reason=it.message) for it in sweep.unread)
            return done, (*unread, *_cut(sweep), *lacking(self._globs, files))

        try:
            # A thread can't be cancelled; it looks at the clock itself, unless the
            # file system has stopped answering.
            with asking(SOURCE):
                async with asyncio.timeout(seconds + GRACE_SECONDS):
                    done, gaps = await self._aside.run(read)
        except TimeoutError as error:
            msg = f"could not be read {within(seconds, READ_SECONDS)}"
            raise OutOfTime(SOURCE, msg) from error
        for gap in gaps:
            untold(gap)
        return done


def _cut(sweep: Sweep) -> Iterator[Gap]:
    """Yield of how many lines of a file only the ends were read."""
    most = f"{LONGEST // 2**20} MB"
    for name, count in sorted(sweep.cut.items()):
        were = "line is" if count == 1 else "lines are"
        reason = (
            f"of {name} {count:,} {were} longer than {most}: only the ends were read"
        )
        yield Gap(source=SOURCE, reason=reason, failed=False)


def holding(*texts: str) -> Keep:
    """Return what tells whether raw text holds any of them."""
    needles = tuple(text.encode() for text in texts)
    return lambda raw: any(each in raw for each in needles)


def _most(
    lines: Iterator[LogLine], limit: int, *, newest: bool
) -> tuple[Iterable[LogLine], int]:
    """Return the newest or oldest lines, oldest first, and how many there were."""
    kept: list[LogLine] = []
    total = 0
    for line in lines:
        total += 1
        kept.append(line)
        if len(kept) >= 2 * limit + 1000:
            kept.sort(key=_ORDER)
            kept = kept[-limit:] if newest else kept[:limit]
    kept.sort(key=_ORDER)
    return (kept[-limit:] if newest else kept[:limit]), total


def _matches(wanted: LogSearch, line: LogLine) -> bool:
    if wanted.before is not None and line.order >= wanted.before.order:
        return False
    if wanted.after is not None and line.order <= wanted.after.order:
        return False
    if wanted.level is not None and line.level != wanted.level:
        return False
    if wanted.source is not None and wanted.source.lower() not in (
        line.source.lower(),
        line.source_id.lower(),
    ):
        return False
    if wanted.task_id is not None and line.task_id != wanted.task_id:
        return False
    if wanted.worker_id not in (None, line.worker_id, line.source):
        return False
    if not all(each.fits(line) for each in wanted.fields):
        return False
    return wanted.text is None or _contains(line, wanted.text.lower())


def _contains(line: LogLine, text: str) -> bool:
    trace = line.fields.get("traceback")
    return text in line.message.lower() or (
        trace is not None and text in str(trace).lower()
    )


def _hint(wanted: LogSearch) -> Keep:
    """Return a cheap look for what a match must hold in any case."""
    needles = [] if wanted.task_id is None else [wanted.task_id.encode()]
    words = [] if wanted.text is None else _WORD.findall(wanted.text.lower())
    # Only words of letters are surely written alike; the first and last may be cut.
    told = [word.encode() for word in words if not _OURS.intersection((word,))]
    if wanted.text is not None and any(our in wanted.text.lower() for our in _OURS):
        told = []
    if wanted.level in (Level.ERROR, Level.CRITICAL):
        return lambda raw: _may_alarm(raw) and _holds(raw, needles, told)
    return lambda raw: _holds(raw, needles, told)


def _holds(raw: bytes, needles: Sequence[bytes], words: Sequence[bytes]) -> bool:
    if not all(each in raw for each in needles):
        return False
    lowered = raw.lower() if words else b""
    return all(each in lowered for each in words)


def _may_alarm(raw: bytes) -> bool:
    lowered = raw.lower()
    return any(each in lowered for each in _ALARMING)


def _notable(raw: bytes) -> bool:
    lowered = raw.lower()
    return any(each in lowered for each in _NOTABLE)


def _alarming(line: LogLine) -> bool:
    return line.alarming


def _of_its_life(line: LogLine) -> bool:
    return line.alarming or line.fields.get("event") == "orchestrator.startup"
