"""The lines of one system, wherever it wrote them, as they stand in the engine.

What is asked of a busy window is filtered there: newest lines first, page by page along
(timestamp, id), so that nothing of the rest is read.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.domain.errors import OutOfTime
from bot.domain.logs import Level, LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.pages import Border
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.clickhouse import conditions
from bot.sources.clickhouse import rows as meaning
from bot.sources.clickhouse.conditions import Condition, both, within
from bot.sources.clickhouse.engine import Engine
from bot.sources.clickhouse.faults import nonsense
from bot.sources.clickhouse.fields import of_field
from bot.sources.patience import patience
from bot.sources.protocols import Listing, LogSearch

LISTING_SECONDS: Final = 7.5  # all pages of one list, as other sources have it
SHARE: Final = 0.8  # of the time that is left; what was read by then is an answer
PAGE: Final = 2_000  # a tenth of a second to read into lines; no page is given up
BOUND: Final = 200_000  # lines of one list; beyond it the answer says that it was cut
WRITERS_BOUND: Final = 1_000
EVER: Final = Window(
    since=datetime(1971, 1, 1, tzinfo=UTC), until=datetime(2200, 1, 1, tzinfo=UTC)
)
"""All that the engine can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What is particular about the lines of one system."""

    system: str
    line: Callable[[meaning.Row], LogLine] = meaning.line
    of_task: Callable[[TaskId], Condition]
    of_worker: Callable[[WorkerId], Condition]
    """Those that the worker wrote or that carry its id."""
    bearing: Callable[[WorkerId], Condition]
    """Those that a search for the worker means."""
    naming: Callable[[WorkerId], Condition]
    """Those of others that only name it in their text."""
    life: "Callable[[EngineLogs, Window], Awaitable[Orchestration]]"
    of_level: Callable[[str], Condition] = conditions.of_level
    """Those that a search for the level means."""


class EngineLogs:
    """Fulfils `bot.sources.Logs`."""

    levels = tuple(Level)
    fielded = True

    def __init__(self, engine: Engine, manner: Manner) -> None:
        """Read the lines of one system from *engine*."""
        self._engine = engine
        self._manner = manner

    async def of_task(self, id: TaskId, window: Window) -> Listing[LogLine]:
        """Return the lines that carry the task's id, oldest first."""
        found = await self.all(window, self._manner.of_task(id))
        rows = tuple(
            line if line.task_id == id else replace(line, task_id=id)
            for line in found.rows
        )
        return replace(found, rows=rows)

    async def of_worker(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the lines that the worker wrote or that carry its id, oldest first."""
        return await self.all(window, self._manner.of_worker(id))

    async def naming(self, id: WorkerId, window: Window) -> Listing[LogLine]:
        """Return the lines of others that only name the worker in their text."""
        return await self.all(window, self._manner.naming(id))

    async def search(self, wanted: LogSearch, *, limit: int) -> Listing[LogLine]:
        """Return the newest *limit* matches, oldest first; *total* counts all.

        Of those after a border it is the oldest that are returned. What could not be
        counted in time has no *total*.
        """
        return await self._counted(
            wanted.window,
            *self._wanted(wanted),
            limit=limit,
            oldest=wanted.after is not None,
        )

    async def writers(self, window: Window) -> Listing[tuple[str, str]]:
        """Return who wrote in the window, each once, as kind and name."""
        where = within(self._manner.system, window)
        found = await self._engine.rows(
            f"SELECT DISTINCT source, source_id FROM {self._engine.table}"
            f" WHERE {where.text} ORDER BY source, source_id LIMIT {WRITERS_BOUND}",
            where.values,
            most=WRITERS_BOUND,
        )
        names = tuple((_text(row, "source"), _text(row, "source_id")) for row in found)
        return Listing(names, whole=len(names) < WRITERS_BOUND)

    async def alarms(
        self, window: Window, *, limit: int, scale_downs: bool = True
    ) -> Listing[LogLine]:
        """Return the newest lines that report a fault; *total* counts all of them."""
        where = conditions.alarming(scale_downs=scale_downs)
        return await self._counted(window, where, limit=limit)

    async def first_alarm(self, window: Window) -> LogLine | None:
        """Return the oldest line that reports a fault and is no scale-down, or None."""
        where = conditions.alarming(scale_downs=False)
        found = await self.all(window, where, bound=1, oldest=True)
        return found.rows[0] if found.rows else None

    async def orchestration(self, window: Window) -> Orchestration:
        """Return the orchestrator's life in the window."""
        return await self._manner.life(self, window)

    async def newest(self, *where: Condition) -> LogLine | None:
        """Return the newest of the lines, however old it is; None if there is none."""
        found = await self.all(EVER, *where, bound=1)
        return found.rows[0] if found.rows else None

    async def all(
        self,
        window: Window,
        *where: Condition,
        bound: int = BOUND,
        oldest: bool = False,
    ) -> Listing[LogLine]:
        """Return the lines of the window for which all holds, oldest first.

        Beyond the bound the newest are kept, or the *oldest*. The listing is not whole
        when the bound or the time for one list ended it.
        """
        until = time.monotonic() + SHARE * patience(LISTING_SECONDS)
        found: list[LogLine] = []
        here: tuple[Condition, ...] = ()
        while True:
            wanted = min(PAGE, bound - len(found))
            try:
                page = await self._page(
                    window,
                    *where,
                    *here,
                    wanted=wanted,
                    oldest=oldest,
                    seconds=until - time.monotonic(),
                )
            except OutOfTime:
                if not found:
                    raise
                break
            found += page
            if len(page) < wanted:
                return Listing(_upwards(found, oldest=oldest))
            if len(found) >= bound:
                break
            border = Border(at=found[-1].at, id=found[-1].id)
            here = (conditions.on_from(border, oldest=oldest),)
        return Listing(_upwards(found, oldest=oldest), whole=False)

    async def _counted(
        self, window: Window, *where: Condition, limit: int, oldest: bool = False
    ) -> Listing[LogLine]:
        found = await self.all(window, *where, bound=limit, oldest=oldest)
        if found.whole:
            return replace(found, total=len(found.rows))
        try:
            total = await self._count(window, *where)
        except OutOfTime:
            return found
        total = max(total, len(found.rows))
        return replace(found, whole=len(found.rows) >= total, total=total)

    async def _page(
        self,
        window: Window,
        *where: Condition,
        wanted: int,
        oldest: bool,
        seconds: float,
    ) -> list[LogLine]:
        whole = both(within(self._manner.system, window), *where)
        way = "ASC" if oldest else "DESC"
        held = await self._engine.rows(
            f"SELECT {meaning.COLUMNS} FROM {self._engine.table} WHERE {whole.text}"
            f" ORDER BY timestamp {way}, id {way} LIMIT {wanted}",
            whole.values,
            most=wanted,
            seconds=seconds,
        )
        # In a thread, so that others are answered meanwhile.
        return await asyncio.to_thread(self._read, held)

    def _read(self, held: Sequence[Mapping[str, Any]]) -> list[LogLine]:
        return [self._manner.line(row) for row in meaning.rows(held)]

    async def _count(self, window: Window, *where: Condition) -> int:
        whole = both(within(self._manner.system, window), *where)
        found = await self._engine.rows(
            f"SELECT toString(count()) AS lines FROM {self._engine.table}"
            f" WHERE {whole.text}",
            whole.values,
            most=1,
        )
        text = _text(found[0], "lines") if found else ""
        if not text.isdigit():
            raise nonsense()
        return int(text)

    def _wanted(self, wanted: LogSearch) -> list[Condition]:
        found = []
        if wanted.level is not None:
            found.append(self._manner.of_level(wanted.level))
        if wanted.source is not None:
            found.append(conditions.of_source(wanted.source))
        if wanted.task_id is not None:
            found.append(self._manner.of_task(wanted.task_id))
        if wanted.worker_id is not None:
            found.append(self._manner.bearing(wanted.worker_id))
        if wanted.text is not None:
            found.append(conditions.holding(wanted.text))
        for number, each in enumerate(wanted.fields):
            found.append(of_field(each, name=f"field_{number}"))
        if wanted.before is not None:
            found.append(conditions.older(wanted.before))
        if wanted.after is not None:
            found.append(conditions.newer(wanted.after))
        return found


def _upwards(lines: list[LogLine], *, oldest: bool) -> tuple[LogLine, ...]:
    return tuple(lines if oldest else lines[::-1])


def _text(row: Any, name: str) -> str:
    held = row.get(name)
    if not isinstance(held, str):
        raise nonsense()
    return held
