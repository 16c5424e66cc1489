"""What only an agent of the file queue tells of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.agent_claims import Claims, claims
from bot.domain.agent_limits import BEAT_GONE, BRAIN_DEAD, BRAIN_LATE, BeatAge, beat_age
from bot.domain.agent_lives import Way, end, held, pending
from bot.domain.agent_names import SHORT, AgentKind, kind_of, same_task
from bot.domain.claiming import held_back, refused, unlockable
from bot.domain.figures import counted
from bot.domain.logs import LogLine
from bot.domain.times import spoken
from bot.domain.workers import WorkerId

if TYPE_CHECKING:
    from bot.domain.file_queue import ActiveTask, Agent, FileQueue

# systems/agents.md, 1A.7: what makes each kind of program tell more. A cpu agent's
# lines have no level.
_LOUDER: Final[Mapping[AgentKind, str]] = {
    AgentKind.GPU: "GPU_LOG_LEVEL",
    AgentKind.WORKER: "WORKER_LOG_LEVEL",
    AgentKind.BRAIN: "BRAIN_LOG_LEVEL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTask:
    """A task that the agent says it runs; its id may be cut to eight characters."""

    task_id: str
    name: str
    task_class: str
    subprocess: str | None
    pid: int | None
    running_seconds: float | None
    vram_estimate_mb: int | None
    peak_vram_mb: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """That it rests because it is too hot; *until* is None where nobody says."""

    reasons: tuple[str, ...]
    until: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFacts:
    """One agent by its heartbeat, its signals and its lines; None: nobody tells."""

    kind: AgentKind
    heartbeat: BeatAge | None
    undated: bool
    """Whether its heartbeat tells no time, and that of its file stands for it."""
    hot: bool | None
    model: str | None
    runtime_state: str | None
    error: str | None
    reserved_for: str | None
    """Who holds it back for itself; empty: somebody; None: it is free."""
    claimed_vram_mb: int | None
    budget_mb: int | None
    """So much of the memory it may still claim."""
    temperature_c: float | None
    pause: Pause | None
    constrained: tuple[str, ...] | None
    """Why it is held back for heat; None: it is not."""
    running: tuple[RunningTask, ...]
    meta_task: str | None
    tasks_completed: int | None
    """Since it began."""
    tasks_failed: int | None
    signals: tuple[str, ...]
    """What the brain tells it and it has not read yet."""
    initialized_at: datetime | None
    started_at: datetime | None
    ready_at: datetime | None
    crashed_at: datetime | None
    exception: str | None
    stopped_at: datetime | None
    ended: Way | None
    """How it ended; None while it lives, or where no line tells."""
    idle_because: str | None
    """The first true reason why it takes nothing more; None: it should, or is the
    brain, or the queue could not be read."""
    should_claim: str | None
    """The task that it should claim within 5 s, for nothing known holds it back."""
    claims: Claims | None
    """None where its lines were not read, and of the brain."""
    lost_to: Mapping[str, int]
    """Who has the tasks of the races that it lost, as far as their files tell."""
    levels: Mapping[str, int]
    """How many of its lines have each level."""
    louder: str | None
    """The variable that makes it tell more at DEBUG."""

    @property
    def begun_at(self) -> datetime | None:
        """When its program last began."""
        times = (self.initialized_at, self.started_at)
        return max((at for at in times if at is not None), default=None)

    @property
    def up_at(self) -> datetime | None:
        """When it was ready for work after that; a cpu agent is so from the start."""
        begun = self.begun_at
        if self.kind is AgentKind.CPU:
            return begun
        late = begun is not None and self.ready_at is not None and self.ready_at < begun
        return None if late else self.ready_at


def agent_facts(
    queue: "FileQueue", id: WorkerId, lines: Sequence[LogLine] | None, now: datetime
) -> AgentFacts | None:
    """Return what is known of the agent; None where heartbeats were not read.

    *lines* are those that it wrote, oldest first; None: they were not read. Of one
    that never beat they tell all there is.
    """
    agent = next((each for each in queue.agents or () if each.id == id), None)
    if agent is None:
        if queue.agents is None or queue.unread:
            return None
        agent = _beatless(id)
    age, last = agent.age(now), end(queue, agent)
    life = queue.life(id)
    brain = agent.kind is AgentKind.BRAIN
    found = None if lines is None or brain else claims(lines)
    error = ": ".join(part for part in (agent.error_code, agent.error_detail) if part)
    why = _idle_because(queue, agent, now)
    return AgentFacts(
        kind=agent.kind,
        heartbeat=None if age is None else _beat(age, brain=brain),
        undated=agent.undated,
        hot=agent.hot,
        model=agent.model,
        runtime_state=agent.runtime_state,
        error=error or None,
        reserved_for=agent.reserved_for,
        claimed_vram_mb=agent.claimed_mb,
        budget_mb=agent.budget_mb,
        temperature_c=agent.temperature_c,
        pause=_pause(agent),
        constrained=agent.constrained,
        running=tuple(_running(each, now) for each in agent.active),
        meta_task=agent.meta_task,
        tasks_completed=agent.completed,
        tasks_failed=agent.failed,
        signals=_signals(queue, id, now),
        initialized_at=life.initialized_at,
        started_at=life.started_at,
        ready_at=life.ready_at,
        crashed_at=life.crashed_at,
        exception=life.exception,
        stopped_at=life.stopped_at,
        ended=None if last is None else last.way,
        idle_because=why,
        should_claim=None if why is not None or brain else _should_claim(queue, agent),
        claims=found,
        lost_to=_lost_to(queue, found),
        levels=counted(line.level for line in lines or ()),
        louder=louder(agent.kind),
    )


def _beatless(id: WorkerId) -> "Agent":
    """Return the agent of such an id, of which no heartbeat tells."""
    from bot.domain.file_queue import Agent  # noqa: PLC0415  `--help` need not pay

    return Agent(id=id, kind=kind_of(id))


def louder(kind: AgentKind | None) -> str | None:
    """Return the variable that sets what such a program writes; None: none does."""
    return None if kind is None else _LOUDER.get(kind)


def _pause(agent: "Agent") -> Pause | None:
    pause = agent.pause
    if pause is None:
        return None
    return Pause(reasons=pause.reasons, until=pause.until, attempts=pause.attempts)


def _running(each: "ActiveTask", now: datetime) -> RunningTask:
    since = each.started_at
    return RunningTask(
        task_id=each.task_id,
        name=each.name,
        task_class=each.task_class,
        subprocess=each.worker,
        pid=each.pid,
        running_seconds=None if since is None else (now - since).total_seconds(),
        vram_estimate_mb=each.vram_estimate_mb,
        peak_vram_mb=each.peak_vram_mb,
    )


def _signals(queue: "FileQueue", id: WorkerId, now: datetime) -> tuple[str, ...]:
    found = []
    for each in queue.signals or ():
        if each.worker == id:
            age = each.age(now)
            unread = "" if age is None else f", unread for {spoken(age)}"
            found.append(each.kind + unread)
    return tuple(found)


def _lost_to(queue: "FileQueue", found: Claims | None) -> Mapping[str, int]:
    lost = found.lost_tasks if found else ()
    return counted(
        each.worker
        for id in lost
        for each in queue.tasks or ()
        if each.worker is not None and same_task(each.id, id)
    )


def _idle_because(queue: "FileQueue", agent: "Agent", now: datetime) -> str | None:
    """Return why it takes nothing more of what waits (systems/agents.md, 3A, 6)."""
    if agent.kind is AgentKind.BRAIN:
        return None
    last = end(queue, agent)
    if last is not None:
        verb = "crashed" if last.way is Way.CRASHED else "was stopped"
        return f"{agent.id} {verb}"
    stopped = {each.worker for each in queue.signals or () if each.kind == "stop"}
    back = held_back(agent, now, stopped=stopped)
    if back is not None:
        return back.detail
    if queue.tasks is None:
        return None
    waits = pending(queue)
    if not waits:
        return "nothing waits for an agent"
    reasons = [refused(agent, each) for each in waits]
    first = reasons[0]
    if first is None or None in reasons:
        return _busy(queue, agent) or unlockable(queue.locks)
    return f"{first.detail} ({waits[0].id[:SHORT]})"


def _busy(queue: "FileQueue", agent: "Agent") -> str | None:
    """Return what it works on, if it takes nothing beside that.

    A GPU agent takes as much as its memory holds, unless it loads a model.
    """
    works = [agent.meta_task] if agent.meta_task else []
    if agent.kind is not AgentKind.GPU:
        works += [each.task_id for each in agent.active]
        works += [each.id for each in held(queue, agent)]
    return f"{agent.id} works on {works[0][:SHORT]}" if works else None


def _should_claim(queue: "FileQueue", agent: "Agent") -> str | None:
    """Return the first that waits and that it does not refuse; None where none does."""
    takes = (each.id for each in pending(queue) if refused(agent, each) is None)
    return next(takes, None)


def _beat(age: timedelta, *, brain: bool) -> BeatAge:
    """Return what the age says; a brain writes more often than agents do."""
    found = beat_age(age)
    if not brain or found is BeatAge.AHEAD:
        return found
    if age > BRAIN_DEAD:
        return BeatAge.GONE if age > BEAT_GONE else BeatAge.STALE
    return BeatAge.AGEING if age > BRAIN_LATE else BeatAge.WELL
