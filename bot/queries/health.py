"""`health`: is the system well?"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain import service_states
from bot.domain.agent_lives import with_ends
from bot.domain.asks import chosen, whys
from bot.domain.cases import Case, Scene, holders
from bot.domain.deaths import died_at
from bot.domain.figures import (
    FleetHealth,
    answering,
    beats_ahead,
    fleet_health,
    has_failed,
    some,
)
from bot.domain.file_tally import unlooked
from bot.domain.findings import Finding, Severity, Status, status_of
from bot.domain.fleet import PodFate, wasted
from bot.domain.logs import LogLine
from bot.domain.orchestration import Liveness, Orchestration, liveness
from bot.domain.pods import Pod
from bot.domain.report import (
    Ask,
    Cell,
    Facts,
    Outcome,
    Read,
    Report,
    Section,
    Timeline,
)
from bot.domain.service_figures import ServiceData, figures, of_figures
from bot.domain.tasks import Task
from bot.domain.times import Window, stamp
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerPhase
from bot.rules.book import judge
from bot.sources import (
    Endings,
    LastWords,
    Listing,
    Ownership,
    claimable,
    last_words,
    ownership,
)

if TYPE_CHECKING:
    from bot.domain.services import ServiceScene

ALARMS_SHOWN: Final = 20
MADE_HOURS: Final = 24
"""Of tasks made so long ago the last hour's ends are counted."""

_UNKNOWN: Final = "unknown"
_SEES_NOTHING: Final = "no task, no worker and no log line is to be seen"
_WHY_NOT: Final = ": is the project new, or may the key see nothing?"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthQuery:
    """What `health` wants to know."""

    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCounts:
    """The fleet in numbers; None where the workers could not be read."""

    by_status: Mapping[str, int] | None
    healthy: int | None
    ageing: int | None
    stale: int | None
    missing: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCounts:
    """All tasks there are, counted exactly; None where they could not be."""

    by_status: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestratorState:
    """The orchestrator; None where its lines could not be read."""

    status: Liveness | None
    last_activity_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCounts:
    """The pods; None where they, or the workers to compare, could not be read."""

    running: int | None
    orphaned: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastHour:
    """What changed among the workers that were read; None where they were not.

    None as well where nobody makes workers, or scales them down, or keeps when one
    failed. A worker that was made before `--hours` and ended is left out if no time of
    its end is written down. A task is left out if it was made over 24 h ago: no index
    tells when tasks ended. A failed one counts by the last change of its row, for
    failing sets no end.
    """

    workers_made: int | None
    workers_failed: int | None
    workers_scaled_down: int | None
    tasks_completed: int | None
    tasks_failed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthData:
    """What `health` found."""

    workers: WorkerCounts
    tasks: TaskCounts
    errors_last_hour: int | None
    """Scale-downs, which the orchestrator calls errors, are left out."""
    failure_rate: float | None
    orchestrator: OrchestratorState
    pods: PodCounts
    wasted_usd_per_hour: float | None
    last_hour: LastHour
    services: ServiceData | None = None
    """What services, their lines and their metrics tell; None of a system of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What could be read; None where it could not."""

    fleet: Listing[Worker] | None
    counts: Mapping[str, int] | None
    running: Listing[tuple[Task, Worker | None]] | None
    alarms: Listing[LogLine] | None
    life: Orchestration | None
    pods: Sequence[Pod] | None
    ended: Endings | None
    scene: Scene | None = None
    owned: Ownership | None = None
    last: LastWords = field(default_factory=LastWords)
    claimable: int | None = None

    @property
    def services(self) -> "ServiceScene | None":
        """What services tell, where the system is one of services."""
        return self.scene.services if self.scene else None

    @property
    def whole(self) -> bool:
        """Tell whether the queue was seen from all sides; pods may be missing."""
        parts = (self.fleet, self.counts, self.running, self.alarms, self.life)
        files = self.scene.file_queue if self.scene else None
        hidden = files is not None and (files.hides_tasks or bool(files.unread))
        return not hidden and all(part is not None for part in parts)


