"""A task in progress on which nobody works any more (systems/agents.md, 3A, 5)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.domain.agent_limits import ORPHANED
from bot.domain.agent_lives import holder, progress_at, running
from bot.domain.agent_retries import of_orphan, why_orphaned
from bot.domain.cases import Case
from bot.domain.file_proofs import beat, called, sidecar, started
from bot.domain.file_queue import Agent, FileQueue, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject

ANSWERS: Final = ("queue",)
SEVERAL: Final = "orphaned tasks"
EXPLAINS: Final = ("long-running-task",)
REPLACES: Final = EXPLAINS


def orphaned_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task whose agent is lost, or does not know of it.

    One that was claimed just now is not yet in the heartbeat. An agent that never
    beat, and no agent at all, work on nothing.
    """
    queue = case.file_queue
    if queue is None or queue.agents is None:
        return
    for task in running(queue):
        agent, since = holder(queue, task), progress_at(task)
        if since is None:
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
                *_held(queue, task, agent, case.now),
            ),
            remedy=of_orphan(queue, silence, case.now).removeprefix("no: "),
            ask=f"worker {task.worker}" if _known(queue, task) else "workers",
        )


def _held(
    queue: FileQueue, task: TaskFile, agent: Agent | None, now: datetime
) -> tuple[str, ...]:
    """Return when its agent last beat, or that none who beats is the one it names."""
    if agent is not None:
        return (beat(agent, now),)
    if task.worker is None:
        return ()
    due = queue.configured is not None and task.worker in queue.configured.agents
    names = f", though config.json names {task.worker}" if due else ""
    return (f"no heartbeat.json is that of {task.worker}{names}",)


def _known(queue: FileQueue, task: TaskFile) -> bool:
    """Tell whether the worker that it names can be asked about."""
    due = queue.configured.agents if queue.configured else ()
    return holder(queue, task) is not None or task.worker in due
