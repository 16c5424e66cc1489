"""Why a task stays pending (systems/octollm.md, 3B, 8)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.service_proofs import ago
from bot.domain.services import Backlog
from bot.domain.tasks import TaskId, TaskPhase
from bot.domain.times import spoken

SEVERAL: Final = "tasks that stay pending"
LONG: Final = timedelta(seconds=300)  # 3B, 8: the default of max_time_seconds


def waiting_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every task that is pending for over 300 s.

    Also for the task that the question is about, however long it waits.
    """
    backlog = case.services.backlog if case.services else None
    for id, since in _pending(case, backlog).items():
        age = case.now - since
        late = age > LONG
        if not late and id not in case.tasks_by_id:
            continue
        why, proof, sure = _why(backlog)
        yield Finding(
            rule="waiting-task",
            severity=Severity.WARNING if late else Severity.INFO,
            confidence=sure,
            title=f"task {id[:8]} waits: {why}",
            subject=Subject(kind="task", id=id),
            evidence=(
                proof,
                f"made at {ago(since, case.now)}"
                + (f"; over {spoken(LONG)} is long" if late else ""),
            ),
            remedy="see whether arms are deployed, and whether they live"
            if late
            else "wait: it is not late yet",
            ask="queue",
        )


def _pending(case: Case, backlog: Backlog | None) -> Mapping[TaskId, datetime]:
    """Return since when which tasks are pending, the oldest first."""
    found = {each.task_id: each.since for each in (backlog and backlog.pending) or ()}
    asked = (each for each in case.tasks or () if each.phase is TaskPhase.WAITING)
    return {**found, **{each.id: each.created_at for each in asked}}


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
