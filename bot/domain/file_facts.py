"""What the agents' folder holds of one task beside its file."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.domain import ladder
from bot.domain.agent_names import same_task
from bot.domain.figures import some
from bot.domain.tasks import TaskId
from bot.domain.times import dated, spoken

if TYPE_CHECKING:
    from bot.domain.file_queue import FileQueue, TaskFile

_EVENTS: Final = 12  # of an incident's history, the newest


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
    for signal in queue.signals or ():
        if signal.task_id is not None and same_task(file.id, signal.task_id):
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
    for asked in queue.escalations or ():
        own = (file.escalation, incident.escalation if incident else None)
        if asked.id in own or asked.task_id == file.id:
            advice = f", advice {asked.advice}" if asked.advice else ""
            yield "escalation", f"{asked.id}, {asked.status}: {asked.title}{advice}"
