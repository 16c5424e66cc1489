"""Two plans run under one batch id, which is of whole seconds (3A, 11)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_queue import FileQueue
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "batch ids of several plans"
EXPLAINS: Final = ("false-completion",)
SYSTEM: Final = "system"  # meta tasks of any plan bear it


def shared_batch_id(case: Case) -> Iterator[Finding]:
    """Yield a finding for every batch id that tasks or decisions of two plans bear."""
    queue = case.file_queue
    if queue is None:
        return
    for batch, plans in _plans(queue).items():
        if len(plans) < 2:
            continue
        yield Finding(
            rule="shared-batch-id",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"batch id {batch} is shared by the plans {', '.join(sorted(plans))}",
            subject=Subject(kind="batch", id=batch),
            evidence=tuple(f"{plan}: {plans[plan]}" for plan in sorted(plans)),
            remedy="they were submitted within one second: what is said of the batch"
            " means both; give BATCH_ID when plans are submitted together",
            ask="tasks",
        )


def _plans(queue: FileQueue) -> dict[str, dict[str, str]]:
    """Return by batch id its plans, each with where that stands."""
    found: dict[str, dict[str, str]] = {}
    for each in queue.tasks or ():
        if each.batch not in ("", SYSTEM) and each.plan:
            plans = found.setdefault(each.batch, {})
            plans.setdefault(each.plan, f"task {each.id} names both")
    for told in queue.told or ():
        if told.batch and told.plan:
            plans = found.setdefault(told.batch, {})
            plans.setdefault(told.plan, f"the brain's {told.kind}: {told.message}")
    return found
