"""A task was queued again after its worker was lost (systems/agents.md, 3A, 5)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.agent_names import Lane
from bot.domain.cases import Case
from bot.domain.file_proofs import called, path
from bot.domain.file_queue import TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

SEVERAL: Final = "tasks queued again"
REASONS: Final = {
    "orphan_recovered": "its worker was lost",
    "force_kill_timeout": "it was stuck, and did not end when killed",
}


def recovered_orphan(case: Case) -> Iterator[Finding]:
    """Yield a finding for every unfinished task that was given back by the brain."""
    queue = case.file_queue
    for task in (queue.tasks if queue else None) or ():
        why = REASONS.get(task.requeue_reason or "")
        if why is None or task.lane not in (Lane.QUEUE, Lane.PROCESSING):
            continue
        yield Finding(
            rule="recovered-orphan",
            severity=Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} was queued again: {why}",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(_evidence(task)),
            remedy="see what became of the worker that had it: what it did twice has"
            " to be harmless",
            ask=f"worker {_before(task)}" if _before(task) else "orchestrator",
        )


def _before(task: TaskFile) -> str | None:
    return task.orphan_of or (task.attempted[-1] if task.attempted else None)


def _evidence(task: TaskFile) -> Iterator[str]:
    at = f" at {stamp(task.requeued_at)}" if task.requeued_at else ""
    yield f"{path(task)}: queued again{at}, {task.requeue_reason}"
    if task.orphan_of:
        yield f"it was recovered from {task.orphan_of}"
    if task.attempted:
        yield f"it was tried on {', '.join(task.attempted)}"
