"""What the gate remembers: offers, who confirmed them, how far each came, the audit.

SQLite by default, PostgreSQL where several replicas share the work. Every step that
must happen once is one conditional UPDATE, so that the database decides who was first.
The audit is kept for 90 days, and so are offers.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.offers import (
    Decision,
    Ended,
    Fate,
    Item,
    Offer,
    OfferState,
    Progress,
    Record,
    Step,
    Where,
)
from bot.domain.times import Window
from bot.gate import tables
from bot.gate.promises import KEPT, LEASE, Lost

SOURCE: Final = "ledger"
BUSY_SECONDS: Final = 10.0

T = TypeVar("T")


class Ledger:
    """One database. Opened, and brought up to date, when first used."""

    def __init__(self, url: str, *, clock: Callable[[], datetime]) -> None:
        """Remember where it is; *clock* tells when leases run out."""
        self._url = url
        self._clock = clock
        self._engine: sa.Engine | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._engine is not None:
            await asyncio.to_thread(self._engine.dispose)
            self._engine = None

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
                )
            )
            for position, item in enumerate(offer.items):
                connection.execute(
                    tables.items.insert().values(
                        offer_id=offer.id,
                        position=position,
                        item=_stored(item),
                        step=Step.PLANNED,
                    )
                )
            _write(
                connection,
                Record(
                    at=now,
                    who=caller.who,
                    action=offer.action,
                    decision=Decision.OFFERED,
                    target=", ".join(item.target for item in offer.items),
                    reason=offer.second or "",
                    channel=caller.channel_id or "",
                    offer_id=offer.id,
                ),
            )
            _forget(connection, now - KEPT)

        await self._do(write)

    async def get(self, id: str) -> Offer | None:
        """Return the offer with all that became of it; None when there is none."""
        return await self._do(lambda connection: _offer(connection, id))

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
            offer = _offer(connection, id)
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
            _write(
                connection,
                Record(
                    at=now,
                    who=who,
                    action=offer.action,
                    decision=Decision.CONFIRMED,
                    channel=offer.caller.channel_id or "",
                    offer_id=id,
                ),
            )

        await self._do(write)

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

        return await self._do(write)

    async def cancel(self, id: str, *, who: str, now: datetime) -> bool:
        """Close the open offer for good; False when it is no longer open."""

        def write(connection: sa.Connection) -> bool:
            offers = tables.offers
            closed = connection.execute(
                offers.update()
                .where(offers.c.id == id, offers.c.state == OfferState.OPEN)
                .values(state=OfferState.CANCELLED, ended_by=who, ended_at=now)
            )
            offer = _offer(connection, id)
            if closed.rowcount != 1 or offer is None:
                return False
            _write(
                connection,
                Record(
                    at=now,
                    who=who,
                    action=offer.action,
                    decision=Decision.CANCELLED,
                    channel=offer.caller.channel_id or "",
                    offer_id=id,
                ),
            )
            return True

        return await self._do(write)

    # --- carrying out ---------------------------------------------------------------

    async def begin(self, offer: Offer, position: int, *, runner: str) -> None:
        """Write down that the item is about to be done.

        Raises:
            Lost: another process has the offer, or the item was begun before.
            SourceDown: it could not be written, so it must not be done.
        """
        now = self._clock()

        def write(connection: sa.Connection) -> None:
            _renew(connection, offer.id, runner, now)
            items = tables.items
            begun = connection.execute(
                items.update()
                .where(
                    items.c.offer_id == offer.id,
                    items.c.position == position,
                    items.c.step == Step.PLANNED,
                )
                .values(step=Step.BEGUN)
            )
            if begun.rowcount != 1:
                raise Lost
            record = _record(offer, offer.items[position], now)
            _write(connection, record)

        await self._do(write)

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
                .values(step=Step.ENDED, outcome=ended.outcome, detail=ended.detail)
            )
            record = _record(offer, offer.items[position], now)
            _write(
                connection,
                replace(record, outcome=ended.outcome, reason=ended.detail),
            )

        await self._do(write)

    async def add_late(self, offer: Offer, position: int, ended: Ended) -> None:
        """Add to the audit what became of an item that another process has by now."""
        record = _record(offer, offer.items[position], self._clock())
        await self.write(replace(record, outcome=ended.outcome, reason=ended.detail))

    async def renew(self, id: str, *, runner: str) -> None:
        """Say that the runner is alive.

        Raises:
            Lost: another process has the offer.
        """
        now = self._clock()
        await self._do(lambda connection: _renew(connection, id, runner, now))

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

        await self._do(write)

    async def adopt(self, *, runner: str) -> Offer | None:
        """Take over one offer whose runner died; None when there is none."""
        now = self._clock()

        def write(connection: sa.Connection) -> Offer | None:
            offers = tables.offers
            stranded = (
                offers.c.state == OfferState.TAKEN,
                offers.c.alive_at < now - LEASE,
            )
            for row in connection.execute(sa.select(offers.c.id).where(*stranded)):
                mine = connection.execute(
                    offers.update()
                    .where(offers.c.id == row.id, *stranded)
                    .values(runner=runner, alive_at=now)
                )
                if mine.rowcount == 1:
                    return _offer(connection, row.id)
            return None

        return await self._do(write)

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

        return await self._do(look)

    async def freeze(self, record: Record) -> bool:
        """Freeze everything; False when it is frozen already."""

        def write(connection: sa.Connection) -> bool:
            row = tables.freezes.insert().values(id=1, at=record.at, who=record.who)
            try:
                with connection.begin_nested():
                    connection.execute(row)
            except IntegrityError:
                return False
            _write(connection, record)
            return True

        return await self._do(write)

    async def unfreeze(self, record: Record) -> bool:
        """Let changes happen again; False when nothing was frozen."""

        def write(connection: sa.Connection) -> bool:
            gone = connection.execute(tables.freezes.delete())
            if gone.rowcount:
                _write(connection, record)
            return bool(gone.rowcount)

        return await self._do(write)

    # --- the audit ------------------------------------------------------------------

    async def write(self, record: Record) -> None:
        """Add a line to the audit."""

        def write(connection: sa.Connection) -> None:
            _write(connection, record)
            _forget(connection, record.at - KEPT)

        await self._do(write)

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
            return _joined([_read(row) for row in reversed(rows)])[-limit:]

        return await self._do(look)

    # --- the database ---------------------------------------------------------------

    async def _do(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what *work* returns, done in one transaction, in a thread."""
        try:
            engine = await self._open()
            return await asyncio.to_thread(_within, engine, work)
        except SQLAlchemyError as error:
            raise _explained(error) from error

    async def _open(self) -> sa.Engine:
        async with self._opening:
            engine = self._engine
            if engine is None:
                engine = await asyncio.to_thread(_opened, self._url)
            self._engine = engine
            return engine


