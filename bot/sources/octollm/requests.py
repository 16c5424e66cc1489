"""All lines that may belong to one request, for `bot.domain.traces` to choose from."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final, Protocol

from bot.domain.logs import LogLine
from bot.domain.times import Window
from bot.domain.traces import LATEST, traced
from bot.sources.protocols import Listing

AROUND: Final = timedelta(seconds=1)
SKEWED: Final = timedelta(minutes=10)
"""So far off the reflex layer's clock may be, for its lines to be found."""
MOST_SPANS: Final = 20
"""An id that a client uses again and again is read of at its newest so many times."""


class Lines(Protocol):
    """Where lines are kept, as far as requests are looked for in them."""

    @property
    def place(self) -> str:
        """How an answer calls it."""
        ...

    async def bearing(self, ids: Collection[str], window: Window) -> Listing[LogLine]:
        """Return the lines that bear one of the requests' ids, oldest first."""
        ...

    async def of_tasks(self, ids: Collection[str], window: Window) -> Listing[LogLine]:
        """Return the lines that carry the id of one of the tasks, oldest first."""
        ...

    async def every(self, window: Window) -> Listing[LogLine]:
        """Return all lines of the window, oldest first."""
        ...


class OctoRequests:
    """Fulfils `bot.sources.Requests`."""

    def __init__(self, logs: Lines) -> None:
        """Read *logs*."""
        self._logs = logs

    @property
    def place(self) -> str:
        """Where lines are looked for."""
        return self._logs.place

    async def of(self, id: str, window: Window) -> Listing[LogLine]:
        """Return the lines among which are all of the request's, oldest first.

        Those with its id, those of its tasks, all of the moments around them, and
        the reflex layer's of its own id. Empty when no line of the window bears the id.
        """
        own = await self._logs.bearing([id], window)
        if not own.rows:
            return own
        spans = _spans(own.rows)
        tasks = {line.task_id for line in own.rows if line.task_id}
        read = await asyncio.gather(
            self._logs.of_tasks(tasks, window),
            *(self._logs.every(span) for span in spans[-MOST_SPANS:]),
        )
        rows = _merged(own.rows, *(each.rows for each in read))
        whole = own.whole and all(each.whole for each in read)
        trace = traced(id, rows)
        if trace is not None and trace.reflex_ids:
            near = Window(since=rows[0].at - SKEWED, until=rows[-1].at + SKEWED)
            theirs = await self._logs.bearing(trace.reflex_ids, near)
            rows = _merged(rows, theirs.rows)
            whole = whole and theirs.whole
        return Listing(rows, whole=whole and len(spans) <= MOST_SPANS)


def _spans(lines: Iterable[LogLine]) -> list[Window]:
    """Return the moments around the lines, those that overlap as one."""
    spans: list[Window] = []
    for line in lines:
        since, until = line.at - AROUND, line.at + LATEST
        if spans and since <= spans[-1].until:
            since = spans.pop().since
        spans.append(Window(since=since, until=until))
    return spans


def _merged(*held: Iterable[LogLine]) -> tuple[LogLine, ...]:
    """Return each line once, oldest first."""
    once = {line.id: line for lines in held for line in lines}
    return tuple(sorted(once.values(), key=lambda line: line.order))
