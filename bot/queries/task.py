"""`task ID`: why did this task fail, where is it now?"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.agent_names import SHORT, same_task
from bot.domain.asks import chosen, tracing, whys
from bot.domain.cascades import blockade
from bot.domain.cases import Case
from bot.domain.cures import Standing
from bot.domain.errors import Absent, NotFound, OutOfTime, SourceDown
from bot.domain.failures import fails_again
from bot.domain.figures import some
from bot.domain.findings import Finding, Status, status_of
from bot.domain.folds import folded, left_out
from bot.domain.logs import Level, LogLine
from bot.domain.marks import CLAIMED
from bot.domain.parameters import telling
from bot.domain.pods import Pod
from bot.domain.report import (
    Ask,
    Facts,
    Outcome,
    Report,
    Section,
    Table,
    Text,
    Timeline,
)
from bot.domain.requeues import by_hand, spent, why_kept
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import HOUR, Window, ago, ahead, spoken, stamp
from bot.domain.verdicts import KEPT_HOURS, gist, of_task, of_unmet, untold
from bot.domain.vocabulary import Vocabulary
from bot.domain.waits import NEVER
from bot.domain.workers import Worker
from bot.rules.book import book, causes_of, judge
from bot.rules.reigh.orphaned_task import why_orphaned
from bot.sources import (
    UNREAD,
    Family,
    Listing,
    LogSearch,
    beside_waiting,
    family,
    meanwhile,
    pod_of_dead,
    whole_task_id,
)

CLEANUPS: Final = 1_000  # at most, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """What `task` wants to know."""

    id: str = command.identifier(
        "the task, or the first characters of its id", listed_by="tasks --hours 2"
    )
    logs_only: bool = command.switch("only its log lines, all of them")
    hours: float = command.hours()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """The task's row. Times are UTC; None is not known."""

    id: str
    task_type: str
    status: str
    worker_id: str | None
    attempts: int | None
    created_at: datetime
    started_at: datetime | None
    processed_at: datetime | None
    queue_seconds: float | None
    processing_seconds: float | None
    running_seconds: float | None
    error: str | None
    output: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Ids of the tasks around it; *root* is the one that failed by itself."""

    parent: str | None
    children: tuple[str, ...]
    dependencies: tuple[str, ...]
    dependants: tuple[str, ...]
    root: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskData:
    """What `task` found."""

    task: TaskFacts | None
    """None where its lines alone tell of it."""
    worker_status: str | None
    timeline: tuple[LogLine, ...]
    related: Related
    retry: str | None
    """Whether the system tries it again by itself, and when; None where it need not."""


async def answer(query: TaskQuery, asked: Asked) -> Report:
    """Return everything about one task, its error first.

    Services may have taken in a task that they never stored, or can't be asked about
    it: then their lines tell.
    """
    try:
        return await _investigate(query, asked)
    except (NotFound, SourceDown) as error:
        report = await _unstored(query, asked, error)
        if report is None:
            raise
        return report


async def _unstored(
    query: TaskQuery, asked: Asked, error: NotFound | SourceDown
) -> Report | None:
    """Return what lines tell of a task that no row tells of; None where none does."""
    window = asked.window(query.hours)
    if asked.system.vocabulary.batches:  # its tasks are files
        gone = isinstance(error, NotFound)
        return await _removed(query, asked, window) if gone else None
    scene = await asked.scene(window)
    if scene is None or scene.services is None:
        return None
    from bot.domain.service_telling import unstored

    lost = unstored(scene.services, query.id.lower())
    id = await _named(query, asked, window) if lost is None else lost.task_id
    logs = asked.system.logs
    lines = await asked.gaps.beside(logs.of_task(id, window), UNREAD)
    if lost is None and not lines.rows:
        return None
    outcome, said = Outcome.NOT_FOUND, error.message
    if isinstance(error, SourceDown):
        asked.gaps.note(error)
        outcome, said = Outcome.SOURCE_DOWN, f"{error.source} {error.message}"
    # Those are all that was asked for.
    only_lines = query.logs_only and bool(lines.rows)
    case = Case(now=asked.now, system=asked.system.name, lines=lines.rows, scene=scene)
    findings = tuple(found for found in judge(case) if found.subject.id == id)
    number = some(len(lines.rows), "line")
    bear = "bears" if len(lines.rows) == 1 else "bear"
    told = f"{number} of the window {bear} its id"
    summary = f"{told}; {said}" if only_lines else f"{said}; {told}"
    trace = tracing(lost.request_id if lost else None)
    return replace(
        _by_lines(id, lines.rows, query, asked, window),
        summary=findings[0].title if findings else summary,
        status=status_of(findings) if findings else Status.UNKNOWN,
        findings=findings,
        asks=chosen(
            *([Ask(label="Its request", words=trace)] if trace else []),
            *_pages(id, query),
        ),
        truncated=lines.cut,
        outcome=Outcome.ANSWERED if only_lines else outcome,
    )


async def _removed(query: TaskQuery, asked: Asked, window: Window) -> Report | None:
    """Return what is known of a task that has no file; None where nothing is.

    Raises:
        NotFound: nothing in the window, and lines of before it tell of the task.
    """
    known = await asked.system.tasks.find(query.id.lower())
    if len(known) != 1:  # nothing else is asked for an id of nobody
        return None
    [id] = known
    scene = await asked.scene(window)
    logs, gaps = asked.system.logs, asked.gaps
    from bot.domain.file_facts import CLEANUP, becoming, left, removal

    cleanups = LogSearch(window=window, source=CLEANUP)
    lines, cleaned = await asyncio.gather(
        gaps.ask(logs.of_task(id, window), UNREAD),
        gaps.beside(logs.search(cleanups, limit=CLEANUPS), UNREAD),
    )
    case = Case(now=asked.now, system=asked.system.name, lines=lines.rows, scene=scene)
    merged = _merged(id, lines.rows, case, window)
    if not merged:
        await _older(id, asked)
        return None
    removed = removal(lines.rows, cleaned.rows)
    if removed is not None:
        merged = tuple(sorted((*merged, removed), key=lambda line: line.order))
    findings = tuple(each for each in judge(case) if same_task(id, each.subject.id))
    report = _by_lines(id, merged, query, asked, window)
    facts = Facts(title="What is left of it", rows=left(merged, removed))
    return replace(
        report,
        summary=f"no file of task {id[:SHORT]} is left: "
        + (findings[0].title if findings else becoming(merged, removed)),
        status=status_of(findings),
        findings=findings,
        sections=(*((facts,) * (not query.logs_only)), *report.sections),
        asks=chosen(*_pages(id, query), *whys(findings)),
        truncated=lines.cut,
        settled=True,
    )


async def _older(id: TaskId, asked: Asked) -> None:
    """Raise `NotFound` with the hours that reach back to its lines, if any does."""
    search = asked.system.logs.of_task(id, asked.window(command.MOST_HOURS))
    every = await asked.gaps.beside(search, UNREAD)
    if not every.rows:
        return
    first = every.rows[0].at
    hours = min(ceil((asked.now - first) / HOUR) + 1, int(command.MOST_HOURS))
    msg = f"no file of task {id[:SHORT]} is left, and no line of the window tells of it"
    hint = f"lines of {stamp(first)} and later do: task {id} --hours {hours}"
    raise NotFound(msg, hint=hint)


def _by_lines(
    id: TaskId,
    lines: tuple[LogLine, ...],
    query: TaskQuery,
    asked: Asked,
    window: Window,
) -> Report:
    """Return the answer about a task of which nothing but lines tells."""
    routine = asked.system.vocabulary.routine
    told = lines if query.logs_only else folded(lines, routine)
    return Report(
        summary="",
        sections=(Timeline(title="Timeline", lines=told),),
        data=TaskData(
            task=None,
            worker_status=None,
            timeline=lines,
            related=Related(
                parent=None, children=(), dependencies=(), dependants=(), root=None
            ),
            retry=None,
        ),
        window=window,
        notes=left_out(lines, told),
        reads=asked.reads(),
        arguments={"id": id, "logs_only": query.logs_only, "hours": query.hours},
    )


def _pages(id: TaskId, query: TaskQuery) -> tuple[Ask, ...]:
    hours = f" --hours {query.hours:g}" if query.hours != command.DEFAULT_HOURS else ""
    return (
        Ask(label="Lines, page by page", words=f"logs --task {id}{hours}"),
        Ask(label="Health", words="health"),
    )


async def _named(query: TaskQuery, asked: Asked, window: Window) -> TaskId:
    """Return the task's whole id, as far as it can be told."""
    try:
        return await whole_task_id(query.id, asked.system, within=window)
    except (NotFound, SourceDown):
        return TaskId(query.id.lower())


