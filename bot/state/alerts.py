"""What was told of problems, so that no restart tells it again or forgets it.

The leader alone looks, with a term that fences off all before (`bot.state.leases`).
A press may come to any replica: it changes one notice, locked while it does.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.domain.alerts import after
from bot.domain.notices import Notice, Posting
from bot.domain.problems import Look
from bot.domain.times import Window
from bot.state import tables
from bot.state.leases import Leases, Term

LEASE: Final = "alerts"
"""What the one process holds that looks."""
KEPT: Final = timedelta(days=30)  # as claims of messages are: `bot.state.posts`

_NOTICE: Final = TypeAdapter(Notice)


class AlertBook:
    """The notices of one database."""

    def __init__(self, leases: Leases) -> None:
        """Write with the leases' terms."""
        self._leases = leases

    async def look(self, term: Term, look: Look) -> tuple[Notice, ...]:
        """Write down what a look changed; return the notices that may still change.

        Raises:
            TermOver: another process leads, and nothing was written.
            SourceDown: it could not be written.
        """

        def write(connection: sa.Connection) -> tuple[Notice, ...]:
            alerts = tables.alerts
            old = alerts.c.closed_at < look.at - KEPT
            connection.execute(alerts.delete().where(old))
            known = {each.id: each for each in _living(connection, look.at)}
            found = {each.id: each for each in after(known.values(), look)}
            for id in known.keys() - found.keys():
                connection.execute(alerts.delete().where(alerts.c.id == id))
            for id, notice in found.items():
                if notice != known.get(id):
                    _keep(connection, notice, new=id not in known)
            return tuple(found.values())

        return await self._leases.do(term, write)

    async def living(self, at: datetime) -> tuple[Notice, ...]:
        """Return the notices that may still change, suspicions among them."""
        return await self._leases.database.do(lambda it: tuple(_living(it, at)))

    async def watched(self) -> bool:
        """Tell whether some process looks for problems at this moment."""

        def read(connection: sa.Connection) -> bool:
            leases, now = tables.leases, self._leases.clock(connection)
            held = sa.select(leases.c.token).where(
                leases.c.name == LEASE, leases.c.until > now
            )
            return connection.execute(held).first() is not None

        return await self._leases.database.do(read)

    async def told_in(self, window: Window) -> tuple[Notice, ...]:
        """Return the notices that opened or closed in the window, or are open."""

        def read(connection: sa.Connection) -> tuple[Notice, ...]:
            alerts = tables.alerts
            rows = sa.select(alerts.c.state).where(
                alerts.c.opened_at.is_not(None),
                sa.or_(
                    alerts.c.closed_at.is_(None), alerts.c.closed_at >= window.since
                ),
            )
            return tuple(map(_notice, connection.execute(rows).scalars()))

        return await self._leases.database.do(read)

    async def change(
        self, id: str, change: Callable[[Notice], Notice]
    ) -> Notice | None:
        """Change one notice, whoever leads; return it, or None if there is none."""

        def write(connection: sa.Connection) -> Notice | None:
            alerts = tables.alerts
            row = sa.select(alerts.c.state).where(alerts.c.id == id).with_for_update()
            state = connection.execute(row).scalar()
            if state is None:
                return None
            notice = change(_notice(state))
            _keep(connection, notice, new=False)
            return notice

        return await self._leases.database.do(write)

    async def shown(self, id: str, posting: Posting, *, lines: int = 0) -> None:
        """Write down where its message stands, what it shows, and which lines are told.

        *lines* is the number of the last line that the thread was told.
        """

        def told(notice: Notice) -> Notice:
            rest = tuple(each for each in notice.lines if each.number > lines)
            return replace(notice, posting=posting, lines=rest)

        await self.change(id, told)


def _living(connection: sa.Connection, at: datetime) -> Sequence[Notice]:
    """Return the notices that a look may change, each locked."""
    alerts = tables.alerts
    rows = sa.select(alerts.c.state).where(
        sa.or_(alerts.c.lives_until.is_(None), alerts.c.lives_until >= at)
    )
    ordered = rows.order_by(alerts.c.id).with_for_update()
    return [*map(_notice, connection.execute(ordered).scalars())]


def _keep(connection: sa.Connection, notice: Notice, *, new: bool) -> None:
    alerts = tables.alerts
    values = {
        "state": _NOTICE.dump_python(notice, mode="json"),
        "opened_at": notice.opened_at,
        "closed_at": notice.closed_at,
        "lives_until": notice.lives_until,
    }
    if new:
        connection.execute(alerts.insert().values(id=notice.id, **values))
    else:
        connection.execute(
            alerts.update().where(alerts.c.id == notice.id).values(**values)
        )


def _notice(state: object) -> Notice:
    return _NOTICE.validate_python(state)
