"""Rows as PostgREST gives them, and what they mean. Extra columns are ignored."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from bot.domain.diagnostics import Diagnostics, HeldThen
from bot.domain.errors import SourceDown
from bot.domain.excerpts import cut
from bot.domain.logs import LogLine
from bot.domain.redaction import redacted
from bot.domain.report import Gap
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.sources.asking import untold
from bot.sources.reigh.conditions import Row
from bot.sources.reigh.faults import SOURCE

TASK_PHASES: Final = {
    "Queued": TaskPhase.WAITING,
    "In Progress": TaskPhase.RUNNING,
    "Complete": TaskPhase.DONE,
    "Failed": TaskPhase.FAILED,
    "Cancelled": TaskPhase.CANCELLED,
}
WORKER_PHASES: Final = {
    "inactive": WorkerPhase.STARTING,
    "spawning": WorkerPhase.STARTING,
    "active": WorkerPhase.ACTIVE,
    "error": WorkerPhase.FAILED,
    "crashed": WorkerPhase.FAILED,
    "terminated": WorkerPhase.ENDED,
}

TASK_BRIEF: Final = (
    "id",
    "task_type",
    "status",
    "created_at",
    "worker_id",
    "attempts",
    "generation_created",
    "updated_at",
    "generation_started_at",
    "generation_processed_at",
    "dependant_on",
    "project_id",
)
TASK_TEXTS: Final = (*TASK_BRIEF, "error_message", "output_location")
TASK_LINKED: Final = (
    *TASK_TEXTS,
    "parent_ref:params->>orchestrator_task_id_ref",
    "parent_details:params->orchestrator_details->>orchestrator_task_id",
    (
        "parent_original:params->originalParams->orchestrator_details"
        "->>orchestrator_task_id"
    ),
    "parent_id:params->>orchestrator_task_id",
    "params_text:params->>0",  # of an object none: only where they are a JSON text
)
TASK_WHOLE: Final = (*TASK_TEXTS, "params")

# Of the metadata only what is needed: it also holds an SSH password.
WORKER: Final = (
    "id",
    "status",
    "created_at",
    "last_heartbeat",
    "instance_type",
    "current_model",
    *(
        f"{name}:metadata->>{name}"
        for name in (
            "runpod_id",
            "ram_tier",
            "storage_volume",
            "orchestrator_status",
            "error_reason",
            "error_time",
            "promoted_to_active_at",
            "terminated_at",
            "vram_total_mb",
            "vram_used_mb",
        )
    ),
)
WORKER_WHOLE: Final = (*WORKER, "diagnostics:metadata->diagnostics")
LOG: Final = (
    "id",
    "at:timestamp",
    "level:log_level",
    "source:source_type",
    "source_id",
    "message",
    "task_id",
    "worker_id",
    "cycle:cycle_number",
)
# Beside it, why it was written and the worker that an edge function names (systems/
# reigh.md, 3.1 and 3.4); a worker's own lines have none of them. The names are short,
# for they come with every row.
LOG_REASONED: Final = (
    *LOG,
    "e:metadata->>error",
    "x:metadata->>exception",
    "w:metadata->>worker_id",
)
# Those of a task belong to no cycle, and the orchestrator's to no task or worker.
LOG_OF_TASK: Final = tuple(
    name for name in LOG_REASONED if name != "cycle:cycle_number"
)
LOG_OF_CYCLES: Final = (
    *(name for name in LOG if name not in {"task_id", "worker_id"}),
    "x:metadata->>exception",
)
_HELD: Final = 5  # tasks, as many as the orchestrator writes down
_GIST: Final = 500  # characters of a reason that a message is given
_KEPT: Final = 4_000  # and of one beside it

# A heartbeat within a second of the creation was written by the column's old default.
WRITTEN_AT_CREATION: Final = timedelta(seconds=1)  # systems/reigh.md, 1.3

NO_TIME: Final = re.compile(r"-?infinity|\d{5,}-.*|.* BC")
"""PostgreSQL's times that Python has none of."""

CASCADED: Final = re.compile(
    r"Cascaded (?:failed|cancelled) from related task ([0-9a-fA-F-]{36})"
)
_RAISED: Final = re.compile(r"^[A-Za-z_][\w.]*(?::[^\n]*)?$", re.MULTILINE)
SEGMENTS_FAILED: Final = re.compile(r"\b\d+ of \d+ segments failed\b")


def _or_none(reader: TypeAdapter[Any]) -> BeforeValidator:
    """Return a validator that takes what a program wrote oddly for not known."""

    def lenient(value: object) -> object:
        if value is None:  # as mostly
            return None
        try:
            return reader.validate_python(value)
        except ValidationError:
            return None

    return BeforeValidator(lenient)


