"""What the gate remembers; every test on SQLite and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.access import Caller, Door
from bot.domain.offers import (
    Decision,
    Fate,
    Offer,
    OfferState,
    Progress,
    Record,
    Step,
)
from bot.domain.times import Window
from bot.gate.ledger import Ledger
from bot.gate.promises import KEPT, LEASE, Busy, Lost
from tests.databases import Base
from tests.gate.people import ALICE, BOB, CAROL
from tests.gate.toys import (
    BREAK,
    PLACE,
    TOYS,
    WHERE,
    Clock,
    an_item,
    an_offer,
    ended,
)
from tests.world import NOW

EVERY = frozenset(range(len(TOYS)))
ALWAYS = Window(since=NOW - timedelta(days=1000), until=NOW + timedelta(days=1000))
FREEZE = Record(at=NOW, who="alice", action="freeze", decision=Decision.FROZEN)
UNFREEZE = replace(FREEZE, action="unfreeze", decision=Decision.UNFROZEN)


async def kept(ledger: Ledger, id: str = "offer-1") -> Offer:
    found = await ledger.get(id)
    assert found is not None
    return found


async def steps(ledger: Ledger, id: str = "offer-1") -> list[Step]:
    return [each.step for each in (await kept(ledger, id)).progress]


async def take(ledger: Ledger, id: str = "offer-1", **more: Any) -> bool:
    given: dict[str, Any] = {
        "who": "alice",
        "runner": "one",
        "where": WHERE,
        "ticked": EVERY,
        "now": NOW,
    }
    return await ledger.take(id, **(given | more))


async def taken(ledger: Ledger, **more: Any) -> Offer:
    """Return an offer that is being carried out."""
    await ledger.offer(an_offer())
    assert await take(ledger, **more)
    return await kept(ledger)


async def confirm(ledger: Ledger, user: str = ALICE, **more: Any) -> None:
    given: dict[str, Any] = {"who": user.lower(), "ticked": EVERY, "now": NOW}
    await ledger.confirm("offer-1", user_id=user, **(given | more))


async def audit(ledger: Ledger) -> list[tuple[str, str, str, Fate | None, str]]:
    found = await ledger.records(ALWAYS, limit=1000)
    return [
        (each.who, each.decision, each.target, each.outcome, each.reason)
        for each in found
    ]


# --- offers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "offer",
    [
        an_offer(),
        an_offer(caller=Caller(door=Door.SHELL, name="root"), second="two must"),
        an_offer(
            progress=(
                Progress(
                    item=an_item(
                        label="the bear",
                        since=NOW - timedelta(hours=1),
                        cost_per_hour_usd=0.69,
                        cost_so_far_usd=0.7,
                        pods=1,
                        seen={"a": 1, "b": None, "c": True, "d": 0.5, "e": "é"},
                    )
                ),
            )
        ),
    ],
)
async def test_an_offer_comes_back_as_it_was(ledger: Ledger, offer: Offer) -> None:
    """With all that a look needs to tell what has changed since."""
    await ledger.offer(offer)

    assert await ledger.get(offer.id) == offer


async def test_there_may_be_no_such_offer(ledger: Ledger) -> None:
    """Then there is none."""
    assert await ledger.get("offer-1") is None


async def test_an_offer_is_one_line_of_the_audit(ledger: Ledger) -> None:
    """It names all targets, and why two must confirm."""
    await ledger.offer(an_offer(second="two must"))
    [record] = await ledger.records(ALWAYS, limit=10)

    assert record == Record(
        at=NOW,
        who=ALICE,
        action=BREAK,
        decision=Decision.OFFERED,
        target=", ".join(TOYS),
        reason="two must",
        channel=PLACE,
        offer_id="offer-1",
    )


async def test_it_outlives_the_process(ledger: Ledger, base: Base) -> None:
    """Another one finds what the first has left."""
    await ledger.offer(an_offer())
    await ledger.close()
    other = Ledger(base.url, clock=Clock())

    assert await other.get("offer-1") == an_offer()
    await other.close()


async def test_what_was_never_opened_can_be_closed(base: Base) -> None:
    """And a closed ledger opens again when it is asked."""
    ledger = Ledger(base.url, clock=Clock())
    await ledger.close()

    assert await ledger.frozen() is None
    await ledger.close()


# --- taking ----------------------------------------------------------------------


async def test_an_offer_is_taken_once(ledger: Ledger) -> None:
    """Whoever comes second finds it taken, and by whom."""
    offer = await taken(ledger)

    assert not await take(ledger, who="bob", runner="two")
    assert offer == await kept(ledger)
    assert offer.state is OfferState.TAKEN
    assert (offer.ended_by, offer.ended_at) == ("alice", NOW)
    assert (offer.runner, offer.where) == ("one", WHERE)


async def test_one_of_many_who_take_it_at_once_has_it(
    ledger: Ledger, base: Base
) -> None:
    """Though they come by two connections."""
    other = Ledger(base.url, clock=Clock())
    await ledger.offer(an_offer())
    await other.frozen()
    every = [take(each, runner=str(n)) for n in range(10) for each in (ledger, other)]
    found = await asyncio.gather(*every)

    assert sorted(found) == [False] * 19 + [True]
    await other.close()


async def test_an_offer_is_open_to_its_last_second(ledger: Ledger) -> None:
    """And to the last microsecond of that."""
    await ledger.offer(an_offer())
    last = NOW + timedelta(minutes=2, microseconds=-1)

    assert await take(ledger, now=last)


async def test_an_expired_offer_cannot_be_taken(ledger: Ledger) -> None:
    """From the very moment that it was to last until."""
    await ledger.offer(an_offer())

    assert not await take(ledger, now=NOW + timedelta(minutes=2))
    assert (await kept(ledger)).state is OfferState.OPEN


async def test_an_unknown_offer_cannot_be_taken(ledger: Ledger) -> None:
    """Nor confirmed, nor cancelled."""
    await confirm(ledger)

    assert not await take(ledger)
    assert not await ledger.cancel("offer-1", who="alice", now=NOW)
    assert await audit(ledger) == []


async def test_it_may_be_taken_where_no_message_shows_it(ledger: Ledger) -> None:
    """In a shell."""
    assert (await taken(ledger, where=None)).where is None


async def test_what_is_unticked_is_not_planned(ledger: Ledger) -> None:
    """It stays in the offer, for all to see."""
    await taken(ledger, ticked=frozenset({1}))

    assert await steps(ledger) == [Step.UNTICKED, Step.PLANNED, Step.UNTICKED]


# --- two people ------------------------------------------------------------------


async def test_those_who_confirm_are_remembered_in_order(
    ledger: Ledger, clock: Clock
) -> None:
    """Each once, however often they press."""
    await ledger.offer(an_offer())
    for user in (CAROL, ALICE, CAROL):
        await confirm(ledger, user, now=clock())
        clock.advance(seconds=1)
    offer = await kept(ledger)

    assert offer.confirmed_by == (CAROL, ALICE)
    assert offer.confirmed_names == (CAROL.lower(), ALICE.lower())
    assert [each[:2] for each in await audit(ledger)][1:] == [
        (CAROL.lower(), "confirmed"),
        (ALICE.lower(), "confirmed"),
    ]


async def test_a_confirmation_may_be_delivered_often_at_once(
    ledger: Ledger, base: Base
) -> None:
    """It counts once, and none of the deliveries fails."""
    other = Ledger(base.url, clock=Clock())
    await ledger.offer(an_offer())
    await other.frozen()
    await asyncio.gather(*(confirm(each) for each in (ledger, other) * 10))

    assert (await kept(ledger)).confirmed_by == (ALICE,)
    assert len(await audit(ledger)) == 2
    await other.close()


async def test_what_one_has_unticked_stays_so(ledger: Ledger) -> None:
    """Whoever presses later can only untick more."""
    await ledger.offer(an_offer())
    await confirm(ledger, ALICE, ticked=frozenset({0, 1}))
    await confirm(ledger, BOB, ticked=frozenset({0, 1, 2}))
    await take(ledger, ticked=frozenset({0, 2}))

    assert await steps(ledger) == [Step.PLANNED, Step.UNTICKED, Step.UNTICKED]


@pytest.mark.parametrize("ends", ["taken", "cancelled"])
async def test_what_is_no_longer_open_is_not_confirmed(
    ledger: Ledger, ends: str
) -> None:
    """And nothing of it is unticked any more."""
    await ledger.offer(an_offer())
    if ends == "taken":
        await take(ledger)
    else:
        await ledger.cancel("offer-1", who="alice", now=NOW)
    await confirm(ledger, BOB, ticked=frozenset())

    assert (await kept(ledger)).confirmed_by == ()
    assert await steps(ledger) == [Step.PLANNED] * 3


# --- cancelling ------------------------------------------------------------------


async def test_an_offer_is_cancelled_once(ledger: Ledger) -> None:
    """Then it cannot be taken."""
    await ledger.offer(an_offer())

    assert await ledger.cancel("offer-1", who="alice", now=NOW)
    assert not await ledger.cancel("offer-1", who="bob", now=NOW)
    assert not await take(ledger)
    offer = await kept(ledger)
    assert (offer.state, offer.ended_by) == (OfferState.CANCELLED, "alice")
    assert [each[:2] for each in await audit(ledger)] == [
        (ALICE, "offered"),
        ("alice", "cancelled"),
    ]


async def test_what_has_expired_cannot_be_cancelled(ledger: Ledger) -> None:
    """It is over as it is; up to its last microsecond it can."""
    await ledger.offer(an_offer("over"))
    await ledger.offer(an_offer("open"))
    end = NOW + timedelta(minutes=2)
    last = end - timedelta(microseconds=1)

    assert not await ledger.cancel("over", who="alice", now=end)
    assert (await kept(ledger, "over")).state is OfferState.OPEN
    assert await ledger.cancel("open", who="alice", now=last)


async def test_what_expires_unpressed_is_told_once(ledger: Ledger) -> None:
    """With the message that shows it; before its last second nothing is."""
    offer = an_offer()
    await ledger.offer(offer)
    await ledger.show(offer.id, WHERE)
    soon = offer.expires_at - timedelta(seconds=1)

    assert await ledger.lapsed(soon) == ()
    assert await ledger.lapsed(offer.expires_at) == (replace(offer, where=WHERE),)
    assert await ledger.lapsed(offer.expires_at) == ()
    assert (await kept(ledger)).where is None


async def test_one_of_many_tells_what_expired(
    ledger: Ledger, base: Base, clock: Clock
) -> None:
    """Though all look at the same moment."""
    offer, other = an_offer(), Ledger(base.url, clock=clock)
    await ledger.offer(offer)
    await ledger.show(offer.id, WHERE)
    every = [
        each.lapsed(offer.expires_at) for _ in range(9) for each in (ledger, other)
    ]
    found = await asyncio.gather(*every)

    assert sum(map(len, found)) == 1
    await other.close()


async def test_only_what_a_message_offers_still_expires_there(ledger: Ledger) -> None:
    """No private plan, and nothing that runs; that keeps where it was pressed."""
    offers = [an_offer(f"offer-{number}") for number in range(3)]
    for each in offers:
        await ledger.offer(each)
    assert await take(ledger, "offer-1", where=None)
    await ledger.show("offer-1", WHERE)
    await ledger.show("offer-2", WHERE)
    await ledger.cancel("offer-2", who="alice", now=NOW)

    assert await ledger.lapsed(offers[0].expires_at) == ()
    assert (await kept(ledger)).where is None


async def test_what_runs_cannot_be_cancelled(ledger: Ledger) -> None:
    """It is too late."""
    await taken(ledger)

    assert not await ledger.cancel("offer-1", who="alice", now=NOW)


# --- carrying out ----------------------------------------------------------------


async def test_each_step_is_written_down(ledger: Ledger) -> None:
    """Before it is done, and after."""
    offer = await taken(ledger)
    await ledger.begin(offer, 0, runner="one")

    assert await steps(ledger) == [Step.BEGUN, Step.PLANNED, Step.PLANNED]
    await ledger.end(offer, 0, ended(TOYS[0]), runner="one")
    assert await steps(ledger) == [Step.ENDED, Step.PLANNED, Step.PLANNED]
    assert (await kept(ledger)).progress[0].ended == ended(TOYS[0])
    await ledger.finish("offer-1", runner="one")
    assert (await kept(ledger)).state is OfferState.FINISHED


async def test_an_item_is_begun_once(ledger: Ledger) -> None:
    """The same runner does not begin it again either."""
    offer = await taken(ledger)
    await ledger.begin(offer, 0, runner="one")

    with pytest.raises(Lost):
        await ledger.begin(offer, 0, runner="one")


async def test_one_target_is_done_by_one_offer_at_a_time(ledger: Ledger) -> None:
    """Until it has ended there; then another may look again."""
    first = await taken(ledger)
    second = replace(first, id="offer-2")
    await ledger.offer(second)
    assert await ledger.take(
        "offer-2", who="bob", runner="two", where=None, ticked=EVERY, now=NOW
    )
    await ledger.begin(first, 0, runner="one")

    with pytest.raises(Busy):
        await ledger.begin(second, 0, runner="two")
    await ledger.begin(second, 1, runner="two")

    await ledger.end(first, 0, ended(TOYS[0]), runner="one")
    await ledger.begin(second, 0, runner="two")


async def test_what_is_unticked_is_never_begun(ledger: Ledger) -> None:
    """Whatever its runner thinks."""
    offer = await taken(ledger, ticked=frozenset({1}))

    with pytest.raises(Lost):
        await ledger.begin(offer, 0, runner="one")


async def test_another_runner_can_do_nothing(ledger: Ledger) -> None:
    """Each thing that it tries tells so, and changes nothing."""
    offer = await taken(ledger)

    for tried in (
        ledger.begin(offer, 0, runner="two"),
        ledger.end(offer, 0, ended(TOYS[0]), runner="two"),
        ledger.renew("offer-1", runner="two"),
        ledger.finish("offer-1", runner="two"),
    ):
        with pytest.raises(Lost):
            await tried
    assert await kept(ledger) == offer
    assert len(await audit(ledger)) == 1


async def test_an_act_is_one_record(ledger: Ledger, clock: Clock) -> None:
    """Of when it was begun; while it is not ended, its reason is why it is due."""
    offer = await taken(ledger)
    await ledger.begin(offer, 0, runner="one")
    begun = ("alice", "allowed", TOYS[0], None, "it squeaks")

    assert (await audit(ledger))[1:] == [begun]
    clock.advance(seconds=5)
    await ledger.end(offer, 0, ended(TOYS[0]), runner="one")
    assert (await audit(ledger))[1:] == [
        ("alice", "allowed", TOYS[0], Fate.DONE, "broken")
    ]
    assert (await ledger.records(ALWAYS, limit=9))[-1].at == NOW


async def test_what_is_told_late_is_what_counts(ledger: Ledger) -> None:
    """A runner that has lost the offer still adds to the audit what it did."""
    offer = await taken(ledger)
    await ledger.begin(offer, 0, runner="one")
    await ledger.end(offer, 0, ended(TOYS[0], Fate.FAILED), runner="one")
    await ledger.add_late(offer, 0, ended(TOYS[0]))

    assert (await audit(ledger))[1:] == [
        ("alice", "allowed", TOYS[0], Fate.DONE, "broken")
    ]


# --- after a death ---------------------------------------------------------------


async def test_what_lives_is_not_adopted(ledger: Ledger, clock: Clock) -> None:
    """Up to the lease's last moment, and from each renewal on."""
    await taken(ledger)
    clock.now = NOW + LEASE

    assert await ledger.adopt(runner="two") is None
    await ledger.renew("offer-1", runner="one")
    clock.now = NOW + 2 * LEASE
    assert await ledger.adopt(runner="two") is None


