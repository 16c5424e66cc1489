"""Who may, once, and what is told of it."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.access import Caller, Door
from bot.domain.errors import Misread, NotFound, SourceDown, Uncertain
from bot.domain.offers import Decision, Fate, Offer, OfferState, Record, Step
from bot.domain.pods import PodId
from bot.domain.policy import Allow, Approval, Role
from bot.domain.report import Outcome, Report
from bot.gate.promises import LEASE
from bot.sources import Gaps
from tests.gate.people import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOME,
    MALLORY,
    ONCALL,
    a_person,
)
from tests.gate.toys import (
    BREAK,
    PLACE,
    SHELL,
    TOYS,
    WHERE,
    House,
    a_policy,
    an_item,
    caller,
    ledger_down,
    press,
)
from tests.world import NOW

DONE = dict.fromkeys(TOYS, Fate.DONE)
ALONE = dict.fromkeys(TOYS, Fate.LEFT_ALONE)
SLACK_DOWN = SourceDown("slack", "did not answer within 3 s")
NOBODY: frozenset[str] = frozenset()


def is_done(report: Report) -> bool:
    return report.outcome is Outcome.ANSWERED and "3 done" in report.summary


def is_over(report: Report) -> bool:
    """Return whether it says to all that the offer has expired."""
    over = report.outcome is Outcome.REFUSED and "has expired at" in report.summary
    return over and not report.private


def is_refused(report: Report, why: str) -> bool:
    """Return whether it says to the presser alone that nothing was done, and why."""
    return (
        report.outcome is Outcome.REFUSED and report.private and why in report.summary
    )


async def refusals(house: House) -> list[tuple[str, str, str]]:
    """Return who was refused what, and why, as the audit has it."""
    return [
        (each.who, each.action, each.reason)
        for each in await house.records()
        if each.decision is Decision.REFUSED
    ]


async def settle_all(house: House) -> list[Report]:
    """Return what another replica says after the lease."""
    house.clock.advance(seconds=LEASE.total_seconds() + 1)
    return [report for _, report in await house.gate().recover()]


# --- who may ---------------------------------------------------------------------


async def test_whom_the_policy_names_may_do_it(house: House) -> None:
    """And is called by the name that Slack has now."""
    offer = await house.offer()
    report = await house.redeem(offer)

    assert is_done(report)
    assert not report.private
    assert house.toy.done == dict.fromkeys(TOYS, 1)
    assert "started by alice (U01ALICE)" in report.summary


async def test_somebody_else_of_the_role_may_press(house: House) -> None:
    """The requester needs not be there."""
    offer = await house.offer()

    assert is_done(await house.redeem(offer, BOB))


@pytest.mark.parametrize("user", [MALLORY, CAROL])
async def test_nobody_else_may_press(house: House, user: str) -> None:
    """Not even who may be the second person, where one is enough."""
    offer = await house.offer()
    report = await house.redeem(offer, user)

    assert is_refused(report, "only role operator may `toy break`")
    assert not house.toy.done
    assert (await house.again(offer)).state is OfferState.OPEN


async def test_the_members_of_a_group_may_too(house: House) -> None:
    """They are asked for afresh each time, so that rights end when they end."""
    assert house.people is not None
    roles = {"operator": Role(name="operator", usergroups=frozenset({ONCALL}))}
    house.policy = a_policy(roles=roles, approval=Approval())
    house.people.groups[ONCALL] = frozenset({ALICE})
    first, second = await house.offer(), await house.offer()

    assert is_done(await house.redeem(first))
    house.people.groups[ONCALL] = frozenset({BOB})
    assert is_refused(await house.redeem(second), "and you are not in it")


async def test_only_what_decides_is_asked(house: House) -> None:
    """A group need not be asked for whom the role names itself."""
    assert house.people is not None
    role = Role(name="a", users=frozenset({ALICE}), usergroups=frozenset({ONCALL}))
    other = Role(name="b", usergroups=frozenset({"S9"}))
    rule = Allow(role="a", actions=frozenset({BREAK}))
    house.policy = a_policy(
        roles={"a": role, "b": other}, allows=(rule,), approval=Approval()
    )

    assert await house.gate().refusal(BREAK, caller()) is None
    assert house.people.asked == [ALICE]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"bot": True}, "bots and workflows"),
        ({"stranger": True}, "people of other workspaces"),
        ({"team_id": "T99"}, "people of other workspaces"),
        ({"guest": True}, "guests"),
        ({"deleted": True}, "a deactivated account"),
    ],
)
@pytest.mark.parametrize("user", [ALICE, CAROL])
async def test_outsiders_may_nothing(
    house: House, more: dict[str, Any], why: str, user: str
) -> None:
    """Whatever role they are in: neither press, nor cancel, nor be the second."""
    assert house.people is not None
    house.toy.always_second = True
    offer = await house.offer(caller(BOB))
    house.people.persons[user] = a_person(user, **more)
    by = caller(user, team_id=None)

    assert is_refused(await house.redeem(offer, by), f"{why} may never change anything")
    assert is_refused(await house.cancel(offer, by), why)
    standing = await house.gate().standing(by)
    assert standing.roles == NOBODY
    again = await house.again(offer)
    assert (again.state, again.confirmed_by) == (OfferState.OPEN, ())


async def test_a_request_of_another_workspace_is_refused(house: House) -> None:
    """Though the person belongs to ours."""
    offer = await house.offer()
    by = caller(team_id="T99")

    assert is_refused(await house.redeem(offer, by), "another workspace than yours")


async def test_an_organisation_has_several_workspaces(house: House) -> None:
    """Its member may come from any that is theirs, ours among them."""
    assert house.people is not None
    member = a_person(ALICE, team_id="E1", teams=frozenset({HOME, "T2"}))
    house.people.persons[ALICE] = member
    offer = await house.offer()

    assert is_done(await house.redeem(offer, caller(team_id="T2")))


async def test_nobody_may_while_the_bot_does_not_know_itself(house: House) -> None:
    """It could not tell strangers."""
    offer = await house.offer()
    house.home = None

    assert is_refused(await house.redeem(offer), "does not know its own workspace")


@pytest.mark.parametrize(
    ("groups", "known"), [(["S01ONCALL"], True), ([], False)], ids=["group", "person"]
)
async def test_a_look_up_that_fails_refuses(
    house: House, groups: list[str], known: bool
) -> None:
    """Of the person as of a group; nobody keeps an old answer."""
    assert house.people is not None
    role = Role(
        name="operator",
        users=NOBODY if groups else frozenset({ALICE}),
        usergroups=frozenset(groups),
    )
    house.policy = a_policy(roles={"operator": role}, approval=Approval())
    offer = await house.offer()
    if not known:
        house.people.down = SLACK_DOWN
    report = await house.redeem(offer)

    assert is_refused(report, "nobody can tell what you may do: slack ")
    assert not house.toy.done


@pytest.mark.parametrize("user", [None, ALICE])
async def test_nobody_can_tell_who_that_is(house: House, user: str | None) -> None:
    """Where the payload names nobody, or there is no Slack to ask."""
    offer = await house.offer()
    if user is not None:
        house.people = None

    assert is_refused(
        await house.redeem(offer, caller(user)), "nobody can tell who you are"
    )


@pytest.mark.parametrize("by", [caller(), SHELL], ids=["slack", "shell"])
async def test_a_policy_that_cannot_be_read_refuses(house: House, by: Caller) -> None:
    """In a shell as well: its limits would not hold."""
    offer = await house.offer(by)
    house.policy = Misread("DEBUG_BOT_POLICY: line 3 is odd")
    report = await house.redeem(offer, by)

    assert is_refused(report, "the policy cannot be read: DEBUG_BOT_POLICY: line 3")
    assert not house.toy.done


async def test_another_channel_than_the_rule_names_is_refused(house: House) -> None:
    """The offer is bound to its channel, and so is the rule."""
    offer = await house.offer()
    house.policy = a_policy(channels=frozenset({"C02"}))

    assert is_refused(await house.redeem(offer), "allowed to operator only in <#C02>")


async def test_there_are_barred_commands(house: House) -> None:
    """For help, which hides them; nothing of it is recorded."""
    names = (BREAK, "freeze", "shutdown")

    assert await house.gate().barred(names, caller()) == {"shutdown"}
    assert await house.gate().barred(names, caller(MALLORY)) == set(names)
    assert await house.gate().barred(names, SHELL) == set()
    assert await house.records() == ()


async def test_a_refusal_is_recorded(house: House) -> None:
    """With who, what and why."""
    why = await house.gate().refusal(BREAK, caller(MALLORY))

    assert why is not None
    [record] = await house.records()
    assert record == Record(
        at=NOW,
        who=MALLORY,
        action=BREAK,
        decision=Decision.REFUSED,
        reason=why,
        channel=PLACE,
    )


async def test_a_refusal_that_cannot_be_recorded_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """And it stays a refusal."""
    house.ledger.fails.add("write")
    why = await house.gate().refusal(BREAK, caller(MALLORY))

    assert why is not None
    said = [each.getMessage() for each in caplog.records if each.name == "bot.actions"]
    assert said == ["refused", "a refusal is not recorded"]


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

    assert found == {pod}
    assert await house.gate().locked("reigh", gaps) == NOBODY
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
        assert is_refused(report, "there is no such offer")

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

    assert is_refused(await house.redeem(offer, ticked=NOBODY), "nothing is ticked")
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
async def test_these_are_not_enough(house: House, users: Iterable[str]) -> None:
    """However often they press."""
    house.toy.always_second = True
    offer = await house.offer()
    found = [await house.redeem(offer, user) for user in users]

    assert not house.toy.done
    assert all(each.red_button is not None for each in found)
    assert (await house.again(offer)).state is OfferState.OPEN


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

    for _ in range(3):
        assert (await house.redeem(offer)).red_button is not None
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

    assert is_refused(await house.cancel(offer, MALLORY), "only role operator may")
    assert (await house.again(offer)).state is OfferState.OPEN


async def test_a_second_cancel_hears_of_the_first(house: House) -> None:
    """As a second press does."""
    offer = await house.offer()
    await house.cancel(offer, BOB)

    assert is_refused(await house.cancel(offer), "was cancelled by bob (U02BOB) at")


async def test_a_shell_cancels_its_own(house: House) -> None:
    """There is nobody else to ask."""
    offer = await house.offer(SHELL)

    assert "cancelled by shell: root" in (await house.cancel(offer, SHELL)).summary


# --- carrying out ----------------------------------------------------------------


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
    assert last.detail == "frozen by bob meanwhile"


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


async def test_a_gate_closes_its_ledger(house: House) -> None:
    """It opens again when it is asked."""
    gate = house.gate()
    await gate.close()

    assert await gate.frozen() is None
