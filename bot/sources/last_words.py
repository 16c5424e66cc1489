"""What the newest crashed workers wrote before they died."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.times import SKEW, Window
from bot.domain.workers import Worker, WorkerId
from bot.sources.asking import Gaps
from bot.sources.protocols import Listing, Logs

LOOKED_AT: Final = 5
"""Of so many crashed workers, the newest, lines are read: each costs a question."""
LOAD: Final = timedelta(minutes=15)  # systems/reigh.md, F4: it dies 1.5 to 5 min in


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """Lines, None where nobody was asked for any, and of which workers it is all."""

    lines: tuple[LogLine, ...] | None = None
    whole: frozenset[WorkerId] = frozenset()


async def last_words(workers: Iterable[Worker], logs: Logs, gaps: Gaps) -> LastWords:
    """Return what the newest crashed ones of *workers* wrote last."""
    crashed = [
        (worker.id, worker.last_heartbeat_at)
        for worker in workers
        if worker.status == "crashed" and worker.last_heartbeat_at is not None
    ][:LOOKED_AT]
    if not crashed:
        return LastWords()
    read = await lines_before(dict(crashed), logs, gaps)
    return LastWords(
        lines=tuple(line for each in read.values() for line in each.rows),
        whole=frozenset(id for id, each in read.items() if each.whole),
    )


async def lines_before(
    deaths: Mapping[WorkerId, datetime], logs: Logs, gaps: Gaps
) -> Mapping[WorkerId, Listing[LogLine]]:
    """Return what each wrote before its death; what can't be read is a gap."""
    read = await asyncio.gather(
        *(
            gaps.ask(
                logs.of_worker(id, Window(since=at - LOAD, until=at + 2 * SKEW)), None
            )
            for id, at in deaths.items()
        )
    )
    told = zip(deaths, read, strict=True)
    return {id: each for id, each in told if each is not None}
