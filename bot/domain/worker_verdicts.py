"""One sentence for an answer about a worker: what became of it, how sure that is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.domain.deaths import lost
from bot.domain.excerpts import cut
from bot.domain.findings import Finding, Severity
from bot.domain.logs import LogLine
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import ago, old
from bot.domain.verdicts import BARE, KEPT_HOURS, step, sureness
from bot.domain.workers import Pulse, Worker, WorkerPhase

_LONGEST: Final = 200


def of_worker(  # noqa: PLR0913  each has its name at the call
    worker: Worker,
    findings: Sequence[Finding],
    *,
    tasks: Sequence[Task],
    lines: Sequence[LogLine] | None,
    now: datetime,
    otherwise: str,
    hours: float,
) -> str:
    """Return what became of a worker, what is left with it, and what would tell more.

    *otherwise* is said where no finding is about itself; *lines* are its own, None
    where they could not be read, and *hours* how far back they were asked for.
    """
    found = [each for each in findings if each.severity is not Severity.INFO]
    first = next((f for f in found if f.subject.id == worker.id), None)
    if first is None:
        return otherwise + "".join(f"; {f.title}{sureness(f)}" for f in found[:1])
    dead = lost(worker, now)
    where = step(lines or ()) if first.rule in BARE else None
    at = f", at {where}" if where else ""
    verdict = f"{first.title}{at}{sureness(first)}"
    held = [task for task in tasks if task.phase is TaskPhase.RUNNING]
    if dead and len(held) == 1:
        verdict += f"; task {held[0].id[:8]} is left with it"
    elif dead and held:
        verdict += f"; {len(held)} tasks are left with it"
    if first.rule in BARE and not lines and worker.error_reason is None:
        verdict += f"; cannot tell why, because {_unseen(worker, lines, hours)}"
    return verdict


def _unseen(worker: Worker, lines: Sequence[LogLine] | None, hours: float) -> str:
    if lines is None:
        return "its lines were not read: ask again"
    more = (
        f": worker {typed(worker.id)} --hours {KEPT_HOURS}"
        if hours < KEPT_HOURS
        else ""
    )
    return f"no line of the last {hours:g} h is its own{more}"


def state(worker: Worker, tasks: Sequence[Task], now: datetime) -> str:
    """Return what its row says of it, where nothing is wrong."""
    running = [task for task in tasks if task.phase is TaskPhase.RUNNING]
    verb = "working on" if worker.phase is WorkerPhase.ACTIVE else "still holding"
    doing = f", {verb} {running[0].id[:8]}" if running else ""
    if worker.phase is WorkerPhase.ACTIVE:
        if worker.pulse(now) is Pulse.MISSING:
            return f"{worker.id} is called active and has never beaten"
        at = worker.last_heartbeat_at
        beat = "" if at is None else f", last heartbeat {ago(at, now)}"
        return f"{worker.id} is {worker.status}{beat}{doing}"
    if worker.phase is WorkerPhase.STARTING:
        return f"{worker.id} is {worker.status}, made {ago(worker.created_at, now)}"
    why = f": {cut(worker.error_reason, _LONGEST)}" if worker.error_reason else ""
    return f"{worker.id} is {worker.status}{why}{doing}"


def logging_state(
    worker: Worker, last: LogLine | None, logging: bool | None, now: datetime
) -> str:
    """Return whether its lines arrive; *logging* is None where none was read."""
    if logging is None:
        return f"cannot tell whether {worker.id} is logging: its lines were not read"
    if last is None:
        return f"{worker.id} is not logging: no line of the window is its own"
    verb = "is logging" if logging else "is not logging any more"
    return f"{worker.id} {verb}: its newest line is {old(last.at, now)}"
