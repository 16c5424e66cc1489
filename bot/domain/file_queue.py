"""The agents' shared folder at one moment: what the rules about it judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.agent_lives import begun
from bot.domain.agent_names import (
    BATCH_ABORTED,
    FAILED,
    AgentKind,
    Lane,
    same_task,
)
from bot.domain.cases import Scene
from bot.domain.logs import LogLine
from bot.domain.report import Gap
from bot.domain.tasks import TaskId, TaskPhase
from bot.domain.times import Window
from bot.domain.workers import WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What an agent writes beside a task's file while its subprocess runs.

    It proves the agent, not the subprocess. *worker* is that subprocess's name.
    """

    task_id: TaskId
    worker: str | None = None
    updated_at: datetime | None = None
    pid: int | None = None
    peak_vram_mb: int | None = None


def tells_failure(status: str | None, *, success: bool | None) -> bool:
    """Tell whether a task among the complete ones says itself that it failed."""
    return status == FAILED or success is False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFile:
    """One task as its file says it; None is what the file does not say."""

    id: TaskId
    lane: Lane
    read: bool = True
    """Whether the file could be read; if not, only its id, lane and time are true."""
    name: str = ""
    type: str = ""
    task_class: str = ""
    """`cpu`, `script`, `llm`, `meta`, `brain`, `resource`; empty for plans."""
    status: str = ""
    executor: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    first_attempt_at: datetime | None = None
    ended_at: datetime | None = None
    changed_at: datetime | None = None
    worker: WorkerId | None = None
    attempts: int | None = None
    attempted: tuple[str, ...] = ()
    batch: str = ""
    plan: str = ""
    depends_on: tuple[str, ...] = ()
    """Names of tasks of its batch, not ids."""
    priority: int | None = None
    vram_estimate_mb: int | None = None
    model: str | None = None
    min_tier: int | None = None
    placement: str | None = None
    command: str | None = None
    """What a meta task does (`load_llm`); None for all others."""
    candidates: tuple[str, ...] = ()
    success: bool | None = None
    action: str | None = None
    error: str | None = None
    error_type: str | None = None
    runtime_error: str | None = None
    output: str | None = None
    requeued_at: datetime | None = None
    requeue_reason: str | None = None
    stuck_requeues: int = 0
    orphan_of: str | None = None
    incident: str | None = None
    escalation: str | None = None
    ended_because: str | None = None
    """Why it was blocked or abandoned, in the brain's word."""
    sidecar: Sidecar | None = None

    @property
    def phase(self) -> TaskPhase:
        """How far it is, wherever its file lies (systems/agents.md, 4 and 1A.9, 1).

        What lies among the complete ones has failed where it says so itself. What is
        blocked or abandoned has failed, unless only others of its batch did.
        """
        if self.lane in (Lane.PRIVATE, Lane.QUEUE):
            return TaskPhase.WAITING
        if self.lane is Lane.PROCESSING:
            return TaskPhase.RUNNING
        if self.lane is Lane.FAILED:
            fell = self.ended_because == BATCH_ABORTED
            return TaskPhase.CANCELLED if fell else TaskPhase.FAILED
        ill = tells_failure(self.status, success=self.success)
        return TaskPhase.FAILED if ill else TaskPhase.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTask:
    """A task that an agent says it runs; its id may be cut to eight characters."""

    task_id: str
    task_class: str = ""
    name: str = ""
    worker: str | None = None
    pid: int | None = None
    vram_estimate_mb: int | None = None
    peak_vram_mb: int | None = None
    started_at: datetime | None = None
    phase: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalPause:
    """An agent's pause for heat."""

    reasons: tuple[str, ...] = ()
    until: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One program as its heartbeat says it; None is what that does not say."""

    id: WorkerId
    kind: AgentKind
    beat_at: datetime | None = None
    undated: bool = False
    """Whether its heartbeat tells no time, and that of its file stands for it."""
    state: str = ""
    runtime_state: str | None = None
    hot: bool | None = None
    """Whether a model is loaded; None for programs that load none."""
    model: str | None = None
    tier: int | None = None
    placement: str | None = None
    error_code: str | None = None
    error_detail: str | None = None
    reserved_for: str | None = None
    """Who holds it back for itself; empty: somebody; None: it is free."""
    pause: ThermalPause | None = None
    constrained: tuple[str, ...] | None = None
    """Why it is held back for heat; None: it is not."""
    env_block: str | None = None
    budget_mb: int | None = None
    claimed_mb: int | None = None
    vram_total_mb: int | None = None
    vram_used_mb: int | None = None
    temperature_c: float | None = None
    health_failures: int | None = None
    active: tuple[ActiveTask, ...] = ()
    meta_task: str | None = None
    meta_phase: str | None = None
    completed: int | None = None
    failed: int | None = None
    batches: int | None = None
    gpu: int | None = None
    host: str | None = None
    first_seen_at: datetime | None = None
    """When its folder was made, as the disk says; a copy's is the copy's."""

    def age(self, now: datetime) -> timedelta | None:
        """Return the heartbeat's age, below zero if it is ahead; None without one."""
        return None if self.beat_at is None else now - self.beat_at

    def runs(self, id: str) -> bool:
        """Tell whether it says that it runs the task, by its whole or its cut id."""
        return any(same_task(id, each.task_id) for each in self.active)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A file by which the brain tells an agent something; read, it is deleted."""

    worker: str
    kind: str
    """`stop`, `abort`, `kill`, `recovery_fallback`, `restart_workers`."""
    at: datetime | None = None
    task_id: str | None = None
    reason: str | None = None

    def age(self, now: datetime) -> timedelta | None:
        """Return for how long it has not been read; None where nobody says."""
        return None if self.at is None else now - self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLock:
    """Who loads a model at present, for only one may."""

    worker: str | None = None
    phase: str | None = None
    since: datetime | None = None
    beat_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """The lock files of the queue, which stay after a claim."""

    total: int
    unwritable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What the brain remembers of a task that it cannot get done."""

    id: str
    task_name: str = ""
    task_class: str = ""
    batch: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    task_ids: tuple[str, ...] = ()
    fixes_tried: int = 0
    escalation: str | None = None
    aborts: int = 0
    aborted_at: datetime | None = None
    killed_at: datetime | None = None
    events: tuple[tuple[datetime | None, str], ...] = ()
    """What was done, oldest first, each with its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A question that the brain has put to somebody above it."""

    id: str
    at: datetime | None = None
    status: str = ""
    kind: str = ""
    title: str = ""
    advice: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A plan's run that the brain works on. Ids repeat: they are whole seconds."""

    id: str
    plan: str = ""
    started_at: datetime | None = None
    total_tasks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """An agent that the brain misses."""

    worker: str
    since: datetime | None = None
    times: int | None = None
    escalation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainState:
    """What the brain last saved. When it started, its file does not tell."""

    saved_at: datetime | None = None
    pid: int | None = None
    batches: tuple[Batch, ...] = ()
    incidents: tuple[Incident, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What config.json says; None where it says nothing."""

    agents: Mapping[WorkerId, str | None] = field(default_factory=dict)
    """The agents that should be, and the model of each."""
    max_hot: int | None = None
    max_attempts: int | None = None
    gpu_warning_c: float | None = None
    gpu_critical_c: float | None = None
    load_cooldown: timedelta | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """Every plain value by its dotted name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The last lines about one program's life; None: no such line was found."""

    logger: str
    initialized_at: datetime | None = None
    started_at: datetime | None = None
    ready_at: datetime | None = None
    crashed_at: datetime | None = None
    exception: str | None = None
    stopped_at: datetime | None = None
    farewell: str | None = None
    """What it said when it shut down: how much it had completed."""
    overheated: LogLine | None = None
    """In which it said that it shuts itself down for heat."""
    load_warning: LogLine | None = None
    """In which it said, as the brain does, that nobody takes a model load."""
    last_line: LogLine | None = None
    levels: frozenset[str] = frozenset()
    guessed: bool = False
    """Whether nothing tells the day of these lines for sure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the brain decided, however often it said so: once per kind and subject.

    *subject* is a task's cut id, a batch, or an agent.
    """

    kind: str
    subject: str
    message: str
    first_at: datetime
    last_at: datetime
    times: int = 1
    worker: str | None = None
    batch: str | None = None
    plan: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSize:
    """How large a log has grown, in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """One task in two places that stays so: it was done, or given up, and runs."""

    task_id: TaskId
    lanes: tuple[Lane, ...]
    agents: tuple[WorkerId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQueue(Scene):
    """All of the folder that rules judge; a part that is None could not be read."""

    window: Window
    lanes: Mapping[Lane, int] | None = None
    """How many tasks lie in each that could be listed; a sidecar is none."""
    tasks: tuple[TaskFile, ...] | None = None
    """Those of every lane but `complete`, and of that one what ended in the window."""
    sidecars: tuple[Sidecar, ...] | None = None
    """Those without a task's file beside them: a subprocess that nobody owns."""
    doubles: tuple[Double, ...] | None = None
    agents: tuple[Agent, ...] | None = None
    unread: tuple[str, ...] = ()
    """Heartbeats that could not be read: nobody knows whether theirs live."""
    brain: Agent | None = None
    """None as well where it never beat."""
    state: BrainState | None = None
    signals: tuple[Signal, ...] | None = None
    load_lock: LoadLock | None = None
    locks: Locks | None = None
    escalations: tuple[Escalation, ...] | None = None
    configured: Configured | None = None
    completed: Mapping[tuple[str, str], int] | None = None
    """How many tasks each worker completed in the window, by worker and class."""
    lives: Mapping[str, Life] | None = None
    told: tuple[Told, ...] | None = None
    """The window's decisions, alike ones as one, the oldest first, no routine."""
    steps: Mapping[tuple[str, str], str] | None = None
    """What became of what tasks wait for and only their batch's events tell of, by
    batch and name."""
    monitor_at: datetime | None = None
    """When the brain last looked at everything."""
    logs: tuple[LogSize, ...] | None = None
    gaps: tuple[Gap, ...] = ()
    """What could not be read, and why."""

    @property
    def hides_tasks(self) -> bool:
        """Tell whether a lane could not be listed, so that any task may lie there."""
        return self.lanes is not None and any(each not in self.lanes for each in Lane)

    @property
    def past(self) -> "FileQueue":
        """What stays true of a window that is over: what ended in it, and what it said.

        Heartbeats, signals, locks and what waits tell of this moment alone.
        """
        ended = (Lane.COMPLETE, Lane.FAILED)
        done = [
            each
            for each in self.tasks or ()
            if each.lane in ended and each.ended_at and each.ended_at in self.window
        ]
        return FileQueue(
            window=self.window,
            tasks=None if self.tasks is None else tuple(done),
            state=self.state,
            escalations=self.escalations,
            configured=self.configured,
            completed=self.completed,
            told=self.told,
            gaps=self.gaps,
        )

    @property
    def file_queue(self) -> "FileQueue":
        """Itself."""
        return self

    def file(self, id: str) -> TaskFile | None:
        """Return the task's file; None where it was not read."""
        return next((each for each in self.tasks or () if each.id == id), None)

    def running(self, id: str) -> tuple[Agent, ...]:
        """Return the agents that say they run the task."""
        return tuple(each for each in self.agents or () if each.runs(id))

    def life(self, id: str) -> Life:
        """Return what lines tell of the program's life: nothing where none do."""
        return (self.lives or {}).get(id) or Life(logger=id)

    def begun_at(self, id: WorkerId) -> datetime | None:
        """Return when the program last began, as its lines tell."""
        return begun(self.life(id))
