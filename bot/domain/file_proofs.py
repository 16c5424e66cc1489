"""How facts of the agents' files are put as proofs: each names the file it is from."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.agent_names import SHORT, AgentKind, Lane
from bot.domain.excerpts import cut, first_line
from bot.domain.figures import some
from bot.domain.times import dated, stamp

if TYPE_CHECKING:
    from bot.domain.file_queue import Agent, TaskFile

_FOLDERS: Final = {
    Lane.PRIVATE: "brain/private_tasks",
    Lane.QUEUE: "tasks/queue",
    Lane.PROCESSING: "tasks/processing",
    Lane.COMPLETE: "tasks/complete",
    Lane.FAILED: "tasks/failed",
}
_LONGEST: Final = 160
_NAMED: Final = 5


def called(task: "TaskFile") -> str:
    """Return what a title calls a task."""
    return f"task {task.id[:SHORT]}"


def path(task: "TaskFile") -> str:
    """Return where the task's file lies below the shared folder."""
    return f"{_FOLDERS[task.lane]}/{task.id}.json"


def beat_path(agent: "Agent") -> str:
    """Return where the agent writes its heartbeat."""
    if agent.kind is AgentKind.BRAIN:
        return "brain/heartbeat.json"
    if agent.kind is AgentKind.GPU and agent.gpu is not None:
        return f"gpus/gpu_{agent.gpu}/heartbeat.json"
    base = {AgentKind.GPU: "gpus", AgentKind.CPU: "cpus"}.get(agent.kind, "workers")
    return f"{base}/{agent.id}/heartbeat.json"


def beat(agent: "Agent", now: datetime) -> str:
    """Return when the agent last wrote its heartbeat; or that it never did."""
    if agent.beat_at is None:
        return f"{beat_path(agent)} tells no time of writing"
    if agent.undated:
        written = dated(agent.beat_at, now)
        return f"{beat_path(agent)} tells no time, and was written at {written}"
    return f"{beat_path(agent)} is of {dated(agent.beat_at, now)}"


def day_told(*, guessed: bool) -> tuple[str, ...]:
    """Return that a day is a guess, and what would tell it; nothing if it is none."""
    if not guessed:
        return ()
    return (
        "its day is a guess: the log is a copy; cp -p keeps the time that tells it",
    )


def started(task: "TaskFile", now: datetime) -> str:
    """Return which file says that who started the task when."""
    who = task.worker or "somebody"
    if task.started_at is None:
        return f"{path(task)} names {who} and no start"
    return f"{path(task)}: {who} started it at {dated(task.started_at, now)}"


def sidecar(task: "TaskFile", now: datetime) -> str:
    """Return when the task's sidecar was last written; or that there is none."""
    if task.sidecar is None:
        return "no sidecar lies beside it"
    if task.sidecar.updated_at is None:
        return "its sidecar tells no time"
    return f"its sidecar is of {dated(task.sidecar.updated_at, now)}"


def ended(task: "TaskFile") -> str:
    """Return which file says when, where and at which attempt the task ended."""
    at = f" at {stamp(task.ended_at)}" if task.ended_at else ""
    on = f" on {task.worker}" if task.worker else ""
    tries = f", attempt {task.attempts}" if task.attempts else ""
    return f"{path(task)}: {task.status or 'ended'}{at}{on}{tries}"


def failure(task: "TaskFile") -> tuple[str, ...]:
    """Return what the task's error says, or else its output; nothing without either."""
    text = said(task.error or "") or said(task.output or "")
    return (f"its error: {text}",) if text else ()


def said(text: str) -> str:
    """Return the first line of a text of others, cut to fit into a proof."""
    return cut(first_line(text), _LONGEST)


def names(tasks: "Iterable[TaskFile]") -> str:
    """Return the short ids of the first tasks, and how many there are beyond them."""
    every = [each.id[:SHORT] for each in tasks]
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


def held(tasks: "Iterable[TaskFile]") -> tuple[str, ...]:
    """Return which tasks somebody holds; nothing where there are none."""
    every = tuple(tasks)
    if not every:
        return ()
    return (f"it holds {some(len(every), 'task')}: {names(every)}",)
