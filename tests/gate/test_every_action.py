"""What holds for every action, whichever there are: each is found, none is listed."""

import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.action import Action
from bot.actions import book
from bot.command import Command
from bot.domain.access import Caller
from bot.domain.offers import Fate
from bot.domain.report import Report
from bot.gate.gate import Gate
from bot.gate.offering import command_of
from bot.gate.promises import LEASE
from bot.gate.reports import GatedData
from bot.words import read
from tests.databases import a_file
from tests.gate.people import ALICE, BOB, CAROL, MALLORY
from tests.gate.toys import Clock, House, Shaky, a_policy, caller, press
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
)

DEAD = a_worker(status="crashed", last_heartbeat_at=ago(minutes=30))


def a_pod_of_a_dead_worker() -> World:
    return a_world(tasks=[a_task(worker_id=WORKER)], workers=[DEAD], pods=[a_pod(POD)])


def a_pod_of_nobody() -> World:
    return a_world(pods=[a_pod(POD)])


def a_worker_without_its_pod() -> World:
    return a_world(tasks=[a_task(worker_id=WORKER)], workers=[DEAD])


# One of these has something to do for each action; a new action may need a new one.
WORLDS = (a_pod_of_a_dead_worker, a_pod_of_nobody, a_worker_without_its_pod)


@dataclass
class Case:
    """One action in a world where it has something to do."""

    action: Action
    house: House

    @property
    def gate(self) -> Gate:
        """Another replica."""
        return self.house.gate(actions=book(), looks=(0.0,))

    @property
    def asked(self) -> list[str]:
        """What was asked of the powers, in order."""
        world = self.house.world
        powers = (world.pod_power, world.worker_power, world.task_power)
        return [id for power in powers for id in power.asked]

    async def plan(self, words: str, by: Caller) -> Report:
        """Return what the words give."""
        gate = self.gate
        command = command_of(self.action, lambda: gate)
        commands: dict[str, Command] = {command.name: command}
        reading = read(shlex.split(words), commands, NOW)
        return await command.handler(reading.query, self.house.asked(by, words=words))

    async def offer(self) -> str:
        """Return the id of an offer that Alice asked for."""
        for example in self.action.examples:
            words = example.replace(" --dry-run", "")
            for world in WORLDS:
                self.house.world = world()
                try:
                    report = await self.plan(words, caller(ALICE))
                except Exception:  # noqa: BLE001, S112  its id is not of this world
                    continue
                if report.red_button is not None:
                    return report.red_button.offer_id
        msg = f"add a world to WORLDS where `{self.action.name}` has something to do"
        raise AssertionError(msg)

    async def press(self, offer: str, by: str | Caller = ALICE) -> Report:
        """Return what a press gives; where two are needed, Carol confirms as well."""
        report = await self.gate.redeem(press(offer, by), self.house.tell)
        if report.red_button is not None:
            again = press(offer, CAROL)
            return await self.gate.redeem(again, self.house.tell)
        return report


@pytest.fixture(params=list(book().values()), ids=list(book()))
async def case(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Case]:
    """Return each action in turn; operators may do it, and approvers approve it."""
    clock = Clock()
    ledger = Shaky(a_file(tmp_path), clock=clock)
    policy = a_policy()
    allows = tuple(
        replace(each, actions=frozenset({*each.actions, *book()}))
        for each in policy.allows
    )
    house = House(ledger=ledger, clock=clock, policy=replace(policy, allows=allows))
    yield Case(action=request.param, house=house)
    await ledger.close()


async def test_a_press_does_it_once(case: Case) -> None:
    """A second press, whoever's, changes nothing; the audit says what was done."""
    offer = await case.offer()
    report = await case.press(offer)
    done = list(case.asked)
    outcomes = data_of(report, GatedData).outcomes or ()

    assert {each.outcome for each in outcomes} == {Fate.DONE}
    assert done
    for user in (ALICE, BOB, CAROL):
        assert (await case.press(offer, user)).private
    assert case.asked == done
    assert set((await case.house.fates()).values()) == {Fate.DONE}


