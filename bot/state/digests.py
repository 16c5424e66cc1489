"""One digest a day, and what was seen to be wasted until it is told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.state import tables
from bot.state.leases import Leases, Term

LONGEST: Final = timedelta(minutes=5)
"""Between two looks; of a longer pause nobody knows what it cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The time from one digest to the next, and what the looks in it saw.

    *watched* is how long somebody looked, and *wasted_usd* what orphaned pods cost
    meanwhile: their hourly price at each look, times the time since the last.
    """

    due_at: datetime
    begun_at: datetime
    watched: timedelta = timedelta(0)
    wasted_usd: float = 0.0


class DigestBook:
    """The digests of one database."""

    def __init__(self, leases: Leases) -> None:
        """Write with the leases' terms."""
        self._leases = leases

    async def watched(
        self, term: Term, at: datetime, *, due: datetime, usd_per_hour: float | None
    ) -> Day:
        """Add one look to the day that runs; begin one, due then, if none does.

        *usd_per_hour* is None where the look could not tell it: then nobody watched.

        Raises:
            TermOver: another process leads.
            SourceDown: it could not be written.
        """

        def write(connection: sa.Connection) -> Day:
            digests = tables.digests
            row = connection.execute(
                sa.select(digests).where(digests.c.told_at.is_(None)).with_for_update()
            ).first()
            if row is None:
                connection.execute(
                    digests.insert().values(
                        due_at=due,
                        begun_at=at,
                        looked_at=at,
                        watched_seconds=0.0,
                        wasted_usd=0.0,
                    )
                )
                return Day(due_at=due, begun_at=at)
            pause = max(at - row.looked_at, timedelta(0))
            seen = usd_per_hour is not None and pause <= LONGEST
            seconds = pause.total_seconds() if seen else 0.0
            day = Day(
                due_at=row.due_at,
                begun_at=row.begun_at,
                watched=timedelta(seconds=row.watched_seconds + seconds),
                wasted_usd=row.wasted_usd + (usd_per_hour or 0.0) * seconds / 3600,
            )
            connection.execute(
                digests.update()
                .where(digests.c.due_at == row.due_at)
                .values(
                    looked_at=at,
                    watched_seconds=day.watched.total_seconds(),
                    wasted_usd=day.wasted_usd,
                )
            )
            return day

        return await self._leases.do(term, write)

    async def told(self, day: Day, at: datetime) -> None:
        """Write down that its digest stands in the channel."""

        def write(connection: sa.Connection) -> None:
            digests = tables.digests
            one = digests.update().where(digests.c.due_at == day.due_at)
            connection.execute(one.values(told_at=at))
            old = digests.c.due_at < at - timedelta(days=30)
            connection.execute(
                digests.delete().where(old, digests.c.told_at.is_not(None))
            )

        await self._leases.database.do(write)