def _within(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _opened(url: str) -> sa.Engine:
    """Return the database, with all tables.

    Raises:
        SourceDown: it can't be opened.
    """
    try:
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _sqlite(parsed)
        else:
            engine = sa.create_engine(
                parsed, pool_pre_ping=True, connect_args={"connect_timeout": 5}
            )
        with contextlib.ExitStack() as unready:
            unready.callback(engine.dispose)
            with engine.begin() as connection:
                _migrate(connection)
            unready.pop_all()
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise _explained(error) from error
    return engine


def _parsed(url: str) -> sa.URL:
    """Return the address in its parts.

    Raises:
        SourceDown: it can't be read; no part of it is said, as that may be a secret.
    """
    parsed: sa.URL | None = None
    with contextlib.suppress(SQLAlchemyError, ValueError):
        parsed = sa.make_url(url)
    if parsed is not None and parsed.get_backend_name() == "sqlite":
        return parsed
    # After an @ that is not written as %40 a password's rest passes for the host.
    if parsed is None or "@" in f"{parsed.host}{parsed.database}":
        msg = "cannot be used: its address cannot be read"
        hint = "in DEBUG_BOT_STATE_URL, a password's @ is written %40"
        raise SourceDown(SOURCE, msg, hint=hint)
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _sqlite(url: sa.URL) -> sa.Engine:
    given: dict[str, Any] = {}
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:  # each connection would have a memory of its own
        given = {"poolclass": sa.QueuePool, "pool_size": 1, "max_overflow": 0}
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        **given,
    )

    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        # The driver's own way would begin a transaction at the first write only, and
        # two that read before they write would then stand in each other's way.
        connection.isolation_level = None
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("begin immediate")

    return engine


