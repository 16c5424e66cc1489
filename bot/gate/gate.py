"""Offers, presses, and the only hands that hold powers."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.action import LOOKS, Action, Hands
from bot.command import Asked
from bot.domain.access import Caller, Door
from bot.domain.errors import Known, SourceDown
from bot.domain.offers import (
    Decision,
    Ended,
    Fate,
    Offer,
    OfferState,
    Plan,
    Press,
    Progress,
    Record,
    Step,
)
from bot.domain.pods import PodId
from bot.domain.policy import CLOSED, People, Person, Policy, outsider
from bot.domain.report import Report
from bot.domain.times import Window, stamp
from bot.gate import reports
from bot.gate.promises import LEASE, Lost
from bot.sources import Gaps, System
from bot.sources.powers import Powers

if TYPE_CHECKING:  # its database library costs a fifth of a second
    from bot.gate.ledger import Ledger

log = logging.getLogger("bot.actions")

Tell: TypeAlias = Callable[[Report], Awaitable[None]]

_TRIES: Final = 3
_TRY_AGAIN_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who a caller is to the policy; *why* is why nothing can be told of them."""

    policy: Policy
    roles: frozenset[str] = frozenset()
    who: str = ""
    why: str | None = None


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
        self._ledger = ledger
        self._policy = policy
        self._people = people
        self._home_team = home_team
        self._systems = systems
        self._powers = powers
        self._clock = clock
        self._looks = looks
        self._renews = renews

    async def close(self) -> None:
        """Let go of the ledger."""
        await self._ledger.close()

    # --- who may --------------------------------------------------------------------

    def policy(self) -> Policy:
        """Return the policy as its file says it now.

        Raises:
            Misread: it can't be read.
        """
        return self._policy()

    async def standing(self, caller: Caller, action: str | None = None) -> Standing:
        """Return the caller's roles, read afresh; those that decide about *action*.

        A look-up that fails gives no roles, and says why.
        """
        try:
            policy = self._policy()
        except Known as error:
            why = f"the policy cannot be read: {error.message}"
            return Standing(policy=CLOSED, who=caller.who, why=why)
        if caller.door is Door.SHELL:
            return Standing(
                policy=policy, who=caller.who, roles=frozenset(policy.roles)
            )
        user, people = caller.user_id, self._people
        if user is None or people is None:
            why = "nobody can tell who you are"
            return Standing(policy=policy, who=caller.who, why=why)
        try:
            person = await people.person(user)
            wanted = policy.roles if action is None else policy.needed_roles(action)
            roles = await self._roles(people, user, frozenset(wanted), policy)
        except SourceDown as error:
            why = f"nobody can tell what you may do: {error.source} {error.message}"
            return Standing(policy=policy, who=caller.who, why=why)
        barred = outsider(person, home_team=self._home_team())
        barred = barred or _astray(caller, person)
        who = f"{person.name} ({user})" if person.name else user
        if barred is not None:
            return Standing(policy=policy, who=who, why=barred)
        return Standing(policy=policy, who=who, roles=roles)

    async def refusal(self, action: str, caller: Caller) -> str | None:
        """Return why the caller may not do this; None when they may. It is recorded."""
        why = self._judged(action, caller, await self.standing(caller, action))
        if why is not None:
            await self.refused(action, caller, why)
        return why

    async def barred(self, names: Iterable[str], caller: Caller) -> frozenset[str]:
        """Return those of the actions that the caller may not do; none is recorded."""
        standing = await self.standing(caller)
        return frozenset(
            name for name in names if self._judged(name, caller, standing) is not None
        )

    async def refused(
        self, action: str, caller: Caller, why: str, offer_id: str = ""
    ) -> None:
        """Record a wish that was refused; where that fails, the log has it."""
        record = Record(
            at=self._clock(),
            who=caller.who,
            action=action,
            decision=Decision.REFUSED,
            reason=why,
            channel=caller.channel_id or "",
            offer_id=ascii(offer_id)[1:-1][:64],
        )
        log.warning("refused", extra={"action": action, "user": caller.who, "why": why})
        try:
            await self._ledger.write(record)
        except SourceDown as error:
            log.error("a refusal is not recorded", extra={"why": error.message})  # noqa: TRY400

    @staticmethod
    def _judged(action: str, caller: Caller, standing: Standing) -> str | None:
        if standing.why is not None or caller.door is Door.SHELL:
            return standing.why
        return standing.policy.refusal(
            action, roles=standing.roles, channel=caller.channel_id
        )

    @staticmethod
    async def _roles(
        people: People, user: str, wanted: frozenset[str], policy: Policy
    ) -> frozenset[str]:
        """Return those of the wanted roles that the user holds, asked afresh."""
        roles = [policy.roles[name] for name in sorted(wanted)]
        unsure = [role for role in roles if user not in role.users]
        groups = sorted({group for role in unsure for group in role.usergroups})
        found = await asyncio.gather(*map(people.members, groups))
        holding = {
            group
            for group, members in zip(groups, found, strict=True)
            if user in members
        }
        return frozenset(
            role.name
            for role in roles
            if user in role.users or role.usergroups & holding
        )

    # --- offering -------------------------------------------------------------------

    async def locked(self, system: str, gaps: Gaps) -> frozenset[PodId]:
        """Return the locked pods; none, and a gap, where nobody can tell."""
        question = self._powers[system]().pods.locked()
        nobody: frozenset[PodId] = frozenset()
        return await gaps.ask(question, nobody)

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
            words=asked.words,
            caller=asked.caller,
            progress=tuple(Progress(item=item) for item in plan.items),
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
        frozen = await self._ledger.frozen()
        if frozen is not None:
            why = f"everything is frozen, by {frozen.who} at {stamp(frozen.at)}"
            return await self._refuse(press, offer.action, why)
        if not self._knows(offer):
            why = "debug-bot no longer knows this action"
            return await self._refuse(press, offer.action, why)
        ticked = _ticked(press, offer)
        if not ticked:
            why = "nothing is ticked"
            return await self._refuse(press, offer.action, why)
        standing = await self.standing(press.caller, offer.action)
        refused = standing.why or self._unwelcome(press, offer, standing)
        if refused is not None:
            return await self._refuse(press, offer.action, refused)
        if offer.second is not None:
            waiting = await self._confirmed(press, offer, standing, ticked)
            if waiting is not None:
                return waiting
        hands = self._hands(offer, standing.policy)
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
        return await self._carry_out(again, hands, standing.policy, tell)

    async def cancel(self, press: Press) -> Report:
        """Close the offer, for whoever asked for it or could approve it."""
        offer, why = await self._bound(press)
        if offer is None:
            return await self._refuse(press, "offer", why)
        caller = press.caller
        who = caller.who
        if offer.caller.user_id != caller.user_id:
            standing = await self.standing(caller, offer.action)
            who = standing.who or who
            may = self._judged(offer.action, caller, standing)
            if may is not None and not standing.policy.approves(standing.roles):
                return await self._refuse(press, offer.action, may)
        now = self._clock()
        if not await self._ledger.cancel(offer.id, who=who, now=now):
            return await self._late(press, await self._again(offer))
        return reports.cancelled(await self._again(offer))

    async def _again(self, offer: Offer) -> Offer:
        """Return the offer as the ledger has it now."""
        return await self._ledger.get(offer.id) or offer

    async def _bound(self, press: Press) -> tuple[Offer | None, str]:
        """Return the offer if it belongs where it was pressed, else why not."""
        id = press.offer_id
        known = 0 < len(id) <= 64 and id.isascii() and id.isprintable()
        offer = await self._ledger.get(id) if known else None
        if offer is None:
            return None, "there is no such offer; they are kept for 90 days"
        caller, pressed = offer.caller, press.caller
        if caller.door is Door.SHELL or pressed.door is Door.SHELL:
            same = caller == pressed
        else:
            same = caller.channel_id == pressed.channel_id
        return (offer, "") if same else (None, "the offer was made somewhere else")

    async def _refuse(self, press: Press, action: str, why: str) -> Report:
        await self.refused(action, press.caller, why, press.offer_id)
        return reports.refused(action, why)

    async def _late(self, press: Press, offer: Offer) -> Report:
        """Return the calm word for an offer that is no longer to be had."""
        report = reports.late(offer)
        await self.refused(offer.action, press.caller, report.summary, offer.id)
        return report

    def _knows(self, offer: Offer) -> bool:
        """Return whether its action and its system exist in this version, too."""
        return offer.action in self.actions and offer.system in self._systems

    def _unwelcome(self, press: Press, offer: Offer, standing: Standing) -> str | None:
        """Return why the presser may not confirm; an approver may where two must."""
        approver = offer.second is not None and standing.policy.approves(standing.roles)
        return None if approver else self._judged(offer.action, press.caller, standing)

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
                standings[earlier] = await self.standing(asked, offer.action)
        able = {
            each
            for each, one in standings.items()
            if self._judged(offer.action, press.caller, one) is None
        }
        approving = {
            each
            for each, one in standings.items()
            if one.policy.approves(one.roles) and each != offer.caller.user_id
        }
        if any(one != other for one in able for other in approving):
            return None
        role = None if approving else policy.approval.approvers
        return reports.waiting(again, self.actions[offer.action], role)

    # --- carrying out ---------------------------------------------------------------

    async def _carry_out(
        self, offer: Offer, hands: Hands, policy: Policy, tell: Tell
    ) -> Report:
        await _told(tell, reports.running(offer))
        action = self.actions[offer.action]
        notes: list[str] = []
        async with self._alive(offer):
            for position, progress in enumerate(offer.progress):
                if progress.step is not Step.PLANNED:
                    continue
                try:
                    ended = await self._one(offer, position, action, hands)
                except Lost:
                    notes.append("another process has taken over and reports the rest")
                    return _ended(offer, notes, policy)
                offer = _with(offer, position, ended)
                problem = await self._write_end(offer, position, ended)
                if problem:
                    notes.append(problem)
                if any(each.step is Step.PLANNED for each in offer.progress):
                    await _told(tell, reports.running(offer))
            if not notes:
                with contextlib.suppress(SourceDown, Lost):
                    await self._ledger.finish(offer.id, runner=offer.runner)
        return _ended(offer, notes, policy)

    async def _one(
        self, offer: Offer, position: int, action: Action, hands: Hands
    ) -> Ended:
        """Return what became of one item. Nothing is done that isn't written first.

        Raises:
            Lost: another process has the offer.
        """
        item = offer.items[position]

        def not_done(fate: Fate, why: str) -> Ended:
            return Ended(target=item.target, outcome=fate, detail=why)

        begun = False
        try:
            frozen = await self._ledger.frozen()
            if frozen is not None:
                return not_done(Fate.LEFT_ALONE, f"frozen by {frozen.who} meanwhile")
            left = await action.look(item, hands)
            if left is not None:
                return left
            await self._ledger.begin(offer, position, runner=offer.runner)
            begun = True
            return await action.do(item, hands)
        except Lost:
            raise
        except SourceDown as error:
            said = f"{error.source} {error.message}"
            if begun:
                return not_done(Fate.UNKNOWN, f"nobody knows if it is done: {said}")
            return not_done(Fate.FAILED, f"not done: {said}")
        except Exception:
            log.exception("an action failed", extra={"action": action.name})
            fate = Fate.UNKNOWN if begun else Fate.FAILED
            return not_done(fate, "debug-bot itself failed on this; its log tells more")

    async def _write_end(self, offer: Offer, position: int, ended: Ended) -> str | None:
        """Write the item's end; return what to say when that can't be done."""
        problem = ""
        for _ in range(_TRIES):
            try:
                await self._ledger.end(offer, position, ended, runner=offer.runner)
            except Lost:
                await self._add_late(offer, position, ended)
                return "another process has taken over and reports it as well"
            except SourceDown as error:
                problem = error.message
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
            else:
                return None
        return f"the audit lacks the end of {ended.target}: the ledger {problem}"

    async def _add_late(self, offer: Offer, position: int, ended: Ended) -> None:
        """Have the audit know it: whoever took over may have looked too early.

        What we don't know is worth no more than what they saw.
        """
        if ended.outcome is Fate.UNKNOWN:
            return
        try:
            await self._ledger.add_late(offer, position, ended)
        except SourceDown as error:
            log.error("an end is not recorded", extra={"why": error.message})  # noqa: TRY400

    @contextlib.asynccontextmanager
    async def _alive(self, offer: Offer) -> AsyncIterator[None]:
        """Say again and again that we are at it, so that nobody takes over."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(self._renews.total_seconds())
                with contextlib.suppress(SourceDown, Lost):
                    await self._ledger.renew(offer.id, runner=offer.runner)

        # A group would wrap the errors that pass through here.
        renewing = asyncio.get_running_loop().create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    def _hands(self, offer: Offer, policy: Policy) -> Hands:
        return Hands(
            system=self._systems[offer.system](),
            powers=self._powers[offer.system](),
            limits=policy.limits,
            clock=self._clock,
            looks=self._looks,
        )

    # --- after a death --------------------------------------------------------------

    async def recover(self) -> Sequence[tuple[Offer, Report]]:
        """Settle what dead processes left unfinished; return what is to be said.

        Nothing is begun here: what was not begun stays undone, and what was begun is
        looked up in the world.

        Raises:
            SourceDown: the ledger is, and nothing was settled.
        """
        found: list[tuple[Offer, Report]] = []
        try:
            while (offer := await self._ledger.adopt(runner=_a_runner())) is not None:
                try:
                    async with self._alive(offer):
                        found.append((offer, await self._settle(offer)))
                except Lost:
                    continue
        except SourceDown as error:
            if not found:
                raise
            log.warning("the rest is settled later", extra={"why": error.message})
        return found

    async def _settle(self, offer: Offer) -> Report:
        action = self.actions.get(offer.action)
        try:
            policy = self._policy()
        except Known:
            policy = CLOSED
        for position, progress in enumerate(offer.progress):
            target = progress.item.target
            if progress.step is Step.PLANNED:
                why = "debug-bot was stopped before it began with this"
                ended = Ended(target=target, outcome=Fate.LEFT_ALONE, detail=why)
            elif progress.step is Step.BEGUN and action is not None:
                ended = await self._looked_up(offer, action, position, policy)
            elif progress.step is Step.BEGUN:
                why = "debug-bot was stopped, and no longer knows this action"
                ended = Ended(target=target, outcome=Fate.UNKNOWN, detail=why)
            else:
                continue
            await self._ledger.end(offer, position, ended, runner=offer.runner)
            offer = _with(offer, position, ended)
        await self._ledger.finish(offer.id, runner=offer.runner)
        return _ended(offer, ["debug-bot was stopped while it did this"], policy)

    async def _looked_up(
        self, offer: Offer, action: Action, position: int, policy: Policy
    ) -> Ended:
        item = offer.items[position]
        try:
            return await action.settle(item, self._hands(offer, policy))
        except Exception as error:
            log.exception("an item could not be settled", extra={"action": action.name})
            said = error.message if isinstance(error, Known) else "its log tells more"
            why = f"debug-bot was stopped, and could not look what became of it: {said}"
            return Ended(target=item.target, outcome=Fate.UNKNOWN, detail=why)

    # --- the freeze and the audit ---------------------------------------------------

    async def frozen(self) -> Record | None:
        """Return who froze everything, and when; None when it is not frozen."""
        return await self._ledger.frozen()

    async def freeze(self, caller: Caller, who: str) -> bool:
        """Stop all changes; False when they were stopped already."""
        return await self._ledger.freeze(self._record(caller, who, Decision.FROZEN))

    async def unfreeze(self, caller: Caller, who: str) -> bool:
        """Let changes happen again; False when nothing was frozen."""
        record = self._record(caller, who, Decision.UNFROZEN)
        return await self._ledger.unfreeze(record)

    async def records(self, window: Window, *, limit: int) -> Sequence[Record]:
        """Return the audit's newest records, oldest first."""
        return await self._ledger.records(window, limit=limit)

    def _record(self, caller: Caller, who: str, decision: Decision) -> Record:
        return Record(
            at=self._clock(),
            who=who,
            action="freeze" if decision is Decision.FROZEN else "unfreeze",
            decision=decision,
            channel=caller.channel_id or "",
        )


def _ended(offer: Offer, notes: Sequence[str], policy: Policy) -> Report:
    """Return the outcome, which the audit's channel is told as well."""
    return replace(reports.outcome(offer, notes), copy_to=policy.audit_channel)


async def _told(tell: Tell, report: Report) -> None:
    """Tell how it goes; where that can't be shown, the rest is done all the same."""
    try:
        await tell(report)
    except Exception:
        log.exception("progress was not told")


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


def _astray(caller: Caller, person: Person) -> str | None:
    """Return why the payload and the person do not fit together, if they don't."""
    theirs = {person.team_id, *person.teams}
    if caller.team_id is not None and caller.team_id not in theirs:
        return "the request bears another workspace than yours"
    return None


def _with(offer: Offer, position: int, ended: Ended) -> Offer:
    """Return the offer with one item ended."""
    progress = list(offer.progress)
    progress[position] = replace(progress[position], step=Step.ENDED, ended=ended)
    return replace(offer, progress=tuple(progress))