async def test_what_is_stranded_is_adopted_once(ledger: Ledger, clock: Clock) -> None:
    """Its former runner has lost it."""
    offer = await taken(ledger)
    clock.now = NOW + LEASE + timedelta(microseconds=1)

    assert await ledger.adopt(runner="two") == replace(offer, runner="two")
    assert await ledger.adopt(runner="three") is None
    with pytest.raises(Lost):
        await ledger.begin(offer, 0, runner="one")


async def test_one_of_many_adopts_it(ledger: Ledger, base: Base, clock: Clock) -> None:
    """Though all look at the same moment."""
    other = Ledger(base.url, clock=clock)
    await taken(ledger)
    clock.now = NOW + 2 * LEASE
    every = [each.adopt(runner=str(n)) for n in range(10) for each in (ledger, other)]
    found = await asyncio.gather(*every)

    assert sum(each is not None for each in found) == 1
    await other.close()


async def test_only_what_runs_is_adopted(ledger: Ledger, clock: Clock) -> None:
    """Neither what is open, nor what is finished or cancelled."""
    for id in ("open", "finished", "cancelled"):
        await ledger.offer(an_offer(id))
    await take(ledger, "finished")
    await ledger.finish("finished", runner="one")
    await ledger.cancel("cancelled", who="alice", now=NOW)
    clock.now = NOW + 2 * LEASE

    assert await ledger.adopt(runner="two") is None


