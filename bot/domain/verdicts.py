"""One sentence for an answer: what happened, at which step, how sure that is."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from bot.domain.cases import Case
from bot.domain.deaths import lost
from bot.domain.excerpts import cut, first_line
from bot.domain.failures import FailureKind, failure_kind
from bot.domain.file_failures import DEFERRED
from bot.domain.findings import Finding, Severity
from bot.domain.logs import LogLine
from bot.domain.marks import (
    GENERATES,
    SWITCH_BEGUN,
    SWITCH_ENDED,
    TASK_BEGUN,
    TASK_FINISHED,
    UP,
    VLM_BEGUN,
    VLM_ENDED,
)
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import NOISE, ago, spoken
from bot.domain.workers import Worker

# What a worker's lines tell of where it stands (systems/reigh.md, 3.2); the newest
# one counts.
_STEPS: Final = (
    (TASK_BEGUN, "the start of the task"),
    (VLM_BEGUN, "the VLM phase"),
    (VLM_ENDED, "the step after the VLM phase"),
    (SWITCH_BEGUN, "a model load"),
    (SWITCH_ENDED, "the step after its model load"),
    (GENERATES, "generation"),
    ("denoising step", "generation"),
    ("Moving WGP output", "the saving of its output"),
    ("Moved WGP output", "the saving of its output"),
    (TASK_FINISHED, None),
    (UP, None),
)
KEPT_HOURS: Final = 72  # systems/reigh.md, 1.4: no log line is older
# These tell that a worker is lost, and not why.
BARE: Final = frozenset({"crashed-worker", "failed-worker", "heartbeat-stale"})
# What others conclude names the step itself, or has none.
_AT_A_STEP: Final = BARE | {"orphaned-task", "stuck-task"}
# Says why, which is less sure than that it failed; services have no rule for that.
_WHY: Final = ("no-suitable-arm",)
_LONGEST: Final = 140
_SENTENCE: Final = 60  # an error this long is cut after its first sentence


def step(lines: Iterable[LogLine]) -> str | None:
    """Return the step that the newest telling line names; None between tasks.

    The lines are one task's or one worker's, oldest first.
    """
    found = None
    for line in lines:
        for marker, name in _STEPS:
            if marker in line.message:
                found = name
    return found


def gist(text: str) -> str:
    """Return the first line of an error, or its first sentence, cut to fit into one."""
    line = first_line(text)
    if len(line) > _SENTENCE:
        line = line.split(". ", 1)[0]
    return cut(line.rstrip(" :"), _LONGEST)  # what followed is lost


def of_task(  # noqa: PLR0913  each has its name at the call
    task: Task,
    findings: Sequence[Finding],
    *,
    worker: Worker | None,
    root: Task | None,
    case: Case,
    causes: Collection[str],
) -> str | None:
    """Return the verdict, as the findings tell it; None where nothing tells why.

    *worker* holds the task; *root* and *causes* are those of `of_failed`.
    """
    now, name, lines = case.now, named(task), case.lines or ()
    if task.phase is TaskPhase.FAILED:
        if case.file_queue is not None and task.error == DEFERRED:
            return f"{name} did not fail: it was put off until a model is loaded"
        return of_failed(task, root, findings, lines, causes=causes)
    if task.phase is TaskPhase.RUNNING:
        if told := of_running(task, worker, findings, lines, now):
            return told
        files = case.file_queue is not None
        absent = "no heartbeat of it was read" if files else "gone"
        state = worker.status if worker else absent
        on = f" on {task.worker_id} ({state})" if task.worker_id else ", on no worker"
        where = step(lines)
        at = f", at {where}" if where else ""
        return f"{_in_progress(task, now)}{at}{on}{_again(task, now)}"
    if task.phase is TaskPhase.WAITING:
        return of_waiting(task, findings, now)
    if task.phase is TaskPhase.DONE:
        took = task.processing_time
        return of_ended(task, findings) or f"{name} is complete" + (
            f", in {spoken(took)}" if took else ""
        )
    if task.phase is TaskPhase.CANCELLED:
        if root is not None:
            return f"{name} was cancelled with {root.id[:8]}"
        if task.error is None and (own := _about(task, findings)):
            return f"{name} {_told(own, task)}{sureness(own)}"
        return f"{name} was cancelled" + (f": {gist(task.error)}" if task.error else "")
    return f"{name} has the status '{task.status}', which is not known here"


def of_unmet(task: Task, now: datetime) -> str | None:
    """Return that a task in progress can't be judged; None of what needs no worker."""
    if task.phase is not TaskPhase.RUNNING or task.worker_id is None:
        return None
    return f"{_in_progress(task, now)} on {task.worker_id}, which could not be read"


def _waits(task: Task, now: datetime) -> str:
    """Return for how long it waits; of one made ahead of the clock that it was."""
    if task.created_at - now > NOISE:
        return f"waits, made {ago(task.created_at, now)}"
    return f"has been waiting for {spoken(now - task.created_at)}"


def _in_progress(task: Task, now: datetime) -> str:
    span = task.running_time(now)
    since = f" for {spoken(span)}" if span else ""
    return f"{named(task)} has been in progress{since}"


def _again(task: Task, now: datetime) -> str:
    """Return that it was tried before, and since when; nothing of a first attempt."""
    first, last = task.first_started_at, task.started_at
    if first is None or last is None or last <= first or first > now:
        return ""
    return (
        f"; it is attempt {task.attempts or 'two or more'}, the first began"
        f" {ago(first, now)}"
    )


