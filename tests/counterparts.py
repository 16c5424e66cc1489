"""The real counterparts, or a skipped test where one can't be had."""

import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final

import httpx
import pytest

from bot.demo.gateway import Gateway
from bot.demo.local_slack import LocalSlack
from bot.demo.postgres import Postgres
from bot.demo.runpod_double import RunpodDouble
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack

PATIENCE: Final = 60.0
"""Seconds to wait for what must happen; what never does costs so many."""

_JOBS = re.compile(r"^debug_bot_jobs (\d+)$", re.MULTILINE)


def patient(url: str) -> httpx.AsyncClient:
    """Return a client that knows no proxies, and waits for a busy machine."""
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE)


def at_rest(port: int) -> None:
    """Wait until the bot that listens there works on nothing.

    What it still had to say would else arrive in the next test.
    """
    until = time.monotonic() + PATIENCE
    while (jobs := _jobs(port)) > 0:
        assert time.monotonic() < until, f"{jobs} jobs have no end"
        time.sleep(0.01)


def _jobs(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as listener:
        listener.request("GET", "/metrics")
        found = _JOBS.search(listener.getresponse().read().decode())
    return int(found[1]) if found else 0


@contextmanager
def standing(**wanted: Any) -> Iterator[Stack]:
    """Start what is *wanted*, as `Stack` takes it, until the block ends."""
    with Stack(**wanted) as stack:
        if stack.missing:
            pytest.skip("; ".join(f"{it.part}: {it.reason}" for it in stack.missing))
        yield stack


@dataclass(slots=True, kw_only=True)
class Counterparts:
    """A stack of which no part is missing."""

    stack: Stack

    @property
    def slack(self) -> LocalSlack:
        """Return where people are."""
        assert self.stack.slack is not None
        return self.stack.slack

    @property
    def front(self) -> SlackFront:
        """Return what stands between them and the bot."""
        assert self.stack.front is not None
        return self.stack.front

    @property
    def runpod(self) -> RunpodDouble:
        """Return where the pods are."""
        assert self.stack.runpod is not None
        return self.stack.runpod

    @property
    def postgres(self) -> Postgres:
        """Return where workers and tasks are."""
        assert self.stack.postgres is not None
        return self.stack.postgres

    @property
    def gateway(self) -> Gateway:
        """Return what stands before the database."""
        assert self.stack.gateway is not None
        return self.stack.gateway
