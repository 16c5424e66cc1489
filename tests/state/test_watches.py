"""The watches that are on: bounded, stopped by whom they may be, kept by one."""

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from bot.domain.watches import IN_ALL, PER_CHANNEL, PER_PERSON, Watch, WatchState
from bot.state.leases import TermOver
from bot.state.watches import POSTED_WITHIN, Watches
from tests.gate.toys import Clock
from tests.state.replicas import Replicas, taken
from tests.world import NOW

LASTS = timedelta(minutes=30)
_NUMBERS = count()


@pytest.fixture
def watches(replicas: Replicas) -> Watches:
    """Return the watches as one replica sees them; there are none."""
    return Watches(replicas.one(), lasts=LASTS)


async def begun(watches: Watches, ts: str | None = "17.0", **given: Any) -> Watch:
    """Return a watch that was begun, and posted unless told otherwise."""
    watch = await tried(watches, **given)
    assert isinstance(watch, Watch)
    if ts is not None:
        await watches.posted(watch, ts)
    return watch


async def tried(watches: Watches, **given: Any) -> Watch | str:
    """Return what begins, or why nothing does."""
    values = {
        "words": f"task {next(_NUMBERS)}",
        "system": "reigh",
        "channel": "C1",
        "thread_ts": None,
        "user_id": "U1",
        "team_id": "T1",
    }
    return await watches.begin(**(values | given))


async def kept(watches: Watches) -> list[tuple[str, WatchState]]:
    """Return what whoever leads would keep."""
    term = await taken(watches.leases)
    every, _ = await watches.kept(term)
    await watches.leases.release(term)
    return sorted((each.ts or "", each.state) for each in every)


async def test_a_watch_lasts_from_now_on(watches: Watches) -> None:
    """By the database's clock, whoever keeps it."""
    watch = await begun(watches, thread_ts="16.0")
    term = await taken(watches.leases)

    [found], now = await watches.kept(term)

    assert (found.began_at, found.until, now) == (NOW, NOW + LASTS, NOW)
    assert (found.id, found.words, found.system) == (watch.id, watch.words, "reigh")
    assert (found.channel, found.thread_ts, found.ts) == ("C1", "16.0", "17.0")
    assert (found.user_id, found.team_id) == ("U1", "T1")
    assert (found.state, found.looks, found.looked_at) == (WatchState.RUNNING, 0, None)


async def test_what_is_not_posted_is_not_kept(watches: Watches, clock: Clock) -> None:
    """And forgotten, when its process must have died over it."""
    await begun(watches, None)
    assert await kept(watches) == []
    clock.advance(seconds=POSTED_WITHIN.total_seconds() + 1)
    await kept(watches)

    for number in range(PER_PERSON):
        await begun(watches, f"{number}.0")
    assert len(await kept(watches)) == PER_PERSON


async def test_what_can_t_be_posted_is_dropped(watches: Watches) -> None:
    """It takes no room."""
    for _ in range(PER_PERSON + 1):
        await watches.drop(await begun(watches, None))

    assert await kept(watches) == []


async def test_a_person_watches_few_things(watches: Watches) -> None:
    """Another person may still."""
    for number in range(PER_PERSON):
        await begun(watches, channel=f"C{number}")

    assert await tried(watches, channel="C9") == "you watch 3 things already"
    assert isinstance(await tried(watches, user_id="U2"), Watch)


async def test_a_channel_holds_few_watches(watches: Watches) -> None:
    """Another channel may have more."""
    for number in range(PER_CHANNEL):
        await begun(watches, user_id=f"U{number}")

    why = "5 things are watched in this channel already"
    assert await tried(watches, user_id="U9") == why
    assert isinstance(await tried(watches, user_id="U9", channel="C2"), Watch)


async def test_a_workspace_holds_few_watches(watches: Watches) -> None:
    """Wherever they are, and whoever began them, also all at once."""
    every = [
        tried(watches, user_id=f"U{number}", channel=f"C{number}")
        for number in range(IN_ALL + 4)
    ]

    found = await asyncio.gather(*every)

    assert sum(isinstance(each, Watch) for each in found) == IN_ALL
    why = "20 things are watched in this workspace already"
    assert [each for each in found if not isinstance(each, Watch)] == [why] * 4


