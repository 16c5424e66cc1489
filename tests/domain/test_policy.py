from datetime import timedelta
from typing import Any

import pytest

from bot.domain.policy import (
    CLOSED,
    Allow,
    Approval,
    Limits,
    Person,
    Policy,
    Role,
    outsider,
)

END = "runpod terminate"
HOME = "T01HOME"
OPERATOR, ADMIN = frozenset({"operator"}), frozenset({"admin"})
NOBODY: frozenset[str] = frozenset()


def rule(*actions: str, role: str = "operator", only: str | None = None) -> Allow:
    channels = None if only is None else frozenset({only})
    return Allow(role=role, actions=frozenset(actions), channels=channels)


def a_policy(*rules: Allow, **approval: Any) -> Policy:
    roles = {"operator": Role(name="operator", users=frozenset({"U1"}))}
    needed = Approval(**approval)
    return Policy(roles=roles, allows=rules, approval=needed, source="policy.toml")


def a_person(**more: Any) -> Person:
    known: dict[str, Any] = {"user_id": "U1", "team_id": HOME, **more}
    return Person(**known)


# --- who may do what -------------------------------------------------------------


def test_whom_a_rule_names_may_do_it_anywhere() -> None:
    """Even where the channel is not known."""
    policy = a_policy(rule(END))

    assert policy.refusal(END, roles=OPERATOR, channel="C1") is None
    assert policy.refusal(END, roles=OPERATOR, channel=None) is None


def test_a_rule_may_hold_in_one_channel() -> None:
    """There it allows what it names."""
    policy = a_policy(rule(END, only="C1"))

    assert policy.refusal(END, roles=OPERATOR, channel="C1") is None


@pytest.mark.parametrize("channel", ["C2", None, "D1"])
def test_elsewhere_it_names_the_channel(channel: str | None) -> None:
    """A channel that nobody knows is not that one."""
    why = a_policy(rule(END, only="C1")).refusal(END, roles=OPERATOR, channel=channel)

    assert why == f"`{END}` is allowed to operator only in <#C1>"


def test_every_channel_of_the_roles_one_has_is_named() -> None:
    """And none that only others may use."""
    policy = a_policy(
        Allow(
            role="operator",
            actions=frozenset({END}),
            channels=frozenset({"C3", "C1", "C2"}),
        ),
        rule(END, role="admin", only="C4"),
        rule(END, role="owner", only="C5"),
    )
    why = policy.refusal(END, roles=OPERATOR | ADMIN, channel="C5")

    assert why == (
        f"`{END}` is allowed to operator only in <#C1>, <#C2> or <#C3>,"
        " and to admin only in <#C4>"
    )


def test_one_of_several_rules_is_enough() -> None:
    """The widest that names a role one has."""
    policy = a_policy(rule(END, only="C1"), rule(END, role="admin"))

    assert policy.refusal(END, roles=OPERATOR | ADMIN, channel="C2") is None
    assert policy.refusal(END, roles=OPERATOR, channel="C2") is not None


def test_another_role_is_told_which_one_may() -> None:
    """So that they know whom to ask."""
    policy = a_policy(rule(END, only="C1"))

    for roles in (NOBODY, ADMIN):
        why = policy.refusal(END, roles=roles, channel="C1")
        assert why == f"only role operator may `{END}`, and you are not in it"


def test_several_roles_that_may_are_all_named() -> None:
    """In a stable order, each once."""
    rules = (rule(END, role=role) for role in ("ops", "admin", "lead", "ops"))
    why = a_policy(*rules).refusal(END, roles=NOBODY, channel="C1")

    assert why == (
        f"only roles admin, lead and ops may `{END}`, and you are in none of them"
    )


def test_what_no_rule_names_nobody_may_do() -> None:
    """Whatever else one may."""
    why = a_policy(rule("task requeue")).refusal(END, roles=OPERATOR, channel="C1")

    assert why == f"no rule of the policy allows `{END}`"


def test_without_a_policy_nobody_may_do_anything() -> None:
    """Nor brake: there is nothing to brake."""
    for action in (END, "freeze", "unfreeze"):
        why = CLOSED.refusal(action, roles=OPERATOR, channel="C1")
        assert why == f"there is no policy, and without one nobody may `{action}`"


def test_a_policy_without_rules_is_named_as_one() -> None:
    """Its file exists, and somebody may mend it."""
    why = a_policy().refusal("freeze", roles=OPERATOR, channel="C1")

    assert why == "no rule of the policy allows `freeze`"


# --- the brake ---------------------------------------------------------------------


@pytest.mark.parametrize("brake", ["freeze", "unfreeze"])
def test_who_may_do_anything_may_brake(brake: str) -> None:
    """In any channel, without a rule that names it; approvers too."""
    policy = a_policy(rule(END, only="C1"), approvers="admin")

    assert policy.refusal(brake, roles=OPERATOR, channel="C2") is None
    assert policy.refusal(brake, roles=ADMIN, channel=None) is None
    assert policy.refusal(brake, roles=NOBODY, channel="C1") == (
        f"only roles admin and operator may `{brake}`, and you are in none of them"
    )


def test_a_rule_may_name_the_brake_alone() -> None:
    """For somebody who may do nothing else."""
    policy = a_policy(rule("freeze"))

    assert policy.refusal("freeze", roles=OPERATOR, channel="C1") is None
    assert policy.refusal(END, roles=OPERATOR, channel="C1") is not None


def test_may_do_anything_needs_a_rule_or_the_approvers_role() -> None:
    """A role that nothing names gives no right."""
    policy = a_policy(rule(END), approvers="admin")

    assert policy.may_do_anything(OPERATOR)
    assert policy.may_do_anything(ADMIN)
    assert not policy.may_do_anything(frozenset({"reader"}))
    assert not CLOSED.may_do_anything(OPERATOR)


