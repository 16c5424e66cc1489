"""The subprocess of a task ended without a result (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks whose subprocess died"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def subprocess_died(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task whose subprocess was killed."""
    for task in failures(case, ErrorKind.SUBPROCESS):
        yield Finding(
            rule="subprocess-died",
            severity=Severity.CRITICAL,
            confidence=Confidence.LIKELY,
            title=f"{called(task)} lost its subprocess: it left no result",
            subject=Subject(kind="task", id=task.id),
            evidence=(*failure(task), ended(task)),
            remedy="see dmesg of its host for the OOM killer, or who killed it: a"
            " subprocess that is killed leaves nothing to parse",
            ask=f"worker {task.worker}" if task.worker else "",
        )
