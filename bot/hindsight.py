"""All that can be read of a window of time when somebody looks back at it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.command import Asked
from bot.domain.agent_lives import with_ends
from bot.domain.cases import Scene
from bot.domain.deaths import Death, death, died_at
from bot.domain.logs import LogLine
from bot.domain.notices import Notice
from bot.domain.offers import Record
from bot.domain.orchestration import Orchestration
from bot.domain.pages import Border
from bot.domain.pins import Pinned
from bot.domain.pods import Pod
from bot.domain.problems import Kind
from bot.domain.startup import of_startup
from bot.domain.tasks import Task, TaskId
from bot.domain.times import SKEW, Window
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.sources import (
    UNREAD,
    Listing,
    LogSearch,
    Ownership,
    TaskSearch,
    lines_before,
    ownership,
)

if TYPE_CHECKING:
    from bot.domain.services import ServiceScene

ERRORS_READ: Final = 20_000  # the newest; their number is exact however many there are
REACH: Final = timedelta(hours=24)
"""What was made so long before the window is looked at although it has ended."""
LOOKED_AT: Final = 10
"""Of so many of the dead, the newest, own lines are read: each costs a question."""
STARTS: Final = timedelta(minutes=20)
"""So long a start may take: systems/reigh.md, F2, where all is installed anew."""
CONTEXT: Final = timedelta(minutes=10)
"""So long before the first error lines of its writer are looked for,"""
CONTEXT_LINES: Final = 5
"""and so many, the last ones, are told."""
RECORDS_READ: Final = 10_000  # what `Asked.records` gives at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """What could be read; None where it could not, or was not asked."""

    fleet: Listing[Worker] | None
    failed: Listing[Task] | None
    running: Listing[tuple[Task, Worker | None]] | None
    alarms: Listing[LogLine] | None
    first: LogLine | None
    life: Orchestration | None
    pods: Sequence[Pod] | None
    queued: int | None
    scene: Scene | None
    records: tuple[Record, ...] | None
    pinned: tuple[Pinned, ...] | None
    told: tuple[Notice, ...] | None
    announced: tuple[tuple[Task, str], ...] | None = None
    """The tasks that problems were announced about, each with what was said."""
    owned: Ownership | None = None
    own: Mapping[WorkerId, Listing[LogLine]] | None = None
    before_first: tuple[LogLine, ...] = ()
    """What the writer of the first error wrote just before it."""
    starts: Mapping[WorkerId, Sequence[LogLine]] = field(default_factory=dict)
    """What the newest dead, and those that started them, wrote of their start."""

    @property
    def services(self) -> "ServiceScene | None":
        """What services tell, where the system is one of services."""
        return self.scene.services if self.scene else None

    @property
    def dark(self) -> bool:
        """Tell whether nothing of the system under investigation could be read."""
        parts = (self.fleet, self.failed, self.running, self.alarms, self.life)
        return all(part is None for part in parts)

    @property
    def whole(self) -> bool:
        """Tell whether all of it could be read."""
        parts = (self.fleet, self.failed, self.running, self.alarms, self.life)
        return all(part is not None for part in parts)


async def look(window: Window, then: datetime, asked: Asked) -> Hindsight:
    """Ask everything at the same time, and then what the answers call for."""
    system, ask = asked.system, asked.gaps.ask
    wide = replace(window, since=window.since - REACH)
    rows = asyncio.gather(
        ask(system.workers.fleet(wide), None),
        ask(system.tasks.failed(TaskSearch(window=wide)), None),
        ask(system.tasks.running(), None),
        ask(system.logs.alarms(window, limit=ERRORS_READ), None),
        ask(system.logs.first_alarm(window), None),
        ask(system.logs.orchestration(window), None),
    )
    beside = asyncio.gather(
        ask(_pods(window, asked), None),
        ask(_queued(window, asked), None),
        _scene(window, asked),
        ask(asked.records(window), None),
        ask(asked.pinned(asked.caller, window), None),
        ask(asked.told(window), None),
    )
    fleet, failed, running, alarms, first, life = await rows
    pods, queued, scene, records, pinned, told = await beside
    files = scene.file_queue if scene else None
    if fleet is not None:
        fleet = replace(fleet, rows=with_ends(fleet.rows, files, then))
    if life is not None:
        life = life.beside(fleet.rows if fleet else None)
    seen = Hindsight(
        fleet=fleet,
        failed=failed,
        running=running,
        alarms=alarms,
        first=first,
        life=life,
        pods=pods,
        queued=queued,
        scene=scene,
        records=records,
        pinned=pinned,
        told=told,
    )
    dead = _newest_dead(seen, window, then)
    owned, own, starts, announced, before = await asyncio.gather(
        ownership(
            pods,
            fleet,
            system=system,
            gaps=asked.gaps,
            thresholds=asked.thresholds,
            now=asked.now,
            confirm=False,
        ),
        lines_before(
            {worker.id: at for worker, at in dead}, asked.system.logs, asked.gaps
        ),
        _starts([worker for worker, _ in dead], asked),
        ask(_announced(told or (), window, asked), None),
        ask(_before(first, asked), UNREAD),
    )
    return replace(
        seen,
        owned=owned,
        own=own,
        starts=starts,
        announced=announced,
        before_first=before.rows,
    )


async def _before(first: LogLine | None, asked: Asked) -> Listing[LogLine]:
    """Return the last lines that the writer of the first error wrote before it."""
    if first is None:
        return Listing(())
    wanted = LogSearch(
        window=Window(since=first.at - CONTEXT, until=first.at),
        source=first.source_id or first.source if first.writer is None else None,
        worker_id=first.writer,
        before=Border(at=first.at, id=first.id),
    )
    return await asked.system.logs.search(wanted, limit=CONTEXT_LINES)


async def _pods(window: Window, asked: Asked) -> Sequence[Pod] | None:
    """Return the pods; None for a window that is over, of which they tell nothing."""
    return await asked.system.pods.all() if window.ongoing else None


async def _queued(window: Window, asked: Asked) -> int | None:
    """Return how many tasks wait; None for a window that is over."""
    tasks = asked.system.tasks
    return await tasks.count(tasks.waiting_status) if window.ongoing else None


async def _scene(window: Window, asked: Asked) -> Scene | None:
    """Return what only its system keeps; of a window that is over what lines tell."""
    scene = await asked.scene(window)
    return scene if window.ongoing or scene is None else scene.past


async def _announced(
    told: Iterable[Notice], window: Window, asked: Asked
) -> tuple[tuple[Task, str], ...]:
    """Return the tasks that problems of the window were about: mended, no row tells."""
    said = {
        TaskId(alert.problem.subject): alert.problem.title
        for notice in told
        if notice.opened_at is not None and notice.opened_at <= window.end
        for alert in notice.alerts
        if alert.problem.kind in (Kind.ORPHANED_TASK, Kind.STUCK_TASK)
    }
    tasks = await asked.system.tasks.named(said) if said else ()
    return tuple((task, said[task.id]) for task in tasks)


def _newest_dead(
    seen: Hindsight, window: Window, then: datetime
) -> Sequence[tuple[Worker, datetime]]:
    """Return those who died last in the window, and when."""
    dead = [
        (worker, at)
        for worker in concerned(seen, window)
        if (at := death_in(worker, window, then)) is not None
    ]
    dead.sort(key=lambda each: (each[1], each[0].id), reverse=True)
    return dead[:LOOKED_AT]


async def _starts(
    dead: Sequence[Worker], asked: Asked
) -> Mapping[WorkerId, Sequence[LogLine]]:
    """Return what was written of the start of each; what can't be read is a gap."""
    logs, ask = asked.system.logs, asked.gaps.ask
    marks = asked.system.vocabulary.startup

    async def start(worker: Worker) -> Sequence[LogLine]:
        born = worker.created_at
        span = Window(since=born - SKEW, until=min(born + STARTS, asked.now))
        own, naming = await asyncio.gather(
            ask(logs.of_worker(worker.id, span), UNREAD),
            ask(logs.naming(worker.id, span), UNREAD),
        )
        lines = (*own.rows, *naming.rows)
        return sorted(
            (line for line in lines if of_startup(line, marks)),
            key=lambda line: line.order,
        )

    found = await asyncio.gather(*map(start, dead))
    return {worker.id: lines for worker, lines in zip(dead, found, strict=True)}


