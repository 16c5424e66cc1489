"""A model load waits, and no agent takes it (systems/agents.md, 3A, 7)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import LOAD_WAITS
from bot.domain.agent_lives import agents, held, pending
from bot.domain.agent_names import SHORT, AgentKind
from bot.domain.cases import Case
from bot.domain.claiming import held_back
from bot.domain.file_proofs import called, path
from bot.domain.file_queue import Agent, FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

ANSWERS: Final = ("queue",)
SEVERAL: Final = "model loads that wait"
EXPLAINS: Final = ("not-claiming", "waiting-task")
REPLACES: Final = ("waiting-task",)
LOADS: Final = ("load_llm", "load_split_llm")
_NAMED: Final = 6
_LOADERS: Final = (AgentKind.GPU, AgentKind.WORKER)


def load_waits(case: Case) -> Iterator[Finding]:
    """Yield a finding for every load in the queue for over 60 s."""
    queue = case.file_queue
    if queue is None:
        return
    for task in pending(queue):
        since = task.requeued_at or task.created_at
        if task.command not in LOADS or since is None:
            continue
        if case.now - since <= LOAD_WAITS:
            continue
        cold = tuple(_cold(queue, task.candidates, case))
        lock = queue.load_lock
        yield Finding(
            rule="load-waits",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} waits: {task.command} was not taken for"
            f" {spoken(case.now - since)}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                f"{path(task)} is of {dated(since, case.now)}",
                *(cold[:_NAMED] or ("no agent is cold",)),
                *(
                    (f"{lock.worker} holds the lock of model loads",)
                    if lock and lock.worker
                    else ()
                ),
            ),
            remedy="wake or start an agent that may take it; one load runs at a time,"
            " so see who loads",
            ask="workers",
        )


def _cold(queue: FileQueue, candidates: tuple[str, ...], case: Case) -> Iterator[str]:
    """Yield for each agent that could load why it does not."""
    stopped = {each.worker for each in queue.signals or () if each.kind == "stop"}
    for agent in agents(queue):
        if agent.hot or agent.kind not in _LOADERS:
            continue
        if candidates and agent.id not in candidates:
            continue
        back = held_back(agent, case.now, stopped=stopped)
        if back is not None:
            yield f"{back.reason}: {back.detail}"
        elif busy := _busy_with(queue, agent):
            yield f"{agent.id} is cold and busy with {busy[:SHORT]}"
        else:
            yield f"{agent.id} is cold, and should take it within 5 s"


def _busy_with(queue: FileQueue, agent: Agent) -> str | None:
    """Return the id of a task that it is at work on.

    Its heartbeat lists that; of workers of February 2026 only the task's file tells.
    """
    if agent.active:
        return agent.active[0].task_id
    return next((task.id for task in held(queue, agent)), None)
