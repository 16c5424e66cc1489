"""A model load waits, and no agent takes it (systems/agents.md, 3A, 7)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import LOAD_WAITS, MONITOR_STALLED
from bot.domain.agent_lives import agents, beats, held, holder, pending, running
from bot.domain.agent_names import SHORT, AgentKind
from bot.domain.cases import Case
from bot.domain.claiming import held_back
from bot.domain.file_proofs import called, path, said, sidecar, started
from bot.domain.file_queue import Agent, FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken, stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "model loads that wait"
EXPLAINS: Final = ("not-claiming", "waiting-task")
REPLACES: Final = ("waiting-task",)
LOADS: Final = ("load_llm", "load_split_llm")
_NAMED: Final = 6
_REMEDY: Final = (
    "wake or start an agent that may take it; one load runs at a time, so see who loads"
)
_LOADERS: Final = (AgentKind.GPU, AgentKind.WORKER)


def load_waits(case: Case) -> Iterator[Finding]:
    """Yield a finding for every load in the queue for over 60 s, or that takes so long.

    Where no file tells of one any more, the brain's newest warning does.
    """
    queue = case.file_queue
    if queue is None:
        return
    files = (*_waiting(queue, case), *_loading(queue, case))
    yield from files or _warned(queue, case)


def _waiting(queue: FileQueue, case: Case) -> Iterator[Finding]:
    """Yield a finding for every load that nobody took for over 60 s."""
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
                *(cold[:_NAMED] or _none(queue)),
                *(
                    (f"{lock.worker} holds the lock of model loads",)
                    if lock and lock.worker
                    else ()
                ),
            ),
            remedy=_REMEDY,
            ask="workers",
        )


def _loading(queue: FileQueue, case: Case) -> Iterator[Finding]:
    """Yield what is worth knowing: a load that was taken 60 s ago may yet be well.

    Of one whose agent is lost, or without a sign for 180 s, other rules tell.
    """
    for task in running(queue):
        agent, since = holder(queue, task), task.started_at
        if task.command not in LOADS or agent is None or since is None:
            continue
        if case.now - since <= LOAD_WAITS or not beats(queue, agent, case.now):
            continue
        yield Finding(
            rule="load-waits",
            severity=Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} takes long: {agent.id} has been at {task.command}"
            f" for {spoken(case.now - since)}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                started(task, case.now),
                sidecar(task, case.now),
                f"over {spoken(LOAD_WAITS)} is long for a load",
            ),
            remedy="see LLAMA_LOAD_WAIT in its lines: large models take minutes",
            ask=f"worker {agent.id}",
        )


def _warned(queue: FileQueue, case: Case) -> Iterator[Finding]:
    """Yield a finding if the brain's last look warned of a load that nobody takes.

    It says so again with each look, until one is taken.
    """
    said_so = [each.load_warning for each in (queue.lives or {}).values()]
    lines = [each for each in said_so if each and each.at <= case.now]
    last = max(lines, key=lambda each: each.order, default=None)
    taken = any(task.command in LOADS for task in running(queue))
    if taken or last is None or case.now - last.at > MONITOR_STALLED:
        return
    yield Finding(
        rule="load-waits",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        title="the brain warns that a model load is not taken",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            f"its line of {stamp(last.at)}: {said(last.message)}",
            *(tuple(_cold(queue, (), case))[:_NAMED] or _none(queue)),
        ),
        remedy=_REMEDY,
        ask="workers",
    )


def _none(queue: FileQueue) -> tuple[str, ...]:
    """Return that nobody is cold, as far as heartbeats were read."""
    whole = queue.agents is not None and not queue.unread
    return ("no agent is cold" if whole else "not every heartbeat was read",)


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
