"""Why a task waits: the first true reason (systems/reigh.md, F12)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some, spread
from bot.domain.findings import Confidence, Finding, Severity, Subject
from bot.domain.orchestrator_limits import ASKS
from bot.domain.tasks import Task, TaskPhase, Wait
from bot.domain.times import dated, spoken
from bot.domain.waits import NEVER, normal, overdue

SEVERAL: Final = "waiting tasks"
# What ends by itself, when others' work does.
PASSING: Final = ("waits for dependency", "user at capacity")
# What rests on the absence of lines: its log may be broken while it lives.
SILENT: Final = "API orchestrator silent"
REMEDIES: Final = {
    "waits for dependency": "wait for that one",
    "user at capacity": "wait: the user's next task is taken when one of theirs ends",
    "no credits": "the user has to buy credits",
    "cloud disabled": "the user has to allow the cloud in the settings, or run a"
    " worker of their own",
    "type switched off": "set the type active in task_types, or cancel the task",
    SILENT: "look at the API orchestrator where it is deployed and"
    " restart it: no worker takes such tasks",
}
API_LOG: Final = "logs --source orchestrator_api"
LONG: Final = timedelta(minutes=5)  # a free worker asks every 10 s


def waiting_task(case: Case) -> Iterator[Finding]:
    """Yield a finding for every waiting task of which it is known why it waits."""
    if case.waits is None:
        return
    for task in case.tasks or ():
        wait = case.waits.get(task.id)
        if wait is None or task.phase is not TaskPhase.WAITING:
            continue
        if wait.reason is None and wait.by_api:
            yield _for_api(task, wait, case)
        elif wait.reason is None:
            yield from _claimable(task, case)
        elif wait.reason not in NEVER:  # blocked-task tells those
            yield _held_back(task, wait, wait.reason, case)


def _held_back(task: Task, wait: Wait, reason: str, case: Case) -> Finding:
    passing = reason in PASSING
    return _finding(
        task,
        case,
        _weight(task, reason, case) if passing else Severity.WARNING,
        Confidence.LIKELY if reason == SILENT else Confidence.CONFIRMED,
        why=reason,
        seen=wait.detail or reason,
        remedy=REMEDIES.get(reason, "see the queue"),
        ask=_upstream(task, case) or (API_LOG if reason == SILENT else "queue"),
    )


def _weight(task: Task, reason: str | None, case: Case) -> Severity:
    """Return how much a wait weighs that ends by itself: little, while normal."""
    late = overdue(task, reason, case.thresholds, case.now)
    return Severity.WARNING if late else Severity.INFO


def _upstream(task: Task, case: Case) -> str:
    """Return the question about the first task that it waits for."""
    for id in task.dependencies:
        other = case.tasks_by_id.get(id)
        if other is not None and other.phase is not TaskPhase.DONE:
            return f"task {id}"
    return ""


def _for_api(task: Task, wait: Wait, case: Case) -> Finding:
    """Return what is left of one that no worker takes."""
    long = case.now - task.created_at > LONG
    seen = "nothing holds it back, and the API orchestrator takes it, no worker"
    late = "see what the API orchestrator is busy with"
    if wait.detail:  # what was looked for and not found
        late = "see where the API orchestrator is deployed whether it runs"
    return _finding(
        task,
        case,
        _weight(task, None, case),
        Confidence.POSSIBLE if long else Confidence.LIKELY,
        why="its turn has not come",
        seen="; ".join(filter(None, (seen, wait.detail))),
        remedy=late if long else "wait: the API orchestrator asks every 10 s",
        ask=API_LOG if long else "queue",
    )


def _claimable(task: Task, case: Case) -> Iterator[Finding]:
    """Yield what is left when nothing holds it back: who could take it."""
    if case.workers is None:
        return
    alive = sum(worker.beats(case.now) for worker in case.workers)
    starting = sum(worker.comes_up(case.now) for worker in case.workers)
    if not alive:
        yield _finding(
            task,
            case,
            Severity.INFO if starting else Severity.WARNING,
            Confidence.CONFIRMED,
            why="workers are starting" if starting else "no worker is alive",
            seen=f"0 live workers, {starting} starting",
            remedy="wait for their first heartbeat, some 2 min after their creation"
            if starting
            else "see whether the orchestrator lives and can rent pods",
            ask="workers" if starting else "orchestrator",
        )
        return
    long = case.now - task.created_at > LONG
    yield _finding(
        task,
        case,
        _weight(task, None, case),
        Confidence.POSSIBLE if long else Confidence.LIKELY,
        why="its turn has not come",
        seen=f"nothing holds it back, and {some(alive, 'worker')} beat",
        remedy="wait; if they are idle all the same, see what they do"
        if long
        else f"wait: a free worker asks every {spoken(ASKS)}",
        ask="queue",
    )


def _finding(  # noqa: PLR0913  each has its name at the call
    task: Task,
    case: Case,
    severity: Severity,
    sure: Confidence,
    *,
    why: str,
    seen: str,
    remedy: str,
    ask: str,
) -> Finding:
    usual = spread(
        case.now - each.created_at
        for each in (case.tasks or ())
        if each.phase is TaskPhase.WAITING and each.id != task.id
    ).median
    beside = (
        ""
        if usual is None
        else f"; the median of the others is {spoken(timedelta(seconds=usual))}"
    )
    reason = (case.waits or {})[task.id].reason
    late = (
        (f"up to {spoken(normal(reason, case.thresholds))} of that is normal",)
        if overdue(task, reason, case.thresholds, case.now)
        else ()
    )
    return Finding(
        rule="waiting-task",
        severity=severity,
        confidence=sure,
        title=f"task {task.id[:8]} waits: {why}",
        subject=Subject(kind="task", id=task.id),
        evidence=(
            seen,
            f"queued at {dated(task.created_at, case.now)}{beside}",
            *late,
        ),
        remedy=remedy,
        ask=ask,
    )
