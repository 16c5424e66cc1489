"""Several processes at one state database, played in one."""

from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from bot.state.database import Database
from bot.state.leases import Leases, Term
from tests.counterparts import PATIENCE
from tests.gate.toys import Clock

LENGTH = timedelta(seconds=15)


@dataclass
class Replicas:
    """Makes them, and lets go of them all."""

    url: str
    clock: Clock
    made: list[Database] = field(default_factory=list)

    def one(self) -> Leases:
        """Return a replica's leases; its clock is the database's."""
        database = Database(self.url, soon_seconds=PATIENCE)
        self.made.append(database)
        return Leases(database, length=LENGTH, clock=lambda _: self.clock.now)

    async def close(self) -> None:
        """Let go of all connections."""
        for database in self.made:
            await database.close()


async def taken(leases: Leases, name: str = "watches") -> Term:
    """Return the term that must be to be had."""
    term = await leases.take(name)
    assert term is not None
    return term


def count_of(table: sa.Table, connection: sa.Connection) -> int:
    """Return how many rows a table has."""
    return connection.execute(
        sa.select(sa.func.count()).select_from(table)
    ).scalar_one()
