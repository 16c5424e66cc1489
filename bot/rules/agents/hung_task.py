"""A task runs far too long though its agent writes its sidecar (3A, 4)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import HUNG_TIMES, ORPHANED, hung
from bot.domain.agent_lives import beats, elder, holder, running
from bot.domain.cases import Case
from bot.domain.file_proofs import called, sidecar, started
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken

ANSWERS: Final = ("queue",)
SEVERAL: Final = "tasks that seem to hang"
EXPLAINS: Final = ("long-running-task",)
REPLACES: Final = EXPLAINS


def hung_task(case: Case) -> Iterator[Finding]:
    """Yield a finding past three times the class's limit, with a fresh sidecar.

    The sidecar proves the agent alone, so the brain never calls such a task stuck
    (systems/agents.md, 0.3). One that uses the GPU's memory may well be at work.
    """
    queue = case.file_queue
    if queue is None or elder(queue):
        return
    for task in running(queue):
        agent, beside = holder(queue, task), task.sidecar
        limit = hung(task.task_class)
        if task.started_at is None or case.now - task.started_at <= limit:
            continue
        if agent is None or agent.pause or not beats(queue, agent, case.now):
            continue
        if beside is None or beside.updated_at is None or beside.peak_vram_mb:
            continue
        if case.now - beside.updated_at > ORPHANED:
            continue
        measured = beside.peak_vram_mb is not None
        yield Finding(
            rule="hung-task",
            severity=Severity.CRITICAL,
            confidence=Confidence.LIKELY if measured else Confidence.POSSIBLE,
            title=f"{called(task)} seems to hang: it runs"
            f" {spoken(case.now - task.started_at)} while {agent.id} is alive",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                started(task, case.now),
                f"{sidecar(task, case.now)}, which proves {agent.id}, no progress",
                f"{HUNG_TIMES} times the limit of its class is {spoken(limit)}",
                *(("its subprocess has used 0 MB of VRAM",) if measured else ()),
            ),
            remedy="mostly a call without a timeout, or output beyond 64 KiB that"
            " nobody reads: write output to a file, set timeout_seconds; to end it,"
            f" write signals/{agent.id}.abort",
            ask=f"worker {agent.id} --logs-only",
        )