def untold(task: Task, case: Case, *, hours: float) -> str:
    """Return that nothing tells why, what is missing, and how it can be had."""
    name = named(task)
    if task.phase is TaskPhase.WAITING:
        waits = f"{name} {_waits(task, case.now)}"
        judged = task.id in (case.waits or {})
        missing = "the workers were" if judged else "the queue was"
        return f"{waits}; cannot tell why, because {missing} not all read: ask again"
    missing = "its lines were not read: ask again"
    if task.id in case.task_logs_read:
        more = f": task {task.id[:8]} --hours {KEPT_HOURS}"
        more = more if hours < KEPT_HOURS else ""
        missing = f"no line of the last {hours:g} h tells of it{more}"
    left = "its error could not be read" if task.unread else "it left no error text"
    return f"cannot tell why {name} failed, because {left} and {missing}"


def of_failed(
    task: Task,
    root: Task | None,
    findings: Sequence[Finding],
    lines: Sequence[LogLine],
    *,
    causes: Collection[str],
) -> str | None:
    """Return how and where a task failed; None where nothing tells.

    *root* is the task that it fell with. *causes* are the rules that explain a failure
    of a task: a worker may have died of other things since.
    """
    name = named(task)
    own = next((f for f in findings if f.subject.id == task.id), None)
    first = next(
        (f for f in findings if f.subject.id == task.id or f.rule in causes), None
    )
    # That it fell with another its row says, however sure it is why that one did.
    told = own if root is not None and own is not None else first
    sure = "" if told is None else sureness(told)
    if root is not None:
        why = gist(root.error or "no error text")
        return f"{name} failed because {root.id[:8]} did: {why}{sure}"
    upload = failure_kind(task.error) is FailureKind.UPLOAD
    begun = (line for line in lines if TASK_FINISHED not in line.message)
    where = "upload" if upload else step(begun)
    at = f", at {where}" if where else ""
    on = f" on {task.worker_id}" if at and task.worker_id else ""
    said = gist(task.error or "")
    error = f": {said}" if said else ""
    if first is not None and first.subject.id != task.id:
        return f"{name} failed{error}{at}{on}; {first.title}{sure}"
    known = failure_kind(task.error) is not None
    if first is not None and first.rule in {*causes, *_WHY} and not known:
        return f"{name} failed{error}{at}{on}; it {_told(first, task)}{sure}"
    if said:
        return f"{name} failed{error}{at}{on}{sure}"
    left = "its error could not be read" if task.unread else "left no error text"
    return f"{name} failed{at}{on}, and {left}{sure}" if at else None


def of_running(
    task: Task,
    worker: Worker | None,
    findings: Sequence[Finding],
    lines: Sequence[LogLine],
    now: datetime,
) -> str | None:
    """Return what is wrong with a task in progress; None where nothing is."""
    first = _first(findings)
    if first is None:
        return None
    where = step(lines) if first.rule in _AT_A_STEP else None
    at = f", at {where}" if where else ""
    name, sure = named(task), sureness(first)
    if first.subject.id == task.id:
        held = f"; held by {task.worker_id}" if task.worker_id else ""
        return f"{name} {_told(first, task)}{at}{sure}{held}"
    if worker is not None and lost(worker, now):
        return f"{name} is left in progress: {first.title}{at}{sure}"
    span = task.running_time(now)
    since = f" for {spoken(span)}" if span else ""
    return f"{name} has been in progress{since}{at}; {first.title}{sure}"


def of_waiting(task: Task, findings: Sequence[Finding], now: datetime) -> str | None:
    """Return the first true reason why a task waits; None where none is known."""
    own = [each for each in findings if each.subject.id == task.id]
    waits = _waits(task, now)
    first = next(
        (f for f in own if f.severity is not Severity.INFO or f.rule == "waiting-task"),
        None,
    )
    if first is None:
        return None
    name, sure, told = named(task), sureness(first), _told(first, task)
    if first.rule == "waiting-task":
        why = told.removeprefix("waits: ")
        seen = first.evidence[0]
        number = "" if seen == why else f", {seen}"
        return f"{name} {waits}: {why}{number}{sure}"
    if first.rule == "blocked-task":
        return f"{name} {waits} and {told}{sure}"
    return f"{name} {told}{sure}; it {waits}"


def of_ended(task: Task, findings: Sequence[Finding]) -> str | None:
    """Return what is wrong with a task that is complete; None where nothing is."""
    own = [each for each in findings if each.subject.id == task.id]
    first = _first(own)
    if first is None:
        return None
    return f"{named(task)} {_told(first, task)}{sureness(first)}"


def named(task: Task) -> str:
    """Return how a sentence calls a task."""
    return f"{task.task_type} {task.id[:8]}"


def sureness(finding: Finding) -> str:
    """Return how sure it is, to end a statement."""
    return f" ({finding.confidence})"


def _first(findings: Iterable[Finding]) -> Finding | None:
    return next((f for f in findings if f.severity is not Severity.INFO), None)


def _about(task: Task, findings: Iterable[Finding]) -> Finding | None:
    return next((each for each in findings if each.subject.id == task.id), None)


def _told(finding: Finding, task: Task) -> str:
    title = finding.title.removeprefix(f"coordinator {task.id[:8]} ")
    return title.removeprefix(f"task {task.id[:8]} ")
