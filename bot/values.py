"""What a variable of the environment may hold: its value, or one line on what it wants.

Each reader takes all values and a variable's *name*; a blank one is not among them.
All raise `Misread`, whose message begins with that name.
"""

import re
from collections.abc import Mapping
from datetime import UTC, time
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from bot.domain.errors import Misread
from bot.domain.redaction import redacted

Values: TypeAlias = Mapping[str, str]
T = TypeVar("T", bound=str)


def refused(name: str, wants: str, text: str, *, hint: str = "") -> Misread:
    """Return what to say of a text that makes no sense, with its beginning."""
    return Misread(f"{name} wants {wants}, not '{redacted(text)[:40]}'", hint=hint)


def number(  # noqa: PLR0913  each has its name at the call
    values: Values,
    name: str,
    default: float,
    *,
    wants: str = "a number of seconds",
    least: float = 0.0,
    most: float = 1e9,
) -> float:
    """Return a number from *least* up to, and without, *most*."""
    text = values.get(name)
    if text is None:
        return default
    try:
        found = float(text)
    except ValueError:
        found = least - 1.0
    if not least <= found < most:
        raise refused(name, wants, text)
    return found


def whole(values: Values, name: str, default: int, *, most: int, least: int = 1) -> int:
    """Return a whole number from *least* to *most*."""
    text = values.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise refused(name, f"a whole number from {least} to {most}", text)
    return int(text)


def one_of(values: Values, name: str, choices: tuple[T, ...], default: T) -> T:
    """Return one of the choices, which are given as they are meant."""
    text = values.get(name, default)
    for each in choices:
        if each.casefold() == text.casefold():
            return each
    *firsts, last = choices
    raise refused(name, f"{', '.join(firsts)} or {last}", text)


def hour(values: Values, name: str, default: str) -> time | None:
    """Return a time of day in UTC; None for `never`."""
    text = values.get(name, default)
    if text.lower() == "never":
        return None
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if found is None:
        raise refused(name, "HH:MM (UTC) or never", text)
    return time(int(found[1]), int(found[2]), tzinfo=UTC)


def zone(values: Values, name: str) -> ZoneInfo | None:
    """Return a time zone by its name."""
    text = values.get(name)
    if text is None:
        return None
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # absent, no key, a folder
        hint = "such as Europe/Berlin or UTC"
        raise refused(name, "a time zone", text, hint=hint) from error


def url(values: Values, name: str) -> str | None:
    """Return an address; it may hold a password, so that it is never repeated."""
    text = values.get(name)
    if text is None:
        return None
    if not text.startswith(("http://", "https://")) or len(text.split("//")[1]) < 1:
        msg = f"{name} wants an address that begins with https:// or http://"
        raise Misread(msg)
    return text.rstrip("/")


def postgres(values: Values, name: str) -> str | None:
    """Return a database's address, whichever driver it names."""
    text = values.get(name)
    if text is None:
        return None
    if not re.match(r"postgres(ql)?(\+\w+)?://", text):
        msg = f"{name} wants postgresql://…"
        raise Misread(msg)
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", text)


def several(values: Values, name: str) -> tuple[str, ...]:
    """Return the parts of a list with commas between."""
    parts = values.get(name, "").split(",")
    return tuple(each.strip() for each in parts if each.strip())


def pairs(values: Values, name: str, example: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a list such as `a=x, b=y`; what it holds is not repeated."""
    found = []
    for each in several(values, name):
        key, _, value = (part.strip() for part in each.partition("="))
        if not value or not re.fullmatch(r"[A-Za-z][\w.-]{0,63}", key, re.ASCII):
            msg = f"{name} wants a list of names and values with = between them"
            raise Misread(msg, hint=f"such as {example}")
        found.append((key, value))
    return tuple(found)
