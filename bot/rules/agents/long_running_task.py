"""A task runs for over 300 s: the guide calls that worth a look (3A, 3)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_limits import LONG_RUNNING, hung
from bot.domain.agent_lives import beats, holder, running
from bot.domain.cases import Case
from bot.domain.file_proofs import called, sidecar, started
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken

SEVERAL: Final = "long tasks"


def long_running_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task over 300 s that no pause and no lost agent delays.

    One of an agent that never beat, or is not known, is told as well.
    """
    queue = case.file_queue
    if queue is None:
        return
    for task in running(queue):
        agent, limit = holder(queue, task), hung(task.task_class)
        if task.started_at is None or case.now - task.started_at <= LONG_RUNNING:
            continue
        if agent and (agent.pause or not beats(queue, agent, case.now)):
            continue
        yield Finding(
            rule="long-running-task",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            title=f"{called(task)} runs long: {spoken(case.now - task.started_at)}"
            f" on {task.worker or 'no worker'}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                started(task, case.now),
                sidecar(task, case.now),
                f"{spoken(LONG_RUNNING)} is long, {spoken(limit)} a hang",
            ),
            remedy="long tasks run so; see whether its lines go on",
            ask=f"task {task.id}",
        )
