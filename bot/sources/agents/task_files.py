"""A task's file and its sidecar, whichever generation wrote them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from bot.domain.agent_names import FAILED, Lane
from bot.domain.excerpts import start_of
from bot.domain.figures import some
from bot.domain.file_failures import DEFERRED
from bot.domain.file_queue import Sidecar, TaskFile, tells_failure
from bot.domain.file_tally import UNREAD
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.workers import WorkerId
from bot.sources.agents.clock import Clock
from bot.sources.agents.folder import Read
from bot.sources.agents.shapes import Doc, flag, inner, text, texts, whole

BRIEF: Final = 500  # characters of an output or error in lists
LONG: Final = 20_000  # and of a single task
NAMED: Final = 3  # of files that cannot be read
WAITING: Final = "waiting"

FAILURES: Final = FAILED
"""Asked for, it means all that failed: also what the brain gave up on, which lies in
tasks/failed as well."""
ENDED_ILL: Final = (FAILURES, "blocked_cloud", "abandoned")
STATUSES: Final = (
    *("pending", WAITING, "processing", "complete"),
    *ENDED_ILL,
)
OF_LANE: Final[Mapping[Lane, str]] = {
    Lane.PRIVATE: WAITING,
    Lane.QUEUE: "pending",
    Lane.PROCESSING: "processing",
    Lane.COMPLETE: "complete",
    Lane.FAILED: FAILED,
}
"""What a file says of itself in the lane where it lies (systems/agents.md, 1A.3)."""
_META: Final = frozenset({"meta", "resource"})  # systems/agents.md, 1A.1: by generation
_ENDED: Final = (Lane.COMPLETE, Lane.FAILED)
_STDERR: Final = re.compile(r"\[stderr: (.*?)\n?\]\s*\Z", re.DOTALL)


def task_file(
    id: TaskId, lane: Lane, read: Read, clock: Clock, *, most: int = BRIEF
) -> TaskFile:
    """Return what the file says; texts are cut to *most* characters."""
    doc, result = read.doc, inner(read.doc, "result")

    def at(*names: str) -> datetime | None:
        for name in names:
            said = clock.at(doc.get(name), near=read.at)
            if said is not None:
                return said
        return None

    attempted = texts(doc, "workers_attempted")
    worker = text(doc, "assigned_to") or (attempted[-1] if attempted else None)
    changes = [
        at(name)
        for name in ("last_attempt_at", "requeued_at", "orphan_recovered_at")
        if name in doc
    ]
    ended = lane in _ENDED
    error = _error(doc, result) if ended else None
    meta = not _META.isdisjoint((text(doc, "task_class"), text(doc, "type")))
    return TaskFile(
        id=id,
        lane=lane,
        name=text(doc, "name") or "",
        type=text(doc, "type") or "",
        task_class=text(doc, "task_class") or "",
        status=_status(doc, lane),
        executor=text(doc, "executor") or "",
        # One that does not say is as old as its file.
        created_at=at("created_at", "first_attempted_at", "started_at", "completed_at")
        or read.at,
        # What waits again keeps the time of an earlier attempt.
        started_at=at("started_at") if ended or lane is Lane.PROCESSING else None,
        first_attempt_at=at("first_attempted_at", "started_at"),
        ended_at=at("completed_at") if ended else None,
        changed_at=max((each for each in changes if each), default=None),
        worker=WorkerId(worker) if worker else None,
        attempts=_attempts(doc),
        attempted=attempted,
        batch=text(doc, "batch_id") or "",
        plan=_plan(doc),
        depends_on=texts(doc, "depends_on"),
        priority=whole(doc, "priority"),
        vram_estimate_mb=whole(doc, "vram_estimate_mb"),
        model=text(doc, "llm_model", "target_model"),
        min_tier=whole(doc, "llm_min_tier"),
        placement=text(doc, "llm_placement"),
        command=text(doc, "command") if meta else None,
        candidates=texts(doc, "candidate_workers"),
        success=flag(result, "success"),
        action=text(result, "action"),
        error=start_of(error, most) if error else None,
        error_type=text(result, "error_type") or text(doc, "error_type"),
        runtime_error=text(result, "runtime_error_code", "error_code"),
        output=start_of(text(result, "output") or "", most).strip() or None,
        requeued_at=at("requeued_at"),
        requeue_reason=text(doc, "requeue_reason"),
        stuck_requeues=whole(doc, "stuck_requeue_count") or 0,
        orphan_of=text(doc, "orphan_recovered_from"),
        incident=text(doc, "incident_id"),
        escalation=text(doc, "cloud_escalation_id") or text(result, "escalation_id"),
        ended_because=text(doc, "abandoned_reason", "blocked_reason"),
    )


def unread_file(id: TaskId, lane: Lane, at: datetime) -> TaskFile:
    """Return what is known of a task whose file could not be read."""
    return TaskFile(id=id, lane=lane, read=False, status=OF_LANE[lane], created_at=at)


def sidecar(id: TaskId, read: Read | None, clock: Clock) -> Sidecar:
    """Return what the sidecar says; of one that could not be read only its id."""
    if read is None:
        return Sidecar(task_id=id)
    doc = read.doc
    return Sidecar(
        task_id=id,
        worker=text(doc, "worker_id", "worker"),
        updated_at=clock.at(doc.get("updated_at"), near=read.at),
        pid=whole(doc, "pid"),
        peak_vram_mb=whole(doc, "peak_vram_mb"),
    )


def task(
    file: TaskFile,
    *,
    dependencies: Iterable[TaskId] = (),
    note: str | None = None,
    whole: bool = False,
) -> Task:
    """Return the task of a file; *whole* with its parameters and its output."""
    failed = file.phase is TaskPhase.FAILED
    waits = file.lane in (Lane.PRIVATE, Lane.QUEUE)
    return Task(
        id=file.id,
        task_type=(file.task_class or file.type or "task") if file.read else UNREAD,
        status=file.status,
        phase=file.phase,
        created_at=file.created_at or _NEVER,
        worker_id=None if waits else file.worker,
        attempts=file.attempts,
        updated_at=file.changed_at or file.ended_at,
        started_at=file.started_at,
        first_started_at=file.first_attempt_at if file.started_at else None,
        processed_at=file.ended_at,
        error=file.error if failed else None,
        output=file.output if whole and file.phase is TaskPhase.DONE else None,
        note=_note(file, note, failed=failed),
        dependencies=tuple(dependencies),
        parameters=_parameters(file) if whole else {},
    )


_NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _note(file: TaskFile, note: str | None, *, failed: bool) -> str | None:
    parts = [note] if note else []
    if not file.read:
        parts.append("its file could not be read: half written, or no JSON")
    if file.ended_because:
        parts.append(file.ended_because)
    if file.error and not failed:
        parts.append(file.error)
    if file.requeue_reason and file.lane is Lane.QUEUE:
        parts.append(f"queued again: {file.requeue_reason}")
    return "; ".join(parts) or None


def _status(doc: Doc, lane: Lane) -> str:
    """Return the file's own word where it refines its lane, which is the fact."""
    said = text(doc, "status") or ""
    if lane is Lane.FAILED and said in ("blocked_cloud", "abandoned"):
        return said
    # A plan that could not be run lies among the complete ones (1A.9, 1).
    ill = tells_failure(said, success=flag(inner(doc, "result"), "success"))
    return FAILED if lane is Lane.COMPLETE and ill else OF_LANE[lane]


