"""What the brain does about a task without progress: abort, abort, kill, requeue."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import REQUEUED_AFTER_KILL
from bot.domain.times import spoken, stamp

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue, Incident, TaskFile

LOOKS: Final = timedelta(seconds=30)  # systems/agents.md, 1A.8: the monitor's cycle


def incident(queue: "FileQueue", task: "TaskFile") -> "Incident | None":
    """Return what the brain remembers of this very task."""
    for each in queue.state.incidents if queue.state else ():
        if task.incident == each.id or task.id in each.task_ids:
            return each
    return None


def next_step(known: "Incident | None", now: datetime) -> str:
    """Return the next step of the ladder, and when it is due."""
    if known is not None and known.killed_at is not None:
        due = known.killed_at + REQUEUED_AFTER_KILL
        if due > now:
            return f"the brain queues it again at {stamp(due)}, in {spoken(due - now)}"
        return (
            f"the brain was due to queue it again at {stamp(due)},"
            f" {spoken(now - due)} ago: see whether it lives"
        )
    aborts = known.aborts if known is not None else 0
    step = "kills it" if aborts > 1 else "aborts it again" if aborts else "aborts it"
    return f"the brain {step} at its next cycle, within {spoken(LOOKS)}"
