"""A process that is killed in the midst of it, at every point there is."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.offers import Decision, Fate, Offer, OfferState
from bot.domain.report import Outcome
from bot.domain.times import Window
from bot.gate.ledger import Ledger
from bot.gate.promises import LEASE
from tests.gate.people import BOB
from tests.gate.toys import TOYS, Clock, press
from tests.integration.presser import (
    BLIND,
    Breaking,
    Presser,
    a_gate,
    done,
    offered,
    postgres_url,
    told_nobody,
)
from tests.world import NOW

WHOLE_DAY = Window(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
LATER = LEASE.total_seconds() + 1
MOST = 200  # points: there are fewer


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Return where an embedded PostgreSQL is."""
    with postgres_url() as url:
        yield url


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgrest)]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a ledger is, on each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite3"
    found: str = request.getfixturevalue("postgres")
    return found


class Scene:
    """One ledger and one world, of which this process is the survivor."""

    def __init__(self, url: str, world: Path) -> None:
        self.clock = Clock()
        self.world = world
        self.ledger = Ledger(url, clock=self.clock)
        self.gate = a_gate(self.ledger, Breaking(world), self.clock)
        self._plans = 0

    async def offer(self) -> Offer:
        """Return a new offer, made at NOW."""
        self.clock.now = NOW
        self._plans += 1
        return await offered(self.gate, f"plan-{self._plans}")

    def broken(self, offer: Offer) -> list[str]:
        """Return what was done of the offer, in order."""
        name = offer.items[0].label
        found = [line.split() for line in done(self.world)]
        return [target for plan, target in found if plan == name]

    async def check(self, offer: Offer) -> bool:
        """See that all is true and nothing lacks an end; tell whether it was taken."""
        found = await self.ledger.get(offer.id)
        assert found is not None
        broken = self.broken(offer)
        records = await self.ledger.records(WHOLE_DAY, limit=10_000)
        acts = [
            each
            for each in records
            if each.offer_id == offer.id and each.decision is Decision.ALLOWED
        ]
        if found.state is OfferState.OPEN:
            assert broken == []
            assert acts == []
            return False
        assert found.state is OfferState.FINISHED
        assert len(set(broken)) == len(broken)
        assert sorted(each.target for each in acts) == sorted(TOYS)
        for each in acts:
            if each.outcome is Fate.UNKNOWN:
                assert each.target == BLIND
            else:
                assert (each.outcome is Fate.DONE) == (each.target in broken), each
        told = {each.item.target: each.ended for each in found.progress}
        assert {target: each and each.outcome for target, each in told.items()} == {
            each.target: each.outcome for each in acts
        }
        return True


@pytest.fixture
async def scene(url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """Return where it happens."""
    scene = Scene(url, tmp_path / "world")
    yield scene
    await scene.ledger.close()


async def test_what_a_killed_process_left_is_settled(scene: Scene, url: str) -> None:
    """Before, in and after each transaction, and before and after each effect."""
    killed = untaken = 0
    with Presser(url, scene.world) as presser:
        for at in range(1, MOST):
            offer = await scene.offer()
            order = {"does": "redeem", "offer": offer.id, "after": 0}
            if not presser.dies(**order, at=at):
                break
            killed += 1
            assert await scene.gate.recover() == []
            scene.clock.advance(seconds=LATER)
            settled = await scene.gate.recover()
            taken = await scene.check(offer)
            # Where only the answer was missing there is nothing to settle.
            assert taken or not settled
            if not taken:
                untaken += 1
                report = await scene.gate.redeem(press(offer, BOB), told_nobody)
                assert report.outcome is Outcome.ANSWERED
                assert scene.broken(offer) == list(TOYS)
    assert killed >= 40
    assert 0 < untaken < 12


async def test_whoever_settles_may_be_killed_too(scene: Scene, url: str) -> None:
    """At every point of that; the next one ends it."""
    killed = 0
    with Presser(url, scene.world) as presser:
        for at in range(1, MOST):
            offer = await scene.offer()
            # In the midst of the second item, the effect of which is there.
            order = {"does": "redeem", "offer": offer.id, "after": 0}
            assert presser.dies(**order, at=31)
            assert scene.broken(offer) == list(TOYS[:2])
            if not presser.dies(does="recover", after=LATER, at=at):
                await scene.check(offer)
                break
            killed += 1
            scene.clock.advance(seconds=2 * LATER)
            await scene.gate.recover()
            assert await scene.check(offer)
            assert scene.broken(offer) == list(TOYS[:2])
    assert killed >= 12
