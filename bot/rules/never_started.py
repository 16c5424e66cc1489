"""A worker was made and never came up (systems/reigh.md, F2)."""

from collections.abc import Iterator

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.times import spoken, stamp
from bot.domain.workers import STARTUP, WorkerPhase


def never_started(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers over 10 min old that never beat.

    Logs travel inside heartbeats, so a worker without one has written no line either;
    a line that it did write proves it started all the same.
    """
    for worker in case.workers or ():
        age = case.now - worker.created_at
        if (
            worker.phase not in (WorkerPhase.STARTING, WorkerPhase.ACTIVE)
            or not worker.runs_on_gpu
            or worker.last_heartbeat_at is not None
            or age <= STARTUP
            or worker.id in case.last_lines
        ):
            continue
        yield Finding(
            rule="never-started",
            severity=Severity.CRITICAL,
            confidence=Confidence.LIKELY,
            title=f"{worker.id} never started: no heartbeat in {spoken(age)}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                f"created at {stamp(worker.created_at)}, status {worker.status}",
                "its row holds no heartbeat later than its creation",
            ),
            remedy="read what the orchestrator saw at its start; common: a missing"
            " module, a full disk, SSH refused, no GPU driver (a first install of the"
            " dependencies may take 20 min)",
            ask=f"worker {worker.id} --startup",
        )
