"""What stands in a JSON object, tolerantly: a value of another kind is not there."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, TypeGuard

Doc: TypeAlias = Mapping[str, Any]
LARGEST: Final = 10**12
"""Of a number that is larger nothing is known: nothing there is counted so far."""


def text(doc: Doc, *names: str) -> str | None:
    """Return the first of the texts that is there and not blank."""
    for name in names:
        value = doc.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None


def whole(doc: Doc, *names: str) -> int | None:
    """Return the first of the whole numbers that is there."""
    for name in names:
        value = doc.get(name)
        if _is_number(value) and value == value // 1:
            return int(value)
    return None


def number(doc: Doc, *names: str) -> float | None:
    """Return the first of the numbers that is there."""
    for name in names:
        value = doc.get(name)
        if _is_number(value):
            return float(value)
    return None


def _is_number(value: object) -> TypeGuard[float]:
    """Tell whether it is a number that may be meant, and no `NaN` or `Infinity`."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -LARGEST <= value <= LARGEST


def flag(doc: Doc, name: str) -> bool | None:
    """Return whether it is so; None where the object does not say."""
    value = doc.get(name)
    return value if isinstance(value, bool) else None


def texts(doc: Doc, name: str) -> tuple[str, ...]:
    """Return the texts of a list; a list that is not there is empty."""
    value = doc.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(each for each in value if isinstance(each, str))


def inner(doc: Doc, name: str) -> Doc:
    """Return the object inside; empty if there is none."""
    value = doc.get(name)
    return value if isinstance(value, dict) else {}


def inners(doc: Doc, name: str) -> tuple[Doc, ...]:
    """Return the objects of a list inside."""
    value = doc.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(each for each in value if isinstance(each, dict))
