"""A worker hangs, or died, while it enhances prompts (systems/reigh.md, F5)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.tasks import TaskPhase
from bot.domain.times import SKEW, spoken, stamp
from bot.domain.workers import Pulse, Worker

SEVERAL: Final = "workers held up in the VLM phase"
BEGINS: Final = "[RAM] Before VLM loading"
ENDS: Final = (
    "After VLM cleanup",
    "Finished task",
    "HEADLESS: Processing",
    "MODEL SWITCH:",
    " failed after ",
    " completed in ",
)
MARKERS: Final = (BEGINS, *ENDS)
EXPLAINS: Final = (
    *("crashed-worker", "failed-worker", "heartbeat-ageing", "heartbeat-stale"),
    *("not-logging", "orphaned-task", "stuck-task", "worker-without-pod"),
)
LONG: Final = timedelta(minutes=5)  # systems/reigh.md, F5
NORMAL: Final = timedelta(minutes=6)  # systems/reigh.md, F5: it takes 3 to 6 min


def vlm_hang(case: Case) -> Iterator[Finding]:
    """Yield a finding for workers that began the VLM phase and never ended it."""
    for worker in case.workers or ():
        if worker.id not in case.last_lines:  # of many workers few may be heard
            continue
        begun = case.said(worker.id, BEGINS)
        if begun and not _ended(begun[-1], worker, case):
            yield from _finding(begun[-1], worker, case)


def _ended(begun: LogLine, worker: Worker, case: Case) -> bool:
    task = case.tasks_by_id.get(begun.task_id) if begun.task_id else None
    if task is not None and task.phase is not TaskPhase.RUNNING:
        return True
    return any(line.at >= begun.at for line in case.said(worker.id, *ENDS))


def _finding(begun: LogLine, worker: Worker, case: Case) -> Iterator[Finding]:
    took = case.now - begun.at
    alive = worker.beats(case.now)
    died = worker.status == "crashed" or worker.pulse(case.now) is Pulse.STALE
    if not (alive or died) or took - SKEW <= LONG:
        return
    ends = [line.at for line in case.said(worker.id, *ENDS)]
    # A phase may be short: its end can stand before its beginning, as clocks differ.
    unclear = any(begun.at - at <= 2 * SKEW for at in ends)
    whole = worker.id in case.logs_read or begun.task_id in case.task_logs_read
    hangs = took - SKEW > NORMAL
    evidence = [f"at {stamp(begun.at)}: {begun.message[:120]}"]
    last = case.last_lines[worker.id]
    if last != begun:
        evidence.append(f"its last line, at {stamp(last.at)}: {last.message[:120]}")
    if worker.last_heartbeat_at is not None:
        evidence.append(f"last heartbeat at {stamp(worker.last_heartbeat_at)}")
    verb = "died in" if died else "hangs in" if hangs else "is slow in"
    severity = Severity.WARNING if hangs else Severity.INFO
    yield Finding(
        rule="vlm-hang",
        severity=Severity.CRITICAL if died else severity,
        confidence=Confidence.LIKELY if whole and not unclear else Confidence.POSSIBLE,
        title=f"{worker.id} {verb} the VLM phase, begun {spoken(took)} ago",
        subject=Subject(kind="worker", id=worker.id),
        evidence=tuple(evidence),
        remedy="end the worker and submit the task with enhance_prompt off"
        if died or hangs
        else f"wait: this takes 3 to 6 min; past {spoken(NORMAL)} end the worker",
        ask=f"worker terminate {worker.id}" if died or hangs else f"worker {worker.id}",
    )
