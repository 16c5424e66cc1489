"""Whose turn it is."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.slack.metrics import Metrics
from bot.slack.sending.outbox import Lane, Outbox, Ticket, Urgency
from bot.slack.sending.pace import Manners, Pace
from bot.slack.sending.refusals import TooFast, Unsent
from tests.slack.sending.quick_time import QuickTime


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Let no time pass but what the lanes wait."""
    return "asyncio", {"loop_factory": QuickTime}


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


AT_ONCE = Pace(burst=1, seconds=0)
ANSWER, ALERT, LIVE = Urgency


@dataclass
class Street:
    """A lane, what went through it and when, and what it told its channel."""

    manners: Manners = field(default_factory=lambda: Manners(posts=AT_ONCE))
    metrics: Metrics = field(default_factory=Metrics)
    went: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    seconds: float = 0.002
    """How long each takes."""
    lane: Lane = field(init=False)

    def __post_init__(self) -> None:
        self.lane = Lane("m", self.manners.posts, self.manners, self.metrics)

    async def send(self, name: str, ticket: Ticket) -> str | None:
        """Send one."""

        async def one() -> str:
            await asyncio.sleep(self.seconds)
            if self.refusals:
                raise self.refusals.pop(0)
            self.went.append(name)
            self.at.append(now())
            return name

        async def tell(words: str) -> None:
            self.told.append(words)

        return await self.lane.send(ticket, one, tell)

    async def all(self, *sent: tuple[str, Ticket]) -> list[str | BaseException | None]:
        """Send them all at once, in this order."""
        sending = (self.send(name, ticket) for name, ticket in sent)
        return list(await asyncio.gather(*sending, return_exceptions=True))


def a_ticket(urgency: Urgency = ALERT, thread: str | None = None) -> Ticket:
    """Return a place for a new message."""
    return Ticket(urgency=urgency, thread=thread)


async def test_what_comes_first_goes_first() -> None:
    """Where nothing is more urgent."""
    street = Street()
    ends = await street.all(*((name, a_ticket()) for name in "abc"))

    assert street.went == ["a", "b", "c"]
    assert ends == ["a", "b", "c"]


async def test_answers_overtake_alerts_and_alerts_what_is_live() -> None:
    """But not what is on its way already."""
    street = Street()
    await street.all(
        ("live 1", a_ticket(LIVE)),
        ("live 2", a_ticket(LIVE)),
        ("alert", a_ticket(ALERT)),
        ("answer", a_ticket(ANSWER)),
    )

    assert street.went == ["live 1", "answer", "alert", "live 2"]


async def test_a_thread_keeps_its_order() -> None:
    """An answer in it brings what stands before it along."""
    street = Street()
    await street.all(
        ("a", a_ticket()),
        ("b", a_ticket()),
        ("t1", a_ticket(LIVE, "1.1")),
        ("t2", a_ticket(ANSWER, "1.1")),
    )

    assert street.went == ["a", "t1", "t2", "b"]


async def test_after_a_burst_they_go_one_by_one() -> None:
    """At the pace, and not faster."""
    pace = Pace(burst=3, seconds=0.05)
    street = Street(manners=Manners(posts=pace), seconds=0)
    begun = now()
    await street.all(*((name, a_ticket()) for name in "abcde"))

    assert [at - begun for at in street.at] == pytest.approx([0, 0, 0, 0.05, 0.1])


async def test_slack_may_put_one_off_and_the_order_stays() -> None:
    """For as long as it says; it is counted."""
    street = Street(refusals=[TooFast(0.05)])
    begun = now()
    await street.all(("a", a_ticket()), ("b", a_ticket()))

    assert street.went == ["a", "b"]
    took = street.seconds
    assert street.at == pytest.approx(
        [begun + took + 0.05 + took, begun + 3 * took + 0.05]
    )
    assert 'rate_limited_total{method="m"} 1' in street.metrics.text()


async def test_an_answer_overtakes_what_was_put_off() -> None:
    """Whoever waits for Slack does not hold the turn."""
    street = Street(refusals=[TooFast(0.02)])
    await street.all(("alert", a_ticket()), ("answer", a_ticket(ANSWER)))

    assert street.went == ["answer", "alert"]


