"""What crashed workers wrote before they died, and whether unborn ones wrote at all."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.times import HOUR, SKEW, Window
from bot.domain.workers import Worker, WorkerId
from bot.sources.asking import Gaps
from bot.sources.protocols import UNREAD, Listing, Logs, System

LOOKED_AT: Final = 5
"""Of so many crashed workers, the newest, lines are read: each costs a question.

And of as many that never beat.
"""
LOAD: Final = timedelta(minutes=15)  # systems/reigh.md, F4: it dies 1.5 to 5 min in


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """Lines, None where nobody was asked for any, and of which workers it is all."""

    lines: tuple[LogLine, ...] | None = None
    whole: frozenset[WorkerId] = frozenset()


async def last_words(
    workers: Iterable[Worker], system: System, gaps: Gaps, now: datetime
) -> LastWords:
    """Return what the newest crashed ones of *workers* wrote last.

    And what the newest of those wrote first that seem never to have started, for a line
    proves that one did, and what names them: it may tell what their start stopped at.
    """
    every = tuple(workers)
    crashed = [
        (worker.id, _end(worker.last_heartbeat_at))
        for worker in every
        if worker.status == "crashed" and worker.last_heartbeat_at is not None
    ][:LOOKED_AT]
    unborn = [
        (worker.id, Window(since=worker.created_at, until=worker.created_at + HOUR))
        for worker in every
        if system.vocabulary.rents and worker.unborn(now)
    ][:LOOKED_AT]
    if not crashed and not unborn:
        return LastWords()
    logs = system.logs
    read, named = await asyncio.gather(
        _lines(dict([*crashed, *unborn]), logs, gaps),
        asyncio.gather(*(gaps.beside(logs.naming(*each), UNREAD) for each in unborn)),
    )
    ended = {id for id, _ in crashed}
    return LastWords(
        lines=tuple(line for each in (*read.values(), *named) for line in each.rows),
        whole=frozenset(id for id, each in read.items() if each.whole and id in ended),
    )


async def lines_before(
    deaths: Mapping[WorkerId, datetime], logs: Logs, gaps: Gaps
) -> Mapping[WorkerId, Listing[LogLine]]:
    """Return what each wrote before its death; what can't be read is a gap."""
    return await _lines({id: _end(at) for id, at in deaths.items()}, logs, gaps)


def _end(at: datetime) -> Window:
    return Window(since=at - LOAD, until=at + 2 * SKEW)


async def _lines(
    windows: Mapping[WorkerId, Window], logs: Logs, gaps: Gaps
) -> Mapping[WorkerId, Listing[LogLine]]:
    read = await asyncio.gather(
        *(gaps.ask(logs.of_worker(id, window), None) for id, window in windows.items())
    )
    told = zip(windows, read, strict=True)
    return {id: each for id, each in told if each is not None}
