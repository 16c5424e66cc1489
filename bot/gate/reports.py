"""What is shown of an offer: the plan, the wait, the progress, the outcome."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.action import Action
from bot.domain.access import Door
from bot.domain.asks import label, of_system
from bot.domain.excerpts import with_short_ids
from bot.domain.figures import some
from bot.domain.findings import Status
from bot.domain.offers import (
    UNCHANGED,
    Ended,
    Fate,
    Item,
    Offer,
    OfferState,
    Plan,
    Progress,
    Spared,
    Step,
)
from bot.domain.report import (
    Ask,
    Cell,
    Choice,
    Facts,
    Outcome,
    Read,
    RedButton,
    Report,
    Section,
    Table,
)
from bot.domain.spelling import typed
from bot.domain.times import stamp

_OF_ONE: Final = ("task", "worker")  # commands that need an id
_SPARED_SHOWN: Final = 20  # JSON has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One change of a plan. Money is in US dollars."""

    target: str
    action: str
    why: str
    since: datetime | None
    cost_per_hour_usd: float | None
    cost_so_far_usd: float | None
    """What it has cost since then; of what is not due, since its pod was made."""
    wasted_usd: float | None
    """What was paid for nothing, since it is due; null of what is still of use."""
    label: str
    """What people call the target; empty where its id is all there is."""
    then: str
    """What else changes when it is done: rows and tasks, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """What is not touched, and why."""

    target: str
    why: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of one change."""

    target: str
    outcome: Fate
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedData:
    """A plan, and what became of it; *outcomes* is None while nothing was done.

    *cost_per_hour_usd* is that of the whole plan; None when part of it is not known.
    """

    plan: tuple[Planned, ...]
    left_alone: tuple[LeftAlone, ...]
    cost_per_hour_usd: float | None
    outcomes: tuple[Outcomes, ...] | None = None
    expires_at: datetime | None = None
    second_person: str | None = None
    """Why a second person must confirm; None when one is enough."""


def planned(  # noqa: PLR0913  each has its name at the call
    action: Action,
    plan: Plan,
    offer: Offer | None,
    *,
    kept_back: int,
    words: str,
    dry_run: bool,
) -> Report:
    """Return the plan, with its button where there is an offer of it.

    *kept_back* are items that one confirmation may not hold as well.
    """
    notes = list(plan.notes)
    if kept_back:
        limit = len(plan.items)
        notes.append(
            f"{some(kept_back, 'more item')} left for another confirmation: one holds"
            f" at most {limit}"
        )
    if dry_run and plan.items:
        notes.append("nothing was offered: --dry-run stops at the plan")
    data = GatedData(
        plan=tuple(map(_planned, plan.items)),
        left_alone=tuple(map(_left_alone, plan.left_alone)),
        cost_per_hour_usd=plan.cost_per_hour_usd,
        expires_at=None if offer is None else offer.expires_at,
        second_person=None if offer is None else offer.second,
    )
    return Report(
        summary=_plan_summary(action, plan, offer, kept_back),
        status=Status.WARNING if plan.items else Status.OK,
        sections=_plan_sections(plan),
        asks=() if offer else _next(action, plan, words, dry_run=dry_run),
        red_button=None if offer is None else _button(offer, action),
        data=data,
        truncated=bool(kept_back),
        notes=tuple(notes),
    )


def waiting(offer: Offer, action: Action, approvers: str | None) -> Report:
    """Return that one person has confirmed, and who else must."""
    names = " and ".join(offer.confirmed_names)
    role = f" of role {approvers}" if approvers else ""
    return Report(
        summary=f"{offer.action}: {_asked_by(offer, ', ')}confirmed by {names};"
        f" {offer.second}, so somebody else{role} must confirm as well,"
        f" by {stamp(offer.expires_at)}",
        status=Status.WARNING,
        sections=_plan_sections(_plan(offer)),
        red_button=_button(offer, action),
        data=_data(offer),
    )


def still_waiting(offer: Offer, approvers: str | None) -> Report:
    """Return that who confirmed before can't be the second person."""
    role = f" of role {approvers}" if approvers else ""
    return Report(
        summary=f"{offer.action}: you confirmed already; somebody else{role} must"
        f" confirm as well, by {stamp(offer.expires_at)}",
        outcome=Outcome.REFUSED,
        private=True,
    )


