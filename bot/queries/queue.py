"""`queue`: what waits, who could claim it, why nobody does."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain.agent_lives import with_ends
from bot.domain.asks import chosen
from bot.domain.cases import Case
from bot.domain.errors import Absent
from bot.domain.figures import counted, fleet_health, some, spread, waiting
from bot.domain.findings import Finding, Status, status_of
from bot.domain.logs import LogLine
from bot.domain.marks import TASK_COUNT
from bot.domain.orchestration import COUNTED, LATE, counts, uncounted
from bot.domain.report import Ask, Cell, Facts, Report, Section, Table
from bot.domain.takers import Load, load, tables
from bot.domain.tasks import Task
from bot.domain.times import AHEAD, Window, ago, spoken
from bot.domain.vocabulary import Vocabulary
from bot.domain.waits import NEVER, UNTOLD, normal, overdue
from bot.domain.workers import Worker
from bot.rules.book import book, causes_of, judge
from bot.sources import (
    UNREAD,
    Listing,
    LogSearch,
    Queue,
    QueueEntry,
    TaskSearch,
    counts_instead,
)

if TYPE_CHECKING:
    from bot.domain.services import ServiceScene

CLAIMABLE: Final = "claimable"
SHOWN: Final = 20
_WORKERS: Final = Ask(label="Workers", words="workers")
_OTHERS: Final = ("worker", "task", "batch")
PICTURE_HOURS: Final = 6.0
LOOK_BACK_HOURS: Final = 18.0  # before that; what waited longer is rare


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """What `queue` wants to know."""

    hours: float = command.hours(PICTURE_HOURS, what="its picture goes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long tasks have waited, in seconds; None when none does."""

    median: float | None
    max: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueData:
    """What `queue` found. *by_reason* gives each task its first true reason."""

    total: int
    by_type: Mapping[str, int]
    by_reason: Mapping[str, int]
    claimable: int | None
    """None where tasks can be counted and not listed."""
    waiting_seconds: Waiting
    in_progress: int | None
    workers_alive: int | None
    workers_free: int | None
    """Of these, the ones that hold no task; None where either is not known."""
    workers_starting: int | None
    workers_active: int | None
    """Those with a GPU called active, among them those whose heartbeat is lost."""
    overdue: Mapping[str, int]
    """How many wait for longer than is normal, by their reason."""
    why: str | None
    """Why nobody takes what waits; None when nothing waits or it cannot be told."""
    scaling_queued: int | None = None
    """How many tasks wait as scaling counts them; None where no line told it lately."""
    scaling_at: datetime | None = None
    load: Load | None = None
    """What waits by class against what each agent can take; None where no files are."""


async def answer(query: QueueQuery, asked: Asked) -> Report:
    """Return what waits, why, and who is there to take it.

    Where tasks can't be listed, how many wait is told at least.
    """
    try:
        return await _listed(query, asked)
    except Absent as error:
        counts = await counts_instead(error, asked.system.tasks, asked.gaps)
        return await _counted(counts, error, asked)


async def _counted(counts: Mapping[str, int], error: Absent, asked: Asked) -> Report:
    """Return how many tasks wait, and why they can't be listed."""
    system = asked.system
    scene = await asked.scene(asked.window(1))
    data = QueueData(
        total=counts.get(system.tasks.waiting_status, 0),
        by_type={},
        by_reason={},
        claimable=None,
        waiting_seconds=Waiting(median=None, max=None),
        in_progress=counts.get(system.tasks.running_status),
        workers_alive=None,
        workers_free=None,
        workers_starting=None,
        workers_active=None,
        overdue={},
        why=None,
    )
    case = Case(now=asked.now, system=system.name, queued=data.total, scene=scene)
    if case.services is not None:
        data = _of_services(data, case.services)
    own = book(case.system).answering.get("queue", ())
    findings = tuple(each for each in judge(case) if each.rule in own)
    return Report(
        summary=f"{waiting(data.total)}; they can be counted and not listed",
        status=_status(findings, ill=bool(data.why)),
        findings=findings,
        sections=tuple(
            each
            for each in _sections(data, system.vocabulary)
            if not isinstance(each, Facts) or each.rows
        ),
        asks=chosen(
            _WORKERS,
            Ask(label="Orchestrator", words="orchestrator"),
        ),
        data=data,
        notes=(error.hint,) if error.hint else (),
        reads=asked.reads(),
    )