# --- the freeze ------------------------------------------------------------------


async def test_all_is_frozen_for_everybody(ledger: Ledger, base: Base) -> None:
    """At once on every replica, with who did it and when."""
    other = Ledger(base.url, clock=Clock())

    assert await ledger.frozen() is None
    assert await ledger.freeze(FREEZE)
    assert await other.frozen() == FREEZE
    assert await other.unfreeze(UNFREEZE)
    assert await ledger.frozen() is None
    await other.close()


async def test_a_freeze_stays_that_of_the_first(ledger: Ledger) -> None:
    """Only what changed something is in the audit."""
    await ledger.unfreeze(UNFREEZE)
    await ledger.freeze(FREEZE)

    assert not await ledger.freeze(replace(FREEZE, who="bob"))
    assert await ledger.frozen() == FREEZE
    assert await ledger.unfreeze(UNFREEZE)
    assert not await ledger.unfreeze(UNFREEZE)
    assert [each[1] for each in await audit(ledger)] == ["frozen", "unfrozen"]


async def test_many_may_freeze_at_once(ledger: Ledger, base: Base) -> None:
    """One of them did it, and none is told of an error."""
    other = Ledger(base.url, clock=Clock())
    await other.frozen()
    found = await asyncio.gather(*(each.freeze(FREEZE) for each in (ledger, other) * 9))

    assert sorted(found) == [False] * 17 + [True]
    assert len(await audit(ledger)) == 1
    await other.close()


