"""A model load fails, or does not end (systems/agents.md, 3A, 8)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from bot.domain.agent_limits import no_progress
from bot.domain.agent_lives import beats, holder, progress_at, running
from bot.domain.cases import Case
from bot.domain.file_failures import failures
from bot.domain.file_proofs import beat, called, ended, said, sidecar, started
from bot.domain.file_queue import Agent, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.times import spoken, stamp

ANSWERS: Final = ("queue",)
SEVERAL: Final = "failing model loads"
EXPLAINS: Final = ("failed-task", "stuck-task", "long-running-task", "load-waits")
REPLACES: Final = EXPLAINS
LOADS: Final = ("load_llm", "load_split_llm")
_HANGS: Final = "the model does not fit, or its container hangs"
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
    waits = _waits(agent, since, case)
    yield Finding(
        rule="load-failing",
        severity=Severity.CRITICAL,
        confidence=Confidence.LIKELY,
        title=f"{called(task)} does not end: {agent.id}"
        f" {_loads(task.model or 'a model', waits, since, case)}",
        subject=Subject(kind="task", id=task.id),
        evidence=(
            started(task, case.now),
            sidecar(task, case.now),
            f"{beat(agent, case.now)}: {agent.runtime_state or agent.state}{phase}",
            f"over {spoken(limit)} is too long for a load",
            *(f"its line of {stamp(it.at)}: {said(it.message)}" for it in waits[-1:]),
            *(
                (f"meanwhile it writes no sidecar of {', '.join(others)} either",)
                if others
                else ()
            ),
        ),
        remedy=f"elapsed_s grows in its lines: {_HANGS}; see what its container wrote"
        if len(waits) > 1
        else f"see LLAMA_LOAD_WAIT in its lines: if elapsed_s grows, {_HANGS}",
        ask=f"logs --worker {agent.id} --search LLAMA_LOAD_WAIT",
    )


def _waits(agent: Agent, since: datetime, case: Case) -> Sequence[LogLine]:
    """Return its lines since the last sign that tell how long it has waited."""
    return [
        each
        for each in case.marked.get(WAITS, ())
        if agent.id in (each.worker_id, each.source_id) and each.at >= since
    ]


def _loads(model: str, waits: Sequence[LogLine], since: datetime, case: Case) -> str:
    """Return how long it has been at it; a line that says so is a sign as well."""
    last = waits[-1].at if waits else since
    if waits and case.now - last <= no_progress("meta"):
        taken = spoken(case.now - since)
        return f"has been loading {model} for {taken}, and only writes that it waits"
    return f"loads {model} without a sign for {spoken(case.now - last)}"


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
