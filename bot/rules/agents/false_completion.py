"""A batch was called complete while a task of it had failed (3A, 11)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.domain.agent_names import SHORT
from bot.domain.cases import Case
from bot.domain.file_proofs import path
from bot.domain.file_queue import FileQueue, TaskFile, Told
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import TaskPhase
from bot.domain.times import stamp

ANSWERS: Final = ("orchestrator",)
SEVERAL: Final = "batches falsely called complete"
COMPLETE: Final = "BATCH_COMPLETE"
AFTER: Final = ("RETRY", "ABANDON", "BATCH_ABORTED")
# A load that was given up on fails no batch (systems/agents.md, 1A.3).
HARMLESS: Final = "resource_meta_exhausted_nonfatal"
_ILL: Final = (TaskPhase.FAILED, TaskPhase.CANCELLED)


def false_completion(case: Case) -> Iterator[Finding]:
    """Yield a finding for batches of which a task failed, or was retried since."""
    queue = case.file_queue
    if queue is None:
        return
    failed, later = _failed(queue), _later(queue)
    for done in queue.told or ():
        batch = done.batch or done.subject
        if done.kind != COMPLETE or not batch:
            continue
        since = [each for each in later.get(batch, ()) if each.last_at > done.last_at]
        if batch in failed or since:
            yield _finding(batch, done, failed.get(batch, ()), since)


def _failed(queue: FileQueue) -> Mapping[str, Sequence[TaskFile]]:
    """Return the failed tasks by their batch."""
    found: dict[str, list[TaskFile]] = {}
    for each in queue.tasks or ():
        if each.phase in _ILL and each.ended_because != HARMLESS:
            found.setdefault(each.batch, []).append(each)
    return found


def _later(queue: FileQueue) -> Mapping[str, Sequence[Told]]:
    """Return the decisions that tell of a failure, by the batch of their task."""
    batches = {each.id[:SHORT]: each.batch for each in queue.tasks or ()}
    found: dict[str, list[Told]] = {}
    for each in queue.told or ():
        if each.kind in AFTER:
            batch = each.batch or batches.get(each.subject[:SHORT], each.subject)
            found.setdefault(batch, []).append(each)
    return found


def _finding(
    batch: str, done: Told, failed: Sequence[TaskFile], later: Sequence[Told]
) -> Finding:
    name = (failed[0].name or failed[0].id[:SHORT]) if failed else ""
    return Finding(
        rule="false-completion",
        severity=Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"batch {batch} was called complete at {stamp(done.last_at)}, and"
        + (f" {name} has failed" if name else " went on"),
        subject=Subject(kind="batch", id=batch),
        evidence=(
            f"logs/brain_decisions.log, {stamp(done.last_at)}: {done.message}",
            *(f"{stamp(each.last_at)}: {each.message}" for each in later[:3]),
            *(f"{path(each)}: {each.status}" for each in failed[:3]),
        ),
        remedy="take its output for unfinished; the brain counts a task that failed"
        " and awaits its retry as done",
        ask=f"task {failed[0].id}" if failed else "orchestrator",
    )
