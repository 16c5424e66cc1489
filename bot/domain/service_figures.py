"""What lines and metrics of services come to, in numbers, as answers show them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.report import Cell, Facts, Section, Table
from bot.domain.service_proofs import MEGABYTE, brief
from bot.domain.service_states import Dependency, ServiceState, dependencies, states
from bot.domain.times import spoken, stamp

if TYPE_CHECKING:
    from bot.domain.services import (
        ErrorKind,
        HttpLoad,
        Memory,
        Metered,
        ServiceScene,
        Told,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFigures:
    """The requests of one service in the window; spans are None without any."""

    service: str
    requests: int
    failed: int
    uncaught: int
    error_rate: float | None
    slow: int
    p50_seconds: float | None
    p95_seconds: float | None
    longest_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorType:
    """Errors of one type by one service; *named*: lines say the type themselves."""

    type: str
    named: bool
    service: str
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflexFigures:
    """What the reflex layer did in the window, as lines tell; None: none tells."""

    breaker: str | None
    breaker_since: datetime | None
    refused: int
    """How many submits an open breaker turned away."""
    cache_checks: int | None
    cache_hits: int | None
    cache_hit_rate: float | None
    pii: int | None
    pii_by_pattern: Mapping[str, int]
    pii_stored: int | None
    injections: int | None
    blocked: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Calls that were turned away for their number."""

    count: int
    last_at: datetime | None
    retry_after_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFigures:
    """A process's memory; growth is None until it was seen three times."""

    service: str
    resident_bytes: float
    running_since: datetime | None
    growth_bytes_per_hour: float | None
    scrapes: int
    over_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFigures:
    """What the orchestrator has counted since it began, by its metrics."""

    submitted: int | None
    by_status: Mapping[str, int]
    failure_rate: float | None
    active: int | None
    waiting: int | None
    mean_seconds_by_arm: Mapping[str, float]
    arm_failures: Mapping[str, int]
    reflex_calls: Mapping[str, int]
    submitted_per_minute: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceData:
    """What services tell; None and empty is what could not be read."""

    services: tuple[ServiceState, ...] | None
    dependencies: tuple[Dependency, ...]
    since: datetime
    """From when on lines were counted."""
    requests: tuple[RequestFigures, ...] | None
    errors: tuple[ErrorType, ...] | None
    reflex: ReflexFigures | None
    rate_limits: RateLimits | None
    memory: MemoryFigures | None
    metrics: MetricFigures | None


def figures(scene: "ServiceScene") -> ServiceData:
    """Return all that was told, typed for JSON."""
    told = scene.told
    return ServiceData(
        services=states(scene),
        dependencies=dependencies(scene),
        since=scene.window.since,
        requests=None if told is None else tuple(map(_requests, told.http)),
        errors=None if told is None else tuple(map(_error, told.errors)),
        reflex=None if told is None else _reflex(scene, told),
        rate_limits=None if told is None else _limits(told),
        memory=_memory(scene.memory) if scene.memory else None,
        metrics=_metrics(scene.counted) if scene.counted else None,
    )


def of_figures(scene: "ServiceScene") -> Iterator[Section]:
    """Yield what answers show of it; of what nothing is told, nothing."""
    data = figures(scene)
    span = f"from {stamp(scene.window.since)}"
    if not scene.window.ongoing:
        span += f" to {stamp(scene.window.until)}"
    if data.requests:
        yield _table_of_requests(data.requests, f"Requests {span}")
    elif scene.measured is not None:
        title = "Requests since it began, by its metrics (times rounded up)"
        bound = scene.measured.bound
        yield _table_of_requests((_requests(scene.measured),), title, bound)
    if data.errors:
        yield errors_by_type(data.errors, f"Errors by type {span}")
    if data.reflex is not None:
        yield from _facts(f"Reflex layer {span}", _reflex_rows(data.reflex))
    if data.rate_limits is not None:
        yield from _facts(
            f"Turned away for their number {span}", _limit_rows(data.rate_limits)
        )
    if data.metrics is not None:
        title = "Counted by the orchestrator since it began"
        yield from _facts(title, _metric_rows(data.metrics))
    if data.memory is not None:
        yield of_memory(data.memory)


