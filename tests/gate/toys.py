"""A harmless action, and a gate around it.

`House` holds what a gate is made of; each call of `gate` makes another replica.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.action import Action, Gated, Hands, Planning
from bot.command import Asked
from bot.domain.access import Caller, Door
from bot.domain.errors import Known, SourceDown
from bot.domain.offers import (
    Decision,
    Ended,
    Fate,
    Item,
    Offer,
    Plan,
    Press,
    Progress,
    Record,
    Spared,
    Where,
)
from bot.domain.pods import PodId
from bot.domain.policy import Allow, Approval, Policy, Role
from bot.domain.report import Outcome, Report
from bot.domain.times import Window
from bot.gate.gate import Gate
from bot.gate.ledger import Ledger
from bot.gate.promises import LEASE
from tests.gate.people import ALICE, BOB, CAROL, DAVE, HOME, FakePeople
from tests.world import NOW, World

BREAK: Final = "toy break"
PLACE: Final = "C01INCIDENT"
TOYS: Final = ("toy-ball", "toy-bear", "toy-drum")
SHELL: Final = Caller(door=Door.SHELL, name="root")
WHERE: Final = Where(channel=PLACE, message_ts="1.2", thread_ts="1.0")


class Clock:
    """Tells NOW, and goes on only when told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def an_item(target: str = TOYS[0], **more: Any) -> Item:
    """Return one toy to be broken, which costs nothing."""
    return Item(target=target, action="break", why="it squeaks", **more)


def ended(target: str, outcome: Fate = Fate.DONE, detail: str = "broken") -> Ended:
    """Return that the toy was broken, or what else became of it."""
    return Ended(target=target, outcome=outcome, detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyQuery(Gated):
    """`toy break` takes no arguments of its own."""


@dataclass
class Toy:
    """Breaks toys, and counts how often each was broken.

    *left* names toys that are no longer to be broken, the *fails…* those at which
    something goes wrong; *pause* is waited for in the midst of breaking.
    """

    items: tuple[Item, ...] = tuple(map(an_item, TOYS))
    spared: tuple[Spared, ...] = ()
    always_second: bool = False
    done: Counter[str] = field(default_factory=Counter)
    left: dict[str, str] = field(default_factory=dict)
    fails_look: dict[str, Exception] = field(default_factory=dict)
    fails_do: dict[str, Exception] = field(default_factory=dict)
    fails_settle: dict[str, Exception] = field(default_factory=dict)
    pause: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    once_done: Callable[[str], Awaitable[object]] | None = None
    locked: frozenset[PodId] | None = None

    @property
    def action(self) -> Action:
        """The action, as it would be declared."""
        return Action(
            name=BREAK,
            answers="Break toys",
            query=ToyQuery,
            plan=self._plan,
            look=self._look,
            do=self._do,
            settle=self._settle,
            warning="Nobody can mend them.",
            always_second=self.always_second,
            examples=("toy break",),
        )

    async def _plan(self, query: ToyQuery, planning: Planning) -> Plan:
        self.locked = await planning.locked()
        return Plan(items=self.items, left_alone=self.spared)

    async def _look(self, item: Item, hands: Hands) -> Ended | None:
        if item.target in self.fails_look:
            raise self.fails_look[item.target]
        if item.target in self.left:
            return ended(item.target, Fate.LEFT_ALONE, self.left[item.target])
        return None

    async def _do(self, item: Item, hands: Hands) -> Ended:
        self.reached.set()
        if self.pause is not None:
            await self.pause.wait()
        if item.target in self.fails_do:
            raise self.fails_do[item.target]
        self.done[item.target] += 1
        if self.once_done is not None:
            await self.once_done(item.target)
        return ended(item.target)

    async def _settle(self, item: Item, hands: Hands) -> Ended:
        if item.target in self.fails_settle:
            raise self.fails_settle[item.target]
        if self.done[item.target]:
            return ended(item.target, detail="found broken")
        return ended(item.target, Fate.FAILED, "found whole")


class Shaky(Ledger):
    """A ledger whose steps fail, or before which something happens, when told so."""

    def __init__(self, url: str, *, clock: Callable[[], datetime]) -> None:
        super().__init__(url, clock=clock)
        self.fails: set[str] = set()
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}

    async def _step(self, name: str) -> None:
        if name in self.before:
            await self.before.pop(name)()
        if name in self.fails:
            raise ledger_down()

    async def get(self, id: str) -> Offer | None:
        await self._step("get")
        return await super().get(id)

    async def confirm(self, id: str, **given: Any) -> None:
        await self._step("confirm")
        await super().confirm(id, **given)

    async def take(self, id: str, **given: Any) -> bool:
        await self._step("take")
        return await super().take(id, **given)

    async def cancel(self, id: str, **given: Any) -> bool:
        await self._step("cancel")
        return await super().cancel(id, **given)

    async def begin(self, offer: Offer, position: int, **given: Any) -> None:
        await self._step("begin")
        await super().begin(offer, position, **given)

    async def end(
        self, offer: Offer, position: int, ended: Ended, **given: Any
    ) -> None:
        await self._step("end")
        await super().end(offer, position, ended, **given)

    async def finish(self, id: str, **given: Any) -> None:
        await self._step("finish")
        await super().finish(id, **given)

    async def renew(self, id: str, **given: Any) -> None:
        await self._step("renew")
        await super().renew(id, **given)

    async def frozen(self) -> Record | None:
        await self._step("frozen")
        return await super().frozen()

    async def write(self, record: Record) -> None:
        await self._step("write")
        await super().write(record)


def ledger_down() -> SourceDown:
    """Return the error of a ledger whose disk is gone."""
    source, why = "ledger", "cannot be used: disk I/O error"
    return SourceDown(source, why)