async def answer(query: HealthQuery, asked: Asked) -> Report:
    """Return the state of everything at once; each part may be missing."""
    seen = await _look(query, asked)
    health = _health(seen, asked.now)
    waiting = asked.system.tasks.waiting_status
    queued = seen.counts.get(waiting) if seen.counts else None
    case = Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        workers=seen.fleet.rows if seen.fleet and seen.fleet.whole else None,
        tasks=tuple(task for task, _ in seen.running.rows) if seen.running else None,
        holders=holders(seen.running.rows) if seen.running else None,
        lines=_lines(seen),
        logs_read=seen.last.whole,
        orchestration=seen.life,
        claims=seen.owned.claims if seen.owned else None,
        lost=seen.owned.lost if seen.owned else None,
        pods=None if seen.pods is None else (*seen.pods,),
        queued=queued,
        claimable=0 if queued == 0 else seen.claimable,
        quiet_since=_quiet_since(seen, asked),
        scene=seen.scene,
    )
    findings = judge(case)
    data = _data(seen, health, findings, asked)
    services = case.services
    nothing = all(
        part is None
        for part in (seen.fleet, seen.counts, seen.alarms, seen.life, seen.pods)
    )
    if nothing:
        return _unread(asked)
    empty = _sees_nothing(seen)
    status = status_of(findings)
    # What was not seen cannot be called well; what was seen to be ill stays so.
    if empty or (status is Status.OK and not seen.whole):
        status = Status.UNKNOWN
    lists = (seen.fleet, seen.running)
    cut = unlooked(case.file_queue) if case.file_queue else ()
    dark = all(
        part is None for part in (seen.fleet, seen.counts, seen.alarms, seen.life)
    )
    return Report(
        summary=_summary(data, findings, seen, empty=empty),
        status=status,
        findings=findings,
        sections=_sections(data, seen, asked.system.vocabulary)
        if services is None
        else _of_services(data, seen, services),
        asks=chosen(
            *whys(findings)[:2],
            Ask(label="Workers" if services is None else "Services", words="workers"),
            # Where services can't count what waits, `queue` can't either.
            *(
                ()
                if services is not None and seen.counts is None
                else (Ask(label="Queue", words="queue"),)
            ),
        ),
        glance=_glance(data, seen, waiting, asked.system.vocabulary),
        data=data,
        window=asked.window(query.hours),
        truncated=bool(cut) or any(each is not None and each.cut for each in lists),
        notes=(_SEES_NOTHING + _WHY_NOT * asked.system.vocabulary.rents,)
        if empty
        else (*cut, *_ahead(seen, asked)),
        reads=_reads(seen, asked),
        # Pods alone say nothing of the system: not even that it is not set up.
        outcome=Outcome.SOURCE_DOWN if dark else Outcome.ANSWERED,
    )


def _health(seen: _Seen, now: datetime) -> FleetHealth | None:
    """Return the fleet counted; None where it could not be read."""
    if seen.fleet is None:
        return None
    if seen.services is None:
        return fleet_health(seen.fleet.rows, now)
    # A rate would be of those that there ever were, which nobody keeps.
    return replace(fleet_health(answering(seen.fleet.rows), now), failure_rate=None)


def _unread(asked: Asked) -> Report:
    """Return the one line that is left when no source answered at all."""
    gaps = sorted(asked.gaps.all, key=lambda gap: not gap.failed)
    why = "; ".join(f"{gap.source} {gap.reason}" for gap in gaps)
    unset = not any(gap.failed for gap in gaps)
    return Report(
        summary=f"cannot tell whether the system is well: {why}",
        status=Status.UNKNOWN,
        outcome=Outcome.SOURCE_DOWN,
        hint="debug-bot doctor tells what to set" if unset else asked.gaps.hint,
    )


COMMAND: Final = Command(
    name="health",
    answers="Is the system well: workers, queue, errors, failure rate, money",
    query=HealthQuery,
    handler=answer,
    examples=("health",),
    data=HealthData,
    place=14,
)


