"""A ledger on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import a_file, base, clock, ledger, server
from tests.gate.toys import Clock, House, Shaky

__all__ = ["base", "clock", "house", "ledger", "server"]


@pytest.fixture
async def house(tmp_path: Path, clock: Clock) -> AsyncIterator[House]:
    """Return what gates are made of, with a ledger in a file."""
    ledger = Shaky(a_file(tmp_path, "house.sqlite3"), clock=clock)
    yield House(ledger=ledger, clock=clock)
    await ledger.close()
