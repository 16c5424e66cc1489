"""One database: opened, and brought up to date, when first used."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.errors import SourceDown
from bot.domain.excerpts import start_of
from bot.tracing import asking

SOURCE: Final = "ledger"
BUSY_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 5.0
"""So long a process that stopped within a transaction may keep its rows locked."""
SOON_SECONDS: Final = 5.0
"""So long anybody waits for what can be done without."""
THREADS: Final = 8  # of its own: a database that hangs holds up nothing else

T = TypeVar("T")


class Database:
    """SQLite or PostgreSQL, asked in threads; each piece of work is a transaction."""

    def __init__(self, url: str, *, soon_seconds: float = SOON_SECONDS) -> None:
        """Remember where it is."""
        self._url = url
        self._soon = soon_seconds
        self._threads = ThreadPoolExecutor(THREADS, "state")
        self._engine: sa.Engine | None = None
        self._opening = asyncio.Lock()
        self._busy: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Let go of the connections, when the work in them is done."""
        # A thread can't be cancelled: it may have a connection whose caller gave up.
        await asyncio.gather(*self._busy, return_exceptions=True)
        if self._engine is not None:
            await asyncio.to_thread(self._engine.dispose)
            self._engine = None

    async def do(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what *work* returns, done in one transaction, in a thread."""
        with asking(SOURCE):
            return await self._shielded(work)

    async def _shielded(self, work: Callable[[sa.Connection], T]) -> T:
        doing = asyncio.get_running_loop().create_task(self._do(work))
        self._busy.add(doing)
        doing.add_done_callback(self._done)
        return await asyncio.shield(doing)

    async def soon(self, work: Callable[[sa.Connection], T]) -> T:
        """Do it within a few seconds or not at all.

        Raises:
            SourceDown: it can't be done, or not that soon.
        """
        until = time.monotonic() + self._soon
        late = SourceDown(SOURCE, f"did not answer within {self._soon:g} s")

        def in_time(connection: sa.Connection) -> T:
            done = work(connection)
            if time.monotonic() > until:  # nobody waits: it shall not be done later
                raise late
            return done

        try:
            with asking(SOURCE):
                async with asyncio.timeout(self._soon):
                    return await self._shielded(in_time)
        except TimeoutError as error:
            raise late from error

    async def _do(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            engine = await self._open()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, _within, engine, work)
        except SQLAlchemyError as error:
            raise _explained(error) from error

    def _done(self, doing: asyncio.Task[Any]) -> None:
        self._busy.discard(doing)
        with contextlib.suppress(asyncio.CancelledError):
            doing.exception()  # heard: whoever gave up waiting does not ask

    async def _open(self) -> sa.Engine:
        async with self._opening:
            engine = self._engine
            if engine is None:
                loop = asyncio.get_running_loop()
                engine = await loop.run_in_executor(self._threads, _opened, self._url)
            self._engine = engine
            return engine


def _within(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _opened(url: str) -> sa.Engine:
    """Return the database, with all tables.

    Raises:
        SourceDown: it can't be opened.
    """
    try:
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _sqlite(parsed)
        else:
            engine = _postgresql(parsed)
        with contextlib.ExitStack() as unready:
            unready.callback(engine.dispose)
            with engine.begin() as connection:
                _migrate(connection)
            unready.pop_all()
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise _explained(error) from error
    return engine


def _parsed(url: str) -> sa.URL:
    """Return the address in its parts.

    Raises:
        SourceDown: it can't be read; no part of it is said, as that may be a secret.
    """
    parsed: sa.URL | None = None
    with contextlib.suppress(SQLAlchemyError, ValueError):
        parsed = sa.make_url(url)
    if parsed is not None and parsed.get_backend_name() == "sqlite":
        return parsed
    # After an @ that is not written as %40 a password's rest passes for the host.
    if parsed is None or "@" in f"{parsed.host}{parsed.database}":
        msg = "cannot be used: its address cannot be read"
        hint = "in DEBUG_BOT_STATE_URL, a password's @ is written %40"
        raise SourceDown(SOURCE, msg, hint=hint)
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _postgresql(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url, pool_pre_ping=True, connect_args={"connect_timeout": 5}
    )

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        # For the transaction alone: a pooler may give each one another session.
        connection.exec_driver_sql(
            f"set local idle_in_transaction_session_timeout = {IDLE_SECONDS * 1000:.0f}"
        )

    return engine


def _sqlite(url: sa.URL) -> sa.Engine:
    given: dict[str, Any] = {}
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:  # each connection would have a memory of its own
        given = {"poolclass": sa.QueuePool, "pool_size": 1, "max_overflow": 0}
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        **given,
    )

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        # The driver's own way would begin a transaction at the first write only, and
        # two that read before they write would then stand in each other's way.
        connection.isolation_level = None
        write_ahead(connection)
        connection.execute("pragma synchronous = full")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("begin immediate")

    return engine


def write_ahead(connection: sqlite3.Connection) -> None:
    """Let many read while one writes; of several that open a new file one arranges it.

    SQLite does not wait for the lock that this takes, whatever time it is given.

    Raises:
        sqlite3.OperationalError: others have held it for BUSY_SECONDS.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
        else:
            return
        time.sleep(0.02)


def _migrate(connection: sa.Connection) -> None:
    """Bring the tables up to date; of several processes one does it.

    Raises:
        SourceDown: they are of a later version than this one knows.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("select pg_advisory_xact_lock(4812051)")
    folder = Path(__file__).with_name("migrations")
    newest = max(path.stem for path in folder.glob("versions/*.py"))[:4]
    found = _version(connection)
    if found == newest:
        return
    if found is not None and found > newest:
        msg = f"cannot be used: a newer debug-bot made it ({found}, not {newest})"
        raise SourceDown(SOURCE, msg, hint="update debug-bot")
    # Imported here: a tenth of a second that only a new ledger should pay.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("select version_num from alembic_version")
    return found.scalar()


def _explained(error: Exception) -> SourceDown:
    """Return what went wrong, without the URL, which may hold a password."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    first = said[0] if said else type(error).__name__
    hint = "DEBUG_BOT_STATE_URL says where it is"
    return SourceDown(SOURCE, f"cannot be used: {start_of(first, 200)}", hint=hint)
