"""LLM tasks wait, and no living agent has a model loaded (systems/agents.md, 2A)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.agent_limits import LOAD_WAITS
from bot.domain.agent_lives import agents, beats, held, pending, running
from bot.domain.agent_names import AgentKind
from bot.domain.cases import Case
from bot.domain.claiming import held_back
from bot.domain.figures import some
from bot.domain.file_proofs import called
from bot.domain.file_queue import Agent, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

ANSWERS: Final = ("queue",)
EXPLAINS: Final = ("waiting-task", "all-busy")
# However busy all are: when they are free, they take no llm task either.
REPLACES: Final = ("all-busy",)
LOADS: Final = ("load_llm", "load_split_llm")
_NAMED: Final = 5


def no_model(case: Case) -> Iterator[Finding]:
    """Yield a finding when llm tasks wait for over 60 s, and every GPU is cold.

    One that is being loaded is told calmly. Workers of February 2026 take such tasks
    cold as well; where nobody is alive others tell. An agent whose heartbeat could not
    be read may have a model.
    """
    queue = case.file_queue
    if queue is None or queue.unread:
        return
    work = [each for each in pending(queue) if each.task_class == "llm"]
    waited = max((_waited(each, case) for each in work), default=timedelta(0))
    alive = [each for each in agents(queue) if beats(queue, each, case.now)]
    gpus = [each for each in alive if each.kind is AgentKind.GPU]
    if waited <= LOAD_WAITS or not gpus or any(each.hot for each in alive):
        return
    if any(each.kind is AgentKind.WORKER for each in alive):
        return
    loads = [each for each in (*pending(queue), *running(queue)) if _loads(each)]
    begun = [each for each in loads if each.started_at is not None]
    yield Finding(
        rule="no-model",
        severity=Severity.INFO if begun else Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"no agent has a model, and {_wait(len(work))} for"
        f" {spoken(waited)}; {_state(loads, begun, case)}",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            *(_cold(queue, each, case) for each in gpus[:_NAMED]),
            *(
                f"{called(each)}, {each.command}, is of"
                f" {dated(each.created_at or case.now, case.now)}"
                for each in loads[:_NAMED]
            ),
        ),
        remedy="a load takes a minute or two: wait for it"
        if begun
        else "see why the cold agents do not take the load"
        if loads
        else "see whether the brain lives: it inserts a load 45 s after the last one",
        ask="workers" if loads else "orchestrator",
    )


def _waited(task: TaskFile, case: Case) -> timedelta:
    return case.now - (task.requeued_at or task.created_at or case.now)


def _wait(number: int) -> str:
    return f"{some(number, 'llm task')} {'waits' if number == 1 else 'wait'}"


def _loads(task: TaskFile) -> bool:
    return task.command in LOADS


def _state(loads: Sequence[TaskFile], begun: Sequence[TaskFile], case: Case) -> str:
    if begun:
        return f"{begun[0].worker or 'somebody'} loads one"
    if not loads:
        return "no load waits either"
    return f"a load waits for {spoken(max(_waited(each, case) for each in loads))}"


def _cold(queue: FileQueue, agent: Agent, case: Case) -> str:
    """Return why a cold agent does not load a model, as far as it is known."""
    stopped = {each.worker for each in queue.signals or () if each.kind == "stop"}
    back = held_back(agent, case.now, stopped=stopped)
    if back is not None:
        return f"{back.reason}: {back.detail}"
    work = held(queue, agent)
    return f"{agent.id} is cold" + (f" and works on {work[0].id[:8]}" if work else "")
