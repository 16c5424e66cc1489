"""What matters in a stretch of time, as moments in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from bot.domain.figures import some
from bot.domain.findings import Severity
from bot.domain.kinds import ErrorKind, kind_of, kinds
from bot.domain.logs import Level, LogLine
from bot.domain.notices import Notice
from bot.domain.offers import Decision, Fate, Record
from bot.domain.orchestration import LATE, Cycle, Orchestration
from bot.domain.tasks import Task, TaskId
from bot.domain.times import Window, spoken
from bot.domain.workers import WorkerId

ALIKE: Final = timedelta(minutes=1)
"""Moments of one kind that are no further apart are told as one."""


class MomentKind(StrEnum):
    """What kind of thing happened; what is told first of one instant stands first."""

    START = "start"
    ERROR = "error"
    FAILURE = "failure"
    DEATH = "death"
    ORCHESTRATOR = "orchestrator"
    SCALING = "scaling"
    ALERT = "alert"
    FINDING = "finding"
    ACTION = "action"
    PINNED = "pinned"


_RANK: Final = {kind: rank for rank, kind in enumerate(MomentKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened.

    *source* is who tells of it. *alike* counts further ones of the same kind, each
    within a minute of the one before, the last of them at *until*. Changes of the
    fleet that follow each other are one moment, whatever their distance.
    *after_seconds* is the time since the moment before ended; None for the first one.
    """

    at: datetime
    kind: MomentKind
    level: str
    source: str
    message: str
    task_id: TaskId | None = None
    worker_id: WorkerId | None = None
    alike: int = 0
    until: datetime | None = None
    after_seconds: float | None = None
    workers_started: int = 0
    workers_ended: int = 0

    @property
    def line(self) -> LogLine:
        """Return it as a line of a timeline."""
        message = self.message
        if self.kind is MomentKind.SCALING:
            message = self._scaled
        elif self.alike:
            message += f" (and {self.alike:,} more alike within {self._span})"
        return LogLine(
            at=self.at,
            level=self.level,
            source=self.kind.value,
            message=message,
            task_id=self.task_id,
            worker_id=self.worker_id,
        )

    @property
    def _scaled(self) -> str:
        parts = []
        if self.workers_started:
            parts.append(f"started {some(self.workers_started, 'worker')}")
        if self.workers_ended:
            parts.append(f"ended {some(self.workers_ended, 'worker')}")
        steps = f" in {self.alike + 1:,} steps over {self._span}" if self.alike else ""
        return f"{self.source} {' and '.join(parts)}{steps}"

    @property
    def _span(self) -> str:
        return spoken((self.until or self.at) - self.at)


def in_order(moments: Iterable[Moment], window: Window) -> tuple[Moment, ...]:
    """Return the window's moments by time, alike ones as one, with their distances."""
    order = sorted(
        (each for each in moments if each.at in window),
        key=lambda each: (each.at, _RANK[each.kind], each.message),
    )
    told = _folded(order)
    return (
        *told[:1],
        *(
            replace(
                here,
                after_seconds=max(
                    (here.at - (before.until or before.at)).total_seconds(), 0.0
                ),
            )
            for before, here in pairwise(told)
        ),
    )


def _folded(order: Sequence[Moment]) -> list[Moment]:
    """Return the moments, each with those alike that follow it closely."""
    told: list[Moment] = []
    places: dict[tuple[MomentKind, str], int] = {}
    for each in order:
        if each.kind is MomentKind.SCALING:
            if told and told[-1].kind is MomentKind.SCALING:
                told[-1] = _joined(told[-1], each)
            else:
                told.append(each)
            continue
        alone = each.kind in (MomentKind.ACTION, MomentKind.PINNED)
        key = (each.kind, kind_of(each.message))
        place = None if alone else places.get(key)
        if place is not None:
            known = told[place]
            if each.at - (known.until or known.at) <= ALIKE:
                told[place] = _joined(known, each)
                continue
        places[key] = len(told)
        told.append(each)
    return told


def _joined(known: Moment, another: Moment) -> Moment:
    return replace(
        known,
        alike=known.alike + 1,
        until=another.at,
        workers_started=known.workers_started + another.workers_started,
        workers_ended=known.workers_ended + another.workers_ended,
    )


def of_errors(found: Iterable[ErrorKind]) -> Iterable[Moment]:
    """Yield the first error of each kind, and how many followed; no scale-downs."""
    for each in found:
        line, more = each.first, each.total - 1
        if line.routine:
            continue
        last = each.last_at - each.first_at
        rest = f" ({more:,} more of its kind, the last {spoken(last)} later)"
        yield Moment(
            at=line.at,
            kind=MomentKind.ERROR,
            level=line.level,
            source=line.source,
            message=line.message + (rest if more else ""),
            task_id=line.task_id,
            worker_id=line.worker_id,
        )


