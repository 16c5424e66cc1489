"""A task was given up because another one of its batch failed."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import failures, fell_with_batch
from bot.domain.file_proofs import called, ended, said
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks given up with their batch"


def abandoned_with_batch(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task that fell with its batch, naming the cause."""
    queue = case.file_queue
    if queue is None:
        return
    failed = sorted(failures(case), key=lambda each: each.id)
    causes = {each.batch: each for each in failed if each.batch}
    for task in queue.tasks or ():
        if not fell_with_batch(task):
            continue
        late = task.ended_at is not None and task.ended_at not in queue.window
        if late and task.id not in case.tasks_by_id:
            continue
        cause = causes.get(task.batch)
        of = f": {cause.name or cause.id[:8]} failed" if cause else ""
        yield Finding(
            rule="abandoned-with-batch",
            severity=Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} was given up with batch {task.batch}{of}",
            subject=Subject(kind="task", id=task.id),
            evidence=(ended(task), said(task.error or "") or "no reason was written"),
            remedy="mend the task that failed, and submit the plan again",
            ask=f"task {cause.id}" if cause else "orchestrator",
        )
