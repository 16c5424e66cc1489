"""A task names a file that is not there (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks without a file"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def missing_path(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task that lacks a file."""
    for task in failures(case, ErrorKind.PATH):
        yield Finding(
            rule="missing-path",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} names a path that does not exist",
            subject=Subject(kind="task", id=task.id),
            evidence=(*failure(task), ended(task)),
            remedy="see whether the script or an earlier step's output lies there, on"
            " that worker's host",
            ask=f"worker {task.worker}" if task.worker else "",
        )
