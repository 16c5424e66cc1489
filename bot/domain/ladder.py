"""What the brain does about a task without progress: abort, abort, kill, requeue."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import MONITOR_STALLED, REQUEUED_AFTER_KILL
from bot.domain.times import dated, spoken, stamp

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue, Incident, TaskFile

LOOKS: Final = timedelta(seconds=30)  # systems/agents.md, 1A.8: the monitor's cycle
# By how often the brain has aborted it: what it does next, and was due to do.
_STEPS: Final = (
    ("aborts it", "abort it"),
    ("aborts it again", "abort it again"),
    ("kills it", "kill it"),
)


def incident(queue: "FileQueue", task: "TaskFile") -> "Incident | None":
    """Return what the brain remembers of this very task."""
    for each in queue.state.incidents if queue.state else ():
        if task.incident == each.id or task.id in each.task_ids:
            return each
    return None


def next_step(
    known: "Incident | None", now: datetime, *, past: datetime | None = None
) -> str:
    """Return the next step of the ladder, and when it is due, or since when it was.

    *past* is when the task passed its limit; None where nothing tells.
    """
    if known is not None and known.killed_at is not None:
        due = known.killed_at + REQUEUED_AFTER_KILL
        if due > now:
            return f"the brain queues it again at {stamp(due)}, in {spoken(due - now)}"
        return (
            f"the brain was due to queue it again at {dated(due, now)}:"
            " see whether it lives"
        )
    aborts = known.aborts if known is not None else 0
    step, did = _STEPS[min(aborts, 2)]
    last = known.aborted_at if known is not None and aborts else past
    if last is not None and now - last > MONITOR_STALLED:
        return (
            f"the brain was due to {did} by {stamp(last + LOOKS)}, and has not for"
            f" {spoken(now - last - LOOKS)}: see whether it still looks:"
            " orchestrator"
        )
    return f"the brain {step} at its next cycle, within {spoken(LOOKS)}"
