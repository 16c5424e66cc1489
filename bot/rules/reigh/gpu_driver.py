"""A worker's GPU or its driver does not answer (systems/reigh.md, F26)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import CUDA_MISSING, NVML
from bot.domain.times import stamp
from bot.domain.workers import Pulse, Worker

SEVERAL: Final = "workers that cannot use their GPU"
FATAL: Final = "Fatal-pattern error detected"  # the first of two ends nothing yet
MARKERS: Final = (
    CUDA_MISSING,
    "torch.cuda.is_available(): False",
    NVML,
    "Failed to initialize current device",
    FATAL,
)
EXPLAINS: Final = (
    *("crashed-worker", "failed-task", "failed-worker", "never-started"),
    *("heartbeat-ageing", "heartbeat-stale", "init-crash", "orphaned-task"),
)
_LONGEST: Final = 160


def gpu_driver(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers whose lines, reason or memory tell of it."""
    for worker in case.workers or ():
        if not worker.runs_on_gpu or case.scaled_down(worker):
            continue
        evidence = []
        lines = _lines(worker, case)
        sure = any(marker != FATAL for _, marker in lines)
        if lines:
            newest, marker = max(lines, key=lambda told: told[1] != FATAL)
            times = f", {len(lines)} such lines" if len(lines) > 1 else ""
            text = next(
                each for each in newest.message.splitlines() if marker in each
            ).strip()
            evidence.append(f"at {stamp(newest.at)}: {start_of(text, _LONGEST)}{times}")
        if (worker.error_reason or "").startswith("FATAL"):
            evidence.append(f"its row says: {worker.error_reason}")
        blind = worker.vram_total_mb == 0 and worker.pulse(case.now) is Pulse.HEALTHY
        if blind:
            evidence.append("its heartbeat is fresh and tells of 0 MB of VRAM")
        if not evidence:
            continue
        if worker.storage_volume:
            evidence.append(f"its volume is {worker.storage_volume}")
        cure = case.cure(worker)
        yield Finding(
            rule="gpu-driver",
            severity=Severity.CRITICAL if sure else Severity.WARNING,
            confidence=Confidence.CONFIRMED if sure else Confidence.LIKELY,
            title=f"{worker.id} cannot use its GPU",
            subject=Subject(kind="worker", id=worker.id),
            evidence=tuple(evidence),
            remedy=f"{cure.told}, so that another pod takes its place; if others of"
            " its volume say the same (workers --detailed), avoid that volume",
            ask=cure.words if cure.ends else "workers --detailed",
        )


def _lines(worker: Worker, case: Case) -> list[tuple[LogLine, str]]:
    """Return the lines it wrote, or that name it, oldest first, with their markers."""
    found = {
        line: marker for marker in MARKERS for line in case.told(worker.id, marker)
    }
    order = sorted(found, key=lambda line: line.order)
    return [(line, found[line]) for line in order]
