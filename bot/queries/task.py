"""`task ID`: why did this task fail, where is it now?"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.cascades import cascade, fell_with_its_tasks, root
from bot.domain.cases import Case
from bot.domain.excerpts import cut
from bot.domain.findings import Finding
from bot.domain.logs import LogLine
from bot.domain.report import Ask, Facts, Read, Report, Section, Table, Text, Timeline
from bot.domain.tasks import Task, TaskId, TaskPhase, Wait
from bot.domain.times import Window, ahead, spoken, stamp
from bot.domain.verdicts import (
    KEPT_HOURS,
    gist,
    lost,
    named,
    of_ended,
    of_failed,
    of_running,
    of_waiting,
)
from bot.domain.workers import Worker
from bot.rules.blocked_task import blockade
from bot.rules.book import explained, judge
from bot.rules.orphaned_task import resets, what_next, why_orphaned
from bot.sources import UNREAD, Listing, whole_task_id


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

    task: TaskFacts
    worker_status: str | None
    timeline: tuple[LogLine, ...]
    related: Related
    retry: str | None
    """Whether the system tries it again by itself, and when; None where it need not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The tasks around one task, as far as they could be read."""

    parent: Task | None = None
    children: tuple[Task, ...] = ()
    children_read: bool = False
    """Whether all its children are here; only a coordinator's are looked for."""
    dependencies: tuple[Task, ...] = ()
    dependants: tuple[Task, ...] = ()
    gone: frozenset[TaskId] = frozenset()
    """Dependencies that do not exist any more."""
    cascade: tuple[Task, ...] = ()
    """From the next cause to the root."""

    @property
    def root(self) -> Task | None:
        """The task that failed by itself, if a cascade leads to another one."""
        return root(self.cascade)


