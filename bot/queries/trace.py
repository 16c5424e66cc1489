"""`trace`: one request's way through the services."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain.asks import chosen
from bot.domain.errors import Lacks, NotFound
from bot.domain.figures import some
from bot.domain.findings import Status
from bot.domain.logs import LogLine
from bot.domain.report import Ask, Facts, Report, Section, Table, Timeline
from bot.domain.times import INSTANT, Window, left_ahead, stamp
from bot.sources import Listing

if TYPE_CHECKING:
    from bot.domain.traces import Hop, Trace
    from bot.sources import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """What `trace` wants to know."""

    id: str = command.identifier("the request's id, as lines bear it", meta="REQUEST")
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStay:
    """What one service did for the request, by times since it came in.

    *spent_seconds* is the time between its own lines that follow each other.
    """

    service: str
    lines: int
    first_seconds: float
    last_seconds: float
    spent_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A second or more in which no line was written."""

    after: str
    before: str
    service: str
    took_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowestHop:
    """The longest time from one line to the next, and whose lines these are."""

    took_seconds: float
    from_service: str
    after: str
    to_service: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOff:
    """A service whose clock was off: its lines are told as moved by so much."""

    service: str
    moved_seconds: float
    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceData:
    """What `trace` found; *services* are in the order in which they had it."""

    request_id: str
    task_ids: tuple[str, ...]
    began_at: datetime
    took_seconds: float
    ended: str | None
    """The last status that a caller got; None where no line tells it."""
    cut_off: bool
    """Whether it came in, and for over a minute no line told more, nor its end."""
    services: tuple[ServiceStay, ...]
    slowest_hop: SlowestHop | None
    """None where there is but one line."""
    gaps: tuple[Silence, ...]
    clocks: tuple[ClockOff, ...]
    timeline: tuple[LogLine, ...]
    """All its lines, at times that are put right where a clock was off."""


async def answer(query: TraceQuery, asked: Asked) -> Report:
    """Return which services had the request, how long, and how it ended."""
    system, window = asked.system, asked.window(query.hours)
    if system.requests is None:
        hint = f"all lines of one task: task ID --logs-only --system {system.name}"
        raise Lacks(system.name, "ids of requests in its log lines", hint=hint)
    from bot.domain.traces import LATEST, traced

    read, later = await asyncio.gather(
        system.requests.of(query.id, window),
        asked.gaps.beside(_later(query.id, window, system.requests, asked), ""),
    )
    trace = traced(query.id, read.rows)
    if trace is None:
        raise await _unfound(query, read, later, system.requests.place, asked)
    cut_off = read.whole and trace.unended
    cut_off &= window.until - trace.lines[-1].at > LATEST
    data = _data(trace, cut_off=cut_off)
    failed = cut_off or (trace.ended or "").startswith("5")
    return Report(
        summary=_summary(trace, cut_off=cut_off),
        status=Status.WARNING if failed else Status.OK,
        sections=_sections(trace, data),
        asks=chosen(
            *_of_tasks(trace, query, asked),
            Ask(label="Errors then", words=f"logs --level ERROR{_hours(query)}"),
            Ask(label="Health", words="health"),
        ),
        data=data,
        window=window,
        truncated=not read.whole,
        notes=(*_notes(trace), *([later] if later else [])),
        reads=asked.reads(),
    )


async def _later(id: str, window: Window, requests: "Requests", asked: Asked) -> str:
    """Return that lines are left out that bear times of later; mostly nothing."""
    zone = asked.system.vocabulary.zone
    if not zone:
        return ""
    after = replace(window.reaching, since=window.end + INSTANT)
    own = [it.at for it in (await requests.of(id, after)).rows if it.request_id == id]
    return left_ahead("lines of it", max(own), asked.now, zone) if own else ""


def _of_tasks(trace: "Trace", query: TraceQuery, asked: Asked) -> Iterator[Ask]:
    """Yield what follows its tasks: where none can be listed, their lines alone."""
    follows, what = "task", "Task"
    if not asked.system.tasks.listed:
        follows, what = "logs --task", "Lines of"
    for id in filter(asked.system.tasks.is_id, trace.task_ids):
        words = f"{follows} {id}{_hours(query)}"
        yield Ask(label=f"{what} {id[:8]}", words=words)


def _hours(query: TraceQuery) -> str:
    """Return the flag that looks as far back; none where that is the usual way."""
    usual = query.hours == command.DEFAULT_HOURS
    return "" if usual else f" --hours {query.hours:g}"


async def _unfound(
    query: TraceQuery, read: Listing[LogLine], later: str, place: str, asked: Asked
) -> NotFound:
    """Return that no line bears the id, where it was looked for, and what is there.

    *later* is what is left out.
    """
    window = asked.window(query.hours)
    writers = await asked.gaps.beside(asked.system.logs.writers(window), None)
    what = ""
    if not read.whole:
        what = ", not all of which could be read in time"
    elif writers is not None and not writers.rows:
        what = ", which hold no line of that time at all"
    msg = (
        f"no line of the window bears the request {query.id}: looked for since"
        f" {stamp(window.since)} in {place}{what}"
    )
    further = f"{max(72, 3 * query.hours):g}"
    hint = later or f"further back: trace {query.id} --hours {further}"
    return NotFound(msg, hint=hint)


COMMAND: Final = Command(
    name="trace",
    answers="The way of one request through the services",
    query=TraceQuery,
    handler=answer,
    examples=("trace req-abc123",),
    data=TraceData,
    place=21,
)


