"""What the agents call things: lanes of tasks, kinds of programs, ids cut short."""

from enum import StrEnum
from typing import Final

SHORT: Final = 8  # the length to which logs and old heartbeats cut a task's id
FAILED: Final = "failed"  # what a task's file says of itself, in whichever lane
SUCCEEDED: Final = "task_succeeded"  # events of a batch, as its own log calls them
ABANDONED: Final = "task_abandoned"
BATCH_ABORTED: Final = "batch_aborted_after_fatal_task"


class Lane(StrEnum):
    """The folder in which a task's file lies: the primary fact about it."""

    PRIVATE = "private"
    """It waits for other tasks; workers do not see it."""
    QUEUE = "queue"
    PROCESSING = "processing"
    COMPLETE = "complete"
    FAILED = "failed"


class AgentKind(StrEnum):
    """What kind of program writes a heartbeat."""

    GPU = "gpu"
    CPU = "cpu"
    WORKER = "worker"
    """The generation of February 2026: it claims and runs tasks by itself."""
    BRAIN = "brain"


def kind_of(id: str) -> AgentKind:
    """Return what kind of program bears the id, by its form (systems/agents.md, 4)."""
    begin = id.partition("-")[0]
    return next((kind for kind in AgentKind if kind == begin), AgentKind.GPU)


def same_task(id: str, named: str) -> bool:
    """Tell whether the second, cut or whole, names the first."""
    return len(named) >= SHORT and (id.startswith(named) or named.startswith(id))
