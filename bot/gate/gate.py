"""Offers, presses, and the only hands that hold powers."""

import logging
import secrets
from collections.abc import (
    Callable,
    Mapping,
    Sequence,
)
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.action import LOOKS, Action
from bot.command import Asked
from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.excerpts import start_of
from bot.domain.offers import (
    Decision,
    Fate,
    Offer,
    OfferState,
    Plan,
    Press,
    Progress,
    Record,
    Step,
    Where,
    by_one_name,
)
from bot.domain.pods import PodId
from bot.domain.policy import People, Policy
from bot.domain.report import Report
from bot.domain.times import Window, stamp
from bot.gate import reports
from bot.gate.carrying import Carrier, Tell
from bot.gate.promises import LEASE, Lost
from bot.gate.rights import Rights, Standing
from bot.sources import Gaps, System
from bot.sources.powers import Powers

if TYPE_CHECKING:  # its database library costs a fifth of a second
    from bot.gate.ledger import Ledger

log = logging.getLogger("bot.actions")


class Gate:
    """Decides, remembers and acts. One for a process; several may share a ledger."""

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        *,
        actions: Mapping[str, Action],
        ledger: "Ledger",
        policy: Callable[[], Policy],
        people: People | None,
        home_team: Callable[[], str | None],
        systems: Mapping[str, Callable[[], System]],
        powers: Mapping[str, Callable[[], Powers]],
        clock: Callable[[], datetime],
        looks: tuple[float, ...] = LOOKS,
        renews: timedelta = LEASE / 4,
    ) -> None:
        """Hold the powers; *policy* reads what is allowed afresh each time.

        While something is carried out, its lease is renewed as often as *renews* says.
        """
        self.actions = actions
        self.rights = Rights(policy, people, home_team)
        self._ledger = ledger
        self._powers = powers
        self._clock = clock
        self._carrier = Carrier(
            actions=actions,
            ledger=ledger,
            systems=systems,
            powers=powers,
            clock=clock,
            looks=looks,
            renews=renews,
        )

    async def close(self) -> None:
        """Let go of the ledger."""
        await self._ledger.close()

    def changes(self, system: str) -> bool:
        """Tell whether anything can be done to a system; others are only read."""
        return system in self._powers

    # --- who may --------------------------------------------------------------------

    async def refusal(
        self,
        action: str,
        caller: Caller,
        *,
        target: str = "",
        standing: Standing | None = None,
    ) -> str | None:
        """Return why the caller may not do this now; None when they may.

        A refusal is recorded. Their *standing* is asked for where it is not given.
        """
        standing = standing or await self.rights.standing(caller, action)
        why = standing.refusal(action, caller)
        why = why or await self.why_frozen()
        if why is not None:
            await self.refused(action, caller, why, target=target)
        return why

    async def refused(
        self,
        action: str,
        caller: Caller,
        why: str,
        *,
        offer_id: str = "",
        target: str = "",
    ) -> None:
        """Record a wish that was refused; where that fails, the log has it."""
        record = replace(
            self._record(action, caller, caller.who, Decision.REFUSED),
            target=target,
            reason=why,
            offer_id=start_of(ascii(offer_id)[1:-1], 64),
        )
        log.warning("refused", extra={"action": action, "user": caller.who, "why": why})
        try:
            await self._ledger.write(record)
        except SourceDown as error:
            log.error("a refusal is not recorded", extra={"why": error.message})  # noqa: TRY400

    async def noted(
        self, action: str, caller: Caller, who: str, *, target: str, reason: str
    ) -> None:
        """Record what was done at once, without an offer.

        Raises:
            SourceDown: it could not be written.
        """
        record = self._record(action, caller, who, Decision.ALLOWED)
        await self._ledger.write(
            replace(record, target=target, outcome=Fate.DONE, reason=reason)
        )

    # --- offering -------------------------------------------------------------------

    async def locked(self, system: str, gaps: Gaps) -> frozenset[PodId] | None:
        """Return the locked pods; None, and a gap, where nobody can tell."""
        return await gaps.ask(self._powers[system]().pods.locked(), None)

    async def offer(
        self, action: Action, plan: Plan, asked: Asked, policy: Policy
    ) -> Offer | None:
        """Return an offer of the plan, remembered under a random id.

        None when a second person would have to confirm it, and nobody can.
        """
        now = self._clock()
        second = None
        if asked.caller.door is not Door.SHELL:
            second = policy.second_needed(
                pods=plan.pods,
                hourly_usd=plan.cost_per_hour_usd,
                always=action.always_second,
            )
        if second is not None and policy.approval.approvers is None:
            return None
        limits = policy.limits
        life = limits.expires if second is None else limits.expires_with_second
        offer = Offer(
            id=secrets.token_urlsafe(16),
            action=action.name,
            system=asked.system.name,
            words=asked.words + asked.of_system,
            caller=asked.caller,
            progress=tuple(Progress(item=item) for item in plan.items),
            left_alone=plan.left_alone,
            created_at=now,
            expires_at=now + life,
            second=second,
        )
        await self._ledger.offer(offer)
        return offer

    # --- pressing -------------------------------------------------------------------

    async def redeem(self, press: Press, tell: Tell) -> Report:
        """Carry the offer out if all of it stands; *tell* hears how it goes.

        A report that is private is for the presser alone; the others are what the
        offer's message shows from now on.
        """
        offer, why = await self._bound(press)
        if offer is None:
            return await self._refuse(press, "offer", why)
        if not _open(offer, self._clock()):
            return await self._late(press, offer)
        if (why_frozen := await self.why_frozen()) is not None:
            return await self._refuse(press, offer.action, why_frozen)
        if not self._carrier.knows(offer):
            why = "debug-bot no longer knows this action"
            return await self._refuse(press, offer.action, why)
        ticked = _ticked(press, offer)
        if not ticked:
            why = "nothing is ticked"
            return await self._refuse(press, offer.action, why)
        standing = await self.rights.standing(press.caller, offer.action)
        refused = standing.why or self._unwelcome(press, offer, standing)
        if refused is not None:
            return await self._forbid(press, offer.action, refused)
        if offer.second is not None:
            waiting = await self._confirmed(press, offer, standing, ticked)
            if waiting is not None:
                return waiting
        hands = self._carrier.hands(offer, standing.policy)
        now = self._clock()
        taken = await self._ledger.take(
            offer.id,
            who=standing.who,
            runner=_a_runner(),
            where=press.where,
            ticked=ticked,
            now=now,
        )
        again = await self._again(offer)
        if not taken:
            return await self._late(press, again)
        return await self._carrier.carry_out(again, hands, standing.policy, tell)

    async def cancel(self, press: Press) -> Report:
        """Close the offer, for whoever asked for it or could approve it."""
        offer, why = await self._bound(press)
        if offer is None:
            return await self._refuse(press, "offer", why)
        caller = press.caller
        who = caller.who
        if offer.caller.user_id != caller.user_id:
            standing = await self.rights.standing(caller, offer.action)
            who = standing.who or who
            may = standing.refusal(offer.action, caller)
            if may is not None and not standing.approves:
                report = await self._forbid(press, offer.action, may)
                why = f"you may not cancel this plan of {offer.action}: {may}"
                return replace(report, summary=why)
        now = self._clock()
        if not await self._ledger.cancel(offer.id, who=who, now=now, why=press.why):
            return await self._late(press, await self._again(offer))
        return reports.cancelled(await self._again(offer), press.why)

    async def withdraw(self, offer_id: str, why: str) -> None:
        """Close an offer that nobody can press."""
        now = self._clock()
        await self._ledger.cancel(offer_id, who="debug-bot", now=now, why=why)

    async def show(self, offer_id: str, where: Where) -> None:
        """Remember which message shows an offer."""
        await self._ledger.show(offer_id, where)

    async def lapsed(self) -> Sequence[tuple[Offer, Report]]:
        """Return what has expired where a message shows it, and the word for it, once.

        Raises:
            SourceDown: the ledger is.
        """
        found = await self._ledger.lapsed(self._clock())
        return [(offer, reports.late(offer)) for offer in found]

    async def _again(self, offer: Offer) -> Offer:
        """Return the offer as the ledger has it now."""
        return await self._ledger.get(offer.id) or offer

    async def _bound(self, press: Press) -> tuple[Offer | None, str]:
        """Return the offer if it belongs where it was pressed, else why not."""
        id = press.offer_id
        known = 0 < len(id) <= 64 and id.isascii() and id.isprintable()
        offer = await self._ledger.get(id) if known else None
        if offer is None:
            return None, "this button belongs to no plan that is kept (90 days)"
        caller, pressed = offer.caller, press.caller
        if caller.door is Door.SHELL or pressed.door is Door.SHELL:
            same = caller == pressed
        else:
            same = caller.channel_id == pressed.channel_id
        return (offer, "") if same else (None, "the offer was made somewhere else")

    async def _forbid(self, press: Press, action: str, why: str) -> Report:
        """Refuse what the presser has no right to."""
        await self.refused(action, press.caller, why, offer_id=press.offer_id)
        return reports.refused(action, why)

    async def _refuse(self, press: Press, action: str, why: str) -> Report:
        """Refuse what nobody could do here and now."""
        report = replace(await self._forbid(press, action, why), hint="")
        if action != "offer":
            return report
        return replace(report, summary=f"nothing was changed: {why}")

    async def _late(self, press: Press, offer: Offer) -> Report:
        """Return the calm word for an offer that is no longer to be had."""
        report = reports.late(offer)
        await self.refused(
            offer.action, press.caller, report.summary, offer_id=offer.id
        )
        return report

    def _unwelcome(self, press: Press, offer: Offer, standing: Standing) -> str | None:
        """Return why the presser may not confirm; an approver may where two must."""
        approver = offer.second is not None and standing.approves
        return None if approver else standing.refusal(offer.action, press.caller)

    async def _confirmed(
        self, press: Press, offer: Offer, standing: Standing, ticked: frozenset[int]
    ) -> Report | None:
        """Count the press; return what is still missing, or None when two are there.

        Two different people, and one of them is not the requester and holds the role
        that approves; the other one may do the action.
        """
        user = press.caller.user_id or ""
        policy = standing.policy
        if policy.approval.approvers is None:
            why = f"{offer.second}, and the policy names no approvers"
            return await self._refuse(press, offer.action, why)
        await self._ledger.confirm(
            offer.id,
            user_id=user,
            who=standing.who,
            ticked=ticked,
            now=self._clock(),
        )
        again = await self._again(offer)
        if not _open(again, self._clock()):
            return await self._late(press, again)
        standings = {user: standing}
        for earlier in again.confirmed_by:
            if earlier != user:  # who may have lost their rights since
                asked = replace(press.caller, user_id=earlier, team_id=None)
                standings[earlier] = await self.rights.standing(asked, offer.action)
        able = {
            each
            for each, one in standings.items()
            if one.refusal(offer.action, press.caller) is None
        }
        approving = {
            each
            for each, one in standings.items()
            if one.approves and each != offer.caller.user_id
        }
        if any(one != other for one in able for other in approving):
            return None
        role = None if approving else policy.approval.approvers
        if user in offer.confirmed_by and again.progress == offer.progress:
            return reports.still_waiting(again, role)
        return reports.waiting(again, self.actions[offer.action], role)

    # --- after a death --------------------------------------------------------------

    async def recover(self) -> Sequence[tuple[Offer, Report]]:
        """Settle what dead processes left unfinished; return what is to be said.

        Nothing is begun here: what was not begun stays undone, and what was begun is
        looked up in the world. While everything is frozen nothing is settled either,
        for that may mark rows and queue tasks.

        Raises:
            SourceDown: the ledger is, and nothing was settled.
        """
        found: list[tuple[Offer, Report]] = []
        try:
            while await self._ledger.frozen() is None:
                offer = await self._ledger.adopt(runner=_a_runner())
                if offer is None:
                    break
                try:
                    settled = await self._carrier.settle(offer, self.rights.limits())
                    found.append((offer, settled))
                except Lost:
                    continue
        except SourceDown as error:
            if not found:
                raise
            log.warning("the rest is settled later", extra={"why": error.message})
        return found

    async def stranded(self) -> int:
        """Return how many actions dead processes left unfinished."""
        return await self._ledger.stranded()

    # --- the freeze and the audit ---------------------------------------------------

    async def frozen(self) -> Record | None:
        """Return who froze everything, and when; None when it is not frozen."""
        return await self._ledger.frozen()

    async def why_frozen(self) -> str | None:
        """Return why nothing may be done now, and what ends that; None: it may."""
        frozen = await self._ledger.frozen()
        if frozen is None:
            return None
        since = f"everything is frozen, by {frozen.who} at {stamp(frozen.at)}"
        return f"{since}; `unfreeze` ends that: {self.rights.limits().brakers()}"

    async def freeze(self, caller: Caller, who: str) -> bool:
        """Stop all changes; False when they were stopped already."""
        record = self._record("freeze", caller, who, Decision.FROZEN)
        return await self._ledger.freeze(record)

    async def unfreeze(self, caller: Caller, who: str) -> bool:
        """Let changes happen again; False when nothing was frozen."""
        record = self._record("unfreeze", caller, who, Decision.UNFROZEN)
        return await self._ledger.unfreeze(record)

    async def records(self, window: Window, *, limit: int) -> Sequence[Record]:
        """Return the audit's newest records, oldest first, each person by one name."""
        return by_one_name(await self._ledger.records(window, limit=limit))

    def _record(
        self, action: str, caller: Caller, who: str, decision: Decision
    ) -> Record:
        return Record(
            at=self._clock(),
            who=who,
            action=action,
            decision=decision,
            channel=caller.channel_id or "",
        )


def _a_runner() -> str:
    """Return who has an offer: new each time, as our own lease may run out, too."""
    return secrets.token_hex(8)


def _open(offer: Offer, now: datetime) -> bool:
    return offer.state is OfferState.OPEN and now < offer.expires_at


def _ticked(press: Press, offer: Offer) -> frozenset[int]:
    """Return the positions that are to be done, none but those still planned."""
    every = frozenset(
        position
        for position, each in enumerate(offer.progress)
        if each.step is Step.PLANNED
    )
    return every if press.ticked is None else press.ticked & every
