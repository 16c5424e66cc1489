"""The request that is being answered: its id goes with what is written and asked."""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"

_current: Final = ContextVar("_current", default="")
_given_up: Final[ContextVar[dict[str, None] | None]] = ContextVar(
    "_given_up", default=None
)
_waiting: Final[ContextVar[Counter[str] | None]] = ContextVar("_waiting", default=None)


@contextlib.contextmanager
def request() -> Iterator[str]:
    """Begin a request, and give its id; what is done within belongs to it."""
    id = os.urandom(4).hex()
    token, before = _current.set(id), _given_up.set({})
    try:
        yield id
    finally:
        _current.reset(token)
        _given_up.reset(before)


def current() -> str:
    """Return the id of the request that goes on; empty where none does."""
    return _current.get()


@contextlib.contextmanager
def waiting() -> Iterator[Callable[[], tuple[str, ...]]]:
    """Give what tells the sources that what is done within waits for, by name."""
    counts: Counter[str] = Counter()
    token = _waiting.set(counts)
    try:
        yield lambda: tuple(sorted(+counts))
    finally:
        _waiting.reset(token)


@contextlib.contextmanager
def asking(source: str) -> Iterator[None]:
    """Remember the source of a question whose answer is waited for, or no longer is.

    It stands outside the question's own time: what that ends has said so itself.
    """
    counts = _waiting.get()
    if counts is not None:
        counts[source] += 1
    try:
        yield
    except asyncio.CancelledError:
        if (sources := _given_up.get()) is not None:
            sources[source] = None
        raise
    finally:
        if counts is not None:
            counts[source] -= 1


def given_up() -> tuple[str, ...]:
    """Return which sources had not answered when the request was given up, by name."""
    return tuple(sorted(_given_up.get() or ()))
