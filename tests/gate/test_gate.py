"""Who may, once, and what is told of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.offers import Decision, Fate, OfferState
from bot.domain.pods import PodId
from bot.domain.policy import Approval, Role
from bot.sources import Gaps
from tests.gate.people import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOME,
    MALLORY,
    a_person,
)
from tests.gate.toys import (
    BREAK,
    NOBODY,
    SHELL,
    SLACK_DOWN,
    TOYS,
    WHERE,
    House,
    a_policy,
    an_item,
    caller,
    is_done,
    is_over,
    is_refused,
    press,
    refusals,
)
from tests.world import NOW

# --- offering --------------------------------------------------------------------


async def test_an_offer_has_a_random_id_and_an_end(house: House) -> None:
    """Nobody can guess it, and it waits for two minutes."""
    first, second = await house.offer(), await house.offer()

    assert first.id != second.id
    assert len(first.id) == 22
    assert first.expires_at == NOW + timedelta(seconds=120)
    assert first.second is None
    assert await house.again(first) == first


async def test_an_offer_for_two_waits_longer(house: House) -> None:
    """Why two must confirm is the policy's bound, or the action itself."""
    house.policy = a_policy(approval=Approval(pods_over=2, approvers="approver"))
    house.toy.items = tuple(an_item(each, pods=1, cost_per_hour_usd=1) for each in TOYS)
    offer = await house.offer()

    assert offer.second == "this ends 3 pods: more than 2 need a second person"
    assert offer.expires_at == NOW + timedelta(seconds=600)


async def test_a_shell_is_one_person(house: House) -> None:
    """Who has it holds the keys already."""
    house.toy.always_second = True
    offer = await house.offer(SHELL)

    assert offer.second is None
    assert is_done(await house.redeem(offer, SHELL))


async def test_locked_pods_are_known(house: House) -> None:
    """Where nobody can tell, there is a gap."""
    pod, gaps = PodId("abc"), Gaps()
    house.world.pod_power.locks = {pod}
    found = await house.gate().locked("reigh", gaps)
    house.world.pod_power.down = SourceDown("runpod", "did not answer")

    assert found == frozenset({pod})
    assert await house.gate().locked("reigh", gaps) is None
    assert [each.reason for each in gaps.all] == ["did not answer"]


# --- pressing --------------------------------------------------------------------


async def test_an_offer_works_once(house: House) -> None:
    """Whoever presses again hears calmly who did it and when."""
    offer = await house.offer()
    await house.redeem(offer)
    house.clock.advance(seconds=5)
    report = await house.redeem(offer, BOB)

    assert is_refused(report, "was done already: alice (U01ALICE) started it at 2026-")
    assert "your press changed nothing" in report.summary
    assert [each.words for each in report.asks] == ["toy break"]
    assert house.toy.done == dict.fromkeys(TOYS, 1)
    assert (await refusals(house))[0][:2] == (BOB, BREAK)


async def test_many_press_at_once(house: House) -> None:
    """One of them starts it, and all others hear who did."""
    offer = await house.offer()
    found = await asyncio.gather(
        *(house.redeem(offer, by) for by in (ALICE, BOB, ALICE, BOB) * 3)
    )
    late = [each for each in found if not is_done(each)]

    assert len(late) == 11
    assert all(is_refused(each, "your press changed nothing") for each in late)
    assert house.toy.done == dict.fromkeys(TOYS, 1)


async def test_it_can_be_seen_running(house: House) -> None:
    """Progress is told after each item but the last, and a late presser hears it."""
    house.toy.pause = asyncio.Event()
    offer = await house.offer()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(house.redeem(offer))
        await house.toy.reached.wait()
        late = await house.redeem(offer, BOB)
        no_cancel = await house.cancel(offer)
        house.toy.pause.set()

    assert is_refused(late, "is running already: alice (U01ALICE) started it at")
    assert is_refused(no_cancel, "is running already")
    assert is_done(running.result())
    assert [each.summary.split("; ")[-1] for each in house.told] == [
        f"{count} of 3 ended" for count in range(3)
    ]
    assert (await house.again(offer)).state is OfferState.FINISHED


