"""Rows and answers about tasks, and what they mean."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.domain.logs import Value
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.workers import WorkerId
from bot.sources.octollm.discretion import discreet, flat, goal, summary

# systems/octollm.md, 1B.2: the program's own words, in lower case.
PHASES: Final[Mapping[str, TaskPhase]] = {
    "pending": TaskPhase.WAITING,
    "processing": TaskPhase.RUNNING,
    "completed": TaskPhase.DONE,
    "failed": TaskPhase.FAILED,
    "cancelled": TaskPhase.CANCELLED,
}
# And those of its schema documents, and of other spellings.
_ALSO: Final[Mapping[str, TaskPhase]] = {
    "queued": TaskPhase.WAITING,
    "running": TaskPhase.RUNNING,
    "in_progress": TaskPhase.RUNNING,
    "complete": TaskPhase.DONE,
    "error": TaskPhase.FAILED,
    "canceled": TaskPhase.CANCELLED,
}
TYPE: Final = "task"
"""They are all of one type."""
ALLOWED: Final = timedelta(seconds=300)  # 1B.2: a budget's default max_time_seconds
_ENDED: Final = (TaskPhase.DONE, TaskPhase.FAILED, TaskPhase.CANCELLED)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def task(row: Row, *, whole: bool = False, texts: bool = True) -> Task:
    """Return the task of a row, or of the orchestrator's own answer.

    A running one is counted from its last change, which was being taken up; of an
    ended one that is the end, from which its processing time is counted back. Only a
    *whole* one has parameters, only with *texts* an error.
    """
    status = str(row.get("status") or "unknown").lower()
    phase = PHASES.get(status) or _ALSO.get(status, TaskPhase.UNKNOWN)
    created = moment(row.get("created_at"))
    updated = moment(row.get("updated_at"))
    ended = updated if phase in _ENDED else None
    took = row.get("processing_time_ms")
    started = updated if phase is TaskPhase.RUNNING else None
    if ended is not None and isinstance(took, int | float) and 0 <= took < 1e12:
        started = ended - timedelta(milliseconds=took)
    error = row.get("error")
    error = discreet(str(error)) if error and texts else None
    failed = phase is TaskPhase.FAILED
    result = row.get("result")
    arm, parent = row.get("assigned_arm"), row.get("parent_task_id")
    return Task(
        id=TaskId(str(row.get("id") or row.get("task_id"))),
        task_type=TYPE,
        status=status,
        phase=phase,
        created_at=created or updated or _EPOCH,
        worker_id=WorkerId(str(arm)) if arm else None,
        updated_at=updated,
        started_at=started,
        processed_at=ended,
        error=error if failed else None,
        note=None if failed else error,
        unread=bool(row.get("unread")),
        output=summary(result) if result and texts else None,
        parent=TaskId(str(parent)) if parent else None,
        title=goal(row["goal"]) if isinstance(row.get("goal"), str) else None,
        parameters=_parameters(row) if whole else {},
    )


def allowed(row: Row) -> timedelta:
    """Return how long a task may take by its budget."""
    budget = _held(row.get("budget"))
    seconds = budget.get("max_time_seconds") if isinstance(budget, dict) else None
    if isinstance(seconds, int | float) and 0 < seconds < 1e9:
        return timedelta(seconds=seconds)
    return ALLOWED


def moment(held: object) -> datetime | None:
    """Return the time of a column in UTC; one without a zone is UTC's."""
    if isinstance(held, str):
        try:
            held = datetime.fromisoformat(held)
        except ValueError:
            return None
    if not isinstance(held, datetime):
        return None
    return held.replace(tzinfo=UTC) if held.tzinfo is None else held.astimezone(UTC)


def _parameters(row: Row) -> dict[str, Value]:
    told: dict[str, Value] = {}
    if isinstance(row.get("goal"), str):
        told["goal"] = goal(row["goal"])
    if row.get("priority"):
        told["priority"] = str(row["priority"]).lower()
    budget = _held(row.get("budget"))
    if isinstance(budget, dict):
        told |= flat({"budget": budget})
    criteria = _held(row.get("acceptance_criteria"))
    if isinstance(criteria, list):
        told["acceptance_criteria"] = len(criteria)
    return told


def _held(value: object) -> object:
    """Return what a JSON column holds, which may come as its text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
