"""RunPod has no machine of the wanted kind (systems/reigh.md, F21)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import POD_REFUSED, RENTED, TIER_REFUSED
from bot.domain.times import spoken, stamp

MARKERS: Final = (POD_REFUSED, TIER_REFUSED, RENTED)
EXPLAINS: Final = (
    *("failed-worker", "queue-without-workers", "spawn-loop", "waiting-task"),
)
SPAN: Final = timedelta(minutes=15)  # as for failing cycles: systems/reigh.md, F23
_REFUSED: Final = "no longer any instances available"


def no_capacity(case: Case) -> Iterator[Finding]:
    """Yield a finding when pods were lately refused for want of machines.

    It weighs little when one was rented since: the orchestrator tries other tiers and
    volumes by itself.
    """
    lines = [
        line for line in case.marked.get(POD_REFUSED, ()) if _REFUSED in line.message
    ]
    lines += case.marked.get(TIER_REFUSED, ())
    recent = sorted(
        {line for line in lines if case.now - line.at <= SPAN},
        key=lambda line: line.order,
    )
    if not recent:
        return
    newest = recent[-1]
    rented = [line for line in _by_orchestrator(case) if line.at >= newest.at]
    unmade = [
        worker
        for worker in case.workers or ()
        if (worker.error_reason or "").startswith("Failed to spawn")
        and worker.error_at is not None
        and case.now - worker.error_at <= SPAN
    ]
    evidence = [
        (
            f"{some(len(recent), 'line')} in {spoken(SPAN)}, the last at"
            f" {stamp(newest.at)}: {start_of(_telling(recent).message.strip(), 160)}"
        )
    ]
    if unmade:
        count = some(len(unmade), "worker")
        evidence.append(f"{count} given up as 'Failed to spawn Runpod instance'")
    if rented:
        evidence.append(f"one was rented at {stamp(rented[0].at)}")
    yield Finding(
        rule="no-capacity",
        severity=Severity.INFO if rented else Severity.WARNING,
        confidence=Confidence.CONFIRMED,
        title=f"RunPod lately had no machine to rent, last at {stamp(newest.at)}",
        subject=Subject(kind="orchestrator", id="orchestrator"),
        evidence=tuple(evidence),
        remedy="allow another GPU type (RUNPOD_GPU_TYPE), a lower RAM tier or another"
        " volume, or wait: machines come back",
        ask="logs --source orchestrator_gpu --level ERROR",
    )


def _telling(recent: Sequence[LogLine]) -> LogLine:
    """Return the newest line with RunPod's own words, else the newest."""
    said = [line for line in recent if _REFUSED in line.message]
    return (said or recent)[-1]


def _by_orchestrator(case: Case) -> list[LogLine]:
    lines = case.marked.get(RENTED, ())
    return [line for line in lines if line.source == "orchestrator_gpu"]
