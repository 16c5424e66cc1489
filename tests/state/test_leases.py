"""Leases: one holder at a time, and a token that fences off all before."""

import asyncio
import contextlib
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.errors import SourceDown
from bot.state import tables
from bot.state.database import Database
from bot.state.leases import Leases, Term, TermOver, database_now
from tests.gate.toys import Clock
from tests.state.replicas import LENGTH, Replicas, count_of, taken
from tests.world import NOW

SERVED = pytest.mark.parametrize(
    "base", [pytest.param("postgresql", marks=pytest.mark.postgrest)], indirect=True
)
"""Of a server; a file has none, and lets one at a time into a transaction."""
PAST = LENGTH.total_seconds() + 1


def a_post() -> sa.Insert:
    """Return a write like any other."""
    values = {"key": "one", "channel": "C1", "token": 1, "claimed_at": NOW}
    return tables.posts.insert().values(**values)


async def posts(leases: Leases) -> int:
    """Return how many such writes there were."""
    return await leases.database.do(lambda c: count_of(tables.posts, c))


async def test_one_of_many_takes_it(replicas: Replicas) -> None:
    """All at once, and for the first time ever."""
    every = [replicas.one() for _ in range(8)]
    found = await asyncio.gather(*(each.take("watches") for each in every))

    assert [each for each in found if each] == [Term(name="watches", token=1)]


async def test_each_name_is_a_lease_of_its_own(replicas: Replicas) -> None:
    """One may watch while another posts alerts."""
    await taken(replicas.one(), "watches")

    assert await replicas.one().take("alerts") == Term(name="alerts", token=1)


async def test_a_lease_that_is_renewed_stays(replicas: Replicas, clock: Clock) -> None:
    """However long, and for the holder itself it is no second term."""
    holder, other = replicas.one(), replicas.one()
    term = await taken(holder)
    for _ in range(4):
        clock.advance(seconds=10)
        await holder.renew(term)
        assert await other.take("watches") is None
        assert await holder.take("watches") is None

    await holder.check(term)


async def test_at_its_very_end_it_can_be_taken(
    replicas: Replicas, clock: Clock
) -> None:
    """And not a moment before."""
    await taken(replicas.one())
    other = replicas.one()
    clock.advance(seconds=LENGTH.total_seconds() - 0.001)
    assert await other.take("watches") is None
    clock.advance(seconds=0.001)

    assert await other.take("watches") == Term(name="watches", token=2)


async def test_one_of_many_takes_what_ran_out(replicas: Replicas, clock: Clock) -> None:
    """Term after term, each with a greater token."""
    every = [replicas.one() for _ in range(4)]
    tokens = []
    for _ in range(10):
        found = await asyncio.gather(*(each.take("watches") for each in every))
        tokens.append([each.token for each in found if each])
        clock.advance(seconds=PAST)

    assert tokens == [[number] for number in range(1, 11)]


async def test_a_frozen_holder_writes_nothing_when_it_is_back(
    replicas: Replicas, clock: Clock
) -> None:
    """Another has the lease: its writes, its renewal and its release are refused."""
    frozen, other = replicas.one(), replicas.one()
    old = await taken(frozen)
    clock.advance(seconds=60)
    new = await taken(other)

    with pytest.raises(TermOver):
        await frozen.do(old, lambda connection: connection.execute(a_post()))
    with pytest.raises(TermOver):
        await frozen.renew(old)
    with pytest.raises(TermOver):
        await frozen.check(old)
    await frozen.release(old)

    assert await posts(other) == 0
    await other.do(new, lambda connection: connection.execute(a_post()))
    assert await posts(other) == 1


async def test_a_term_that_ran_out_is_over_even_if_nobody_took_it(
    replicas: Replicas, clock: Clock
) -> None:
    """Somebody may, at any moment."""
    holder = replicas.one()
    term = await taken(holder)
    clock.advance(seconds=LENGTH.total_seconds())

    with pytest.raises(TermOver):
        await holder.do(term, lambda connection: connection.execute(a_post()))
    with pytest.raises(TermOver):
        await holder.renew(term)


async def test_another_process_cannot_use_a_term(replicas: Replicas) -> None:
    """A token alone is not enough."""
    term = await taken(replicas.one())

    with pytest.raises(TermOver):
        await replicas.one().check(term)


async def test_a_released_lease_is_free_at_once(replicas: Replicas) -> None:
    """For another, or for the same process again."""
    holder = replicas.one()
    await holder.release(await taken(holder))

    with pytest.raises(TermOver):
        await holder.check(Term(name="watches", token=1))
    assert await replicas.one().take("watches") == Term(name="watches", token=2)


async def test_what_fails_in_a_write_leaves_nothing(replicas: Replicas) -> None:
    """It is one transaction."""
    holder = replicas.one()
    term = await taken(holder)

    def half(connection: sa.Connection) -> None:
        connection.execute(a_post())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await holder.do(term, half)
    assert await posts(holder) == 0


@SERVED
async def test_nobody_takes_over_in_the_midst_of_a_write(
    replicas: Replicas, clock: Clock
) -> None:
    """Who takes it waits for the write to end, and the write is there."""
    holder, other = replicas.one(), replicas.one()
    term = await taken(holder)
    loop, inside, on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def slow(connection: sa.Connection) -> None:
        loop.call_soon_threadsafe(inside.set)
        asyncio.run_coroutine_threadsafe(_wait(on), loop).result(10)
        connection.execute(a_post())

    writing = loop.create_task(holder.do(term, slow))
    await inside.wait()
    clock.advance(seconds=60)
    taking = loop.create_task(other.take("watches"))
    await asyncio.sleep(0.2)
    assert not taking.done()
    on.set()

    await writing
    assert await taking == Term(name="watches", token=2)
    assert await posts(other) == 1


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


@SERVED
async def test_who_stops_within_a_write_holds_nobody_up(
    replicas: Replicas, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends its transaction, and nothing of it was done."""
    monkeypatch.setattr("bot.state.database.IDLE_SECONDS", 0.3)
    holder, other = replicas.one(), replicas.one()
    term = await taken(holder)
    loop, inside, on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def frozen(connection: sa.Connection) -> None:
        connection.execute(a_post())
        loop.call_soon_threadsafe(inside.set)
        asyncio.run_coroutine_threadsafe(_wait(on), loop).result(10)

    writing = loop.create_task(holder.do(term, frozen))
    await inside.wait()
    clock.advance(seconds=60)

    assert await other.take("watches") == Term(name="watches", token=2)
    on.set()
    with pytest.raises(SourceDown):
        await writing
    assert await posts(other) == 0


async def test_the_clock_is_the_databases(database: Database) -> None:
    """In UTC, and going on."""
    first = await database.do(database_now)
    await asyncio.sleep(0.01)
    second = await database.do(database_now)

    assert first.utcoffset() == timedelta(0)
    assert first < second
    # Both run on this machine.
    assert abs(first.timestamp() - time.time()) < 5  # noqa: TID251  it runs here, too


async def test_without_a_database_nobody_leads() -> None:
    """It says so as any source that is down."""
    leases = Leases(Database("postgresql://127.0.0.1:1/none"), length=LENGTH)

    with pytest.raises(SourceDown):
        await leases.take("watches")
    with contextlib.suppress(TermOver), pytest.raises(SourceDown):
        await leases.check(Term(name="watches", token=1))
