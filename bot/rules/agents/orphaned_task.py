"""A task in progress on which nobody works any more (systems/agents.md, 3A, 5)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import ORPHANED
from bot.domain.agent_lives import holder, progress_at, running
from bot.domain.agent_retries import of_orphan, why_orphaned
from bot.domain.cases import Case
from bot.domain.file_proofs import beat, called, sidecar, started
from bot.domain.findings import Confidence, Finding, Severity, Subject

ANSWERS: Final = ("queue",)
SEVERAL: Final = "orphaned tasks"
EXPLAINS: Final = ("long-running-task",)
REPLACES: Final = EXPLAINS


def orphaned_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task whose agent is lost, or does not know of it.

    One that was claimed just now is not yet in the heartbeat.
    """
    queue = case.file_queue
    if queue is None or queue.agents is None:
        return
    for task in running(queue):
        agent, since = holder(queue, task), progress_at(task)
        if agent is None or since is None:
            continue
        reason = why_orphaned(queue, agent, task, case.now)
        if reason is None:
            continue
        silence = case.now - since
        yield Finding(
            rule="orphaned-task",
            severity=Severity.CRITICAL if silence > ORPHANED else Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} is orphaned: {reason}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                started(task, case.now),
                sidecar(task, case.now),
                beat(agent, case.now),
            ),
            remedy=of_orphan(queue, silence, case.now).removeprefix("no: "),
            ask=f"worker {agent.id}",
        )