async def test_it_works_to_its_last_second(house: House) -> None:
    """To the microsecond."""
    offer = await house.offer()
    house.clock.now = offer.expires_at - timedelta(microseconds=1)

    assert is_done(await house.redeem(offer))


async def test_an_expired_offer_does_nothing(house: House) -> None:
    """From the very second that it was to last until."""
    offer = await house.offer()
    house.clock.now = offer.expires_at
    report = await house.redeem(offer)

    assert is_over(report)
    assert "12:02:00Z" in report.summary
    assert not house.toy.done


async def test_an_offer_may_expire_while_slack_is_asked(house: House) -> None:
    """What counts is when it would be taken."""
    offer = await house.offer()

    async def late() -> None:
        house.clock.now = offer.expires_at

    house.ledger.before["frozen"] = late

    assert is_over(await house.redeem(offer))
    assert not house.toy.done


@pytest.mark.parametrize(
    "id",
    ["", "unknown", "x" * 65, "é", "\x00", "\ud800", "a\nb", "' or 1=1 --"],
)
async def test_an_unknown_offer_is_refused(house: House, id: str) -> None:
    """However odd its id is, and it is recorded."""
    for report in (await house.redeem(id), await house.cancel(id)):
        assert is_refused(
            report, "this button belongs to no plan that is kept (90 days)"
        )
        assert report.summary.startswith("nothing was changed: ")
        assert report.hint == ""

    assert [each[:2] for each in await refusals(house)] == [(ALICE, "offer")] * 2


@pytest.mark.parametrize(
    ("made", "pressed"),
    [
        (caller(), caller(channel_id="C99")),
        (caller(), caller(channel_id=None)),
        (caller(), SHELL),
        (SHELL, caller()),
        (SHELL, replace(SHELL, name="somebody else")),
        (SHELL, caller(None, channel_id=None, team_id=None)),
    ],
)
async def test_an_offer_is_pressed_where_it_was_made(
    house: House, made: Caller, pressed: Caller
) -> None:
    """Not in another channel, nor at another door, nor in another's shell."""
    offer = await house.offer(made)

    for report in (
        await house.redeem(offer, pressed),
        await house.cancel(offer, pressed),
    ):
        assert is_refused(report, "the offer was made somewhere else")
    assert (await house.again(offer)).state is OfferState.OPEN
    assert not house.toy.done


async def test_a_slash_command_is_pressed_with_a_button(house: House) -> None:
    """Doors of Slack are one."""
    offer = await house.offer(caller(door=Door.SLASH))

    assert is_done(await house.redeem(offer, caller(BOB)))


@pytest.mark.parametrize("gone", ["actions", "systems"])
async def test_what_this_version_does_not_know_is_refused(
    house: House, gone: str
) -> None:
    """The offer was made by another one; it stays open for that."""
    offer = await house.offer()
    gate = house.gate(**{gone: {}})
    report = await gate.redeem(press(offer), house.tell)

    assert is_refused(report, "debug-bot no longer knows this action")
    assert (await house.again(offer)).state is OfferState.OPEN


async def test_powers_that_cannot_be_had_take_nothing(house: House) -> None:
    """Then the offer can still be pressed."""
    offer = await house.offer()

    def none() -> object:
        source, why = "runpod", "not configured"
        raise SourceDown(source, why)

    gate = house.gate(powers={"reigh": none})

    with pytest.raises(SourceDown, match="not configured"):
        await gate.redeem(press(offer), house.tell)
    assert is_done(await house.redeem(offer))


# --- ticks -----------------------------------------------------------------------