async def _with_worker(id: TaskId, asked: Asked) -> tuple[Task, Worker | None, bool]:
    """Return the task, its worker, and whether that could be read.

    Both are read as one; where that fails, the task may still be read alone.
    """
    try:
        return (*await asked.system.tasks.get(id), True)
    except (Absent, OutOfTime):
        raise
    except SourceDown as error:
        alone: Sequence[Task] = ()
        with suppress(SourceDown):
            alone = await asked.system.tasks.named([id])
        if not alone:
            raise
        asked.gaps.note(error)
        return alone[0], None, False


async def _investigate(query: TaskQuery, asked: Asked) -> Report:
    tasks, gaps, window = asked.system.tasks, asked.gaps, asked.window(query.hours)
    id = await whole_task_id(query.id, asked.system, within=window)
    (task, worker, met), lines, dependants, scene = await asyncio.gather(
        _with_worker(id, asked),
        gaps.ask(asked.system.logs.of_task(id, window), UNREAD),
        gaps.ask(tasks.dependants(id), ()),
        asked.scene(window),
    )
    kin, around, generating, pods, requeued, (beside, since) = await asyncio.gather(
        family(task, dependants, tasks, gaps),
        beside_waiting(task, asked.system, gaps, asked.now),
        _generating(task, asked),
        _pods(task, worker, asked),
        _requeued(task, lines.rows, asked, window),
        meanwhile(
            task,
            worker,
            told=lines.rows,
            system=asked.system,
            gaps=gaps,
            window=window,
        ),
    )
    case = Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        tasks=_each_once(
            (*around.tasks, task, *kin.cascade, *kin.upstream, *kin.dependencies)
        ),
        gone=kin.gone,
        children={id: kin.children} if kin.children_read else {},
        waits=around.waits,
        generating=generating,
        workers=((worker,) if worker else around.workers) if met else None,
        holders=((worker,) if worker else ()) if met else None,
        pods=pods,
        requeued=requeued,
        lines=_in_order(lines.rows, beside.rows),
        logs_read=frozenset({worker.id}) if worker and beside.whole else frozenset(),
        task_logs_read=frozenset({id}) if lines.whole else frozenset(),
        lines_since=since,
        scene=scene,
    )
    findings = _about(judge(case), task, case)
    words = asked.system.vocabulary
    # What its worker wrote of others has told whether that is alive, and no more.
    rest = (line for line in beside.rows if line.task_id is None)
    case = replace(case, lines=_in_order(lines.rows, rest))
    merged = lines.rows
    if not query.logs_only:
        merged = _merged(id, case.lines or (), case, window)
    # Whoever may not change a system is offered no way to.
    due = _due(task, worker, case) if asked.system.changes and met else None
    data = TaskData(
        task=facts(task, asked.now),
        worker_status=worker.status if worker else None,
        timeline=merged,
        related=Related(
            parent=task.parent,
            children=tuple(each.id for each in kin.children),
            dependencies=task.dependencies,
            dependants=tuple(each.id for each in kin.dependants),
            root=kin.root.id if kin.root else None,
        ),
        retry=_retry(task, worker, case, words) if met and not case.services else None,
    )
    causes = book(case.system).explained.get("failed-task", ())
    told = lines.rows if query.logs_only else folded(merged, words.routine)
    timeline = Timeline(title="Timeline", lines=told, writers=_several(told))
    reach = KEPT_HOURS
    if not words.expires:
        reach = min(
            max(KEPT_HOURS, ceil((asked.now - task.created_at) / HOUR)),
            int(command.MOST_HOURS),
        )
    sections: tuple[Section, ...] = (timeline,)
    if not query.logs_only:
        sections = (
            *_sections(task, worker, kin, data, asked.now),
            *_in_folder(task, case),
            *_routed(task, case),
            timeline,
        )
    return Report(
        summary=(of_unmet(task, asked.now) if not met else None)
        or of_task(
            task, findings, worker=worker, root=kin.root, case=case, causes=causes
        )
        or untold(task, case, hours=query.hours),
        findings=findings,
        sections=sections,
        asks=chosen(
            *_asks(task, kin, query, case, due, reach),
            *whys(findings),
        ),
        data=data,
        window=window,
        truncated=lines.cut or beside.cut,
        notes=(
            *_notes(task, lines, query, window, reach),
            *left_out(merged, told),
        ),
        reads=asked.reads(pods=pods is not None),
        settled=task.phase in (TaskPhase.DONE, TaskPhase.FAILED, TaskPhase.CANCELLED),
        arguments={"id": id, "logs_only": query.logs_only, "hours": query.hours},
    )