def concerned(seen: Hindsight, window: Window) -> tuple[Worker, ...]:
    """Return the workers that lived in the window, as far as rows tell.

    Left out are those that ended before it, and of a window that is over those that
    ended after it: how they stood then no row tells.
    """
    return tuple(
        worker
        for worker in (seen.fleet.rows if seen.fleet else ())
        if worker.phase not in (WorkerPhase.FAILED, WorkerPhase.ENDED)
        or (died_at(worker) or worker.created_at) in window
    )


def death_in(worker: Worker, window: Window, then: datetime) -> datetime | None:
    """Return when it died in the window; None if it did not, or was scaled down."""
    if death(worker, then) in (None, Death.SCALED_DOWN):
        return None
    at = died_at(worker) or worker.last_heartbeat_at or worker.created_at
    return at if at in window else None


def cut_off(seen: Hindsight) -> Sequence[str]:
    """Return the lists that a bound ended, each in words."""
    found = []
    if seen.alarms is not None and seen.alarms.cut:
        rest = (seen.alarms.total or 0) - len(seen.alarms.rows)
        found.append(f"the {rest:,} oldest errors, which were counted but not read")
    if seen.fleet is not None and seen.fleet.cut:
        found.append("the workers made before those that were read")
    if seen.failed is not None and seen.failed.cut:
        found.append("the failed tasks made before those that were read")
    if seen.running is not None and seen.running.cut:
        found.append("the tasks in progress made after those that were read")
    if seen.life is not None and not seen.life.whole:
        found.append("the orchestrator's oldest cycles, which were not read")
    if len(seen.records or ()) >= RECORDS_READ:
        found.append(f"the audit before its newest {RECORDS_READ:,} records")
    return found
