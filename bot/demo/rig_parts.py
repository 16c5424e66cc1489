"""What a rig is made of: tasks, agents, what they write, and what the brain decides."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

SHORT: Final = 8  # characters of an id in lines and decisions


class Said(NamedTuple):
    """A line of a console."""

    at: datetime
    level: str
    message: str


class Decision(NamedTuple):
    """A line of the brain's decisions."""

    at: datetime
    kind: str
    message: str
    details: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Batch:
    """A plan that was submitted."""

    id: str
    plan: str
    at: datetime
    active: bool = True
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class RigTask:
    """A task; *lane* is the folder of its file, empty where that is gone."""

    id: str
    name: str
    task_class: str
    batch: Batch
    created_at: datetime
    lane: str = "queue"
    fields: dict[str, Any] = field(default_factory=dict)
    """What else its file says; times as they are."""
    sidecar_at: datetime | None = None
    sidecar_by: str = ""
    peak_mb: int | None = 0
    torn: bool = False
    """Its file is half written, and stays so."""

    @property
    def short(self) -> str:
        """The id as lines and decisions cut it."""
        return self.id[:SHORT]


@dataclass(slots=True, kw_only=True)
class RigAgent:
    """A GPU agent or a cpu agent; *beat_at* is when it last wrote its heartbeat."""

    name: str
    number: int
    started_at: datetime
    beat_at: datetime
    hot: bool = False
    running: list[RigTask] = field(default_factory=list)
    """What its heartbeat lists."""
    fields: dict[str, Any] = field(default_factory=dict)
    """What its heartbeat says otherwise than usual."""
    said: list[Said] = field(default_factory=list)
    logged: bool = True
    """Whether its console is kept where it can be read."""
    ended: bool = False
    done: int = 0
    failed: int = 0

    @property
    def cpu(self) -> bool:
        """Whether it is a cpu agent."""
        return self.name.startswith("cpu-")

    @property
    def february(self) -> bool:
        """Whether it is a worker of February 2026."""
        return self.name.startswith("worker-")

    def say(self, at: datetime, message: str, level: str = "INFO") -> None:
        """Write a line to its console."""
        self.said.append(Said(at, level, message))
