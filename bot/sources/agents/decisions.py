"""What the brain decided and what became of batches: logs of one JSON object a line."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.domain.agent_names import SHORT
from bot.domain.excerpts import start_of
from bot.domain.logs import NO_FIELDS, Level, LogLine, Value
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources.agents.clock import Clock
from bot.sources.agents.shapes import Doc, inner, text, texts

DECISION: Final = "decision"
BATCH: Final = "batch"
MONITOR: Final = "MONITOR"

REPEATED: Final = frozenset({"ABANDON"})
"""What brains of February 2026 decide anew of the same task on every loop (1A.9, 7)."""

# systems/agents.md, 4: the level is not written, but follows from the kind.
_ERRORS: Final = frozenset(
    {
        *("ABANDON", "BATCH_ABORTED", "BRAIN_TASK_ABORT", "SHELL_FAILED"),
        *("TASK_UNFIXABLE", "META_TASK_INVALID", "RETRY_RESET_FAILED"),
        *("DEPENDENCY_UNFIXABLE", "GPU_MISSING_ESCALATED", "ESCALATION"),
        "SYSTEM_TASK_FAILED",
    }
)
_WARNINGS: Final = frozenset(
    {
        *("RETRY", "RETRY_RESET", "ORPHAN_REQUEUE", "TASK_ABORT_SIGNAL"),
        *("TASK_FORCE_KILL_SIGNAL", "TASK_REQUEUED_TIMEOUT", "TASK_DEFINITION_ERROR"),
        *("GPU_MISSING", "GPU_UNHEALTHY", "TASK_WAITING_THERMAL"),
        *("RESOURCE_TASK_REJECTED", "PLAN_CLEANUP"),
        # The same, as older generations call them (1A.6).
        *("ABORT_SIGNAL", "FORCE_KILL", "WORKER_MISSING"),
    }
)
_DEBUGS: Final = frozenset({"RESOURCE_COOLDOWN", "RESOURCE_DEDUP", "DEPS_UPDATED"})
_EVENT_LEVELS: Final[Mapping[str, Level]] = {
    "task_failed": Level.ERROR,
    "task_abandoned": Level.ERROR,
    "batch_aborted": Level.ERROR,
    "task_retried": Level.WARNING,
    "batch_interrupted": Level.WARNING,
}
# What of a decision's details names the agent that it is about.
_WORKER: Final = ("worker", "gpu", "worker_id")
_MOST_FIELDS: Final = 20
_LONGEST: Final = 500
_LONGEST_ID: Final = 60
ALARMS: Final = (
    *(f'"{each}"'.encode() for each in sorted(_ERRORS)),
    b'"BLOCKED_CLOUD_',
    *(
        f'"{name}"'.encode()
        for name, level in _EVENT_LEVELS.items()
        if level is Level.ERROR
    ),
)
"""What stands in every line of these logs that reports a fault."""


_TELLING: Final = re.compile(
    '"(?:{})'.format(
        "|".join((MONITOR, "BLOCKED_CLOUD_", "THERMAL_", *sorted(_ERRORS | _WARNINGS)))
    ).encode()
)


def telling(raw: bytes) -> bool:
    """Tell whether the text may hold a look of the monitor, a warning or a fault."""
    return _TELLING.search(raw) is not None


def level_of(kind: str) -> Level:
    """Return the level that a kind of decision has."""
    if kind in _ERRORS or kind.startswith("BLOCKED_CLOUD_"):
        return Level.ERROR
    if kind in _WARNINGS or kind.startswith("THERMAL_"):
        return Level.WARNING
    return Level.DEBUG if kind in _DEBUGS else Level.INFO


# As the program writes each line; of others each is looked at.
_SAID: Final = re.compile(rb'\{"timestamp": "([^"]*)", "type": "')


def seem_well(block: bytes, latest: str) -> bool:
    """Tell, at a glance, whether all lines are whole, and none is of a later time.

    By the form that they mostly have; those of another may be well all the same.
    """
    said = _SAID.findall(block)
    return (
        0 < len(said) == block.count(b"\n")
        and block.count(b'}\n{"timestamp": "') == len(said) - 1
        and block.endswith(b"}\n")
        and max(said) <= latest.encode()
    )


def said_at(raw: bytes, clock: Clock, *, near: datetime | None) -> datetime | None:
    """Return the time of a line; None where it tells none."""
    doc = _object(raw)
    return None if doc is None else _at(doc, clock, near)


def json_line(
    raw: bytes, clock: Clock, *, near: datetime | None, id: str
) -> LogLine | None:
    """Return the line of a decision or of a batch's event; None if it is neither.

    A decision that tells no kind is one by its message.
    """
    doc = _object(raw)
    at = None if doc is None else _at(doc, clock, near)
    if doc is None or at is None:
        return None
    if kind := text(doc, "event"):
        return _event(doc, kind, at, id)
    if text(doc, "type", "message"):
        return _decision(doc, text(doc, "type") or "", at, id)
    return None


def _at(doc: Doc, clock: Clock, near: datetime | None) -> datetime | None:
    return clock.at(text(doc, "timestamp", "recorded_at"), near=near)


def _object(raw: bytes) -> Doc | None:
    try:
        doc = json.loads(raw)
    except UnicodeDecodeError:  # what else it tells can be told
        return _object(raw.decode(errors="replace").encode())
    except (ValueError, RecursionError):  # a line that is being written, or is torn
        return None
    return doc if isinstance(doc, dict) else None


def _decision(doc: Doc, kind: str, at: datetime, id: str) -> LogLine:
    details = inner(doc, "details")
    task, worker = text(details, "task_id"), text(details, *_WORKER)
    said = text(doc, "message") or ""
    return LogLine(
        at=at,
        level=level_of(kind),
        source=DECISION,
        source_id=kind,
        message=(f"[{kind}] {said}".rstrip() if kind else said) + _about(details, said),
        task_id=TaskId(task) if task else None,
        worker_id=WorkerId(worker) if worker else None,
        fields=_plain(details),
        id=id,
    )


def _about(details: Doc, said: str) -> str:
    """Return which task and batch the details name and the message does not.

    An escalation names neither: the file of its id does.
    """
    named = {
        "task": (text(details, "task_id", "source_task_id") or "")[:SHORT],
        "batch": text(details, "batch_id") or "",
        "escalation": text(details, "escalation_id") or "",
    }
    parts = [
        f"{what} {start_of(id, _LONGEST_ID)}"
        for what, id in named.items()
        if id and id not in said
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _event(doc: Doc, kind: str, at: datetime, id: str) -> LogLine:
    task, worker = text(doc, "task_id"), text(doc, "worker")
    parts = [
        kind.replace("_", " "),
        *([name] if (name := text(doc, "task_name")) else []),
        *([f"on {worker}"] if worker else []),
    ]
    why = text(doc, "error", "diagnostic", "summary")
    message = " ".join(parts) + (f": {start_of(why, _LONGEST)}" if why else "")
    return LogLine(
        at=at,
        level=_EVENT_LEVELS.get(kind, Level.INFO),
        source=BATCH,
        source_id=text(doc, "batch_id") or "",
        message=message,
        task_id=TaskId(task) if task else None,
        worker_id=WorkerId(worker) if worker else None,
        fields=_plain(doc, without=("error", "diagnostic", "summary", "recorded_at")),
        id=id,
    )


def _plain(doc: Doc, *, without: tuple[str, ...] = ()) -> Mapping[str, Value]:
    """Return the plain values; of a list of texts these, with commas between."""
    found: dict[str, Value] = {}
    for name, value in list(doc.items())[:_MOST_FIELDS]:
        if name in without:
            continue
        if isinstance(value, str):
            found[name] = start_of(value, _LONGEST)
        elif isinstance(value, int | float | bool):
            found[name] = value
        elif names := texts(doc, name):
            found[name] = start_of(", ".join(names), _LONGEST)
    return found or NO_FIELDS
