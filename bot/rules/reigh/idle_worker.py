"""A worker has had nothing to do, and is not ended (systems/reigh.md, F19)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import TaskPhase
from bot.domain.times import spoken, stamp
from bot.domain.workers import Pulse

SEVERAL: Final = "idle workers not ended"


def idle_worker(case: Case) -> Iterator[Finding]:
    """Yield a finding for idle workers above the floor that should have been ended.

    The orchestrator looks once per poll, so it may be late by one.
    """
    if case.finished is None or case.workers is None or case.tasks is None:
        return
    if case.claimable is None or case.claimable:
        return
    beating = [worker for worker in case.workers if worker.beats(case.now)]
    limit = case.thresholds.idle + case.thresholds.poll
    if len(beating) <= case.thresholds.min_active:
        return
    for worker in beating:
        if (
            worker.pulse(case.now) is not Pulse.HEALTHY
            or worker.id not in case.finished
        ):
            continue
        held = case.tasks_by_worker.get(worker.id, ())
        done = case.finished[worker.id]
        idle = worker.idle_for(done, case.now)
        if idle <= limit or any(task.phase is TaskPhase.RUNNING for task in held):
            continue
        yield Finding(
            rule="idle-worker",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            title=f"{worker.id} has been idle for {spoken(idle)} and is not ended",
            subject=Subject(kind="worker", id=worker.id),
            evidence=(
                f"it completed its last task at {stamp(done)}"
                if done
                else f"it was made at {stamp(worker.created_at)} and completed no task",
                (
                    f"the limit is {spoken(case.thresholds.idle)}"
                    " (GPU_IDLE_TIMEOUT_SEC) and one poll"
                ),
                (
                    f"{len(beating)} workers beat, {case.thresholds.min_active} are the"
                    " floor (MIN_ACTIVE_GPUS), and nothing waits that"
                    " could be taken"
                ),
            ),
            remedy="see whether the orchestrator lives and how many tasks it counts;"
            f" until then the pod bills for nothing: {case.cure(worker).told}",
            ask="orchestrator",
        )
