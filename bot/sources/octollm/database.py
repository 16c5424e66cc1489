"""The orchestrator's PostgreSQL, read and never written, in threads."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.errors import NotConfigured, OutOfTime, SourceDown
from bot.domain.service_names import Outcome
from bot.domain.services import Probe
from bot.sources.aside import Aside
from bot.sources.patience import patience, within
from bot.tracing import asking

SOURCE: Final = "octollm database"
SECONDS: Final = 6.0
THREADS: Final = 8  # twice its connections
NAME: Final = "database"
SETTING: Final = "OCTOLLM_DATABASE_URL"

T = TypeVar("T")
Columns = Mapping[str, str]
"""A table's columns, and the type of each in PostgreSQL's words."""


class Tables:
    """What the database turned out to hold: its tables' columns."""

    def __init__(self, found: Mapping[str, Columns]) -> None:
        """Keep the columns of each table."""
        self._found = found

    def columns(self, table: str) -> Columns:
        """Return the columns of a table.

        Raises:
            SourceDown: there is no such table.
        """
        if table not in self._found:
            msg = f"has no table {table}: {SETTING} may name another database"
            raise SourceDown(SOURCE, msg)
        return self._found[table]

    def has(self, table: str) -> bool:
        """Tell whether there is such a table."""
        return table in self._found


class Database:
    """One database. Made without a connection; the first question opens it."""

    def __init__(self, url: str | None) -> None:
        """Remember where it is."""
        self._url = url
        self._engine: sa.Engine | None = None
        self._opening = asyncio.Lock()
        self._aside = Aside(THREADS)
        self._busy: set[asyncio.Task[Any]] = set()

    @property
    def configured(self) -> bool:
        """Tell whether a setting says where it is."""
        return bool(self._url)

    async def close(self) -> None:
        """Let go of the connections, when the work in them is done.

        One that hangs is waited for no longer than for an answer.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                if self._busy:
                    await asyncio.wait(self._busy)
                if self._engine is not None:
                    await self._aside.run(self._engine.dispose)
                    self._engine = None

    async def read(self, work: Callable[[sa.Connection, Tables], T]) -> T:
        """Return what *work* returns, done in a transaction that can change nothing.

        Raises:
            SourceDown: the database does not answer, refuses, or lacks what is asked.
        """
        if not self._url:
            raise NotConfigured(SOURCE, SETTING)
        seconds = patience(SECONDS)
        doing = asyncio.get_running_loop().create_task(self._read(work, seconds))
        # A thread can't be cancelled: it ends by the statement's own time-out.
        self._busy.add(doing)
        doing.add_done_callback(self._done)
        try:
            with asking(SOURCE):
                async with asyncio.timeout(seconds):
                    return await asyncio.shield(doing)
        except TimeoutError as error:
            msg = f"did not answer {within(seconds, SECONDS)}"
            raise OutOfTime(SOURCE, msg) from error

    async def probe(self, at: datetime) -> Probe | None:
        """Return whether it answers at *at*, and how fast; None where it is not set."""
        if not self._url:
            return None
        outcome, why = Outcome.OK, ""
        began = time.monotonic()
        try:
            await self.read(
                lambda connection, _: connection.exec_driver_sql("select 1")
            )
        except SourceDown as error:
            outcome, why = _outcome(error), error.message
        took = timedelta(seconds=time.monotonic() - began)
        return Probe(service=NAME, at=at, outcome=outcome, took=took, said=why)

    async def _read(
        self, work: Callable[[sa.Connection, Tables], T], seconds: float
    ) -> T:
        try:
            async with self._opening:
                if self._engine is None:
                    self._engine = await self._aside.run(
                        partial(_opened, str(self._url))
                    )
            return await self._aside.run(partial(_within, self._engine, work, seconds))
        except SQLAlchemyError as error:
            raise _explained(error) from error

    def _done(self, doing: asyncio.Task[Any]) -> None:
        self._busy.discard(doing)
        if not doing.cancelled():
            doing.exception()  # heard: whoever gave up waiting does not ask


def _outcome(error: SourceDown) -> Outcome:
    if isinstance(error, OutOfTime):
        return Outcome.TIMEOUT
    return Outcome.REFUSED if "connection refused" in error.message else Outcome.STATUS


def _opened(url: str) -> sa.Engine:
    """Return the engine.

    Raises:
        SourceDown: the address can't be read; no part of it is said.
    """
    parsed: sa.URL | None = None
    with contextlib.suppress(SQLAlchemyError, ValueError):
        parsed = sa.make_url(url)
    # After an @ that is not written as %40 a password's rest passes for the host.
    if (
        parsed is None
        or parsed.get_backend_name() != "postgresql"
        or "@" in f"{parsed.host}{parsed.database}"
    ):
        hint = f"{SETTING} is postgresql://…; in a password an @ is written %40"
        raise SourceDown(
            SOURCE, "cannot be asked: its address cannot be read", hint=hint
        )
    return sa.create_engine(
        parsed.set(drivername="postgresql+psycopg"),  # the program's own is asyncpg
        pool_size=2,
        max_overflow=2,
        pool_timeout=SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 4, "application_name": "debug-bot"},
    ).execution_options(postgresql_readonly=True)


def _within(
    engine: sa.Engine, work: Callable[[sa.Connection, Tables], T], seconds: float
) -> T:
    with engine.begin() as connection:
        # For the transaction alone: a pooler may give each one another session.
        connection.exec_driver_sql(
            f"set local statement_timeout = {max(int(seconds * 1000), 1)}"
        )
        return work(connection, _tables(connection))


def _tables(connection: sa.Connection) -> Tables:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.exec_driver_sql(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = any (current_schemas(false))"
        " and table_name in ('tasks', 'task_results')"
    ):
        found.setdefault(table, {})[column] = kind
    return Tables(found)


def _explained(error: Exception) -> SourceDown:
    """Return what went wrong, without the address, which may hold a password."""
    cause = getattr(error, "orig", None) or error
    said = str(cause).strip().splitlines()
    first = said[0] if said else type(error).__name__
    lowered = first.lower()
    if getattr(cause, "sqlstate", None) == "57014":
        return OutOfTime(SOURCE, "did not answer in time")
    if "password authentication failed" in lowered or "no password" in lowered:
        return SourceDown(SOURCE, f"refused the login in {SETTING}")
    if "refused" in lowered:
        return SourceDown(SOURCE, "is not reachable: connection refused")
    if getattr(cause, "sqlstate", None) == "42501":
        return SourceDown(
            SOURCE, f"does not let the login in {SETTING} read its tables"
        )
    if "timeout" in lowered or "timed out" in lowered:
        return OutOfTime(SOURCE, "did not answer in time")
    kind = getattr(cause, "sqlstate", None) or type(cause).__name__
    hint = f"{SETTING} says where it is"
    return SourceDown(SOURCE, f"cannot be read: {kind}", hint=hint)