def of_orchestrator(
    life: Orchestration, window: Window, *, name: str = "orchestrator"
) -> Iterable[Moment]:
    """Yield its restarts, pauses, failed cycles, changes of the fleet, and troubles.

    *name* is what its system calls it.
    """
    for began in life.restarts:
        yield _by_it(began, Level.WARNING, f"the {name} began anew")
    if life.cycles:  # some have none: what they report are errors as any
        yield from _failures(life.errors)
    yield from _pauses(life.cycles, window)
    yield from _scalings(life.cycles)
    # What it marks CRITICAL is routine (systems/reigh.md, 0.3), and all else is news.
    troubles = [line for line in life.notable if line.level in _TROUBLE]
    for each in kinds(troubles):
        more = each.total - 1
        rest = f" ({some(more, 'more line')} of its kind)" if more else ""
        yield _by_it(each.first_at, Level.WARNING, each.first.message + rest)


_TROUBLE: Final = (Level.WARNING, Level.ERROR)


def _by_it(at: datetime, level: str, message: str) -> Moment:
    return Moment(
        at=at,
        kind=MomentKind.ORCHESTRATOR,
        level=level,
        source="orchestrator",
        message=message,
    )


def _failures(errors: Sequence[LogLine]) -> Iterable[Moment]:
    for each in kinds(errors):
        more = each.total - 1
        rest = f" ({more:,} more until {each.last_at:%H:%M:%S})" if more else ""
        said = f"a cycle failed: {each.first.message}{rest}"
        yield _by_it(each.first_at, Level.ERROR, said)


def _pauses(cycles: Sequence[Cycle], window: Window) -> Iterable[Moment]:
    """Yield where it began no cycle for longer than counts as late."""
    begun = sorted(each.started_at for each in cycles if each.started_at is not None)
    ends = [*begun, window.until] if begun else []
    for before, after in pairwise(ends):
        if after - before > LATE:
            span = spoken(after - before)
            yield _by_it(
                before, Level.WARNING, f"the last cycle before {span} without one"
            )


def _scalings(cycles: Iterable[Cycle]) -> Iterable[Moment]:
    """Yield a moment for each cycle that changed the fleet."""
    for cycle in cycles:
        started, ended = cycle.workers_started or 0, cycle.workers_ended or 0
        at = cycle.completed_at or cycle.started_at
        if at is not None and (started or ended):
            yield Moment(
                at=at,
                kind=MomentKind.SCALING,
                level=Level.INFO,
                source="orchestrator",
                message=f"started {started}, ended {ended}",
                workers_started=started,
                workers_ended=ended,
            )


def of_notices(notices: Iterable[Notice]) -> Iterable[Moment]:
    """Yield what was told of unasked: when it was announced, and when it was over."""
    for each in notices:
        title = each.heaviest.problem.title
        if each.flood:
            title = f"{some(len(each.alerts), 'problem')} at once, the worst: {title}"
        if each.opened_at is not None:
            critical = each.worst is Severity.CRITICAL
            yield Moment(
                at=each.opened_at,
                kind=MomentKind.ALERT,
                level=Level.ERROR if critical else Level.WARNING,
                source=each.kind,
                message=title,
            )
        if each.closed_at is not None:
            yield Moment(
                at=each.closed_at,
                kind=MomentKind.ALERT,
                level=Level.INFO,
                source=each.kind,
                message=f"over after {spoken(each.closed_at - each.since)}: {title}",
            )


def of_actions(records: Iterable[Record]) -> Iterable[Moment]:
    """Yield what people did or were refused; offers and single presses are none."""
    for each in records:
        if each.decision in (Decision.OFFERED, Decision.CONFIRMED):
            continue
        well = each.outcome in (None, Fate.DONE) and each.decision in _WELL
        yield Moment(
            at=each.at,
            kind=MomentKind.ACTION,
            level=Level.INFO if well else Level.WARNING,
            source=each.who,
            message=_told(each),
        )


_WELL: Final = (Decision.ALLOWED, Decision.FROZEN, Decision.UNFROZEN)


def _told(record: Record) -> str:
    target = f" {record.target}" if record.target else ""
    what = f"{record.who}: {record.action}{target}"
    if record.decision is Decision.ALLOWED:
        came = record.outcome.value if record.outcome else "begun, no end on record"
        return f"{what}: {came}" + (f" ({record.reason})" if record.reason else "")
    if record.decision in (Decision.FROZEN, Decision.UNFROZEN):
        return f"{record.who}: {record.action}"
    why = f": {record.reason}" if record.reason else ""
    return f"{what} was {record.decision.value}{why}"


def failed_at(task: Task) -> datetime:
    """Return when a task failed, as near as its row tells.

    Failing a task need not set any time (systems/reigh.md, 1.2).
    """
    return task.processed_at or task.updated_at or task.started_at or task.created_at