async def test_one_stops_one_s_own_in_a_channel(watches: Watches) -> None:
    """Those of others, and those elsewhere, go on."""
    await begun(watches, "1.0", words="health")
    await begun(watches, "2.0", words="task 4134")
    await begun(watches, "3.0", user_id="U2")
    await begun(watches, "4.0", channel="C2")

    found = await watches.stop(channel="C1", user_id="U1", id=None)

    assert {each.words for each in found.stopped} == {"health", "task 4134"}
    assert found.others == 1
    assert await kept(watches) == [
        ("1.0", WatchState.STOPPED),
        ("2.0", WatchState.STOPPED),
        ("3.0", WatchState.RUNNING),
        ("4.0", WatchState.RUNNING),
    ]


async def test_anybody_stops_the_one_they_see(watches: Watches) -> None:
    """By its id, in its channel, once."""
    watch = await begun(watches)
    await begun(watches)

    elsewhere = await watches.stop(channel="C2", user_id="U2", id=watch.id)
    first = await watches.stop(channel="C1", user_id="U2", id=watch.id)
    second = await watches.stop(channel="C1", user_id="U2", id=watch.id)

    assert (elsewhere.stopped, elsewhere.others) == ((), 0)
    assert ([each.id for each in first.stopped], first.others) == ([watch.id], 1)
    assert (second.stopped, second.others) == ((), 1)


async def test_what_is_stopped_before_it_is_posted_stays_stopped(
    watches: Watches,
) -> None:
    """The message is there, and says so."""
    watch = await begun(watches, None)
    await watches.stop(channel="C1", user_id="U1", id=None)
    await watches.posted(watch, "17.0")

    assert await kept(watches) == [("17.0", WatchState.STOPPED)]


async def test_a_look_is_written_down_while_it_runs(watches: Watches) -> None:
    """When it was seen to be true, and how often it was looked at."""
    watch = await begun(watches)
    term = await taken(watches.leases)

    assert await watches.look(term, watch, NOW) is WatchState.RUNNING
    assert await watches.look(term, watch, None) is WatchState.RUNNING
    [found], _ = await watches.kept(term)
    assert (found.looks, found.looked_at) == (1, NOW)

    await watches.stop(channel="C1", user_id="U1", id=None)
    assert await watches.look(term, watch, NOW) is WatchState.STOPPED
    await watches.forget(term, watch)
    assert await watches.look(term, watch, NOW) is None
    assert (await watches.kept(term))[0] == []


async def test_who_leads_no_more_keeps_nothing(
    replicas: Replicas, watches: Watches, clock: Clock
) -> None:
    """Neither looks nor forgets."""
    watch = await begun(watches)
    old = await taken(watches.leases)
    clock.advance(seconds=60)
    other = Watches(replicas.one(), lasts=LASTS)
    new = await taken(other.leases)

    for refused in (
        watches.kept(old),
        watches.look(old, watch, NOW),
        watches.forget(old, watch),
    ):
        with pytest.raises(TermOver):
            await refused

    [found], _ = await other.kept(new)
    assert (found.looks, found.looked_at) == (0, None)


async def test_a_person_watches_a_thing_once_in_a_channel(watches: Watches) -> None:
    """Until they stop; elsewhere again, and others as well."""
    watch = await begun(watches, words="health")
    twice = await tried(watches, words="health")
    await begun(watches, words="health", channel="C2")
    await begun(watches, words="health", user_id="U2")
    await watches.stop(channel="C1", user_id="U1", id=watch.id)

    assert twice == "you watch this here already"
    assert isinstance(await tried(watches, words="health"), Watch)


async def test_replicas_begin_a_thing_once(replicas: Replicas) -> None:
    """Though a button was pressed twice."""
    both = [Watches(replicas.one(), lasts=LASTS) for _ in range(2)]
    told = await asyncio.gather(*(tried(each, words="health") for each in both * 2))

    assert sum(isinstance(each, Watch) for each in told) == 1
