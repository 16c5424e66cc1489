"""A task could not import what it needs (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks without a module"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def missing_module(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task that lacks a module."""
    for task in failures(case, ErrorKind.MODULE):
        yield Finding(
            rule="missing-module",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} lacks a Python module",
            subject=Subject(kind="task", id=task.id),
            evidence=(*failure(task), ended(task)),
            remedy="install the module into the environment of the workers, or name it"
            " in the plan's env_manifest.json",
            ask=f"worker {task.worker}" if task.worker else "",
        )
