"""A worker has had nothing to do, and is not ended (systems/reigh.md, F19)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import TaskPhase
from bot.domain.times import HOUR, spoken, stamp
from bot.domain.workers import Pulse, Worker

SEVERAL: Final = "idle workers not ended"


def idle_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for idle workers above the floor that should have been ended.

    The orchestrator looks once per poll, so it may be late by one. It ends the newest
    first, and keeps as many as the floor.
    """
    if case.workers is None or case.tasks is None or case.claimable != 0:
        return
    beating = [worker for worker in case.workers if worker.beats(case.now)]
    above = len(beating) - case.thresholds.min_active
    if above <= 0:
        return
    limit = case.thresholds.idle + case.thresholds.poll
    found = [(worker, _idle(worker, case)) for worker in beating]
    idle = [(worker, span) for worker, span in found if span and span > limit]
    idle.sort(key=lambda each: each[0].created_at, reverse=True)
    for worker, span in idle[:above]:
        yield _finding(worker, span, len(beating), case)


def _idle(worker: Worker, case: Case) -> timedelta | None:
    """Return how long it had nothing to do, at least; None where it had, or may have.

    Where nobody looked up when it completed a task, a time without any ends tells.
    """
    held = case.tasks_by_worker.get(worker.id, ())
    if worker.pulse(case.now) is not Pulse.HEALTHY:
        return None
    if any(task.phase is TaskPhase.RUNNING for task in held):
        return None
    finished = case.finished or {}
    if worker.id not in finished and case.quiet_since is None:
        return None
    return worker.idle_for(finished.get(worker.id, case.quiet_since), case.now)


def _finding(worker: Worker, idle: timedelta, beating: int, case: Case) -> Finding:
    cost = case.hourly_usd(worker)
    least = "at least " if _quiet_since(worker, case) else ""
    bill = ""
    if cost is not None:
        so_far = f"{least}${cost * (idle / HOUR):.2f} by now"
        bill = f" at ${cost:.2f} an hour, {so_far}"
    return Finding(
        rule="idle-worker",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        title=f"{worker.id} has been idle for {least}{spoken(idle)} and is not ended",
        subject=Subject(kind="worker", id=worker.id),
        evidence=(
            _since(worker, case),
            (
                f"the limit is {spoken(case.thresholds.idle)}"
                " (GPU_IDLE_TIMEOUT_SEC) and one poll"
            ),
            (
                f"{beating} workers beat, {case.thresholds.min_active} are the"
                " floor (MIN_ACTIVE_GPUS), and nothing waits that"
                " could be taken"
            ),
        ),
        remedy="see whether the orchestrator lives and how many tasks it counts;"
        f" until then the pod bills for nothing{bill}: {case.cure(worker).told}",
        ask="orchestrator",
    )


def _quiet_since(worker: Worker, case: Case) -> datetime | None:
    """Return since when it is idle at least, where only that no task ended tells."""
    since = case.quiet_since
    if since is None or worker.id in (case.finished or {}):
        return None
    return since if since > worker.created_at else None


def _since(worker: Worker, case: Case) -> str:
    if quiet := _quiet_since(worker, case):
        return f"it holds no task, and none ended since {stamp(quiet)}"
    if done := (case.finished or {}).get(worker.id):
        return f"it completed its last task at {stamp(done)}"
    return f"it was made at {stamp(worker.created_at)} and completed no task"
