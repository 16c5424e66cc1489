"""`workers`: the fleet, its health, failures and how workers died."""

import asyncio
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain.agent_lives import with_ends
from bot.domain.agent_shares import Share, shares, unshared
from bot.domain.agent_shares import table as shares_told
from bot.domain.asks import chosen
from bot.domain.cases import Case, begun_at
from bot.domain.concerns import concerning
from bot.domain.deaths import FEWEST, Death, Deaths, Toll, deaths, tolls
from bot.domain.errors import Misread, SourceDown
from bot.domain.figures import (
    FleetHealth,
    answering,
    beats_ahead,
    counted,
    fleet_health,
    has_failed,
    some,
)
from bot.domain.findings import Finding, Severity, worst_first
from bot.domain.pages import Border, Page, paged
from bot.domain.report import Ask, Cell, Facts, Report, Section, Table
from bot.domain.service_states import (
    ServiceState,
    of_arms,
    of_services,
    standing,
    states,
)
from bot.domain.spelling import choice, typed
from bot.domain.times import Window, ago
from bot.domain.workers import Pulse, Worker, WorkerId
from bot.phrasing import turned
from bot.rules.book import judge
from bot.sources import Listing, System, last_words

if TYPE_CHECKING:
    from bot.domain.services import ServiceScene

_PODS: Final = Ask(label="Pods", words="runpod")
_RENTED: Final = ("RAM tier", "volume", "pod")
LISTED: Final = 200
MOST_LISTED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersQuery:
    """What `workers` wants to know."""

    status: str | None = command.text("only this status, such as active", meta="S")
    detailed: bool = command.switch("also GPU, model, memory tier and volume")
    hours: float = command.hours()
    since: datetime | None = command.since()
    until: datetime | None = command.until()
    before: Border | None = command.before()
    after: Border | None = command.after()
    limit: int = command.limit(LISTED, most=MOST_LISTED, what="workers")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEntry:
    """One worker of the list."""

    id: str
    status: str
    created_at: datetime | None
    """Of a program that is not rented, since when it runs; None where none tells."""
    last_heartbeat_at: datetime | None
    heartbeat_age_seconds: float | None
    health: str | None
    """`healthy`, `ageing`, `stale` or `missing`; None unless it is active."""
    runpod_id: str | None
    ram_tier: int | None
    storage_volume: str | None
    instance_type: str | None
    current_model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFailure:
    """A worker that failed, and the reason that was written down."""

    id: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersData:
    """What `workers` found: all that live, and those made or ended in the window.

    The sums are of all of them; *workers* is one page.
    """

    total: int
    by_status: Mapping[str, int]
    healthy: int
    ageing: int
    stale: int
    missing: int
    unjudged: int
    """Active ones that do no GPU work: with them the sums are equal."""
    workers: tuple[WorkerEntry, ...]
    failures: tuple[WorkerFailure, ...]
    failures_by_reason: Mapping[str, int]
    failure_rate: float | None
    deaths: tuple[Deaths, ...]
    """The dead by their way of dying, among them those still called active."""
    by_ram_tier: tuple[Toll, ...]
    """Of the whole fleet, whatever status is asked for."""
    by_volume: tuple[Toll, ...]
    """As *by_ram_tier*."""
    work: tuple[Share, ...] | None = None
    """Who completed how much in the window; None where the system does not tell."""
    services: tuple[ServiceState, ...] | None = None
    """Services and arms with what they can do; None of a system of others."""