async def test_one_that_is_put_off_for_ever_is_given_up() -> None:
    """With Slack's word for it."""
    street = Street(
        manners=Manners(posts=AT_ONCE, patience=0.05), refusals=[TooFast(0.03)] * 9
    )
    [end] = await street.all(("a", a_ticket()))

    assert isinstance(end, Unsent)
    assert end.error == "ratelimited"


async def test_only_the_latest_change_of_a_message_is_sent() -> None:
    """What it replaced is told so, and that is no error."""
    street = Street()
    ends = await street.all(
        *((str(number), Ticket(urgency=LIVE, subject="1.5")) for number in range(4))
    )

    assert ends == ["0", None, None, "3"]
    assert "collapsed_updates_total 2" in street.metrics.text()


async def test_a_change_that_was_put_off_gives_way_to_a_later_one() -> None:
    """It would undo it."""
    street = Street(refusals=[TooFast(0.02)])
    ends = await street.all(
        *((str(number), Ticket(urgency=LIVE, subject="1.5")) for number in range(2))
    )

    assert ends == [None, "1"]


async def test_the_latest_change_takes_over_the_place() -> None:
    """Or one that changes all the time would never be shown."""
    street = Street()
    await street.all(
        ("first", a_ticket()),
        ("old", Ticket(urgency=LIVE, subject="1.5")),
        ("other", Ticket(urgency=LIVE, subject="2.5")),
        ("new", Ticket(urgency=LIVE, subject="1.5")),
    )

    assert street.went == ["first", "new", "other"]


async def test_live_changes_of_one_message_are_apart_but_no_outcome_waits() -> None:
    """An outcome is waited for."""
    apart = Manners(posts=AT_ONCE, same_message=Pace(burst=1, seconds=0.1))
    street = Street(manners=apart)
    live = [Ticket(urgency=LIVE, subject="1.5") for _ in range(2)]
    begun = now()
    await street.send("one", live[0])
    await street.send("two", live[1])
    await street.send("end", Ticket(urgency=ANSWER, subject="1.5"))

    took = street.seconds
    assert [at - begun for at in street.at] == pytest.approx(
        [took, 0.1 + took, 0.1 + 2 * took]
    )


async def test_who_gives_up_leaves_the_lane() -> None:
    """Also at the very moment of being called."""
    street = Street()
    tasks = [
        asyncio.get_running_loop().create_task(street.send(name, a_ticket()))
        for name in "abcd"
    ]
    await asyncio.sleep(0)
    tasks[2].cancel()
    await tasks[0]
    tasks[1].cancel()  # it was called when the first ended
    ends = await asyncio.gather(*tasks, return_exceptions=True)

    assert street.went == ["a", "d"]
    assert [type(end) for end in ends[1:3]] == [asyncio.CancelledError] * 2
    assert 'waiting_messages{method="m"} 0' in street.metrics.text()


async def test_a_failure_does_not_hold_up_the_others() -> None:
    """Its caller knows of it."""
    street = Street(refusals=[Unsent("not_in_channel")])
    first, second = await street.all(("a", a_ticket()), ("b", a_ticket()))

    assert isinstance(first, Unsent)
    assert second == "b"


GO = "Slack takes about one a second here. Answers go first, the rest follows."


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_no_lane_is_ever_stuck(seed: int) -> None:
    """Each goes once or its caller knows that it didn't, and threads keep their order.

    Callers give up at any moment, and Slack refuses, or puts off, what it likes.
    """
    chance = random.Random(seed)  # noqa: S311  nothing here is secret
    street = Street(manners=Manners(posts=AT_ONCE, most=30, behind=10), seconds=0)
    names = [f"{chance.choice('abc-')}{number}" for number in range(200)]

    async def one(name: str) -> str | None:
        await asyncio.sleep(chance.random() * 0.05)
        thread = name[0] if name[0] != "-" else None
        ticket = a_ticket(chance.choice(list(Urgency)), thread)
        given.append(name)
        async with asyncio.timeout(chance.choice([0.001, 0.01, 60, 60, 60])):
            return await street.send(name, ticket)

    def unruly() -> None:
        street.seconds = chance.choice([0, 0, 0.001])
        if len(street.refusals) < 3:
            how = [TooFast(0.001), TooFast(0), Unsent("not_in_channel")]
            street.refusals.append(chance.choice(how))

    given: list[str] = []
    tasks = [asyncio.get_running_loop().create_task(one(name)) for name in names]
    for _ in range(40):
        unruly()
        await asyncio.sleep(0.002)
    async with asyncio.timeout(60):
        ends = await asyncio.gather(*tasks, return_exceptions=True)

    kinds = {type(end) for end in ends}
    assert kinds == {str, Unsent, TimeoutError}
    assert {end for end in ends if isinstance(end, str)} <= set(street.went)
    assert len(set(street.went)) == len(street.went)
    for thread in "abc":
        sent = [name for name in street.went if name[0] == thread]
        assert sent == [name for name in given if name in sent]
    assert 'waiting_messages{method="m"} 0' in street.metrics.text()
    assert not street.lane._busy
    street.refusals.clear()
    assert await street.send("after", a_ticket()) == "after"