async def _look(query: HealthQuery, asked: Asked) -> _Seen:
    """Ask everything at the same time.

    Unknown pods, crashes, and a queue that no worker takes take a second look.
    """
    system, ask = asked.system, asked.gaps.ask
    hour = asked.window(1)
    told = hour if query.hours == command.DEFAULT_HOURS else asked.window(query.hours)
    (fleet, pods), (counts, running, ended), lines = await asyncio.gather(
        asyncio.gather(
            ask(system.workers.fleet(asked.window(query.hours)), None),
            ask(system.pods.all(), None),
        ),
        asyncio.gather(
            ask(system.tasks.counts(), None),
            ask(system.tasks.running(), None),
            ask(system.tasks.ended(hour, made=asked.window(MADE_HOURS)), None),
        ),
        asyncio.gather(
            ask(system.logs.alarms(hour, limit=ALARMS_SHOWN, scale_downs=False), None),
            ask(system.logs.orchestration(hour), None),
            asked.scene(told),
        ),
    )
    alarms, life, scene = lines
    files = scene.file_queue if scene else None
    if fleet is not None:
        fleet = replace(fleet, rows=with_ends(fleet.rows, files, asked.now))
    if life is not None:
        life = life.beside(fleet.rows if fleet else None)
    seen = _Seen(
        fleet=fleet,
        counts=counts,
        running=running,
        alarms=alarms,
        life=life,
        pods=pods,
        ended=ended,
        scene=scene,
    )
    owned, last, claimed = await asyncio.gather(
        ownership(
            pods,
            fleet,
            system=system,
            gaps=asked.gaps,
            thresholds=asked.thresholds,
            now=asked.now,
            confirm=False,  # one more look at RunPod would double an answer's time
        ),
        last_words(fleet.rows if fleet else (), system, asked.gaps, asked.now),
        _claimable(seen, asked),
    )
    return replace(seen, owned=owned, last=last, claimable=claimed)


async def _claimable(seen: _Seen, asked: Asked) -> int | None:
    """Return how many tasks a worker could take, where none is there to take any."""
    system = asked.system
    waits = (seen.counts or {}).get(system.tasks.waiting_status)
    rented = seen.fleet.rows if seen.fleet and system.vocabulary.rents else None
    if not waits or rented is None or any(it.beats(asked.now) for it in rented):
        return None
    return await claimable(system, asked.gaps, asked.now)


def _ahead(seen: _Seen, asked: Asked) -> tuple[str, ...]:
    """Return a note on workers that beat ahead of the clock here."""
    if seen.fleet is None or not asked.system.vocabulary.rents:
        return ()
    return beats_ahead(seen.fleet.rows, asked.now)


def _quiet_since(seen: _Seen, asked: Asked) -> datetime | None:
    """Return the hour's beginning if no task ended in it, by what was counted.

    None as well where not all that run were read: a worker may hold one of these.
    """
    quiet = seen.ended == Endings(completed=0, failed=0)
    whole = seen.running is not None and seen.running.whole
    return asked.window(1).since if quiet and whole else None


def _lines(seen: _Seen) -> tuple[LogLine, ...] | None:
    """Return all lines that were read, each once, in their order."""
    if seen.life is None and seen.alarms is None and seen.last.lines is None:
        return None
    lines = [
        *(seen.life.notable if seen.life else ()),
        *(seen.alarms.rows if seen.alarms else ()),
        *(seen.last.lines or ()),
    ]
    return tuple(sorted(dict.fromkeys(lines), key=lambda line: line.order))


def _data(
    seen: _Seen,
    health: FleetHealth | None,
    findings: Sequence[Finding],
    asked: Asked,
) -> HealthData:
    now = asked.now
    claims = seen.owned.claims if seen.owned else ()
    orphans = [each for each in claims if each.fate is PodFate.ORPHANED]
    known = seen.owned is not None
    last = seen.life.last_line if seen.life else None
    return HealthData(
        workers=WorkerCounts(
            by_status=health.by_status if health else None,
            healthy=health.healthy if health else None,
            ageing=health.ageing if health else None,
            stale=health.stale if health else None,
            missing=health.missing if health else None,
        ),
        tasks=TaskCounts(by_status=seen.counts),
        errors_last_hour=seen.alarms.total if seen.alarms else None,
        failure_rate=health.failure_rate if health else None,
        orchestrator=OrchestratorState(
            status=_liveness(seen, findings, now),
            last_activity_at=last.at if last else None,
        ),
        pods=PodCounts(
            running=sum(pod.running for pod in seen.pods)
            if seen.pods is not None
            else None,
            orphaned=len(orphans) if known else None,
        ),
        wasted_usd_per_hour=wasted(claims) if known else None,
        last_hour=_last_hour(seen, now, asked.system.vocabulary),
        services=figures(seen.services) if seen.services else None,
    )


def _liveness(
    seen: _Seen, findings: Sequence[Finding], now: datetime
) -> Liveness | None:
    """Return how the orchestrator is: by its own answer, where it gives one."""
    services = seen.services
    told = service_states.liveness(services, findings) if services else None
    if told is None and seen.life is not None:
        return liveness(seen.life, findings, now)
    return told


