"""`orchestrator`: is it alive, what do its cycles do?"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from bot import command
from bot.command import Asked, Command
from bot.domain import service_states, service_telling
from bot.domain.agent_names import Lane
from bot.domain.asks import chosen, whys
from bot.domain.cases import Case
from bot.domain.concerns import concerning
from bot.domain.figures import listed, spread
from bot.domain.findings import Status, status_of
from bot.domain.folds import folded
from bot.domain.logs import LogLine
from bot.domain.orchestration import (
    COUNTED,
    Cycle,
    Liveness,
    Orchestration,
    Overlap,
    Pause,
    liveness,
    uncounted,
)
from bot.domain.report import Ask, Cell, Facts, Report, Section, Table, Timeline
from bot.domain.service_figures import of_figures
from bot.domain.service_names import ORCHESTRATOR
from bot.domain.times import AHEAD, aged, ago, old, spoken
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker
from bot.rules.book import book, judge
from bot.sources import UNREAD, Listing

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue
    from bot.domain.services import ServiceScene

SHOWN: Final = 10
# A worker that was ended a minute ago may have been made long before that.
MOVES_HOURS: Final = 24.0
_ANY: Final = ("",)  # whatever differs in numbers alone is told once
# Rules look back an hour, however short the window that is shown.
JUDGED_HOURS: Final = 1.0


C = TypeVar("C", Cycle, "CycleEntry")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestratorQuery:
    """What `orchestrator` wants to know."""

    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleEntry:
    """One turn of its loop; None is what no line of the window tells."""

    number: int | None
    started_at: datetime | None
    completed_at: datetime | None
    took_seconds: float | None
    workers_active: int | None
    workers_starting: int | None
    workers_wanted: int | None
    workers_started: int | None
    workers_ended: int | None
    error: str | None
    saw: Mapping[str, str] = field(default_factory=dict)
    """What it saw of everything, in the coordinator's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestratorData:
    """What `orchestrator` found; *cycles* are those of the window, oldest first."""

    status: Liveness
    last_activity_at: datetime | None
    last_cycle: int | None
    cycles: tuple[CycleEntry, ...]
    errors: int
    restarts: int
    workers_moved_at: datetime | None
    beat_at: datetime | None = None
    """Its own heartbeat; None of one that writes none."""
    pauses: tuple[Pause, ...] = ()
    """Stretches without a cycle that are longer than they may be."""
    running_now: int | None = None
    """Tasks in progress now, as a folder of tasks tells exactly."""
    waiting_now: int | None = None
    overlap: Overlap | None = None
    """When several instances last ran at once in the window; None if never."""
    queued_now: int | None = None
    """Tasks that wait now, where its cycles tell how many of them scaling counts."""
    notable: tuple[LogLine, ...] = ()
    """Its lines that are worth a look, oldest first."""


