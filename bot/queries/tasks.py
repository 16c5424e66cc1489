"""`tasks`: recent tasks, their counts, timings and failures."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from bot import command
from bot.command import Asked, Command
from bot.domain import long_tasks
from bot.domain.asks import chosen
from bot.domain.cases import Case, holders
from bot.domain.concerns import concerning
from bot.domain.errors import Absent, Lacks, NotFound, SourceDown
from bot.domain.figures import Spread, counted, some, spread
from bot.domain.file_tally import FileTally, file_tally, lanes_told, work_told
from bot.domain.findings import Status
from bot.domain.long_tasks import LongTask
from bot.domain.pages import Border, Page, paged
from bot.domain.report import Ask, Facts, Report, Section, Table
from bot.domain.spelling import choice, clipped, nearest
from bot.domain.tasks import Task
from bot.domain.times import AHEAD, INSTANT, Window, left_ahead, spoken
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import WorkerId
from bot.phrasing import spelled, turned
from bot.rules.book import judge
from bot.sources import (
    UNREAD,
    Listing,
    TaskSearch,
    counts_instead,
    whole_worker_id,
)

LISTED: Final = 50
MOST_LISTED: Final = 1000
SLOWEST: Final = 10
"""Of those that took long; how long each took JSON tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksQuery:
    """What `tasks` wants to know."""

    status: str | None = command.text("only this status, such as Failed", meta="S")
    type: str | None = command.text("only this type", meta="T")
    worker: str | None = command.id_flag(
        "only those of this worker", read=command.worker_text
    )
    batch: str | None = command.id_flag(
        "only those of this batch, of the agents", read=command.worker_text
    )
    stuck: bool = command.switch("only those in progress for over 5 minutes, as of now")
    limit: int = command.limit(LISTED, most=MOST_LISTED, what="tasks")
    since: datetime | None = command.since()
    until: datetime | None = command.until()
    before: Border | None = command.before()
    after: Border | None = command.after()
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """One task of the list."""

    id: str
    task_type: str
    title: str | None
    status: str
    worker_id: str | None
    attempts: int | None
    created_at: datetime
    started_at: datetime | None
    processed_at: datetime | None
    queue_seconds: float | None
    processing_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A task that failed, and its error text."""

    id: str
    error: str | None
    title: str | None = None
    worker_id: str | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksData:
    """What `tasks` found: the sums are of all that match, *tasks* is one page."""

    total: int
    by_status: Mapping[str, int]
    by_type: Mapping[str, int]
    queue_seconds: Spread
    processing_seconds: Spread
    tasks: tuple[TaskEntry, ...]
    failures: tuple[Failure, ...]
    now: FileTally | None = None
    """What lies in the lanes of a file queue now; None of other systems."""
    long: tuple[LongTask, ...] | None = None
    """What is in progress for over 5 min; None where that was not asked for."""


async def answer(query: TasksQuery, asked: Asked) -> Report:
    """Return all tasks created in the window that match, summed up.

    Where they can't be listed they may still be counted.
    """
    if query.batch is not None and not asked.system.vocabulary.batches:
        hint = "the agents have them: tasks --batch ID --system agents"
        raise Lacks(asked.system.name, "batches of tasks", hint=hint)
    if query.stuck:
        return await _stuck(query, asked)
    try:
        return await _listed(query, asked)
    except Absent as error:
        counts = await counts_instead(error, asked.system.tasks, asked.gaps)
        if query.status is not None:
            known = asked.system.tasks.statuses
            status = choice(query.status, known, what="task status")
            counts = {status: counts.get(status, 0)}
        return _counted(counts, error, asked)


def _counted(counts: Mapping[str, int], error: Absent, asked: Asked) -> Report:
    """Return how many tasks there are, and why they can't be listed."""
    failures = "logs --field event=task.failed"  # systems/octollm.md, 2B, B4
    told = Ask(label="Failures, by lines", words=failures)
    nothing = Spread(median=None, p95=None, max=None)
    parts = ", ".join(f"{n:,} {status}" for status, n in counts.items() if n)
    return Report(
        summary=f"tasks can be counted and not listed: {parts or 'there are none'}",
        sections=(Facts(title="By status, all time", rows=tuple(counts.items())),),
        asks=chosen(
            *((told,) if asked.system.logs.fielded else ()),
            Ask(label="Health", words="health"),
        ),
        data=TasksData(
            total=sum(counts.values()),
            by_status=counts,
            by_type={},
            queue_seconds=nothing,
            processing_seconds=nothing,
            tasks=(),
            failures=(),
        ),
        notes=(f"counts are of all time, whatever else was asked; {error.hint}",),
        reads=asked.reads(),
    )


