"""RunPod has no machine of the wanted kind (systems/reigh.md, F21)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
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
_UNMADE: Final = "Failed to spawn"
_REFUSED: Final = "no longer any instances available"


def no_capacity(case: Case) -> Iterator[Finding]:
    """Yield a finding when pods were lately refused for want of machines.

    The orchestrator writes lines only when told to: the rows of workers that could not
    be made say it as well, unless a line names another reason. It weighs little when
    one was rented since: other tiers and volumes are tried by themselves.
    """
    refused = [
        line for line in case.marked.get(POD_REFUSED, ()) if _lately(line.at, case)
    ]
    lines = [line for line in refused if _REFUSED in line.message]
    lines += [
        line for line in case.marked.get(TIER_REFUSED, ()) if _lately(line.at, case)
    ]
    unmade = [
        worker.error_at
        for worker in case.workers or ()
        if (worker.error_reason or "").startswith(_UNMADE)
        and worker.error_at is not None
        and _lately(worker.error_at, case)
    ]
    if not lines and (refused or not unmade):
        return
    recent = sorted({*lines}, key=lambda line: line.order)
    newest = recent[-1].at if recent else max(unmade)
    rented = [line for line in _by_orchestrator(case) if line.at >= newest]
    evidence = []
    if recent:
        evidence.append(
            f"{some(len(recent), 'line')} in {spoken(SPAN)}, the last at"
            f" {stamp(newest)}: {start_of(_telling(recent).message.strip(), 160)}"
        )
    if unmade:
        count = some(len(unmade), "worker")
        evidence.append(f"{count} given up as '{_UNMADE} Runpod instance'")
    if rented:
        evidence.append(f"one was rented at {stamp(rented[0].at)}")
    yield Finding(
        rule="no-capacity",
        severity=Severity.INFO if rented else Severity.WARNING,
        confidence=Confidence.CONFIRMED if recent else Confidence.LIKELY,
        title=f"RunPod lately had no machine to rent, last at {stamp(newest)}",
        subject=Subject(kind="orchestrator", id="orchestrator"),
        evidence=tuple(evidence),
        remedy="allow another GPU type (RUNPOD_GPU_TYPE), a lower RAM tier or another"
        " volume, or wait: machines come back",
        ask="logs --source orchestrator_gpu --level ERROR",
    )


def _lately(at: datetime, case: Case) -> bool:
    return case.now - at <= SPAN


def _telling(recent: Sequence[LogLine]) -> LogLine:
    """Return the newest line with RunPod's own words, else the newest."""
    said = [line for line in recent if _REFUSED in line.message]
    return (said or recent)[-1]


def _by_orchestrator(case: Case) -> list[LogLine]:
    lines = case.marked.get(RENTED, ())
    return [line for line in lines if line.source == "orchestrator_gpu"]
