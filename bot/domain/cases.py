"""Everything known about a subject at one moment: what rules judge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.domain.fleet import Claim, Lost
from bot.domain.logs import LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.tasks import Task, TaskId, Wait
from bot.domain.workers import Worker, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The system's own limits, from its settings (systems/reigh.md, 4)."""

    idle: timedelta = timedelta(seconds=600)  # GPU_IDLE_TIMEOUT_SEC
    stuck: timedelta = timedelta(seconds=1200)  # TASK_STUCK_TIMEOUT_SEC
    error_grace: timedelta = timedelta(seconds=600)  # ERROR_CLEANUP_GRACE_PERIOD_SEC
    poll: timedelta = timedelta(seconds=30)  # ORCHESTRATOR_POLL_SEC
    min_active: int = 2  # MIN_ACTIVE_GPUS
    minimum_pod_age: timedelta = timedelta(minutes=10)  # CONTRACT, 6


def holders(pairs: Iterable[tuple[Task, Worker | None]]) -> tuple[Worker, ...]:
    """Return the workers of tasks read with them, each once."""
    return tuple({each.id: each for _, each in pairs if each is not None}.values())


@dataclass(frozen=True, kw_only=True)
class Case:
    """The facts of one question, as of *now*.

    A part that is None was not read, or could not be: a rule that needs it stays
    silent. An empty part was read and holds nothing. Of a log, *lines* holds what the
    question called for; *logs_read* names the workers whose own lines are all here.
    """

    now: datetime
    thresholds: Thresholds = field(default_factory=Thresholds)
    tasks: tuple[Task, ...] | None = None
    gone: frozenset[TaskId] = frozenset()
    """Tasks that others name and that do not exist when looked up."""
    workers: tuple[Worker, ...] | None = None
    holders: tuple[Worker, ...] | None = None
    """The workers that the tasks name, of any status; a name without one has no row."""
    lines: tuple[LogLine, ...] | None = None
    logs_read: frozenset[WorkerId] = frozenset()
    task_logs_read: frozenset[TaskId] = frozenset()
    """The tasks of which all lines that carry their id are here."""
    lines_since: datetime | None = None
    """From when on lines were asked for; None where nobody says."""
    claims: tuple[Claim, ...] | None = None
    """What became of every pod; None when pods or workers were not read whole."""
    lost: tuple[Lost, ...] | None = None
    queued: int | None = None
    """How many tasks wait."""
    claimable: int | None = None
    """How many of them a worker could take now; None where nobody looked at each."""
    waits: Mapping[TaskId, Wait] | None = None
    """Why each waiting task waits; None where the queue was not judged."""
    children: Mapping[TaskId, Sequence[Task]] | None = None
    """All tasks of a coordinator, for those whose tasks were looked for."""
    finished: Mapping[WorkerId, datetime | None] | None = None
    """When a worker last completed a task (None: never), where that was looked up."""
    generating: frozenset[str] | None = None
    """The task types whose result has to become a generation."""
    orchestration: Orchestration | None = None
    marked: Mapping[str, tuple[LogLine, ...]] = field(default_factory=dict)
    """Lines by the marker they hold, for the markers that rules ask for."""

    @cached_property
    def holders_by_id(self) -> Mapping[WorkerId, Worker]:
        """The workers that hold tasks, by id."""
        return {worker.id: worker for worker in self.holders or ()}

    @cached_property
    def tasks_by_id(self) -> Mapping[TaskId, Task]:
        """The tasks that were read, by id."""
        return {task.id: task for task in self.tasks or ()}

    @cached_property
    def tasks_by_worker(self) -> Mapping[WorkerId, tuple[Task, ...]]:
        """The tasks that were read, by the worker that holds them."""
        found: dict[WorkerId, list[Task]] = {}
        for task in self.tasks or ():
            if task.worker_id is not None:
                found.setdefault(task.worker_id, []).append(task)
        return {worker: tuple(tasks) for worker, tasks in found.items()}

    def said(self, by: WorkerId, *markers: str) -> tuple[LogLine, ...]:
        """Return the lines with any of the markers that the worker wrote itself."""
        found = {
            line: None
            for marker in markers
            for line in self.marked.get(marker, ())
            if line.writer == by
        }
        return tuple(sorted(found, key=lambda line: line.order))

    @cached_property
    def last_lines(self) -> Mapping[WorkerId, LogLine]:
        """The newest line that each worker wrote itself."""
        found: dict[WorkerId, LogLine] = {}
        for line in self.lines or ():
            if (writer := line.writer) is not None:
                known = found.get(writer)
                if known is None or line.order >= known.order:
                    found[writer] = line
        return found
