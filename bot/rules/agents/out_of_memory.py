"""A task ran out of GPU memory (systems/agents.md, 3A, 17)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.file_failures import ErrorKind, failures
from bot.domain.file_proofs import called, ended, failure
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks without enough GPU memory"
EXPLAINS: Final = ("failed-task", "retries-exhausted")
REPLACES: Final = ("failed-task",)


def out_of_memory(case: Case) -> Iterator[Finding]:
    """Yield a finding for every failed task whose error tells of CUDA memory."""
    for task in failures(case, ErrorKind.GPU_MEMORY):
        yield Finding(
            rule="out-of-memory",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} ran out of GPU memory",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                *failure(task),
                *(
                    (f"its vram_estimate_mb is {task.vram_estimate_mb}",)
                    if task.vram_estimate_mb is not None
                    else ()
                ),
                ended(task),
            ),
            remedy="raise its vram_estimate_mb, so that less runs beside it, or lower"
            " its batch size",
            ask=f"worker {task.worker}" if task.worker else "",
        )
