"""The request that is being answered: its id goes with what is written and asked."""

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"

_current: Final = ContextVar("_current", default="")


@contextlib.contextmanager
def request() -> Iterator[str]:
    """Begin a request, and give its id; what is done within belongs to it."""
    id = os.urandom(4).hex()
    token = _current.set(id)
    try:
        yield id
    finally:
        _current.reset(token)


def current() -> str:
    """Return the id of the request that goes on; empty where none does."""
    return _current.get()
