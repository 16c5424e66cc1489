"""The file system refused a task (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks without permission"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def permission_denied(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task that was refused a path."""
    for task in failures(case, ErrorKind.PERMISSION):
        yield Finding(
            rule="permission-denied",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} was refused by the file system",
            subject=Subject(kind="task", id=task.id),
            evidence=(*failure(task), ended(task)),
            remedy="give the worker's user the right to that path; the permission"
            " files of the agents are another matter",
            ask=f"worker {task.worker}" if task.worker else "",
        )
