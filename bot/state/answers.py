"""Private answers that their asker may share, at whichever replica the press comes.

An answer is claimed before it is posted: what a crash leaves between the two is never
shared, rather than twice.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from bot.state import tables
from bot.state.leases import Leases

KEEP: Final = timedelta(minutes=30)  # as long as a response_url works
MOST: Final = 20  # of one person


class Refusal(StrEnum):
    """Why an answer is not to be shared."""

    GONE = "gone"
    ANOTHERS = "another's"
    SHARED = "shared"


class PrivateAnswers:
    """The private answers of one database, by its clock."""

    def __init__(self, leases: Leases) -> None:
        """Keep them in the leases' database."""
        self._database = leases.database
        self._clock = leases.clock

    async def keep(self, id: str, user_id: str, answer: Mapping[str, Any]) -> None:
        """Keep what was answered to the person, and forget all but their newest.

        Raises:
            SourceDown: it could not be written soon.
        """

        def write(connection: sa.Connection) -> None:
            answers, now = tables.answers, self._clock(connection)
            row = {"id": id, "user_id": user_id, "answer": answer}
            connection.execute(
                answers.insert().values(**row, kept_at=now, shared=False)
            )
            mine = answers.c.user_id == user_id
            newest = sa.select(answers.c.id).where(mine).limit(MOST)
            newest = newest.order_by(answers.c.kept_at.desc(), answers.c.id)
            kept = answers.c.id.in_(sa.select(newest.subquery().c.id))
            connection.execute(answers.delete().where(mine, ~kept))

        await self._database.soon(write)

    async def claim(self, id: str, user_id: str) -> Mapping[str, Any] | Refusal:
        """Return the answer for the person to share, to one press alone.

        Raises:
            SourceDown: nobody can tell.
        """

        def write(connection: sa.Connection) -> Mapping[str, Any] | Refusal:
            answers, now = tables.answers, self._clock(connection)
            one = answers.c.id == id
            found = sa.select(answers).where(one).with_for_update()
            row = connection.execute(found).first()
            if row is None or row.kept_at < now - KEEP:
                return Refusal.GONE
            if row.user_id != user_id:
                return Refusal.ANOTHERS
            if row.shared:
                return Refusal.SHARED
            connection.execute(answers.update().where(one).values(shared=True))
            answer: Mapping[str, Any] = row.answer
            return answer

        return await self._database.soon(write)

    async def release(self, id: str) -> None:
        """Let it be claimed again, as it could not be posted.

        Raises:
            SourceDown: it could not be written soon.
        """
        one = tables.answers.update().where(tables.answers.c.id == id)
        await self._database.soon(lambda it: it.execute(one.values(shared=False)))

    async def forget(self) -> None:
        """Forget what is too old to be shared.

        Raises:
            SourceDown: that could not be done soon.
        """

        def write(connection: sa.Connection) -> None:
            answers, before = tables.answers, self._clock(connection) - KEEP
            connection.execute(answers.delete().where(answers.c.kept_at < before))

        await self._database.soon(write)