def _aware(value: object) -> object:
    """Return a time as written; one without a zone is the database's UTC."""
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return value


def _short(value: object) -> object:
    """Return a text as long as one may be that a program collected."""
    return cut(value.strip(), _GIST) or None if isinstance(value, str) else None


OddInt = Annotated[int | None, _or_none(TypeAdapter(int | None))]
_Amount = Annotated[float, Field(ge=0, le=10**9)]
OddFloat = Annotated[float | None, _or_none(TypeAdapter(_Amount | None))]
OddBool = Annotated[bool | None, _or_none(TypeAdapter(bool | None))]
OddTime = Annotated[datetime | None, BeforeValidator(_aware)]
OddText = Annotated[str | None, BeforeValidator(_short)]
OddTextTime = Annotated[
    datetime | None,
    BeforeValidator(lambda it: _aware(it if isinstance(it, str) else None)),
]


def _ids(value: object) -> object:
    """Return the ids of a column that once held one and now holds a list."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(each for each in value if each is not None)
    return (value,) if isinstance(value, str) else value


def _mapping(value: object) -> dict[str, Any]:
    """Return parameters that were rarely stored as a JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


class _TaskRow(BaseModel):
    id: str
    task_type: str
    status: str
    created_at: datetime
    worker_id: str | None = None
    attempts: int | None = None
    generation_created: bool | None = None
    updated_at: datetime | None = None
    generation_started_at: datetime | None = None
    generation_processed_at: datetime | None = None
    dependant_on: Annotated[tuple[str, ...], BeforeValidator(_ids)] = ()
    project_id: str | None = None
    error_message: str | None = None
    output_location: str | None = None
    params: Annotated[dict[str, Any], BeforeValidator(_mapping)] = {}
    parent_ref: str | None = None
    parent_details: str | None = None
    parent_original: str | None = None
    parent_id: str | None = None
    params_text: str | None = None


class _HeldThen(BaseModel):
    id: OddText = None
    task_type: OddText = None
    age_seconds: OddFloat = None


def _held_then(value: object) -> object:
    listed = value if isinstance(value, list) else ()
    return [each for each in listed if isinstance(each, dict)][:_HELD]


class _PodThen(BaseModel):
    desired_status: OddText = None


class _Diagnostics(BaseModel):
    timestamp: OddTextTime = None
    collection_success: OddBool = None
    collection_error: OddText = None
    running_tasks_count: OddInt = None
    running_tasks: Annotated[list[_HeldThen], BeforeValidator(_held_then)] = []
    running_tasks_error: OddText = None
    vram_used_mb: OddInt = None
    vram_total_mb: OddInt = None
    vram_usage_percent: OddFloat = None
    pod_status: Annotated[_PodThen, BeforeValidator(_mapping)] = _PodThen()
    pod_status_error: OddText = None
    git_commit: OddText = None
    git_branch: OddText = None
    git_info_error: OddText = None


class _WorkerRow(BaseModel):
    id: str
    status: str
    created_at: datetime
    last_heartbeat: datetime | None = None
    instance_type: str | None = None
    current_model: str | None = None
    runpod_id: str | None = None
    ram_tier: OddInt = None
    storage_volume: str | None = None
    orchestrator_status: str | None = None
    error_reason: str | None = None
    error_time: OddTime = None
    promoted_to_active_at: OddTime = None
    terminated_at: OddTime = None
    vram_total_mb: OddInt = None
    vram_used_mb: OddInt = None
    diagnostics: Annotated[dict[str, Any], BeforeValidator(_mapping)] = {}


_TASKS = TypeAdapter(list[_TaskRow])
_WORKERS = TypeAdapter(list[_WorkerRow])
_LINES = TypeAdapter(list[LogLine])


def tasks(rows: Sequence[Row]) -> tuple[Task, ...]:
    """Return the tasks that the rows describe, in their order."""
    return tuple(_task(row) for row in _valid(_TASKS, rows, "tasks"))


def run(params: Mapping[str, object]) -> str | None:
    """Return the run that a coordinator's parameters name (systems/reigh.md, 1.8)."""
    details = _mapping(params.get("orchestrator_details"))
    found = params.get("run_id") or details.get("run_id")
    return found if isinstance(found, str) and found else None


