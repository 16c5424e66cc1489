"""A task waited for a model or a service in vain (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks that timed out"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def call_timeout(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task whose call timed out."""
    for task in failures(case, ErrorKind.TIMEOUT):
        yield Finding(
            rule="call-timeout",
            severity=Severity.CRITICAL,
            confidence=Confidence.LIKELY,
            title=f"{called(task)} timed out waiting for an answer",
            subject=Subject(kind="task", id=task.id),
            evidence=(*failure(task), ended(task)),
            remedy="see whether the model's runtime on its worker is healthy; raise"
            " timeout_seconds if it is merely slow",
            ask=f"worker {task.worker}" if task.worker else "",
        )