FEW = Manners(posts=AT_ONCE, behind=3, most=4)


async def test_a_full_lane_leaves_out_the_newest_of_the_least_urgent() -> None:
    """And tells the caller, the channel, and who looks at the numbers."""
    street = Street(manners=FEW)
    ends = await street.all(
        *((str(number), a_ticket()) for number in range(6)),
        ("answer", a_ticket(ANSWER)),
    )

    assert [isinstance(end, Unsent) for end in ends] == [
        *(False, False, False, False, True, True, False)
    ]
    assert street.went == ["0", "answer", "1", "2", "3"]
    assert street.told == [
        f"4 messages behind: {GO}",
        "2 messages were left out here: more than 4 waited at once.",
    ]
    assert 'left_out_total{urgency="alert"} 2' in street.metrics.text()


async def test_a_channel_is_told_once_that_it_is_behind() -> None:
    """And again when that is over and comes back."""
    street = Street(manners=FEW)
    few = [(str(number), a_ticket()) for number in range(5)]
    await street.all(*few)
    once = len(street.told)
    await street.all(*((name, a_ticket()) for name, _ in few))

    assert once == 1
    assert len(street.told) == 2


async def test_a_few_that_wait_are_not_worth_a_word() -> None:
    """Three seconds are nothing."""
    street = Street(manners=FEW)
    await street.all(*((str(number), a_ticket()) for number in range(3)))

    assert street.told == []


async def test_in_a_flood_without_an_end_what_is_left_out_is_said_meanwhile() -> None:
    """Or it would never be."""
    street = Street(manners=replace(FEW, left_out_seconds=-1))
    await street.all(*((str(number), a_ticket()) for number in range(7)))

    assert [words.split(" ")[0] for words in street.told] == ["4", "2"]
    assert len(street.went) == 5


async def test_words_that_slack_puts_off_are_said_later() -> None:
    """They wait like all else."""
    street = Street(manners=FEW)
    refusals = [TooFast(0.01)]
    told: list[str] = []

    async def tell(words: str) -> None:
        if refusals:
            raise refusals.pop()
        told.append(words)

    async def nothing() -> None:
        await asyncio.sleep(0.001)

    await asyncio.gather(
        *(street.lane.send(a_ticket(), nothing, tell) for _ in range(5))
    )

    assert len(told) == 1


async def test_lanes_that_are_quiet_are_forgotten() -> None:
    """A workspace has many channels."""
    outbox = Outbox(Metrics())
    first = outbox.posts("C1")
    outbox.posts("C1")._meter.take(now() + 60)
    outbox.posts("C2")
    outbox.posts("C3")

    assert outbox.posts("C1") is first
    assert set(outbox._lanes) == {
        ("chat.postMessage", "C1"),
        ("chat.postMessage", "C3"),
    }


def always(error: Exception) -> Callable[[], Awaitable[None]]:
    """Return what always fails so."""

    async def fails() -> None:
        raise error

    return fails


async def test_what_has_no_lane_is_patient_too() -> None:
    """Though not for ever."""
    outbox = Outbox(Metrics(), Manners(patience=0.02))

    with pytest.raises(Unsent, match="ratelimited"):
        await outbox.patiently("m", always(TooFast(0.01)))
