"""A piece of work in the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from bot.domain.workers import WorkerId

TaskId = NewType("TaskId", str)

RETRIES: Final = 3  # systems/reigh.md, R1: attempts from here on are never reset


class TaskPhase(StrEnum):
    """Where a task stands, in words that all systems share."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """The system wrote a status that this version does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The first true reason why a task waits, with its numbers.

    *reason* None: nothing holds it back, so a worker could take it now, or the API
    orchestrator if it runs *by_api*.
    """

    reason: str | None
    detail: str = ""
    by_api: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task as its row says it, at the moment it was read.

    *status* is the system's own word; *phase* is what it means. `None` means not
    known: never started, not read, or a column that this system does not have.
    """

    id: TaskId
    task_type: str
    status: str
    phase: TaskPhase
    created_at: datetime
    worker_id: WorkerId | None = None
    attempts: int | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    first_started_at: datetime | None = None
    """When the first attempt began; None where only the last one is on record."""
    processed_at: datetime | None = None
    error: str | None = None
    """Why it failed, wherever the system keeps that; None unless it failed."""
    output: str | None = None
    """Where the result lies; None when the field holds an error instead."""
    note: str | None = None
    """Text left beside the task that is not its failure, such as an old reset."""
    dependencies: tuple[TaskId, ...] = ()
    parent: TaskId | None = None
    cascaded_from: TaskId | None = None
    """The task that a cascade names as its cause; None unless it ended badly."""
    generation_created: bool | None = None
    """Whether its result is on record."""
    unread: bool = False
    """What it left, its error among it, could not be read."""
    sums_up: bool = False
    """Its error only counts how many of the tasks that it coordinates failed."""
    project_id: str | None = None
    title: str | None = None
    """What it is about, as who asked for it said; None where nobody does."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Read for a single task only; empty in lists."""

    @property
    def coordinates(self) -> bool:
        """Tell whether it only waits for others: exempt from stuck and stale checks."""
        return "orchestrator" in self.task_type

    @property
    def spent(self) -> bool:
        """Tell whether it has had all its attempts: nothing queues it again."""
        return self.attempts is not None and self.attempts >= RETRIES

    @property
    def queue_time(self) -> timedelta | None:
        """Return created to first started; None when never, or if clocks disagree."""
        return _between(self.created_at, self.first_started_at or self.started_at)

    @property
    def processing_time(self) -> timedelta | None:
        """Return started to processed; None when either is missing."""
        return _between(self.started_at, self.processed_at)

    def running_time(self, now: datetime) -> timedelta | None:
        """Return how long it has been running; None when it never started."""
        return _between(self.started_at, now)


def _between(first: datetime | None, second: datetime | None) -> timedelta | None:
    if first is None or second is None or second < first:
        return None
    return second - first
