"""Messages that must be posted once, whoever leads, and whoever dies in between.

Claimed before, and its ts written down after. What a crash between the two leaves is a
claim without a ts: whether the message stands is then not known here, and the next
leader looks into the channel for it, or posts it again and says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.state import tables
from bot.state.leases import Leases, Term

KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is known of a message when a leader wants to post it."""

    first: bool
    """Nobody began to post it before."""
    ts: str | None
    """It stands there."""
    since: datetime
    """When it was first begun."""


class Posts:
    """The messages that leaders of one database posted."""

    def __init__(self, leases: Leases) -> None:
        """Write with the leases' terms."""
        self.leases = leases

    async def claim(self, term: Term, key: str, channel: str) -> Claim:
        """Say that the message *key* is about to be posted; return what is known.

        Those of one key are all claimed with terms of one lease, whose tokens grow.
        Whoever claimed it before can no longer say that it was posted (`posted`).

        Raises:
            TermOver: this process does not lead any more: do not post.
            SourceDown: it could not be written: do not post.
        """

        def write(connection: sa.Connection) -> Claim:
            posts, now = tables.posts, self.leases.clock(connection)
            connection.execute(posts.delete().where(posts.c.claimed_at < now - KEPT))
            found = connection.execute(sa.select(posts).where(posts.c.key == key))
            row = found.first()
            if row is None:
                connection.execute(
                    posts.insert().values(
                        key=key, channel=channel, token=term.token, claimed_at=now
                    )
                )
                return Claim(first=True, ts=None, since=now)
            connection.execute(
                posts.update().where(posts.c.key == key).values(token=term.token)
            )
            return Claim(first=False, ts=row.ts, since=row.claimed_at)

        return await self.leases.do(term, write)

    async def posted(self, term: Term, key: str, ts: str) -> bool:
        """Write down where it stands; False when another leader claimed it since.

        That one may have posted it as well: take this one away. A term that is over
        does not matter as long as nobody else has claimed the message.
        """

        def write(connection: sa.Connection) -> bool:
            posts = tables.posts
            written = connection.execute(
                posts.update()
                .where(posts.c.key == key, posts.c.token == term.token)
                .values(ts=ts)
            )
            return written.rowcount == 1

        return await self.leases.database.do(write)
