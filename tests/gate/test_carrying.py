"""Doing what was taken, item by item, and settling what was cut off."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from bot.domain.errors import Misread, NotFound, SourceDown, Uncertain
from bot.domain.offers import Fate, Offer, OfferState, Step
from bot.domain.report import Outcome, Report
from tests.gate.people import (
    BOB,
)
from tests.gate.toys import (
    ALONE,
    DONE,
    SLACK_DOWN,
    TOYS,
    WHERE,
    House,
    a_policy,
    an_item,
    caller,
    is_done,
    is_refused,
    ledger_down,
    press,
    settle_all,
)


async def test_each_item_is_looked_at_once_more(house: House) -> None:
    """What has changed since the plan is left alone and said."""
    house.toy.left = {TOYS[1]: "a child plays with it"}
    offer = await house.offer()
    report = await house.redeem(offer)

    assert house.toy.done == {TOYS[0]: 1, TOYS[2]: 1}
    assert report.summary.startswith("toy break: 2 done, 1 left alone")
    assert report.outcome is Outcome.REFUSED
    assert await house.fates() == {**DONE, TOYS[1]: Fate.LEFT_ALONE}


@pytest.mark.parametrize(
    ("step", "error", "fate", "said"),
    [
        ("look", SLACK_DOWN, Fate.FAILED, "not done: slack did not answer within 3 s"),
        ("look", KeyError("x"), Fate.FAILED, "debug-bot itself failed on this"),
        ("do", Uncertain("runpod", "timed out"), Fate.UNKNOWN, "nobody knows if it is"),
        ("do", KeyError("x"), Fate.UNKNOWN, "debug-bot itself failed on this"),
    ],
)
async def test_one_item_that_fails_does_not_stop_the_others(
    house: House, step: str, error: Exception, fate: Fate, said: str
) -> None:
    """What was begun is not said to be undone: nobody knows."""
    fails = house.toy.fails_look if step == "look" else house.toy.fails_do
    fails[TOYS[1]] = error
    offer = await house.offer()
    report = await house.redeem(offer)
    middle = (await house.again(offer)).progress[1].ended

    assert house.toy.done == {TOYS[0]: 1, TOYS[2]: 1}
    assert f"2 done, 1 {fate.value}" in report.summary
    assert middle is not None
    assert middle.detail.startswith(said)
    assert (await house.again(offer)).state is OfferState.FINISHED


async def test_what_another_confirmation_is_at_is_left_alone(house: House) -> None:
    """Two shells may have planned the same: one does it."""
    first, second = await house.offer(), await house.offer()
    await house.ledger.take(
        first.id,
        who="bob",
        runner="one",
        where=None,
        ticked=frozenset({0}),
        now=house.clock(),
    )
    await house.ledger.begin(first, 0, runner="one")

    report = await house.redeem(second)

    assert report.summary.startswith("toy break: 2 done, 1 left alone")
    assert house.toy.done[TOYS[0]] == 0


async def test_a_freeze_stops_between_items(house: House) -> None:
    """Another replica's, too."""

    async def freeze(target: str) -> None:
        await house.gate().freeze(caller(BOB), "bob")

    house.toy.once_done = freeze
    offer = await house.offer()
    await house.redeem(offer)

    assert house.toy.done == {TOYS[0]: 1}
    assert await house.fates() == {**ALONE, TOYS[0]: Fate.DONE}
    last = (await house.again(offer)).progress[2].ended
    assert last is not None
    assert last.detail == "frozen by bob meanwhile: plan it anew after `unfreeze`"


async def test_nothing_is_pressed_while_all_is_frozen(house: House) -> None:
    """It can be afterwards."""
    offer = await house.offer()
    await house.gate().freeze(caller(BOB), "bob")

    report = await house.redeem(offer)
    assert is_refused(report, "everything is frozen, by bob at 2026-01-31 12:00:00Z")
    await house.gate().unfreeze(caller(BOB), "bob")
    assert is_done(await house.redeem(offer))


