"""Services that answer for themselves: what they say, and what their lines tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.cases import Scene
from bot.domain.report import Gap
from bot.domain.service_names import Outcome
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One service, asked for its health at one moment."""

    service: str
    at: datetime
    outcome: Outcome
    took: timedelta
    status_code: int | None = None
    said: str = ""
    """In a few words, what it answered or why it did not."""
    version: str | None = None
    begun_at: datetime | None = None
    """Since when it runs, where it says so."""
    capabilities: frozenset[str] | None = None
    """What an arm can do; None where it does not say."""

    @property
    def well(self) -> bool:
        """Tell whether it answered that it is well."""
        return self.outcome is Outcome.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What a service says of the things that it needs; True: it has them."""

    service: str
    ready: bool
    checks: Mapping[str, bool] = field(default_factory=dict)

    @property
    def failing(self) -> tuple[str, ...]:
        """The names of the checks that fail."""
        return tuple(name for name, well in self.checks.items() if not well)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflexCounts:
    """What the orchestrator has counted about the reflex layer since it began."""

    requests: int
    failed: int
    blocked: int
    pii: int
    injections: int
    cache_hits: int
    breaker: str
    """`closed`, `open` or `half_open`, as the orchestrator says it now."""
    breaker_failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A circuit breaker that changed its state; *refused* counts what it turned away.

    That is until its next turn, or the window's end.
    """

    at: datetime
    service: str
    state: str
    reason: str | None = None
    count: int | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolError:
    """A connection that was waited for in vain; None where the text does not say.

    *in_flight* is how many tasks had passed the reflex check and were not yet stored.
    """

    at: datetime
    service: str
    size: int | None
    overflow: int | None
    timeout: timedelta | None
    in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorKind:
    """Errors of one kind by one service. *named*: the lines say the kind themselves.

    Otherwise it is the event's name.
    """

    kind: str
    service: str
    count: int
    first_at: datetime
    last_at: datetime
    example: str
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """What a model refused. *wanted* is what it says of the first field, if it may.

    *fields* are dotted names without numbers. *got* is a status of the reflex layer,
    and nothing else that came.
    """

    model: str
    fields: tuple[str, ...]
    wanted: str = ""
    got: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncaught:
    """An exception that became a 500, which neither metrics nor `http.request` show."""

    at: datetime
    service: str
    kind: str
    error: str
    misfit: Misfit | None = None
    """What did not fit, where the exception says that something did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflexAnswers:
    """The answers of the reflex layer that the orchestrator understood.

    *forwarded* of them bore the request's own id; the others one that it made itself.
    """

    accepted: int
    forwarded: int
    newest_request: str | None
    """The id of the newest request that was checked."""
    newest_at: datetime | None = None
    """When the newest of them came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLoad:
    """The requests of a window, as the lines tell them; spans are None without any."""

    service: str
    requests: int
    failed: int
    """Those that ended with 500 or more; the uncaught are not among them."""
    uncaught: int
    slow: int
    """Those that took more than a second."""
    p50: timedelta | None
    p95: timedelta | None
    longest: timedelta | None
    unavailable: int = 0
    """Those of the slow ones that ended with 503."""
    bound: timedelta | None = None
    """The longest time that metrics tell apart; None of lines, which tell any."""
    failed_at: datetime | None = None
    """When the last one failed, the uncaught included; None where nobody tells."""

    @property
    def error_rate(self) -> float | None:
        """Which share failed, the uncaught included; None without any."""
        every = self.requests + self.uncaught
        return (self.failed + self.uncaught) / every if every else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """How often the reflex layer found something; never what."""

    pii: int
    injections: int
    blocked: int
    pii_stored: int
    """Tasks with personal data in them that were let through."""
    by_pattern: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """How many tasks were looked up in the reflex layer's cache, and found."""

    checks: int
    hits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A call that was turned away for its number."""

    at: datetime
    service: str
    event: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How much memory a process holds, and how that changed while we looked.

    *growth_per_hour* is in bytes; None unless it was seen at three times at least.
    """

    service: str
    resident_bytes: float
    begun_at: datetime | None
    scrapes: int
    over: timedelta
    growth_per_hour: float | None = None
    growth: float | None = None
    """By which share it grew over the span."""
    restarts: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What a service has counted since it began, by its metrics; None: it does not.

    *took* is how long a task took on average, by the kind of arm (empty: by all).
    """

    service: str
    submitted: int | None
    by_status: Mapping[str, int] = field(default_factory=dict)
    active: int | None = None
    waiting: int | None = None
    took: Mapping[str, timedelta] = field(default_factory=dict)
    arm_failures: Mapping[str, int] = field(default_factory=dict)
    reflex_calls: Mapping[str, int] = field(default_factory=dict)
    per_minute: float | None = None
    """How many tasks came in a minute, between two looks."""
    over: timedelta | None = None
    """How long ago the first of these looks was."""

    @property
    def failure_rate(self) -> float | None:
        """Which share of the tasks that ended failed; None where none ended."""
        ended = [self.by_status.get(it, 0) for it in ("failed", "completed")]
        return ended[0] / sum(ended) if any(ended) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A task that passed the reflex check and was not stored within a minute."""

    task_id: TaskId
    at: datetime
    request_id: str | None
    error: str | None
    """What was raised right after it, if anything was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A task for which no arm was found; sets are None where no line tells them."""

    at: datetime
    task_id: TaskId | None
    required: frozenset[str] | None
    available: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A task that is not done, since when, and how long it may take."""

    task_id: TaskId
    since: datetime
    allowed: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The tasks that are not done, the oldest first, and how many there are of each."""

    counts: Mapping[str, int]
    pending: tuple[Waiting, ...] | None
    """None where no database can be asked."""
    processing: tuple[Waiting, ...] | None

    @property
    def consumed(self) -> bool:
        """Tell whether any task was ever taken up."""
        counts = self.counts
        return any(counts.get(it) for it in ("processing", "completed", "failed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """A service that could not begin, and the last line of why."""

    at: datetime
    service: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the lines of a window tell; *whole*: all of them were read."""

    errors: tuple[ErrorKind, ...] = ()
    uncaught: tuple[Uncaught, ...] = ()
    http: tuple[HttpLoad, ...] = ()
    breaker: tuple[Turn, ...] = ()
    pool: tuple[PoolError, ...] = ()
    safety: Safety | None = None
    cache: Cache | None = None
    limits: tuple[RateLimit, ...] = ()
    lost: tuple[Lost, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    startups: tuple[Startup, ...] = ()
    answers: ReflexAnswers | None = None
    """None where no line tells of an answer."""
    stored_at: datetime | None = None
    """When a task was last stored; None where no line tells of any."""
    database_down: tuple[datetime, ...] = ()
    """When a line said that the database could not be reached."""
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceScene(Scene):
    """Everything that services told at one moment; what could not be read is None."""

    window: Window
    probes: tuple[Probe, ...] | None = None
    """The services and arms that settings or the registry name, each once."""
    readiness: tuple[Readiness, ...] | None = None
    reflex: ReflexCounts | None = None
    memory: Memory | None = None
    backlog: Backlog | None = None
    told: Told | None = None
    measured: HttpLoad | None = None
    """The orchestrator's requests since it began, by its metrics; only where no line
    tells of any. Its spans are upper bounds, and None beyond the last of them."""
    counted: Metered | None = None
    """What the orchestrator's own metrics count."""
    database: Probe | None = None
    """The orchestrator's database, asked by us; None where no setting names it."""
    gaps: tuple[Gap, ...] = ()

    @property
    def past(self) -> "ServiceScene":
        """What lines tell of the window, without what was asked at this moment."""
        return ServiceScene(window=self.window, told=self.told)

    @property
    def services(self) -> "ServiceScene":
        """Itself."""
        return self

    def begun_at(self, id: WorkerId) -> datetime | None:
        """Return since when the service runs, where it tells that or its metrics do."""
        probes = (each for each in self.probes or () if each.service == id)
        told = next((each.begun_at for each in probes), None)
        if told is None and self.memory is not None and self.memory.service == id:
            return self.memory.begun_at
        return told
