"""A result was made and its task is still open (systems/reigh.md, F15)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.logs import LogLine
from bot.domain.proofs import said_at
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import SKEW, stamp

SEVERAL: Final = "tasks with a result and not closed"
DONE: Final = "Task completed successfully"
FINISHED: Final = "Finished task"
MARKERS: Final = (DONE, FINISHED)
EXPLAINS: Final = ("failed-task", "orphaned-task", "reset-loop", "waiting-task")
# Rows and lines are read side by side, and the line is written before the row.
SETTLED: Final = timedelta(minutes=1)
# The worker may say so before it uploads what it made.
UPLOADED: Final = timedelta(minutes=5)
_OPEN: Final = (TaskPhase.WAITING, TaskPhase.RUNNING, TaskPhase.FAILED)


def unclosed_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for open or failed tasks whose generation was made."""
    for task in case.tasks or ():
        if task.phase not in _OPEN:
            continue
        line = _line(task, case)
        flying = _in_flight(task, case)
        own = _finished(task, case) if flying else None
        evidence = []
        if task.generation_created and (line or own or not flying):
            evidence.append("its row says that its generation was created")
            evidence += [said_at(own)] if own else []
        if line is not None:
            evidence.append(f"complete-task said at {stamp(line.at)}: {DONE}")
        if not evidence:
            continue
        evidence.append(f"its status is {task.status}")
        again = task.phase is not TaskPhase.FAILED
        yield Finding(
            rule="unclosed-task",
            severity=Severity.WARNING,
            confidence=Confidence.CONFIRMED
            if line or not flying
            else Confidence.LIKELY,
            title=f"task {task.id[:8]} has its result and is {task.status}",
            subject=Subject(kind="task", id=task.id),
            evidence=tuple(evidence),
            remedy="completing it raced with a reset: set it Complete by hand, for no"
            " command here does"
            + (", or it is generated twice" if again else "; do not queue it again"),
            ask=f"logs --task {task.id} --source complete-task --hours 72",
        )


def _in_flight(task: Task, case: Case) -> bool:
    """Tell whether its worker lives and may be completing it this moment.

    The generation is made a moment before the row is closed.
    """
    worker = case.holders_by_id.get(task.worker_id) if task.worker_id else None
    alive = worker is not None and (worker.beats(case.now) or not worker.runs_on_gpu)
    return task.phase is TaskPhase.RUNNING and alive


def _finished(task: Task, case: Case) -> LogLine | None:
    """Return the worker's own line that it finished the task, if that was long ago."""
    found = [
        line
        for line in case.told_of_task(task.id, FINISHED)
        if line.writer == task.worker_id
        and "(Success: True" in line.message
        and case.now - line.at > UPLOADED + SKEW
    ]
    return found[-1] if found else None


def _line(task: Task, case: Case) -> LogLine | None:
    """Return the newest line that says so, if the row has had time to follow."""
    found = [
        line
        for line in case.told_of_task(task.id, DONE)
        if line.source == "edge_function" and case.now - line.at > SETTLED + SKEW
    ]
    return found[-1] if found else None
