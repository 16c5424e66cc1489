"""How facts of rows are put as proofs.

Alike in every rule, so that of a chain of findings one alone has to tell each.
"""

from datetime import datetime
from typing import Final

from bot.domain.excerpts import start_of
from bot.domain.logs import LogLine
from bot.domain.tasks import Task
from bot.domain.times import dated, stamp
from bot.domain.workers import Worker

_LONGEST: Final = 160


def last_beat(worker: Worker, now: datetime) -> str:
    """Return when the worker last beat, and how long ago; or that it never did."""
    at = worker.last_heartbeat_at
    if at is None:
        return "it never beat"
    return f"last heartbeat at {dated(at, now)}"


def reason(worker: Worker) -> tuple[str, ...]:
    """Return why it was given up; empty if its row does not say."""
    return (f"its row says: {worker.error_reason}",) if worker.error_reason else ()


def said_at(line: LogLine) -> str:
    """Return what a line says, and when."""
    return f"at {stamp(line.at)}: {start_of(line.message.strip(), _LONGEST)}"


def ending(task: Task) -> tuple[str, ...]:
    """Return when and where a task ended; empty if its row tells neither.

    Failing a task sets no end (systems/reigh.md, 1.2), and changes its row.
    """
    on = f"on {task.worker_id}" if task.worker_id else ""
    if task.processed_at is not None:
        when = f"it ended at {stamp(task.processed_at)}"
    elif task.updated_at is not None:
        when = f"its row last changed at {stamp(task.updated_at)}"
    else:
        return (f"it ran {on}",) if on else ()
    return (f"{when}, {on}" if on else when,)
