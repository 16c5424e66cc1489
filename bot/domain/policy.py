"""Who may change what: closed to everyone until a policy opens it (CONTRACT, 6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from math import isnan
from typing import Final, Protocol

from bot.domain.figures import listed, some

BRAKES: Final = frozenset({"freeze", "unfreeze"})
"""Actions that whoever may do anything may do, without a rule that names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A name for some people: by their own ids, and by the groups they are in."""

    name: str
    users: frozenset[str] = frozenset()
    usergroups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """One rule: a role may do these actions."""

    role: str
    actions: frozenset[str]
    channels: frozenset[str] | None = None
    """Where alone it may; None means anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """When a second person must confirm, and of which role; None sets no bound."""

    pods_over: int | None = None
    hourly_usd_over: float | None = None
    approvers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What no plan may exceed, whoever makes it. They hold in a shell, too."""

    expires: timedelta = timedelta(seconds=120)
    expires_with_second: timedelta = timedelta(seconds=600)
    items_per_confirmation: int = 10
    minimum_pod_age: timedelta = timedelta(minutes=10)
    protected: tuple[str, ...] = ()
    """Shell patterns of pod names, such as `keep-*`; capitals matter."""

    def protects(self, name: str) -> bool:
        """Return whether a pod of this name is never touched."""
        return any(fnmatchcase(name, pattern) for pattern in self.protected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in Slack, as Slack tells it right now."""

    user_id: str
    team_id: str | None
    name: str = ""
    """What people call them; never a means to recognise anybody."""
    teams: frozenset[str] = frozenset()
    """The workspaces of an organisation's member; empty for everybody else."""
    bot: bool = False
    """Also a workflow."""
    stranger: bool = False
    deleted: bool = False
    guest: bool = False


class People(Protocol):
    """Who is who. Nothing is remembered: rights end when Slack says that they end."""

    async def person(self, user_id: str) -> Person:
        """Return who that is.

        Raises:
            SourceDown: that cannot be told.
        """
        ...

    async def members(self, usergroup_id: str) -> frozenset[str]:
        """Return the user ids of those who are in the group.

        Raises:
            SourceDown: that cannot be told.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who may do what, where, and with whose consent. An empty one allows nothing."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    allows: tuple[Allow, ...] = ()
    approval: Approval = field(default_factory=Approval)
    limits: Limits = field(default_factory=Limits)
    audit_channel: str | None = None
    source: str = ""
    """Where it was read; empty when there is none."""

    def needed_roles(self, action: str) -> frozenset[str]:
        """Return the roles whose members must be known to decide about the action."""
        deciding = self.allows if action in BRAKES else self._rules(action)
        return frozenset(each.role for each in deciding) | self._approvers

    def refusal(
        self, action: str, *, roles: frozenset[str], channel: str | None
    ) -> str | None:
        """Return why somebody of these roles may not do it there; None: they may.

        A channel that is not known is not one of those a rule names.
        """
        if action in BRAKES:
            return self._brake_refusal(action, roles)
        rules = self._rules(action)
        if not rules:
            return self._unruled(action)
        theirs = [rule for rule in rules if rule.role in roles]
        if not theirs:
            return _not_in(sorted({rule.role for rule in rules}), action)
        if any(rule.channels is None or channel in rule.channels for rule in theirs):
            return None
        places = ", and ".join(
            f"to {rule.role} only in "
            + listed([f"<#{each}>" for each in sorted(rule.channels or ())], "or")
            for rule in theirs
        )
        return f"`{action}` is allowed {places}"

    def brakers(self) -> str:
        """Return who may freeze and unfreeze, in words that end a sentence."""
        roles = sorted(self.needed_roles("unfreeze"))
        if not roles:
            return "only a shell may"
        noun = "role" if len(roles) == 1 else "roles"
        return f"{noun} {listed(roles)} may, and any shell"

    def may_do_anything(self, roles: frozenset[str]) -> bool:
        """Return whether some rule allows these roles something, or they approve."""
        return self.approves(roles) or any(each.role in roles for each in self.allows)

    def approves(self, roles: frozenset[str]) -> bool:
        """Return whether these roles may be the second person."""
        return not self._approvers.isdisjoint(roles)

    def second_needed(
        self, *, pods: int, hourly_usd: float | None, always: bool
    ) -> str | None:
        """Return why a second person must confirm; None when one is enough.

        What costs nobody knows how much (None) counts as too much.
        """
        if always:
            return "this always needs a second person"
        most_pods, most_usd = self.approval.pods_over, self.approval.hourly_usd_over
        if most_pods is not None and pods > most_pods:
            ends = f"this ends {some(pods, 'pod')}"
            return f"{ends}: more than {most_pods:,} need a second person"
        if most_usd is None:
            return None
        bound = f"more than {_dollars(most_usd)} an hour need a second person"
        if hourly_usd is None or isnan(hourly_usd):
            return f"what this costs is not known: {bound}"
        if round(hourly_usd, 4) > most_usd:  # RunPod's prices have fewer places
            return f"this costs {_dollars(hourly_usd)} an hour: {bound}"
        return None

    @property
    def _approvers(self) -> frozenset[str]:
        role = self.approval.approvers
        return frozenset() if role is None else frozenset({role})

    def _rules(self, action: str) -> tuple[Allow, ...]:
        return tuple(rule for rule in self.allows if action in rule.actions)

    def _brake_refusal(self, action: str, roles: frozenset[str]) -> str | None:
        if self.may_do_anything(roles):
            return None
        able = sorted(self.needed_roles(action))
        return _not_in(able, action) if able else self._unruled(action)

    def _unruled(self, action: str) -> str:
        if not self.source and not self.allows:
            return f"there is no policy, and without one nobody may `{action}`"
        return f"no rule of the policy allows `{action}`"


CLOSED: Final = Policy()
"""No policy: nobody may change anything."""


def outsider(person: Person, *, home_team: str | None) -> str | None:
    """Return why this person can never change anything; None where roles decide.

    Whose workspace is not known, or who asks when ours is not, is an outsider.
    """
    if person.bot:
        return "bots and workflows may never change anything"
    if person.deleted:
        return "a deactivated account may never change anything"
    if person.stranger:
        return "people of other workspaces may never change anything"
    if not home_team:
        return "nothing may be changed while the bot does not know its own workspace"
    if not person.team_id and not person.teams:
        return "nothing may be changed by somebody whose workspace is not known"
    if home_team != person.team_id and home_team not in person.teams:
        return "people of other workspaces may never change anything"
    if person.guest:
        return "guests may never change anything"
    return None


def _not_in(roles: list[str], action: str) -> str:
    if len(roles) == 1:
        return f"only role {roles[0]} may `{action}`, and you are not in it"
    names = listed(roles)
    return f"only roles {names} may `{action}`, and you are in none of them"


def _dollars(amount: float) -> str:
    """Return `$10.00`; more places only where they tell."""
    cents = f"{amount:,.2f}"
    exact = f"{amount:,.4f}"
    return f"${cents if exact == cents + '00' else exact.rstrip('0')}"