async def test_a_plan_changes_nothing(case: Case) -> None:
    """Neither one that is offered, nor one that is only looked at."""
    await case.offer()
    for example in case.action.examples:
        words = example.replace(" --dry-run", "") + " --dry-run"
        report = await case.plan(words, caller(MALLORY))
        assert report.red_button is None

    assert case.asked == []


Spoil = Callable[[Case, str], Awaitable[object]]


async def freeze(case: Case, offer: str) -> None:
    await case.gate.freeze(caller(BOB), "bob")


async def cancel(case: Case, offer: str) -> None:
    await case.gate.cancel(press(offer, ALICE))


async def expire(case: Case, offer: str) -> None:
    case.house.clock.advance(hours=1)


async def close(case: Case, offer: str) -> None:
    case.house.policy = a_policy(allows=())


async def leave(case: Case, offer: str) -> None:
    case.house.people = None


@pytest.mark.parametrize("spoil", [freeze, cancel, expire, close, leave])
async def test_what_is_off_is_not_done(case: Case, spoil: Spoil) -> None:
    """Frozen, cancelled, expired, no longer allowed, or nobody knows by whom."""
    offer = await case.offer()
    await spoil(case, offer)
    report = await case.press(offer)

    assert report.outcome != 0
    assert case.asked == []


@pytest.mark.parametrize(
    "by",
    [
        caller(MALLORY),
        caller(ALICE, channel_id="C99ELSEWHERE"),
        caller(ALICE, team_id="T99OTHER"),
        caller(None),
    ],
    ids=["without a role", "elsewhere", "another team", "nobody"],
)
async def test_nobody_else_has_it_done(case: Case, by: Caller) -> None:
    """Not without a role, not elsewhere, not from another workspace."""
    offer = await case.offer()
    report = await case.press(offer, by)

    assert report.private
    assert case.asked == []


async def test_what_is_gone_meanwhile_is_left_alone(case: Case) -> None:
    """The world is looked at again, and it is empty now."""
    offer = await case.offer()
    world = case.house.world
    for rows in (world.tasks.rows, world.workers.rows, world.pods.rows):
        rows.clear()
    report = await case.press(offer)

    outcomes = data_of(report, GatedData).outcomes or ()
    assert {each.outcome for each in outcomes} == {Fate.LEFT_ALONE}
    assert case.asked == []


async def test_without_a_ledger_nothing_is_done(case: Case) -> None:
    """What cannot be written first must not be done."""
    offer = await case.offer()
    case.house.ledger.fails = {"begin"}
    report = await case.press(offer)

    outcomes = data_of(report, GatedData).outcomes or ()
    assert {each.outcome for each in outcomes} == {Fate.FAILED}
    assert case.asked == []


async def test_settling_ends_no_pod(case: Case) -> None:
    """Whoever finds it begun looks what became of it, and destroys nothing."""
    offer = await case.offer()
    found = await case.house.ledger.get(offer)
    assert found is not None
    await case.house.ledger.take(
        offer,
        who="alice",
        runner="dead",
        where=None,
        ticked=frozenset(range(len(found.items))),
        now=case.house.clock(),
    )
    taken = await case.house.ledger.get(offer)
    assert taken is not None
    for position in range(len(taken.items)):
        await case.house.ledger.begin(taken, position, runner="dead")
    case.house.clock.advance(seconds=(LEASE + timedelta(seconds=1)).total_seconds())

    [(_, report)] = await case.gate.recover()

    outcomes = data_of(report, GatedData).outcomes or ()
    assert len(outcomes) == len(found.items)
    assert case.house.world.pod_power.asked == []
    assert TASK not in {each.target for each in outcomes if each.outcome is Fate.DONE}
