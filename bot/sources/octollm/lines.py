"""One record of a log file, in whichever of its forms it was written.

A record is a line that begins one, and the lines of a traceback or a statement that
follow it (systems/octollm.md, 1B.5).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from bot.domain.escapes import without_escapes
from bot.domain.excerpts import cut, start_of
from bot.domain.logs import LogLine, Value
from bot.domain.redaction import HIDDEN, redacted
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources.octollm import pairs
from bot.sources.octollm.clocks import Clock
from bot.sources.octollm.discretion import discreet, flat
from bot.sources.octollm.metrics import LONGEST_S

LONGEST: Final = 200_000  # characters of one record; what is longer is cut
SEEN: Final = 4_000
"""Bytes of the beginning and of the end of a longer one that are looked at."""
SHOWN: Final = 200
"""Characters of the beginning of one that is no JSON."""
KEPT: Final = 4_000
"""Of a traceback: its end, where the cause stands."""

_AT: Final = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_CONSOLE: Final = re.compile(rf"(?P<at>{_AT})\s+\[(?P<level>\w+)\s*\]\s+(?P<rest>.*)")
_PLAIN: Final = re.compile(
    rf"(?P<at>{_AT})\s+(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\s+"
    r"(?P<logger>[\w.]+):?\s+(?P<rest>.*)"
)
_UVICORN: Final = re.compile(
    r"(?P<level>TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL):\s+(?P<rest>.*)"
)
_ACCESS: Final = re.compile(
    r'\S+ - "(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<status>\d{3})\b.*'
)
_LOGGER: Final = re.compile(r"(?P<event>.*?)\s+\[(?P<logger>[\w.]+)\]")
_BEGINS: Final = re.compile(
    rb"(?:\x1b\[[\d;]*m)*(?:\{|\d{4}-\d\d-\d\d[ T]\d\d:"
    rb"|(?:TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL)(?:\x1b\[[\d;]*m)*:\s)"
)
_LEVELS: Final = {"WARN": "WARNING", "FATAL": "CRITICAL", "TRACE": "DEBUG"}
_TIMES: Final = ("timestamp", "@timestamp", "time", "ts")
_TOLD: Final = re.compile(
    r'"(?P<name>event|message|level|logger|@?timestamp|time|ts)":\s*"(?P<text>[^"\\]*)"'
)
_SPACE: Final = re.compile(r"\s")
_RAISED: Final = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Group|Exit)\b.*")
# `reflex_client.request_success` writes the other side's id under our key (1B.5).
REFLEX_ANSWERED: Final = "reflex_client.request_success"
_SECONDS: Final = ("duration_seconds", "duration")
_MILLISECONDS: Final = ("duration_ms", "latency_ms", "processing_time_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one record says, before it is known whose file it stands in."""

    form: str
    """`json`, `tracing`, `console`, `plain`, `uvicorn`, or `text` for anything else."""
    at: datetime | None
    level: str
    event: str
    logger: str = ""
    held: Mapping[str, Any] = field(default_factory=dict)
    traceback: str = ""


def begins(raw: bytes) -> bool:
    """Tell whether a line begins a record, and goes on with none."""
    return bool(_BEGINS.match(raw))


def written(raw: bytes, clock: Clock, *, left_out: int = 0) -> Written:
    """Return what the record says; *left_out* bytes between its ends are not there."""
    if left_out:
        return _torn(raw, clock, left_out)
    text = start_of(raw[: 2 * LONGEST].decode(errors="replace"), LONGEST)
    if "\x1b" in text:
        text = without_escapes(text)
    first, _, rest = text.partition("\n")
    first = first.strip()
    found = _json(first, clock) if first.startswith("{") else _text(first, rest, clock)
    if found is not None:
        return found
    if len(raw) > LONGEST and raw.startswith(b"{"):
        return _torn(raw, clock, 0)
    return Written(form="text", at=None, level="INFO", event=first, traceback=rest)


def _torn(raw: bytes, clock: Clock, left_out: int) -> Written:
    """Return what beginning and end tell of a line too long to be read."""
    note = f"(cut: a line of {len(raw) + left_out:,} bytes)"
    if not raw.startswith(b"{"):
        head = written(raw[:SEEN], clock)
        event = f"{cut(discreet(head.event), SHOWN)} {note}"
        return replace(head, event=event, held={}, traceback="")
    ends = b"\n".join((raw[:SEEN], raw[-SEEN:])).decode(errors="replace")
    told: dict[str, str] = {}
    for found in _TOLD.finditer(ends):
        told.setdefault(found["name"], found["text"])
    said = next((told[name] for name in _TIMES if name in told), None)
    event = told.get("event") or told.get("message", "")
    return Written(
        form="json",
        at=clock.read(said),
        level=told.get("level", "INFO"),
        event=f"{event} {note}".lstrip(),
        logger=told.get("logger", ""),
    )


