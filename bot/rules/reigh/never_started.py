"""A worker was made and never came up (systems/reigh.md, F2)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import (
    DIED_AT_ONCE,
    LAUNCH_FAILED,
    MODULE_MISSING,
    NO_SPACE,
    NVML,
    SCRIPT_FAILED,
    SCRIPT_UNMADE,
)
from bot.domain.spelling import typed
from bot.domain.times import spoken, stamp
from bot.domain.workers import WorkerId

SEVERAL: Final = "workers that never started"
EXPLAINS: Final = ("orphaned-task", "queue-without-workers")
# What stops a start, as the orchestrator's copy of the pod's log tells it
# (systems/reigh.md, 3.3); the first that is found is nearest to the cause.
MARKERS: Final = (
    MODULE_MISSING,
    NO_SPACE,
    NVML,
    SCRIPT_FAILED,
    DIED_AT_ONCE,
    LAUNCH_FAILED,
    SCRIPT_UNMADE,
)
_LONGEST: Final = 160
_IN_TITLE: Final = 100


def never_started(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers over 10 min old that never beat.

    Logs travel inside heartbeats, so a worker without one has written no line either;
    a line that it did write proves it started all the same.
    """
    for worker in case.workers or ():
        if not worker.unborn(case.now) or worker.id in case.last_lines:
            continue
        age = case.now - worker.created_at
        line, said = _seen(worker.id, case)
        seen = f"at {stamp(line.at)} its start showed: {said}" if line else None
        shown = f"{start_of(said, _IN_TITLE)}; " if line else ""
        evidence = (
            f"created at {stamp(worker.created_at)}, status {worker.status}",
            "its row holds no heartbeat later than its creation",
            *((case.reading(by=worker.id),) if worker.id in case.logs_read else ()),
        )
        yield Finding(
            rule="never-started",
            severity=Severity.CRITICAL,
            confidence=Confidence.CONFIRMED if seen else Confidence.LIKELY,
            title=f"{worker.id} never started: {shown}no heartbeat in {spoken(age)}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(seen, *evidence) if seen else evidence,
            remedy=(
                "mend what its start stopped at; the next worker will stop there too"
                if seen
                else "read what the orchestrator saw at its start; common: a missing"
                " module, a full disk, SSH refused, no GPU driver (a first install of"
                " the dependencies may take 20 min)"
            )
            + f"; {case.cure(worker).told}",
            ask=f"worker {typed(worker.id)} --startup",
        )


def _seen(id: WorkerId, case: Case) -> tuple[LogLine | None, str]:
    """Return the line that names the worker and tells what its start stopped at."""
    for marker in MARKERS:
        for line in case.told(id, marker)[:1]:
            said = next(each for each in line.message.splitlines() if marker in each)
            return line, start_of(said.strip(), _LONGEST)
    return None, ""
