"""What the gate remembers: offers, who confirmed them, how far each came, the audit.

SQLite by default, PostgreSQL where several replicas share the work. Every step that
must happen once is one conditional UPDATE, so that the database decides who was first.
The audit is kept for 90 days, and so are offers.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain.offers import (
    Decision,
    Ended,
    Offer,
    OfferState,
    Record,
    Step,
    Where,
)
from bot.domain.times import Window
from bot.gate.promises import KEPT, LEASE, Busy, Lost
from bot.gate.rows import (
    act_of,
    joined,
    line_of,
    offer_of,
    record_of,
    stored,
    write_line,
)
from bot.state import tables
from bot.state.database import Database


class Ledger:
    """One database. Opened, and brought up to date, when first used."""

    def __init__(self, url: str, *, clock: Callable[[], datetime]) -> None:
        """Remember where it is; *clock* tells when leases run out."""
        self._database = Database(url)
        self._clock = clock

    async def close(self) -> None:
        """Let go of the connections."""
        await self._database.close()

    # --- offers ---------------------------------------------------------------------

    async def offer(self, offer: Offer) -> None:
        """Remember a new offer, and that it was made."""

        def write(connection: sa.Connection) -> None:
            caller, now = offer.caller, offer.created_at
            connection.execute(
                tables.offers.insert().values(
                    id=offer.id,
                    action=offer.action,
                    system=offer.system,
                    words=offer.words,
                    door=caller.door.value,
                    user_id=caller.user_id,
                    user_name=caller.name,
                    team_id=caller.team_id,
                    channel_id=caller.channel_id,
                    created_at=now,
                    expires_at=offer.expires_at,
                    second=offer.second,
                    state=OfferState.OPEN,
                    runner="",
                    left_alone=[asdict(each) for each in offer.left_alone],
                )
            )
            for position, item in enumerate(offer.items):
                connection.execute(
                    tables.items.insert().values(
                        offer_id=offer.id,
                        position=position,
                        item=stored(item),
                        step=Step.PLANNED,
                    )
                )
            why = offer.second or ""
            record = record_of(
                offer, Decision.OFFERED, who=caller.who, at=now, reason=why
            )
            write_line(connection, record)
            _forget(connection, now - KEPT)

        await self._database.do(write)

    async def get(self, id: str) -> Offer | None:
        """Return the offer with all that became of it; None when there is none."""
        return await self._database.do(lambda connection: offer_of(connection, id))

    async def confirm(
        self,
        id: str,
        *,
        user_id: str,
        who: str,
        ticked: frozenset[int],
        now: datetime,
    ) -> None:
        """Remember that somebody pressed an offer that wants two people.

        What they unticked nobody can tick again.
        """

        def write(connection: sa.Connection) -> None:
            # Nobody takes it, and nobody else confirms, while we do.
            offers = tables.offers
            row = sa.select(offers.c.id).where(offers.c.id == id)
            connection.execute(row.with_for_update())
            offer = offer_of(connection, id)
            if offer is None or offer.state is not OfferState.OPEN:
                return
            _untick(connection, id, ticked)
            if user_id in offer.confirmed_by:
                return
            connection.execute(
                tables.confirmations.insert().values(
                    offer_id=id, user_id=user_id, who=who, at=now
                )
            )
            record = record_of(offer, Decision.CONFIRMED, who=who, at=now)
            write_line(connection, record)

        await self._database.do(write)

    async def take(  # noqa: PLR0913  each has its name at the call
        self,
        id: str,
        *,
        who: str,
        runner: str,
        where: Where | None,
        ticked: frozenset[int],
        now: datetime,
    ) -> bool:
        """Take the open, unexpired offer; False when it is no longer to be had."""

        def write(connection: sa.Connection) -> bool:
            offers = tables.offers
            taken = connection.execute(
                offers.update()
                .where(
                    offers.c.id == id,
                    offers.c.state == OfferState.OPEN,
                    offers.c.expires_at > now,
                )
                .values(
                    state=OfferState.TAKEN,
                    ended_by=who,
                    ended_at=now,
                    runner=runner,
                    alive_at=now,
                    place=None if where is None else asdict(where),
                )
            )
            if taken.rowcount != 1:
                return False
            _untick(connection, id, ticked)
            return True

        return await self._database.do(write)

    async def cancel(self, id: str, *, who: str, now: datetime, why: str = "") -> bool:
        """Close the open, unexpired offer; False when it is no longer to be had."""

        def write(connection: sa.Connection) -> bool:
            offers = tables.offers
            closed = connection.execute(
                offers.update()
                .where(
                    offers.c.id == id,
                    offers.c.state == OfferState.OPEN,
                    offers.c.expires_at > now,
                )
                .values(state=OfferState.CANCELLED, ended_by=who, ended_at=now)
            )
            offer = offer_of(connection, id)
            if closed.rowcount != 1 or offer is None:
                return False
            record = record_of(offer, Decision.CANCELLED, who=who, at=now, reason=why)
            write_line(connection, record)
            return True

        return await self._database.do(write)

    async def show(self, id: str, where: Where) -> None:
        """Remember which message shows the open offer."""

        def write(connection: sa.Connection) -> None:
            offers = tables.offers
            connection.execute(
                offers.update()
                .where(offers.c.id == id, offers.c.state == OfferState.OPEN)
                .values(place=asdict(where))
            )

        await self._database.do(write)

    async def lapsed(self, now: datetime) -> tuple[Offer, ...]:
        """Return the open offers that have expired where a message shows them.

        Each is returned once, to whichever process asks first.
        """
        offers = tables.offers
        shown = (
            offers.c.state == OfferState.OPEN,
            offers.c.expires_at <= now,
            offers.c.place.is_not(sa.null()),
        )

        def write(connection: sa.Connection) -> tuple[Offer, ...]:
            ids = connection.execute(sa.select(offers.c.id).where(*shown)).scalars()
            found = {id: offer_of(connection, id) for id in ids.all()}
            mine = connection.execute(
                offers.update()
                .where(offers.c.id.in_(found), *shown)
                .values(place=sa.null())
                .returning(offers.c.id)
            ).scalars()
            return tuple(each for id in mine if (each := found[id]) is not None)

        return await self._database.do(write)

    # --- carrying out ---------------------------------------------------------------

    async def begin(self, offer: Offer, position: int, *, runner: str) -> None:
        """Write down that the item is about to be done.

        Raises:
            Lost: another process has the offer, or the item was begun before.
            Busy: another offer has begun with the same target, and not ended.
            SourceDown: it could not be written, so it must not be done.
        """
        now = self._clock()

        def write(connection: sa.Connection) -> None:
            _renew(connection, offer.id, runner, now)
            items, target = tables.items, offer.items[position].target
            begin = (
                items.update()
                .where(
                    items.c.offer_id == offer.id,
                    items.c.position == position,
                    items.c.step == Step.PLANNED,
                )
                .values(step=Step.BEGUN, busy_with=f"{offer.system} {target}")
            )
            try:
                with connection.begin_nested():
                    begun = connection.execute(begin)
            except IntegrityError as error:
                raise Busy from error
            if begun.rowcount != 1:
                raise Lost
            write_line(connection, act_of(offer, position, now))

        await self._database.do(write)

    async def end(
        self, offer: Offer, position: int, ended: Ended, *, runner: str
    ) -> None:
        """Write down what became of the item.

        Raises:
            Lost: another process has the offer.
            SourceDown: it could not be written.
        """
        now = self._clock()

        def write(connection: sa.Connection) -> None:
            _renew(connection, offer.id, runner, now)
            items = tables.items
            connection.execute(
                items.update()
                .where(items.c.offer_id == offer.id, items.c.position == position)
                .values(
                    step=Step.ENDED,
                    outcome=ended.outcome,
                    detail=ended.detail,
                    busy_with=None,
                )
            )
            write_line(connection, act_of(offer, position, now, ended))

        await self._database.do(write)

    async def add_late(self, offer: Offer, position: int, ended: Ended) -> None:
        """Add to the audit what became of an item that another process has by now."""
        await self.write(act_of(offer, position, self._clock(), ended))

    async def renew(self, id: str, *, runner: str) -> None:
        """Say that the runner is alive.

        Raises:
            Lost: another process has the offer.
        """
        now = self._clock()
        await self._database.do(lambda connection: _renew(connection, id, runner, now))

    async def finish(self, id: str, *, runner: str) -> None:
        """Close an offer whose items have all ended."""
        now = self._clock()

        def write(connection: sa.Connection) -> None:
            _renew(connection, id, runner, now)
            offers = tables.offers
            connection.execute(
                offers.update()
                .where(offers.c.id == id)
                .values(state=OfferState.FINISHED)
            )

        await self._database.do(write)

    async def stranded(self) -> int:
        """Return how many offers have a runner that died."""
        now = self._clock()

        def look(connection: sa.Connection) -> int:
            count = sa.select(sa.func.count()).select_from(tables.offers)
            return connection.execute(count.where(*_stranded(now))).scalar_one()

        return await self._database.do(look)

    async def adopt(self, *, runner: str) -> Offer | None:
        """Take over one offer whose runner died; None when there is none."""
        now = self._clock()

        def write(connection: sa.Connection) -> Offer | None:
            offers = tables.offers
            # Of several processes that look at once, each is left one of its own.
            one = sa.select(offers.c.id).where(*_stranded(now)).limit(1)
            free = one.with_for_update(skip_locked=True).scalar_subquery()
            mine = connection.execute(
                offers.update()
                .where(offers.c.id == free)
                .values(runner=runner, alive_at=now)
                .returning(offers.c.id)
            ).scalar()
            return None if mine is None else offer_of(connection, mine)

        return await self._database.do(write)

    # --- the freeze -----------------------------------------------------------------

    async def frozen(self) -> Record | None:
        """Return who froze everything and when; None when it is not frozen."""

        def look(connection: sa.Connection) -> Record | None:
            row = connection.execute(sa.select(tables.freezes)).first()
            if row is None:
                return None
            return Record(
                at=row.at, who=row.who, action="freeze", decision=Decision.FROZEN
            )

        return await self._database.do(look)

    async def freeze(self, record: Record) -> bool:
        """Freeze everything; False when it is frozen already."""

        def write(connection: sa.Connection) -> bool:
            row = tables.freezes.insert().values(id=1, at=record.at, who=record.who)
            try:
                with connection.begin_nested():
                    connection.execute(row)
            except IntegrityError:
                return False
            write_line(connection, record)
            return True

        return await self._database.do(write)

    async def unfreeze(self, record: Record) -> bool:
        """Let changes happen again; False when nothing was frozen."""

        def write(connection: sa.Connection) -> bool:
            gone = connection.execute(tables.freezes.delete())
            if gone.rowcount:
                write_line(connection, record)
            return bool(gone.rowcount)

        return await self._database.do(write)

    # --- the audit ------------------------------------------------------------------

    async def write(self, record: Record) -> None:
        """Add a line to the audit."""

        def write(connection: sa.Connection) -> None:
            write_line(connection, record)
            _forget(connection, record.at - KEPT)

        await self._database.do(write)

    async def records(self, window: Window, *, limit: int) -> tuple[Record, ...]:
        """Return the newest, oldest first; an act's two lines become one record."""

        def look(connection: sa.Connection) -> tuple[Record, ...]:
            audit = tables.audit
            rows = connection.execute(
                sa.select(audit)
                .where(audit.c.at >= window.since, audit.c.at <= window.end)
                .order_by(audit.c.id.desc())
                .limit(2 * limit)
            ).all()
            return joined([line_of(row) for row in reversed(rows)])[-limit:]

        return await self._database.do(look)


