"""A task was given up after all its attempts (systems/agents.md, 3A, 16)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.file_failures import error_kind, failures, most_attempts
from bot.domain.file_proofs import called, ended, said
from bot.domain.file_queue import FileQueue, Incident, TaskFile
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "tasks given up"
EXPLAINS: Final = ("failed-task", "blocked-task", "false-completion")
REPLACES: Final = ("failed-task",)
BLOCKED: Final = "blocked_cloud"


def retries_exhausted(case: Case) -> Iterator[Finding]:
    """Yield a finding for tasks blocked, or failed as often as they may be tried.

    Where its error tells why, that is the grave finding: this one says what was tried.
    """
    queue = case.file_queue
    if queue is None:
        return
    for task in failures(case):
        tries = task.attempts or 0
        if task.status != BLOCKED and tries < most_attempts(queue.configured):
            continue
        where = tuple(dict.fromkeys(task.attempted))
        alone = len(where) == 1 and len(task.attempted) > 1
        kind = error_kind(task)
        on = f", all on {where[0]}: not proven to be its fault" if alone else ""
        yield Finding(
            rule="retries-exhausted",
            severity=Severity.CRITICAL if kind is None else Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{called(task)} was given up after {some(tries, 'attempt')}{on}",
            subject=Subject(kind="task", id=task.id),
            evidence=(
                ended(task),
                *((f"tried on {', '.join(task.attempted)}",) if where else ()),
                *(
                    (f"its error: {error}",)
                    if (error := said(task.error or ""))
                    else ()
                ),
                *_above(queue, task),
            ),
            remedy=(
                f"try it on another worker than {where[0]} before the task is blamed"
                if alone and kind is None
                else "mend what its error names and submit the plan again"
            )
            + "; it is not tried again by itself",
            ask=f"worker {where[0]}" if where else "orchestrator",
        )


def _above(queue: FileQueue, task: TaskFile) -> Iterator[str]:
    """Yield what the brain tried, and whom it asked."""
    for each in queue.state.incidents if queue.state else ():
        if each.id != task.incident:
            continue
        yield f"incident {each.id}: the brain tried to mend it {_times(each)}"
        if each.escalation:
            yield f"it wrote brain/escalations/{each.escalation}.json"
    for asked in queue.escalations or ():
        if asked.id == task.escalation or asked.task_id == task.id:
            advice = f", advice {asked.advice}" if asked.advice else ""
            yield f"escalation {asked.id} is {asked.status}: {asked.title}{advice}"


def _times(incident: Incident) -> str:
    return some(incident.fixes_tried, "time")