def _attempts(doc: Doc) -> int | None:
    known = whole(doc, "attempts")
    if known is not None:
        return known
    retries = whole(doc, "retry_count")
    begun = text(doc, "started_at") is not None
    return None if retries is None else retries + begun


def _plan(doc: Doc) -> str:
    path = text(doc, "plan_path")
    return PurePosixPath(path).name if path else ""


def _error(doc: Doc, result: Doc) -> str | None:
    """Return why it failed: the first that says so (systems/agents.md, 1A.3)."""
    if flag(result, "success") is True:
        return None
    if text(result, "reason") == DEFERRED:  # whatever it wrote before it ended with 75
        return DEFERRED
    if said := text(result, "error"):
        return said
    output = text(result, "output") or ""
    if found := _STDERR.search(output):
        lines = [each for each in found[1].splitlines() if each.strip()]
        if lines:
            return lines[-1].strip()
    if text(result, "action") not in (None, "allowed") and (
        reason := text(result, "reason")
    ):
        return reason
    return output.strip() or text(
        doc, "definition_error", "blocked_reason", "env_blocked_reason"
    )


def _parameters(file: TaskFile) -> Mapping[str, object]:
    """Return what tells one task from another, without its command or its prompt."""
    told = {
        "name": file.name,
        "type": file.type,
        "batch": file.batch,
        "plan": file.plan,
        "depends on": ", ".join(file.depends_on),
        "workers attempted": ", ".join(file.attempted),
        "first attempt": file.first_attempt_at.isoformat()
        if file.first_attempt_at
        else None,
        "VRAM estimate (MB)": file.vram_estimate_mb,
        "model": file.model,
        "meta command": file.command,
        "incident": file.incident,
        "escalation": file.escalation,
        "runtime error": file.runtime_error,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def unreadable(files: Iterable[TaskFile]) -> str:
    """Return how many of the files can't be read, and which; empty where all can."""
    bad = sorted(each.id for each in files if not each.read)
    if not bad:
        return ""
    more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return (
        f"has {some(len(bad), 'unreadable task file')}: {', '.join(bad[:NAMED])}{more}"
    )
