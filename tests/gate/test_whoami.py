"""What one may do here."""

from bot.domain.access import Access, Caller
from bot.domain.errors import Misread
from bot.domain.findings import Status
from bot.domain.policy import CLOSED
from bot.domain.report import Report
from bot.gate.whoami import Right, WhoamiData, WhoamiQuery, whoami
from tests.gate.people import ALICE, CAROL, MALLORY, a_person
from tests.gate.toys import BREAK, PLACE, SHELL, House, a_policy, caller
from tests.world import data_of, facts_of, table_of


async def told(house: House, by: Caller) -> Report:
    return await whoami(house.gate).handler(WhoamiQuery(), house.asked(by))


async def test_it_is_a_command_that_reads(house: House) -> None:
    """Everybody may know why they may not."""
    assert whoami(house.gate).access is Access.READ


async def test_an_operator_hears_what_they_may(house: House) -> None:
    """Alone, with their roles, and where it is written."""
    report = await told(house, caller(ALICE))

    assert report.private
    assert report.summary == (
        "you are alice (U01ALICE); here you may freeze, toy break, unfreeze"
    )
    assert facts_of(report, "You") == {
        "who": "alice (U01ALICE)",
        "asking by": "button",
        "roles": "operator",
        "may be the second person": "no",
        "policy": "policy.toml",
    }
    assert table_of(report, "What you may do here") == [
        ("freeze", "yes", ""),
        (BREAK, "yes", ""),
        ("unfreeze", "yes", ""),
    ]


async def test_an_approver_hears_that_they_are_one(house: House) -> None:
    """And why they may not do it themselves."""
    data = data_of(await told(house, caller(CAROL)), WhoamiData)

    assert data.roles == ("approver",)
    assert data.may_approve
    assert data.rights[1].why is not None
    assert "only role operator may" in data.rights[1].why


async def test_whoever_may_nothing_hears_why(house: House) -> None:
    """Nothing of that is recorded."""
    report = await told(house, caller(MALLORY))

    assert report.summary.endswith("; here you may change nothing")
    assert facts_of(report, "You")["roles"] == "none"
    assert all(row[1] == "no" and row[2] for row in table_of(report, "What you may"))
    assert await house.records() == ()


async def test_rights_are_those_of_this_channel(house: House) -> None:
    """Elsewhere there may be others."""
    house.policy = a_policy(channels=frozenset({PLACE}))
    here = data_of(await told(house, caller()), WhoamiData)
    there = data_of(await told(house, caller(channel_id="C99")), WhoamiData)

    assert here.rights[1] == Right(action=BREAK, allowed=True, why=None)
    assert there.rights[1].why == (
        "`toy break` is allowed to operator only in <#C01INCIDENT>"
    )


async def test_an_outsider_is_no_approver(house: House) -> None:
    """Whatever role they are in."""
    assert house.people is not None
    house.people.persons[CAROL] = a_person(CAROL, guest=True)
    data = data_of(await told(house, caller(CAROL)), WhoamiData)

    assert not data.may_approve
    assert {each.why for each in data.rights} == {"guests may never change anything"}


async def test_roles_do_not_apply_in_a_shell(house: House) -> None:
    """Who has it may do all."""
    report = await told(house, SHELL)
    data = data_of(report, WhoamiData)

    assert report.summary.startswith("you are shell: root; here you may freeze, toy")
    assert (data.door, data.roles, data.may_approve) == ("shell", (), False)
    assert all(each.allowed for each in data.rights)
    assert facts_of(report, "You")["roles"] == (
        "the policy's roles do not apply in a shell"
    )


async def test_without_a_policy_nobody_may_anything(house: House) -> None:
    """It says that there is none."""
    house.policy = CLOSED
    report = await told(house, caller())

    assert facts_of(report, "You")["policy"] == (
        "none: nobody may change anything in Slack"
    )


async def test_a_policy_that_cannot_be_read_is_said(house: House) -> None:
    """With the line that is odd."""
    house.policy = Misread("DEBUG_BOT_POLICY: line 3 is odd")
    data = data_of(await told(house, caller()), WhoamiData)

    assert {each.why for each in data.rights} == {
        "the policy cannot be read: DEBUG_BOT_POLICY: line 3 is odd"
    }


async def test_a_freeze_is_told(house: House) -> None:
    """Rights alone would promise what nobody can do now."""
    await house.gate().freeze(caller(ALICE), "alice")
    report = await told(house, caller(ALICE))

    assert "nothing can be done now: everything is frozen, by alice" in report.summary
    assert report.summary.index("frozen") < report.summary.index("here you may")
    assert report.status is Status.WARNING