async def answer(query: WorkersQuery, asked: Asked) -> Report:
    """Return the fleet: every living worker whatever its age, and the recent ones."""
    known = asked.system.workers.statuses
    status, unknown = _status(query, asked.system)
    window = command.page_window(query, asked)
    try:
        fleet, scene = await asyncio.gather(
            asked.system.workers.fleet(window), asked.scene(window)
        )
    except SourceDown as error:
        if unknown is None:
            raise
        raise unknown from error
    files = scene.file_queue if scene else None
    fleet = replace(fleet, rows=with_ends(fleet.rows, files, asked.now))
    rows = tuple(
        worker for worker in fleet.rows if status is None or worker.status == status
    )
    if unknown is not None and not rows:
        raise unknown
    services = scene.services if scene else None
    judged = rows if services is None else answering(rows)
    health = fleet_health(judged, asked.now)
    last = await last_words(rows, asked.system, asked.gaps, asked.now)
    # Rates are of the whole fleet, whatever is listed.
    case = Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        workers=fleet.rows,
        lines=last.lines,
        logs_read=last.whole,
        scene=scene,
    )
    ids = {worker.id for worker in rows}
    found = judge(case)
    findings = tuple(each for each in found if _told(each, ids))
    others: tuple[str, ...] = ()
    if scene is not None:  # its rules judge all of it
        kinds = ("worker",) if services is None else ("worker", "orchestrator")
        findings, others = concerning(
            found, lambda each: each.subject.kind in kinds and each.subject.id in ids
        )
    page = paged(
        judged, _border, limit=query.limit, before=query.before, after=query.after
    )
    data = _data(
        judged,
        fleet=fleet.rows,
        services=states(services) if services else None,
        page=page,
        health=health,
        findings=findings,
        now=asked.now,
        coordinator=asked.system.vocabulary.coordinator,
        begun=partial(begun_at, scene=scene, made=bool(asked.system.vocabulary.made)),
    )
    if services is not None:  # nobody gives one up, and those of before are not kept
        data = replace(data, deaths=(), failure_rate=None)
    if case.file_queue is not None:
        data = replace(
            data,
            # A stop is no death, nor does anybody scale them down.
            deaths=tuple(it for it in data.deaths if it.way is not Death.SCALED_DOWN),
            work=shares(case.file_queue, asked.now),
        )
    rents = asked.system.vocabulary.rents
    listed = _listed(data, page.rows, query) if rents else data.workers
    return Report(
        summary=_summary(
            health, fleet, status, _coordinators(rows, asked.now, asked.system)
        )
        if services is None
        else standing(services),
        findings=findings,
        sections=_sections(
            data,
            listed,
            detailed=query.detailed,
            rents=rents,
        )
        if services is None
        else _of_services(services, status and ids),
        asks=chosen(
            *the_worst(findings, data.failures),
            *turned(COMMAND, query, window, page, _border),
            *([_PODS] if rents else []),
            Ask(label="Health", words="health"),
        ),
        data=data,
        window=window,
        truncated=bool(page.newer or page.older) or fleet.cut,
        notes=(
            *(unshared(case.file_queue) if case.file_queue and data.work else ()),
            *_notes(data, page, len(listed), known, window, asked.now),
            *(beats_ahead(rows, asked.now) if rents else ()),
            *others,
        ),
        reads=asked.reads(),
    )


def _status(query: WorkersQuery, system: System) -> tuple[str | None, Misread | None]:
    """Return the status that is asked for, and the refusal if no worker has it.

    Where workers run on rented pods, a row may bear any text (systems/reigh.md, 0.6).

    Raises:
        Misread: it is none that the system has.
    """
    if query.status is None:
        return None, None
    try:
        return choice(query.status, system.workers.statuses, what="worker status"), None
    except Misread as unknown:
        if not system.vocabulary.rents:
            raise
        return query.status, unknown


COMMAND: Final = Command(
    name="workers",
    answers="Recent workers: health, failures, crash patterns",
    query=WorkersQuery,
    handler=answer,
    examples=("workers --hours 2", "workers --status crashed --detailed"),
    data=WorkersData,
    place=13,
)


# What is about one of these is told only where that one was asked for.
_OF_OTHERS: Final = ("worker", "task", "batch", "queue")


def _told(each: Finding, ids: Container[str]) -> bool:
    """Tell whether it is about one of the workers, or about what many of them share."""
    return each.subject.id in ids or each.subject.kind not in _OF_OTHERS


def _data(  # noqa: PLR0913  each has its name at the call
    rows: tuple[Worker, ...],
    *,
    fleet: tuple[Worker, ...],
    services: tuple[ServiceState, ...] | None,
    page: Page[Worker],
    health: FleetHealth,
    findings: Iterable[Finding],
    now: datetime,
    coordinator: str,
    begun: Callable[[Worker], datetime | None],
) -> WorkersData:
    loading = frozenset(
        WorkerId(each.subject.id)
        for each in findings
        if each.rule == "model-load-death" and each.severity is Severity.CRITICAL
    )
    failed = [worker for worker in rows if worker.runs_on_gpu and has_failed(worker)]
    return WorkersData(
        total=health.total,
        by_status=health.by_status,
        healthy=health.healthy,
        ageing=health.ageing,
        stale=health.stale,
        missing=health.missing,
        unjudged=health.unjudged,
        workers=tuple(
            _entry(worker, begun(worker), now, coordinator) for worker in page.rows
        ),
        failures=tuple(
            WorkerFailure(id=worker.id, reason=_reason(worker)) for worker in failed
        ),
        failures_by_reason=counted(_kind(worker) for worker in failed),
        failure_rate=health.failure_rate,
        deaths=deaths(rows, now, loading=loading),
        by_ram_tier=tolls(fleet, lambda worker: worker.tier),
        by_volume=tolls(fleet, lambda worker: worker.storage_volume),
        services=services,
    )


