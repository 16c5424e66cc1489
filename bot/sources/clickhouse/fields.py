"""What is asked of a line's fields, as conditions; `LineField.fits` tells the same."""

import math
from collections.abc import Mapping
from typing import Final

from bot.domain.line_fields import LineField
from bot.sources.clickhouse.conditions import ALIASES, Condition, Given

# What people wrote to the services: not shown, not searched, and not guessed at.
_PRIVATE: Final = frozenset({"goal", "value", "matched_text", "examples"})


def _first(*names: str) -> str:
    """Return the first of the fields that there are, in ClickHouse's words."""
    held = (f"nullIf(fields['{name}'], '')" for name in names)
    return f"coalesce({', '.join(held)})"


# What columns hold, and what lines are known by under one name whatever their writer
# called it (`bot.sources.octollm.lines`).
_COLUMNS: Final[Mapping[str, str]] = {
    "event": "message",
    "message": "message",
    "level": f"transform(upper(level), {[*ALIASES]}, {[*map(str, ALIASES.values())]})",
    "source": "source",
    "service": "source",
    "logger": "source_id",
    "task_id": "task_id",
    "worker_id": "worker_id",
    "request_id": "request_id",
    "error_kind": _first("error_type", "error_code"),
    "arm": _first("arm_id", "arm", "assigned_arm"),
    "duration_seconds": "toString(coalesce("
    + ", ".join(
        f"toFloat64OrNull(fields['{name}']) / {parts}"
        for name, parts in (
            *(("duration_seconds", 1), ("duration", 1), ("duration_ms", 1000)),
            *(("latency_ms", 1000), ("processing_time_ms", 1000)),
        )
    )
    + "))",
}


def of_field(asked: LineField, *, name: str) -> Condition:
    """Return the condition for lines with such a field; *name* is of its values."""
    if not _PRIVATE.isdisjoint(asked.name.split(".")):
        return Condition("0")
    held, values = _held(asked.name, name)
    number = f"toFloat64OrNull({held}) {asked.sign} {{{name}_number:Float64}}"
    numbers: dict[str, Given] = {f"{name}_number": repr(asked.number)}
    if asked.sign != "=":
        return Condition(f"ifNull({number}, 0)", {**values, **numbers})
    spelt = _spelt(asked)
    values = {**values, name: spelt}
    text = f"lowerUTF8(ifNull({held}, '')) IN {{{name}:Array(String)}}"
    if asked.name not in _COLUMNS and "." not in asked.name:
        # As it stands in what is searched, for which there is an index.
        pairs = tuple(f"{asked.name.lower()}={each}" for each in spelt)
        text = f"multiSearchAny(searched, {{{name}_pairs:Array(String)}}) AND {text}"
        return Condition(text, {**values, f"{name}_pairs": pairs})
    if asked.number is not None:
        return Condition(f"{text} OR ifNull({number}, 0)", {**values, **numbers})
    return Condition(text, values)


def _held(asked: str, name: str) -> tuple[str, dict[str, Given]]:
    """Return what a field holds, in ClickHouse's words, and the values in these."""
    key = f"{{{name}_key:String}}"
    values: dict[str, Given] = {f"{name}_key": asked}
    held = f"fields[{key}]"
    if asked in _COLUMNS:
        return f"coalesce(nullIf({held}, ''), {_COLUMNS[asked]})", values
    first, *rest = asked.split(".")
    if not rest:
        return held, values
    # A field within a field: an object is kept as it was written.
    values |= {f"{name}_part_{n}": part for n, part in enumerate((first, *rest))}
    path = ", ".join(f"{{{name}_part_{n + 1}:String}}" for n in range(len(rest)))
    inner = f"JSONExtract(fields[{{{name}_part_0:String}}], {path}, 'String')"
    return f"if(mapContains(fields, {key}), {held}, {inner})", values


def _spelt(asked: LineField) -> tuple[str, ...]:
    """Return how the value may be written: a number is the same as 503 and as 503.0."""
    found = [asked.value.lower()]
    number = asked.number
    if number is not None and math.isfinite(number):
        found.append(repr(number))
        if number.is_integer():
            found.append(str(int(number)))
    return tuple(dict.fromkeys(found))
