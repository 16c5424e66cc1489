"""`orphans`: tasks in progress whose worker is dead or gone."""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain.asks import chosen
from bot.domain.cases import Case, holders
from bot.domain.errors import Absent, SourceDown
from bot.domain.findings import Status
from bot.domain.report import Ask, Report, Section, Table
from bot.domain.requeues import why_kept
from bot.domain.spelling import typed
from bot.domain.times import spoken
from bot.rules.book import book, judge
from bot.sources import System, counts_instead

if TYPE_CHECKING:
    from bot.domain.pods import Pod

ORPHANED: Final = "orphaned-task"
NONE_RUNNING: Final = "no task is in progress, so that none is orphaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansQuery:
    """What `orphans` wants to know."""

    hours: float | None = command.argument(
        "only tasks started in the last so many hours (default: all)",
        meta="N",
        read=command.read_hours,
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A task that nobody works on any more."""

    task_id: str
    worker_id: str | None
    task_type: str
    reason: str
    started_at: datetime | None
    running_seconds: float | None
    attempts: int | None
    next: str
    kept: str | None
    """Why `orphans requeue` would leave it alone; None: it would take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansData:
    """What `orphans` found, the longest running first."""

    orphans: tuple[Orphan, ...]
    in_progress: int


async def answer(query: OrphansQuery, asked: Asked) -> Report:
    """Return every task in progress whose worker can no longer finish it.

    Where tasks can't be listed, it is told at least that none is in progress.
    """
    try:
        return await _listed(query, asked)
    except Absent as error:
        counts = await counts_instead(error, asked.system.tasks, asked.gaps)
        running = counts.get(asked.system.tasks.running_status, 0)
        return _untold(running, asked, note=error.hint)


def _untold(running: int, asked: Asked, *, note: str) -> Report:
    """Return how many are in progress, where nothing tells of any who works on it."""
    are = "task is" if running == 1 else "tasks are"
    long = Ask(label="Those for long", words="tasks --stuck")
    return Report(
        summary=f"{running:,} {are} in progress; whether one is orphaned can't be told"
        if running
        else NONE_RUNNING,
        status=Status.UNKNOWN if running else Status.OK,
        asks=chosen(
            *((long,) if running and asked.system.tasks.listed else ()),
            Ask(label="The queue", words="queue"),
        ),
        data=OrphansData(orphans=(), in_progress=running),
        notes=(note,) if note else (),
        reads=asked.reads(),
    )


async def _listed(query: OrphansQuery, asked: Asked) -> Report:
    """Return the tasks in progress that nobody works on, each with its reason."""
    system, gaps = asked.system, asked.gaps
    window = None if query.hours is None else asked.window(query.hours)
    running, (pods, unread), scene = await asyncio.gather(
        system.tasks.running(),
        _pods(system),
        asked.scene(window or asked.window(1)),
    )
    pairs = [
        (task, worker)
        for task, worker in running.rows
        if window is None or (task.started_at or task.created_at) >= window.since
    ]
    if ORPHANED not in book(system.name).rules:
        note = f"{system.name} does not tell whether who took a task still works on it"
        untold = _untold(len(pairs), asked, note=note if pairs else "")
        return replace(untold, window=window, truncated=running.cut)
    case = Case(
        now=asked.now,
        system=system.name,
        thresholds=asked.thresholds,
        tasks=tuple(task for task, _ in pairs),
        holders=holders(pairs),
        pods=None if pods is None else (*pods,),
        scene=scene,
    )
    findings = judge(case)
    told = {each.subject.id: each for each in findings if each.rule == ORPHANED}
    orphans = []
    for task, worker in pairs:
        found = told.get(task.id)
        if found is None:
            continue
        _, _, reason = found.title.partition(": ")
        next = book(system.name).retry(task, worker, case) or found.remedy
        span = task.running_time(asked.now)
        orphans.append(
            Orphan(
                task_id=task.id,
                worker_id=task.worker_id,
                task_type=task.task_type,
                reason=reason,
                started_at=task.started_at,
                running_seconds=None if span is None else span.total_seconds(),
                attempts=task.attempts,
                next=next.removeprefix("no: "),
                kept=why_kept(task, worker, pods)
                if system.changes
                else f"{system.name} is only read",
            )
        )
    if unread is not None:
        # Only of an orphan it matters whether its worker's pod still runs.
        (gaps.note if orphans else gaps.calm)(unread)
    orphans.sort(key=lambda each: -(each.running_seconds or 0.0))
    lost = {each.task_id for each in orphans}
    data = OrphansData(orphans=tuple(orphans), in_progress=len(pairs))
    return Report(
        summary=_summary(data, sure=running.whole),
        findings=tuple(each for each in findings if each.subject.id in lost),
        sections=_sections(data, changes=system.changes),
        asks=_asks(data, system.tasks.running_status),
        data=data,
        window=window,
        truncated=running.cut,
        reads=asked.reads(pods=pods is not None),
    )


async def _pods(
    system: System,
) -> "tuple[Sequence[Pod] | None, SourceDown | None]":
    """Return all pods; None, and why, where they can't be read."""
    try:
        return await system.pods.all(), None
    except SourceDown as error:
        return None, error


COMMAND: Final = Command(
    name="orphans",
    answers="Tasks in progress whose worker is dead or gone",
    query=OrphansQuery,
    handler=answer,
    examples=("orphans",),
    data=OrphansData,
    place=18,
)


def _asks(data: OrphansData, running_status: str) -> tuple[Ask, ...]:
    queue = Ask(label="The queue", words="queue")
    if not data.orphans:
        running = f"tasks --status {shlex.quote(running_status)}"
        return chosen(Ask(label="Tasks in progress", words=running), queue)
    first = data.orphans[0]
    asks = []
    if ready := _ready(data):
        label = f"Queue {ready:,} again …"
        asks.append(Ask(label=label, words="orphans requeue"))
    asks.append(Ask(label=f"Task {first.task_id[:8]}", words=f"task {first.task_id}"))
    if first.worker_id is not None:
        asks.append(Ask(label="Its worker", words=f"worker {typed(first.worker_id)}"))
    return chosen(*asks, queue)


def _summary(data: OrphansData, *, sure: bool) -> str:
    """Return how many are orphaned; *sure*: of each in progress all was read."""
    if not data.in_progress:
        return NONE_RUNNING
    known = "" if sure else "known to be "
    if not data.orphans and data.in_progress == 1:
        return f"the one task in progress is not {known}orphaned"
    if not data.orphans:
        return f"none of the {data.in_progress} tasks in progress is {known}orphaned"
    every, ready = len(data.orphans), _ready(data)
    verb = "is" if every == 1 else "are"
    said = f"{every:,} of {data.in_progress:,} tasks in progress {verb} orphaned"
    if ready == every:
        return f"{said}; all of them can be queued again now"
    kept = [each for each in data.orphans if each.kept is not None]
    # Of several reasons one is told as that of the first, which stands on top.
    several = len({each.kept for each in kept}) > 1
    left = (
        f"{kept[0].task_id[:8]}, for one: {kept[0].kept}" if several else kept[0].kept
    )
    rest = f"{every - ready:,} cannot" if ready else "none can"
    some = (
        f"{ready:,} can be queued again now, {rest}"
        if ready
        else f"{rest} be queued again now"
    )
    return f"{said}; {some}{'; ' if several else ': '}{left}"


def _ready(data: OrphansData) -> int:
    """Return how many of them may go back into the queue now."""
    return sum(each.kept is None for each in data.orphans)


def _sections(data: OrphansData, *, changes: bool) -> tuple[Section, ...]:
    if not data.orphans:
        return ()
    rows = tuple(
        (
            each.task_id,
            each.worker_id or "none",
            each.reason,
            spoken(timedelta(seconds=each.running_seconds))
            if each.running_seconds is not None
            else None,
            *((each.kept or "yes",) if changes else ()),
            each.next,  # Slack's width may leave the last column out
        )
        for each in data.orphans
    )
    header = (
        "task",
        "worker",
        "why",
        "running for",
        *(("can be queued now",) if changes else ()),
        "what happens next",
    )
    return (Table(title="Orphans", header=header, rows=rows),)
