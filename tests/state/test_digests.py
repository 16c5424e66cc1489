"""One digest a day, and what was wasted until then."""

from datetime import timedelta

import pytest

from bot.state.digests import Day, DigestBook
from bot.state.leases import TermOver
from tests.gate.toys import Clock
from tests.state.replicas import LENGTH, Replicas, taken
from tests.world import NOW

DUE = NOW + timedelta(hours=19)
MINUTE = timedelta(minutes=1)


async def test_a_day_begins_with_the_first_look(replicas: Replicas) -> None:
    """What it cost before nobody knows."""
    leases = replicas.one()
    day = await DigestBook(leases).watched(
        await taken(leases), NOW, due=DUE, usd_per_hour=60.0
    )

    assert day == Day(due_at=DUE, begun_at=NOW)


async def test_prices_add_up_over_the_looks(replicas: Replicas) -> None:
    """A look that can't tell counts for nothing, and neither does a long pause."""
    leases = replicas.one()
    book, term = DigestBook(leases), await taken(leases)
    prices = ((0, 60.0), (1, 60.0), (2, None), (3, 30.0), (60, 60.0))
    *_, day = [
        await book.watched(term, NOW + minute * MINUTE, due=DUE, usd_per_hour=price)
        for minute, price in prices
    ]

    assert day.watched == 2 * MINUTE
    assert day.wasted_usd == pytest.approx(1.0 + 0.5)


async def test_a_clock_that_goes_back_costs_nothing(replicas: Replicas) -> None:
    """Another leader's may be behind."""
    leases = replicas.one()
    book, term = DigestBook(leases), await taken(leases)
    await book.watched(term, NOW, due=DUE, usd_per_hour=60.0)
    day = await book.watched(term, NOW - MINUTE, due=DUE, usd_per_hour=60.0)

    assert (day.watched, day.wasted_usd) == (timedelta(0), 0.0)


async def test_the_next_day_begins_when_one_was_told(replicas: Replicas) -> None:
    """Until then it stays due, over restarts too."""
    leases = replicas.one()
    book, term = DigestBook(leases), await taken(leases)
    await book.watched(term, NOW, due=DUE, usd_per_hour=None)
    tomorrow = DUE + timedelta(days=1)
    late = await book.watched(term, DUE + MINUTE, due=tomorrow, usd_per_hour=None)
    await book.told(late, DUE + MINUTE)
    next = await book.watched(term, DUE + MINUTE, due=tomorrow, usd_per_hour=None)

    assert late.due_at == DUE
    assert next == Day(due_at=tomorrow, begun_at=DUE + MINUTE)


async def test_who_no_longer_leads_adds_nothing(
    replicas: Replicas, clock: Clock
) -> None:
    """Else two would count the same minutes."""
    old, new = replicas.one(), replicas.one()
    term = await taken(old)
    clock.advance(seconds=LENGTH.total_seconds() + 1)
    await taken(new)

    with pytest.raises(TermOver):
        await DigestBook(old).watched(term, NOW, due=DUE, usd_per_hour=1.0)