def _last_hour(seen: _Seen, now: datetime, words: Vocabulary) -> LastHour:
    window, known = Window.before(now, hours=1), seen.fleet is not None
    kept = known and seen.services is None
    fleet = seen.fleet.rows if seen.fleet else ()
    ours = [worker for worker in fleet if worker.runs_on_gpu]
    dead = [worker for worker in ours if (at := died_at(worker)) and at in window]
    made = sum(worker.created_at in window for worker in ours)
    return LastHour(
        workers_made=made if known and words.made else None,
        workers_failed=sum(map(has_failed, dead)) if kept else None,
        workers_scaled_down=sum(it.benign_end for it in dead)
        if known and words.rents
        else None,
        tasks_completed=seen.ended.completed if seen.ended else None,
        tasks_failed=seen.ended.failed if seen.ended else None,
    )


def _sees_nothing(seen: _Seen) -> bool:
    """Tell whether everything was read and all of it is empty."""
    return (
        seen.fleet is not None
        and not seen.fleet.rows
        and seen.counts is not None
        and not any(seen.counts.values())
        and seen.life is not None
        and seen.life.last_line is None
    )


def _summary(
    data: HealthData, findings: Sequence[Finding], seen: _Seen, *, empty: bool
) -> str:
    if empty:
        return "cannot tell whether the system is well: there is nothing to see"
    critical = [each for each in findings if each.severity is Severity.CRITICAL]
    warnings = [each for each in findings if each.severity is Severity.WARNING]
    if critical:
        rest = _more(len(critical) + len(warnings) - 1)
        return f"not well: {critical[0].title}{rest}{_wasted(data)}"
    if warnings:
        rest = _more(len(warnings) - 1)
        return f"worth a look: {warnings[0].title}{rest}{_wasted(data)}"
    if not seen.whole:
        return "cannot tell whether the system is well: not everything could be read"
    alive = f"{data.workers.healthy} healthy workers"
    if seen.services is not None:
        alive = service_states.standing(seen.services)
    by_status = data.tasks.by_status or {}
    work = ", ".join(f"{n} {status}" for status, n in by_status.items() if n)
    # What is about the queue, and only worth knowing, tells why it waits.
    queue = next((each for each in findings if each.subject.kind == "queue"), None)
    why = f"; {queue.title}" if queue else ""
    return f"well: {alive}; tasks: {work or 'none'}{why}"


def _more(number: int) -> str:
    return f", and {some(number, 'more finding')}" if number else ""


def _wasted(data: HealthData) -> str:
    waste = data.wasted_usd_per_hour
    return f"; ${waste:.2f} an hour wasted" if waste else ""


def _of_services(
    data: HealthData, seen: _Seen, scene: "ServiceScene"
) -> tuple[Section, ...]:
    """Return what is shown of services: who answers, what lines tell, what is done."""
    counts, hour = data.tasks.by_status, data.last_hour
    ended = (hour.tasks_completed, hour.tasks_failed)
    made = f"of those made within {MADE_HOURS} h" if ended != (None, None) else None
    changes: tuple[tuple[str, Cell], ...] = (
        ("errors", data.errors_last_hour),
        ("tasks completed *", hour.tasks_completed),
        ("tasks that failed *", hour.tasks_failed),
        ("*", made),
        ("the newest line", data.orchestrator.last_activity_at),
    )
    known = tuple(each for each in changes if each[1] is not None)
    return (
        *service_states.of_services(scene),
        *service_states.of_arms(scene),
        *of_figures(scene),
        *((Facts(title="Tasks, all time", rows=(*counts.items(),)),) if counts else ()),
        *((Facts(title="In the last hour", rows=known),) if known else ()),
        *_errors(seen, "Errors of the last hour"),
    )