async def _listed(query: QueueQuery, asked: Asked) -> Report:
    """Return the tasks that wait, each with its reason."""
    system, gaps = asked.system, asked.gaps
    queue, fleet, made, scaling, scene = await asyncio.gather(
        system.tasks.queue(asked.now),
        gaps.ask(system.workers.fleet(asked.window(1)), UNREAD),
        _made(query, asked),
        _scaling(asked),
        asked.scene(asked.window(1)),
    )
    if fleet is not UNREAD:
        files = scene.file_queue if scene else None
        fleet = replace(fleet, rows=with_ends(fleet.rows, files, asked.now))
    for gap in queue.untold:
        gaps.add(gap)
    entries = queue.entries.rows
    known = fleet.whole or fleet.cut
    late = [
        entry
        for entry in entries
        if entry.reason not in NEVER
        and overdue(entry.task, entry.reason, asked.thresholds, asked.now)
    ]
    case = Case(
        now=asked.now,
        system=system.name,
        thresholds=asked.thresholds,
        workers=fleet.rows if known else None,
        queued=len(entries),
        claimable=queue.for_workers,
        scene=scene,
    )
    data = _with_scaling(_data(queue, late, fleet, case), scaling)
    own = book(system.name).answering.get("queue", ())
    findings = tuple(each for each in judge(case) if each.rule in own)
    findings = _of_waiting(findings, entries, case)
    ill = bool(_never(data) or late or (case.services and data.why))
    return Report(
        summary=_summary(data, system.vocabulary, findings, queue.entries),
        status=_status(findings, ill=ill),
        findings=findings,
        sections=(
            *_sections(data, system.vocabulary),
            *_of_scaling(data, asked.now),
            *_of_agents(data),
            *_overdue(late, asked),
            *_longest(entries),
            *_picture(query, asked, queue, made),
        ),
        asks=chosen(
            *(_WORKERS,) * bool(data.claimable and data.workers_free == 0),
            *_asks(entries),
            _WORKERS,
            Ask(label="Orchestrator", words="orchestrator"),
        ),
        data=data,
        truncated=queue.entries.cut,
        notes=(
            *((COUNTED,) if uncounted(data.total, data.scaling_queued) else ()),
            *_made_later(entries, asked),
        ),
        reads=asked.reads(),
    )


def _of_waiting(
    findings: Sequence[Finding], entries: Iterable[QueueEntry], case: Case
) -> tuple[Finding, ...]:
    """Return the findings: those about what waits, and their causes, first.

    What is about the queue, or about what everybody depends on, is about all of it.
    """
    waiting = {entry.task.id for entry in entries}
    about = [
        each
        for each in findings
        if each.subject.kind not in _OTHERS or each.subject.id in waiting
    ]
    causes = causes_of(findings, case)
    first = {id(cause) for each in about for cause in (each, *causes(each))}
    return tuple(sorted(findings, key=lambda each: id(each) not in first))


async def _scaling(asked: Asked) -> Listing[LogLine]:
    """Return the newest line that tells how many tasks scaling counts, if any does."""
    words = asked.system.vocabulary
    if not words.rents:
        return UNREAD
    window = Window(since=asked.now - LATE, until=asked.now)
    wanted = LogSearch(window=window, source=words.writer, text=TASK_COUNT)
    return await asked.gaps.beside(asked.system.logs.search(wanted, limit=1), UNREAD)


def _with_scaling(data: QueueData, lines: Listing[LogLine]) -> QueueData:
    for line in lines.rows:
        if saw := counts(line.message):
            queued = int(saw["queued"])
            return replace(data, scaling_queued=queued, scaling_at=line.at)
    return data