def errors_by_type(errors: tuple[ErrorType, ...], title: str) -> Table:
    """Return the types with their numbers, the most frequent first."""
    return Table(
        title=title,
        header=("type, or event", "errors", "service", "first", "last"),
        rows=tuple(
            (
                each.type,
                each.count,
                each.service,
                each.first_at,
                each.last_at,
            )
            for each in errors
        ),
    )


def memory_of(scene: "ServiceScene", service: str) -> MemoryFigures | None:
    """Return what is known of the service's memory; None where nothing is."""
    memory = scene.memory
    return _memory(memory) if memory and memory.service == service else None


def of_memory(memory: MemoryFigures) -> Facts:
    """Return the memory as people read it."""
    grown = memory.growth_bytes_per_hour
    growth: Cell = f"{grown / MEGABYTE:+.1f} MB an hour" if grown is not None else None
    if growth is None:
        growth = f"cannot tell yet: {memory.scrapes} of 3 looks that it takes"
    rows: tuple[tuple[str, Cell], ...] = (
        ("resident", f"{memory.resident_bytes / MEGABYTE:,.1f} MB"),
        ("growth", growth),
        ("seen over", spoken(timedelta(seconds=memory.over_seconds))),
        ("running since", memory.running_since),
    )
    return Facts(title=f"Memory of the {memory.service}", rows=rows)


# --- the numbers --------------------------------------------------------------------


def _requests(load: "HttpLoad") -> RequestFigures:
    return RequestFigures(
        service=load.service,
        requests=load.requests,
        failed=load.failed,
        uncaught=load.uncaught,
        error_rate=None if load.error_rate is None else round(load.error_rate, 4),
        slow=load.slow,
        p50_seconds=_seconds(load.p50),
        p95_seconds=_seconds(load.p95),
        longest_seconds=_seconds(load.longest),
    )


def _error(kind: "ErrorKind") -> ErrorType:
    return ErrorType(
        type=kind.kind,
        named=kind.named,
        service=kind.service,
        count=kind.count,
        first_at=kind.first_at,
        last_at=kind.last_at,
    )


def _reflex(scene: "ServiceScene", told: "Told") -> ReflexFigures | None:
    safety, cache = told.safety, told.cache
    last = told.breaker[-1] if told.breaker else None
    state = scene.reflex.breaker if scene.reflex else None
    if last is not None and state in (None, last.state):
        state, since = last.state, last.at
    else:
        since = None
    if safety is None and cache is None and state is None:
        return None
    return ReflexFigures(
        breaker=state,
        breaker_since=since,
        refused=sum(turn.refused for turn in told.breaker),
        cache_checks=cache.checks if cache else None,
        cache_hits=cache.hits if cache else None,
        cache_hit_rate=round(cache.hits / cache.checks, 4) if cache else None,
        pii=safety.pii if safety else None,
        pii_by_pattern=safety.by_pattern if safety else {},
        pii_stored=safety.pii_stored if safety else None,
        injections=safety.injections if safety else None,
        blocked=safety.blocked if safety else None,
    )


def _limits(told: "Told") -> RateLimits | None:
    if not told.limits:
        return None
    last = told.limits[-1]
    after = next(
        (it.retry_after for it in reversed(told.limits) if it.retry_after), None
    )
    return RateLimits(
        count=len(told.limits), last_at=last.at, retry_after_seconds=_seconds(after)
    )


def _memory(memory: "Memory") -> MemoryFigures:
    return MemoryFigures(
        service=memory.service,
        resident_bytes=memory.resident_bytes,
        running_since=memory.begun_at,
        growth_bytes_per_hour=memory.growth_per_hour,
        scrapes=memory.scrapes,
        over_seconds=memory.over.total_seconds(),
    )


