"""Who a caller is to the policy, asked afresh each time."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.access import Caller, Door
from bot.domain.errors import Known, SourceDown
from bot.domain.policy import CLOSED, People, Person, Policy, outsider


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who a caller is to the policy; *why* is why nothing can be told of them."""

    policy: Policy
    roles: frozenset[str] = frozenset()
    who: str = ""
    why: str | None = None

    def refusal(self, action: str, caller: Caller) -> str | None:
        """Return why they may not do this where *caller* is; None when they may.

        A shell holds the keys itself: the policy's roles don't apply there.
        """
        if self.why is not None or caller.door is Door.SHELL:
            return self.why
        return self.policy.refusal(action, roles=self.roles, channel=caller.channel_id)

    @property
    def approves(self) -> bool:
        """Tell whether they may be the second person."""
        return self.policy.approves(self.roles)


class Rights:
    """Reads policy and people at the moment of asking, and keeps nothing."""

    def __init__(
        self,
        policy: Callable[[], Policy],
        people: People | None,
        home_team: Callable[[], str | None],
    ) -> None:
        """Read from these; without *people* only a shell has any rights."""
        self._policy = policy
        self._people = people
        self._home_team = home_team

    def policy(self) -> Policy:
        """Return the policy as its file says it now.

        Raises:
            Misread: it can't be read.
        """
        return self._policy()

    def limits(self) -> Policy:
        """Return the policy for its limits; the closed one where it can't be read."""
        try:
            return self._policy()
        except Known:
            return CLOSED

    async def standing(self, caller: Caller, action: str | None = None) -> Standing:
        """Return the caller's roles, read afresh; those that decide about *action*.

        A look-up that fails gives no roles, and says why.
        """
        try:
            policy = self._policy()
        except Known as error:
            why = f"the policy cannot be read: {error.message}"
            return Standing(policy=CLOSED, who=caller.who, why=why)
        if caller.door is Door.SHELL:
            return Standing(
                policy=policy, who=caller.who, roles=frozenset(policy.roles)
            )
        user, people = caller.user_id, self._people
        if user is None or people is None:
            why = "nobody can tell who you are"
            return Standing(policy=policy, who=caller.who, why=why)
        try:
            person = await people.person(user)
            wanted = policy.roles if action is None else policy.needed_roles(action)
            roles = await self._roles(people, user, frozenset(wanted), policy)
        except SourceDown as error:
            why = f"nobody can tell what you may do: {error.source} {error.message}"
            return Standing(policy=policy, who=caller.who, why=why)
        barred = outsider(person, home_team=self._home_team())
        barred = barred or _astray(caller, person)
        who = f"{person.name} ({user})" if person.name else user
        if barred is not None:
            return Standing(policy=policy, who=who, why=barred)
        return Standing(policy=policy, who=who, roles=roles)

    async def barred(self, names: Iterable[str], caller: Caller) -> frozenset[str]:
        """Return those of the actions that the caller may not do; none is recorded."""
        standing = await self.standing(caller)
        return frozenset(
            name for name in names if standing.refusal(name, caller) is not None
        )

    @staticmethod
    async def _roles(
        people: People, user: str, wanted: frozenset[str], policy: Policy
    ) -> frozenset[str]:
        """Return those of the wanted roles that the user holds, asked afresh."""
        roles = [policy.roles[name] for name in sorted(wanted)]
        unsure = [role for role in roles if user not in role.users]
        groups = sorted({group for role in unsure for group in role.usergroups})
        found = await asyncio.gather(*map(people.members, groups))
        holding = {
            group
            for group, members in zip(groups, found, strict=True)
            if user in members
        }
        return frozenset(
            role.name
            for role in roles
            if user in role.users or role.usergroups & holding
        )


def _astray(caller: Caller, person: Person) -> str | None:
    """Return why the payload and the person do not fit together, if they don't."""
    theirs = {person.team_id, *person.teams}
    if caller.team_id is not None and caller.team_id not in theirs:
        return "the request bears another workspace than yours"
    return None
