"""A task failed: its real error, wherever the system put it, and what fell with it."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import stamp

# systems/reigh.md, 1.6: what a coordinator says whose tasks failed.
_OF_ITS_TASKS: Final = re.compile(r"\b\d+ of \d+ segments failed\b")


def failed_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task; a cascade names the root it was told."""
    for task in case.tasks or ():
        if task.phase is TaskPhase.FAILED:
            yield _finding(task, _root(task, case))


def _root(task: Task, case: Case) -> Task | None:
    """Return the last known task of the cascade that *task* fell with, if any.

    A coordinator fell with the first of its tasks that failed by itself.
    """
    if _sums_up(task):
        fallen = (
            each
            for each in case.tasks or ()
            if each.parent == task.id
            and each.phase is TaskPhase.FAILED
            and each.cascaded_from is None
        )
        return min(fallen, key=lambda each: each.created_at, default=None)
    seen = {task.id}
    here = task
    while here.cascaded_from is not None and here.cascaded_from not in seen:
        cause = case.tasks_by_id.get(here.cascaded_from)
        if cause is None:
            break
        seen.add(cause.id)
        here = cause
    return None if here is task else here


def _finding(task: Task, root: Task | None) -> Finding:
    cause = root or task
    evidence = []
    if root is not None:
        evidence.append(f"its row says: {task.error}")
        evidence.append(f"{root.id} failed by itself: {root.error or 'no error text'}")
    elif task.error:
        evidence.append(f"its row says: {task.error}")
    else:
        evidence.append("its row holds no error text in any column")
    if task.processed_at:
        evidence.append(f"it ended at {stamp(task.processed_at)}")
    if task.worker_id:
        evidence.append(f"it ran on {task.worker_id}")
    return Finding(
        rule="failed-task",
        severity=Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"task {task.id[:8]} {_fell(task, root)}",
        subject=Subject(kind="task", id=task.id),
        evidence=tuple(evidence),
        remedy=_remedy(cause),
        ask=f"task {root.id}" if root else "",
    )


def _fell(task: Task, root: Task | None) -> str:
    if root is not None:
        return f"fell with {root.id[:8]}"
    if task.cascaded_from is not None:
        return f"fell with {task.cascaded_from[:8]}"
    return "fell with its tasks" if _sums_up(task) else "failed by itself"


def _sums_up(task: Task) -> bool:
    """Tell whether a coordinator only says how many of its tasks failed."""
    return task.coordinates and _OF_ITS_TASKS.search(task.error or "") is not None


def _remedy(task: Task) -> str:
    text = (task.error or "").lower()
    if any(word in text for word in ("out of memory", "oom", "cuda error")):
        return "run it on a GPU with more memory, or with fewer frames or pixels"
    if "safetensors" in text or "lora" in text:
        return "check that the LoRA addresses in its parameters still answer"
    if "upload failed" in text or "completion failed" in text:
        return "the result was probably made: queue it again if storage is well now"
    if not text:
        return "read its worker's last lines before it ended"
    return "mend what the error names, then queue it again"