def running(offer: Offer) -> Report:
    """Return how far it has come, without a button: it works once."""
    begun = "" if offer.ended_at is None else f" at {stamp(offer.ended_at)}"
    chosen = _chosen(offer)
    ended = sum(each.step is Step.ENDED for each in chosen)
    return Report(
        summary=f"{offer.action}: running, started by {offer.ended_by}{begun};"
        f" {ended} of {len(chosen)} ended",
        status=Status.WARNING,
        sections=_outcome_sections(offer),
        retold=_audited(offer),
        data=_data(offer),
    )


def outcome(offer: Offer, notes: Sequence[str] = ()) -> Report:
    """Return what became of every item."""
    fates = _fates(offer)
    whole = fates[Fate.DONE] == len(_chosen(offer))
    parts = _parts(fates)
    unticked = len(offer.progress) - len(_chosen(offer))
    parts += [f"{unticked} unticked"] if unticked else []
    by = f", started by {offer.ended_by}" if offer.ended_by else ""
    bad = fates[Fate.FAILED] or fates[Fate.UNKNOWN] or not fates
    return Report(
        summary=f"{offer.action}: {', '.join(parts) or 'nothing is known'}{by}",
        status=Status.OK if whole else Status.CRITICAL if bad else Status.WARNING,
        sections=_outcome_sections(offer),
        asks=_looks_again(offer) if whole and offer.words else _plan_again(offer),
        words=offer.words,
        retold=_audited(offer),
        reads=() if offer.ended_at is None else reads(offer.ended_at),
        data=_data(offer),
        notes=tuple(notes),
        outcome=Outcome.ANSWERED if whole else Outcome.REFUSED,
    )


def _fates(offer: Offer) -> Counter[Fate]:
    """Return how many of what is ticked ended how."""
    ended = (each.ended for each in _chosen(offer))
    return Counter(each.outcome for each in ended if each is not None)


def _parts(fates: Counter[Fate]) -> list[str]:
    return [f"{fates[fate]} {fate.value}" for fate in Fate if fates[fate]]


def reads(at: datetime) -> tuple[Read, ...]:
    """Return what every action looks at, for its plan and again before each item."""
    return tuple(Read(source=source, at=at) for source in ("supabase", "runpod"))


def cancelled(offer: Offer, why: str = "") -> Report:
    """Return who cancelled it, and *why* where that is known; nothing was done."""
    because = f": {why}" if why else ""
    return Report(
        summary=f"{offer.action}: cancelled by {offer.ended_by}; nothing was done"
        + because,
        status=Status.WARNING if why else Status.OK,
        words=offer.words,
        asks=_plan_again(offer),
        data=_data(offer),
        outcome=Outcome.REFUSED,
    )


def late(offer: Offer) -> Report:
    """Return the calm word for a press that came too late.

    One that has expired is for all: its message must not go on to offer it.
    """
    when = "" if offer.ended_at is None else f" at {stamp(offer.ended_at)}"
    changed = UNCHANGED
    if offer.state is OfferState.CANCELLED:
        said = f"was cancelled by {offer.ended_by}{when}"
    elif offer.state is OfferState.TAKEN:
        said = f"is running already: {offer.ended_by} started it{when}"
    elif offer.state is OfferState.FINISHED:
        said = f"{_ended(offer)}: {offer.ended_by} started it{when}"
    else:
        said = f"expired at {stamp(offer.expires_at)}"
        changed = "nothing was done"
    return Report(
        summary=f"{offer.action} {said}; {changed}",
        asks=() if offer.state is OfferState.TAKEN else _plan_again(offer),
        outcome=Outcome.REFUSED,
        private=offer.state is not OfferState.OPEN,
    )


def _ended(offer: Offer) -> str:
    """Return that all was done already, else what became of it."""
    fates = _fates(offer)
    if fates[Fate.DONE] == len(_chosen(offer)):
        return "was done already"
    came = ", ".join(_parts(fates))
    return f"has ended already, with {came}" if came else "has ended already"


def refused(action: str, why: str) -> Report:
    """Return which rule refused, and who could."""
    return Report(
        summary=f"{action} was refused, and nothing was changed: {why}",
        status=Status.WARNING,
        hint="whoami tells what you may do here",
        outcome=Outcome.REFUSED,
        private=True,
    )


