"""Whether an agent of the file queue lives, how it ended, and what it leaves behind."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import BEAT_STALE, BeatAge, beat_age
from bot.domain.agent_names import AgentKind, Lane, same_task
from bot.domain.findings import Severity
from bot.domain.times import SKEW
from bot.domain.workers import Worker, WorkerId, WorkerPhase

if TYPE_CHECKING:
    from bot.domain.file_queue import Agent, FileQueue, Life, TaskFile
    from bot.domain.logs import LogLine

CRASHED: Final = "crashed"
LOST: Final = "lost"
STOPPED: Final = "stopped"
NEVER_STARTED: Final = "never started"
BEATLESS: Final = "without a heartbeat"
"""It wrote lines, and no heartbeat, as brains of before March 2026 do."""
STALE: Final = "stale"
"""Its heartbeat is; nothing tells how it ended, or whether."""
_UNSAID: Final = "No heartbeat and no exit line"


class Way(StrEnum):
    """How a program ended, as its last lines tell."""

    CRASHED = "crashed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When and how a program ended, with which exception, and what it said last."""

    way: Way
    at: datetime
    exception: str | None = None
    farewell: str | None = None
    guessed: bool = False
    """Whether nothing tells the day of it for sure."""


def end(queue: "FileQueue", agent: "Agent") -> End | None:
    """Return how the agent ended; None while it lives, or where no line tells.

    One that crashed writes that it shuts down as well, so a crash counts more. A
    heartbeat of later tells that it lives again.
    """
    life = (queue.lives or {}).get(agent.id)
    if life is None:
        return None
    since = begun(life)
    for way, at in (
        (Way.CRASHED, life.crashed_at),
        (Way.STOPPED, life.stopped_at),
    ):
        if at is None or (since is not None and at < since):
            continue
        if agent.beat_at is not None and agent.beat_at > at + SKEW:
            continue
        exception = life.exception if way is Way.CRASHED else None
        after = life.stopped_at is not None and life.stopped_at >= at
        farewell = life.farewell if after else None
        return End(
            way=way,
            at=at,
            exception=exception,
            farewell=farewell,
            guessed=life.guessed,
        )
    return None


def begun(life: "Life") -> datetime | None:
    """Return when the program last began, as its lines tell; None where none does."""
    begins = (life.initialized_at, life.started_at, life.ready_at)
    return max((at for at in begins if at is not None), default=None)


def stale(agent: "Agent", now: datetime) -> bool:
    """Tell whether it has not beaten for over 120 s; one that never beat has not."""
    age = agent.age(now)
    return age is None or age > BEAT_STALE


def beats(queue: "FileQueue", agent: "Agent", now: datetime) -> bool:
    """Tell whether it beat within 120 s, and no line tells that it ended since."""
    return not stale(agent, now) and end(queue, agent) is None


def last_words(queue: "FileQueue", agent: "Agent", now: datetime) -> "LogLine | None":
    """Return the newest line of an agent that fell silent without telling its end.

    None of one that beats or never beat, whose log tells an end or was not read, or
    that still writes lines, so that its process is there.
    """
    life = (queue.lives or {}).get(agent.id)
    if life is None or life.last_line is None or agent.age(now) is None:
        return None
    if not stale(agent, now) or end(queue, agent) is not None:
        return None
    return life.last_line if now - life.last_line.at > BEAT_STALE else None


def with_ends(
    fleet: Iterable[Worker], queue: "FileQueue | None", now: datetime
) -> tuple[Worker, ...]:
    """Return the workers, each with the state that all its signs together tell.

    Their heartbeats tell only what they did last, and are kept as what they *said*;
    that they crashed, were stopped or lost, their lines tell.
    """
    if queue is None:
        return (*fleet,)
    known = {each.id: each for each in queue.agents or ()}
    return tuple(
        _with_end(each, queue, known[each.id], now) if each.id in known else each
        for each in fleet
    )


def _with_end(
    worker: Worker, queue: "FileQueue", agent: "Agent", now: datetime
) -> Worker:
    if worker.last_heartbeat_at is None:
        return worker
    status, failed = gone(queue, agent, now), WorkerPhase.FAILED
    if status is None:
        return worker
    last = end(queue, agent)
    told = replace(worker, status=status, said=worker.status)
    if status == STOPPED:
        return replace(told, phase=WorkerPhase.ENDED, error_reason=None)
    if last is not None:
        why = last.exception or worker.error_reason
        return replace(told, phase=failed, error_reason=why, error_at=last.at)
    lost = status == LOST
    return replace(told, phase=failed, error_reason=_UNSAID) if lost else told