def _of_scaling(data: QueueData, now: datetime) -> tuple[Facts, ...]:
    """Return what scaling counts, beside what waits (systems/reigh.md, 1.7)."""
    if data.scaling_at is None or not data.total:
        return ()
    more = uncounted(data.total, data.scaling_queued)
    rows = (("queued", data.scaling_queued), ("not counted", more or None))
    told = tuple((label, value) for label, value in rows if value is not None)
    return (Facts(title=f"Scaling counts, {ago(data.scaling_at, now)}", rows=told),)


def _data(
    queue: Queue, late: Sequence[QueueEntry], fleet: Listing[Worker], case: Case
) -> QueueData:
    """Return the queue in figures; those who may take from it as their system has."""
    entries, now = queue.entries.rows, case.now
    none = timedelta(0)  # of a clock that is ahead
    waits = spread(max(now - entry.task.created_at, none) for entry in entries)
    data = QueueData(
        total=len(entries),
        by_type=counted(entry.task.task_type for entry in entries),
        by_reason=counted(entry.reason or CLAIMABLE for entry in entries),
        claimable=sum(entry.reason is None for entry in entries),
        waiting_seconds=Waiting(median=waits.median, max=waits.max),
        in_progress=None if queue.running is None else len(queue.running),
        workers_alive=None,
        workers_free=None,
        workers_starting=None,
        workers_active=None,
        overdue=counted(entry.reason or CLAIMABLE for entry in late),
        why=None,
        load=load(case.file_queue, now) if case.file_queue else None,
    )
    if fleet.whole or fleet.cut:
        data = _with_workers(data, fleet.rows, queue.running, now)
    data = replace(data, why=_why_by_api(data, entries) or _why(data))
    return data if case.services is None else _of_services(data, case.services)


def _with_workers(
    data: QueueData,
    fleet: Sequence[Worker],
    running: Iterable[Task] | None,
    now: datetime,
) -> QueueData:
    health = fleet_health(fleet, now)
    alive, free = health.healthy + health.ageing, _free(fleet, running, now)
    if data.load is not None:  # the brain is no taker, though it beats
        alive, free = data.load.alive, data.load.idle
    return replace(
        data,
        workers_alive=alive,
        workers_free=free,
        workers_starting=sum(worker.comes_up(now) for worker in fleet),
        workers_active=health.healthy + health.ageing + health.stale + health.missing,
    )


COMMAND: Final = Command(
    name="queue",
    answers="What waits, who could claim it, why nobody does",
    query=QueueQuery,
    handler=answer,
    examples=("queue",),
    data=QueueData,
    place=19,
    charts=True,
)


async def _made(query: QueueQuery, asked: Asked) -> Listing[Task]:
    """Return the tasks of the picture's time and of a while before, if one is drawn."""
    if not asked.draws:
        return UNREAD
    window = asked.window(query.hours + LOOK_BACK_HOURS)
    search = asked.system.tasks.search(TaskSearch(window=window))
    return await asked.gaps.beside(search, UNREAD)


def _picture(
    query: QueueQuery, asked: Asked, queue: Queue, made: Listing[Task]
) -> tuple[Section, ...]:
    if not asked.draws:
        return ()
    from bot.domain.queue_chart import queue_chart

    chart = queue_chart(
        asked.window(query.hours),
        waiting=[entry.task for entry in queue.entries.rows],
        waiting_whole=queue.entries.whole,
        made=None if made is UNREAD else made.rows,
        made_whole=made.whole,
        since=asked.window(query.hours + LOOK_BACK_HOURS).since,
    )
    return (chart,)


def _of_services(data: QueueData, scene: "ServiceScene") -> QueueData:
    """Return the figures with the arms as those who take tasks; none starts."""
    from bot.domain import service_telling

    arms = service_telling.takers(scene)
    known, up = (None, None) if arms is None else arms
    return replace(
        data,
        workers_active=known,
        workers_alive=up,
        workers_free=None,
        workers_starting=None,
        why=service_telling.why_waiting(scene) if data.total else None,
    )


def _free(
    fleet: Iterable[Worker], running: Iterable[Task] | None, now: datetime
) -> int | None:
    """Return how many live workers hold no task; one that coordinates is no work."""
    if running is None:
        return None
    busy = {task.worker_id for task in running if not task.coordinates}
    return sum(worker.beats(now) and worker.id not in busy for worker in fleet)