COMMAND: Final = Command(
    name="task",
    answers="Why did this task fail? Where is it now?",
    query=TaskQuery,
    handler=answer,
    examples=("task 41345358", "task 41345358 --logs-only --hours 72"),
    data=TaskData,
    place=10,
)


def _several(lines: Iterable[LogLine]) -> bool:
    """Tell whether workers of several names wrote of it."""
    return len({line.source_id for line in lines if line.source == "worker"}) > 1


def facts(task: Task, now: datetime) -> TaskFacts:
    """Return the row as JSON shows it."""
    running = task.running_time(now) if task.phase is TaskPhase.RUNNING else None
    return TaskFacts(
        id=task.id,
        task_type=task.task_type,
        status=task.status,
        worker_id=task.worker_id,
        attempts=task.attempts,
        created_at=task.created_at,
        started_at=task.started_at,
        processed_at=task.processed_at,
        queue_seconds=_seconds(task.queue_time),
        processing_seconds=_seconds(task.processing_time),
        running_seconds=_seconds(running),
        error=task.error,
        output=task.output,
        note=task.note,
    )


async def _generating(task: Task, asked: Asked) -> frozenset[str] | None:
    """Return whether results of its type become generations, if it left none."""
    if task.phase is not TaskPhase.DONE or task.generation_created is not False:
        return None
    return await asked.gaps.ask(asked.system.tasks.generating([task.task_type]), None)


