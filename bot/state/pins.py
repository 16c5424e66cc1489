"""Messages that people marked with an emoji, kept for 90 days."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain.pins import Pinned
from bot.domain.times import Window
from bot.state import tables
from bot.state.database import Database

KEPT: Final = timedelta(days=90)
MOST: Final = 1_000  # of one answer; the newest stay


class Pins:
    """The marked messages of one database."""

    def __init__(self, database: Database) -> None:
        """Keep them there."""
        self._database = database

    async def add(self, pinned: Pinned) -> bool:
        """Keep the message; False when the same person marked it before."""

        def write(connection: sa.Connection) -> bool:
            pins = tables.pins
            _forget(connection, pinned.pinned_at - KEPT)
            try:
                with connection.begin_nested():
                    connection.execute(pins.insert().values(**asdict(pinned)))
            except IntegrityError:
                return False
            return True

        return await self._database.do(write)

    async def remove(self, channel: str, ts: str, pinned_by: str) -> bool:
        """Forget that somebody marked it; others who did keep it."""

        def write(connection: sa.Connection) -> bool:
            pins = tables.pins
            gone = connection.execute(
                pins.delete().where(
                    pins.c.channel == channel,
                    pins.c.ts == ts,
                    pins.c.pinned_by == pinned_by,
                )
            )
            return gone.rowcount == 1

        return await self._database.do(write)

    async def within(
        self, window: Window, *, channel: str | None
    ) -> tuple[Pinned, ...]:
        """Return the messages written in the window, oldest first, each once.

        Each is as it was when it was marked first. Those of one *channel*, or of all
        where that is None; at most the newest thousand.
        """

        def look(connection: sa.Connection) -> tuple[Pinned, ...]:
            pins = tables.pins
            wanted = sa.select(pins).where(
                pins.c.at >= window.since, pins.c.at <= window.end
            )
            if channel is not None:
                wanted = wanted.where(pins.c.channel == channel)
            first: dict[tuple[str, str], Any] = {}
            for row in connection.execute(wanted.order_by(pins.c.pinned_at)):
                first.setdefault((row.channel, row.ts), row)
            found = sorted(first.values(), key=lambda row: (row.at, row.ts))
            return tuple(map(_pinned, found[-MOST:]))

        return await self._database.do(look)


def _pinned(row: Any) -> Pinned:
    return Pinned(**row._asdict())


def _forget(connection: sa.Connection, before: datetime) -> None:
    pins = tables.pins
    connection.execute(pins.delete().where(pins.c.pinned_at < before))
