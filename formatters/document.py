"""Report to JSON: one object for scripts, faithful and complete (CONTRACT, 4).

Pure ASCII, so that no terminal obeys what a log line holds and no locale breaks it.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Final

from bot.domain.report import Report
from bot.domain.times import iso

_INDENT: Final = "  "
_encoded: Final = json.JSONEncoder(allow_nan=False).encode
_AS_IS: Final = frozenset({str, int, bool, type(None)})  # and of no kind of its own


def document(report: Report) -> dict[str, Any]:
    """Return the object as plain dicts, lists, strings, numbers and None."""
    return {key: _plain(value) for key, value in _members(report).items()}


def chunks(report: Report) -> Iterator[str]:
    """Yield the object as indented JSON, piece by piece.

    Of a timeline only one line at a time is ever held as text.
    """
    yield from _written(_members(report), "\n")
    yield "\n"


def line(report: Report) -> str:
    """Return the object as JSON in one line, with its end."""
    return _encoded(document(report)) + "\n"


def _members(report: Report) -> dict[str, object]:
    window = report.window
    return {
        "command": report.command,
        "arguments": report.arguments,
        "system": report.system,
        "request_id": report.request_id,
        "generated_at": report.generated_at,
        "window": window and {"since": window.since, "until": window.until},
        "status": report.status,
        "summary": report.summary,
        "findings": report.findings,
        "data": report.data,
        "gaps": [{"source": gap.source, "reason": gap.reason} for gap in report.gaps],
        "notes": report.notes,
        "truncated": report.truncated,
    }


def _plain(value: object) -> Any:
    """Return the value in JSON's own types.

    Raises:
        TypeError: The value has none: whoever made the data made a mistake.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return iso(value)
    if (members := _named(value)) is not None:
        return {key: _plain(item) for key, item in members.items()}
    if isinstance(value, frozenset | set | list | tuple):
        items = [_plain(item) for item in value]
        return sorted(items) if isinstance(value, frozenset | set) else items
    if value is None or isinstance(value, str | int):
        return value
    msg = f"a {type(value).__name__} has no form in JSON"
    raise TypeError(msg)


def _named(value: object) -> Mapping[str, object] | None:
    if isinstance(value, Mapping):
        return {str(_plain(key)): item for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    return None


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def _written(value: object, newline: str) -> Iterator[str]:
    """Yield the value as JSON; *newline* is a line end and the indentation so far."""
    inner = newline + _INDENT
    members = None if isinstance(value, Enum) else _named(value)
    if members:
        before = "{"
        for key, item in members.items():
            lead = f"{before}{inner}{_encoded(key)}: "
            if type(item) in _AS_IS:  # as nearly all of a timeline's many are
                yield lead + _encoded(item)
            else:
                yield lead
                yield from _written(item, inner)
            before = ","
        yield newline + "}"
    elif isinstance(value, list | tuple) and value:
        before = "["
        for item in value:
            yield before + inner
            yield from _written(item, inner)
            before = ","
        yield newline + "]"
    else:
        yield _encoded(_plain(value))
