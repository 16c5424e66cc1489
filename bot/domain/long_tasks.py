"""Tasks that have been in progress for long, and what becomes of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.agent_limits import ELAPSED, LONG_RUNNING, hung, no_progress
from bot.domain.agent_lives import beats, disowns, elder, holder, progress_at, running
from bot.domain.agent_names import SHORT
from bot.domain.agent_retries import why_orphaned
from bot.domain.figures import some
from bot.domain.ladder import incident, next_step
from bot.domain.report import Table
from bot.domain.tasks import Task, TaskId
from bot.domain.times import spoken
from bot.domain.workers import Worker

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue, TaskFile


@dataclass(frozen=True, slots=True, kw_only=True)
class LongTask:
    """A task in progress for over 5 min; None is what nobody tells."""

    id: str
    name: str
    worker_id: str | None
    running_seconds: float
    sign_seconds: float | None
    """Since its last sign: its sidecar, or its worker's heartbeat."""
    limit_seconds: float | None
    """After so long it is called stuck: without a sign, or since it began.

    None of a coordinator, which waits for others as long as they take.
    """
    stuck: bool
    told: str
    """What holds of it, and what happens next."""


def of_files(queue: "FileQueue", now: datetime) -> tuple[LongTask, ...]:
    """Return the file queue's long tasks, the longest first."""
    found = [
        _of_file(queue, each, each.started_at, now)
        for each in running(queue)
        if each.started_at is not None and now - each.started_at > LONG_RUNNING
    ]
    return tuple(sorted(found, key=lambda each: -each.running_seconds))


def _of_file(
    queue: "FileQueue", task: "TaskFile", since: datetime, now: datetime
) -> LongTask:
    old = elder(queue)
    seen = progress_at(task) or since
    limit = ELAPSED if old else no_progress(task.task_class)
    silent = now - (since if old else seen)
    told = _told(queue, task, silent, limit, now)
    return LongTask(
        id=task.id,
        name=task.name or task.task_class,
        worker_id=task.worker,
        running_seconds=(now - since).total_seconds(),
        sign_seconds=(now - seen).total_seconds(),
        limit_seconds=limit.total_seconds(),
        stuck=silent > limit,
        told=told,
    )


def _told(
    queue: "FileQueue",
    task: "TaskFile",
    silent: timedelta,
    limit: timedelta,
    now: datetime,
) -> str:
    """Return what holds of the task: the first of its worker's troubles, or its own."""
    agent = holder(queue, task)
    if agent is None and why_orphaned(queue, None, task, now) is None:
        return "nothing tells whether its worker lives"
    if agent is None or not beats(queue, agent, now):
        brain = queue.brain
        well = brain is not None and beats(queue, brain, now)
        lost = "its worker is lost" if task.worker else "it has no worker"
        return lost + (": the brain queues it again" if well else "")
    if agent.pause is not None:
        return f"waits: {agent.id} pauses for heat"
    known = incident(queue, task)
    if silent > limit or (known is not None and known.aborts):
        return next_step(known, now, past=now - (silent - limit))
    if disowns(agent, task):
        return f"{agent.id} does not run it: the brain queues it again"
    if task.started_at is not None and now - task.started_at > hung(task.task_class):
        return "hangs perhaps: its sidecar proves its agent alone"
    return "within its limit"


def of_rows(
    pairs: Iterable[tuple[Task, Worker | None]],
    usual: timedelta,
    now: datetime,
    *,
    allowed: Mapping[TaskId, timedelta] | None = None,
) -> tuple[LongTask, ...]:
    """Return the long ones of tasks in progress, read with their workers.

    And those past a limit of their own: *allowed* names it where it is not the *usual*
    one.
    """
    found, own = [], allowed or {}
    for task, worker in pairs:
        spent, limit = task.running_time(now), own.get(task.id, usual)
        long = LONG_RUNNING if task.coordinates else min(LONG_RUNNING, limit)
        if spent is None or spent <= long:
            continue
        silence = None if worker is None else worker.silence(now)
        stuck = spent > limit and not task.coordinates
        told = "past its limit" if stuck else "within its limit"
        found.append(
            LongTask(
                id=task.id,
                name=task.task_type,
                worker_id=task.worker_id,
                running_seconds=spent.total_seconds(),
                sign_seconds=None if silence is None else silence.total_seconds(),
                limit_seconds=None if task.coordinates else limit.total_seconds(),
                stuck=stuck,
                told="waits for its tasks" if task.coordinates else told,
            )
        )
    return tuple(sorted(found, key=lambda each: -each.running_seconds))


def summary(found: Sequence[LongTask], running_now: int) -> str:
    """Return how many of the tasks in progress are long, and stuck."""
    every = some(running_now, "task")
    if not found:
        return f"none of {every} in progress runs for over {spoken(LONG_RUNNING)}"
    stuck = sum(each.stuck for each in found)
    verb = "runs" if len(found) == 1 else "run"
    return (
        f"{len(found)} of {every} in progress {verb} {_how_long(found)},"
        f" {stuck} past the limit"
    )


def _how_long(found: Sequence[LongTask]) -> str:
    """Return for how long they run: some may be past a limit that is shorter."""
    over = f"for over {spoken(LONG_RUNNING)}"
    brief = any(each.running_seconds <= LONG_RUNNING.total_seconds() for each in found)
    return f"{over}, or past a limit of their own" if brief else over


def table(found: Sequence[LongTask]) -> Table:
    """Return the long tasks with their signs, limits and next steps."""
    return Table(
        title=f"In progress {_how_long(found)}",
        header=("task", "name", "worker", "for", "last sign", "limit", "then"),
        rows=tuple(
            (
                each.id[:SHORT],
                each.name,
                each.worker_id,
                _span(each.running_seconds),
                _span(each.sign_seconds),
                _span(each.limit_seconds) or "none",
                each.told,
            )
            for each in found
        ),
    )


def _span(seconds: float | None) -> str | None:
    return None if seconds is None else spoken(timedelta(seconds=seconds))
