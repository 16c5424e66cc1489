"""A result was made and could not be handed in (systems/reigh.md, F27)."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.failures import FailureKind, failure_kind
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import ending
from bot.domain.tasks import Task, TaskPhase

SEVERAL: Final = "tasks whose result was lost on its way"
EXPLAINS: Final = ("failed-task",)
REPLACES: Final = EXPLAINS
_ERRORS: Final = "logs --source edge_function --level ERROR"
_EDGE: Final = re.compile(r"\[EDGE_FAIL:([^:\]]+):([^\]]+)\]")
_PASSING: Final = re.compile(r"5XX|HTTP_5\d\d|TIMEOUT|NETWORK", re.IGNORECASE)


def upload_failure(case: Case) -> Iterator[Finding]:
    """Yield a finding for failed tasks whose upload or completion failed."""
    for task in case.tasks or ():
        if (
            task.phase is TaskPhase.FAILED
            and task.cascaded_from is None
            and failure_kind(task.error) is FailureKind.UPLOAD
        ):
            yield _finding(task, task.error or "")


def _finding(task: Task, text: str) -> Finding:
    step = "completion" if text.strip().startswith("Completion") else "upload"
    evidence = [f"its row says: {start_of(text.strip(), 160)}"]
    edge = _EDGE.search(text)
    passing = False
    if edge:
        function, kind = edge.groups()
        passing = _PASSING.fullmatch(kind) is not None
        evidence.append(f"the edge function {function} failed it with {kind}")
    evidence += ending(task)
    if task.spent:
        evidence.append(f"it was tried {task.attempts} times, which is all it gets")
    again = "submit it anew" if task.spent else "queue it again"
    return Finding(
        rule="upload-failure",
        severity=Severity.CRITICAL,
        confidence=Confidence.LIKELY,
        title=f"task {task.id[:8]} probably made its result and lost it: {step} failed",
        subject=Subject(kind="task", id=task.id),
        evidence=tuple(evidence),
        remedy=f"such a fault passes: {again} if storage is well now, which"
        f" {_ERRORS} --hours 1 tells"
        if passing
        else f"see why it was refused before you {again}: it may be refused anew",
        ask=_ERRORS if task.spent or not passing else f"task requeue {task.id}",
    )
