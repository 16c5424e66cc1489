"""Why an agent of the file queue does not claim what waits (systems/agents.md, 3A, 6).

What holds the agent back comes before what it refuses; of each the first true reason
counts.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.agent_limits import BEAT_STALE
from bot.domain.agent_names import AgentKind
from bot.domain.figures import some
from bot.domain.times import spoken

if TYPE_CHECKING:
    from bot.domain.file_queue import Agent, Locks, TaskFile

_MOVING: Final = ("loading", "unloading", "recovering", "resetting")
_BROKEN: Final = ("wedged", "error_recoverable")
_NEEDS: Final = "needs "
_NAMED: Final = 4
_NO_BUDGET: Final = "no VRAM budget"
# What each kind takes at all. The workers of February 2026 prefer some to others.
_HOT: Final = frozenset({"meta", "llm"})
_COLD: Final = frozenset({"meta", "script"})
_LOADED_WORKER: Final = frozenset({"resource", "llm", "cpu"})
_COLD_WORKER: Final = frozenset({"resource", "script", "cpu", "llm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """The first true reason, in few words that repeat, and its numbers."""

    reason: str
    detail: str = ""


def held_back(
    agent: "Agent", now: datetime, *, stopped: Collection[str] = ()
) -> Hindrance | None:
    """Return why the agent claims nothing at all; None if it may.

    *stopped* are the agents for which a stop signal lies there.
    """
    age = agent.age(now)
    if age is None:
        return Hindrance(reason="never started", detail=f"{agent.id} never beat")
    if age > BEAT_STALE:
        return Hindrance(
            reason="dead", detail=f"{agent.id} has not beaten for {spoken(age)}"
        )
    if agent.id in stopped:
        return Hindrance(reason="told to stop", detail=f"{agent.id} has a stop signal")
    if agent.reserved_for is not None:
        owner = agent.reserved_for or "somebody"
        return Hindrance(
            reason="reserved", detail=f"{agent.id} is reserved for {owner}"
        )
    if agent.pause is not None:
        return _paused(agent)
    runtime = agent.runtime_state or ""
    if runtime.startswith(_MOVING):
        return Hindrance(reason="in transition", detail=f"{agent.id} is {runtime}")
    if runtime in _BROKEN:
        code = f" ({agent.error_code})" if agent.error_code else ""
        return Hindrance(reason="wedged", detail=f"{agent.id} is {runtime}{code}")
    if agent.env_block is not None:
        return Hindrance(
            reason="missing modules", detail=f"{agent.id}: {agent.env_block}"
        )
    return None


def _paused(agent: "Agent") -> Hindrance:
    pause = agent.pause
    until = pause.until if pause else None
    why = ", ".join(pause.reasons) if pause else ""
    when = f" until {until:%H:%M:%S}Z" if until else ""
    because = f" because {why}" if why else ""
    return Hindrance(
        reason="thermal pause", detail=f"{agent.id} is paused{when}{because}"
    )


def refused(agent: "Agent", task: "TaskFile") -> Hindrance | None:
    """Return why the agent, which claims, passes this task over; None if it takes it.

    What it does not say (a budget, a tier) is no reason.
    """
    kind = task.task_class
    if task.candidates and agent.id not in task.candidates:
        return Hindrance(
            reason="meant for others", detail=f"only for {', '.join(task.candidates)}"
        )
    if kind not in taken(agent):
        return _wrong_kind(agent, kind)
    if (problem := _wrong_model(agent, task)) is not None:
        return problem
    need, budget = task.vram_estimate_mb, agent.budget_mb
    if need is not None and budget is not None and need > budget and kind != "meta":
        return Hindrance(
            reason=_NO_BUDGET,
            detail=f"needs {need} MB, {agent.id} has {budget} MB left",
        )
    return None


def unlockable(locks: "Locks | None") -> str | None:
    """Return that nobody may lock tasks, and so claim them; None where they may."""
    if locks is None or not locks.unwritable:
        return None
    return f"{some(locks.unwritable, 'lock file')} in tasks/queue cannot be written"


def nobody_takes(
    task: "TaskFile",
    agents: "Iterable[Agent]",
    now: datetime,
    *,
    stopped: Collection[str],
) -> Hindrance | None:
    """Return why nobody takes the task; None if somebody should within seconds.

    That of an agent of the right kind is told rather than that of another, and of a
    budget that is short all that have none left.
    """
    short: list[Agent] = []
    own: Hindrance | None = None
    other: Hindrance | None = None
    beats = False
    for agent in agents:
        back = held_back(agent, now, stopped=stopped)
        beats = beats or (back is None or back.reason not in ("dead", "never started"))
        right = task.task_class in taken(agent)
        found = back or refused(agent, task)
        if found is None:
            return None
        if found.reason == _NO_BUDGET:
            short.append(agent)
        if right and (own is None or own.reason in ("dead", "never started")):
            own = found
        elif (
            not right
            and back is None
            and (
                # What would help tells more than what an agent never takes.
                other is None or not other.reason.startswith(_NEEDS)
            )
        ):
            other = found
    if not beats:
        return Hindrance(reason="no agent is alive", detail="none has beaten lately")
    if own is not None and own.reason == _NO_BUDGET:
        return _too_little(task, short)
    return own or other or Hindrance(reason=f"no agent takes {task.task_class} tasks")


def _too_little(task: "TaskFile", agents: "Sequence[Agent]") -> Hindrance:
    """Return which agents have too little memory left, and how much at most."""
    names = ", ".join(each.id for each in agents[:_NAMED])
    more = f" and {len(agents) - _NAMED} more" if len(agents) > _NAMED else ""
    left = {each.budget_mb or 0 for each in agents}
    most = " at most" if len(left) > 1 else ""
    verb = "has" if len(agents) == 1 else "have"
    return Hindrance(
        reason=_NO_BUDGET,
        detail=f"needs {task.vram_estimate_mb} MB, {names}{more} {verb} {max(left)} MB"
        f" left{most}",
    )


def taken(agent: "Agent") -> frozenset[str]:
    """Return the classes of tasks that the agent takes, as it is now."""
    if agent.kind is AgentKind.CPU:
        return frozenset({"cpu"})
    if agent.kind is AgentKind.WORKER:
        return _LOADED_WORKER if agent.hot else _COLD_WORKER
    if agent.kind is AgentKind.BRAIN:
        return frozenset({"brain"})
    return _HOT if agent.hot else _COLD


def _wrong_kind(agent: "Agent", kind: str) -> Hindrance:
    if agent.kind is AgentKind.GPU and kind == "cpu":
        return Hindrance(
            reason="needs a cpu agent", detail="GPU agents never take cpu tasks"
        )
    if agent.kind is AgentKind.GPU and kind == "llm":
        return Hindrance(
            reason="needs a hot GPU",
            detail=f"{agent.id} is cold: it takes meta and script, after load_llm llm",
        )
    if agent.kind is AgentKind.GPU and kind == "script":
        return Hindrance(
            reason="needs a cold GPU",
            detail=f"{agent.id} is hot: it takes only meta and llm",
        )
    return Hindrance(
        reason=f"no agent takes {kind or 'such'} tasks",
        detail=f"{agent.id} takes {', '.join(sorted(taken(agent)))}",
    )


def _wrong_model(agent: "Agent", task: "TaskFile") -> Hindrance | None:
    if task.task_class != "llm" or agent.kind is not AgentKind.GPU:
        return None
    if task.min_tier and agent.tier is not None and agent.tier < task.min_tier:
        return Hindrance(
            reason="needs a larger model",
            detail=f"tier {task.min_tier} at least, {agent.id} has {agent.tier}",
        )
    if task.placement and agent.placement and task.placement != agent.placement:
        return Hindrance(
            reason="needs another placement",
            detail=f"{task.placement}, {agent.id} has {agent.placement}",
        )
    if task.model and agent.model and task.model != agent.model:
        return Hindrance(
            reason="needs another model",
            detail=f"{task.model}, {agent.id} has {agent.model}",
        )
    return None