def children(rows: Sequence[Row], parent: TaskId, run: str | None) -> tuple[Task, ...]:
    """Return the tasks that are the coordinator's own, each with it for its parent.

    The rows name it, or its *run*; a JSON text may hold its id anywhere. Whoever names
    another coordinator first is that one's.
    """
    found = []
    for row, task in zip(rows, tasks(rows), strict=True):
        if task.parent == parent:
            found.append(task)
        elif task.parent is None and not task.coordinates and _of_run(row, run):
            found.append(replace(task, parent=parent))
    return tuple(found)


def _of_run(row: Row, run: str | None) -> bool:
    """Tell whether the row names the run, for which it was asked unless a text does."""
    text = row.get("params_text")
    if text is None or run is None:
        return run is not None
    params = _mapping(text)
    details = _mapping(params.get("orchestrator_details"))
    return run in (params.get("orchestrator_run_id"), details.get("run_id"))


def workers(rows: Sequence[Row]) -> tuple[Worker, ...]:
    """Return the workers that the rows describe, in their order.

    A heartbeat at no time that a clock shows is not known, and a gap names it.
    """
    told = [_at_a_time(row) for row in rows]
    return tuple(_worker(row) for row in _valid(_WORKERS, told, "workers"))


def _at_a_time(row: Row) -> Row:
    beat = row.get("last_heartbeat")
    if not isinstance(beat, str) or not NO_TIME.fullmatch(beat):
        return row
    reason = f"holds a last_heartbeat in workers that is no time: of {row.get('id')}"
    untold(Gap(source=SOURCE, reason=reason))
    return {**row, "last_heartbeat": None}


REASONS: Final = {"e": "error", "x": "exception"}
"""What of a line's metadata says why it was written, by the name it is asked for."""
_REPEATED: Final = ("level", "source", "source_id", "task_id", "worker_id")


def lines(rows: Sequence[Row]) -> tuple[LogLine, ...]:
    """Return the log lines that the rows describe, in their order.

    Their columns are renamed in the request, so that they become lines at once. Words
    that repeat in every row are kept once: a worker may have a hundred thousand.
    """
    for row in rows:
        reasons = {name: it for key, name in REASONS.items() if (it := row.get(key))}
        if reasons and isinstance(row.get("message"), str):
            row["message"], row["fields"] = reasoned(row["message"], reasons)
        row["worker_id"] = row.get("worker_id") or row.get("w")
        for name in _REPEATED:
            if isinstance(row.get(name), str):
                row[name] = sys.intern(row[name])
    return tuple(_valid(_LINES, rows, "system_logs"))