# --- the audit -------------------------------------------------------------------


async def test_records_are_the_newest_oldest_first(ledger: Ledger) -> None:
    """Of the window, and no more than asked for."""
    for hours in range(5):
        at = NOW + timedelta(hours=hours)
        await ledger.write(replace(FREEZE, at=at, who=str(hours)))
    window = Window(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3))

    found = await ledger.records(window, limit=2)
    every = await ledger.records(window, limit=9)

    assert [each.who for each in found] == ["2", "3"]
    assert [each.who for each in every] == ["1", "2", "3"]


async def test_what_is_old_is_forgotten(ledger: Ledger) -> None:
    """Ninety days after; what is a moment younger is kept."""
    await ledger.offer(an_offer("old"))
    await ledger.confirm("old", user_id=ALICE, who="alice", ticked=EVERY, now=NOW)
    young = NOW + timedelta(seconds=1)
    await ledger.offer(an_offer("young", created_at=young))
    now = young + KEPT
    await ledger.offer(an_offer("new", created_at=now))

    assert await ledger.get("old") is None
    assert await ledger.get("young") is not None
    found = await ledger.records(ALWAYS, limit=9)
    assert [each.offer_id for each in found] == ["young", "new"]


async def test_a_text_may_hold_what_a_database_refuses(ledger: Ledger) -> None:
    """A source said it; the rest of it is kept."""
    await ledger.write(replace(FREEZE, reason="said \0 no"))

    [record] = await ledger.records(ALWAYS, limit=10)
    assert record.reason == "said  no"
