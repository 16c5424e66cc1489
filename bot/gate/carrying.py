"""Carrying an offer out, item by item, and settling what was cut off.

Nothing is done that is not written first, and what became of it is written after. Who
carries an offer out says again and again that it is alive: another process may settle
the offer only when that has not been heard for a while, and never destroys anything.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.action import Action, Hands
from bot.domain.errors import Known, SourceDown
from bot.domain.offers import Ended, Fate, Offer, Step
from bot.domain.policy import Policy
from bot.domain.report import Report
from bot.gate import reports
from bot.gate.promises import Busy, Lost
from bot.sources import System
from bot.sources.powers import Powers

if TYPE_CHECKING:  # its database library costs a fifth of a second
    from bot.gate.ledger import Ledger

log = logging.getLogger("bot.actions")

Tell: TypeAlias = Callable[[Report], Awaitable[None]]

_TRIES: Final = 3
_TRY_AGAIN_SECONDS: Final = 0.5


class Carrier:
    """The only one that holds powers, and hands them to one action for one item."""

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        *,
        actions: Mapping[str, Action],
        ledger: "Ledger",
        systems: Mapping[str, Callable[[], System]],
        powers: Mapping[str, Callable[[], Powers]],
        clock: Callable[[], datetime],
        looks: tuple[float, ...],
        renews: timedelta,
    ) -> None:
        """Renew an offer's lease as often as *renews* says."""
        self._actions = actions
        self._ledger = ledger
        self._systems = systems
        self._powers = powers
        self._clock = clock
        self._looks = looks
        self._renews = renews

    def knows(self, offer: Offer) -> bool:
        """Return whether its action and its system exist in this version, too."""
        return offer.action in self._actions and offer.system in self._systems

    def hands(self, offer: Offer, policy: Policy) -> Hands:
        """Return what the offer's action may use; it can fail, so it comes first."""
        return Hands(
            system=self._systems[offer.system](),
            powers=self._powers[offer.system](),
            limits=policy.limits,
            clock=self._clock,
            looks=self._looks,
        )

    async def carry_out(
        self, offer: Offer, hands: Hands, policy: Policy, tell: Tell
    ) -> Report:
        """Do what the offer that was taken holds; return what became of each item."""
        await _told(tell, reports.running(offer))
        action = self._actions[offer.action]
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

    async def settle(self, offer: Offer, policy: Policy) -> Report:
        """Find out what became of an offer that was taken over; begin nothing.

        Raises:
            Lost: another process has taken it over again.
            SourceDown: the ledger is.
        """
        async with self._alive(offer):
            return await self._settled(offer, policy)

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
                why = f"frozen by {frozen.who} meanwhile: plan it anew after `unfreeze`"
                return not_done(Fate.LEFT_ALONE, why)
            left = await action.look(item, hands)
            if left is not None:
                return left
            await self._ledger.begin(offer, position, runner=offer.runner)
            begun = True
            return await action.do(item, hands)
        except Lost:
            raise
        except Busy:
            why = "another confirmation is at it, or was cut off there (audit tells)"
            return not_done(Fate.LEFT_ALONE, why)
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

    async def _settled(self, offer: Offer, policy: Policy) -> Report:
        action = self._actions.get(offer.action)
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
            return await action.settle(item, self.hands(offer, policy))
        except Exception as error:
            log.exception("an item could not be settled", extra={"action": action.name})
            said = error.message if isinstance(error, Known) else "its log tells more"
            why = f"debug-bot was stopped, and could not look what became of it: {said}"
            return Ended(target=item.target, outcome=Fate.UNKNOWN, detail=why)


def _ended(offer: Offer, notes: Sequence[str], policy: Policy) -> Report:
    """Return the outcome, which the audit's channel is told as well."""
    return replace(reports.outcome(offer, notes), copy_to=policy.audit_channel)


async def _told(tell: Tell, report: Report) -> None:
    """Tell how it goes; where that can't be shown, the rest is done all the same."""
    try:
        await tell(report)
    except Exception:
        log.exception("progress was not told")


def _with(offer: Offer, position: int, ended: Ended) -> Offer:
    """Return the offer with one item ended."""
    progress = list(offer.progress)
    progress[position] = replace(progress[position], step=Step.ENDED, ended=ended)
    return replace(offer, progress=tuple(progress))
