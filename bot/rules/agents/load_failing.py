"""A model load fails, or does not end (systems/agents.md, 3A, 8)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.domain.agent_limits import no_progress
from bot.domain.agent_lives import beats, holder, progress_at, running
from bot.domain.cases import Case
from bot.domain.file_failures import failures
from bot.domain.file_proofs import beat, called, ended, said, sidecar, started
from bot.domain.file_queue import Agent, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken, stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "failing model loads"
EXPLAINS: Final = ("failed-task", "stuck-task", "long-running-task", "load-waits")
REPLACES: Final = EXPLAINS
LOADS: Final = ("load_llm", "load_split_llm")
WAITS: Final = "LLAMA_LOAD_WAIT"
MARKERS: Final = (WAITS,)
REMEDIES: Final = {
    "gguf_not_found": "the model's file is not there: see model_search_roots and"
    " models.catalog.json",
}


def load_failing(case: Case) -> Iterator[Finding]:
    """Yield a finding for loads that failed, and those without a sign for 180 s.

    A failed one is of no interest once its worker has a model.
    """
    queue = case.file_queue
    if queue is None:
        return
    for task in running(queue):
        if task.command in LOADS:
            yield from _slow(queue, task, case)
    for task in failures(case):
        agent = holder(queue, task)
        if task.command not in LOADS or (agent is not None and agent.hot):
            continue
        yield _failed(task)


def _slow(queue: FileQueue, task: TaskFile, case: Case) -> Iterator[Finding]:
    agent, since = holder(queue, task), progress_at(task)
    limit = no_progress("meta")
    if agent is None or since is None or case.now - since <= limit:
        return
    if agent.pause is not None or not beats(queue, agent, case.now):
        return
    phase = f", in phase {agent.meta_phase}" if agent.meta_phase else ""
    others = [each.task_id[:8] for each in agent.active]
    yield Finding(
        rule="load-failing",
        severity=Severity.CRITICAL,
        confidence=Confidence.LIKELY,
        title=f"{called(task)} does not end: {agent.id} loads"
        f" {task.model or 'a model'} without a sign for {spoken(case.now - since)}",
        subject=Subject(kind="task", id=task.id),
        evidence=(
            started(task, case.now),
            sidecar(task, case.now),
            f"{beat(agent, case.now)}: {agent.runtime_state or agent.state}{phase}",
            f"over {spoken(limit)} is too long for a load",
            *_waited(agent, since, case),
            *(
                (f"meanwhile it writes no sidecar of {', '.join(others)} either",)
                if others
                else ()
            ),
        ),
        remedy="see LLAMA_LOAD_WAIT in its lines: if elapsed_s grows, the model does"
        " not fit, or its container hangs",
        ask=f"logs --worker {agent.id} --search LLAMA_LOAD_WAIT",
    )


def _waited(agent: Agent, since: datetime, case: Case) -> Iterator[str]:
    """Yield how long its newest line since the last sign says that it has waited."""
    own = [
        each
        for each in case.marked.get(WAITS, ())
        if agent.id in (each.worker_id, each.source_id) and each.at >= since
    ]
    if own:
        yield f"its line of {stamp(own[-1].at)}: {said(own[-1].message)}"


def _failed(task: TaskFile) -> Finding:
    code = task.runtime_error or task.error_type or ""
    error = said(task.error or "")
    why = code or error or "no error text"
    return Finding(
        rule="load-failing",
        severity=Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"{called(task)} failed: {task.worker or 'an agent'} could not load"
        f" {task.model or 'the model'}: {why}",
        subject=Subject(kind="task", id=task.id),
        evidence=(ended(task), *((error,) if error else ())),
        remedy=REMEDIES.get(code, "see what its agent wrote when it loaded"),
        ask=f"worker {task.worker} --logs-only" if task.worker else "workers",
    )