def _data(trace: "Trace", *, cut_off: bool) -> TraceData:
    def since(at: datetime) -> float:
        return (at - trace.began_at).total_seconds()

    return TraceData(
        request_id=trace.request_id,
        task_ids=trace.task_ids,
        began_at=trace.began_at,
        took_seconds=trace.took.total_seconds(),
        ended=trace.ended,
        cut_off=cut_off,
        services=tuple(
            ServiceStay(
                service=stay.service,
                lines=stay.lines,
                first_seconds=since(stay.first_at),
                last_seconds=since(stay.last_at),
                spent_seconds=stay.spent.total_seconds(),
            )
            for stay in trace.stays
        ),
        slowest_hop=_slowest(trace.slowest),
        gaps=tuple(
            Silence(
                after=_event(hop.before),
                before=_event(hop.after),
                service=hop.before.source,
                took_seconds=hop.took.total_seconds(),
            )
            for hop in trace.gaps
        ),
        clocks=tuple(
            ClockOff(
                service=skew.service,
                moved_seconds=skew.moved.total_seconds(),
                told_by=skew.by,
            )
            for skew in trace.skews
        ),
        timeline=trace.lines,
    )


def _slowest(hop: "Hop | None") -> SlowestHop | None:
    if hop is None:
        return None
    return SlowestHop(
        took_seconds=hop.took.total_seconds(),
        from_service=hop.before.source,
        after=_event(hop.before),
        to_service=hop.after.source,
        before=_event(hop.after),
    )


def _summary(trace: "Trace", *, cut_off: bool) -> str:
    services = some(len(trace.stays), "service")
    how = "" if trace.ended is None else f", ended with {trace.ended}"
    if cut_off:
        last = trace.lines[-1]
        how = f" and was cut off: its last line is {last.source}'s {_event(last)}"
    took = f"{trace.request_id} took {_spoken(trace.took)} in {services}{how}"
    hop = trace.slowest
    return took if hop is None else f"{took}; the slowest hop: {_way(hop)}"


def _way(hop: "Hop") -> str:
    """Return how long a hop took, and between or within which services it was."""
    here, there = hop.before.source, hop.after.source
    way = f"within {here}" if here == there else f"from {here} to {there}"
    return f"{_spoken(hop.took)} {way}"


def _sections(trace: "Trace", data: TraceData) -> tuple[Section, ...]:
    rows = (
        ("came in", trace.began_at),
        ("took", _spoken(trace.took)),
        ("ended with", trace.ended or "no line tells"),
        ("tasks", ", ".join(trace.task_ids) or "none"),
        ("slowest hop", _step(trace.slowest)),
    )
    services = Table(
        title="Services in order",
        header=("service", "lines", "first", "last", "time of its own"),
        rows=tuple(
            (
                each.service,
                each.lines,
                f"+{_spoken(timedelta(seconds=each.first_seconds))}",
                f"+{_spoken(timedelta(seconds=each.last_seconds))}",
                _spoken(timedelta(seconds=each.spent_seconds)),
            )
            for each in data.services
        ),
    )
    shown = tuple((label, value) for label, value in rows if value is not None)
    sections: list[Section] = [Facts(title="Request", rows=shown), services]
    if trace.gaps:
        sections.append(
            Table(
                title="Nothing written",
                header=("for", "after", "before"),
                rows=tuple(
                    (_spoken(hop.took), _event(hop.before), _event(hop.after))
                    for hop in trace.gaps
                ),
            )
        )
    sections.append(_steps(trace))
    sections.append(Timeline(title="Lines", lines=trace.lines, writers=True))
    return tuple(sections)


def _steps(trace: "Trace") -> Table:
    """Return each line with its time since the request came in."""
    return Table(
        title="The way",
        header=("after", "service", "event", "known by"),
        rows=tuple(
            (
                f"+{_spoken(step.line.at - trace.began_at)}",
                step.line.source,
                _event(step.line),
                step.join.value,
            )
            for step in trace.steps
        ),
    )


def _notes(trace: "Trace") -> tuple[str, ...]:
    """Return how lines were found that lack the id, and whose clock was put right."""
    from bot.domain.traces import Join

    joins = [step.join for step in trace.steps]
    notes = [
        f"{some(joins.count(join), 'line')} found by {join.value}"
        for join in (Join.TASK, Join.BESIDE, Join.REFLEX)
        if join in joins
    ]
    if trace.requests > 1:
        notes.append(
            f"{trace.requests} requests came in with this id: times are those from the"
            " first to the last"
        )
    if not trace.forwarded:
        notes.append("the id stands in one service's lines alone: it is not forwarded")
    for skew in trace.skews:
        way = "back" if skew.moved < timedelta(0) else "on"
        notes.append(
            f"the clock of {skew.service} was off: its lines are moved {way} by"
            f" {_spoken(abs(skew.moved))}, told by {skew.by}"
        )
    return tuple(notes)


def _step(hop: "Hop | None") -> str | None:
    if hop is None:
        return None
    return f"{_way(hop)}: {_event(hop.before)}, then {_event(hop.after)}"


def _event(line: LogLine) -> str:
    return str(line.fields.get("event", line.message))


def _spoken(span: timedelta) -> str:
    """Return a span as exactly as requests are measured: `12.0 ms`, `3.01 s`."""
    seconds = span.total_seconds()
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"
