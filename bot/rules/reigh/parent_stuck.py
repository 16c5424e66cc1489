"""A coordinator waits for tasks that will not come (systems/reigh.md, F29)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import ago, stamp

SEVERAL: Final = "stuck coordinators"
# The coordinator is closed by the last of its tasks, or at a worker's next poll.
SETTLED: Final = timedelta(minutes=2)
# All its tasks are made within seconds of its start; the load of a model comes before.
MADE: Final = timedelta(minutes=10)
_OVER: Final = (TaskPhase.DONE, TaskPhase.FAILED, TaskPhase.CANCELLED)


def parent_stuck(case: Case) -> Iterator[Finding]:
    """Yield a finding for running coordinators whose tasks ended, or are too few."""
    for task in case.tasks or ():
        children = (case.children or {}).get(task.id)
        if children is None or task.phase is not TaskPhase.RUNNING:
            continue
        if not task.coordinates:
            continue
        yield from _ended(task, children, case.now)
        yield from _too_few(task, children, case.now)


def _ended(task: Task, children: Sequence[Task], now: datetime) -> Iterator[Finding]:
    if not children or any(child.phase not in _OVER for child in children):
        return
    last = max(_end(child) for child in children)
    if now - last <= SETTLED:
        return
    failed = [child for child in children if child.phase is TaskPhase.FAILED]
    words = f", {len(failed)} of them failed" if failed else ""
    yield _finding(
        task,
        Confidence.CONFIRMED,
        f"waits though its {len(children)} tasks ended {ago(last, now)}",
        f"{len(children)} tasks name it{words}, the last ended at {stamp(last)}",
        remedy="nothing closes it any more, and no command here does: set it to Failed"
        " by hand"
        if failed
        else "nothing closes it any more, and no command here does: set it Complete by"
        " hand, if all is there",
        ask=f"task {failed[0].id if failed else task.id}",
    )


def _too_few(task: Task, children: Sequence[Task], now: datetime) -> Iterator[Finding]:
    wanted = _wanted(task.parameters)
    made = sum("segment" in child.task_type for child in children)
    running = task.running_time(now)
    if wanted is None or made >= wanted or running is None or running <= MADE:
        return
    yield _finding(
        task,
        Confidence.POSSIBLE,
        f"waits for {wanted} segments, of which {made} exist",
        f"its parameters want {wanted}; {made} that name it were found",
        remedy="the missing ones were never made or were deleted: cancel it and submit"
        " it anew",
        ask=f"task {task.id} --logs-only --hours 72",
    )


def _end(task: Task) -> datetime:
    return task.processed_at or task.updated_at or task.created_at


def _wanted(parameters: Mapping[str, object]) -> int | None:
    """Return how many segments it is to make (systems/reigh.md, 1.8)."""
    details = parameters.get("orchestrator_details")
    places = [details] if isinstance(details, dict) else []
    for place in (*places, parameters):
        for name in ("num_new_segments_to_generate", "num_joins"):
            if type(number := place.get(name)) is int:
                return number
        clips = place.get("clip_list")
        if isinstance(clips, list) and clips:
            return len(clips) - 1
    return None


def _finding(  # noqa: PLR0913  each is said once
    task: Task, sure: Confidence, what: str, seen: str, *, remedy: str, ask: str
) -> Finding:
    started = task.started_at or task.created_at
    return Finding(
        rule="parent-stuck",
        severity=Severity.WARNING,
        confidence=sure,
        title=f"coordinator {task.id[:8]} {what}",
        subject=Subject(kind="task", id=task.id),
        evidence=(seen, f"it started at {stamp(started)} and is {task.status}"),
        remedy=remedy,
        ask=ask,
    )
