"""Who may, as policy and people say it at that moment."""

from typing import Any

import pytest

from bot.domain.access import Caller
from bot.domain.errors import Misread
from bot.domain.offers import Decision, OfferState, Record
from bot.domain.policy import Allow, Approval, Role
from tests.gate.people import (
    ALICE,
    BOB,
    CAROL,
    HOME,
    MALLORY,
    ONCALL,
    a_person,
)
from tests.gate.toys import (
    BREAK,
    NOBODY,
    PLACE,
    SHELL,
    SLACK_DOWN,
    TOYS,
    House,
    a_policy,
    caller,
    is_done,
    is_refused,
)
from tests.world import NOW


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
    standing = await house.gate().rights.standing(by)
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

    assert await house.gate().rights.barred(names, caller()) == {"shutdown"}
    assert await house.gate().rights.barred(names, caller(MALLORY)) == set(names)
    assert await house.gate().rights.barred(names, SHELL) == set()
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
