"""What the agents' brain does by itself about a task that ended ill or goes nowhere.

It tries again what failed, queues again what nobody works on, and aborts, kills and
queues again what shows no progress (systems/agents.md, 1A.1 and 3A).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import (
    BRAIN_DEAD,
    ELAPSED,
    ORPHANED,
    no_progress,
)
from bot.domain.agent_lives import (
    Way,
    disowns,
    elder,
    end,
    holder,
    of_agent,
    progress_at,
    stale,
)
from bot.domain.agent_names import FAILED, Lane
from bot.domain.file_failures import (
    DEFERRED,
    fell_with_batch,
    given_up,
    most_attempts,
)
from bot.domain.ladder import LOOKS, incident, next_step
from bot.domain.tasks import TaskId, TaskPhase
from bot.domain.times import spoken

if TYPE_CHECKING:
    from bot.domain.file_queue import Agent, FileQueue, TaskFile

# A sidecar is written every 5 s, a cpu agent's every 15 s: so long it may be late.
LATE: Final = timedelta(seconds=30)


def retry(queue: "FileQueue", id: TaskId, now: datetime) -> str | None:
    """Return what becomes of the task by itself; it begins with `no: ` if nothing does.

    None where somebody works on it, or it is done, or its file was not read.
    """
    task = queue.file(id)
    if task is None or not task.read:
        return None
    if task.lane is Lane.PROCESSING:
        return _of_running(queue, task, now)
    if task.lane in (Lane.COMPLETE, Lane.FAILED):
        return _of_ended(queue, task, now)
    return None


def _of_running(queue: "FileQueue", task: "TaskFile", now: datetime) -> str | None:
    agent, since = holder(queue, task), progress_at(task)
    known = incident(queue, task)
    if known is not None and known.aborts:
        return next_step(known, now)
    if since is None:
        return None
    if why_orphaned(queue, agent, task, now) is not None:
        return of_orphan(queue, now - since, now)
    if agent is None:
        return None
    if elder(queue):
        since = task.started_at or since
    past = since + _limit(queue, task)
    slow = now > past and agent.pause is None
    return next_step(known, now, past=past) if slow else None


def _of_ended(queue: "FileQueue", task: "TaskFile", now: datetime) -> str | None:
    if task.lane is Lane.COMPLETE:
        if task.phase is TaskPhase.DONE:
            return None
        return "no: it lies among the complete tasks, where the brain leaves it"
    if fell_with_batch(task):
        return "no: it was given up with its batch"
    most, tries = most_attempts(queue.configured), task.attempts or 0
    if task.error == DEFERRED and task.status == FAILED:
        return _of_deferred(queue, now)
    if given_up(queue.configured, task):
        known = incident(queue, task)
        escalation = task.escalation or (known.escalation if known else None)
        waits = f"; escalation {escalation} is open" if escalation else ""
        return f"no: the brain gave it up after {tries} of {most} attempts{waits}"
    if brain_down(queue, now):
        return "no: the brain would try it again, and is down"
    within = spoken(LOOKS)
    return f"the brain tries it again within {within}: attempt {tries + 1} of {most}"


def _of_deferred(queue: "FileQueue", now: datetime) -> str:
    """Return what becomes of a task that was put off, which is no failure."""
    if brain_down(queue, now):
        return "no: the brain would queue it again, and is down: start the brain first"
    return "it was put off, and runs again once a model is loaded"


def brain_down(queue: "FileQueue", now: datetime) -> bool:
    """Tell whether the brain is down; that of before March 2026 never beats."""
    age = queue.brain.age(now) if queue.brain else None
    return not elder(queue) and (age is None or age > BRAIN_DEAD)


def _limit(queue: "FileQueue", task: "TaskFile") -> timedelta:
    """Return after how long without progress the brain aborts the task."""
    return ELAPSED if elder(queue) else no_progress(task.task_class)


# --- nobody works on it -------------------------------------------------------------


def why_orphaned(
    queue: "FileQueue", agent: "Agent | None", task: "TaskFile", now: datetime
) -> str | None:
    """Return why nobody works on a task in progress; None where somebody may.

    *agent* holds it; None where nobody who ever beat does.
    """
    if agent is None:
        return _unheld(queue, task, now)
    return _lost(queue, agent, task, now) or _unknown(agent, task, now)


def _unheld(queue: "FileQueue", task: "TaskFile", now: datetime) -> str | None:
    """Return that the task is in the hands of nobody who ever beat.

    None where heartbeats were not read, for the brain of before March 2026, which
    writes none, and while a fresh sign of the task proves that its agent lives.
    """
    since = progress_at(task)
    if queue.agents is None or queue.unread or since is None or now - since <= LATE:
        return None
    if task.worker is None:
        own = "brain" in (task.executor, task.task_class)
        return None if own else "its file names no worker"
    if elder(queue) and of_agent(task.worker, "brain"):
        return None
    return f"{task.worker} has no heartbeat"


def _lost(
    queue: "FileQueue", agent: "Agent", task: "TaskFile", now: datetime
) -> str | None:
    """Return how the task's agent was lost; None while it lives."""
    last = end(queue, agent)
    if last is not None and (task.started_at is None or task.started_at <= last.at):
        how = "crashed" if last.way is Way.CRASHED else "was stopped"
        return f"{agent.id} {how}"
    age = agent.age(now)
    if not stale(agent, now):
        return None
    if age is None:
        return f"{agent.id} has no heartbeat"
    return f"{agent.id} has not beaten for {spoken(age)}"


def _unknown(agent: "Agent", task: "TaskFile", now: datetime) -> str | None:
    """Return that its living agent does not list it, though it has had the time to."""
    since = progress_at(task)
    if since is None or agent.beat_at is None or agent.beat_at <= since + LATE:
        return None
    if not disowns(agent, task) or now - since <= LATE:
        return None
    return f"{agent.id} does not list it among its tasks"


def of_orphan(queue: "FileQueue", silence: timedelta, now: datetime) -> str:
    """Return what the brain does about an orphan that is silent for so long."""
    if elder(queue):
        return (
            f"no: its brain knows no orphans: it aborts what runs over"
            f" {spoken(ELAPSED)}, and leaves the rest to you; move its file back to"
            " tasks/queue"
        )
    if brain_down(queue, now):
        return "no: the brain would queue it again, and is down: start the brain first"
    if silence <= ORPHANED:
        return f"the brain queues it again in {spoken(ORPHANED - silence)}"
    return (
        f"the brain was due to queue it again {spoken(silence - ORPHANED)} ago, and has"
        " not: its subprocess may still run; orchestrator tells what the brain decided"
    )
