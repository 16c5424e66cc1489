"""An empty state database of each kind, as fixtures."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.demo.ground import Ground, Unavailable
from bot.demo.postgres import Postgres
from bot.gate.ledger import Ledger
from bot.state.database import _opened
from bot.state.tables import metadata
from tests.gate.toys import Clock

_TABLES = "select tablename from pg_tables where schemaname = 'public'"


@dataclass(frozen=True, slots=True)
class Base:
    """An empty database of one kind."""

    kind: str
    url: str
    clear: Callable[[], None] = lambda: None
    """Removes even the tables."""


@cache
def _made() -> bytes:
    """Return the file of an empty database; to make one takes 50 ms, a copy 1 ms."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.sqlite3"
        _opened(f"sqlite:///{path}").dispose()
        return path.read_bytes()


def a_file(folder: Path, name: str = "state.sqlite3") -> str:
    """Return the address of an empty SQLite database, whose tables are there."""
    path = folder / name
    path.write_bytes(_made())
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """Return a PostgreSQL that other tests of the folder use, too."""
    with Ground() as ground:
        try:
            server = Postgres.start(ground, schema=None)
        except Unavailable as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgrest)]
)
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    """Return a database, which is of each kind in turn."""
    if request.param == "sqlite":
        name = "ledger.sqlite3"
        return Base("sqlite", a_file(tmp_path, name), (tmp_path / name).unlink)
    server: Postgres = request.getfixturevalue("server")
    known = set(metadata.tables) & {name for (name,) in server.sql(_TABLES)}
    if known:
        server.execute(f"truncate {', '.join(sorted(known))}")
    anew = "drop schema public cascade; create schema public"
    return Base("postgresql", server.uri, lambda: server.execute(anew))


@pytest.fixture
def clock() -> Clock:
    """Return a clock that goes on when told to."""
    return Clock()


@pytest.fixture
async def ledger(base: Base, clock: Clock) -> AsyncIterator[Ledger]:
    """Return an empty ledger, on each kind of database."""
    ledger = Ledger(base.url, clock=clock)
    yield ledger
    await ledger.close()