async def _pods(
    task: Task, worker: Worker | None, asked: Asked
) -> tuple[Pod, ...] | None:
    """Return the pod of a dead worker that holds the task in progress."""
    if task.phase is not TaskPhase.RUNNING:
        return None
    return await pod_of_dead(worker, asked.system, asked.gaps, asked.now)


async def _requeued(
    task: Task, lines: Sequence[LogLine], asked: Asked, window: Window
) -> Mapping[TaskId, Sequence[datetime]] | None:
    """Return when people had the task queued again, if it was claimed repeatedly."""
    claimed = [line for line in lines if CLAIMED in line.message]
    if task.phase not in (TaskPhase.WAITING, TaskPhase.RUNNING) or len(claimed) <= 1:
        return None
    records = await asked.gaps.beside(asked.records(window), None)
    return None if records is None else by_hand(records)


def _due(task: Task, worker: Worker | None, case: Case) -> Ask | None:
    """Return what has the task done again, as far as that may be; the gate plans it."""
    again = Ask(label="Queue it again …", words=f"task requeue {task.id}")
    if task.phase is TaskPhase.FAILED:
        return None if spent(task) else again
    if why_orphaned(task, worker, case.now) is None:
        return None
    if why_kept(task, worker, case.pods) is None:
        return again
    if spent(task) or worker is None or case.standing(worker) is not Standing.THERE:
        return None
    return Ask(label="End its worker …", words=case.cure(worker).words)


_ASIDE: Final = frozenset({"uneven-work"})  # of all that a worker did, not of one task


def _about(findings: Sequence[Finding], task: Task, case: Case) -> tuple[Finding, ...]:
    """Return the findings about the task, the worker that holds it and its batch.

    And those about others that explain one of these, such as a brain that is down.
    """
    file = case.file_queue.file(task.id) if case.file_queue else None
    ids = {task.id, *(each.id for each in case.holders or ())}
    ids |= {file.batch} if file and file.batch else set()
    causes = causes_of(findings, case)
    near = [
        each for each in findings if each.subject.id in ids and each.rule not in _ASIDE
    ]
    above = {id(cause) for each in near for cause in causes(each)}
    known = above | {id(each) for each in near}
    return tuple(each for each in findings if id(each) in known)


