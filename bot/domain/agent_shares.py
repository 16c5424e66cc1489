"""Which agent did how much of the work, beside those that did none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain.agent_lives import agents, beats
from bot.domain.agent_names import AgentKind
from bot.domain.figures import some
from bot.domain.report import Cell, Table
from bot.domain.tasks import TaskPhase

if TYPE_CHECKING:
    from bot.domain.file_queue import Agent, FileQueue, TaskFile

_LOADS: Final = ("load_llm", "load_split_llm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one worker completed in the window, and how it stands now."""

    worker_id: str
    completed: int
    by_class: Mapping[str, int]
    share: float | None
    """Of all that was completed; None where nothing was."""
    alive: bool
    hot: bool | None
    """Whether a model is loaded; None where none can be, or nobody tells."""
    loads: int | None
    """How many models it loaded in the window; None of all but GPU agents."""


def shares(queue: "FileQueue", now: datetime) -> tuple[Share, ...] | None:
    """Return everybody's share, the largest first; None where it was not read."""
    completed = queue.completed
    if completed is None or queue.agents is None:
        return None
    known: dict[str, Agent] = {each.id: each for each in queue.agents}
    # Of the brain it is not awaited that it does any.
    by_worker: dict[str, dict[str, int]] = {each.id: {} for each in agents(queue)}
    for (worker, kind), number in completed.items():
        by_worker.setdefault(worker, {})[kind or "plan"] = number
    every = sum(completed.values())
    loads = Counter(each.worker for each in queue.tasks or () if _loaded(each))
    found = []
    for worker, by_class in by_worker.items():
        done = sum(by_class.values())
        agent = known.get(worker)
        found.append(
            Share(
                worker_id=worker,
                completed=done,
                by_class=by_class,
                share=round(done / every, 4) if every else None,
                alive=agent is not None and beats(queue, agent, now),
                hot=None if agent is None else agent.hot,
                loads=loads[agent.id]
                if agent is not None and agent.kind is AgentKind.GPU and queue.tasks
                else None,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.completed, each.worker_id)))


def unshared(queue: "FileQueue") -> tuple[str, ...]:
    """Return a note of what was completed and is in nobody's share; none of nothing.

    `tasks` counts it as well: such as plans, whose files name no worker.
    """
    done = [
        each
        for each in queue.tasks or ()
        if each.phase is TaskPhase.DONE
        and each.worker is None
        and each.ended_at is not None
        and each.ended_at in queue.window
    ]
    if not done:
        return ()
    s = "s" if len(done) == 1 else ""
    told = some(len(done), "completed task")
    return (f"{told} name{s} no worker, as plans do, and count{s} in no share",)


def _loaded(task: "TaskFile") -> bool:
    """Tell whether the task loaded a model (systems/agents.md, 1A.3)."""
    return task.phase is TaskPhase.DONE and task.command in _LOADS


def table(found: Sequence[Share]) -> tuple[Table, ...]:
    """Return the shares, with the classes of each; nothing where nothing was done."""
    if not any(each.completed for each in found):
        return ()
    return (
        Table(
            title="Completed in the window",
            header=("worker", "completed", "share", "of class", "now"),
            rows=tuple(map(_row, found)),
        ),
    )


def _row(each: Share) -> tuple[Cell, ...]:
    share = None if each.share is None else f"{each.share:.0%}"
    kinds = sorted(each.by_class.items(), key=lambda pair: (-pair[1], pair[0]))
    told = ", ".join(f"{kind} {number:,}" for kind, number in kinds)
    return each.worker_id, each.completed, share, told, _now(each)


def _now(each: Share) -> str:
    if not each.alive:
        return "not alive"
    if each.hot is None:
        return "alive"
    if each.hot:
        return "alive, hot"
    return "alive, cold" + (", loaded none" if each.loads == 0 else "")