# --- roles to look up ----------------------------------------------------------------


def test_who_may_end_a_freeze_is_named() -> None:
    """All who may do anything, and the approvers; a shell always may."""
    both = a_policy(rule("runpod terminate"), approvers="lead")

    assert a_policy(rule("x")).brakers() == "role operator may, and any shell"
    assert both.brakers() == "roles lead and operator may, and any shell"
    assert Policy().brakers() == "only a shell may"


def test_only_the_roles_that_decide_are_looked_up() -> None:
    """Those of its rules, and the approvers; for the brake those of all rules."""
    policy = a_policy(
        rule(END), rule("task requeue", role="queue"), approvers="approver"
    )

    assert policy.needed_roles(END) == {"operator", "approver"}
    assert policy.needed_roles("freeze") == {"operator", "queue", "approver"}
    assert CLOSED.needed_roles(END) == NOBODY


def test_only_the_approvers_approve() -> None:
    """Without such a role nobody does."""
    policy = a_policy(rule(END), approvers="admin")

    assert policy.approves(ADMIN | OPERATOR)
    assert not policy.approves(OPERATOR)
    assert not a_policy(rule(END)).approves(OPERATOR)


# --- the second person ---------------------------------------------------------------


def test_up_to_the_bounds_one_person_is_enough() -> None:
    """The bound itself is not over it; float noise is not either."""
    policy = a_policy(pods_over=5, hourly_usd_over=0.3)

    assert policy.second_needed(pods=5, hourly_usd=0.1 + 0.2, always=False) is None
    assert policy.second_needed(pods=0, hourly_usd=0.0, always=False) is None


def test_without_bounds_one_person_is_enough() -> None:
    """Also when nobody knows the cost."""
    assert CLOSED.second_needed(pods=99, hourly_usd=None, always=False) is None


def test_more_pods_need_a_second_person() -> None:
    """The line names the bound."""
    why = a_policy(pods_over=5).second_needed(pods=6, hourly_usd=None, always=False)
    one = a_policy(pods_over=0).second_needed(pods=1, hourly_usd=None, always=False)

    assert why == "this ends 6 pods: more than 5 need a second person"
    assert one == "this ends 1 pod: more than 0 need a second person"


def test_more_money_needs_a_second_person() -> None:
    """Fractions of a cent are shown where they decide."""
    policy = a_policy(hourly_usd_over=10.0)
    bound = "more than $10.00 an hour need a second person"

    for cost, shown in ((12.5, "$12.50"), (10.001, "$10.001")):
        why = policy.second_needed(pods=1, hourly_usd=cost, always=False)
        assert why == f"this costs {shown} an hour: {bound}"


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_an_unknown_cost_counts_as_too_much(unknown: float | None) -> None:
    """Nobody can tell that it is below the bound."""
    policy = a_policy(hourly_usd_over=10.0)
    why = policy.second_needed(pods=1, hourly_usd=unknown, always=False)

    assert why is not None
    assert why.startswith("what this costs is not known")


def test_some_actions_always_need_a_second_person() -> None:
    """Whatever the policy's bounds are."""
    why = CLOSED.second_needed(pods=0, hourly_usd=0.0, always=True)

    assert why == "this always needs a second person"


# --- limits ---------------------------------------------------------------------------


def test_the_limits_are_those_of_the_contract() -> None:
    """When a policy says nothing else."""
    limits = Limits()

    assert (limits.expires, limits.expires_with_second) == (
        timedelta(minutes=2),
        timedelta(minutes=10),
    )
    assert limits.items_per_confirmation == 10
    assert limits.minimum_pod_age == timedelta(minutes=10)
    assert not limits.protects("keep-me")


def test_names_are_protected_by_shell_patterns() -> None:
    """The whole name has to fit, capitals too."""
    limits = Limits(protected=("keep-*", "gpu-[12]"))

    assert all(limits.protects(name) for name in ("keep-", "keep-a\nb", "gpu-2"))
    assert not any(limits.protects(name) for name in ("Keep-a", "a-keep-b", "gpu-3"))


# --- people ---------------------------------------------------------------------------


def test_a_member_of_our_workspace_is_no_outsider() -> None:
    """Roles decide about them; in an organisation one may be in several."""
    member = a_person(team_id="T09OTHER", teams=frozenset({HOME, "T09OTHER"}))

    assert outsider(a_person(), home_team=HOME) is None
    assert outsider(member, home_team=HOME) is None
    assert (
        outsider(a_person(team_id=None, teams=frozenset({HOME})), home_team=HOME)
        is None
    )


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"bot": True}, "bots and workflows"),
        ({"deleted": True}, "deactivated"),
        ({"stranger": True}, "other workspaces"),
        ({"team_id": "T09OTHER"}, "other workspaces"),
        ({"team_id": "T09OTHER", "teams": frozenset({"T09OTHER"})}, "other workspaces"),
        ({"team_id": None}, "workspace is not known"),
        ({"team_id": ""}, "workspace is not known"),
        ({"guest": True}, "guests"),
    ],
)
def test_an_outsider_is_told_why(what: dict[str, object], why: str) -> None:
    """No role mends that."""
    found = outsider(a_person(**what), home_team=HOME)

    assert found is not None
    assert why in found


@pytest.mark.parametrize("home", [None, ""])
def test_nobody_is_at_home_where_home_is_not_known(home: str | None) -> None:
    """Not even somebody whose workspace is not known either."""
    for person in (a_person(), a_person(team_id=None), a_person(team_id="")):
        why = outsider(person, home_team=home)
        assert why is not None
        assert "its own workspace" in why