def gone(queue: "FileQueue", agent: "Agent", now: datetime) -> str | None:
    """Return the state of an agent whose heartbeat tells none any more; else None."""
    last = end(queue, agent)
    if last is not None:
        return CRASHED if last.way is Way.CRASHED else STOPPED
    if last_words(queue, agent, now) is not None:
        return LOST
    return STALE if stale(agent, now) else None


def agents(queue: "FileQueue") -> "tuple[Agent, ...]":
    """Return the agents that were read, without the brain."""
    return tuple(
        each for each in queue.agents or () if each.kind is not AgentKind.BRAIN
    )


def elder(queue: "FileQueue") -> bool:
    """Tell whether programs of before March 2026 wrote the folder.

    Their brain writes no heartbeat and their agents no runtime state; they go by the
    time since a task's start alone (systems/agents.md, 1A.1).
    """
    return queue.brain is None and not any(
        each.runtime_state for each in queue.agents or ()
    )


def brainless(queue: "FileQueue") -> bool:
    """Tell whether nothing tells of a brain, where one of March 2026 should be.

    Neither a heartbeat, nor a decision, nor a line: it never started, or elsewhere.
    """
    if queue.agents is None or queue.told is None or queue.unread or elder(queue):
        return False
    told = queue.told or queue.monitor_at or queue.life("brain").last_line
    return queue.brain is None and not told


def holder(queue: "FileQueue", task: "TaskFile") -> "Agent | None":
    """Return the program that the task is assigned to, or a subprocess of which."""
    for each in (*(queue.agents or ()), *([queue.brain] if queue.brain else [])):
        if task.worker is not None and of_agent(task.worker, each.id):
            return each
    return None


def of_agent(name: str, id: str) -> bool:
    """Tell whether the name is the agent's, or that of a subprocess of it."""
    return name == id or name.startswith(f"{id}-")


def running(queue: "FileQueue") -> "tuple[TaskFile, ...]":
    """Return the tasks in progress whose files could be read."""
    return tuple(
        each for each in queue.tasks or () if each.lane is Lane.PROCESSING and each.read
    )


def held(queue: "FileQueue", agent: "Agent") -> "tuple[TaskFile, ...]":
    """Return the tasks in progress that are assigned to the agent."""
    return assigned(queue, agent.id)


def assigned(queue: "FileQueue", id: WorkerId) -> "tuple[TaskFile, ...]":
    """Return the tasks in progress that name the agent, whether or not it ever beat."""
    return tuple(
        each
        for each in running(queue)
        if each.worker is not None and of_agent(each.worker, id)
    )


def disowns(agent: "Agent", task: "TaskFile") -> bool:
    """Tell whether its heartbeat, which would list the task, does not.

    GPU agents of before March 2026, workers and the brain list none.
    """
    lists = agent.kind is AgentKind.CPU or agent.runtime_state is not None
    meta = agent.meta_task is not None and same_task(task.id, agent.meta_task)
    return lists and not meta and not agent.runs(task.id)


def pending(queue: "FileQueue") -> "tuple[TaskFile, ...]":
    """Return the tasks that an agent should claim, in the order in which they go."""
    found = [
        each
        for each in queue.tasks or ()
        if each.lane is Lane.QUEUE
        and each.read
        and "brain" not in (each.executor, each.task_class)
    ]
    return tuple(sorted(found, key=lambda each: (-(each.priority or 0), each.id)))


def loss(queue: "FileQueue", agent: "Agent") -> Severity:
    """Return how much it matters that the agent does not beat, however long since.

    That is bad (systems/agents.md, 3A, 1), unless it has neither tasks nor any to
    take, and config.json names it no more: then it may have been taken away.
    """
    due = queue.configured.agents if queue.configured else (agent.id,)
    left = agent.kind is not AgentKind.CPU and agent.id not in due
    idle = not held(queue, agent) and not pending(queue)
    return Severity.WARNING if left and idle else Severity.CRITICAL


def long_gone(agent: "Agent", now: datetime) -> bool:
    """Tell whether it has not beaten for over 600 s: it is not merely late."""
    age = agent.age(now)
    return age is not None and beat_age(age) is BeatAge.GONE


def progress_at(task: "TaskFile") -> datetime | None:
    """Return when the task last showed a sign: its sidecar, or else its start."""
    seen = task.sidecar.updated_at if task.sidecar else None
    times = [at for at in (seen, task.started_at) if at is not None]
    return max(times, default=None)
