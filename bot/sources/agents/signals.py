"""Signals, locks, incidents and escalations: how brain and agents speak by files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.domain.file_queue import (
    Batch,
    BrainState,
    Escalation,
    Incident,
    LoadLock,
    Locks,
    Missing,
    Signal,
)
from bot.sources.agents.clock import Clock
from bot.sources.agents.folder import Folder, Read, Unreadable, go_on, opened
from bot.sources.agents.lanes import is_lock
from bot.sources.agents.shapes import Doc, flag, inner, inners, text, whole

_KINDS: Final = {
    ".stop": "stop",
    ".abort": "abort",
    ".kill": "kill",
    ".recovery_fallback.json": "recovery_fallback",
}
_RESTART: Final = "brain/restart_workers.signal"
_STATE: Final = "brain/state.json"
_LOAD: Final = "signals/model_load.global.json"
MOST_ESCALATIONS: Final = 200


def signals(folder: Folder) -> tuple[Signal, ...]:
    """Return the signals that nobody has read yet, the oldest first."""
    found = []
    for name in folder.names("signals"):
        go_on()
        for ending, kind in _KINDS.items():
            if name.endswith(ending):
                path = folder.root / "signals" / name
                worker = name.removesuffix(ending)
                each = _signal(folder, path, worker, kind)
                found += [each] if each is not None else []
    restart = _signal(folder, folder.root / _RESTART, "all", "restart_workers")
    found += [restart] if restart is not None else []
    return tuple(sorted(found, key=lambda each: (each.at or _NEVER, each.worker)))


_NEVER: Final = datetime.fromtimestamp(0, UTC)


def _signal(folder: Folder, path: Path, worker: str, kind: str) -> Signal | None:
    """Return the signal; one may hold JSON, a time as plain text, or nothing."""
    try:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        plain = _plain(path)
    except OSError:  # it was read, and is gone
        return None
    if not plain.lstrip().startswith("{"):
        said = folder.clock.at(plain, near=at)
        return Signal(worker=worker, kind=kind, at=said or at)
    read = folder.found(path)
    doc: Doc = read.doc if read else {}
    return Signal(
        worker=worker,
        kind=kind,
        at=folder.clock.at(doc.get("timestamp"), near=at) or at,
        task_id=text(doc, "task_id"),
        reason=text(doc, "reason"),
    )


def _plain(path: Path) -> str:
    """Return the text of a signal; one that may not be read is one all the same."""
    try:
        with opened(path) as file:
            return file.read(100_000).decode("utf-8", "replace")
    except Unreadable:
        return ""


def load_lock(folder: Folder) -> LoadLock | None:
    """Return who loads a model; None if nobody does."""
    read = folder.found(folder.root / _LOAD)
    if read is None:
        return None
    clock = folder.clock
    return LoadLock(
        worker=text(read.doc, "worker"),
        phase=text(read.doc, "phase"),
        since=clock.at(read.doc.get("acquired_at"), near=read.at),
        beat_at=clock.at(read.doc.get("heartbeat_at"), near=read.at),
    )


def locks(folder: Folder) -> Locks:
    """Return how many locks lie in the queue, and how many nobody here may write."""
    names = [name for name in folder.names("tasks/queue") if is_lock(name)]
    base = folder.root / "tasks" / "queue"
    return Locks(
        total=len(names),
        unwritable=sum(not _writable(base / name) for name in names),
    )


def _writable(path: Path) -> bool:
    """Tell whether somebody may write it: we may see it by a read-only mount."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return True
    return bool(mode & 0o222)


def escalations(folder: Folder) -> tuple[Escalation, ...]:
    """Return the newest escalations, the oldest of them first."""
    names = sorted(
        name for name in folder.names("brain/escalations") if name.endswith(".json")
    )
    found = []
    for name in names[-MOST_ESCALATIONS:]:
        go_on()
        read = folder.found(folder.root / "brain" / "escalations" / name)
        if read is None:
            continue
        doc = read.doc
        source = inner(doc, "source_task")
        details = inner(doc, "details")
        found.append(
            Escalation(
                id=text(doc, "escalation_id") or name.removesuffix(".json"),
                at=folder.clock.at(doc.get("created_at"), near=read.at),
                status=text(doc, "status") or "",
                kind=text(doc, "type") or "",
                title=text(doc, "title") or "",
                advice=text(doc, "recommended_action"),
                task_id=text(source, "task_id") or text(details, "task_id"),
            )
        )
    return tuple(found)


def brain_state(folder: Folder) -> BrainState | None:
    """Return what the brain saved; None where there is nothing to be read."""
    read = folder.found(folder.root / _STATE)
    return None if read is None else state(read, folder.clock)


def state(read: Read, clock: Clock) -> BrainState:
    """Return what a saved state says. Its `started_at` is when it was saved."""
    doc, near = read.doc, read.at
    batches = inner(doc, "active_batches")
    missing = inner(doc, "gpu_missing_escalations")
    incidents = inner(doc, "incidents")
    return BrainState(
        saved_at=clock.at(doc.get("started_at"), near=near),
        pid=whole(doc, "pid"),
        batches=tuple(
            Batch(
                id=id,
                plan=text(each, "plan", "display_name") or "",
                started_at=clock.at(each.get("started_at"), near=near),
                total_tasks=whole(each, "total_tasks"),
            )
            for id in batches
            if (each := inner(batches, id))
        ),
        incidents=tuple(
            _incident(key, each, clock, near)
            for key in incidents
            if (each := inner(incidents, key))
        ),
        missing=tuple(
            Missing(
                worker=name,
                since=clock.at(each.get("first_seen_at"), near=near),
                times=whole(each, "miss_count"),
                escalation=text(each, "escalation_id"),
            )
            for name in missing
            if (each := inner(missing, name))
        ),
    )


def _incident(key: str, doc: Doc, clock: Clock, near: datetime) -> Incident:
    def at(name: str) -> datetime | None:
        return clock.at(doc.get(name), near=near)

    history = inners(doc, "history")
    ids = dict.fromkeys(id for each in history if (id := text(each, "task_id")))
    escalated = flag(doc, "cloud_escalated")
    return Incident(
        id=text(doc, "incident_id") or key,
        task_name=text(doc, "task_name") or "",
        task_class=text(doc, "task_class") or "",
        batch=text(doc, "batch_id") or "",
        created_at=at("created_at"),
        updated_at=at("updated_at"),
        task_ids=tuple(ids),
        fixes_tried=whole(doc, "brain_fix_attempts") or 0,
        escalation=text(doc, "cloud_escalation_id") if escalated else None,
        aborts=whole(doc, "stuck_abort_count") or 0,
        aborted_at=at("stuck_abort_sent_at"),
        killed_at=at("stuck_force_kill_sent_at"),
        events=tuple(
            (clock.at(each.get("at"), near=near), text(each, "event") or "")
            for each in history
        ),
    )
