"""Leases: of all replicas one does a thing, for a term at a time.

Each term has a token, greater than all before it. Whatever a holder writes goes through
`do`, which asks in the same transaction whether the term is still the newest: a process
that was frozen, and is back after another took over, writes nothing. All times are the
database's own, so it does not matter what the clocks of the hosts say.

Slack knows no tokens. Whoever sends something asks `check` right before; a message that
must be posted once is claimed first (`bot.state.posts`).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.state import tables
from bot.state.database import Database

LENGTH: Final = timedelta(seconds=15)

T = TypeVar("T")
Clock: TypeAlias = Callable[[sa.Connection], datetime]


class TermOver(Exception):
    """Another process has the lease, or the term ran out: do and write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One time of holding one lease, from taking it until somebody else does."""

    name: str
    token: int


def database_now(connection: sa.Connection) -> datetime:
    """Return what the database's own clock says at this moment, in UTC."""
    if connection.dialect.name == "postgresql":
        # Not now(): that is when the transaction began, which may be a wait ago.
        at = connection.exec_driver_sql("select clock_timestamp()").scalar_one()
        told: datetime = at.astimezone(UTC)
        return told
    said = connection.exec_driver_sql("select strftime('%Y-%m-%d %H:%M:%f', 'now')")
    return datetime.fromisoformat(said.scalar_one()).replace(tzinfo=UTC)


class Leases:
    """The leases of one database, as one process sees them."""

    def __init__(
        self,
        database: Database,
        *,
        length: timedelta = LENGTH,
        clock: Clock = database_now,
    ) -> None:
        """Hold leases for *length* at a time: so long a process may be silent."""
        self.length = length
        self.database = database
        self.clock = clock
        self._holder = os.urandom(8).hex()

    async def take(self, name: str) -> Term | None:
        """Begin a term; None while somebody has the lease."""

        def write(connection: sa.Connection) -> Term | None:
            leases, now = tables.leases, self.clock(connection)
            held = {"holder": self._holder, "until": now + self.length}
            taken = connection.execute(
                leases.update()
                .where(leases.c.name == name, leases.c.until <= now)
                .values(token=leases.c.token + 1, **held)
                .returning(leases.c.token)
            ).scalar()
            if taken is not None:
                return Term(name=name, token=taken)
            first = leases.insert().values(name=name, token=1, **held)
            try:
                with connection.begin_nested():
                    connection.execute(first)
            except IntegrityError:  # there is one, and it is held
                return None
            return Term(name=name, token=1)

        return await self.database.do(write)

    async def renew(self, term: Term) -> None:
        """Go on with the term for another length.

        Raises:
            TermOver: it was too late for that.
            SourceDown: nobody can tell.
        """

        def write(connection: sa.Connection) -> None:
            leases, now = tables.leases, self.clock(connection)
            renewed = connection.execute(
                leases.update()
                .where(*self._current(term, now))
                .values(until=now + self.length)
            )
            if renewed.rowcount != 1:
                raise TermOver

        await self.database.do(write)

    async def do(self, term: Term, work: Callable[[sa.Connection], T]) -> T:
        """Return what *work* returns; nobody else can begin a term while it runs.

        Raises:
            TermOver: the term is over, and nothing was done.
            SourceDown: the database can't be used, or not told so, and nothing was
                done, or it was all done.
        """

        def write(connection: sa.Connection) -> T:
            leases, now = tables.leases, self.clock(connection)
            ours = sa.select(leases.c.token).where(*self._current(term, now))
            # Shared: what one holder writes at the same time need not wait in a row.
            if connection.execute(ours.with_for_update(read=True)).first() is None:
                raise TermOver
            return work(connection)

        return await self.database.do(write)

    async def check(self, term: Term) -> None:
        """Ask whether the term still lasts, right before something is sent.

        Raises:
            TermOver: it does not.
            SourceDown: nobody can tell, so do not send it.
        """
        await self.do(term, lambda _: None)

    async def release(self, term: Term) -> None:
        """End the term, so that another need not wait for it to run out."""

        def write(connection: sa.Connection) -> None:
            leases, now = tables.leases, self.clock(connection)
            connection.execute(
                leases.update().where(*self._current(term, now)).values(until=now)
            )

        await self.database.do(write)

    def _current(self, term: Term, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        leases = tables.leases
        return (
            leases.c.name == term.name,
            leases.c.token == term.token,
            leases.c.holder == self._holder,
            leases.c.until > now,
        )
