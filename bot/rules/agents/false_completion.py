"""A batch was called complete while a task of it had failed (3A, 11)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_proofs import path
from bot.domain.file_queue import SHORT, FileQueue, Lane, TaskFile, Told, same_task
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import stamp

SEVERAL: Final = "batches falsely called complete"
COMPLETE: Final = "BATCH_COMPLETE"
AFTER: Final = ("RETRY", "ABANDON", "BATCH_ABORTED")
# A load that was given up on fails no batch (systems/agents.md, 1A.3).
HARMLESS: Final = "resource_meta_exhausted_nonfatal"


def false_completion(case: Case) -> Iterator[Finding]:
    """Yield a finding for batches of which a task failed, or was retried since."""
    queue = case.file_queue
    if queue is None:
        return
    for done in queue.told or ():
        batch = done.batch or done.subject
        if done.kind != COMPLETE or not batch:
            continue
        failed = [
            each
            for each in queue.tasks or ()
            if each.lane is Lane.FAILED
            and each.batch == batch
            and each.ended_because != HARMLESS
        ]
        later = tuple(_since(queue, done, batch))
        if not failed and not later:
            continue
        name = failed[0].name if failed else ""
        yield Finding(
            rule="false-completion",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"batch {batch} was called complete at {stamp(done.last_at)}, and"
            + (f" {name or failed[0].id[:SHORT]} has failed" if failed else " went on"),
            subject=Subject(kind="batch", id=batch),
            evidence=(
                f"logs/brain_decisions.log, {stamp(done.last_at)}: {done.message}",
                *(f"{stamp(each.last_at)}: {each.message}" for each in later[:3]),
                *(f"{path(each)}: {each.status}" for each in failed[:3]),
            ),
            remedy="take its output for unfinished; the brain counts a task that"
            " failed and awaits its retry as done",
            ask=f"task {failed[0].id}" if failed else "orchestrator",
        )


def _since(queue: FileQueue, done: Told, batch: str) -> Iterator[Told]:
    """Yield what the brain did for tasks of the batch after it called it complete."""
    own: list[TaskFile] = [each for each in queue.tasks or () if each.batch == batch]
    for each in queue.told or ():
        if each.kind not in AFTER or each.last_at <= done.last_at:
            continue
        of = batch in (each.batch, each.subject) or any(
            same_task(task.id, each.subject) for task in own
        )
        if of:
            yield each
