"""A worker no longer beats: dead, or cut off (systems/reigh.md, F1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestration import omission
from bot.domain.proofs import last_beat
from bot.domain.spelling import typed
from bot.domain.tasks import TaskPhase
from bot.domain.times import spoken
from bot.domain.workers import AGEING, Pulse, Worker, WorkerPhase

SEVERAL: Final = "workers dead or cut off"
EXPLAINS: Final = ("orphaned-task",)


def heartbeat_stale(case: Case) -> Iterator[Finding]:
    """Yield a finding for every active worker silent for over 300 s.

    Of one that starts, or is of a status unknown here, the failsafe's limit counts.
    """
    idle = case.thresholds.idle
    for worker in case.workers or ():
        silence = worker.silence(case.now)
        if silence is None or not _lost(worker, silence, case):
            continue
        evidence = [last_beat(worker, case.now)]
        if worker.phase is not WorkerPhase.ACTIVE:
            evidence.append(f"its row calls it {worker.status}")
        held = [
            task
            for task in case.tasks_by_worker.get(worker.id, ())
            if task.phase is TaskPhase.RUNNING
        ]
        if held:
            names = ", ".join(task.id[:8] for task in held[:5])
            evidence.append(f"it holds {some(len(held), 'running task')}: {names}")
        yield Finding(
            rule="heartbeat-stale",
            severity=Severity.CRITICAL,
            confidence=Confidence.LIKELY,
            title=f"{worker.id} is dead or cut off: silent for {spoken(silence)}",
            subject=Subject(kind="worker", id=worker.id),
            evidence=tuple(evidence),
            remedy=f"{_when(worker, silence, case)}; {case.cure(worker).told}",
            ask="orchestrator" if silence > idle else f"worker {typed(worker.id)}",
        )


def _lost(worker: Worker, silence: timedelta, case: Case) -> bool:
    if worker.phase in (WorkerPhase.STARTING, WorkerPhase.UNKNOWN):
        return worker.runs_on_gpu and silence > case.thresholds.idle
    return worker.pulse(case.now) is Pulse.STALE


def _when(worker: Worker, silence: timedelta, case: Case) -> str:
    """Return when the orchestrator ends it by itself, or was due to."""
    limit = f"after {spoken(case.thresholds.idle)} of silence (GPU_IDLE_TIMEOUT_SEC)"
    # The failsafe, which alone looks after others than active ones, asks for no need.
    needed = case.needed(worker) if worker.phase is WorkerPhase.ACTIVE else True
    if needed is False:
        limit = f"after {spoken(AGEING)} of silence, for it holds nothing and none wait"
    if needed is False or silence > case.thresholds.idle + case.thresholds.poll:
        doubt = omission(case.orchestration, case.now)
        return f"the orchestrator was due to end it {limit}: {doubt}"
    sooner = ", or after 60 s if it holds nothing and nothing waits"
    return f"the orchestrator ends it {limit}" + (sooner if needed is None else "")