def _audited(offer: Offer) -> str:
    """Return what lists the outcome of each item."""
    return f"audit --action '{offer.action}'"


def _plan_again(offer: Offer) -> tuple[Ask, ...]:
    return (Ask(label="Plan again", words=offer.words),) if offer.words else ()


def _next(action: Action, plan: Plan, words: str, *, dry_run: bool) -> tuple[Ask, ...]:
    """Return what leads on from a plan that is not offered."""
    if plan.items:
        return (Ask(label="Do it …" if dry_run else "Plan again", words=words),)
    fitting = dict.fromkeys(each.instead for each in plan.left_alone if each.instead)
    targets = [each.target for each in plan.left_alone]
    instead = (Ask(label=label(each), words=each) for each in fitting)
    return (*instead, *_looks(action.name, targets))


def _looks(action: str, targets: Sequence[str]) -> tuple[Ask, ...]:
    """Return the question that shows the targets: an action is named after it."""
    words, *_ = action.split()
    if words in _OF_ONE and targets:
        words = f"{words} {typed(targets[0])}"
    return (Ask(label=label(words), words=words),)


def _looks_again(offer: Offer) -> tuple[Ask, ...]:
    """Return the question that shows what was changed, of the system it was done in."""
    looks = _looks(offer.action, [each.target for each in offer.items])
    named = of_system(offer.words)
    return tuple(replace(each, words=each.words + named) for each in looks)


def _planned(item: Item) -> Planned:
    return Planned(
        target=item.target,
        action=item.action,
        why=item.why,
        since=item.since,
        cost_per_hour_usd=item.cost_per_hour_usd,
        cost_so_far_usd=item.cost_so_far_usd,
        wasted_usd=item.wasted_usd,
        label=item.label,
        then=item.then,
    )


def _left_alone(spared: Spared) -> LeftAlone:
    return LeftAlone(target=spared.target, why=spared.why, label=spared.label)


def _data(offer: Offer) -> GatedData:
    plan = _plan(offer)
    ends = [each.ended for each in offer.progress if each.ended is not None]
    return GatedData(
        plan=tuple(map(_planned, plan.items)),
        left_alone=tuple(map(_left_alone, offer.left_alone)),
        cost_per_hour_usd=plan.cost_per_hour_usd,
        outcomes=tuple(
            Outcomes(target=each.target, outcome=each.outcome, detail=each.detail)
            for each in ends
        )
        if offer.state in (OfferState.TAKEN, OfferState.FINISHED)
        else None,
        expires_at=offer.expires_at,
        second_person=offer.second,
    )


def _plan(offer: Offer) -> Plan:
    """Return what of the offer is still ticked."""
    return Plan(items=tuple(each.item for each in _chosen(offer)))


def _chosen(offer: Offer) -> Sequence[Progress]:
    return [each for each in offer.progress if each.step is not Step.UNTICKED]


def _plan_summary(
    action: Action, plan: Plan, offer: Offer | None, kept_back: int
) -> str:
    spared = f"; {some(len(plan.left_alone), 'thing')} left alone"
    spared = spared if plan.left_alone else ""
    if not plan.items:
        if len(plan.left_alone) == 1:
            [kept] = plan.left_alone
            spared = f"; {kept.label or kept.target} is left alone: {kept.why}"
        return f"{action.name}: nothing to do{spared}"
    cost, money = plan.cost_per_hour_usd, ""
    if plan.pods and not any(each.pods and each.running for each in plan.items):
        money = " at what the volumes of stopped pods bill, which RunPod does not tell"
    elif plan.pods:
        money = (
            " at a cost that RunPod does not tell"
            if cost is None
            else f" at ${cost:.2f}/h"
        )
    until = ""
    if offer is not None:
        told = filter(None, (_asked_by(offer), offer.second))
        until = "".join(f"; {each}" for each in told)
        until += f"; to be confirmed by {stamp(offer.expires_at)}"
    held = some(len(plan.items), "item")
    if kept_back:
        held = f"{len(plan.items)} of {some(len(plan.items) + kept_back, 'item')}"
    return f"{action.name}: {held}{money}{spared}{until}"