async def answer(query: OrchestratorQuery, asked: Asked) -> Report:
    """Return whether it lives, by its lines and by what its workers' rows show."""
    system, gaps, window = asked.system, asked.gaps, asked.window(query.hours)
    words = system.vocabulary
    judged = asked.window(max(query.hours, JUDGED_HOURS))
    moves = asked.window(max(query.hours, MOVES_HOURS))
    life, fleet, queued, scene = await asyncio.gather(
        system.logs.orchestration(judged),
        gaps.ask(system.workers.fleet(moves), UNREAD) if words.rents else _no_fleet(),
        gaps.ask(system.tasks.count(system.tasks.waiting_status), None),
        asked.scene(window),
    )
    life = life.beside(None if fleet is UNREAD else fleet.rows)
    case = Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        lines=life.notable,
        orchestration=life,
        queued=queued,
        scene=scene,
    )
    findings = judge(case)
    others: tuple[str, ...] = ()
    if scene is not None:  # its rules judge all of it
        rules = book(case.system).answering.get("orchestrator", ())
        findings, others = concerning(
            findings,
            lambda each: (
                each.subject.kind in _ITS_OWN
                or each.subject.id == words.coordinator
                or each.rule in rules
            ),
        )
    status = liveness(life, findings, asked.now)
    services = case.services
    if services is not None:
        status = service_states.liveness(services, findings) or status
    life = life.within(window)
    data = OrchestratorData(
        status=status,
        last_activity_at=life.seen_at,
        last_cycle=_last_cycle(life),
        cycles=tuple(_entry(cycle) for cycle in life.cycles),
        errors=len(life.errors),
        restarts=len(life.restarts),
        workers_moved_at=life.workers_moved_at,
        beat_at=life.beat_at,
        pauses=life.pauses(asked.now),
        running_now=_lying(case.file_queue, Lane.PROCESSING),
        waiting_now=_lying(case.file_queue, Lane.QUEUE, Lane.PRIVATE),
        overlap=life.overlap,
        queued_now=queued if words.rents and _last_saw(life.cycles) else None,
        notable=life.decisions,
    )
    known = status_of(findings)
    unclear = known is Status.OK and data.status is Liveness.NO_LOGS
    return Report(
        summary=_summary(data, life, asked.now, words)
        if services is None
        else service_telling.of_orchestrator(
            services,
            data.last_activity_at,
            asked.now,
            findings,
            lineless=life.lineless,
        ),
        status=Status.UNKNOWN if unclear else known,
        findings=findings,
        sections=_sections(data, life, asked.now, words)
        if services is None
        else _of_services(data, life, services),
        asks=chosen(
            *whys(findings)[:1],
            Ask(label="Its errors", words=_errors(query, _writer(life, words))),
            Ask(label="Its settings", words="config --explain"),
            # Where services can't count what waits, `queue` can't either.
            *(
                ()
                if services is not None and queued is None
                else (Ask(label="The queue", words="queue"),)
            ),
        ),
        data=data,
        window=window,
        truncated=not life.whole,
        notes=(*_notes(data, life, words, cycles=services is None), *others),
        reads=asked.reads(),
    )


COMMAND: Final = Command(
    name="orchestrator",
    answers="Is the orchestrator alive, its cycles and decisions",
    query=OrchestratorQuery,
    handler=answer,
    examples=("orchestrator --hours 1",),
    data=OrchestratorData,
    place=15,
)


async def _no_fleet() -> Listing[Worker]:
    return Listing(())


# It is not ready without its database.
_ITS_OWN: Final = ("orchestrator", "database")


def _lying(queue: "FileQueue | None", *lanes: Lane) -> int | None:
    """Return how many tasks lie in the lanes; None where nobody tells."""
    counts = queue.lanes if queue is not None else None
    if counts is None or any(lane not in counts for lane in lanes):
        return None
    return sum(counts[lane] for lane in lanes)


def _errors(query: OrchestratorQuery, writer: str) -> str:
    words = f"logs --source {writer} --level ERROR"
    more = "" if query.hours == command.DEFAULT_HOURS else f" --hours {query.hours:g}"
    return words + more


def _writer(life: Orchestration, words: Vocabulary) -> str:
    """Return the kind of writer that it is; where it left no line, the usual one."""
    return life.last_line.source if life.last_line else words.writer


def _last_cycle(life: Orchestration) -> int | None:
    if life.last_line is not None and life.last_line.cycle is not None:
        return life.last_line.cycle
    return life.cycles[-1].number if life.cycles else None


def _entry(cycle: Cycle) -> CycleEntry:
    decision = cycle.decision
    return CycleEntry(
        number=cycle.number,
        started_at=cycle.started_at,
        completed_at=cycle.completed_at,
        took_seconds=None if cycle.took is None else cycle.took.total_seconds(),
        workers_active=decision.active if decision else None,
        workers_starting=decision.starting if decision else None,
        workers_wanted=decision.wanted if decision else None,
        workers_started=cycle.workers_started,
        workers_ended=cycle.workers_ended,
        error=cycle.error,
        saw=cycle.saw,
    )