async def test_what_is_unticked_is_not_done(house: House) -> None:
    """It is said, and has no line of its own in the audit."""
    offer = await house.offer()
    report = await house.redeem(offer, ticked=frozenset({1, 7, -1}))

    assert house.toy.done == {TOYS[1]: 1}
    assert report.summary.startswith("toy break: 1 done, 2 unticked")
    assert await house.fates() == {TOYS[1]: Fate.DONE}


async def test_nothing_ticked_is_refused(house: House) -> None:
    """And leaves the offer open."""
    offer = await house.offer()

    report = await house.redeem(offer, ticked=NOBODY)

    assert is_refused(report, "nothing is ticked")
    assert report.hint == ""
    assert is_done(await house.redeem(offer))


async def test_what_one_of_two_unticked_is_not_done(house: House) -> None:
    """The other cannot bring it back, and may untick more."""
    house.toy.always_second = True
    offer = await house.offer()
    waiting = await house.redeem(offer, ALICE, ticked=frozenset({0, 1}))
    report = await house.redeem(offer, CAROL, ticked=frozenset({1, 2}))

    assert waiting.red_button is not None
    assert waiting.red_button.label == "Confirm too: 2 items"
    assert house.toy.done == {TOYS[1]: 1}
    assert "1 done, 2 unticked" in report.summary


async def test_two_who_tick_nothing_in_common_do_nothing(house: House) -> None:
    """The second is told so."""
    house.toy.always_second = True
    offer = await house.offer()
    await house.redeem(offer, ALICE, ticked=frozenset({0}))
    report = await house.redeem(offer, CAROL, ticked=frozenset({1}))

    assert is_refused(report, "nothing is ticked")
    assert not house.toy.done


# --- two people ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "how"),
    [
        ((ALICE, CAROL), "the requester, then an approver"),
        ((CAROL, ALICE), "the approver first"),
        ((BOB, CAROL), "another operator, and an approver"),
        ((CAROL, BOB), "these the other way round"),
    ],
)
async def test_two_people_are_enough(
    house: House, users: tuple[str, str], how: str
) -> None:
    """One may do it, and the other approves it."""
    house.toy.always_second = True
    offer = await house.offer()
    first = await house.redeem(offer, users[0])

    assert not house.toy.done, how
    assert not first.private
    assert first.red_button is not None
    assert is_done(await house.redeem(offer, users[1]))


@pytest.mark.parametrize(
    "users",
    [
        (ALICE, ALICE, ALICE),
        (CAROL, CAROL),
        (ALICE, BOB, ALICE),
        (CAROL, DAVE),
    ],
    ids=["requester", "approver", "two operators", "approvers who may not do it"],
)
async def test_these_are_not_enough(house: House, users: Sequence[str]) -> None:
    """However often they press; whoever presses again is told so, they alone."""
    house.toy.always_second = True
    offer = await house.offer()
    found = [await house.redeem(offer, user) for user in users]

    assert not house.toy.done
    again = [user in users[:number] for number, user in enumerate(users)]
    assert [each.private for each in found] == again
    assert [each.red_button is None for each in found] == again
    assert (await house.again(offer)).state is OfferState.OPEN


async def test_a_second_press_of_the_same_person_is_answered(house: House) -> None:
    """In private, with who else must; what they untick is shown to all."""
    house.toy.always_second = True
    offer = await house.offer()
    await house.redeem(offer)
    again = await house.redeem(offer)
    fewer = await house.redeem(offer, ticked=frozenset({0}))

    assert is_refused(again, "you confirmed already; somebody else of role approver")
    assert again.summary.endswith("must confirm as well, by 2026-01-31 12:10:00Z")
    assert fewer.red_button is not None
    assert fewer.red_button.label == "Confirm too: 1 item"


@pytest.mark.parametrize("users", [(ALICE, BOB), (BOB, ALICE), (BOB, CAROL)])
async def test_approvers_may_be_those_who_may_do_it(
    house: House, users: tuple[str, str]
) -> None:
    """As in the contract's example; then any two of them are enough."""
    everyone = frozenset({ALICE, BOB, CAROL})
    house.policy = a_policy(
        roles={"operator": Role(name="operator", users=everyone)},
        approval=Approval(approvers="operator"),
    )
    house.toy.always_second = True
    offer = await house.offer()
    await house.redeem(offer, users[0])

    assert is_done(await house.redeem(offer, users[1]))


