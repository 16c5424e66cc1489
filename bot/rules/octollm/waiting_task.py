"""Why tasks stay pending (systems/octollm.md, 3B, 8)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.services import Backlog, Waiting
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import dated, spoken

SEVERAL: Final = "tasks that stay pending"
LONG: Final = timedelta(seconds=300)  # 3B, 8: the default of max_time_seconds
_NAMED: Final = 3
ANSWERS: Final = ("queue",)


def waiting_task(case: Case) -> Iterator[Finding]:
    """Yield a finding if tasks are pending for over 300 s, one for them all.

    And one for the task that the question is about, however long it waits.
    """
    backlog = case.services.backlog if case.services else None
    pending = (backlog.pending if backlog else None) or ()
    late = [each for each in pending if case.now - each.since > LONG]
    if backlog is not None and late:
        yield _of_all(late, backlog, case)
    for task in case.tasks or ():
        if task.phase is TaskPhase.WAITING and task.id in (case.waits or {}):
            yield _of_one(task, backlog, case)


def _of_all(late: Sequence[Waiting], backlog: Backlog, case: Case) -> Finding:
    """Return the finding of the tasks that wait too long; the oldest is the first."""
    names = ", ".join(each.task_id[:8] for each in late[:_NAMED])
    more = f" and {len(late) - _NAMED:,} more" if len(late) > _NAMED else ""
    _, proof, sure = _why(backlog)
    waits = "task is" if len(late) == 1 else "tasks are"
    return Finding(
        rule="waiting-task",
        severity=Severity.WARNING,
        confidence=sure,
        title=f"{len(late):,} {waits} pending for over {spoken(LONG)}",
        subject=Subject(kind="queue", id="queue"),
        evidence=(
            proof,
            f"the oldest is of {dated(late[0].since, case.now)}",
            f"they are {names}{more}" if len(late) > 1 else f"it is {names}",
        ),
        remedy="see whether arms are deployed, whether they live, and whether they are"
        " enough",
        ask="queue",
    )


def _of_one(task: Task, backlog: Backlog | None, case: Case) -> Finding:
    late = case.now - task.created_at > LONG
    why, proof, sure = _why(backlog)
    return Finding(
        rule="waiting-task",
        severity=Severity.WARNING if late else Severity.INFO,
        confidence=sure,
        title=f"task {task.id[:8]} waits: {why}",
        subject=Subject(kind="task", id=task.id),
        evidence=(
            proof,
            f"made at {dated(task.created_at, case.now)}"
            + (f"; over {spoken(LONG)} is long" if late else ""),
        ),
        remedy="see whether arms are deployed, and whether they live"
        if late
        else "wait: it is not late yet",
        # Where services can't count what waits, `queue` can't either.
        ask="queue" if backlog else "workers",
    )


def _why(backlog: Backlog | None) -> tuple[str, str, Confidence]:
    """Return why they wait, what shows it, and how sure that is."""
    if backlog is None:
        untold = "nobody tells whether anything takes tasks up"
        return "nothing has taken it up", untold, Confidence.POSSIBLE
    if not backlog.consumed:
        never = "no task was ever taken up"
        return "nothing consumes tasks", never, Confidence.CONFIRMED
    taken = ", ".join(
        f"{backlog.counts[each]:,} {each}"
        for each in ("processing", "completed", "failed")
        if backlog.counts.get(each)
    )
    shown = f"others were taken up: {taken}"
    return "nothing has taken it up", shown, Confidence.LIKELY