def _migrate(connection: sa.Connection) -> None:
    """Bring the tables up to date; of several processes one does it.

    Raises:
        SourceDown: they are of a later version than this one knows.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("select pg_advisory_xact_lock(4812051)")
    folder = Path(__file__).with_name("migrations")
    newest = max(path.stem for path in folder.glob("versions/*.py"))[:4]
    found = _version(connection)
    if found == newest:
        return
    if found is not None and found > newest:
        msg = f"cannot be used: a newer debug-bot made it ({found}, not {newest})"
        raise SourceDown(SOURCE, msg, hint="update debug-bot")
    # Imported here: a tenth of a second that only a new ledger should pay.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("select version_num from alembic_version")
    return found.scalar()


def _explained(error: Exception) -> SourceDown:
    """Return what went wrong, without the URL, which may hold a password."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    first = said[0] if said else type(error).__name__
    hint = "DEBUG_BOT_STATE_URL says where it is"
    return SourceDown(SOURCE, f"cannot be used: {first[:200]}", hint=hint)


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


# --- rows and what they mean ---------------------------------------------------------


def _offer(connection: sa.Connection, id: str) -> Offer | None:
    offers, items = tables.offers, tables.items
    row = connection.execute(sa.select(offers).where(offers.c.id == id)).first()
    if row is None:
        return None
    steps = connection.execute(
        sa.select(items).where(items.c.offer_id == id).order_by(items.c.position)
    )
    confirmations = tables.confirmations
    pressed = connection.execute(
        sa.select(confirmations)
        .where(confirmations.c.offer_id == id)
        .order_by(confirmations.c.at, confirmations.c.user_id)
    ).all()
    return Offer(
        id=row.id,
        action=row.action,
        system=row.system,
        words=row.words,
        caller=Caller(
            door=Door(row.door),
            user_id=row.user_id,
            name=row.user_name,
            team_id=row.team_id,
            channel_id=row.channel_id,
        ),
        progress=tuple(map(_progress, steps)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        second=row.second,
        state=OfferState(row.state),
        confirmed_by=tuple(each.user_id for each in pressed),
        confirmed_names=tuple(each.who for each in pressed),
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        where=None if row.place is None else Where(**row.place),
        runner=row.runner,
    )


def _progress(row: Any) -> Progress:
    given = dict(row.item)
    if given["since"] is not None:
        given["since"] = datetime.fromisoformat(given["since"])
    item = Item(**given)
    ended = None
    if row.outcome is not None:
        ended = Ended(
            target=item.target, outcome=Fate(row.outcome), detail=row.detail or ""
        )
    return Progress(item=item, step=Step(row.step), ended=ended)


def _stored(item: Item) -> Mapping[str, Any]:
    since = None if item.since is None else item.since.isoformat()
    return {**asdict(item), "since": since}


def _record(offer: Offer, item: Item, now: datetime) -> Record:
    return Record(
        at=now,
        who=offer.ended_by or "nobody known",
        action=offer.action,
        decision=Decision.ALLOWED,
        target=item.target,
        reason=item.why,
        channel=offer.caller.channel_id or "",
        offer_id=offer.id,
    )


def _write(connection: sa.Connection, record: Record) -> None:
    connection.execute(tables.audit.insert().values(**asdict(record)))


def _read(row: Any) -> Record:
    return Record(
        at=row.at,
        who=row.who,
        action=row.action,
        decision=Decision(row.decision),
        target=row.target,
        outcome=None if row.outcome is None else Fate(row.outcome),
        reason=row.reason,
        channel=row.channel,
        offer_id=row.offer_id,
    )


def _joined(lines: list[Record]) -> tuple[Record, ...]:
    """Return one record for the lines of an act, where the first one stood.

    The last line counts, but what somebody has seen done is done: two have written of
    an act whose runner was thought dead, and one may have looked too early.
    """
    found: dict[object, Record] = {}
    for number, line in enumerate(lines):
        acted = line.decision is Decision.ALLOWED
        key = (line.offer_id, line.target) if acted else number
        before = found.get(key)
        if before is not None:
            seen = before.outcome is Fate.DONE
            line = before if seen else replace(line, at=before.at)  # noqa: PLW2901
        found[key] = line
    return tuple(found.values())
