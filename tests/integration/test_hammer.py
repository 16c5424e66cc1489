"""Many people, two processes, one button."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.offers import Decision, Fate, OfferState
from bot.domain.times import Window
from bot.gate.ledger import Ledger
from tests.gate.people import ALICE, BOB, CAROL, DAVE, MALLORY
from tests.gate.toys import TOYS, Clock
from tests.integration.presser import (
    Breaking,
    Presser,
    a_gate,
    done,
    offered,
    postgres_url,
)
from tests.world import NOW

WHOLE_DAY = Window(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
ONE = (ALICE, BOB, MALLORY, BOB, ALICE) * 5
TWO = (ALICE, CAROL, MALLORY, BOB, DAVE) * 5
"""Each process gets all of these: so each press is delivered at least twice."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Return where an embedded PostgreSQL is."""
    with postgres_url() as url:
        yield url


@pytest.mark.postgrest
@pytest.mark.parametrize(
    ("rounds", "users"), [(100, ONE), (10, TWO)], ids=["one person", "two people"]
)
async def test_replicas_do_each_thing_once(
    postgres: str, tmp_path: Path, rounds: int, users: tuple[str, ...]
) -> None:
    """On a shared PostgreSQL, with fifty presses at once."""
    await hammer(postgres, tmp_path / "world", rounds, users)


@pytest.mark.parametrize(
    ("rounds", "users"), [(10, ONE), (4, TWO)], ids=["one person", "two people"]
)
async def test_processes_on_one_machine_do_each_thing_once(
    tmp_path: Path, rounds: int, users: tuple[str, ...]
) -> None:
    """On a shared SQLite file, as a bot and a shell do."""
    url = f"sqlite:///{tmp_path}/ledger.sqlite3"
    await hammer(url, tmp_path / "world", rounds, users)


async def hammer(url: str, world: Path, rounds: int, users: tuple[str, ...]) -> None:
    ledger = Ledger(url, clock=Clock())
    gate = a_gate(ledger, Breaking(world, always_second=users is TWO), Clock())
    offers = [await offered(gate, f"plan-{number}") for number in range(rounds)]
    with Presser(url, world) as one, Presser(url, world) as other:
        for offer in offers:
            for each in (one, other):
                each.order(
                    does="press", offer=offer.id, users=users, second=users is TWO
                )
            heard = [*one.answer(), *other.answer()]
            winners = [each for each in heard if each.startswith("ANSWERED public: ")]
            waits = [each for each in winners if "must confirm as well" in each]
            losers = [each for each in heard if each.startswith("REFUSED private: ")]

            assert len(heard) == 50
            assert len(losers) + len(winners) == 50, heard
            assert [each for each in winners if "3 done" in each] == [
                each for each in winners if each not in waits
            ]
            assert len(winners) - len(waits) == 1, heard
            assert bool(waits) <= (users is TWO)
    assert Counter(done(world)) == {
        f"{offer.items[0].label} {target}": 1 for offer in offers for target in TOYS
    }
    records = await ledger.records(WHOLE_DAY, limit=rounds * 60)
    mine = {offer.id for offer in offers}
    acts = [
        (each.offer_id, each.target, each.outcome)
        for each in records
        if each.decision is Decision.ALLOWED and each.offer_id in mine
    ]
    assert sorted(acts) == sorted(
        (offer.id, target, Fate.DONE) for offer in offers for target in TOYS
    )
    for offer in offers:
        found = await ledger.get(offer.id)
        assert found is not None
        assert found.state is OfferState.FINISHED
    await ledger.close()
