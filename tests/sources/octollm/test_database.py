import asyncio
import threading
from datetime import UTC, datetime
from typing import NoReturn

import pytest
import sqlalchemy as sa

from bot.demo.postgres import Postgres
from bot.domain.errors import NotConfigured, OutOfTime, SourceDown
from bot.domain.service_names import Outcome
from bot.sources.octollm import database as module
from bot.sources.octollm.database import SOURCE, Database, Tables
from bot.sources.patience import answering
from bot.tracing import given_up, request
from tests.databases import server as server  # noqa: PLC0414  a fixture
from tests.sources.octollm.bases import seed

pytestmark = pytest.mark.postgrest

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def base(server: Postgres) -> Postgres:
    """Return a server with the rows of the real run."""
    seed(server)
    return server


def version(connection: sa.Connection, tables: Tables) -> int:
    return int(connection.exec_driver_sql("select 1").scalar_one())


async def why(url: str | None) -> SourceDown:
    """Return why nothing can be read there."""
    database = Database(url)
    with pytest.raises(SourceDown) as caught:
        await database.read(version)
    await database.close()
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


async def test_tables_are_known_by_their_columns(base: Postgres) -> None:
    """And by the types of these."""
    database = Database(base.uri)
    tables = await database.read(lambda connection, tables: tables)

    assert tables.columns("tasks")["id"] == "uuid"
    assert tables.columns("tasks")["created_at"] == "timestamp with time zone"
    assert tables.has("task_results")
    with pytest.raises(SourceDown, match="has no table workers"):
        tables.columns("workers")
    await database.close()


async def test_nothing_can_be_changed(base: Postgres) -> None:
    """Whatever the login may do."""
    database = Database(base.uri)

    with pytest.raises(SourceDown, match="cannot be read: 25006"):
        await database.read(
            lambda connection, tables: connection.exec_driver_sql("delete from tasks")
        )
    assert base.sql("select count(*) from tasks") == [(24,)]
    await database.close()


async def test_a_slow_question_is_given_up_by_both_sides(base: Postgres) -> None:
    """The caller is answered, and the server stops as well."""
    database = Database(base.uri)

    with answering(0.3), pytest.raises(OutOfTime, match=r"did not answer"):
        await database.read(
            lambda connection, tables: connection.exec_driver_sql("select pg_sleep(20)")
        )
    await asyncio.wait_for(database.close(), 15)


async def test_it_is_known_when_an_answer_is_given_up(base: Postgres) -> None:
    """The database was waited for to the end."""
    database = Database(base.uri)
    with request():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await database.read(
                    lambda connection, _: connection.exec_driver_sql(
                        "select pg_sleep(0.5)"
                    )
                )
        await database.close()

        assert given_up() == ("octollm database",)


async def test_one_that_hangs_holds_up_nothing_else(
    base: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not other sources, which have other threads, and not the end of the program."""
    database, mended = Database(base.uri), threading.Event()
    await database.read(version)
    with answering(0.05):
        told = await asyncio.gather(
            *(database.read(lambda _, __: mended.wait(60)) for _ in range(20)),
            return_exceptions=True,
        )
    served = await asyncio.wait_for(asyncio.to_thread(lambda: "served"), 20)
    monkeypatch.setattr(module, "SECONDS", 0.1)
    await asyncio.wait_for(database.close(), 20)
    mended.set()
    monkeypatch.undo()
    await database.close()

    assert {type(each) for each in told} == {OutOfTime}
    assert served == "served"


async def test_a_database_is_read_again_after_its_server_ended_the_connection(
    base: Postgres,
) -> None:
    """It was restarted, say."""
    database = Database(base.uri)
    assert await database.read(version) == 1
    base.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'debug-bot'"
    )

    assert await database.read(version) == 1
    await database.close()


async def test_it_is_asked_whether_it_is_there(base: Postgres) -> None:
    """And how fast it says so."""
    database = Database(base.uri)
    probe = await database.probe(NOON)
    await database.close()

    assert probe is not None
    assert (probe.service, probe.at, probe.well) == ("database", NOON, True)
    assert 0 < probe.took.total_seconds() < 5


async def test_one_that_is_slow_is_told_from_one_that_is_gone() -> None:
    """It may be busy."""

    class Slow(Database):
        async def read(self, work: object) -> NoReturn:
            msg = "is slow"
            raise OutOfTime(SOURCE, msg)

    probe = await Slow("postgresql://there").probe(NOON)

    assert probe is not None
    assert (probe.outcome, probe.said) == (
        Outcome.TIMEOUT,
        "is slow",
    )


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("postgresql://me:secret@127.0.0.1:1/octollm", Outcome.REFUSED),
        ("sqlite:///secret", Outcome.STATUS),
    ],
)
async def test_one_that_is_not_there_says_how(url: str, outcome: Outcome) -> None:
    """Without a part of its address."""
    probe = await Database(url).probe(NOON)

    assert probe is not None
    assert (probe.well, probe.outcome) == (False, outcome)
    assert "secret" not in probe.said
    assert await Database(None).probe(NOON) is None


async def test_without_the_setting_it_is_named() -> None:
    """One line, which does not fail an answer."""
    error = await why(None)

    assert isinstance(error, NotConfigured)
    assert "OCTOLLM_DATABASE_URL" in error.message


async def test_nobody_at_the_address_is_a_clear_line() -> None:
    """No part of the address is said."""
    error = await why("postgresql://me:secret@127.0.0.1:1/octollm")

    assert error.message == "is not reachable: connection refused"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p@secret@host/octollm",
        "postgresql://me:secret@host:port/octollm",
        "sqlite:///secret",
        "secret",
    ],
)
async def test_an_address_that_can_t_be_read_is_not_repeated(url: str) -> None:
    """It may be a password in the wrong place."""
    assert (await why(url)).message == "cannot be asked: its address cannot be read"


async def test_a_login_that_may_not_read_is_a_clear_line(base: Postgres) -> None:
    """The tables are there, but not for it."""
    base.sql("create role nobody_here login")
    base.sql("grant usage on schema public to nobody_here")
    database = Database(base.uri_of("nobody_here"))

    with pytest.raises(SourceDown, match="does not let the login"):
        await database.read(
            lambda connection, tables: connection.exec_driver_sql("select * from tasks")
        )
    await database.close()


async def test_an_unknown_login_or_database_is_a_clear_line(base: Postgres) -> None:
    """By the kind of error alone."""
    error = await why(base.uri_of("me").replace("me@", "me:secret@"))

    assert error.message.startswith("cannot be read: ")


async def test_a_database_that_was_never_asked_is_closed() -> None:
    """Nothing was opened."""
    await Database("postgresql://u@127.0.0.1:1/x").close()
