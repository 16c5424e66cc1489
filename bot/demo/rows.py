"""Rows of the queue's database as the demo makes them, and what they don't tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

TICK: Final = timedelta(microseconds=1900)  # between two lines of one burst
BURST: Final = timedelta(milliseconds=30)


class LogRow(NamedTuple):
    """A row of system_logs, in the order of its columns."""

    id: str
    timestamp: datetime
    source_type: str
    source_id: str
    log_level: str
    message: str
    task_id: str | None = None
    worker_id: str | None = None
    cycle_number: int | None = None
    metadata: Mapping[str, Any] | None = None


class Said(NamedTuple):
    """What a worker's program wrote, before its guardian carried it away."""

    at: datetime
    level: str
    message: str
    task_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a project; who may run at most five tasks at once."""

    id: str
    project_id: str
    name: str
    credits: int = 500
    in_cloud: bool = True


def _person(number: int, name: str, **more: Any) -> Person:
    return Person(
        id=f"00000000-0000-4000-8000-0000000001{number:02d}",
        project_id=f"00000000-0000-4000-8000-0000000002{number:02d}",
        name=name,
        **more,
    )


def somebody(number: int, **more: Any) -> Person:
    """Return the so-manieth person of a crowd; *more* are fields of Person."""
    return Person(
        id=f"00000000-0000-4000-8001-{number:012d}",
        project_id=f"00000000-0000-4000-8002-{number:012d}",
        name=f"project {number}",
        **more,
    )


ADA: Final = _person(1, "ada's films")
BEN: Final = _person(2, "ben's trailer")  # has five running tasks
CLEO: Final = _person(3, "cleo's loops", credits=0)
DAN: Final = _person(4, "dan's drafts", in_cloud=False)
EVE: Final = _person(5, "eve's shorts")
FAY: Final = _person(6, "fay's tests")
PEOPLE: Final = (ADA, BEN, CLEO, DAN, EVE, FAY)


@dataclass(slots=True, kw_only=True)
class Worker:
    """A row of workers, and what the row does not tell."""

    id: str
    created_at: datetime
    status: str = "inactive"
    instance_type: str = "NVIDIA GeForce RTX 4090"
    last_heartbeat: datetime | None = None
    metadata: dict[str, Any] | None = field(default_factory=dict)
    current_model: str | None = None
    pod_id: str | None = None
    first_beat: datetime | None = None
    active_at: datetime | None = None
    ended_at: datetime | None = None
    cut_at: datetime | None = None
    """The last heartbeat that carried lines, where a later one came with none."""
    loaded: str | None = None
    """The model its program holds; the row's column stays unset in production."""
    said: list[Said] = field(default_factory=list)

    def say(
        self,
        at: datetime,
        message: str,
        *,
        level: str = "INFO",
        task: str | None = None,
    ) -> None:
        """Write a line, which arrives if a heartbeat still comes after it."""
        if self.said and timedelta(0) <= self.said[-1].at - at < BURST:
            at = self.said[-1].at + TICK
        self.said.append(Said(at, level, message, task))

    def say_at_once(self, at: datetime, *messages: str) -> None:
        """Write lines that carry one time: those sent without a time of their own."""
        self.said += (Said(at, "INFO", message, None) for message in messages)

    def note(self, **keys: Any) -> None:
        """Write keys of the row's metadata."""
        self.metadata = {**(self.metadata or {}), **keys}

    def row(self) -> tuple[Any, ...]:
        """Return it in the order of WORKERS."""
        return (
            self.id,
            self.instance_type,
            self.created_at,
            self.last_heartbeat,
            self.status,
            self.metadata,
            self.current_model,
        )


@dataclass(slots=True, kw_only=True)
class Task:
    """A row of tasks."""

    id: str
    task_type: str
    created_at: datetime
    project_id: str
    status: str = "Queued"
    params: dict[str, Any] = field(default_factory=dict)
    dependant_on: list[str] | None = None
    output_location: str | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    processed_at: datetime | None = None
    generation_created: bool = False
    worker_id: str | None = None
    attempts: int = 0
    error_message: str | None = None

    @property
    def ended_at(self) -> datetime | None:
        """Return when it left the queue for good; None while it is in it."""
        ended = self.status in ("Complete", "Failed", "Cancelled")
        return (self.processed_at or self.updated_at) if ended else None

    def row(self) -> tuple[Any, ...]:
        """Return it in the order of TASKS."""
        return (
            self.id,
            self.task_type,
            self.params,
            self.status,
            self.dependant_on,
            self.output_location,
            self.created_at,
            self.updated_at,
            self.project_id,
            self.started_at,
            self.processed_at,
            self.generation_created,
            self.worker_id,
            self.attempts,
            self.error_message,
        )


WORKERS: Final = (
    *("id", "instance_type", "created_at", "last_heartbeat", "status", "metadata"),
    "current_model",
)
TASKS: Final = (
    *("id", "task_type", "params", "status", "dependant_on", "output_location"),
    *("created_at", "updated_at", "project_id", "generation_started_at"),
    *("generation_processed_at", "generation_created", "worker_id", "attempts"),
    "error_message",
)
GENERATIONS: Final = ("id", "tasks", "location", "type", "project_id", "created_at")


class Held(NamedTuple):
    """A worker and the task that it holds, or that ended with it."""

    worker: Worker
    task: Task
