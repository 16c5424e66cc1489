"""A worker hangs, or died, while it enhances prompts (systems/reigh.md, F5)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.deaths import vanished
from bot.domain.excerpts import start_of
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.marks import (
    SWITCH_BEGUN,
    TASK_BEGUN,
    TASK_FINISHED,
    VLM_BEGUN,
    VLM_ENDED,
)
from bot.domain.proofs import last_beat, reason
from bot.domain.spelling import typed
from bot.domain.tasks import TaskPhase
from bot.domain.times import SKEW, ago, spoken, stamp
from bot.domain.workers import Worker

SEVERAL: Final = "workers held up in the VLM phase"
ENDS: Final = (
    *(VLM_ENDED, TASK_FINISHED, TASK_BEGUN, SWITCH_BEGUN),
    *(" failed after ", " completed in "),
)
MARKERS: Final = (VLM_BEGUN, *ENDS)
EXPLAINS: Final = (
    *("crashed-worker", "failed-worker", "heartbeat-ageing", "heartbeat-stale"),
    *("not-logging", "orphaned-task", "stuck-task", "worker-without-pod"),
)
LONG: Final = timedelta(minutes=5)  # systems/reigh.md, F5
NORMAL: Final = timedelta(minutes=6)  # systems/reigh.md, F5: it takes 3 to 6 min


def vlm_hang(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers that began the VLM phase and never ended it.

    One clock wrote all lines of a worker, so their order is the true one; how long
    ago it began may be 30 s off.
    """
    for worker in case.workers or ():
        if worker.id not in case.last_lines:  # of many workers few may be heard
            continue
        begun = case.said(worker.id, VLM_BEGUN)
        if begun and not _ended(begun[-1], worker, case):
            yield from _finding(begun[-1], worker, case)


def _ended(begun: LogLine, worker: Worker, case: Case) -> bool:
    task = case.tasks_by_id.get(begun.task_id) if begun.task_id else None
    if task is not None and task.phase is not TaskPhase.RUNNING:
        # That a dead worker's task was queued again tells of no end.
        over = task.phase in (TaskPhase.DONE, TaskPhase.FAILED)
        own = over and task.worker_id in (None, worker.id)
        if own or not vanished(worker, case.now):
            return True
    return any(line.at >= begun.at for line in case.said(worker.id, *ENDS))


def _finding(begun: LogLine, worker: Worker, case: Case) -> Iterator[Finding]:
    took = case.now - begun.at
    alive, died = worker.beats(case.now), vanished(worker, case.now)
    if not (alive or died) or took <= LONG:
        return
    sure = died or took - SKEW > LONG
    whole = worker.id in case.logs_read or begun.task_id in case.task_logs_read
    hangs = took - SKEW > NORMAL
    evidence = [
        f"at {stamp(begun.at)}: {start_of(begun.message, 120)}; no line tells its end"
    ]
    evidence += reason(worker)
    last = case.last_lines[worker.id]
    if last != begun:
        evidence.append(
            f"its last line, at {stamp(last.at)}: {start_of(last.message, 120)}"
        )
    evidence.append(last_beat(worker, case.now))
    verb = "died in" if died else "hangs in" if hangs else "is slow in"
    severity = Severity.WARNING if hangs else Severity.INFO
    cure = case.cure(worker)
    yield Finding(
        rule="vlm-hang",
        severity=Severity.CRITICAL if died else severity,
        confidence=Confidence.LIKELY if whole and sure else Confidence.POSSIBLE,
        title=f"{worker.id} {verb} the VLM phase, begun {ago(begun.at, case.now)}",
        subject=Subject(kind="worker", id=worker.id),
        evidence=tuple(evidence),
        remedy=f"{cure.told}; submit the task with enhance_prompt off"
        if died or hangs
        else f"wait: this takes 3 to 6 min; {_then(took)} end the worker",
        ask=cure.words if died or hangs else f"worker {typed(worker.id)}",
    )


def _then(took: timedelta) -> str:
    """Return from when on waiting is no longer enough."""
    return f"past {spoken(NORMAL)}" if took <= NORMAL else "if it is not over in 30 s,"
