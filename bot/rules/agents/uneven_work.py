"""One worker does nearly all tasks of a class beside able ones (3A, 20)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.domain.agent_limits import UNEVEN_SHARE
from bot.domain.agent_lives import agents, beats, pending
from bot.domain.agent_names import AgentKind
from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.file_queue import Agent, FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject

ANSWERS: Final = ("queue",)
SEVERAL: Final = "workers that do nearly all"
FEWEST: Final = 5  # of fewer tasks no share is told
_BY_CPU: Final = "cpu"
# What each of the GPU agents can do; a cpu agent and the brain have their own.
_SHARED: Final = ("llm", "script", _BY_CPU, "resource")


def uneven_work(case: Case) -> Iterator[Finding]:
    """Yield a finding where one did over 80 % of a class while another could have."""
    queue = case.file_queue
    if queue is None or queue.completed is None:
        return
    alive = {each.id: each for each in agents(queue) if beats(queue, each, case.now)}
    for kind in _SHARED:
        done = {who: n for (who, of), n in queue.completed.items() if of == kind}
        total = sum(done.values())
        if total < FEWEST:
            continue
        first = max(sorted(done), key=lambda who: done[who])
        idle = [
            id
            for id, each in alive.items()
            if id != first and _able(each, kind) and not each.pause
        ]
        if done[first] <= UNEVEN_SHARE * total or not idle:
            continue
        yield _finding(queue, first, kind, done, idle)


def _able(agent: Agent, kind: str) -> bool:
    if agent.kind is AgentKind.CPU:
        return kind == _BY_CPU
    return agent.kind is AgentKind.WORKER or kind != _BY_CPU


def _finding(
    queue: FileQueue,
    first: str,
    kind: str,
    done: Mapping[str, int],
    idle: Sequence[str],
) -> Finding:
    total, waits = (
        sum(done.values()),
        any(each.task_class == kind for each in pending(queue)),
    )
    shares = ", ".join(f"{id} {done.get(id, 0)}" for id in (first, *idle[:4]))
    return Finding(
        rule="uneven-work",
        severity=Severity.WARNING if waits else Severity.INFO,
        confidence=Confidence.CONFIRMED,
        title=f"{first} did {done[first]} of {some(total, f'{kind} task')}, while"
        f" {', '.join(idle[:4])} {'is' if len(idle) == 1 else 'are'} alive",
        subject=Subject(kind="worker", id=first),
        evidence=(
            f"completed {kind} tasks of the window: {shares}",
            f"over {UNEVEN_SHARE:.0%} of a class is uneven",
        ),
        remedy=f"see why {idle[0]} does not claim them: llm tasks need a loaded model,"
        " script tasks a GPU without one",
        ask=f"worker {idle[0]}",
    )
