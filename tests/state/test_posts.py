"""Messages that must be posted once."""

import pytest

from bot.state.leases import TermOver
from bot.state.posts import KEPT, Posts
from tests.gate.toys import Clock
from tests.state.replicas import Replicas, taken

PAST = 60


async def test_a_message_is_claimed_once(replicas: Replicas) -> None:
    """Then its ts is known, to every replica."""
    leases = replicas.one()
    term, posts = await taken(leases), Posts(leases)

    first = await posts.claim(term, "alert/1", "C1")
    assert (first.first, first.ts) == (True, None)
    assert await posts.posted(term, "alert/1", "17.0")

    again = await posts.claim(term, "alert/1", "C1")
    assert (again.first, again.ts, again.since) == (False, "17.0", first.since)


async def test_what_a_crash_left_is_told(replicas: Replicas, clock: Clock) -> None:
    """Claimed before, and nobody knows whether it was posted."""
    leases = replicas.one()
    before = await Posts(leases).claim(await taken(leases), "alert/1", "C1")
    clock.advance(seconds=PAST)
    other = replicas.one()

    found = await Posts(other).claim(await taken(other), "alert/1", "C1")

    assert (found.first, found.ts, found.since) == (False, None, before.since)


async def test_who_was_frozen_while_posting_may_still_say_so(
    replicas: Replicas, clock: Clock
) -> None:
    """As long as nobody else began to post it."""
    leases = replicas.one()
    term, posts = await taken(leases), Posts(leases)
    await posts.claim(term, "alert/1", "C1")
    clock.advance(seconds=PAST)
    other = replicas.one()
    new = await taken(other)

    assert await posts.posted(term, "alert/1", "17.0")
    assert (await Posts(other).claim(new, "alert/1", "C1")).ts == "17.0"


async def test_of_two_who_posted_it_the_first_takes_its_away(
    replicas: Replicas, clock: Clock
) -> None:
    """It learns that another has claimed the message since."""
    leases = replicas.one()
    term, posts = await taken(leases), Posts(leases)
    await posts.claim(term, "alert/1", "C1")
    clock.advance(seconds=PAST)
    other = replicas.one()
    new = await taken(other)
    await Posts(other).claim(new, "alert/1", "C1")

    assert not await posts.posted(term, "alert/1", "17.0")
    assert await Posts(other).posted(new, "alert/1", "18.0")
    assert (await Posts(other).claim(new, "alert/1", "C1")).ts == "18.0"


async def test_who_leads_no_more_claims_nothing(
    replicas: Replicas, clock: Clock
) -> None:
    """And so posts nothing."""
    leases = replicas.one()
    term = await taken(leases)
    clock.advance(seconds=PAST)

    with pytest.raises(TermOver):
        await Posts(leases).claim(term, "alert/1", "C1")


async def test_old_ones_are_forgotten(replicas: Replicas, clock: Clock) -> None:
    """After a month; the table does not grow for ever."""
    leases = replicas.one()
    posts, term = Posts(leases), await taken(leases)
    await posts.claim(term, "alert/1", "C1")
    clock.advance(seconds=KEPT.total_seconds() + 1)
    term = await taken(leases)

    await posts.claim(term, "alert/2", "C1")

    assert (await posts.claim(term, "alert/1", "C1")).first
