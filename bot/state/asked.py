"""What each person asked lately, for their Home tab at every replica."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from bot.state import tables
from bot.state.leases import Leases

KEEP: Final = timedelta(days=30)
MOST: Final = 8


class Asked:
    """The newest questions of each person, in one database and by its clock."""

    def __init__(self, leases: Leases) -> None:
        """Keep them in the leases' database."""
        self._database = leases.database
        self._clock = leases.clock

    async def add(self, team_id: str | None, user_id: str, words: str) -> None:
        """Keep it as the newest, once, and forget all but the newest of that person.

        Raises:
            SourceDown: it could not be written soon.
        """

        def write(connection: sa.Connection) -> None:
            asked, now = tables.asked, self._clock(connection)
            row = {"team_id": team_id or "", "user_id": user_id}
            connection.execute(asked.insert().values(**row, words=words, asked_at=now))
            mine = _of(team_id, user_id)
            newest = _newest(mine).subquery()
            kept = asked.c.id.in_(sa.select(newest.c.id))
            connection.execute(asked.delete().where(mine, ~kept))

        await self._database.soon(write)

    async def of(self, team_id: str | None, user_id: str) -> tuple[str, ...]:
        """Return what they asked, newest first.

        Raises:
            SourceDown: it could not be read soon.
        """

        def look(connection: sa.Connection) -> tuple[str, ...]:
            since = self._clock(connection) - KEEP
            mine = _of(team_id, user_id), tables.asked.c.asked_at >= since
            rows = connection.execute(_newest(*mine))
            return tuple(row.words for row in rows)

        return await self._database.soon(look)

    async def forget(self) -> None:
        """Forget what was asked too long ago.

        Raises:
            SourceDown: that could not be done soon.
        """

        def write(connection: sa.Connection) -> None:
            asked, before = tables.asked, self._clock(connection) - KEEP
            connection.execute(asked.delete().where(asked.c.asked_at < before))

        await self._database.soon(write)


def _of(team_id: str | None, user_id: str) -> sa.ColumnElement[bool]:
    asked = tables.asked
    return sa.and_(asked.c.team_id == (team_id or ""), asked.c.user_id == user_id)


def _newest(*which: sa.ColumnElement[bool]) -> sa.Select[tuple[int, str]]:
    """Return the newest of these, each once though two replicas wrote it."""
    asked = tables.asked
    id = sa.func.max(asked.c.id).label("id")
    each = sa.select(id, asked.c.words).where(*which).group_by(asked.c.words)
    return each.order_by(id.desc()).limit(MOST)