async def test_what_cannot_be_shown_is_done_all_the_same(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """A message is no reason to stop halfway."""

    async def dumb(report: Report) -> None:
        msg = "no Slack"
        raise OSError(msg)

    offer = await house.offer()

    assert is_done(await house.gate().redeem(press(offer), dumb))
    assert "progress was not told" in caplog.text


async def test_the_audits_channel_is_told_of_the_end(house: House) -> None:
    """As the policy says it."""
    house.policy = a_policy(audit_channel="C01AUDIT")
    offer = await house.offer()

    assert (await house.redeem(offer)).copy_to == "C01AUDIT"
    assert {each.copy_to for each in house.told} == {None}


async def test_the_message_is_remembered(house: House) -> None:
    """For what is to be said after a restart."""
    offer = await house.offer()
    await house.redeem(offer)

    assert (await house.again(offer)).where == WHERE


# --- a ledger that is down -------------------------------------------------------


@pytest.mark.parametrize("step", ["get", "frozen", "take"])
async def test_nothing_is_done_without_a_ledger(house: House, step: str) -> None:
    """The error says so, and the offer can be pressed when it is back."""
    offer = await house.offer()
    house.ledger.fails.add(step)

    with pytest.raises(SourceDown, match="disk I/O error"):
        await house.redeem(offer)

    assert not house.toy.done
    house.ledger.fails.clear()
    assert is_done(await house.redeem(offer))


async def test_what_cannot_be_written_first_is_not_done(house: House) -> None:
    """No item is begun, and each says why."""
    offer = await house.offer()
    house.ledger.fails.add("begin")
    report = await house.redeem(offer)

    assert not house.toy.done
    assert "3 failed" in report.summary
    found = (await house.again(offer)).progress
    assert {each.ended.detail for each in found if each.ended} == {
        "not done: ledger cannot be used: disk I/O error"
    }


async def test_an_end_that_cannot_be_written_is_told_and_settled_later(
    house: House,
) -> None:
    """The presser hears the truth, and another replica completes the audit."""
    house.toy.items = (an_item(),)
    offer = await house.offer()
    house.ledger.fails.add("end")
    report = await house.redeem(offer)

    assert "1 done" in report.summary
    [note] = report.notes
    assert note.startswith("the audit lacks the end of toy-ball: the ledger cannot be")
    assert await house.fates() == {TOYS[0]: None}
    assert (await house.again(offer)).progress[0].step is Step.BEGUN
    house.ledger.fails.clear()
    [settled] = await settle_all(house)
    assert "1 done" in settled.summary
    assert await house.fates() == {TOYS[0]: Fate.DONE}


async def test_an_end_is_tried_again(house: House) -> None:
    """A ledger that was locked for a moment lacks nothing."""
    house.toy.items = (an_item(),)
    offer = await house.offer()

    async def mend() -> None:
        house.ledger.fails.clear()

    async def breaks() -> None:
        house.ledger.fails.add("end")
        house.ledger.before["end"] = mend

    house.ledger.before["end"] = breaks
    report = await house.redeem(offer)

    assert report.notes == ()
    assert await house.fates() == {TOYS[0]: Fate.DONE}


async def test_an_offer_that_cannot_be_closed_is_closed_later(house: House) -> None:
    """All its items have ended, so nothing changes but that."""
    offer = await house.offer()
    house.ledger.fails.add("finish")

    assert is_done(await house.redeem(offer))
    assert (await house.again(offer)).state is OfferState.TAKEN
    house.ledger.fails.clear()
    [settled] = await settle_all(house)
    assert "3 done" in settled.summary
    assert (await house.again(offer)).state is OfferState.FINISHED
    assert await house.fates() == DONE


# --- after a death ---------------------------------------------------------------


async def killed(house: House) -> Offer:
    """Return an offer whose runner ended while it did the first item."""
    house.toy.pause = asyncio.Event()
    offer = await house.offer()
    running = asyncio.get_running_loop().create_task(house.redeem(offer))
    await house.toy.reached.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return offer


async def test_there_may_be_nothing_to_settle(house: House) -> None:
    """Neither before the lease is over, nor for what was never taken."""
    await killed(house)
    await house.offer()

    assert await house.gate().recover() == []


async def test_what_was_begun_is_looked_up_and_the_rest_left_alone(
    house: House,
) -> None:
    """Nothing is done any more; where it was pressed is where it is told."""
    offer = await killed(house)
    house.policy = a_policy(audit_channel="C01AUDIT")
    house.clock.advance(seconds=21)
    [(found, report)] = await house.gate().recover()

    assert (found.id, found.where) == (offer.id, WHERE)
    assert not house.toy.done
    assert "2 left alone, 1 failed" in report.summary
    assert report.notes == ("debug-bot was stopped while it did this",)
    assert report.copy_to == "C01AUDIT"
    assert await house.fates() == {**ALONE, TOYS[0]: Fate.FAILED}
    assert (await house.again(offer)).state is OfferState.FINISHED
    assert await settle_all(house) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotFound("no toy is called so"), "no toy is called so"),
        (KeyError("x"), "its log tells more"),
    ],
)
async def test_what_cannot_be_looked_up_is_unknown(
    house: House, error: Exception, said: str
) -> None:
    """And it is not settled again."""
    house.toy.fails_settle[TOYS[0]] = error
    offer = await killed(house)
    [report] = await settle_all(house)
    first = (await house.again(offer)).progress[0].ended

    assert "1 unknown" in report.summary
    assert first is not None
    assert first.detail.endswith(f"could not look what became of it: {said}")


@pytest.mark.parametrize("gone", ["actions", "systems"])
async def test_an_unknown_action_is_settled_as_unknown(house: House, gone: str) -> None:
    """A version that does not know it cannot look."""
    await killed(house)
    house.clock.advance(seconds=21)
    await house.gate(**{gone: {}}).recover()

    assert await house.fates() == {**ALONE, TOYS[0]: Fate.UNKNOWN}