def _json(text: str, clock: Clock) -> Written | None:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    inner = held.get("fields")
    form = "json"
    said = next((held[name] for name in _TIMES if held.get(name)), None)
    at = clock.read(said)
    event, level = held.get("event"), held.get("level")
    logger = held.get("logger")
    if isinstance(inner, dict) and "message" in inner:  # tracing-subscriber's
        span = held.get("span")
        event, logger, form = inner["message"], held.get("target", logger), "tracing"
        held = {**(span if isinstance(span, dict) else {}), **inner}
    if event is None:
        event = held.get("message", "")
    raised = held.get("exception")
    left = {
        key: value
        for key, value in held.items()
        if key not in (*_TIMES, "event", "level", "logger", "exception", "message")
    }
    return Written(
        form=form,
        at=at,
        level=str(level or "INFO"),
        event=str(event),
        logger=str(logger or ""),
        held=left,
        traceback=raised if isinstance(raised, str) else "",
    )


def _text(first: str, rest: str, clock: Clock) -> Written | None:
    if found := _CONSOLE.fullmatch(first):
        event, held = pairs.split(found["rest"])
        logger = ""
        if named := _LOGGER.fullmatch(event):
            event, logger = named["event"], named["logger"]
        return Written(
            form="console",
            at=clock.read(found["at"]),
            level=found["level"],
            event=event,
            logger=logger,
            held=held,
            traceback=rest,
        )
    if found := _UVICORN.fullmatch(first):
        held, event = {}, found["rest"]
        if access := _ACCESS.fullmatch(event):
            event, status = "uvicorn.access", int(access["status"])
            method, path = access["method"], access["path"]
            held = {"method": method, "path": path, "status_code": status}
        return Written(
            form="uvicorn",
            at=None,
            level=found["level"],
            event=event,
            logger="uvicorn",
            held=held,
            traceback=rest,
        )
    if found := _PLAIN.fullmatch(first):
        event = found["rest"]
        if found["logger"].startswith("sqlalchemy."):  # its echo: all that a row holds
            event = f"{event} {' '.join(rest.split())}".rstrip()
            event = re.sub(
                r"(\[(?:generated|cached)[^\]]*\]).*", rf"\1 {HIDDEN}", event
            )
            rest = ""
        return Written(
            form="plain",
            at=clock.read(found["at"]),
            level=found["level"],
            event=event,
            logger=found["logger"],
            traceback=rest,
        )
    return None


def line(told: Written, *, at: datetime, service: str, id: str) -> LogLine:
    """Return the record as a line of *service*, with its fields under known names."""
    fields = flat(told.held)
    event = discreet(told.event)
    request = _popped(fields, "request_id")
    task = _popped(fields, "task_id")
    level = told.level.upper()
    level = _LEVELS.get(level, level)
    message = " ".join([event, *(f"{key}={_shown(fields[key])}" for key in fields)])
    known: dict[str, Value] = {"event": event}
    if event == REFLEX_ANSWERED:
        known["reflex_request_id"], request = request, None
    seconds = _seconds(fields)
    if seconds is not None or isinstance(fields.get("duration_seconds"), float):
        known["duration_seconds"] = seconds  # None of what no time can be
    if (arm := _first(fields, "arm_id", "arm", "assigned_arm")) is not None:
        known["arm"] = arm
    if (kind := _first(fields, "error_type", "error_code")) is not None:
        known["error_kind"] = kind
    if told.traceback.strip():
        trace = discreet_trace(told.traceback)
        known["traceback"] = trace
        cause = raised(trace)
        message += f": {cause}" if cause else ""
    return LogLine(
        at=at,
        level=level,
        source=service,
        source_id=told.logger,
        message=message,
        task_id=TaskId(task.lower()) if task else None,
        worker_id=WorkerId(arm) if arm else None,
        request_id=request,
        fields={**fields, **known},
        id=id,
    )


def discreet_trace(text: str) -> str:
    """Return the end of a traceback, with nothing private in it."""
    lines = [each.rstrip() for each in text.strip("\n").split("\n")]
    clean = "\n".join(discreet(each) for each in lines)
    return clean if len(clean) <= KEPT else "…" + redacted(clean)[-KEPT:]


def raised(trace: str) -> str:
    """Return the last exception that a traceback names; empty when it names none."""
    for each in reversed(trace.split("\n")):
        if found := _RAISED.fullmatch(each.strip(" |+-")):
            return found[0]
    return ""


def _popped(fields: dict[str, Value], name: str) -> str | None:
    held = fields.pop(name, None)
    return None if held is None or held == "" else str(held)


def _shown(value: Value) -> str:
    text = str(value)
    return repr(text) if not text or _SPACE.search(text) else text


def _seconds(fields: Mapping[str, Value]) -> float | None:
    for names, parts in ((_SECONDS, 1.0), (_MILLISECONDS, 1000.0)):
        for name in names:
            held = fields.get(name)
            if isinstance(held, int | float) and not isinstance(held, bool):
                return held / parts if 0 <= held < LONGEST_S * parts else None
    return None


def _first(fields: Mapping[str, Value], *names: str) -> str | None:
    return next((str(fields[name]) for name in names if fields.get(name)), None)