def _pulse(worker: Worker, now: datetime, coordinator: str) -> Pulse | None:
    # Who looks after the others is none of those that take tasks, and beats as they do.
    judged = worker.runs_on_gpu or worker.id == coordinator
    return replace(worker, runs_on_gpu=judged).pulse(now)


def _coordinators(
    rows: Iterable[Worker], now: datetime, system: System
) -> tuple[str, ...]:
    """Return how the one among the workers is that takes no tasks; none may be."""
    name = system.vocabulary.coordinator
    apart = (each for each in rows if each.id == name and not each.runs_on_gpu)
    # One that lives no more has no pulse: its status tells how it ended.
    pulses = (_pulse(each, now, name) or each.status for each in apart)
    return tuple(f"{name}, which takes no tasks, {each}" for each in pulses)


def _entry(
    worker: Worker, begun: datetime | None, now: datetime, coordinator: str
) -> WorkerEntry:
    silence = worker.silence(now)
    pulse = _pulse(worker, now, coordinator)
    return WorkerEntry(
        id=worker.id,
        status=worker.status,
        created_at=begun,
        last_heartbeat_at=worker.last_heartbeat_at,
        heartbeat_age_seconds=None if silence is None else silence.total_seconds(),
        health=pulse.value if pulse else None,
        runpod_id=worker.runpod_id,
        ram_tier=worker.ram_tier,
        storage_volume=worker.storage_volume,
        instance_type=worker.instance_type,
        current_model=worker.current_model,
    )


def _reason(worker: Worker) -> str | None:
    if worker.error_reason:
        return worker.error_reason
    return "crashed: its process vanished" if worker.status == "crashed" else None


def _kind(worker: Worker) -> str:
    """Return the reason without its numbers, so that equal deaths count together."""
    reason = _reason(worker) or "no reason written down"
    for sign in (" (", ":"):
        reason = reason.split(sign)[0]
    return reason


def _summary(
    health: FleetHealth,
    fleet: Listing[Worker],
    status: str | None,
    coordinators: Sequence[str],
) -> str:
    least = "" if fleet.whole else "at least "
    if not fleet.rows:
        if fleet.hides:
            return "cannot tell which workers there are: not all could be read"
        return "no worker lives, and none was made or ended in the window"
    if not health.total:
        others = _told_counts(counted(worker.status for worker in fleet.rows))
        every = some(len(fleet.rows), "other")
        return f"no worker has the status {status}; {least}{every}: {others}"
    parts = _told_counts(health.by_status)
    pulse = f"{health.healthy} healthy, {health.ageing} ageing, {health.stale} stale"
    active = health.healthy + health.ageing + health.stale + health.missing
    if health.missing:
        pulse += f", {health.missing} without a heartbeat"
    if unjudged := health.unjudged - len(coordinators):
        does = "does" if unjudged == 1 else "do"
        pulse += f", {unjudged} that {does} no GPU work"
    every = some(health.total, "worker")
    told = [f"of the active {pulse}"] if active else []
    beating = "".join(f"; {each}" for each in (*told, *coordinators))
    return f"{least}{every}: {parts}{beating}"


