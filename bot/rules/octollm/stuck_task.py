"""A task is in progress for longer than its budget allows (octollm.md, 3B, 8)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import dated, spoken

SEVERAL: Final = "tasks over their budget"


def stuck_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task that is over its budget's time.

    It is counted from the last change of its row: nobody records when it began.
    """
    backlog = case.services.backlog if case.services else None
    for each in (backlog.processing if backlog else None) or ():
        span = case.now - each.since
        if span <= each.allowed:
            continue
        task = case.tasks_by_id.get(each.task_id)
        arm = task.worker_id if task else None
        yield Finding(
            rule="stuck-task",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            title=f"task {each.task_id[:8]} is over its budget: in progress for"
            f" {spoken(span)}",
            subject=Subject(kind="task", id=each.task_id),
            evidence=(
                f"its row last changed at {dated(each.since, case.now)}",
                f"its budget allows {spoken(each.allowed)} (max_time_seconds)",
                *((f"it is assigned to {arm}",) if arm else ()),
            ),
            remedy="see whether who took it up still lives; nothing in OctoLLM ends a"
            " task that is over its budget",
            ask=f"worker {arm}" if arm else f"task {each.task_id} --logs-only",
        )
