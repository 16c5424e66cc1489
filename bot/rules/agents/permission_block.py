"""A command was not allowed: no retry changes that (systems/agents.md, 3A, 15)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import BLOCKED, failures
from bot.domain.file_proofs import called, ended, said
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks that were not allowed"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)
ACTIONS: Final = (BLOCKED, "needs_approval")


def permission_block(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task whose command was blocked."""
    for task in failures(case):
        if task.action not in ACTIONS:
            continue
        why = said(task.error or "") or "no reason was written"
        verb = "was blocked" if task.action == BLOCKED else "needs an approval"
        yield Finding(
            rule="permission-block",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} {verb}: {why}",
            subject=Subject(kind="task", id=task.id),
            evidence=(ended(task), f"its result says {task.action}: {why}"),
            remedy="add the command's pattern to bash.allowed_commands in"
            " agents/permissions/worker.json, or use an allowed path; retries are"
            " useless",
            ask=f"worker {task.worker}" if task.worker else "",
        )
