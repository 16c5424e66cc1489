"""The real counterparts, or a skipped test where one can't be had."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from bot.demo.gateway import Gateway
from bot.demo.local_slack import LocalSlack
from bot.demo.postgres import Postgres
from bot.demo.runpod_double import RunpodDouble
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack


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