def _in_folder(task: Task, case: Case) -> tuple[Section, ...]:
    """Return what lies beside the task's file, where its system keeps files."""
    if (queue := case.file_queue) is None:
        return ()
    from bot.domain.file_facts import beside

    rows = beside(queue, task.id, case.now)
    return (Facts(title="In its folder", rows=rows),) if rows else ()


def _in_order(
    lines: tuple[LogLine, ...], beside: Iterable[LogLine]
) -> tuple[LogLine, ...]:
    """Return all of the lines, each once."""
    every = {line.order: line for line in (*beside, *lines)}
    if len(every) == len(lines):
        return lines
    return tuple(every[order] for order in sorted(every))


def _merged(
    id: TaskId, lines: tuple[LogLine, ...], case: Case, window: Window
) -> tuple[LogLine, ...]:
    """Return its lines, and what lies beside its file where files are, by time."""
    if (queue := case.file_queue) is None:
        return lines
    from bot.domain.file_facts import moments

    both = (*lines, *moments(queue, id, window))
    return tuple(sorted(both, key=lambda line: line.order))


def _routed(task: Task, case: Case) -> Iterable[Section]:
    """Return which arms could take the task, where its system has arms."""
    if case.services is None:
        return ()
    from bot.domain.service_telling import routing

    return routing(case.services, task, case.lines or ())


def _retry(
    task: Task, worker: Worker | None, case: Case, words: Vocabulary
) -> str | None:
    """Return whether and when the system tries the task again by itself.

    None where it need not: the task is done, or somebody works on it.
    """
    if task.phase is TaskPhase.WAITING:
        return _turn(task, case, words)
    return book(case.system).retry(task, worker, case)


def _tried_again(task: Task, case: Case) -> bool:
    """Tell whether it failed and is to be tried again, where files tell that."""
    if case.file_queue is None or task.phase is not TaskPhase.FAILED:
        return False
    told = book(case.system).retry(task, None, case)
    return told is not None and not told.startswith("no: ")


def _turn(task: Task, case: Case, words: Vocabulary) -> str | None:
    known = {
        id: it for id, it in case.tasks_by_id.items() if not _tried_again(it, case)
    }
    blocked = blockade(task, known, case.gone)
    if blocked is not None:
        return f"no: {blocked.told}"
    wait = (case.waits or {}).get(task.id)
    if wait is None:
        return None
    if wait.reason is None:
        return f"it is queued, and runs once {words.turn}"
    if wait.reason in NEVER:
        return f"no: {wait.detail or wait.reason}"
    return f"it is queued, and held back: {wait.detail or wait.reason}"


def _sections(
    task: Task,
    worker: Worker | None,
    kin: Family,
    data: TaskData,
    now: datetime,
) -> tuple[Section, ...]:
    holder: str | None = task.worker_id
    if worker is not None:
        holder = f"{worker.id} ({worker.status})"
        beat = worker.last_heartbeat_at
        if beat is not None and beat != now:
            holder += f", last heartbeat {ago(beat, now)}"
    took = task.processing_time or (
        task.running_time(now) if task.phase is TaskPhase.RUNNING else None
    )
    rows = (
        ("id", task.id),
        ("type", task.task_type),
        ("about", task.title),
        ("status", task.status),
        ("worker", holder or "none"),
        ("attempts", task.attempts),
        ("will be retried", data.retry),
        ("created", task.created_at),
        ("started", task.started_at or "never"),
        ("ended", task.processed_at),
        ("row last changed", _last_change(task)),
        ("waited", spoken(task.queue_time) if task.queue_time is not None else None),
        ("worked", spoken(took) if took is not None else None),
        ("output", task.output),
        ("note", task.note),
    )
    sections: list[Section] = []
    if task.error:
        sections.append(Text(title="Error", text=task.error, quoted=True))
    shown = tuple((label, value) for label, value in rows if value is not None)
    sections.append(Facts(title="Task", rows=shown))
    sections += _related(kin)
    if parameters := telling(task.parameters):
        sections.append(Facts(title="Parameters", rows=parameters))
    return tuple(sections)