def _asked_by(offer: Offer, end: str = "") -> str:
    """Return who had it planned, with *end*; empty where that is known anyway."""
    caller = offer.caller
    known = caller.door is Door.SHELL or not caller.name
    return "" if known else f"asked by {caller.name}{end}"


def _plan_sections(plan: Plan) -> tuple[Section, ...]:
    sections: list[Section] = []
    if plan.items:
        items = plan.items
        # Slack shows the first five: what is done to what, why, and its price.
        named: dict[str, tuple[Cell, ...]] = {
            "target": tuple(each.target for each in items),
            "why": tuple(each.why for each in items),
            "then": tuple(each.then for each in items),
            "$/h": tuple(_money(each.cost_per_hour_usd) for each in items),
            "since": tuple(each.since for each in items),
            "name": tuple(each.label for each in items),
            "action": tuple(each.action for each in items),
            "$ wasted": tuple(_money(each.wasted_usd) for each in items),
            "$ since made": tuple(_money(each.spent_usd) for each in items),
        }
        sections.append(_table("What would change", **named))
    if plan.left_alone:
        sections.append(_spared(plan.left_alone))
    return tuple(sections)


def _spared(left_alone: Sequence[Spared]) -> Table:
    shown, title = left_alone[:_SPARED_SHOWN], "Left alone"
    if len(shown) < len(left_alone):
        title = f"Left alone, the first {len(shown)} of {len(left_alone)}"
    return _table(
        title,
        target=tuple(each.target for each in shown),
        why=tuple(each.why for each in shown),
        name=tuple(each.label for each in shown),
    )


def _table(title: str, **columns: tuple[Cell, ...]) -> Table:
    """Return the columns as a table; what none has, such as a price, is no column."""
    told = [each for each in columns.items() if set(each[1]) - {None, ""}]
    return Table(
        title=title,
        header=tuple(name for name, _ in told),
        rows=tuple(zip(*(cells for _, cells in told), strict=True)),
    )


def _money(usd: float | None) -> str | None:
    return None if usd is None else f"{usd:.2f}"


def _outcome_sections(offer: Offer) -> tuple[Section, ...]:
    """Return what went wrong, in full, and a line for every item, the worst first."""
    worst = sorted(offer.progress, key=_calm)
    trouble = tuple(
        (each.item.target, f"{each.ended.outcome}: {each.ended.detail}")
        for each in worst
        if each.ended is not None and not _calm(each)
    )
    rows = tuple(
        (each.item.target, _said(each), _detail(each.ended), each.item.label)
        for each in worst
    )
    header = ("target", "outcome", "what happened", "name")
    items = Table(title="Items", header=header, rows=rows)
    return (Facts(title="What needs you", rows=trouble), items) if trouble else (items,)


def _calm(progress: Progress) -> bool:
    ended = progress.ended
    return ended is None or ended.outcome not in (Fate.FAILED, Fate.UNKNOWN)


def _said(progress: Progress) -> str:
    if progress.ended is not None:
        return progress.ended.outcome.value
    return "not ticked" if progress.step is Step.UNTICKED else "waiting"


def _detail(ended: Ended | None) -> str:
    return "" if ended is None else ended.detail


def _button(offer: Offer, action: Action) -> RedButton:
    chosen = [each.item for each in _chosen(offer)]
    count = some(len(chosen), "item")
    verb = "Confirm too" if offer.confirmed_by else "Do it"
    return RedButton(
        offer_id=offer.id,
        label=f"{verb}: {count}",
        question=f"{action.name}: {count}?",
        warning=action.warning,
        choices=() if offer.confirmed_by else tuple(map(_choice, chosen)),
    )


def _choice(item: Item) -> Choice:
    """Return what can be unticked: which and why, and below it what is done to it.

    Slack shows 75 characters of each, and the table above tells all in full. So ids
    are short, and of what is done the worst comes first.
    """
    name = f" ({item.label})" if item.label else ""
    price = _money(item.cost_per_hour_usd)
    done = item.action if price is None else f"{item.action}, ${price}/h"
    return Choice(
        label=with_short_ids(f"{item.target}{name}: {item.why}"),
        description=with_short_ids("; ".join(filter(None, (done, item.then)))),
    )