def reasoned(message: str, reasons: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a message with the gist of its reasons, and these as a line keeps them.

    An exception tells its gist at its end. What a message holds is not said again.
    """
    kept: dict[str, str] = {}
    for name, reason in reasons.items():
        text = reason.strip()
        if name == "exception":
            kept[name] = _ending(text)
            message = _raising(message, _raised(kept[name]))
            continue
        kept[name] = cut(text, _KEPT)
        if text[:_GIST] not in message:
            message += f": {cut(text, _GIST)}"
    return message, kept


def _raising(message: str, raised: str) -> str:
    """Return a message with what was raised, or with its kind if it tells the rest."""
    if raised in message:
        return message
    kind, _, said = raised.partition(": ")
    return f"{message} ({kind})" if said and said in message else f"{message}: {raised}"


def _raised(trace: str) -> str:
    """Return what a traceback says was raised; of any other text its last line."""
    found = _RAISED.findall(trace) or trace.splitlines()
    return cut(found[-1], _GIST) if found else ""


def _ending(text: str) -> str:
    if len(text) <= _KEPT:
        return text
    return "…" + redacted(text[-2 * _KEPT :])[-_KEPT:]


def _valid(
    adapter: TypeAdapter[list[Any]], rows: Sequence[Row], table: str
) -> list[Any]:
    try:
        return adapter.validate_python(list(rows))
    except ValidationError as error:
        first = error.errors()[0]
        number, *path = first["loc"]
        field = ".".join(map(str, path))
        row = rows[number] if isinstance(number, int) else {}
        msg = f"holds a row in {table} that makes no sense: {field} of {row.get('id')}"
        raise SourceDown(SOURCE, msg) from error


def _task(row: _TaskRow) -> Task:
    phase = TASK_PHASES.get(row.status, TaskPhase.UNKNOWN)
    ended_badly = phase in (TaskPhase.FAILED, TaskPhase.CANCELLED)
    told = (row.error_message or "").strip() or None
    placed = (row.output_location or "").strip() or None
    error, note, output = None, told, placed
    if ended_badly:
        error, note, output = _failure(told, placed)
    cascade = CASCADED.search(told or "") or CASCADED.search(placed or "")
    return Task(
        id=TaskId(row.id),
        task_type=row.task_type,
        status=row.status,
        phase=phase,
        created_at=row.created_at,
        worker_id=WorkerId(row.worker_id) if row.worker_id else None,
        attempts=row.attempts,
        generation_created=row.generation_created,
        updated_at=row.updated_at,
        started_at=row.generation_started_at,
        processed_at=row.generation_processed_at,
        error=error,
        output=output,
        note=note,
        dependencies=tuple(TaskId(each) for each in row.dependant_on),
        parent=_parent(row),
        cascaded_from=TaskId(cascade[1].lower()) if cascade and ended_badly else None,
        sums_up=SEGMENTS_FAILED.search(error or "") is not None,
        project_id=row.project_id,
        parameters=row.params,
    )


def _failure(
    told: str | None, placed: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return error, note and output of a task that ended badly.

    Workers put the error text where the result's address would stand; error_message
    holds cascades, sums over segments and old resets (systems/reigh.md, 0.4).
    """
    output = placed if placed and _is_address(placed) else None
    text = None if output else placed
    reset = told is not None and told.startswith("Reset - ")
    if told and not reset and (CASCADED.search(told) or SEGMENTS_FAILED.search(told)):
        return told, text if text != told else None, output
    if text:
        return text, told if told != text else None, output
    return (None, told, output) if reset else (told, None, output)


def _is_address(text: str) -> bool:
    """Tell whether the text is where a result lies, rather than words."""
    return bool(
        re.fullmatch(
            r"(?:https?|s3|gs|file)://\S+"
            r"|/[\w.-]+(?:/[\w.-]+)*|(?:[\w.-]+/)+[\w.-]*\.[A-Za-z]\w{1,4}",
            text,
        )
    )


def _parent(row: _TaskRow) -> TaskId | None:
    """Return the coordinator that the parameters name; the first found wins."""
    params: Mapping[str, Any] = row.params or _mapping(row.params_text)
    details = _mapping(params.get("orchestrator_details"))
    original = _mapping(params.get("originalParams"))
    deep = _mapping(original.get("orchestrator_details"))
    found = (
        row.parent_ref
        or params.get("orchestrator_task_id_ref")
        or row.parent_details
        or details.get("orchestrator_task_id")
        or row.parent_original
        or deep.get("orchestrator_task_id")
        or row.parent_id
        or params.get("orchestrator_task_id")
    )
    if not isinstance(found, str) or found == row.id:
        return None
    return TaskId(found)


def _worker(row: _WorkerRow) -> Worker:
    beat = row.last_heartbeat
    if beat is not None and abs(beat - row.created_at) < WRITTEN_AT_CREATION:
        beat = None
    return Worker(
        id=WorkerId(row.id),
        status=row.status,
        phase=WORKER_PHASES.get(row.status, WorkerPhase.UNKNOWN),
        created_at=row.created_at,
        last_heartbeat_at=beat,
        runpod_id=row.runpod_id or None,
        instance_type=row.instance_type,
        ram_tier=row.ram_tier,
        storage_volume=row.storage_volume,
        current_model=row.current_model,
        vram_total_mb=row.vram_total_mb,
        vram_used_mb=row.vram_used_mb,
        error_reason=row.error_reason,
        error_at=row.error_time,
        promoted_at=row.promoted_to_active_at,
        terminated_at=row.terminated_at,
        orchestrator_status=row.orchestrator_status,
        runs_on_gpu=not row.id.startswith("api-worker-"),
        diagnostics=_diagnostics(row.diagnostics) if row.diagnostics else None,
    )


def _diagnostics(held: Mapping[str, Any]) -> Diagnostics:
    """Return what the orchestrator collected, whatever of it is there."""
    seen = _Diagnostics.model_validate(held)
    errors = (
        seen.collection_error,
        seen.running_tasks_error,
        seen.pod_status_error,
        seen.git_info_error,
    )
    return Diagnostics(
        collected_at=seen.timestamp,
        succeeded=seen.collection_success,
        errors=tuple(each for each in errors if each),
        running_tasks_count=seen.running_tasks_count,
        running_tasks=tuple(
            HeldThen(
                id=each.id or "of no id",
                task_type=each.task_type,
                running_seconds=each.age_seconds,
            )
            for each in seen.running_tasks
        ),
        vram_used_mb=seen.vram_used_mb,
        vram_total_mb=seen.vram_total_mb,
        vram_usage_percent=seen.vram_usage_percent,
        pod_status=seen.pod_status.desired_status,
        git_commit=seen.git_commit,
        git_branch=seen.git_branch,
    )
