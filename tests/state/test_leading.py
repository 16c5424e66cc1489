"""Leading: a duty is done by one process at a time, and never past its term."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.errors import SourceDown
from bot.state.database import Database
from bot.state.leading import RENEWALS, Duty, lead
from bot.state.leases import Leases, Term, TermOver
from tests.counterparts import PATIENCE
from tests.databases import Base

SHORT = timedelta(seconds=1.5)
"""A machine may stand still for a third of it at any moment, and no lease is lost."""


@dataclass
class Work:
    """A duty that notes when it begins and ends."""

    began: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    busy: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, term: Term) -> None:
        self.began.append(term.token)
        self.busy.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.append(term.token)
            self.busy.clear()
            self.over.set()


@contextlib.asynccontextmanager
async def leading(leases: Leases, duty: Duty) -> AsyncIterator["asyncio.Task[None]"]:
    """Lead beside the block, and stop after it as a bot does."""
    task = asyncio.get_running_loop().create_task(lead(leases, "watches", duty))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def soon(event: asyncio.Event) -> None:
    """Wait until it is set."""
    async with asyncio.timeout(PATIENCE):
        await event.wait()


@pytest.fixture
async def two(base: Base) -> AsyncIterator[tuple[Leases, Leases]]:
    """Return the leases of two processes, which run out quickly."""
    databases = Database(base.url), Database(base.url)
    for database in databases:  # to make its tables takes longer than a short lease
        await database.do(lambda connection: None)
    yield (Leases(databases[0], length=SHORT), Leases(databases[1], length=SHORT))
    for database in databases:
        await database.close()


class Asked(Leases):
    """Leases that count how often they were renewed, and asked for."""

    renewed = 0
    taken = 0

    async def renew(self, term: Term) -> None:
        await super().renew(term)
        self.renewed += 1

    async def take(self, name: str) -> Term | None:
        term = await super().take(name)
        self.taken += 1
        return term


async def test_one_leads_and_keeps_leading(two: tuple[Leases, Leases]) -> None:
    """For longer than its lease, while the other asks for it in vain."""
    holder, other = (Asked(each.database, length=SHORT) for each in two)
    first, second = Work(), Work()
    async with leading(holder, first):
        await soon(first.busy)
        async with leading(other, second):
            async with asyncio.timeout(PATIENCE):
                while min(holder.renewed, other.taken) <= RENEWALS:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

            assert (first.began, first.ended, second.began) == ([1], [], [])


async def test_who_stops_hands_it_on_at_once(two: tuple[Leases, Leases]) -> None:
    """The duty ends before the lease is let go."""
    first, second = Work(), Work()
    async with leading(two[1], second):
        await soon(second.busy)
        waiting = asyncio.get_running_loop().create_task(lead(two[0], "watches", first))
        await asyncio.sleep(0.1)
        assert not first.began
    await soon(first.busy)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert second.ended == [1]
    assert first.began == [2]


async def test_who_does_not_come_to_renewing_leads_no_more(
    two: tuple[Leases, Leases],
) -> None:
    """A loop that stood still longer than the lease: another leads by then."""
    first, second = Work(), Work()
    async with leading(two[0], first):
        await soon(first.busy)
        time.sleep(2 * SHORT.total_seconds())  # noqa: ASYNC251  that is the point
        # While it still stands: else it is chance who asks first.
        with ThreadPoolExecutor() as elsewhere:
            taken = elsewhere.submit(asyncio.run, two[1].take("watches")).result()
        assert taken == Term(name="watches", token=2)
        await soon(first.over)

    assert first.ended == [1]
    assert not second.began


class Broken(Leases):
    """Leases whose database goes away."""

    down = False

    async def renew(self, term: Term) -> None:
        if self.down:
            source, why = "ledger", "cannot be used"
            raise SourceDown(source, why)
        await super().renew(term)


async def test_without_a_database_it_stops_in_time(two: tuple[Leases, Leases]) -> None:
    """Before the lease is over there, and it leads again when the database is back."""
    leases, work = Broken(two[0].database, length=2 * SHORT), Work()
    async with leading(leases, work):
        await soon(work.busy)
        leases.down = True
        went = time.monotonic()
        await soon(work.over)
        assert time.monotonic() - went < 2 * SHORT.total_seconds()
        leases.down = False
        await soon(work.busy)

    assert work.began == [1, 2]


async def test_nothing_is_led_while_the_database_is_away() -> None:
    """It is tried again and again, and never raises."""
    leases, work = Leases(Database("postgresql://127.0.0.1:1/x"), length=SHORT), Work()
    async with leading(leases, work) as task:
        await asyncio.sleep(0.5)

        assert not task.done()
        assert not work.began


async def test_a_duty_that_fails_begins_another_term(
    two: tuple[Leases, Leases], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; that its term is over is no failure."""
    begun = asyncio.Event()
    terms: list[int] = []

    async def failing(term: Term) -> None:
        terms.append(term.token)
        if len(terms) == 1:
            raise ZeroDivisionError
        if len(terms) == 2:
            raise TermOver
        begun.set()
        await asyncio.Event().wait()

    # Taking one may take a second here: a term is not served if that took too long.
    patient = Leases(two[0].database, length=2 * SHORT)
    with caplog.at_level(logging.ERROR, "bot.state.leading"):
        async with leading(patient, failing):
            await soon(begun)

    assert terms == [1, 2, 3]
    assert [record.message for record in caplog.records] == ["a duty failed"]


class Slow(Leases):
    """Leases whose first term comes when a third of it is over."""

    taken = 0

    async def take(self, name: str) -> Term | None:
        term = await super().take(name)
        if not self.taken:
            await asyncio.sleep(self.length.total_seconds() / RENEWALS + 0.1)
        self.taken += 1
        return term


async def test_a_term_that_came_too_late_is_not_served(base: Base) -> None:
    """It is given back, and the next one is."""
    database = Database(base.url)
    leases, work = Slow(database, length=SHORT), Work()

    async with leading(leases, work):
        await soon(work.busy)
        assert leases.taken > 1

    assert len(work.began) == 1
    await database.close()
