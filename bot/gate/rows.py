"""The ledger's rows, and what they mean."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.access import Caller, Door
from bot.domain.offers import (
    Decision,
    Ended,
    Fate,
    Item,
    Offer,
    OfferState,
    Progress,
    Record,
    Spared,
    Step,
    Where,
)
from bot.state import tables


def offer_of(connection: sa.Connection, id: str) -> Offer | None:
    """Return the offer with all that became of it; None when there is none."""
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
        left_alone=tuple(Spared(**each) for each in row.left_alone or ()),
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


def stored(item: Item) -> Mapping[str, Any]:
    """Return the item as JSON keeps it."""
    since = None if item.since is None else item.since.isoformat()
    return {**asdict(item), "since": since}


def record_of(
    offer: Offer, decision: Decision, *, who: str, at: datetime, reason: str = ""
) -> Record:
    """Return the audit's line of what was decided about a whole offer."""
    return Record(
        at=at,
        who=who,
        action=offer.action,
        decision=decision,
        target=", ".join(item.target for item in offer.items),
        reason=reason,
        channel=offer.caller.channel_id or "",
        offer_id=offer.id,
    )


def act_of(
    offer: Offer, position: int, at: datetime, ended: Ended | None = None
) -> Record:
    """Return the audit's line of one item: that it is about to be done, or its end."""
    item, who = offer.items[position], offer.ended_by or "nobody known"
    begun = record_of(offer, Decision.ALLOWED, who=who, at=at, reason=item.why)
    begun = replace(begun, target=item.target)
    if ended is None:
        return begun
    return replace(begun, outcome=ended.outcome, reason=ended.detail)


def write_line(connection: sa.Connection, record: Record) -> None:
    """Add a line to the audit."""
    connection.execute(tables.audit.insert().values(**asdict(record)))


def line_of(row: Any) -> Record:
    """Return what a line of the audit says."""
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


def joined(lines: list[Record]) -> tuple[Record, ...]:
    """Return one record for the lines of an act, where the first one stood.

    The last line counts, but what somebody has seen done is done: two have written of
    an act whose runner was thought dead, and one may have looked too early.
    """
    found: dict[object, Record] = {}
    for number, line in enumerate(lines):
        # What is done at once, without an offer, is a line and no more.
        acted = line.decision is Decision.ALLOWED and line.offer_id
        key = (line.offer_id, line.target) if acted else number
        before = found.get(key)
        if before is not None:
            seen = before.outcome is Fate.DONE
            line = before if seen else replace(line, at=before.at)  # noqa: PLW2901
        found[key] = line
    return tuple(found.values())
