"""The life of a worker that is dead, in order: what is on record, and what is not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.domain.excerpts import cut, first_line, start_of
from bot.domain.figures import some
from bot.domain.logs import LogLine
from bot.domain.marks import FAILSAFE, LOADED, PROMOTED, RENTED, SWITCH_BEGUN, UP
from bot.domain.pods import Pod
from bot.domain.redaction import redacted
from bot.domain.startup import stopped
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import spoken
from bot.domain.workers import Worker, WorkerPhase

WORK_SHOWN: Final = 4  # stages of its work; earlier ones are summed up
_LONGEST: Final = 100

# systems/reigh.md, 3.3: what the orchestrator writes of a start; the first of each.
_LAUNCHED: Final = "Launched startup script"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a life. *at* is None for what is not on record.

    *after_seconds* is the time since the stage before; None for the first.
    """

    at: datetime | None
    what: str
    after_seconds: float | None = None

    @property
    def after(self) -> str:
        """Return the time since the stage before, for people."""
        if self.after_seconds is None:
            return ""
        return spoken(timedelta(seconds=self.after_seconds))


def life(
    worker: Worker,
    tasks: Sequence[Task],
    lines: Sequence[LogLine] | None,
    pods: Sequence[Pod] | None,
) -> tuple[Stage, ...]:
    """Return the stages of a worker's life, oldest first, at most 15.

    *lines* are its own and those that name it; None where they were not read. *pods*
    is None where RunPod was not asked. The last stage names what is not on record.
    """
    told = sorted(lines or (), key=lambda line: line.order)
    own = [line for line in told if line.writer == worker.id]
    birth, untold = _birth(worker, told, own, pods)
    failsafe = None
    if worker.phase is WorkerPhase.ENDED and not worker.error_reason:
        failsafe = _line((line for line in told if line.writer is None), FAILSAFE)
    later = [*birth, *_summed(_work(tasks, own)), *_end(worker, own, failsafe)]
    later.sort(key=lambda stage: stage[0])
    untold += _untold_end(worker, failsafe)
    if lines is None:
        untold = ["its lines, which were not read", *untold]
    found = [Stage(at=worker.created_at, what=f"created{_tier(worker)}")]
    before = worker.created_at
    for at, what in later:
        # Its pod's row and lines bear the times of other clocks.
        gap = max((at - before).total_seconds(), 0.0)
        found.append(Stage(at=at, what=what, after_seconds=gap))
        before = at
    missing = Stage(at=None, what=f"not on record: {', '.join(untold)}")
    return (*found, missing)


def _tier(worker: Worker) -> str:
    return f", for {worker.ram_tier} GB of RAM" if worker.ram_tier else ""


def _birth(
    worker: Worker,
    told: Sequence[LogLine],
    own: Sequence[LogLine],
    pods: Sequence[Pod] | None,
) -> tuple[list[tuple[datetime, str]], list[str]]:
    """Return what is known of its start, and what is not."""
    stages: list[tuple[datetime, str]] = []
    untold = []
    naming = [line for line in told if line.writer != worker.id]
    pod, now = f"pod {worker.runpod_id}", _standing(worker, pods)
    if rented := _line(naming, RENTED):
        stages.append((rented.at, f"{pod} rented, {now}"))
    elif worker.runpod_id:
        untold.append(f"when its {pod} ({now}) was rented")
    else:
        untold.append("a pod of its own")
    if launched := _line(naming, _LAUNCHED):
        stages.append((launched.at, "startup script launched"))
    if found := stopped(naming):
        line, said = found
        stages.append((line.at, f"its start showed: {said}"))
    if up := _line(own, UP):
        stages.append((up.at, "its program came up"))
    elif own:
        stages.append((own[0].at, f"first own line: {_said(own[0])}"))
    else:
        untold.append("any line of its own")
    promoted = _line(naming, PROMOTED)
    if at := promoted.at if promoted else worker.promoted_at:
        stages.append((at, "promoted to active"))
    else:
        untold.append("its promotion")
    return stages, untold


def _work(
    tasks: Sequence[Task], own: Sequence[LogLine]
) -> Iterator[tuple[datetime, str]]:
    for task in tasks:
        name = f"{task.id[:8]} ({task.task_type})"
        if task.started_at is not None:
            yield task.started_at, f"began task {name}"
        if task.processed_at is not None:
            verb = "completed" if task.phase is TaskPhase.DONE else "ended"
            yield task.processed_at, f"{verb} task {name}"
    for line in own:
        if SWITCH_BEGUN in line.message:
            model = line.message.rsplit(" to ", 1)[-1].strip()
            yield line.at, f"began to load {start_of(model, _LONGEST)}"
        elif any(mark in line.message for mark in LOADED):
            name = redacted(line.message).split()[-1]
            yield line.at, f"loaded {start_of(name, _LONGEST)}"


def _summed(
    work: Iterable[tuple[datetime, str]],
) -> Iterator[tuple[datetime, str]]:
    """Yield the newest stages, and all earlier ones as one, at the last of them."""
    stages = sorted(work)
    earlier, newest = stages[:-WORK_SHOWN], stages[-WORK_SHOWN:]
    if earlier:
        begun = sum(what.startswith("began task") for _, what in earlier)
        loads = sum(what.startswith("began to load") for _, what in earlier)
        done = sum(what.startswith("completed") for _, what in earlier)
        yield (
            earlier[-1][0],
            (
                f"by then: {some(begun, 'task')} begun, {done} completed,"
                f" {some(loads, 'model load')}"
            ),
        )
    yield from newest


def _end(
    worker: Worker, own: Sequence[LogLine], failsafe: LogLine | None
) -> Iterator[tuple[datetime, str]]:
    if own:
        yield own[-1].at, f"last own line: {_said(own[-1])}"
    if worker.last_heartbeat_at is not None:
        yield worker.last_heartbeat_at, "last heartbeat"
    if worker.error_at is not None:
        yield worker.error_at, f"given up: {worker.error_reason or 'no reason given'}"
    if failsafe is not None:
        yield failsafe.at, "ended by the failsafe"
    if worker.terminated_at is not None:
        yield worker.terminated_at, "terminated"


def _untold_end(worker: Worker, failsafe: LogLine | None) -> list[str]:
    untold = ["its first heartbeat"] if worker.last_heartbeat_at else ["any heartbeat"]
    if worker.phase not in (WorkerPhase.FAILED, WorkerPhase.ENDED):
        untold.append(f"its end: the row still says {worker.status}")
    elif (worker.error_at or worker.terminated_at or failsafe) is None:
        untold.append(f"when it became {worker.status}")
    return untold


def _line(lines: Iterable[LogLine], *marks: str) -> LogLine | None:
    return next(
        (line for line in lines if any(mark in line.message for mark in marks)), None
    )


def _said(line: LogLine) -> str:
    return cut(first_line(line.message) or "empty", _LONGEST)


def _standing(worker: Worker, pods: Sequence[Pod] | None) -> str:
    if pods is None:
        return "not looked up now"
    own = [pod for pod in pods if pod.id == worker.runpod_id]
    return f"{own[0].status} now" if own else "gone now"
