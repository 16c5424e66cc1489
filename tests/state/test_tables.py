"""The tables, and the migrations that make them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from bot.domain.errors import SourceDown
from bot.domain.offers import Decision, Record
from bot.gate.ledger import Ledger
from bot.state import tables
from tests.databases import Base
from tests.gate.toys import Clock
from tests.world import NOW

LINE = Record(at=NOW, who="alice", action="toy break", decision=Decision.REFUSED)
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


@pytest.fixture
async def connection(base: Base, ledger: Ledger) -> AsyncIterator[sa.Connection]:
    """Return a plain connection to a ledger with one line in its audit."""
    await ledger.write(LINE)
    url = sa.make_url(base.url).set(drivername=DRIVERS[base.kind])
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_a_text_that_is_not_there_stays_so() -> None:
    """What databases do not take is cut out of all others."""
    words = tables.Words()

    assert words.process_bind_param(None, sqlite.dialect()) is None
    assert words.process_bind_param("a\0b\ud800", sqlite.dialect()) == "ab?"


async def test_migrations_make_the_tables(connection: sa.Connection) -> None:
    """Alembic finds no difference between the two."""
    context = MigrationContext.configure(connection)

    assert compare_metadata(context, tables.metadata) == []


async def test_the_audit_is_never_changed(connection: sa.Connection) -> None:
    """The database itself refuses, whoever asks."""
    change = tables.audit.update().values(who="mallory")

    with pytest.raises(DBAPIError, match="the audit is never changed"):
        connection.execute(change)

    connection.rollback()
    assert connection.scalars(sa.select(tables.audit.c.who)).all() == ["alice"]


async def test_a_second_opening_changes_nothing(base: Base, ledger: Ledger) -> None:
    """What is up to date is left alone."""
    await ledger.write(LINE)
    other = Ledger(base.url, clock=Clock())

    assert await other.frozen() is None
    await other.close()


async def test_an_older_version_leaves_a_newer_ledger_alone(
    connection: sa.Connection, base: Base
) -> None:
    """After a way back it says so in one line."""
    [found] = connection.exec_driver_sql("select version_num from alembic_version")
    connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    connection.commit()
    ledger = Ledger(base.url, clock=Clock())

    with pytest.raises(SourceDown, match=r"a newer debug-bot made it \(9999, not") as e:
        await ledger.frozen()

    connection.exec_driver_sql(
        f"update alembic_version set version_num = '{found.version_num}'"
    )
    connection.commit()
    assert e.value.hint == "update debug-bot"


@pytest.mark.parametrize(
    "at",
    [
        NOW,
        NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
        NOW + timedelta(microseconds=1),
    ],
)
async def test_times_come_back_as_they_were(
    connection: sa.Connection, at: datetime
) -> None:
    """To the microsecond, aware, and in UTC."""
    connection.execute(tables.freezes.insert().values(id=1, at=at, who="alice"))
    found = connection.scalar(sa.select(tables.freezes.c.at))

    assert found == at
    assert found is not None
    assert found.tzinfo is UTC


def test_a_text_loses_what_no_database_takes(base: Base) -> None:
    """A NUL goes, half of a pair is a question mark."""
    dialect = sa.make_url(base.url).get_dialect()()

    assert tables.Words().process_bind_param("a\0b\ud83d", dialect) == "ab?"


async def test_a_time_may_be_missing(connection: sa.Connection) -> None:
    """Of an offer that nobody has taken nobody knows when it ended."""
    nothing = sa.select(sa.cast(sa.null(), tables.Utc))

    assert connection.scalar(nothing) is None
    assert tables.Utc().process_bind_param(None, connection.dialect) is None