def _stranded(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds of an offer whose runner was not heard of for a lease."""
    offers = tables.offers
    return offers.c.state == OfferState.TAKEN, offers.c.alive_at < now - LEASE


def _untick(connection: sa.Connection, id: str, ticked: frozenset[int]) -> None:
    items = tables.items
    connection.execute(
        items.update()
        .where(
            items.c.offer_id == id,
            items.c.position.not_in(ticked),
        )
        .values(step=Step.UNTICKED)
    )


def _renew(connection: sa.Connection, id: str, runner: str, now: datetime) -> None:
    offers = tables.offers
    ours = connection.execute(
        offers.update()
        .where(
            offers.c.id == id,
            offers.c.state == OfferState.TAKEN,
            offers.c.runner == runner,
        )
        .values(alive_at=now)
    )
    if ours.rowcount != 1:
        raise Lost


def _forget(connection: sa.Connection, before: datetime) -> None:
    """Delete what is older than the time it is kept."""
    offers, items, audit = tables.offers, tables.items, tables.audit
    confirmations = tables.confirmations
    old = sa.select(offers.c.id).where(offers.c.created_at < before)
    connection.execute(items.delete().where(items.c.offer_id.in_(old)))
    connection.execute(confirmations.delete().where(confirmations.c.offer_id.in_(old)))
    connection.execute(offers.delete().where(offers.c.created_at < before))
    connection.execute(audit.delete().where(audit.c.at < before))
