"""How long a source may take: its own limit, and what is left of one answer's time.

Questions that follow each other share that time. So the last one is given up, and
named as a gap, before the whole answer would be.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

SHORTEST: Final = 0.05  # a question is asked at least; an answer may be on its way
_WHOLE: Final = 0.9  # of an answer's time: nobody had taken of it worth telling

_limit: Final[ContextVar[tuple[float, float] | None]] = ContextVar(
    "_limit", default=None
)
"""How many seconds an answer has, and when they end."""


@contextmanager
def answering(seconds: float) -> Iterator[None]:
    """Give all questions that are asked inside so many seconds together."""
    before = _limit.set((seconds, time.monotonic() + seconds))
    try:
        yield
    finally:
        _limit.reset(before)


def patience(most: float) -> float:
    """Return how many seconds to wait for a source that may take *most*."""
    if (limit := _limit.get()) is None:
        return most
    _, ends_at = limit
    return max(min(most, ends_at - time.monotonic()), SHORTEST)


def within(seconds: float, most: float) -> str:
    """Return how long was waited for a source that may take *most*, in words.

    Where other questions had taken of the answer's time, whoever asked waited longer.
    """
    said, limit = f"within {_short(seconds)}", _limit.get()
    if limit is None or seconds >= min(most, _WHOLE * limit[0]):
        return said
    return f"{said}, all that was left of the answer's {_short(limit[0])}"


def _short(seconds: float) -> str:
    """Return two digits of it, never as a power of ten."""
    return f"{float(f'{seconds:.2g}'):g} s"