async def _listed(query: TasksQuery, asked: Asked) -> Report:
    """Return the tasks of the window with their sums."""
    system, gaps = asked.system, asked.gaps
    status = None
    if query.status is not None:
        known = system.tasks.statuses
        status = choice(query.status, known, what="task status")
    worker = None
    if query.worker is not None:
        worker = await whole_worker_id(query.worker, system)
    wanted = TaskSearch(
        window=command.page_window(query, asked),
        status=status,
        task_type=query.type,
        worker_id=worker,
        batch=query.batch,
    )
    zone = system.vocabulary.tasks_zone
    reach = wanted.window.reaching if zone else wanted.window
    found, failed, scene = await asyncio.gather(
        system.tasks.search(replace(wanted, window=reach)),
        gaps.ask(system.tasks.failed(wanted), UNREAD),
        asked.scene(wanted.window),
    )
    found, later = _parted(found, wanted.window, asked.now, zone)
    page = paged(
        found.rows, _border, limit=query.limit, before=query.before, after=query.after
    )
    unknown = ""
    if worker is not None and not found.rows:
        unknown = await _unknown(worker, asked)
    queue = scene.file_queue if scene else None
    data = _data(found, page.rows, failed)
    narrow = query.status or query.type or query.worker
    if queue is not None and not narrow and query.batch is None:
        data = replace(
            data,
            now=file_tally(queue, asked.now),
            long=long_tasks.of_files(queue, asked.now),
        )
    if query.type is not None and not found.rows:
        others = await gaps.beside(
            system.tasks.search(replace(wanted, task_type=None)), None
        )
        if others is not None and others.rows:
            return _of_no_type(query, data, others, wanted.window, asked)
    older: Listing[Task] = Listing(())
    newer: Listing[Task] = Listing(())
    if queue is not None and not found.rows:
        older, newer = await _before_and_after(wanted, asked)
        sure = found.whole and older.whole and newer.whole and not later
        elsewhere = older.rows or newer.rows
        if query.batch is not None and sure and not (narrow or elsewhere):
            msg = f"no task is of batch {clipped(query.batch)}"
            raise NotFound(msg, hint="recent ones: tasks")
    case = Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        tasks=failed.rows[:20],
        scene=scene,
    )
    cut = bool(page.newer or page.older)
    findings = judge(case)
    rest: tuple[str, ...] = ()
    if scene is not None:  # its rules judge all of it
        ids = _concerned(case, found, narrow=bool(narrow))
        findings, rest = concerning(findings, lambda each: each.subject.id in ids)
    return Report(
        summary=_summary(data, found)
        + unknown
        + _told_of(older, newer, asked.now)
        + (f"; {later}" if later and not found.rows else ""),
        status=Status.UNKNOWN if later and not found.rows else Status.OK,
        findings=findings,
        sections=(
            *_sections(data, page, asked.system.vocabulary),
            *_slow(found.rows, asked.system.vocabulary.slow),
        ),
        asks=chosen(
            *_whys(data),
            *_reaching(query, older, wanted.window),
            *((Ask(label="Long ones", words="tasks --stuck"),) if data.long else ()),
            *turned(COMMAND, query, wanted.window, page, _border),
            *_narrower(query, data, failed, system.vocabulary.failures),
            Ask(label="The queue", words="queue"),
        ),
        data=data,
        window=wanted.window,
        truncated=cut or found.cut or failed.cut,
        notes=(
            *_notes(data, found, page, len(failed.rows[:20])),
            *([later] if later and found.rows else []),
            *rest,
        ),
        reads=asked.reads(),
    )


