"""`whoami`: what the caller may do here, and why not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.command import Asked, Command
from bot.domain.access import Door
from bot.domain.findings import Status
from bot.domain.report import Facts, Report, Table

if TYPE_CHECKING:  # to declare a command no gate is needed, and --help pays for none
    from bot.domain.policy import Policy
    from bot.gate.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoamiQuery:
    """`whoami` takes no arguments of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One action, and why it may not be done; *why* is None where it may."""

    action: str
    allowed: bool
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoamiData:
    """Who asks, their roles, and what they may do in this place."""

    who: str
    door: str
    roles: tuple[str, ...]
    rights: tuple[Right, ...]
    may_approve: bool


def whoami(opens: "Callable[[], Gate]") -> Command:
    """Return the command that tells one's rights."""

    async def answer(query: WhoamiQuery, asked: Asked) -> Report:
        del query
        gate = opens()
        caller = asked.caller
        shell = caller.door is Door.SHELL
        standing, frozen = await asyncio.gather(
            gate.rights.standing(caller), gate.why_frozen()
        )
        names = sorted({*gate.actions, "freeze", "unfreeze"})
        rights = tuple(
            Right(action=name, allowed=why is None, why=why)
            for name in names
            for why in [standing.refusal(name, caller)]
        )
        able = [each.action for each in rights if each.allowed]
        data = WhoamiData(
            who=standing.who,
            door=caller.door.value,
            roles=() if shell else tuple(sorted(standing.roles)),
            rights=rights,
            may_approve=not shell and standing.approves,
        )
        said = f"here you may {', '.join(able) if able else 'change nothing'}"
        if frozen:
            said = f"nothing can be done now: {frozen}. Otherwise {said}"
        return Report(
            summary=f"you are {standing.who or 'nobody known'}; {said}",
            status=Status.WARNING if frozen else Status.OK,
            sections=(
                _facts(data, standing.policy, shell=shell),
                Table(
                    title="What you may do here",
                    header=("action", "allowed", "why not"),
                    rows=tuple(
                        (each.action, "yes" if each.allowed else "no", each.why or "")
                        for each in rights
                    ),
                ),
            ),
            data=data,
            private=True,
        )

    return Command(
        name="whoami",
        answers="What you may do here",
        query=WhoamiQuery,
        handler=answer,
        examples=("whoami",),
        data=WhoamiData,
        place=73,
    )


def _file(policy: "Policy") -> str:
    """Return the policy's file; the folders above it are nobody's business."""
    if not policy.source:
        return "none: nobody may change anything in Slack"
    return policy.source.rpartition("/")[2]


def _facts(data: WhoamiData, policy: "Policy", *, shell: bool) -> Facts:
    roles = (
        "the policy's roles do not apply in a shell" if shell else ", ".join(data.roles)
    )
    return Facts(
        title="You",
        rows=(
            ("who", data.who),
            ("asking by", data.door),
            ("roles", roles or "none"),
            ("may be the second person", "yes" if data.may_approve else "no"),
            ("policy", _file(policy)),
        ),
    )
