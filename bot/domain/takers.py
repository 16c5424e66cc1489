"""What waits in the file queue, by class, against what each agent can take of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.agent_lives import agents, beats, gone, held, pending
from bot.domain.agent_names import SHORT, AgentKind
from bot.domain.claiming import Hindrance, held_back, nobody_takes, refused, taken
from bot.domain.file_tally import LATELY, file_tally
from bot.domain.long_tasks import of_files
from bot.domain.report import Cell, Table
from bot.domain.times import lasted
from bot.domain.waits import UNTOLD
from bot.domain.workers import WorkerId

if TYPE_CHECKING:
    from bot.domain.file_queue import Agent, FileQueue, TaskFile

_ONE_AT_A_TIME: Final = (AgentKind.CPU, AgentKind.WORKER)
_NAMED: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """One agent and what it can take; None is what nobody tells."""

    worker_id: str
    state: str
    model: str | None
    takes: tuple[str, ...]
    """The classes that it takes as it is now."""
    holds: tuple[str, ...]
    """The tasks that it works on."""
    budget_mb: int | None
    why: str | None
    """The first true reason why it takes nothing of what waits; None: it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLoad:
    """What waits of one class, and who would take some of it now."""

    task_class: str
    waiting: int
    oldest_seconds: float
    takers: tuple[str, ...]
    why: str | None
    """Why nobody takes the oldest; None where somebody should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much waits for agents, who works, and how long it lasts at this pace."""

    waiting: int
    classes: tuple[ClassLoad, ...]
    agents: tuple[Taker, ...]
    alive: int
    idle: int
    """Of the living agents, those that work on nothing."""
    able: int
    """Living agents that nothing holds back and that could do some of it."""
    working: int
    """Of these, the ones that work on a task."""
    stuck: int
    """Tasks in progress past the limit of their class."""
    completed_lately: int | None
    drained_in_seconds: float | None
    """At the pace of the last 5 min; None where nothing was completed, or waits."""

    @property
    def free(self) -> int:
        """Return how many agents would take some of what waits at once."""
        return sum(each.why is None for each in self.agents)

    @property
    def busy(self) -> bool:
        """Tell whether what waits does so only because everybody works."""
        return bool(self.waiting and self.able == self.working > 0 == self.stuck)


def load(queue: "FileQueue", now: datetime) -> Load:
    """Return what waits for agents and who could take it, as of *now*."""
    work = pending(queue)
    stopped = {each.worker for each in queue.signals or () if each.kind == "stop"}
    alike = _each_kind(work)
    tally = file_tally(queue, now)
    done = tally.completed_lately if tally else None
    free: dict[WorkerId, Agent] = {}
    takers, living, able, working = [], [], 0, 0
    for agent in agents(queue):
        back = held_back(agent, now, stopped=stopped)
        alive = beats(queue, agent, now)
        if back is None and not alive:
            back = Hindrance(reason="ended", detail=f"{agent.id} has ended")
        holds = _holds(queue, agent)
        if alive:
            living.append(bool(holds))
        if back is None and _wanted(agent, work):
            able, working = able + 1, working + bool(holds)
        why = back or _why(agent, alike, holds)
        if why is None:
            free[agent.id] = agent
        takers.append(_taker(agent, holds, why, gone(queue, agent, now)))
    return Load(
        waiting=len(work),
        classes=tuple(_classes(queue, work, alike, free, now, stopped)),
        agents=tuple(takers),
        alive=len(living),
        idle=living.count(False),
        able=able,
        working=working,
        stuck=sum(each.stuck for each in of_files(queue, now)),
        completed_lately=done,
        drained_in_seconds=round(len(work) * LATELY.total_seconds() / done, 1)
        if done and work
        else None,
    )


def _each_kind(work: "Iterable[TaskFile]") -> "Sequence[TaskFile]":
    """Return one task of all that every agent treats alike; there may be thousands."""
    found: dict[tuple[object, ...], TaskFile] = {}
    for each in work:
        needs = (each.vram_estimate_mb, each.model, each.min_tier, each.placement)
        found.setdefault((each.task_class, each.candidates, *needs), each)
    return tuple(found.values())


