"""Private answers that may be shared, on each kind of database."""

import asyncio
from datetime import timedelta

from bot.state import tables
from bot.state.answers import KEEP, MOST, PrivateAnswers, Refusal
from tests.gate.toys import Clock
from tests.state.replicas import Replicas, count_of

ANSWER = {"verdict": {"text": "so \0 \ud83d 語", "blocks": [{"type": "divider"}]}}


async def test_an_answer_is_shared_once_as_it_was(replicas: Replicas) -> None:
    """At another replica too, whoever presses at the same time."""
    one, other = (PrivateAnswers(replicas.one()) for _ in range(2))
    await one.keep("a", "U1", ANSWER)
    told = await asyncio.gather(
        *(each.claim("a", "U1") for each in (one, other, one, other))
    )

    assert [each for each in told if each is not Refusal.SHARED] == [ANSWER]


async def test_only_its_asker_shares_it(replicas: Replicas) -> None:
    """Whoever else tries takes nothing from them."""
    answers = PrivateAnswers(replicas.one())
    await answers.keep("a", "U1", ANSWER)

    assert await answers.claim("a", "U2") is Refusal.ANOTHERS
    assert await answers.claim("a", "U1") == ANSWER


async def test_what_was_not_posted_can_be_claimed_again(replicas: Replicas) -> None:
    """Once it was released."""
    answers = PrivateAnswers(replicas.one())
    await answers.keep("a", "U1", ANSWER)
    await answers.claim("a", "U1")
    await answers.release("a")

    assert await answers.claim("a", "U1") == ANSWER


async def test_an_answer_is_kept_for_half_an_hour(
    replicas: Replicas, clock: Clock
) -> None:
    """Not shared from then on, and erased when it is forgotten."""
    leases = replicas.one()
    answers = PrivateAnswers(leases)
    await answers.keep("a", "U1", ANSWER)
    clock.advance(seconds=KEEP.total_seconds())
    await answers.keep("b", "U1", ANSWER)
    await answers.forget()
    before = await leases.database.do(lambda it: count_of(tables.answers, it))
    clock.advance(seconds=1)
    late = await answers.claim("a", "U1")
    await answers.forget()

    after = await leases.database.do(lambda it: count_of(tables.answers, it))
    assert timedelta(minutes=30) == KEEP
    assert late is Refusal.GONE
    assert await answers.claim("b", "U1") == ANSWER
    assert (before, after) == (2, 1)


async def test_twenty_are_kept_of_each_person(replicas: Replicas, clock: Clock) -> None:
    """The newest; others lose none by it, and no row is left of the older."""
    leases = replicas.one()
    answers = PrivateAnswers(leases)
    await answers.keep("other", "U2", ANSWER)
    for number in range(MOST + 1):
        clock.advance(seconds=1)
        await answers.keep(f"{99 - number}", "U1", ANSWER)

    rows = await leases.database.do(lambda it: count_of(tables.answers, it))
    assert rows == 20 + 1
    assert await answers.claim("99", "U1") is Refusal.GONE
    assert await answers.claim("98", "U1") == ANSWER
    assert await answers.claim("other", "U2") == ANSWER
