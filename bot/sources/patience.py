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

_ends_at: Final[ContextVar[float | None]] = ContextVar("_ends_at", default=None)


@contextmanager
def answering(seconds: float) -> Iterator[None]:
    """Give all questions that are asked inside so many seconds together."""
    before = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(before)


def patience(most: float) -> float:
    """Return how many seconds to wait for a source that may take *most*."""
    ends_at = _ends_at.get()
    if ends_at is None:
        return most
    return max(min(most, ends_at - time.monotonic()), SHORTEST)
