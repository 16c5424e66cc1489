"""All that an OctoLLM tells at one moment, asked at the same time."""

import asyncio
from datetime import datetime
from typing import Final, Protocol

from bot.domain.logs import LogLine
from bot.domain.services import HttpLoad, ReflexCounts, ServiceScene, Told
from bot.domain.times import Window
from bot.sources.asking import Gaps
from bot.sources.octollm.database import Database
from bot.sources.octollm.services import Services
from bot.sources.octollm.tally import tally
from bot.sources.octollm.tasks import OctoTasks
from bot.sources.protocols import Listing

BOUND: Final = 50_000  # lines that are counted; of a busier window the newest


class Noted(Protocol):
    """Where lines are kept, as far as a scene is told from them."""

    async def of_note(self, window: Window, *, bound: int) -> Listing[LogLine]:
        """Return the newest lines of which anything is told, oldest first."""
        ...


async def scene(  # noqa: PLR0913  each has its name at the call
    window: Window,
    *,
    services: Services,
    tasks: OctoTasks,
    logs: Noted,
    database: Database,
    now: datetime,
) -> ServiceScene:
    """Return what services, database and lines tell; what can't be read is a gap."""
    gaps = Gaps()
    (
        (probes, readiness, reflex),
        (memory, counted),
        (backlog, seen),
        lines,
    ) = await asyncio.gather(
        asyncio.gather(
            gaps.ask(services.probes(), None),
            gaps.ask(services.readiness(), None),
            gaps.ask(_reflex(services), None),
        ),
        asyncio.gather(
            gaps.ask(services.memory(), None),
            gaps.ask(services.counted(), None),
        ),
        asyncio.gather(gaps.ask(tasks.backlog(), None), database.probe(now)),
        _lines_or_metrics(gaps, logs, services, window),
    )
    told, measured = lines
    return ServiceScene(
        window=window,
        probes=probes,
        readiness=readiness,
        reflex=reflex,
        memory=memory,
        backlog=backlog,
        told=told,
        measured=measured,
        counted=counted,
        database=seen,
        gaps=gaps.all,
    )


async def _reflex(services: Services) -> ReflexCounts | None:
    _, reflex = await services.stats()
    return reflex


async def _lines_or_metrics(
    gaps: Gaps, logs: Noted, services: Services, window: Window
) -> tuple[Told | None, HttpLoad | None]:
    """Return what the lines tell; metrics are asked only where none is of a request."""
    told = await gaps.ask(_told(logs, window), None)
    if told is not None and any(each.requests for each in told.http):
        return told, None
    return told, await gaps.ask(services.load(), None)


async def _told(logs: Noted, window: Window) -> Told:
    read = await logs.of_note(window, bound=BOUND)
    return tally(read.rows, window, whole=read.whole)