async def test_it_is_settled_without_a_policy(house: House) -> None:
    """Nothing is changed, so nobody needs a right to."""
    await killed(house)
    house.policy = Misread("DEBUG_BOT_POLICY: gone")
    [report] = await settle_all(house)

    assert "2 left alone" in report.summary
    assert report.copy_to is None


async def test_what_was_settled_is_told_though_the_ledger_goes_down(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The rest is settled the next time."""
    await killed(house)
    house.toy.reached.clear()
    await killed(house)
    house.clock.advance(seconds=21)

    async def breaks() -> None:
        house.ledger.fails.add("end")

    async def first() -> None:
        house.ledger.before["end"] = breaks

    house.ledger.before["finish"] = first

    assert len(await house.gate().recover()) == 1
    assert "the rest is settled later" in caplog.text
    house.ledger.fails.clear()
    assert len(await settle_all(house)) == 1


async def test_nothing_is_settled_without_a_ledger(house: House) -> None:
    """Whoever asked hears so."""
    await killed(house)
    house.clock.advance(seconds=21)
    house.ledger.fails.add("end")

    with pytest.raises(SourceDown):
        await house.gate().recover()


async def test_another_may_settle_it_first(house: House) -> None:
    """Whoever loses it says nothing."""
    await killed(house)
    house.clock.advance(seconds=21)

    async def overtake() -> None:
        assert len(await settle_all(house)) == 1

    house.ledger.before["end"] = overtake

    assert await house.gate().recover() == []
    assert await house.fates() == {**ALONE, TOYS[0]: Fate.FAILED}


@pytest.mark.parametrize("same", [True, False], ids=["itself", "another replica"])
async def test_a_runner_that_slept_too_long_does_no_more(
    house: House, same: bool
) -> None:
    """It ends what it had begun; what it did is in the audit all the same."""
    house.toy.pause = asyncio.Event()
    offer, gate = await house.offer(), house.gate()
    other = gate if same else house.gate()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gate.redeem(press(offer), house.tell))
        await house.toy.reached.wait()
        house.clock.advance(seconds=21)
        [(_, settled)] = await other.recover()
        house.toy.pause.set()

    assert "2 left alone, 1 failed" in settled.summary
    assert house.toy.done == {TOYS[0]: 1}
    assert await house.fates() == {**ALONE, TOYS[0]: Fate.DONE}
    assert running.result().notes == (
        "another process has taken over and reports it as well",
        "another process has taken over and reports the rest",
    )


async def test_nobody_does_what_is_being_settled(house: House) -> None:
    """Not even in the same process, and what was seen done stays done."""
    house.toy.pause = pause = asyncio.Event()
    offer, gate = await house.offer(), house.gate()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gate.redeem(press(offer), house.tell))
        await house.toy.reached.wait()
        house.clock.advance(seconds=21)

        async def wakes() -> None:
            pause.set()
            await asyncio.wait([running])

        # It was looked at, and is done before that is written down.
        house.ledger.before["end"] = wakes
        [(_, settled)] = await gate.recover()

    assert house.toy.done == {TOYS[0]: 1}
    assert "2 left alone, 1 failed" in settled.summary
    assert await house.fates() == {**ALONE, TOYS[0]: Fate.DONE}


async def test_what_one_does_not_know_corrects_nobody(house: House) -> None:
    """Whoever took over has seen more."""
    house.toy.items = (an_item(),)
    house.toy.fails_do[TOYS[0]] = Uncertain("runpod", "timed out")
    house.toy.pause = asyncio.Event()
    offer = await house.offer()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.redeem(offer))
        await house.toy.reached.wait()
        await settle_all(house)
        house.toy.pause.set()

    assert await house.fates() == {TOYS[0]: Fate.FAILED}


async def test_a_late_end_that_cannot_be_written_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The presser hears it anyway."""
    house.toy.items = (an_item(),)
    house.toy.pause = asyncio.Event()
    offer = await house.offer()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.redeem(offer))
        await house.toy.reached.wait()
        await settle_all(house)
        house.ledger.fails.add("write")
        house.toy.pause.set()

    assert "1 done" in running.result().summary
    assert "an end is not recorded" in caplog.text


async def test_whoever_is_at_it_says_so(house: House) -> None:
    """Again and again, though the ledger was away meanwhile, so nobody takes over."""
    house.renews = timedelta(milliseconds=1)
    house.toy.pause = asyncio.Event()
    offer = await house.offer()
    renewed = asyncio.Event()

    async def third() -> None:
        renewed.set()

    async def second() -> None:
        house.ledger.before["renew"] = third

    async def first() -> None:
        house.ledger.before["renew"] = second
        raise ledger_down()

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.redeem(offer))
        await house.toy.reached.wait()
        house.clock.advance(seconds=21)
        house.ledger.before["renew"] = first
        await renewed.wait()
        assert await house.gate().recover() == []
        house.toy.pause.set()

    assert is_done(running.result())
