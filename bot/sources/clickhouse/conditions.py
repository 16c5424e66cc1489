"""Which lines are wanted, as conditions with their values kept apart."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias

from bot.domain.logs import SCALED_DOWN, Level
from bot.domain.pages import Border
from bot.domain.times import Window

Given: TypeAlias = str | datetime | Sequence[str]

# How shippers spell what a line is marked by.
ALIASES: Final[Mapping[str, str]] = {
    "WARN": Level.WARNING,
    "FATAL": Level.CRITICAL,
    "TRACE": Level.DEBUG,
}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ESCAPES: Final = str.maketrans(
    {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": r"\0"}
)
_QUOTED: Final = str.maketrans({"\\": r"\\", "'": r"\'"})
_ANY: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in ClickHouse's words; a value in it is `{name:Type}`."""

    text: str
    values: Mapping[str, Given] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that are not our own: they stand in the question as they are."""
        if odd := [name for name in self.values if not _NAME.fullmatch(name)]:
            msg = f"no name of a value: {odd}"
            raise ValueError(msg)


def said(value: Given) -> str:
    """Return a value as ClickHouse reads that of a parameter."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, str):
        return _sendable(value).translate(_ESCAPES)
    return f"[{','.join(_quoted(each) for each in value)}]"


def both(*conditions: Condition) -> Condition:
    """Return that all of them hold; no two may name a value alike."""
    values: dict[str, Given] = {}
    for each in conditions:
        values |= each.values
    return Condition(" AND ".join(f"({each.text})" for each in conditions), values)


def within(system: str, window: Window) -> Condition:
    """Return the condition for the system's lines of the window."""
    return Condition(
        "system = {system:String}"
        " AND timestamp >= {since:DateTime64(6, 'UTC')}"
        " AND timestamp <= {until:DateTime64(6, 'UTC')}",
        {"system": system, "since": window.since, "until": window.end},
    )


def older(border: Border) -> Condition:
    """Return the condition for the lines before a border.

    It bounds the time by itself: of two columns compared at once the engine's index
    knows nothing, and half the table would be read.
    """
    return _beyond(border, "<", "before")


def newer(border: Border) -> Condition:
    """Return the condition for the lines after a border."""
    return _beyond(border, ">", "after")


def on_from(border: Border, *, oldest: bool) -> Condition:
    """Return the condition for the page after the one that ended there."""
    return _beyond(border, ">" if oldest else "<", "page")


def _beyond(border: Border, sign: str, name: str) -> Condition:
    at = f"{{{name}:DateTime64(6, 'UTC')}}"
    return Condition(
        f"timestamp {sign}= {at}"
        f" AND (timestamp {sign} {at} OR id {sign} {{{name}_id:String}})",
        {name: border.at, f"{name}_id": border.id},
    )


def of_level(*levels: str, name: str = "levels") -> Condition:
    """Return the condition for lines of these levels, however they are spelt."""
    words = [*levels, *(word for word, level in ALIASES.items() if level in levels)]
    spelt = tuple(each for word in words for each in (word, word.lower()))
    return Condition(f"level IN {{{name}:Array(String)}}", {name: spelt})


def one_of(column: str, ids: Iterable[str], *, name: str) -> Condition:
    """Return the condition for lines whose column holds one of the ids."""
    return Condition(f"{column} IN {{{name}:Array(String)}}", {name: tuple(ids)})


def naming(id: str, *, in_fields: bool = False) -> Condition:
    """Return the condition for lines that name the id in their text, as a whole."""
    pattern = rf"(^|[^\w-]){re.escape(id)}([^\w-]|$)"
    text = "match(message, {naming:String})"
    if in_fields:
        text += " OR arrayExists(it -> match(it, {naming:String}), mapValues(fields))"
    return Condition(text, {"naming": pattern})


def of_source(source: str) -> Condition:
    """Return the condition for lines of a kind of writer, or of one, in any case."""
    return Condition(
        "lower(source) = {source:String} OR lowerUTF8(source_id) = {source:String}",
        {"source": source.lower()},
    )


def holding(text: str) -> Condition:
    """Return the condition for lines that hold the text literally, in any case."""
    pattern = f"%{text.lower().translate(_ANY)}%"
    return Condition("searched LIKE {text:String}", {"text": pattern})


def holding_any(words: Iterable[str]) -> Condition:
    """Return the condition for lines that hold one of the words, in any case."""
    lowered = tuple(word.lower() for word in words)
    text = "multiSearchAny(searched, {words:Array(String)})"
    return Condition(text, {"words": lowered})


def alarming(*, scale_downs: bool = True) -> Condition:
    """Return the condition for lines that report a fault (`LogLine.alarming`)."""
    errors = of_level(Level.ERROR, name="errors")
    worse = of_level(Level.CRITICAL, name="worse")
    text = f"{errors.text} OR ({worse.text} AND source != 'orchestrator_gpu')"
    values = {**errors.values, **worse.values}
    if scale_downs:
        return Condition(text, values)
    routine = {"routine": SCALED_DOWN}
    return Condition(
        f"({text}) AND position(message, {{routine:String}}) = 0", values | routine
    )


def _quoted(text: str) -> str:
    return f"'{_sendable(text).translate(_QUOTED)}'"


def _sendable(text: str) -> str:
    """Return the text without what a shell may hand on, and nobody can send."""
    return text.encode(errors="replace").decode()