def _told_counts(by_status: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {status}" for status, n in by_status.items())


def _listed(
    data: WorkersData, rows: Iterable[Worker], query: WorkersQuery
) -> Sequence[WorkerEntry]:
    """Return the workers to list: unless asked for, not those that were scaled down."""
    if query.detailed or query.status is not None:
        return data.workers
    quiet = {worker.id for worker in rows if worker.benign_end}
    return tuple(each for each in data.workers if each.id not in quiet)


def _sections(
    data: WorkersData, listed: Sequence[WorkerEntry], *, detailed: bool, rents: bool
) -> tuple[Section, ...]:
    if not data.total:
        return ()
    rate = "unknown" if data.failure_rate is None else f"{data.failure_rate:.0%}"
    failed = "failed (scale-downs don't count)" if rents else "failed"
    sections: list[Section] = [
        Facts(
            title="Fleet",
            rows=(
                *data.by_status.items(),
                (failed, f"{len(data.failures)}, {rate}"),
            ),
        ),
        *shares_told(data.work or ()),
    ]
    if data.deaths:
        ends = tuple(
            (each.way, each.total, _reasons(each.reasons)) for each in data.deaths
        )
        header = ("way", "workers", "reasons")
        sections.append(Table(title="How they ended", header=header, rows=ends))
    sections += _tolls("By RAM tier", data.by_ram_tier)
    sections += _tolls("By volume", data.by_volume)
    columns: tuple[str, ...] = ("worker", "status", "health", "last heartbeat")
    if detailed:
        columns = (*columns, "GPU", "model", *(_RENTED if rents else ()))
    table: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.id,
            each.status,
            each.health or "",
            each.last_heartbeat_at or "never",
            *(_details(each, rents=rents) if detailed else ()),
        )
        for each in listed
    )
    quiet = len(data.workers) - len(listed)
    title = f"Workers, without {quiet:,} scaled down" if quiet else "Workers"
    sections.append(Table(title=title, header=columns, rows=table))
    return tuple(sections)


def _of_services(
    scene: "ServiceScene", only: Container[str] | None
) -> tuple[Section, ...]:
    """Return the arms and the services; with a status *only* those that have it."""
    if only is not None:
        return (*of_services(scene, only),)
    return (*of_arms(scene), *of_services(scene))


def _reasons(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {n:,}" for reason, n in reasons.items())


def _tolls(title: str, tolls: Sequence[Toll]) -> tuple[Table, ...]:
    """Return the table of the kinds; none where no worker tells its kind.

    Whatever status is asked for, it counts the whole fleet, and says so.
    """
    if all(each.kind is None for each in tolls):
        return ()
    every = some(sum(each.total for each in tolls), "GPU worker")
    title = f"{title}: all {every}, of any status"
    header = ("kind", "workers", "failed", "scaled down", "failure rate")
    rows = tuple(
        (
            each.kind or "unknown",
            each.total,
            each.failed,
            each.scaled_down,
            f"fewer than {FEWEST}"
            if each.failure_rate is None
            else f"{each.failure_rate:.0%}",
        )
        for each in tolls
    )
    return (Table(title=title, header=header, rows=rows),)


def _details(each: WorkerEntry, *, rents: bool) -> tuple[Cell, ...]:
    rented = (each.ram_tier, each.storage_volume, each.runpod_id)
    return (each.instance_type, each.current_model, *(rented if rents else ()))


def _border(worker: Worker) -> Border:
    return Border(at=worker.created_at, id=worker.id)


def the_worst(
    findings: Iterable[Finding], failures: Sequence[WorkerFailure]
) -> tuple[Ask, ...]:
    """Return what the worst finding is about; where there is none, the last failure."""
    for each in worst_first(findings):
        if each.subject.kind == "worker":
            words = f"worker {typed(each.subject.id)}"
            return (Ask(label="The worst", words=words),)
        if each.subject.kind == "orchestrator":
            return (Ask(label="The worst", words="orchestrator"),)
    return tuple(
        Ask(label="The newest failure", words=f"worker {typed(each.id)}")
        for each in failures[:1]
    )


def _notes(  # noqa: PLR0913, PLR0917  a note for each
    data: WorkersData,
    page: Page[Worker],
    listed: int,
    known: Sequence[str],
    window: Window,
    now: datetime,
) -> tuple[str, ...]:
    strange = sorted(set(data.by_status).difference(known))
    notes = [f"the status '{each}' is not known here" for each in strange]
    if page.newer or page.older:
        left = some(page.newer + page.older, "worker")
        notes.append(f"{left} not listed: turn the page, or use --limit")
    if listed < len(page.rows):
        notes.append("workers --detailed lists those that were scaled down as well")
    if window.until < now:
        end = ago(window.until, now)
        notes.append(f"states are as of now, not of the window's end {end}")
    return tuple(notes)
