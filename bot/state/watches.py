"""The watches that are on, for all replicas; one keeps them, with the term it has."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.watches import (
    IN_ALL,
    LASTS,
    PER_CHANNEL,
    PER_PERSON,
    Watch,
    WatchState,
)
from bot.state import tables
from bot.state.leases import Leases, Term

POSTED_WITHIN: Final = timedelta(minutes=2)
"""A message that is not posted by then never will be: its process died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What somebody stopped, and how many of others are left in that channel."""

    stopped: tuple[Watch, ...]
    others: int


class Watches:
    """The watches of one database; all times are those of its clock."""

    def __init__(self, leases: Leases, *, lasts: timedelta = LASTS) -> None:
        """Keep them with terms of these leases, and each for so long."""
        self.leases = leases
        self._lasts = lasts

    async def begin(  # noqa: PLR0913  each has its name at the call
        self,
        *,
        words: str,
        system: str,
        channel: str,
        thread_ts: str | None,
        user_id: str,
        team_id: str | None,
    ) -> Watch | str:
        """Return a new watch, whose message is to be posted, or why there is none."""

        def write(connection: sa.Connection) -> Watch | str:
            if connection.dialect.name == "postgresql":  # counted and added as one
                connection.exec_driver_sql("lock table watches in exclusive mode")
            now, every = self.leases.clock(connection), _all(connection)
            same = (words, system, channel, user_id)
            if any(_same(each) == same for each in every):
                return "you watch this here already"
            full = _full(every, user_id, channel)
            if full is not None:
                return full
            watch = Watch(
                id=os.urandom(6).hex(),
                words=words,
                system=system,
                channel=channel,
                thread_ts=thread_ts,
                ts=None,
                user_id=user_id,
                team_id=team_id,
                began_at=now,
                until=now + self._lasts,
                state=WatchState.POSTING,
                looked_at=None,
                looks=0,
            )
            connection.execute(tables.watches.insert().values(**asdict(watch)))
            return watch

        return await self.leases.database.do(write)

    async def posted(self, watch: Watch, ts: str) -> None:
        """Write down where the watch's message stands, and let it run."""

        def write(connection: sa.Connection) -> None:
            _change(connection, watch.id, ts=ts)
            running = WatchState.RUNNING  # unless it was stopped by now
            _change(connection, watch.id, only=WatchState.POSTING, state=running)

        await self.leases.database.do(write)

    async def drop(self, watch: Watch) -> None:
        """Forget a watch whose message could not be posted."""
        await self.leases.database.do(lambda c: _forget(c, watch.id))

    async def stop(self, *, channel: str, user_id: str, id: str | None) -> Stopped:
        """Have the person's watches in a channel end, or the one with that id.

        Whoever sees a watch may stop it by its id; without, only one's own are meant.
        """

        def write(connection: sa.Connection) -> Stopped:
            here = [each for each in _all(connection) if each.channel == channel]
            running = [each for each in here if each.state is not WatchState.STOPPED]
            chosen = tuple(
                each
                for each in running
                if (each.user_id == user_id if id is None else each.id == id)
            )
            for each in chosen:
                _change(connection, each.id, state=WatchState.STOPPED)
            return Stopped(stopped=chosen, others=len(running) - len(chosen))

        return await self.leases.database.do(write)

    async def kept(self, term: Term) -> tuple[Sequence[Watch], datetime]:
        """Return all that have a message, with what the time is; forget the rest.

        Raises:
            TermOver: another keeps them.
        """

        def write(connection: sa.Connection) -> tuple[Sequence[Watch], datetime]:
            now = self.leases.clock(connection)
            every = _all(connection)
            for each in every:
                if each.ts is None and each.began_at < now - POSTED_WITHIN:
                    _forget(connection, each.id)
            return [each for each in every if each.ts is not None], now

        return await self.leases.do(term, write)

    async def look(
        self, term: Term, watch: Watch, seen: datetime | None
    ) -> WatchState | None:
        """Return how the watch stands, right before its message is edited.

        Where it runs, write down that what will be shown was *seen* at that time. None
        when it is forgotten.

        Raises:
            TermOver: another keeps it: do not touch its message.
        """

        def write(connection: sa.Connection) -> WatchState | None:
            watches = tables.watches
            if seen is not None:
                looked = {"looked_at": seen, "looks": watches.c.looks + 1}
                _change(connection, watch.id, only=WatchState.RUNNING, **looked)
            state = sa.select(watches.c.state).where(watches.c.id == watch.id)
            found = connection.execute(state).scalar()
            return None if found is None else WatchState(found)

        return await self.leases.do(term, write)

    async def forget(self, term: Term, watch: Watch) -> None:
        """Forget a watch whose message says that it is over, or is gone.

        Raises:
            TermOver: another keeps it.
        """
        await self.leases.do(term, lambda c: _forget(c, watch.id))


def _same(watch: Watch) -> tuple[str, ...] | None:
    """Return what a person watches once in a channel; None when that was stopped."""
    if watch.state is WatchState.STOPPED:
        return None
    return watch.words, watch.system, watch.channel, watch.user_id


def _full(every: Sequence[Watch], user_id: str, channel: str) -> str | None:
    """Return which bound is reached, if one is."""
    if sum(each.user_id == user_id for each in every) >= PER_PERSON:
        return f"you watch {PER_PERSON} things already"
    if sum(each.channel == channel for each in every) >= PER_CHANNEL:
        return f"{PER_CHANNEL} things are watched in this channel already"
    if len(every) >= IN_ALL:
        return f"{IN_ALL} things are watched in this workspace already"
    return None


def _all(connection: sa.Connection) -> list[Watch]:
    watches = tables.watches
    rows = connection.execute(
        sa.select(watches).order_by(watches.c.began_at, watches.c.id)
    )
    return [_watch(row) for row in rows]


def _watch(row: Any) -> Watch:
    return Watch(**{**row._asdict(), "state": WatchState(row.state)})


def _change(
    connection: sa.Connection,
    id: str,
    *,
    only: WatchState | None = None,
    **values: Any,
) -> None:
    watches = tables.watches
    change = watches.update().where(watches.c.id == id)
    if only is not None:
        change = change.where(watches.c.state == only)
    connection.execute(change.values(**values))


def _forget(connection: sa.Connection, id: str) -> None:
    connection.execute(tables.watches.delete().where(tables.watches.c.id == id))