def _sections(data: HealthData, seen: _Seen, words: Vocabulary) -> tuple[Section, ...]:
    sections: list[Section] = []
    workers = data.workers
    if workers.by_status is not None:
        rows = (
            ("healthy", workers.healthy),
            ("ageing", workers.ageing),
            ("stale", workers.stale),
            ("active without a heartbeat", workers.missing),
            *((f"status {name}", n) for name, n in workers.by_status.items()),
        )
        sections.append(Facts(title="Workers", rows=rows))
    if data.tasks.by_status is not None:
        rows_of_tasks = tuple(data.tasks.by_status.items())
        sections.append(Facts(title="Tasks, all time", rows=rows_of_tasks))
    rate = data.failure_rate
    waste = data.wasted_usd_per_hour
    rented = (
        ("pods running", data.pods.running),
        ("pods orphaned", data.pods.orphaned),
        ("wasted", None if waste is None else f"${waste:.2f}/h"),
    )
    sections.append(
        Facts(
            title="System",
            rows=(
                (words.coordinator, data.orchestrator.status),
                ("its newest line", data.orchestrator.last_activity_at),
                ("errors in the last hour", data.errors_last_hour),
                ("workers that failed", None if rate is None else f"{rate:.0%}"),
                *(rented if words.rents else ()),
            ),
        )
    )
    hour = data.last_hour
    changes = (
        ("workers made", hour.workers_made),
        ("workers that failed", hour.workers_failed),
        ("workers scaled down", hour.workers_scaled_down),
        ("tasks completed *", hour.tasks_completed),
        ("tasks that failed *", hour.tasks_failed),
        ("*", f"of those made within {MADE_HOURS} h"),
    )
    known = tuple(each for each in changes if each[1] is not None)
    if len(known) > 1:
        sections.append(Facts(title="In the last hour", rows=known))
    without = ", without scale-downs" if words.rents else ""
    sections += _errors(seen, f"Errors of the last hour{without}")
    return tuple(sections)


def _errors(seen: _Seen, title: str) -> tuple[Section, ...]:
    if seen.alarms is None or not seen.alarms.rows:
        return ()
    shown, total = len(seen.alarms.rows), seen.alarms.total
    which = "" if shown == total else f" (newest {shown} of {total})"
    return (Timeline(title=title + which, lines=seen.alarms.rows, writers=True),)


def _glance(
    data: HealthData, seen: _Seen, waiting: str, words: Vocabulary
) -> tuple[tuple[str, str], ...]:
    """Return the fleet in a few lines; what could not be read is said to be unknown."""
    workers, tasks, pods = data.workers, data.tasks.by_status, data.pods
    alive = {
        "healthy": workers.healthy,
        "ageing": workers.ageing,
        "stale": workers.stale,
        "without a heartbeat": workers.missing,
        "starting": _count(seen, WorkerPhase.STARTING),
        "failed": _count(seen, WorkerPhase.FAILED),
    }
    queue = {"waiting": tasks.get(waiting) if tasks else None}
    queue["in progress"] = len(seen.running.rows) if seen.running else None
    rented = {"running": pods.running, "orphaned": pods.orphaned}
    state, last = data.orchestrator.status, data.orchestrator.last_activity_at
    line = f", last line {stamp(last)}" if last else ""
    errors, rate = data.errors_last_hour, data.failure_rate
    hour = _UNKNOWN if errors is None else f"{errors:,} in the last hour"
    first = (("workers", _numbers(alive, always="healthy")),)
    money = (
        ("pods", _numbers(rented, always="running")),
        ("money", _money(data, seen)),
    )
    return (
        *(first if seen.services is None else service_states.glance(seen.services)),
        ("queue", _numbers(queue, always="waiting")),
        *(money if words.rents else ()),
        ("errors", hour if rate is None else f"{hour}; {rate:.0%} of workers failed"),
        (
            words.coordinator,
            _UNKNOWN if state is None else f"{state.replace('_', ' ')}{line}",
        ),
    )


def _count(seen: _Seen, phase: WorkerPhase) -> int | None:
    rows = seen.fleet.rows if seen.fleet else None
    return None if rows is None else sum(each.phase is phase for each in rows)


def _numbers(parts: Mapping[str, int | None], *, always: str) -> str:
    """Return the parts that there are some of; what is unknown is not nothing."""
    if all(number is None for number in parts.values()):
        return _UNKNOWN
    told = [
        f"{_UNKNOWN if number is None else f'{number:,}'} {name}"
        for name, number in parts.items()
        if number != 0 or name == always
    ]
    return ", ".join(told)


def _money(data: HealthData, seen: _Seen) -> str:
    if seen.pods is None:
        return _UNKNOWN
    costs = [pod.cost_per_hour_usd for pod in seen.pods if pod.running]
    least = "at least " if None in costs else ""
    spent = f"{least}${sum(cost or 0.0 for cost in costs):.2f} an hour"
    waste = data.wasted_usd_per_hour
    return f"{spent}, ${waste:.2f} of it wasted" if waste else spent


def _reads(seen: _Seen, asked: Asked) -> tuple[Read, ...]:
    database = any(part is not None for part in (seen.fleet, seen.counts, seen.alarms))
    reads = [Read(source=asked.system.source, at=asked.now)] if database else []
    if seen.pods is not None:
        reads.append(Read(source="runpod", at=asked.now))
    return tuple(reads)