async def test_the_requester_is_never_the_second(house: House) -> None:
    """Though they may approve what others ask for."""
    only = frozenset({ALICE})
    house.policy = a_policy(
        roles={"operator": Role(name="operator", users=only)},
        approval=Approval(approvers="operator"),
    )
    house.toy.always_second = True
    offer = await house.offer()

    assert (await house.redeem(offer)).red_button is not None
    for _ in range(2):
        assert is_refused(await house.redeem(offer), "somebody else of role operator")
    assert not house.toy.done


async def test_the_only_approver_cannot_approve_their_own(house: House) -> None:
    """Though another may do it, too."""
    roles = dict(a_policy().roles)
    roles["approver"] = Role(name="approver", users=frozenset({ALICE}))
    house.policy = a_policy(roles=roles)
    house.toy.always_second = True
    mine, theirs = await house.offer(), await house.offer(caller(BOB))
    for offer in (mine, theirs):
        await house.redeem(offer, BOB)

    assert (await house.redeem(mine, ALICE)).red_button is not None
    assert not house.toy.done
    assert is_done(await house.redeem(theirs, ALICE))


async def test_it_says_who_is_still_missing(house: House) -> None:
    """An approver, until there is one."""
    house.toy.always_second = True
    offer, other = await house.offer(), await house.offer()
    first = await house.redeem(offer, ALICE)
    approved = await house.redeem(other, CAROL)

    assert first.summary == (
        "toy break: confirmed by alice (U01ALICE); this always needs a second person,"
        " so somebody else of role approver must confirm as well,"
        " by 2026-01-31 12:10:00Z"
    )
    assert "so somebody else must confirm as well" in approved.summary


@pytest.mark.parametrize("users", [(CAROL, ALICE), (ALICE, CAROL)])
async def test_rights_lost_in_between_count_no_more(
    house: House, users: tuple[str, str]
) -> None:
    """Whoever pressed first must still be allowed to when the second presses."""
    assert house.people is not None
    house.toy.always_second = True
    offer = await house.offer()
    await house.redeem(offer, users[0])
    house.people.persons[users[0]] = a_person(users[0], deleted=True)
    report = await house.redeem(offer, users[1])

    assert report.red_button is not None
    assert not house.toy.done


async def test_a_role_lost_in_between_counts_no_more(house: House) -> None:
    """Another approver can still make it two."""
    house.toy.always_second = True
    offer = await house.offer()
    await house.redeem(offer, CAROL)
    roles = dict(a_policy().roles)
    roles["approver"] = Role(name="approver", users=frozenset({DAVE}))
    house.policy = a_policy(roles=roles)
    await house.redeem(offer, ALICE)

    assert not house.toy.done
    assert is_done(await house.redeem(offer, DAVE))


async def test_whoever_has_no_role_is_no_second(house: House) -> None:
    """Their press does not count."""
    house.toy.always_second = True
    offer = await house.offer()
    report = await house.redeem(offer, MALLORY)

    assert is_refused(report, "only role operator may")
    assert (await house.again(offer)).confirmed_by == ()


async def test_without_approvers_it_cannot_be_done(house: House) -> None:
    """The policy has to name some."""
    house.toy.always_second = True
    offer = await house.offer()
    house.policy = a_policy(approval=Approval())

    assert is_refused(await house.redeem(offer), "the policy names no approvers")


async def test_two_come_from_two_workspaces_of_an_organisation(house: House) -> None:
    """Each belongs where their own request came from."""
    assert house.people is not None
    for user, team in ((ALICE, "T2"), (CAROL, "T3")):
        teams = frozenset({HOME, team})
        house.people.persons[user] = a_person(user, team_id="E1", teams=teams)
    house.toy.always_second = True
    offer = await house.offer(caller(ALICE, team_id="T2"))
    await house.redeem(offer, caller(CAROL, team_id="T3"))

    assert is_done(await house.redeem(offer, caller(ALICE, team_id="T2")))