def _parted(
    found: Listing[Task], window: Window, now: datetime, zone: str
) -> tuple[Listing[Task], str]:
    """Return what was made in the window, and that more bears times of later."""
    rows = tuple(each for each in found.rows if each.created_at in window)
    ahead = len(found.rows) - len(rows)
    if not ahead:
        return found, ""
    what = f"{some(ahead, 'task')} made"
    told = left_ahead(what, found.rows[0].created_at, now, zone)
    return replace(found, rows=rows), told


def _started_later(running: Sequence[Task], asked: Asked) -> tuple[str, ...]:
    """Return a note that starts lie ahead, by the clock of another zone."""
    zone, late = asked.system.vocabulary.tasks_zone, asked.now + AHEAD
    starts = [at for each in running if (at := each.started_at) and at > late]
    if not zone or not starts:
        return ()
    what = f"{some(len(starts), 'task')} started"
    return (left_ahead(what, max(starts), asked.now, zone),)


async def _unknown(id: WorkerId, asked: Asked) -> str:
    """Return that nobody can tell whether there is such a worker; empty if there is.

    One without a row of its own is known by the tasks that it held.

    Raises:
        NotFound: there is none, nor a task that it held.
    """
    system, gaps = asked.system, asked.gaps
    try:
        await system.workers.get(id)
    except NotFound:
        held = await gaps.ask(system.tasks.of_worker(id), UNREAD)
        if held.rows:
            return ""
        if held is not UNREAD:
            raise
    except SourceDown as error:
        gaps.note(error)
    else:
        return ""
    return f"; whether there is a worker {id} cannot be told"


COMMAND: Final = Command(
    name="tasks",
    answers="Recent tasks: counts, timings, failures",
    query=TasksQuery,
    handler=answer,
    examples=("tasks --hours 2", "tasks --status Failed --type vace --limit 10"),
    data=TasksData,
    place=12,
)


async def _stuck(query: TasksQuery, asked: Asked) -> Report:
    """Return what is in progress for long as of now, whatever its age."""
    system, window = asked.system, command.page_window(query, asked)
    pairs, scene = await asyncio.gather(system.tasks.running(), asked.scene(window))
    case = Case(
        now=asked.now,
        system=system.name,
        thresholds=asked.thresholds,
        tasks=tuple(task for task, _ in pairs.rows),
        holders=holders(pairs.rows),
        scene=scene,
    )
    if case.file_queue is not None:
        found = long_tasks.of_files(case.file_queue, asked.now)
    else:
        backlog = case.services.backlog if case.services else None
        own = (backlog.processing if backlog else None) or ()
        found = long_tasks.of_rows(
            pairs.rows,
            asked.thresholds.stuck,
            asked.now,
            allowed={each.task_id: each.allowed for each in own},
        )
    ids = {each.id for each in found}
    findings = tuple(each for each in judge(case) if each.subject.id in ids)
    data = _data(Listing(tuple(task for task, _ in pairs.rows)), (), Listing(()))
    return Report(
        summary=long_tasks.summary(found, len(pairs.rows)),
        findings=findings,
        sections=(long_tasks.table(found),) if found else (),
        asks=chosen(
            *(
                Ask(label=f"Task {each.id[:8]}", words=f"task {each.id}")
                for each in found
            ),
            Ask(label="The orphans", words="orphans"),
            Ask(label="All tasks", words="tasks"),
        ),
        data=replace(data, long=found),
        truncated=pairs.cut,
        notes=_started_later([task for task, _ in pairs.rows], asked),
        reads=asked.reads(),
    )


def _concerned(case: Case, found: Listing[Task], *, narrow: bool) -> frozenset[str]:
    """Return what the answer is about: the tasks found, and whole batches of them.

    What is wrong with a batch is left out where only some of its tasks were asked for.
    """
    ids = frozenset(task.id for task in found.rows)
    if narrow or case.file_queue is None:
        return ids
    files = case.file_queue.tasks or ()
    return ids.union(each.batch for each in files if each.id in ids)


def _data(
    found: Listing[Task], listed: tuple[Task, ...], failed: Listing[Task]
) -> TasksData:
    return TasksData(
        total=found.total if found.total is not None else len(found.rows),
        by_status=counted(task.status for task in found.rows),
        by_type=counted(task.task_type for task in found.rows),
        queue_seconds=spread(task.queue_time for task in found.rows),
        processing_seconds=spread(task.processing_time for task in found.rows),
        tasks=tuple(_entry(task) for task in listed),
        failures=tuple(map(_failure, failed.rows)),
    )


