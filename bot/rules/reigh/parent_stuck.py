"""A coordinator waits for tasks that will not come (systems/reigh.md, F29)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import ago, stamp

SEVERAL: Final = "stuck coordinators"
# The coordinator is closed by the last of its tasks, or at a worker's next poll.
SETTLED: Final = timedelta(minutes=2)
# All its tasks are made within seconds of its start; the load of a model comes before.
MADE: Final = timedelta(minutes=10)
_UNCLOSED: Final = "nothing closes it any more, and no command here does"
_DIGITS: Final = re.compile(r"[0-9]{1,6}").fullmatch  # some clients write texts
_OVER: Final = (TaskPhase.DONE, TaskPhase.FAILED, TaskPhase.CANCELLED)


def parent_stuck(case: Case) -> Iterator[Finding]:
    """Yield a finding for coordinators whose tasks ended, or are too few or many."""
    for task in case.tasks or ():
        children = (case.children or {}).get(task.id)
        if children is None or task.phase is not TaskPhase.RUNNING:
            continue
        if not task.coordinates:
            continue
        over = _over(children, case.now)
        if over is not None:
            yield _ended(task, children, over, case.now)
        elif (running := task.running_time(case.now)) and running > MADE:
            yield from _miscounted(task, children)


def _over(children: Sequence[Task], now: datetime) -> datetime | None:
    """Return when the last of its tasks ended; None while that is not settled."""
    if not children or any(child.phase not in _OVER for child in children):
        return None
    last = max(_end(child) for child in children)
    return last if now - last > SETTLED else None


def _ended(
    task: Task, children: Sequence[Task], last: datetime, now: datetime
) -> Finding:
    failed = [child for child in children if child.phase is TaskPhase.FAILED]
    words = f", {len(failed)} of them failed" if failed else ""
    wanted, made = _wanted(task.parameters), _made(children)
    count = some(len(children), "task")
    lacking = wanted is not None and made < wanted
    if lacking:
        words += f"; it wants {wanted} segments, of which {made} exist"
        remedy = "some of its segments were never made: cancel it and submit it anew"
    elif failed:
        remedy = f"{_UNCLOSED}: set it to Failed by hand"
    else:
        remedy = f"{_UNCLOSED}: set it Complete by hand, if all is there"
    names = "names" if len(children) == 1 else "name"
    return _finding(
        task,
        Confidence.CONFIRMED,
        f"waits though its {count} ended {ago(last, now)}",
        f"{count} {names} it{words}, the last ended at {stamp(last)}",
        remedy=remedy,
        ask=f"task {failed[0].id if failed else task.id}",
    )


def _miscounted(task: Task, children: Sequence[Task]) -> Iterator[Finding]:
    wanted, made = _wanted(task.parameters), _made(children)
    if wanted is None or made == wanted:
        return
    yield _finding(
        task,
        Confidence.POSSIBLE,
        f"waits for {some(wanted, 'segment')}, of which {made} exist",
        f"its parameters want {wanted}; {made} that name it were found",
        remedy="the missing ones were never made or were deleted: cancel it and submit"
        " it anew"
        if made < wanted
        else "some were made twice, or name it by mistake: see which of them it needs",
        ask=f"task {task.id} --logs-only --hours 72",
        severity=Severity.WARNING if made < wanted else Severity.INFO,
    )


def _made(children: Sequence[Task]) -> int:
    return sum("segment" in child.task_type for child in children)


def _end(task: Task) -> datetime:
    return task.processed_at or task.updated_at or task.created_at


def _wanted(parameters: Mapping[str, object]) -> int | None:
    """Return how many segments it is to make (systems/reigh.md, 1.8)."""
    details = parameters.get("orchestrator_details")
    places = [details] if isinstance(details, dict) else []
    for place in (*places, parameters):
        for name in ("num_new_segments_to_generate", "num_joins"):
            number = place.get(name)
            if type(number) is int or (isinstance(number, str) and _DIGITS(number)):
                return int(number)
        clips = place.get("clip_list")
        if isinstance(clips, list) and clips:
            return len(clips) - 1
    return None


def _finding(  # noqa: PLR0913  each is said once
    task: Task,
    sure: Confidence,
    what: str,
    seen: str,
    *,
    remedy: str,
    ask: str,
    severity: Severity = Severity.WARNING,
) -> Finding:
    started = task.started_at or task.created_at
    return Finding(
        rule="parent-stuck",
        severity=severity,
        confidence=sure,
        title=f"coordinator {task.id[:8]} {what}",
        subject=Subject(kind="task", id=task.id),
        evidence=(seen, f"it started at {stamp(started)} and is {task.status}"),
        remedy=remedy,
        ask=ask,
    )