async def test_a_cancel_may_be_quicker_than_a_confirmation(house: House) -> None:
    """Then nobody is asked to confirm any more."""
    house.toy.always_second = True
    offer = await house.offer()
    house.ledger.before["confirm"] = lambda: house.cancel(offer, BOB)

    assert is_refused(await house.redeem(offer), "was cancelled by bob (U02BOB)")


# --- cancelling ------------------------------------------------------------------


@pytest.mark.parametrize("user", [ALICE, BOB, CAROL])
async def test_it_is_cancelled_by_whom_it_concerns(house: House, user: str) -> None:
    """The requester, or whoever could have confirmed it."""
    offer = await house.offer()
    report = await house.cancel(offer, user)

    assert "nothing was done" in report.summary
    assert not report.private
    assert is_refused(await house.redeem(offer), "was cancelled by")
    assert not house.toy.done


async def test_the_requester_may_cancel_without_any_rights(house: House) -> None:
    """Even when Slack cannot tell who they are."""
    assert house.people is not None
    offer = await house.offer()
    house.people.down = SLACK_DOWN

    assert "cancelled by U01ALICE" in (await house.cancel(offer)).summary


async def test_nobody_else_may_cancel(house: House) -> None:
    """It stays open."""
    offer = await house.offer()
    report = await house.cancel(offer, MALLORY)

    assert is_refused(report, "you may not cancel this plan of toy break: only role op")
    assert is_refused(report, "only role operator may")
    assert report.hint == "whoami tells what you may do here"
    assert (await house.again(offer)).state is OfferState.OPEN


async def test_a_second_cancel_hears_of_the_first(house: House) -> None:
    """As a second press does."""
    offer = await house.offer()
    await house.cancel(offer, BOB)

    assert is_refused(await house.cancel(offer), "was cancelled by bob (U02BOB) at")


async def test_what_has_expired_is_not_cancelled(house: House) -> None:
    """It is told to be over to all, as to whom presses the other button."""
    offer = await house.offer()
    house.clock.now = offer.expires_at

    assert is_over(await house.cancel(offer, BOB))
    assert [each.decision for each in await house.records()] == [
        *(Decision.OFFERED, Decision.REFUSED)
    ]


async def test_an_offer_that_nobody_can_press_is_withdrawn(house: House) -> None:
    """Nothing live is left, and the audit says why; what is running goes on."""
    offer = await house.offer()
    await house.gate().withdraw(offer.id, "no buttons")

    assert is_refused(await house.redeem(offer), "was cancelled by debug-bot at")
    made, gone, *_ = await house.records()
    assert (made.decision, gone.decision) == (Decision.OFFERED, Decision.CANCELLED)
    assert (gone.who, gone.reason) == ("debug-bot", "no buttons")
    assert not house.toy.done


async def test_what_expires_unpressed_is_said_where_it_stands(house: House) -> None:
    """Once, and for all to see."""
    offer = await house.offer()
    await house.gate().show(offer.id, WHERE)
    assert await house.gate().lapsed() == []

    house.clock.now = offer.expires_at
    [(found, report)] = await house.gate().lapsed()

    assert (found.id, found.where) == (offer.id, WHERE)
    assert is_over(report)
    assert await house.gate().lapsed() == []


async def test_a_shell_cancels_its_own(house: House) -> None:
    """There is nobody else to ask."""
    offer = await house.offer(SHELL)

    assert "cancelled by shell: root" in (await house.cancel(offer, SHELL)).summary


async def test_a_gate_closes_its_ledger(house: House) -> None:
    """It opens again when it is asked."""
    gate = house.gate()
    await gate.close()

    assert await gate.frozen() is None