def _failure(task: Task) -> Failure:
    return Failure(
        id=task.id,
        error=task.error,
        title=task.title,
        worker_id=task.worker_id,
        failed_at=task.processed_at or task.updated_at,
    )


def _entry(task: Task) -> TaskEntry:
    waited, worked = task.queue_time, task.processing_time
    return TaskEntry(
        id=task.id,
        task_type=task.task_type,
        title=task.title,
        status=task.status,
        worker_id=task.worker_id,
        attempts=task.attempts,
        created_at=task.created_at,
        started_at=task.started_at,
        processed_at=task.processed_at,
        queue_seconds=None if waited is None else waited.total_seconds(),
        processing_seconds=None if worked is None else worked.total_seconds(),
    )


def _summary(data: TasksData, found: Listing[Task]) -> str:
    if not data.total:
        return "no task of the window matches"
    parts = ", ".join(f"{n} {status}" for status, n in data.by_status.items())
    least = "" if found.whole else "at least "
    return f"{least}{some(data.total, 'task')}: {parts}"


def _of_no_type(
    query: TasksQuery,
    data: TasksData,
    others: Listing[Task],
    window: Window,
    asked: Asked,
) -> Report:
    """Return that no task is of that type, and of which types the others are."""
    types = counted(task.task_type for task in others.rows)
    wanted = query.type or ""
    near = nearest(wanted, types)
    meant = "" if near is None else f": did you mean '{clipped(near)}'?"
    matching = " that matches else" if query.status or query.worker else ""
    summary = f"no task of the window{matching} is of type '{clipped(wanted)}'"
    words = spelled(COMMAND, query, type=near, before=None, after=None)
    return Report(
        summary=summary + meant,
        status=Status.UNKNOWN,
        sections=(Facts(title="Types there are", rows=tuple(types.items())),),
        asks=() if near is None else (Ask(label=f"Tasks: {near}", words=words),),
        data=data,
        window=window,
        notes=() if others.whole else ("types are those of the newest tasks",),
        reads=asked.reads(),
    )


async def _before_and_after(
    wanted: TaskSearch, asked: Asked
) -> tuple[Listing[Task], Listing[Task]]:
    """Return those that match and were made before the window, and after it.

    None where they could not be read.
    """
    since = asked.window(command.MOST_HOURS).since
    before = Window(since=since, until=wanted.window.since)
    after = Window(since=wanted.window.until + INSTANT, until=asked.now)

    async def made(window: Window) -> Listing[Task]:
        if window.since > window.until:
            return Listing(())
        search = asked.system.tasks.search(replace(wanted, window=window))
        return await asked.gaps.beside(search, Listing(()))

    older, newer = await asyncio.gather(made(before), made(after))
    return older, newer


def _told_of(older: Listing[Task], newer: Listing[Task], now: datetime) -> str:
    """Return how many match that were made before the window, and after it."""
    parts = ((older, "older", "newest", 0), (newer, "later", "oldest", -1))
    told = ""
    for found, which, next_one, place in parts:
        if found.rows:
            least = "" if found.whole else "at least "
            age = spoken(now - found.rows[place].created_at)
            count = some(len(found.rows), f"{which} one")
            told += f"; {least}{count}, the {next_one} {age} old"
    return told


def _reaching(
    query: TasksQuery, older: Listing[Task], window: Window
) -> tuple[Ask, ...]:
    """Return the same question about a window that holds the older ones as well."""
    if not older.rows:
        return ()
    age = window.until - older.rows[-1].created_at
    hours = min(ceil(age / timedelta(hours=1)), command.MOST_HOURS)
    fixed: dict[str, Any] = {"since": None, "before": None, "after": None}
    words = spelled(COMMAND, query, hours=float(hours), **fixed)
    return (Ask(label="The older ones", words=words),)


