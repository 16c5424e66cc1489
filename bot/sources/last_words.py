"""What the newest crashed workers wrote before they died."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.logs import LogLine
from bot.domain.times import SKEW, Window
from bot.domain.workers import Worker, WorkerId
from bot.sources.asking import Gaps
from bot.sources.protocols import UNREAD, Logs

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
    windows = [(id, Window(since=at - LOAD, until=at + 2 * SKEW)) for id, at in crashed]
    read = await asyncio.gather(
        *(gaps.ask(logs.of_worker(id, window), UNREAD) for id, window in windows)
    )
    told = zip(windows, read, strict=True)
    return LastWords(
        lines=tuple(line for each in read for line in each.rows),
        whole=frozenset(id for (id, _), each in told if each.whole),
    )
