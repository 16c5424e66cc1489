"""A task was given data that it cannot read (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks with unreadable input"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def bad_input(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task whose input is broken."""
    for task in failures(case, ErrorKind.INPUT):
        yield Finding(
            rule="bad-input",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} was given data that it cannot read",
            subject=Subject(kind="task", id=task.id),
            evidence=(*failure(task), ended(task)),
            remedy="look at its input file: cut short, or of another format; retries"
            " are useless",
            ask=f"worker {task.worker}" if task.worker else "",
        )
