"""A task failed: its real error, wherever the system put it, and what fell with it."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cascades import cascade, root
from bot.domain.cases import Case
from bot.domain.failures import FailureKind, fails_again, failure_kind
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import ending
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskId, TaskPhase

SEVERAL: Final = "failed tasks"


def failed_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task; a cascade names the root it was told."""
    for task in case.tasks or ():
        if task.phase is TaskPhase.FAILED:
            yield _finding(task, root(cascade(task, case.tasks_by_id)), case)


def _finding(task: Task, root: Task | None, case: Case) -> Finding:
    cause = root or task
    evidence = []
    if root is not None:
        evidence.append(f"its row says: {task.error}")
        evidence.append(f"{root.id} failed by itself: {root.error or 'no error text'}")
    elif task.error:
        evidence.append(f"its row says: {task.error}")
    else:
        evidence.append("its row holds no error text in any column")
    evidence += ending(task)
    return Finding(
        rule="failed-task",
        severity=Severity.CRITICAL,
        confidence=Confidence.CONFIRMED,
        title=f"task {task.id[:8]} {_fell(task, root)}",
        subject=Subject(kind="task", id=task.id),
        evidence=tuple(evidence),
        remedy=_remedy(cause)
        if root or task.cascaded_from is None
        else _instead(task.cascaded_from, case),
        ask=f"task {root.id}" if root else _ask(task, case),
    )


def _instead(culprit: TaskId, case: Case) -> str:
    """Return what to do about a task of which it is not known what it fell with."""
    anew = "submit the whole anew, of which this is a part"
    if culprit in case.gone:
        return f"task {culprit}, with which it fell, no longer exists: {anew}"
    return f"see task {culprit}, with which it fell; if that is gone, {anew}"


def _ask(task: Task, case: Case) -> str:
    """Return where to go on with one of which no root is known, as its remedy says."""
    if task.cascaded_from is not None:
        gone = task.cascaded_from in case.gone
        return f"task {task.id if gone else task.cascaded_from}"
    if not task.error and task.worker_id:
        return f"worker {typed(task.worker_id)}"
    if task.spent or fails_again(task.error) or not task.error:
        return f"task {task.id}"
    return f"task requeue {task.id}"


def _fell(task: Task, root: Task | None) -> str:
    if root is not None:
        return f"fell with {root.id[:8]}"
    if task.cascaded_from is not None:
        return f"fell with {task.cascaded_from[:8]}"
    return "fell with its tasks" if task.sums_up else "failed by itself"


def _remedy(task: Task) -> str:
    kind = failure_kind(task.error)
    if kind is FailureKind.MEMORY:
        return (
            "submit it anew with fewer frames or pixels, or where the GPUs have more"
            " memory: as it is, it would probably fail again"
        )
    if kind is FailureKind.LORA:
        return (
            "open the LoRA addresses in its parameters, and submit it anew without the"
            " one that does not answer"
        )
    if kind is FailureKind.UPLOAD:
        return f"the result was probably made; if storage is well now, {_again(task)}"
    if not task.error:
        return "read its worker's last lines before it ended"
    return f"mend what the error names, then {_again(task)}"


def _again(task: Task) -> str:
    """Return how it is done again; one that spent its attempts only as a new task."""
    if task.spent:
        return "submit it anew: it has no attempt left"
    return f"queue it again: task requeue {task.id}"