async def answer(query: TaskQuery, asked: Asked) -> Report:
    """Return everything about one task, its error first."""
    tasks, gaps, window = asked.system.tasks, asked.gaps, asked.window(query.hours)
    id = await whole_task_id(query.id, asked.system)
    (task, worker), lines, dependants = await asyncio.gather(
        tasks.get(id),
        gaps.ask(asked.system.logs.of_task(id, window), UNREAD),
        gaps.ask(tasks.dependants(id), ()),
    )
    family, queue, generating = await asyncio.gather(
        _family(task, dependants, asked),
        _queue(task, asked),
        _generating(task, asked),
    )
    case = Case(
        now=asked.now,
        thresholds=asked.thresholds,
        tasks=_each_once((*queue.tasks, task, *family.cascade, *family.dependencies)),
        gone=family.gone,
        children={id: family.children} if family.children_read else {},
        waits=queue.waits,
        generating=generating,
        workers=queue.workers if worker is None else (worker,),
        holders=(worker,) if worker else (),
        lines=lines.rows,
        task_logs_read=frozenset({id}) if lines.whole else frozenset(),
        lines_since=window.since,
    )
    findings = tuple(found for found in judge(case) if _about(found, task, worker))
    data = TaskData(
        task=facts(task, asked.now),
        worker_status=worker.status if worker else None,
        timeline=lines.rows,
        related=Related(
            parent=task.parent,
            children=tuple(each.id for each in family.children),
            dependencies=task.dependencies,
            dependants=tuple(each.id for each in family.dependants),
            root=family.root.id if family.root else None,
        ),
        retry=_retry(task, worker, case),
    )
    timeline = Timeline(title="Timeline", lines=lines.rows)
    sections: tuple[Section, ...] = (timeline,)
    if not query.logs_only:
        sections = (*_sections(task, worker, family, data, asked.now), timeline)
    return Report(
        summary=_summary(task, worker, family, case, findings)
        or _untold(task, lines, query, case),
        findings=findings,
        sections=sections,
        asks=_asks(task, family, query, findings),
        data=data,
        window=window,
        truncated=lines.cut,
        notes=_notes(task, lines, query, window),
        reads=(Read(source="supabase", at=asked.now),),
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


async def _family(task: Task, dependants: Sequence[Task], asked: Asked) -> Family:
    """Read the tasks around this one; what can't be read is a gap."""
    tasks, gaps = asked.system.tasks, asked.gaps
    wanted = set(task.dependencies)
    wanted |= {each for each in (task.parent, task.cascaded_from) if each}
    named, children = await asyncio.gather(
        gaps.ask(tasks.named(wanted), None) if wanted else _none(),
        gaps.ask(tasks.children(task), None) if task.coordinates else _none(),
    )
    children_read = task.coordinates and children is not None
    children = children or ()
    read = {each.id for each in named or ()}
    gone = () if named is None else set(task.dependencies) - read
    named = named or ()
    known = {each.id: each for each in (task, *named, *children, *dependants)}
    return Family(
        parent=known.get(task.parent) if task.parent else None,
        children=tuple(children),
        children_read=children_read,
        dependencies=tuple(known[id] for id in task.dependencies if id in known),
        dependants=tuple(dependants),
        gone=frozenset(gone),
        cascade=await _followed(task, known, asked),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queue:
    """What a waiting task waits among; empty for another, None where not read."""

    tasks: tuple[Task, ...] = ()
    waits: Mapping[TaskId, Wait] | None = None
    workers: tuple[Worker, ...] | None = ()


async def _queue(task: Task, asked: Asked) -> _Queue:
    """Read the queue and the workers if the task waits."""
    if task.phase is not TaskPhase.WAITING:
        return _Queue()
    system, gaps = asked.system, asked.gaps
    queue, fleet = await asyncio.gather(
        gaps.ask(system.tasks.queue(asked.now), None),
        gaps.ask(system.workers.fleet(asked.window(1)), None),
    )
    for gap in queue.untold if queue else ():
        gaps.add(gap)
    entries = queue.entries.rows if queue else ()
    return _Queue(
        tasks=tuple(entry.task for entry in entries),
        waits={
            entry.task.id: Wait(
                reason=entry.reason, detail=entry.detail, by_api=entry.by_api
            )
            for entry in entries
            if entry.task.id == task.id
        },
        workers=fleet.rows if fleet and fleet.whole else None,
    )


async def _generating(task: Task, asked: Asked) -> frozenset[str] | None:
    """Return whether results of its type become generations, if it left none."""
    if task.phase is not TaskPhase.DONE or task.generation_created is not False:
        return None
    return await asked.gaps.ask(asked.system.tasks.generating([task.task_type]), None)


async def _none() -> Sequence[Task]:
    return ()


async def _followed(
    task: Task, known: Mapping[TaskId, Task], asked: Asked
) -> tuple[Task, ...]:
    """Return the cascade of the task; what it leads to is read step by step.

    *known* holds what stands around the task itself.
    """
    known = dict(known)
    read = {task.id}
    while True:
        steps = cascade(task, known)
        last = steps[-1] if steps else task
        if last.id in read:
            return steps
        read.add(last.id)
        known |= {each.id: each for each in await _causes(last, asked)}


async def _causes(task: Task, asked: Asked) -> Sequence[Task]:
    """Return the tasks with one of which this one may have fallen."""
    tasks, gaps = asked.system.tasks, asked.gaps
    if task.cascaded_from is not None:
        return await gaps.ask(tasks.named([task.cascaded_from]), ())
    if fell_with_its_tasks(task):
        return await gaps.ask(tasks.children(task), ())
    return ()


def _about(found: Finding, task: Task, worker: Worker | None) -> bool:
    ids = {task.id, worker.id if worker else None}
    return found.subject.id in ids


def _summary(
    task: Task,
    worker: Worker | None,
    family: Family,
    case: Case,
    findings: Sequence[Finding],
) -> str | None:
    """Return the verdict, as the findings tell it; None where nothing tells why."""
    now, name, lines = case.now, named(task), case.lines or ()
    if task.phase is TaskPhase.FAILED:
        causes = explained().get("failed-task", ())
        return of_failed(task, family.root, findings, lines, causes=causes)
    if task.phase is TaskPhase.RUNNING:
        if told := of_running(task, worker, findings, lines, now):
            return told
        span = task.running_time(now)
        since = f" for {spoken(span)}" if span else ""
        state = worker.status if worker else "gone"
        on = f" on {task.worker_id} ({state})" if task.worker_id else ", on no worker"
        return f"{name} has been in progress{since}{on}"
    if task.phase is TaskPhase.WAITING:
        return of_waiting(task, findings, now)
    if task.phase is TaskPhase.DONE:
        took = task.processing_time
        return of_ended(task, findings) or f"{name} is complete" + (
            f", in {spoken(took)}" if took else ""
        )
    if task.phase is TaskPhase.CANCELLED:
        if family.root is not None:
            return f"{name} was cancelled with {family.root.id[:8]}"
        return f"{name} was cancelled" + (f": {gist(task.error)}" if task.error else "")
    return f"{name} has the status '{task.status}', which is not known here"


def _untold(task: Task, lines: Listing[LogLine], query: TaskQuery, case: Case) -> str:
    """Return that nothing tells why, what is missing, and how it can be had."""
    name = named(task)
    if task.phase is TaskPhase.WAITING:
        waits = f"{name} has been waiting for {spoken(case.now - task.created_at)}"
        judged = task.id in (case.waits or {})
        missing = "the workers were" if judged else "the queue was"
        return f"{waits}; cannot tell why, because {missing} not all read: ask again"
    missing = "its lines were not read: ask again"
    if lines.whole:
        more = f": task {task.id[:8]} --hours {KEPT_HOURS}"
        more = more if query.hours < KEPT_HOURS else ""
        missing = f"no line of the last {query.hours:g} h tells of it{more}"
    return (
        f"cannot tell why {name} failed, because its row holds no error text and"
        f" {missing}"
    )


def _retry(task: Task, worker: Worker | None, case: Case) -> str | None:
    """Return whether and when the system tries the task again by itself.

    None where it need not: the task has ended, or somebody works on it.
    """
    if task.phase is TaskPhase.WAITING:
        return _turn(task, case)
    if task.phase is not TaskPhase.RUNNING:
        return None
    alone = worker is None or lost(worker, case.now)
    if not (alone or why_orphaned(task, worker, case.now)):
        return None
    due = resets(task, worker, case.thresholds)
    next = what_next(task, due, case.now)
    return f"no: {next}" if task.spent or not due else next


def _turn(task: Task, case: Case) -> str | None:
    blocked = blockade(task, case)
    if blocked is not None:
        return f"no: it waits for {blocked[0][:8]}, which {blocked[1]}"
    wait = (case.waits or {}).get(task.id)
    if wait is None:
        return None
    if wait.reason is None:
        return "it is queued, and runs once a free worker asks, as each does every 10 s"
    return f"it is queued, and held back: {wait.detail or wait.reason}"


def _sections(
    task: Task,
    worker: Worker | None,
    family: Family,
    data: TaskData,
    now: datetime,
) -> tuple[Section, ...]:
    holder: str | None = task.worker_id
    if worker is not None:
        holder = f"{worker.id} ({worker.status})"
        if silence := worker.silence(now):
            holder += f", last heartbeat {spoken(silence)} ago"
    took = task.processing_time or (
        task.running_time(now) if task.phase is TaskPhase.RUNNING else None
    )
    rows = (
        ("id", task.id),
        ("type", task.task_type),
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
    kin = tuple(
        (label, each.id, each.task_type, each.status, gist(each.error or ""))
        for label, group in (
            ("root cause", family.cascade[-1:]),
            ("parent", (family.parent,) if family.parent else ()),
            ("child", _others(family.children, family.dependants)),
            ("waits for it", family.dependants),
            ("dependency", family.dependencies),
        )
        for each in group
    )
    if kin:
        header = ("relation", "id", "type", "status", "error")
        sections.append(Table(title="Related tasks", header=header, rows=kin))
    if parameters := _parameters(task.parameters):
        sections.append(Facts(title="Parameters", rows=parameters))
    return tuple(sections)


def _last_change(task: Task) -> datetime | None:
    """Return when a task's row was last written, where nothing tells its end.

    Failing a task sets no end (systems/reigh.md, 1.2).
    """
    ended = task.phase in (TaskPhase.FAILED, TaskPhase.CANCELLED)
    return task.updated_at if ended and task.processed_at is None else None


# What helps to see why a generation failed (systems/reigh.md, 1.8).
_TELLING: Final = (
    "model_name",
    "model",
    "segment_index",
    "sequence_index",
    "parsed_resolution_wh",
    "num_frames",
    "steps",
    "seed",
    "enhance_prompt",
    "orchestrator_run_id",
    "run_id",
    "generation_id",
    "shot_id",
    "based_on",
    "additional_loras",
    "prompt",
    "base_prompt",
)
_LONGEST_PARAMETER: Final = 100


def _parameters(parameters: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    found = []
    for name in _TELLING:
        value = parameters.get(name)
        if value in (None, "", [], {}):
            continue
        shown = " ".join(value) if isinstance(value, dict) else str(value)
        found.append((name, cut(shown, _LONGEST_PARAMETER)))
    return tuple(found)


# What a person may answer by having it done again; the gate plans it first.
_REQUEUED: Final = frozenset({"failed-task", "orphaned-task"})


def _asks(
    task: Task, family: Family, query: TaskQuery, findings: Sequence[Finding]
) -> tuple[Ask, ...]:
    asks = []
    if family.root is not None:
        asks.append(Ask(label="Root cause", words=f"task {family.root.id}"))
    if task.worker_id is not None:
        asks.append(Ask(label="Its worker", words=f"worker {task.worker_id}"))
    if task.parent is not None:
        asks.append(Ask(label="Its parent", words=f"task {task.parent}"))
    if task.phase is TaskPhase.WAITING:
        asks.append(Ask(label="The queue", words="queue"))
    ends = {each.rule for each in findings if each.subject.id == task.id}
    if ends & _REQUEUED:
        asks.append(Ask(label="Queue it again …", words=f"task requeue {task.id}"))
    if not query.logs_only:
        words = f"task {task.id} --logs-only --hours {KEPT_HOURS}"
        asks.append(Ask(label=f"Log lines of {KEPT_HOURS} h", words=words))
    asks += [Ask(label="Next", words=each.ask) for each in findings if each.ask][:1]
    known: dict[str, Ask] = {}
    for each in asks:
        known.setdefault(each.words, each)
    return tuple(known.values())


def _notes(
    task: Task, lines: Listing[LogLine], query: TaskQuery, window: Window
) -> tuple[str, ...]:
    notes = []
    if task.created_at < window.since and query.hours < KEPT_HOURS:
        notes.append(
            f"the task was created before the window, at {stamp(task.created_at)}:"
            f" task {task.id[:8]} --hours {KEPT_HOURS} shows what logs are still kept"
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