def _of_agents(data: QueueData) -> tuple[Table, ...]:
    return () if data.load is None else tables(data.load)


def _status(findings: Sequence[Finding], *, ill: bool) -> Status:
    worst = status_of(findings)
    return Status.WARNING if worst is Status.OK and ill else worst


def _summary(
    data: QueueData,
    words: Vocabulary,
    findings: Sequence[Finding],
    entries: Listing[QueueEntry],
) -> str:
    if not data.total:
        return "nothing waits"
    least = "" if entries.whole else "at least "
    longest = data.waiting_seconds.max
    since = f", the oldest for {spoken(timedelta(seconds=longest))}" if longest else ""
    alive, free = data.workers_alive, data.workers_free
    takers = "" if alive is None else f"; {some(alive, f'live {words.taker}')}"
    if alive and free is not None:
        # An agent without work may be one that could not do any of it.
        without = "free" if data.load is None else "idle"
        takers += f", {free or 'none'} of them {without}"
    tasks = f"{least}{some(data.total, 'waiting task')}{since}"
    sure = UNTOLD not in data.by_reason
    could = f"{data.claimable:,}" if data.claimable or sure else "how many"
    tasks += f"; {'' if sure or not data.claimable else 'at least '}{could} could be"
    tasks += " claimed" if sure or data.claimable else " claimed is not known"
    by_api = _by_api(entries.rows)
    if by_api:
        tasks += f"{_share(len(by_api), data)} by the API orchestrator, no worker"
        unseen = next((each.detail for each in by_api if each.detail), "")
        tasks += f" ({unseen})" if unseen else ""
    never = _told_never([each for each in entries.rows if each.reason in NEVER])
    late = sum(data.overdue.values())
    if late:
        why = ", ".join(f"{reason} {n:,}" for reason, n in data.overdue.items())
        waits = "waits" if late == 1 else "wait"
        never += f"; {late:,} {waits} for longer than is normal: {why}"
    # Of agents a finding tells what they are about together.
    about = [each.title for each in findings if each.subject.kind == "queue"]
    told = "".join(f"; {each}" for each in about) if data.load else ""
    return f"{tasks}{takers}{never}{told}"


def _by_api(entries: Iterable[QueueEntry]) -> list[QueueEntry]:
    """Return what could be claimed, and by no worker."""
    return [each for each in entries if each.by_api and each.reason is None]


def _share(number: int, data: QueueData) -> str:
    """Return how many of what could be claimed, where these are not all."""
    return "" if number == data.claimable else f", {number:,} of them"


def _why_by_api(data: QueueData, entries: Iterable[QueueEntry]) -> str | None:
    """Return what is known where all that could be claimed is for no worker."""
    by_api = _by_api(entries)
    if not by_api or len(by_api) != data.claimable:
        return None
    told = "the API orchestrator takes what could be claimed, and no worker does"
    unseen = next((each.detail for each in by_api if each.detail), "")
    return f"{told}; {unseen}: see whether it runs" if unseen else told


def _why(data: QueueData) -> str | None:
    """Return the first true reason, with its numbers."""
    if not data.total:
        return None
    if not data.claimable:
        return None if UNTOLD in data.by_reason else _unclaimable(data)
    alive, free, starting = data.workers_alive, data.workers_free, data.workers_starting
    if alive is None:
        return None
    if not alive:
        silent = data.workers_active
        dead = f" ({silent:,} called active and silent)" if silent else ""
        if starting:
            verb = "starts" if starting == 1 else "start"
            return f"no worker is alive{dead}; {starting:,} still {verb}"
        return f"no worker is alive{dead}, and none starts"
    if free is None:
        return None
    if data.load is not None and data.load.waiting and not data.load.free:
        most = data.load.classes[0]
        return f"of {most.task_class} the most waits, which nobody takes: {most.why}"
    if not free:
        if alive == 1:
            return "the only live worker holds a task already"
        return f"all {alive:,} live workers hold a task already"
    verb = "is" if free == 1 else "are"
    doubt = "if it stays so for a minute, see whether they still ask"
    return f"{free:,} {verb} free: {doubt}"


