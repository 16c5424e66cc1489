"""How long each question to a source took, and what came of it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from bot.domain.errors import OutOfTime
from bot.tracing import asking

Observe: TypeAlias = Callable[[str, str, float], None]
"""Hears which source was asked, what came of it, and how many seconds it took."""


def unobserved(source: str, outcome: str, seconds: float) -> None:
    """Hear it and do nothing."""
    del source, outcome, seconds


@contextlib.contextmanager
def measured(source: str, observe: Observe) -> Iterator[None]:
    """Tell how one question goes: `answered`, `late`, `given_up` or `failed`."""
    begun = time.monotonic()
    outcome = "failed"
    try:
        with asking(source):
            yield
        outcome = "answered"
    except OutOfTime:
        outcome = "late"
        raise
    except asyncio.CancelledError:
        outcome = "given_up"
        raise
    finally:
        observe(source, outcome, time.monotonic() - begun)
