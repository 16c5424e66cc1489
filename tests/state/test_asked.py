"""What each person asked lately, on each kind of database."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from bot.state import tables
from bot.state.asked import KEEP, MOST, Asked
from tests.gate.toys import Clock
from tests.state.replicas import Replicas, count_of


async def test_the_newest_comes_first_and_each_once(replicas: Replicas) -> None:
    """Asked again it moves up; each person and team has their own."""
    asked = Asked(replicas.one())
    for words in ("queue", "tasks", "queue"):
        await asked.add("T1", "U1", words)
    await asked.add(None, "U1", "health")

    assert await asked.of("T1", "U1") == ("queue", "tasks")
    assert await asked.of(None, "U1") == ("health",)
    assert await asked.of("T1", "U2") == ()


async def test_eight_are_kept_of_each_person(replicas: Replicas) -> None:
    """The newest; others lose none by it, and no row is left of the older."""
    leases = replicas.one()
    asked = Asked(leases)
    await asked.add("T1", "U2", "queue")
    for number in range(MOST + 2):
        await asked.add("T1", "U1", f"task {number}")

    kept = await asked.of("T1", "U1")
    rows = await leases.database.do(lambda it: count_of(tables.asked, it))
    assert kept == tuple(f"task {number}" for number in range(9, 1, -1))
    assert await asked.of("T1", "U2") == ("queue",)
    assert rows == MOST + 1


async def test_a_month_later_it_is_forgotten(replicas: Replicas, clock: Clock) -> None:
    """Not told from then on, and erased when it is forgotten."""
    leases = replicas.one()
    asked = Asked(leases)
    await asked.add("T1", "U1", "queue")
    clock.advance(seconds=KEEP.total_seconds())
    await asked.add("T1", "U1", "tasks")
    on_time = await asked.of("T1", "U1")
    clock.advance(seconds=1)
    late = await asked.of("T1", "U1")
    await asked.forget()

    rows = await leases.database.do(lambda it: count_of(tables.asked, it))
    assert timedelta(days=30) == KEEP
    assert on_time == ("tasks", "queue")
    assert late == ("tasks",)
    assert rows == 1


async def test_hostile_words_come_back_as_text(replicas: Replicas) -> None:
    """However long; what no database takes is left out."""
    asked = Asked(replicas.one())
    words = "logs --search '; drop table asked; -- \0" + "語" * 1_900
    await asked.add("T1", "U1", words)

    assert await asked.of("T1", "U1") == (words.replace("\0", ""),)


async def test_replicas_tell_it_once(replicas: Replicas) -> None:
    """Though they wrote it at the same time."""
    both = [Asked(replicas.one()) for _ in range(2)]
    await asyncio.gather(*(each.add("T1", "U1", "queue") for each in both * 5))

    assert [await each.of("T1", "U1") for each in both] == [("queue",)] * 2


async def test_what_two_replicas_wrote_costs_no_other_its_place(
    replicas: Replicas,
) -> None:
    """As neither saw the other's row."""
    leases = replicas.one()
    asked = Asked(leases)
    for number in range(MOST - 1):
        await asked.add("T1", "U1", f"task {number}")
    await asked.add("T1", "U1", "queue")
    twice = sa.insert(tables.asked).from_select(
        ["team_id", "user_id", "words", "asked_at"],
        sa.select(
            tables.asked.c.team_id,
            tables.asked.c.user_id,
            tables.asked.c.words,
            tables.asked.c.asked_at,
        ).where(tables.asked.c.words == "queue"),
    )
    await leases.database.do(lambda it: it.execute(twice).close())

    told = await asked.of("T1", "U1")
    assert told[0] == "queue"
    assert len(told) == len(set(told)) == MOST
