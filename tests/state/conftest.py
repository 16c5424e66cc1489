"""A state database of each kind, and leases in it."""

from collections.abc import AsyncIterator

import pytest

from bot.state.database import Database
from tests.databases import Base, base, clock, ledger, server
from tests.gate.toys import Clock
from tests.state.replicas import Replicas

__all__ = ["base", "clock", "ledger", "server"]


@pytest.fixture
async def replicas(base: Base, clock: Clock) -> AsyncIterator[Replicas]:
    """Return processes that share a database, whose clock goes on when told to."""
    replicas = Replicas(base.url, clock)
    yield replicas
    await replicas.close()


@pytest.fixture
async def database(base: Base) -> AsyncIterator[Database]:
    """Return an empty database with its own clock."""
    database = Database(base.url)
    yield database
    await database.close()
