"""A change that is offered, pressed, carried out, and remembered."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.access import SHELL, USER_ID, Caller

_NAMED: Final = re.compile(rf".*\(({USER_ID.pattern})\)", re.DOTALL)

Seen: TypeAlias = Mapping[str, str | int | float | bool | None]
"""What a target looked like when the plan was made; plain enough to be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change of a plan: what is done to which target, and why it is due.

    Money is in US dollars; None is what nobody tells.
    """

    target: str
    action: str
    why: str
    label: str = ""
    """What people call the target; empty where its id is all there is."""
    since: datetime | None = None
    """Since when it is due."""
    cost_per_hour_usd: float | None = None
    cost_so_far_usd: float | None = None
    """What it has cost since then; of what is not due, since its pod was made."""
    then: str = ""
    """What else changes when it is done: rows and tasks, in words."""
    pods: int = 0
    """How many pods it ends."""
    running: bool = True
    """Whether these pods run, and so bill their price."""
    seen: Seen = field(default_factory=dict)

    @property
    def wasted_usd(self) -> float | None:
        """What was paid for nothing, since it is due; None of what is still of use."""
        return None if self.since is None else self.cost_so_far_usd

    @property
    def spent_usd(self) -> float | None:
        """What the pod of something still of use has cost since it was made."""
        return self.cost_so_far_usd if self.since is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """What a plan leaves alone, and why."""

    target: str
    why: str
    label: str = ""
    """What people call the target; empty where its id is all there is."""
    instead: str = ""
    """What to type instead, where another action fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What exactly would change."""

    items: tuple[Item, ...]
    left_alone: tuple[Spared, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pods(self) -> int:
        """How many pods it ends."""
        return sum(item.pods for item in self.items)

    @property
    def cost_per_hour_usd(self) -> float | None:
        """What its targets cost an hour; None when that of one is not known.

        Pods that are stopped count nothing: what they bill nobody tells.
        """
        running = [each for each in self.items if each.pods and each.running]
        costs = [each.cost_per_hour_usd for each in running]
        known = [cost for cost in costs if cost is not None]
        return round(sum(known), 4) if len(known) == len(costs) else None


class Fate(StrEnum):
    """What became of one item."""

    DONE = "done"
    LEFT_ALONE = "left alone"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It was asked for, and even another look could not tell whether it was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of one target, in one line."""

    target: str
    outcome: Fate
    detail: str


class OfferState(StrEnum):
    """Where an offer stands. One that is open may have expired."""

    OPEN = "open"
    TAKEN = "taken"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """How far one item has come."""

    PLANNED = "planned"
    UNTICKED = "unticked"
    BEGUN = "begun"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One item of an offer, and how far it has come."""

    item: Item
    step: Step = Step.PLANNED
    ended: Ended | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The message that shows an offer, for what is to be said after a restart."""

    channel: str
    message_ts: str = ""
    thread_ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan that somebody may press, as the ledger remembers it.

    *id* is random: it is all that a button holds.
    """

    id: str
    action: str
    system: str
    words: str
    caller: Caller
    progress: tuple[Progress, ...]
    left_alone: tuple[Spared, ...] = ()
    """What the plan left alone, and why."""
    created_at: datetime
    expires_at: datetime
    second: str | None = None
    """Why a second person must confirm; None when one is enough."""
    state: OfferState = OfferState.OPEN
    confirmed_by: tuple[str, ...] = ()
    """The user ids of those who pressed, in order."""
    confirmed_names: tuple[str, ...] = ()
    """The same people, as others know them."""
    ended_by: str | None = None
    """Who took or cancelled it, as people know them."""
    ended_at: datetime | None = None
    where: Where | None = None
    runner: str = ""
    """The process that carries it out."""

    @property
    def items(self) -> tuple[Item, ...]:
        """The changes that it offers."""
        return tuple(each.item for each in self.progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed button: whose, where, on which offer, and what was still ticked."""

    offer_id: str
    caller: Caller
    ticked: frozenset[int] | None = None
    """Positions in the offer's items; None where nothing could be unticked."""
    where: Where | None = None
    why: str = ""
    """Why it is cancelled, where a shell can tell."""


UNCHANGED: Final = "your press changed nothing"
"""What whoever came too late is told at the end, and what the audit keeps of it."""


class Decision(StrEnum):
    """What was decided about a wish."""

    OFFERED = "offered"
    CONFIRMED = "confirmed"
    ALLOWED = "allowed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of the audit: who wanted what, what was decided, what came of it."""

    at: datetime
    who: str
    action: str
    decision: Decision
    target: str = ""
    outcome: Fate | None = None
    """None while it is not known, or where nothing was to come of it."""
    reason: str = ""
    channel: str = ""
    offer_id: str = ""


def by_one_name(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records, oldest first, each person by the newest name of their id.

    Nothing is guessed: who bears no id, such as a shell's user, stays as recorded.
    """
    every = tuple(records)
    known = {id: each.who for each in every if (id := _named_id(each.who))}
    return tuple(
        replace(each, who=known.get(_named_id(each.who) or each.who, each.who))
        for each in every
    )


def _named_id(who: str) -> str | None:
    """Return the id that Slack's name of somebody bears at its end; None without."""
    found = None if who.startswith(SHELL) else _NAMED.fullmatch(who)
    return found[1] if found else None


def heeded(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records, without presses on an offer that was used before.

    They changed nothing and say nothing of an incident; the audit keeps them. Those
    that came while it was being used say so themselves.
    """
    used: set[str] = set()
    kept = []
    for each in records:
        late = each.offer_id in used or each.reason.endswith(UNCHANGED)
        if each.decision is Decision.REFUSED and late:
            continue
        if each.offer_id and each.decision in (Decision.ALLOWED, Decision.CANCELLED):
            used.add(each.offer_id)
        kept.append(each)
    return tuple(kept)
