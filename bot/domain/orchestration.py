"""The life of the program that starts and ends workers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Final

from bot.domain.findings import Finding
from bot.domain.logs import LogLine
from bot.domain.times import AHEAD, Window, spoken
from bot.domain.workers import Worker

LATE: Final = timedelta(minutes=5)  # systems/reigh.md, F22: warn
DOWN: Final = timedelta(minutes=15)  # systems/reigh.md, F22: down
_COUNTS: Final = re.compile(
    r"TASK COUNT.{0,200}?Queued=(\d+), Active=(\d+), Total=(\d+)"
)
COUNTED: Final = (
    "workers are started for what scaling counts, which leaves out coordinators and"
    " tasks of users without credits"
)  # systems/reigh.md, 1.7


class Liveness(StrEnum):
    """The one word for it (CONTRACT, 4)."""

    HEALTHY = "healthy"
    WARNING = "warning"
    STALE = "stale"
    NO_LOGS = "no_logs"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How many workers it saw, and how many it wanted."""

    active: int
    starting: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One turn of its loop. None means that no line of the window says so."""

    number: int | None
    started_at: datetime | None
    completed_at: datetime | None
    took: timedelta | None = None
    decision: Decision | None = None
    workers_started: int | None = None
    workers_ended: int | None = None
    error: str | None = None
    saw: Mapping[str, str] = field(default_factory=dict)
    """What it saw of everything, in its own words; empty where it tells nothing."""
    instance: str = ""
    """Which of several, by the name that its lines bear; empty where none is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A stretch in which several instances began cycles of their own."""

    instances: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch without a cycle, from the last one before it."""

    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Orchestration:
    """What its log lines tell.

    *last_line* is its newest line whatever the window (None: it left no line that is
    still kept); *cycles* are those of the window, oldest first; *restarts* counts how
    often the cycle number fell back.
    """

    last_line: LogLine | None
    cycles: tuple[Cycle, ...] = ()
    errors: tuple[LogLine, ...] = ()
    restarts: tuple[datetime, ...] = ()
    notable: tuple[LogLine, ...] = ()
    """Its lines about pods, counts and volumes, oldest first: rules read them."""
    whole: bool = True
    """Whether all lines about cycles were read; if not, the oldest are missing."""
    workers_moved_at: datetime | None = None
    """When it last created, promoted or ended a worker, as the workers' rows say."""
    workers_read: bool = True
    """Whether those rows could be read at all."""
    beat_at: datetime | None = None
    """Its own heartbeat; None of one that writes none."""
    decisions: tuple[LogLine, ...] = ()
    """What it decided and is worth a look, oldest first, where it writes it down."""
    late: timedelta = LATE
    """From which silence of its lines on it is late."""
    down: timedelta = DOWN
    """And from which silence, of its heartbeat as well, it does not live."""
    pause: timedelta = LATE
    """So long no cycle may be missing."""
    undated: bool = False
    """Whether its log holds something, and no line there has a time."""
    unread: bool = False
    """Whether its log may not be read, so that its heartbeat alone tells of it."""

    @property
    def lineless(self) -> str:
        """What is said where there is no newest line."""
        if self.unread:
            return "its log may not be read"
        return "no line of its log has a time" if self.undated else "it left no line"

    @property
    def seen_at(self) -> datetime | None:
        """When it last gave a sign, by a line or by its heartbeat."""
        line = self.last_line.at if self.last_line else None
        return max((at for at in (line, self.beat_at) if at), default=None)

    def moved_within(self, span: timedelta, now: datetime) -> bool:
        """Tell whether a worker's row shows that it did something so lately."""
        at = self.workers_moved_at
        return at is not None and now - at <= span

    def pauses(self, until: datetime) -> tuple[Pause, ...]:
        """Return the stretches without a cycle, the last one up to *until*."""
        begun = sorted(at for each in self.cycles if (at := each.started_at))
        return tuple(
            Pause(at=before, seconds=(after - before).total_seconds())
            for before, after in pairwise([*begun, until] if begun else [])
            if after - before > self.pause
        )

    @property
    def overlap(self) -> Overlap | None:
        """The last stretch with several instances at once; None without one."""
        begun: dict[str, list[datetime]] = {}
        for each in self.cycles:
            if each.started_at is not None:
                begun.setdefault(each.instance, []).append(each.started_at)
        spans = sorted((min(at), max(at), name) for name, at in begun.items())
        # Of those that began before, the one that ran longest shares the most.
        longest = accumulate((end for _, end, _ in spans), max)
        shared = [
            (min(end, last), first)
            for end, (first, last, _) in zip(longest, spans[1:], strict=False)
            if end > first
        ]
        if not shared:
            return None
        until, since = max(shared)
        names = (name for first, last, name in spans if first < until and last > since)
        return Overlap(instances=tuple(names), since=since, until=until)

    def beside(self, workers: Iterable[Worker] | None) -> "Orchestration":
        """Return its life with what the workers' rows tell; None: none were read."""
        return replace(
            self,
            workers_moved_at=None if workers is None else moved_at(workers),
            workers_read=workers is not None,
        )

    def within(self, window: Window) -> "Orchestration":
        """Return its life with only the window's cycles, errors and restarts."""
        begun = ((each, each.started_at or each.completed_at) for each in self.cycles)
        return replace(
            self,
            cycles=tuple(each for each, at in begun if at is None or at in window),
            errors=tuple(line for line in self.errors if line.at in window),
            restarts=tuple(at for at in self.restarts if at in window),
            decisions=tuple(line for line in self.decisions if line.at in window),
        )


def counts(message: str) -> Mapping[str, str]:
    """Return what a line says of the tasks as scaling sees them, empty if nothing."""
    found = _COUNTS.search(message)
    names = ("queued", "active", "total")
    return dict(zip(names, found.groups(), strict=True)) if found else {}


def uncounted(waiting: int | None, counted: int | None) -> int:
    """Return how many more tasks wait than scaling counts; 0 where either is untold."""
    if waiting is None or counted is None:
        return 0
    return max(waiting - counted, 0)


def liveness(
    life: Orchestration, findings: Iterable[Finding], now: datetime
) -> Liveness:
    """Return how it is, by the age of its signs and by what rules found.

    One that beats and writes no line for long is late: its work stands still. Signs of
    later than now tell nothing of now.
    """
    seen = life.seen_at
    if seen is None:
        return Liveness.NO_LOGS
    if now - seen > life.down:
        return Liveness.STALE
    if any(each.rule == "orchestrator-failing" for each in findings):
        return Liveness.FAILING
    if seen - now > AHEAD:
        return Liveness.WARNING
    line = life.last_line
    silent = not life.unread if line is None else now - line.at > life.late
    return Liveness.WARNING if silent else Liveness.HEALTHY


def omission(life: Orchestration | None, now: datetime) -> str:
    """Return what to do about what it was due to do by now, and has not done."""
    seen = life.seen_at if life is not None else None
    if life is None or seen is None:
        return "see whether it lives"
    if now - seen > life.late:
        return f"it has been silent for {spoken(now - seen)}"
    return "it lives and has not; see its errors"


def moved_at(workers: Iterable[Worker]) -> datetime | None:
    """Return when it last created, promoted or ended one of the workers.

    Times of errors do not count: a worker can give itself up.
    """
    times = (
        at
        for worker in workers
        if worker.runs_on_gpu
        for at in (worker.created_at, worker.promoted_at, worker.terminated_at)
    )
    return max((at for at in times if at is not None), default=None)