def _slow(tasks: Iterable[Task], limit: timedelta | None) -> Iterator[Table]:
    """Yield those that took longer than the limit, the longest first."""
    took = ((span, task) for task in tasks if (span := task.processing_time))
    late = [pair for pair in took if limit is not None and pair[0] > limit]
    late.sort(key=lambda pair: pair[0], reverse=True)
    if late and limit is not None:
        rest = f", the slowest {SLOWEST}" if len(late) > SLOWEST else ""
        yield Table(
            title=f"Took over {spoken(limit)}: {some(len(late), 'task')}{rest}",
            header=("task", "about", "took", "ended"),
            rows=tuple(
                (each.id, each.title, spoken(span), each.processed_at)
                for span, each in late[:SLOWEST]
            ),
        )


def _sections(
    data: TasksData, page: Page[Task], words: Vocabulary
) -> tuple[Section, ...]:
    if not data.total:
        return ()
    rows = tuple(
        (label, *(_span(value) for value in (part.median, part.p95, part.max)))
        for label, part in (
            ("waiting", data.queue_seconds),
            ("working", data.processing_seconds),
        )
    )
    long = (long_tasks.table(data.long),) if data.long else ()
    now = (lanes_told(data.now), *work_told(data.now)) if data.now else ()
    sections: list[Section] = [
        *(*now, *long),
        Facts(title="By status", rows=tuple(data.by_status.items())),
        Facts(title="By type", rows=tuple(data.by_type.items())),
        Table(title="Times", header=("", "median", "95 %", "longest"), rows=rows),
    ]
    if data.failures:
        sections.append(_failures(data.failures, words))
    # Where all are of one type, what each is about tells them apart.
    named = any(each.title for each in data.tasks)
    listed = tuple(
        (
            each.id,
            each.title if named else each.task_type,
            each.status,
            each.created_at,
        )
        for each in data.tasks
    )
    sections.append(
        Table(
            title=f"{_place(page)} of {data.total}",
            header=("task", "about" if named else "type", "status", "created"),
            rows=listed,
        )
    )
    return tuple(sections)


def _failures(failures: Sequence[Failure], words: Vocabulary) -> Table:
    """Return what failed and why; where tasks have titles also what, where and when."""
    title = "Failures"
    if not any(each.title for each in failures):
        rows = tuple((each.id, each.error or "no error text") for each in failures)
        return Table(title=title, header=("task", "error"), rows=rows)
    return Table(
        title=title,
        header=("task", "error", "about", words.taker, "failed"),
        rows=tuple(
            (
                each.id,
                each.error or "no error text",
                each.title,
                each.worker_id or "none",
                each.failed_at,
            )
            for each in failures
        ),
    )


def _span(seconds: float | None) -> str | None:
    return None if seconds is None else spoken(timedelta(seconds=seconds))


def _border(task: Task) -> Border:
    return Border(at=task.created_at, id=task.id)


def _place(page: Page[Task]) -> str:
    if page.newer:
        return f"{len(page.rows)} tasks after the newest {page.newer:,}"
    return f"Newest {len(page.rows)}"


def _whys(data: TasksData) -> tuple[Ask, ...]:
    return tuple(
        Ask(label=f"Why {each.id[:8]} failed", words=f"task {each.id}")
        for each in data.failures[:1]
    )


def _narrower(
    query: TasksQuery, data: TasksData, failed: Listing[Task], every: str
) -> tuple[Ask, ...]:
    """Return the same question for failures alone, or for every status again.

    Where no status stands for *every* failure, it is the most frequent one.
    """
    if query.status is not None:
        wider = spelled(COMMAND, query, status=None, before=None, after=None)
        return (Ask(label="Every status", words=wider),)
    if not data.failures:
        return ()
    [most, *_] = counted(task.status for task in failed.rows)
    words = spelled(COMMAND, query, status=every or most, before=None, after=None)
    return (Ask(label="Failures only", words=words),)


def _notes(
    data: TasksData, found: Listing[Task], page: Page[Task], judged: int
) -> tuple[str, ...]:
    notes = []
    if found.cut:
        notes.append(f"counts are of the newest {len(found.rows)} tasks: more match")
    elif page.newer or page.older:
        left = some(page.newer + page.older, "task")
        notes.append(f"{left} not listed: turn the page, or use --limit")
    if judged < len(data.failures):
        notes.append(
            f"findings speak of the newest {judged} of {len(data.failures)} failures"
        )
    return tuple(notes)