def _related(kin: Family) -> Iterator[Section]:
    """Yield the tasks around it, each once with all that it is to it; none without."""
    tasks: dict[TaskId, Task] = {}
    relations: dict[TaskId, list[str]] = {}
    for relation, group in (
        ("root cause", kin.cascade[-1:]),
        ("parent", (kin.parent,) if kin.parent else ()),
        ("child", _others(kin.children, kin.dependants)),
        ("waits for it", kin.dependants),
        ("dependency", kin.dependencies),
    ):
        for each in group:
            tasks[each.id] = each
            relations.setdefault(each.id, []).append(relation)
    rows = tuple(
        (
            ", ".join(relations[id]),
            id,
            each.task_type,
            each.status,
            gist(each.error or ""),
        )
        for id, each in tasks.items()
    )
    if rows:
        header = ("relation", "id", "type", "status", "error")
        yield Table(title="Related tasks", header=header, rows=rows)


def _last_change(task: Task) -> datetime | None:
    """Return when a task's row was last written, where nothing tells its end.

    Failing a task sets no end (systems/reigh.md, 1.2).
    """
    ended = task.phase in (TaskPhase.FAILED, TaskPhase.CANCELLED)
    return task.updated_at if ended and task.processed_at is None else None


def _asks(  # noqa: PLR0913, PLR0917  each has its name here
    task: Task,
    kin: Family,
    query: TaskQuery,
    case: Case,
    due: Ask | None,
    reach: int,
) -> tuple[Ask, ...]:
    asks = []
    if kin.root is not None:
        asks.append(Ask(label="Root cause", words=f"task {kin.root.id}"))
    in_vain = task.phase is TaskPhase.FAILED and fails_again(task.error)
    if due is not None and not in_vain:
        asks.append(due)
    if query.logs_only:
        asks.append(Ask(label="The whole story", words=f"task {task.id}"))
    if task.worker_id is not None:
        asks.append(Ask(label="Its worker", words=f"worker {typed(task.worker_id)}"))
    if due is not None and in_vain:  # once its cause is mended, and not before
        asks.append(due)
    alive = task.phase in (TaskPhase.RUNNING, TaskPhase.WAITING)
    if alive and not query.logs_only:
        asks.append(Ask(label="Follow it", words=f"watch task {task.id}"))
    # Where services can't count what waits, `queue` can't either.
    counted = case.services is None or case.services.backlog is not None
    if task.phase is TaskPhase.WAITING and counted:
        asks.append(Ask(label="The queue", words="queue"))
    pages = f"logs --task {task.id} --hours {reach}"
    if any(line.level == Level.ERROR for line in case.lines or ()):
        asks.append(Ask(label="Errors only", words=f"{pages} --level ERROR"))
    asks.append(Ask(label="Lines, page by page", words=pages))
    if task.parent is not None:
        asks.append(Ask(label="Its parent", words=f"task {task.parent}"))
    return tuple(asks)


def _notes(
    task: Task, lines: Listing[LogLine], query: TaskQuery, window: Window, reach: int
) -> tuple[str, ...]:
    """Return what to mind; *reach* is how far back its lines may be looked for."""
    notes = []
    if task.created_at < window.since and query.hours < reach:
        notes.append(
            f"the task was created before the window, at {stamp(task.created_at)}:"
            f" task {task.id[:8]} --hours {reach} shows what logs are still kept"
        )
    newest = lines.rows[-1].at if lines.rows else None
    notes += ahead("its newest line", newest, window.until)
    if not lines.rows and lines.whole:
        notes.append(f"no log line of the last {query.hours:g} h carries its id")
    if lines.cut:
        notes.append("older log lines were cut at the stated bound")
    return tuple(notes)


def _others(tasks: Iterable[Task], known: Iterable[Task]) -> tuple[Task, ...]:
    ids = {task.id for task in known}
    return tuple(task for task in tasks if task.id not in ids)


def _each_once(tasks: Iterable[Task]) -> tuple[Task, ...]:
    return tuple({task.id: task for task in tasks}.values())


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
