"""What the agents' folder holds of one task beside its file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain import ladder
from bot.domain.agent_names import ABANDONED, SUCCEEDED, same_task
from bot.domain.figures import some
from bot.domain.file_proofs import said
from bot.domain.logs import Level, LogLine
from bot.domain.report import Cell
from bot.domain.tasks import TaskId
from bot.domain.times import Window, dated, spoken, stamp
from bot.domain.workers import WorkerId

if TYPE_CHECKING:
    from bot.domain.file_queue import (
        Escalation,
        FileQueue,
        Incident,
        Sidecar,
        Signal,
        TaskFile,
    )

CLEANUP: Final = "PLAN_CLEANUP"
# systems/agents.md, 1A.6: how many files of waiting and running tasks it removed.
_REMOVED: Final = ("private_removed", "queue_removed", "processing_removed")
_BY_CLEANUP: Final = "a fresh run of the same plan probably removed it"
_ENDS: Final = (SUCCEEDED, ABANDONED)
_KNOWN: Final = {
    "task_name": "name",
    "task_class": "type",
    "batch_id": "batch",
    "worker": "worker",
}
_EVENTS: Final = 12  # of an incident's history, the newest
# systems/agents.md, 1A.6: what of it is no trouble.
_WELL: Final = ("brain_fix_applied", "auto_cleared_after_success")


def beside(
    queue: "FileQueue", id: TaskId, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Return what sidecar, signals, incident and escalations tell of the task."""
    file = queue.file(id)
    return () if file is None else (*_beside(queue, file, now),)


def _beside(
    queue: "FileQueue", file: "TaskFile", now: datetime
) -> Iterator[tuple[str, str]]:
    if file.batch:
        plan = f" of {file.plan}" if file.plan else ""
        yield "batch", f"{file.batch}{plan}"
    if file.attempted:
        yield "tried on", ", ".join(file.attempted)
    if file.sidecar is not None and file.sidecar.updated_at is not None:
        at = file.sidecar.updated_at
        yield "sidecar", f"of {dated(at, now)}"
    yield from (
        ("runs on", f"{each.id}, by its heartbeat") for each in queue.running(file.id)
    )
    for signal in _signals(queue, file.id):
        age = signal.age(now)
        told = f"unread for {spoken(age)}" if age else "not read yet"
        why = f" ({signal.reason})" if signal.reason else ""
        yield "signal", f"{signal.kind} to {signal.worker}, {told}{why}"
    incident = ladder.incident(queue, file)
    if incident is not None:
        tries = some(incident.fixes_tried, "attempt")
        yield "incident", f"{incident.id}: {tries} of the brain to mend it"
        for when, event in incident.events[-_EVENTS:]:
            yield (f"{when:%H:%M:%S}" if when else "once"), event.replace("_", " ")
    for asked in _escalations(queue, file.id, file, incident):
        advice = f", advice {asked.advice}" if asked.advice else ""
        yield "escalation", f"{asked.id}, {asked.status}: {asked.title}{advice}"


def moments(queue: "FileQueue", id: TaskId, window: Window) -> tuple[LogLine, ...]:
    """Return what sidecar, signals, incident and escalations tell, as lines of a log.

    Those of the window, in no order. A signal that was read is gone, and a sidecar
    tells when it was last written.
    """
    file = queue.file(id)
    incident = _incident(queue, id, file)
    found = (
        *_of_sidecar(_sidecar(queue, id, file)),
        *_of_signals(_signals(queue, id)),
        *_of_incident(incident),
        *_of_escalations(_escalations(queue, id, file, incident)),
    )
    return tuple(replace(each, task_id=id) for each in found if each.at in window)


def removal(lines: Sequence[LogLine], cleanups: Iterable[LogLine]) -> LogLine | None:
    """Return the first clean-up after the first line of a task that removed something.

    None where none did, or an event tells that the task had ended before: what ended
    is not removed (systems/agents.md, 1A.9, 5).
    """
    if not lines:
        return None
    ends = [each.at for each in lines if each.fields.get("event") in _ENDS]
    for each in sorted(cleanups, key=lambda line: line.order):
        removed = any(each.fields.get(name) for name in _REMOVED)
        if removed and lines[0].at <= each.at:
            return None if any(end <= each.at for end in ends) else each
    return None