def _metrics(told: "Metered") -> MetricFigures:
    rate = told.failure_rate
    return MetricFigures(
        submitted=told.submitted,
        by_status=told.by_status,
        failure_rate=None if rate is None else round(rate, 4),
        active=told.active,
        waiting=told.waiting,
        mean_seconds_by_arm={
            kind: took.total_seconds() for kind, took in told.took.items()
        },
        arm_failures=told.arm_failures,
        reflex_calls=told.reflex_calls,
        submitted_per_minute=told.per_minute,
    )


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


# --- their words --------------------------------------------------------------------


def _table_of_requests(
    every: tuple[RequestFigures, ...], title: str, bound: timedelta | None = None
) -> Table:
    """Return the requests; a time that nobody tells is beyond the *bound* of some."""
    beyond = None if bound is None else f"over {brief(bound)}"
    header = ("service", "requests", "failed", "half within", "95 % within")
    return Table(
        title=title,
        header=(*header, "longest", "over 1 s"),
        rows=tuple(
            (
                each.service,
                each.requests + each.uncaught,
                _failed(each),
                _took(each.p50_seconds) or beyond,
                _took(each.p95_seconds) or beyond,
                _took(each.longest_seconds),
                each.slow,
            )
            for each in every
        ),
    )


def _failed(each: RequestFigures) -> str:
    every = each.failed + each.uncaught
    rate = "" if each.error_rate is None else f", {each.error_rate:.0%}"
    thrown = f" ({each.uncaught} uncaught)" if each.uncaught else ""
    return f"{every}{rate}{thrown}"


def _took(seconds: float | None) -> str | None:
    return None if seconds is None else brief(timedelta(seconds=seconds))


def _facts(title: str, rows: Mapping[str, Cell]) -> Iterator[Facts]:
    """Yield the facts that are known, if there are any."""
    known = tuple((label, value) for label, value in rows.items() if value is not None)
    if known:
        yield Facts(title=title, rows=known)


def _reflex_rows(told: ReflexFigures) -> Mapping[str, Cell]:
    since = f" since {stamp(told.breaker_since)}" if told.breaker_since else ""
    hits = told.cache_hit_rate
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in told.pii_by_pattern.items())
    pii: Cell = told.pii
    if told.pii:
        stored = f", {told.pii_stored or 0} in tasks that were let through"
        pii = f"{told.pii:,} found{stored}{f': {kinds}' if kinds else ''}"
    return {
        "circuit breaker": told.breaker and f"{told.breaker}{since}",
        "submits it turned away": told.refused or None,
        "cache": None
        if hits is None
        else f"{told.cache_hits} of {told.cache_checks} found, {hits:.0%}",
        "personal data": pii,
        "injections": told.injections,
        "tasks it blocked": told.blocked,
    }


def _limit_rows(told: RateLimits) -> Mapping[str, Cell]:
    after = told.retry_after_seconds
    return {
        "calls": told.count,
        "the last at": told.last_at,
        "may be tried again": None
        if after is None
        else f"{spoken(timedelta(seconds=after))} after it",
    }


def _metric_rows(told: MetricFigures) -> Mapping[str, Cell]:
    rate, speed = told.failure_rate, told.submitted_per_minute
    return {
        "tasks submitted": told.submitted,
        "of these in a minute": None if speed is None else f"{speed:.2g}",
        **{f"tasks {status}": n for status, n in told.by_status.items()},
        "share that failed": None if rate is None else f"{rate:.0%}",
        "tasks active": told.active,
        "tasks waiting": told.waiting,
        **{
            f"mean of {kind or 'all tasks'}": _took(seconds)
            for kind, seconds in told.mean_seconds_by_arm.items()
        },
        **{f"failures of {arm}": n for arm, n in told.arm_failures.items()},
        **{f"reflex calls {status}": n for status, n in told.reflex_calls.items()},
    }
