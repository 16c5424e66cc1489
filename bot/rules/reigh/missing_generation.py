"""A task is complete and left no generation (systems/reigh.md, F14)."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import TaskPhase
from bot.domain.times import stamp

SEVERAL: Final = "complete tasks without a generation"
_ADDRESS: Final = re.compile(r"https?://\S+")


def missing_generation(case: Case) -> Iterator[Finding]:
    """Yield a finding for complete tasks whose result nobody sees in the gallery.

    Only of types whose results become generations; those of a coordinator's tasks are
    put together first. A row may say false though a generation names the
    task: generations are not read.
    """
    for task in case.tasks or ():
        if (
            task.phase is not TaskPhase.DONE
            or task.generation_created is not False
            or task.parent is not None
            or task.task_type not in (case.generating or ())
            or not _ADDRESS.fullmatch(task.output or "")
        ):
            continue
        ended = task.processed_at or task.updated_at
        yield Finding(
            rule="missing-generation",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            title=f"task {task.id[:8]} is complete and made no generation",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                f"its row says generation_created false, status {task.status}",
                *((f"it ended at {stamp(ended)}",) if ended else ()),
                f"results of {task.task_type} become generations",
            ),
            remedy="its result exists: unless a row of generations names the task in"
            " its column tasks, create the generation by hand, and deploy its worker"
            " anew if that is older than November 2025",
            ask=f"logs --task {task.id} --source complete-task --hours 72",
        )
