"""How a question is put into words again: what `bot.words` reads, this writes."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, TypeVar

from bot.command import DEFAULT_HOURS, Command, Query, Value
from bot.domain.pages import Border, Page
from bot.domain.report import Ask
from bot.domain.times import Window, iso

T = TypeVar("T")

DASHES: Final = "‐‑‒–—―−"  # noqa: RUF001  as keyboards make them of two
_PAGING: Final = ("until", "before", "after")


def understood(command: Command, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the command in its one proper spelling, without the common flags."""
    words = [] if command.hidden else command.name.split()
    for each in command.arguments:
        value = values.get(each.name)
        if value is None or value is False or value == ():
            continue
        if value is True:
            words.append(each.flag)
            continue
        if isinstance(value, tuple):
            for text in map(shlex.quote, value):
                words += [text] if each.positional else [each.flag, text]
            continue
        spelled = _spelled(value)
        shown = shlex.quote(spelled)
        if each.positional:
            words.append(shown)
        elif spelled.startswith(("-", *DASHES)):  # alone it would read as a flag
            words.append(f"{each.flag}={shown}")
        else:
            words += [each.flag, shown]
    return tuple(words)


def spelled(command: Command, query: Query, **changed: Any) -> str:
    """Return the words that ask for the query with some arguments *changed*.

    What the command takes by itself is left out.
    """
    values = {each.name: getattr(query, each.name) for each in fields(query)} | changed
    default = {each.name: each.default for each in fields(query)}
    told = {name: value for name, value in values.items() if value != default[name]}
    return " ".join(understood(command, told))


def refreshed(command: Command, query: Query) -> str:
    """Return the words that ask the same of a window that ends now."""
    known = {each.name for each in fields(query)}
    return spelled(command, query, **dict.fromkeys(known.intersection(_PAGING)))


def turned(
    command: Command,
    query: Query,
    window: Window,
    page: Page[T],
    border: Callable[[T], Border],
) -> tuple[Ask, ...]:
    """Return the questions for the older and the newer page, where there are any.

    They fix the window, so that no page shifts. The end of one that is ongoing is
    fixed at its newest row, should that bear the time of a clock ahead of ours.
    """
    if not page.rows:
        return ()
    newest, oldest = border(page.rows[0]), border(page.rows[-1])
    fixed: dict[str, Any] = {
        "hours": DEFAULT_HOURS,
        "since": window.since,
        "until": max(window.until, newest.at),
    }
    older = spelled(command, query, **fixed, before=oldest, after=None)
    newer = spelled(command, query, **fixed, before=None, after=newest)
    return (
        *((Ask(label="Older", words=older),) if page.older else ()),
        *((Ask(label="Newer", words=newer),) if page.newer else ()),
    )


def _spelled(value: Value) -> str:
    """Return the value as it would be typed; numbers with as much as may be typed."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)