def a_policy(*, channels: frozenset[str] | None = None, **more: Any) -> Policy:
    """Return that Alice and Bob may break toys, and Carol and Dave approve it."""
    given: dict[str, Any] = {
        "roles": {
            "operator": Role(name="operator", users=frozenset({ALICE, BOB})),
            "approver": Role(name="approver", users=frozenset({CAROL, DAVE})),
        },
        "allows": (
            Allow(role="operator", actions=frozenset({BREAK}), channels=channels),
        ),
        "approval": Approval(approvers="approver"),
        "source": "policy.toml",
    }
    return Policy(**(given | more))


def caller(user: str | None = ALICE, **more: Any) -> Caller:
    """Return somebody who uses a button in Slack."""
    given: dict[str, Any] = {
        "door": Door.BUTTON,
        "user_id": user,
        "team_id": HOME,
        "channel_id": PLACE,
    }
    return Caller(**(given | more))


def an_offer(id: str = "offer-1", **more: Any) -> Offer:
    """Return Alice's offer to break all toys within two minutes."""
    given: dict[str, Any] = {
        "action": BREAK,
        "system": "reigh",
        "words": BREAK,
        "caller": caller(ALICE),
        "progress": tuple(Progress(item=an_item(each)) for each in TOYS),
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=2),
    }
    return Offer(id=id, **(given | more))


@dataclass
class House:
    """All that gates are made of; *told* is what was heard while one worked."""

    ledger: Shaky
    clock: Clock
    toy: Toy = field(default_factory=Toy)
    people: FakePeople | None = field(default_factory=FakePeople)
    policy: Policy | Known = field(default_factory=a_policy)
    home: str | None = HOME
    world: World = field(default_factory=World)
    told: list[Report] = field(default_factory=list)
    renews: timedelta = timedelta(hours=1)

    def gate(self, **more: Any) -> Gate:
        """Return another replica."""
        given: dict[str, Any] = {
            "actions": {BREAK: self.toy.action},
            "ledger": self.ledger,
            "policy": self.read,
            "people": self.people,
            "home_team": lambda: self.home,
            "systems": {"reigh": lambda: self.world.system},
            "powers": {"reigh": lambda: self.world.powers},
            "clock": self.clock,
            "renews": self.renews,
        }
        return Gate(**(given | more))

    def read(self) -> Policy:
        """Return the policy, unless it can't be read."""
        if isinstance(self.policy, Known):
            raise self.policy
        return self.policy

    def asked(self, by: Caller | None = None, *, words: str = BREAK) -> Asked:
        """Return what a command of the gate is asked with."""
        return Asked(
            opens=lambda: self.world.system,
            caller=by or caller(),
            now=self.clock(),
            words=words,
        )

    async def offer(self, by: Caller | None = None) -> Offer:
        """Return an open offer of what the toy would do."""
        gate, plan = self.gate(), Plan(items=self.toy.items)
        asked = self.asked(by)
        offer = await gate.offer(self.toy.action, plan, asked, self.read())
        assert offer is not None
        return offer

    async def redeem(
        self, offer: Offer | str, by: str | Caller = ALICE, **more: Any
    ) -> Report:
        """Return what somebody gets who presses the button, at a replica of its own."""
        return await self.gate().redeem(press(offer, by, **more), self.tell)

    async def cancel(self, offer: Offer | str, by: str | Caller = ALICE) -> Report:
        """Return what somebody gets who presses the other button."""
        return await self.gate().cancel(press(offer, by))

    async def tell(self, report: Report) -> None:
        """Hear how it goes."""
        self.told.append(report)

    async def again(self, offer: Offer) -> Offer:
        """Return the offer as the ledger has it now."""
        found = await self.ledger.get(offer.id)
        assert found is not None
        return found

    async def records(self) -> tuple[Record, ...]:
        """Return the whole audit, oldest first."""
        window = Window(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
        return await self.ledger.records(window, limit=1000)

    async def fates(self) -> Mapping[str, Fate | None]:
        """Return what the audit says of each target that was to be changed."""
        found = await self.records()
        return {
            each.target: each.outcome for each in found if each.decision == "allowed"
        }


def press(offer: Offer | str, by: str | Caller = ALICE, **more: Any) -> Press:
    """Return a pressed button."""
    id = offer if isinstance(offer, str) else offer.id
    by = by if isinstance(by, Caller) else caller(by)
    return Press(offer_id=id, caller=by, **({"where": WHERE} | more))


# --- what tests of the gate ask --------------------------------------------------

DONE = dict.fromkeys(TOYS, Fate.DONE)
ALONE = dict.fromkeys(TOYS, Fate.LEFT_ALONE)
SLACK_DOWN = SourceDown("slack", "did not answer within 3 s")
NOBODY: frozenset[str] = frozenset()


def is_done(report: Report) -> bool:
    return report.outcome is Outcome.ANSWERED and "3 done" in report.summary


def is_over(report: Report) -> bool:
    """Return whether it says to all that the offer has expired."""
    over = report.outcome is Outcome.REFUSED and " expired at" in report.summary
    return over and not report.private


def is_refused(report: Report, why: str) -> bool:
    """Return whether it says to the presser alone that nothing was done, and why."""
    return (
        report.outcome is Outcome.REFUSED and report.private and why in report.summary
    )


async def refusals(house: House) -> list[tuple[str, str, str]]:
    """Return who was refused what, and why, as the audit has it."""
    return [
        (each.who, each.action, each.reason)
        for each in await house.records()
        if each.decision is Decision.REFUSED
    ]


async def settle_all(house: House) -> list[Report]:
    """Return what another replica says after the lease."""
    house.clock.advance(seconds=LEASE.total_seconds() + 1)
    return [report for _, report in await house.gate().recover()]