def becoming(lines: Sequence[LogLine], removed: LogLine | None) -> str:
    """Return what became of a task without a file, as far as its lines tell it."""
    if removed is not None:
        return f"{_BY_CLEANUP}, {stamp(removed.at)}"
    events = [each for each in lines if each.source == "batch"]
    last = (events or lines)[-1]
    return f"the last that is told of it is {said(last.message)}, {stamp(last.at)}"


def left(
    lines: Sequence[LogLine], removed: LogLine | None
) -> tuple[tuple[str, Cell], ...]:
    """Return what is known of a task without a file, by its lines, oldest first."""
    told: dict[str, Cell] = {"file": "none, in any folder"}
    for line in lines:
        for name, label in _KNOWN.items():
            if value := line.fields.get(name):
                told[label] = str(value)
    events = [each for each in lines if each.source == "batch"]
    if events:
        told["last event"] = f"{said(events[-1].message)}, {stamp(events[-1].at)}"
    if removed is not None:
        told["gone"] = f"{_BY_CLEANUP}, {stamp(removed.at)}: {removed.message}"
    return tuple(told.items())


def _of_sidecar(sidecar: "Sidecar | None") -> Iterator[LogLine]:
    if sidecar is None or sidecar.updated_at is None:
        return
    pid = f", PID {sidecar.pid}" if sidecar.pid is not None else ""
    peak = sidecar.peak_vram_mb
    vram = f", VRAM peak {peak} MB" if peak is not None else ""
    yield LogLine(
        at=sidecar.updated_at,
        level=Level.INFO,
        source="sidecar",
        source_id=sidecar.worker or "",
        message=f"last refreshed by {sidecar.worker or 'somebody'}{pid}{vram}",
        worker_id=WorkerId(sidecar.worker) if sidecar.worker else None,
    )


def _of_signals(signals: "Iterable[Signal]") -> Iterator[LogLine]:
    for signal in signals:
        if signal.at is None:
            continue
        why = f": {signal.reason}" if signal.reason else ""
        yield LogLine(
            at=signal.at,
            level=Level.WARNING,
            source="signal",
            source_id=signal.kind,
            message=f"{signal.kind} sent to {signal.worker}, not read yet{why}",
            worker_id=WorkerId(signal.worker),
        )


def _of_incident(incident: "Incident | None") -> Iterator[LogLine]:
    if incident is None:
        return
    for at, event in incident.events:
        if at is None:
            continue
        yield LogLine(
            at=at,
            level=Level.INFO if event in _WELL else Level.WARNING,
            source="incident",
            source_id=incident.id,
            message=f"{event.replace('_', ' ')} ({incident.id})",
        )


def _of_escalations(escalations: "Iterable[Escalation]") -> Iterator[LogLine]:
    for each in escalations:
        if each.at is None:
            continue
        yield LogLine(
            at=each.at,
            level=Level.ERROR,
            source="escalation",
            source_id=each.id,
            message=f"{each.title or each.kind} ({each.id})",
        )


def _sidecar(
    queue: "FileQueue", id: TaskId, file: "TaskFile | None"
) -> "Sidecar | None":
    """Return the task's sidecar, also one beside which no file lies."""
    if file is not None and file.sidecar is not None:
        return file.sidecar
    return next((each for each in queue.sidecars or () if each.task_id == id), None)


def _incident(
    queue: "FileQueue", id: TaskId, file: "TaskFile | None"
) -> "Incident | None":
    if file is not None:
        return ladder.incident(queue, file)
    known = queue.state.incidents if queue.state else ()
    return next((each for each in known if id in each.task_ids), None)


def _signals(queue: "FileQueue", id: TaskId) -> "Iterator[Signal]":
    for signal in queue.signals or ():
        if signal.task_id is not None and same_task(id, signal.task_id):
            yield signal


def _escalations(
    queue: "FileQueue",
    id: TaskId,
    file: "TaskFile | None",
    incident: "Incident | None",
) -> "Iterator[Escalation]":
    own = (
        file.escalation if file else None,
        incident.escalation if incident else None,
    )
    for each in queue.escalations or ():
        if each.id in own or each.task_id == id:
            yield each
