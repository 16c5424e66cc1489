"""`freeze` and `unfreeze`: stop all changes at once, on every replica."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.command import Asked, Command
from bot.domain.access import Access, Caller, Door
from bot.domain.findings import Status
from bot.domain.report import Ask, Report
from bot.domain.times import stamp
from bot.gate import reports

if TYPE_CHECKING:  # to declare a command no gate is needed, and --help pays for none
    from bot.gate.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeQuery:
    """`freeze` takes no arguments of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfreezeQuery:
    """`unfreeze` takes no arguments of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeData:
    """Whether everything is frozen now, and whether this question changed that."""

    frozen: bool
    changed: bool


async def _who(name: str, gate: "Gate", caller: Caller) -> tuple[str, Report | None]:
    """Return who brakes, and the refusal if they may not.

    A shell always may: a brake must not need a policy without a mistake.
    """
    if caller.door is Door.SHELL:
        return caller.who, None
    standing = await gate.rights.standing(caller, name)
    why = standing.refusal(name, caller)
    if why is None:
        return standing.who, None
    await gate.refused(name, caller, why)
    return standing.who, reports.refused(name, why)


def freeze(opens: "Callable[[], Gate]") -> Command:
    """Return the command that stops all changes."""

    async def answer(query: FreezeQuery, asked: Asked) -> Report:
        del query
        gate = opens()
        who, refused = await _who("freeze", gate, asked.caller)
        if refused is not None:
            return refused
        changed = await gate.freeze(asked.caller, who)
        frozen = await gate.frozen()
        by = "" if frozen is None else f", by {frozen.who} at {stamp(frozen.at)}"
        said = f"frozen {'now' if changed else 'already'}{by}"
        return Report(
            summary=f"{said}: no action runs; `unfreeze` ends that:"
            f" {gate.rights.limits().brakers()}",
            status=Status.WARNING,
            asks=(Ask(label="Who did what", words="audit"),),
            data=FreezeData(frozen=True, changed=changed),
        )

    return Command(
        name="freeze",
        answers="Stop all actions at once, on every replica",
        query=FreezeQuery,
        handler=answer,
        access=Access.CHANGE,
        examples=("freeze",),
        data=FreezeData,
        place=70,
    )


def unfreeze(opens: "Callable[[], Gate]") -> Command:
    """Return the command that lets changes happen again."""

    async def answer(query: UnfreezeQuery, asked: Asked) -> Report:
        del query
        gate = opens()
        who, refused = await _who("unfreeze", gate, asked.caller)
        if refused is not None:
            return refused
        changed = await gate.unfreeze(asked.caller, who)
        by = f", unfrozen by {who} at {stamp(asked.now)}"
        said = f"actions may run again{by}" if changed else "nothing was frozen"
        return Report(
            summary=said,
            asks=(Ask(label="Who did what", words="audit"),),
            data=FreezeData(frozen=False, changed=changed),
        )

    return Command(
        name="unfreeze",
        answers="Let actions run again after a freeze",
        query=UnfreezeQuery,
        handler=answer,
        access=Access.CHANGE,
        examples=("unfreeze",),
        data=FreezeData,
        place=71,
    )