def _summary(
    data: OrchestratorData, life: Orchestration, now: datetime, words: Vocabulary
) -> str:
    name = f"the {words.coordinator}"
    if data.last_activity_at is None:
        return f"cannot tell whether {name} lives: {life.lineless}"
    silence = spoken(now - data.last_activity_at)
    line = life.lineless
    if life.last_line is not None:
        line = f"its newest line is {old(life.last_line.at, now)}"
    if life.beat_at is not None:
        line += f", its heartbeat {aged(life.beat_at, now)}"
    late = "cannot be judged" if data.last_activity_at - now > AHEAD else "is late"
    cycle = "" if data.last_cycle is None else f", at cycle {data.last_cycle}"
    told = {
        Liveness.HEALTHY: f"lives: {line}",
        Liveness.WARNING: f"{late}: {line}",
        Liveness.STALE: f"has been silent for {silence}{_moves(life, now)}",
        Liveness.FAILING: "runs but its cycles fail",
    }
    return f"{name} {told[data.status]}{cycle}"


def _moves(life: Orchestration, now: datetime) -> str:
    """Return that it lives all the same, where a worker's row was moved lately."""
    moved = life.workers_moved_at
    if moved is None or not life.moved_within(life.down, now):
        return ""
    return f", and lives: a worker's row moved {ago(moved, now)}"


def _notes(
    data: OrchestratorData, life: Orchestration, words: Vocabulary, *, cycles: bool
) -> tuple[str, ...]:
    notes = []
    if data.status in (Liveness.NO_LOGS, Liveness.STALE):
        notes.append(words.silent)
    overlap = data.overlap
    if overlap is not None and overlap.until - overlap.since > life.late:
        notes.append(
            "several instances at once each start and end workers of their own"
        )
    if _uncounted(data):
        notes.append(COUNTED)
    if not life.whole:
        what = "cycles" if cycles else "lines"
        notes.append(f"its oldest {what} were cut at the stated bound")
    return tuple(notes)


def _of_services(
    data: OrchestratorData, life: Orchestration, scene: "ServiceScene"
) -> tuple[Section, ...]:
    """Return what it answers, and what its lines and metrics tell; it has no cycles."""
    rows: tuple[tuple[str, Cell], ...] = (
        ("status", data.status.value),
        ("newest line", data.last_activity_at or _no_newest(life)),
        ("errors in the window", data.errors),
        ("began in the window", data.restarts),
    )
    return (
        *service_states.of_services(scene, frozenset({ORCHESTRATOR})),
        Facts(title="Orchestrator", rows=rows),
        *of_figures(scene),
    )


def _no_newest(life: Orchestration) -> str:
    if life.unread:
        return "could not be read"
    return "none has a time" if life.undated else "none"


def _unmoved(life: Orchestration) -> str:
    return "not in the window" if life.workers_read else "could not be read"


def _sections(
    data: OrchestratorData, life: Orchestration, now: datetime, words: Vocabulary
) -> tuple[Section, ...]:
    took = spread(cycle.took for cycle in life.cycles)
    done = sum(cycle.completed_at is not None for cycle in life.cycles)
    rows = (
        ("status", data.status.value),
        ("newest line", life.last_line.at if life.last_line else _no_newest(life)),
        ("heartbeat", life.beat_at),
        ("in progress now", data.running_now),
        ("waiting now", data.waiting_now),
        ("cycles in the window", len(data.cycles)),
        ("of these completed", done if words.rents else None),
        ("failed", data.errors if words.rents else None),
        (f"pauses over {spoken(life.pause)}", _paused(data)),
        ("restarts seen", data.restarts),
        ("instances at once", _at_once(data.overlap)),
        ("median cycle", None if took.median is None else f"{took.median:.1f} s"),
        ("longest cycle", None if took.max is None else f"{took.max:.1f} s"),
        ("workers it started", _sum(each.workers_started for each in life.cycles)),
        ("workers it ended", _sum(each.workers_ended for each in life.cycles)),
        (
            "a worker's row moved",
            (data.workers_moved_at or _unmoved(life)) if words.rents else None,
        ),
    )
    shown = tuple((label, value) for label, value in rows if value is not None)
    title = words.coordinator.capitalize()
    sections: list[Section] = [Facts(title=title, rows=shown)]
    if data.cycles:
        sections += _last_look(data, now)
        sections.append(_cycles(data.cycles, rents=words.rents))
    if life.errors:
        sections.append(Timeline(title="Failed cycles", lines=life.errors))
    if life.decisions:
        lines = folded(life.decisions, words.routine or _ANY)
        what = "Lines" if words.rents else "Decisions"
        sections.append(Timeline(title=f"{what} worth a look", lines=lines))
    return tuple(sections)