def _holds(queue: "FileQueue", agent: "Agent") -> tuple[str, ...]:
    """Return the tasks that it works on, by the files or by its own word."""
    own = [each.id[:SHORT] for each in held(queue, agent)]
    own += [each.task_id[:SHORT] for each in agent.active]
    own += [agent.meta_task[:SHORT]] if agent.meta_task else []
    return tuple(dict.fromkeys(own))


def _wanted(agent: "Agent", work: "Iterable[TaskFile]") -> bool:
    """Tell whether its kind does some of what waits, whatever model it has."""
    cpu = {each.task_class == "cpu" for each in work}
    if agent.kind is AgentKind.CPU:
        return True in cpu
    return (agent.kind is AgentKind.WORKER and bool(cpu)) or False in cpu


def _why(
    agent: "Agent", alike: "Sequence[TaskFile]", holds: Sequence[str]
) -> Hindrance | None:
    """Return why an agent that nothing holds back takes nothing; None if it would."""
    if not alike:
        return Hindrance(reason="nothing waits")
    if holds and agent.kind in _ONE_AT_A_TIME:
        return Hindrance(reason="busy", detail=f"works on {holds[0]}")
    reasons = [refused(agent, each) for each in alike]
    return None if None in reasons else reasons[0]


def _taker(
    agent: "Agent", holds: tuple[str, ...], why: Hindrance | None, gone: str | None
) -> Taker:
    hot = {True: "hot", False: "cold", None: ""}[agent.hot]
    said = agent.runtime_state or agent.state
    states = (gone,) if gone else (hot, said)
    return Taker(
        worker_id=agent.id,
        state=", ".join(dict.fromkeys(each for each in states if each)),
        model=agent.model,
        takes=tuple(sorted(taken(agent))),
        holds=holds,
        budget_mb=agent.budget_mb,
        why=None if why is None else why.detail or why.reason,
    )


def _classes(  # noqa: PLR0913, PLR0917  all of one look
    queue: "FileQueue",
    work: "Sequence[TaskFile]",
    alike: "Sequence[TaskFile]",
    free: "Mapping[WorkerId, Agent]",
    now: datetime,
    stopped: set[str],
) -> Iterable[ClassLoad]:
    """Yield the classes, that of which the most waits first."""
    of: dict[str, list[TaskFile]] = {}
    for each in work:
        of.setdefault(each.task_class, []).append(each)
    for name, tasks in sorted(of.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        oldest = min(tasks, key=lambda each: each.created_at or now)
        takers = tuple(
            id
            for id, agent in free.items()
            if any(e.task_class == name and refused(agent, e) is None for e in alike)
        )
        why = nobody_takes(oldest, agents(queue), now, stopped=stopped)
        busy = Hindrance(reason="all who may take it are busy")
        if queue.unread:  # whose heartbeat it is may well take it
            why = Hindrance(reason=UNTOLD, detail="not every heartbeat was read")
        found = None if takers else why or busy
        yield ClassLoad(
            task_class=name or "none",
            waiting=len(tasks),
            oldest_seconds=(now - (oldest.created_at or now)).total_seconds(),
            takers=takers,
            why=None if found is None else _told(found),
        )


def _told(found: Hindrance) -> str:
    return f"{found.reason}: {found.detail}" if found.detail else found.reason


def tables(found: Load) -> tuple[Table, ...]:
    """Return what waits by class, and the agents; nothing where there is neither."""
    by_class = Table(
        title="By class, against who could take it",
        header=("class", "waiting", "oldest", "would take some", "why nobody does"),
        rows=tuple(
            (
                each.task_class,
                each.waiting,
                lasted(timedelta(seconds=each.oldest_seconds)),
                _list(each.takers) or "nobody",
                each.why,
            )
            for each in found.classes
        ),
    )
    who = Table(
        title="Agents",
        header=("agent", "state", "works on", "takes", "budget MB", "takes none, for"),
        rows=tuple(map(_row, found.agents)),
    )
    return (by_class,) * bool(found.classes) + (who,) * bool(found.agents)


def _row(each: Taker) -> tuple[Cell, ...]:
    model = f" ({each.model})" if each.model else ""
    return (
        each.worker_id,
        f"{each.state}{model}",
        _list(each.holds) or "nothing",
        ", ".join(each.takes),
        each.budget_mb,
        each.why,
    )


def _list(ids: Sequence[str]) -> str:
    rest = len(ids) - _NAMED
    return ", ".join(ids[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
