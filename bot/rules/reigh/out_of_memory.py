"""A generation wanted more memory than there was (systems/reigh.md, F6)."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain import failures
from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.failures import FailureKind, failure_kind
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.proofs import ending
from bot.domain.spelling import typed
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import stamp

SEVERAL: Final = "tasks stopped by GPU memory or CUDA"
MARKERS: Final = ("out of memory", "CUDA error", "OOM")
EXPLAINS: Final = ("failed-task",)
REPLACES: Final = EXPLAINS
_NUMBERS: Final = (
    re.compile(r"tried to allocate ([\d.]+ [KMG]i?B)", re.IGNORECASE),
    re.compile(r"capacity of ([\d.]+ [KMG]i?B)", re.IGNORECASE),
    re.compile(r"([\d.]+ [KMG]i?B) (?:is )?free", re.IGNORECASE),
)
_LONGEST: Final = 160
_ASKED: Final = ("parsed_resolution_wh", "num_frames", "model_name")


def out_of_memory(case: Case) -> Iterator[Finding]:
    """Yield a finding for failed tasks whose text, or error line, tells of memory."""
    for task in case.tasks or ():
        if task.phase is not TaskPhase.FAILED or task.cascaded_from is not None:
            continue
        told = failure_kind(task.error)
        if told is FailureKind.MEMORY:
            text, source = task.error or "", "its row"
        elif told is None and (line := _line(task, case)):
            text, source = line
        else:
            continue
        memory = failures.out_of_memory(text)
        sure = memory and told is FailureKind.MEMORY
        yield Finding(
            rule="out-of-memory",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED if sure else Confidence.LIKELY,
            title=f"task {task.id[:8]} ran out of GPU memory"
            if memory
            else f"task {task.id[:8]} was stopped by a CUDA error",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(_evidence(task, text, source, case)),
            remedy="submit it anew with fewer frames or pixels, or where the GPUs have"
            " more memory: as it is, it would probably fail again",
            ask=f"worker {typed(task.worker_id)}"
            if task.worker_id
            else f"task {task.id}",
        )


def _line(task: Task, case: Case) -> tuple[str, str] | None:
    """Return the newest line of the task that tells of it, and where it stands."""
    found = [
        line
        for line in case.told_of_task(task.id, *MARKERS)
        if line.alarming and failure_kind(line.message) is FailureKind.MEMORY
    ]
    if not found:
        return None
    line = found[-1]
    return line.message, f"its line of {stamp(line.at)}"


def _evidence(task: Task, text: str, source: str, case: Case) -> Iterator[str]:
    wanted, capacity, free = (sign.search(text) for sign in _NUMBERS)
    numbers = [
        *((f"it wanted {wanted[1]} more",) if wanted else ()),
        *((f"the GPU has {capacity[1]}",) if capacity else ()),
        *((f"{free[1]} were free",) if free else ()),
    ]
    yield f"{source} says: " + (", ".join(numbers) or start_of(text.strip(), _LONGEST))
    if task.error and text != task.error:
        yield f"its row says: {start_of(task.error.strip(), _LONGEST)}"
    asked = [
        f"{name} {task.parameters[name]}" for name in _ASKED if name in task.parameters
    ]
    if asked:
        yield f"it was asked for with {', '.join(asked)}"
    worker = case.holders_by_id.get(task.worker_id) if task.worker_id else None
    if worker is not None and worker.vram_total_mb and not capacity:
        yield f"its worker's GPU has {worker.vram_total_mb} MB"
    yield from ending(task)