def _paused(data: OrchestratorData) -> str | None:
    """Return how many pauses there were, and the longest; None where there was none."""
    if not data.pauses:
        return None
    longest = max(data.pauses, key=lambda each: each.seconds)
    span = spoken(timedelta(seconds=longest.seconds))
    return f"{len(data.pauses)}, the longest of {span} from {longest.at:%H:%M:%S} on"


def _at_once(overlap: Overlap | None) -> str | None:
    """Return which instances ran at once, and when; None where none did."""
    if overlap is None:
        return None
    span = spoken(overlap.until - overlap.since)
    return f"{listed(overlap.instances)}, for {span} until {overlap.until:%H:%M:%S}"


def _last_saw(cycles: Sequence[C]) -> C | None:
    """Return the newest cycle that tells what it saw; the last one may have begun."""
    return next((each for each in reversed(cycles) if each.saw), None)


def _uncounted(data: OrchestratorData) -> int:
    """Return how many more tasks wait than scaling counts; 0 where it counts none."""
    last = _last_saw(data.cycles) if data.queued_now is not None else None
    return uncounted(data.queued_now, int(last.saw["queued"]) if last else None)


def _last_look(data: OrchestratorData, now: datetime) -> tuple[Facts, ...]:
    """Return what the last cycle saw, where one tells of it, and what waits now."""
    last = _last_saw(data.cycles)
    if last is None:
        return ()
    age = "" if last.started_at is None else f", {ago(last.started_at, now)}"
    rows: tuple[tuple[str, Cell], ...] = tuple(last.saw.items())
    if data.queued_now is not None:
        more = _uncounted(data)
        told = f"{data.queued_now:,}, {more:,} more than that"
        rows += (("waiting now", told if more else data.queued_now),)
    return (Facts(title=f"The last cycle saw{age}", rows=rows),)


def _cycles(cycles: Sequence[CycleEntry], *, rents: bool) -> Table:
    """Return the newest cycles: what each saw or, of those that tell, decided."""
    newest = cycles[-SHOWN:]
    title = f"The last {len(newest)} of {len(cycles)} cycles"
    names = tuple(dict.fromkeys(name for each in newest for name in each.saw))
    if names and not rents:
        return Table(
            title=f"{title}, newest first",
            header=("cycle", "at", *names),
            rows=tuple(
                (each.number, each.started_at, *map(each.saw.get, names))
                for each in newest[::-1]
            ),
        )
    return Table(
        title=title,
        header=("cycle", "started", "took", "decided", "error"),
        rows=tuple(
            (
                each.number,
                each.started_at,
                None if each.took_seconds is None else f"{each.took_seconds:.1f} s",
                _decided(each),
                each.error or "",
            )
            for each in newest
        ),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return the sum of those that are known; None when none is."""
    known = [each for each in numbers if each is not None]
    return sum(known) if known else None


def _decided(cycle: CycleEntry) -> str:
    """Return what the cycle wanted and did, such as `has 3+1, wants 6, started 2`."""
    parts = [f"sees {number} {name}" for name, number in cycle.saw.items()][:1]
    if cycle.workers_wanted is not None:
        has = f"{cycle.workers_active}+{cycle.workers_starting}"
        parts += [f"has {has}", f"wants {cycle.workers_wanted}"]
    if cycle.workers_started:
        parts.append(f"started {cycle.workers_started}")
    if cycle.workers_ended:
        parts.append(f"ended {cycle.workers_ended}")
    return ", ".join(parts)