def _unclaimable(data: QueueData) -> str:
    """Return the most frequent reason why nothing of what waits can be claimed."""
    reason, number = next(iter(data.by_reason.items()))
    if data.total == 1:
        return f"it cannot be claimed: {reason}"
    whose = "all" if number == data.total else f"the most, {number:,},"
    return f"none of them can be claimed; {whose} because: {reason}"


def _told_never(entries: Sequence[QueueEntry]) -> str:
    """Return how many can never run, and which and why, of several the oldest."""
    if not entries:
        return ""
    oldest = "the oldest " if entries[1:] else ""
    which = f"{oldest}{entries[0].task.id[:8]}, {entries[0].reason}"
    return f"; {some(len(entries), 'task')} can never run: {which}"


def _longest(entries: Sequence[QueueEntry]) -> tuple[Table, ...]:
    """Return those that wait longest, each with its reason."""
    if not entries:
        return ()
    title = f"The {min(SHOWN, len(entries))} that wait longest"
    if len(entries) == 1:
        title = "The one that waits"
    rows = tuple(
        (
            entry.task.id,
            entry.task.task_type,
            entry.task.created_at,
            ": ".join(filter(None, (entry.reason or CLAIMABLE, entry.detail))),
        )
        for entry in entries[:SHOWN]
    )
    header = ("task", "type", "waits since", "why")
    return (Table(title=title, header=header, rows=rows),)


def _asks(entries: Sequence[QueueEntry]) -> Iterator[Ask]:
    """Yield the questions about the oldest, and about the oldest that never runs."""
    for entry in entries[:1]:
        yield Ask(label="The oldest", words=f"task {entry.task.id}")
    for entry in [each for each in entries if each.reason in NEVER][:1]:
        yield Ask(label="What can never run", words=f"task {entry.task.id}")


def _never(data: QueueData) -> int:
    """Return how many wait for a task that failed, was cancelled, or is gone."""
    return sum(data.by_reason.get(each, 0) for each in NEVER)


def _made_later(entries: Iterable[QueueEntry], asked: Asked) -> tuple[str, ...]:
    """Return a note that some were made ahead of the clock, by that of another zone."""
    zone, late = asked.system.vocabulary.tasks_zone, asked.now + AHEAD
    made = [at for entry in entries if (at := entry.task.created_at) > late]
    if not zone or not made:
        return ()
    many, most = some(len(made), "task"), ago(max(made), asked.now)
    return (f"{many} made up to {most}: see {zone}",)


def _overdue(late: Sequence[QueueEntry], asked: Asked) -> tuple[Section, ...]:
    """Return what waits for too long, the longest for each reason, and the limit."""
    rows: dict[str, str] = {}
    for entry in late:  # the oldest first
        waited = spoken(asked.now - entry.task.created_at)
        limit = spoken(normal(entry.reason, asked.thresholds))
        told = f"{entry.task.id[:8]} for {waited}; up to {limit} is normal"
        rows.setdefault(entry.reason or CLAIMABLE, told)
    return (Facts(title="Longer than normal", rows=tuple(rows.items())),) * bool(rows)


def _sections(data: QueueData, words: Vocabulary) -> tuple[Section, ...]:
    if not data.total:
        return ()
    workers = "GPU workers" if words.rents else "workers"
    takers: tuple[tuple[str, Cell], ...] = (
        ("why nobody takes them", data.why),
        (f"{workers} called active", data.workers_active),
        ("of these alive", data.workers_alive),
        ("of these without a task", data.workers_free),
        (f"{workers} starting", data.workers_starting),
        ("tasks in progress", data.in_progress),
    )
    if words.taker != "worker":
        takers = (
            # Where one is up, why it takes nothing is for the findings to say.
            *(takers[:1] if data.why else ()),
            (f"{words.taker}s known", data.workers_active),
            (f"{words.taker}s up", data.workers_alive),
            takers[-1],
        )
    return (
        Facts(
            title="Takers",
            rows=takers,
        ),
        Facts(title="Why they wait", rows=tuple(data.by_reason.items())),
        Facts(title="By type", rows=tuple(data.by_type.items())),
    )
