"""An action as a command: its words are planned, and the plan is offered."""

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.action import Action, Gated, Planning
from bot.command import Asked, Command
from bot.domain.access import Access, Door
from bot.domain.errors import Misread, SourceDown
from bot.domain.offers import Plan
from bot.domain.report import Report
from bot.gate import reports

if TYPE_CHECKING:  # to declare a command no gate is needed, and --help pays for none
    from bot.gate.gate import Gate

_FLAGS: Final = re.compile(r" --(?:yes \d+|dry-run)(?= |$)")


def command_of(action: Action, opens: "Callable[[], Gate]") -> Command:
    """Return the command that plans the action and offers the plan."""

    async def answer(query: Any, asked: Asked) -> Report:
        return await _answer(action, opens(), query, asked)

    return Command(
        name=action.name,
        answers=action.answers,
        query=action.query,
        handler=answer,
        examples=action.examples,
        access=Access.CHANGE,
        data=reports.GatedData,
        place=action.place,
    )


async def _answer(action: Action, gate: "Gate", query: Gated, asked: Asked) -> Report:
    """Return the plan, offered to whoever may have it done."""
    shell = asked.caller.door is Door.SHELL
    if query.yes is not None and not shell:
        msg = "--yes is for the shell: here a button confirms"
        raise Misread(msg)
    if not query.dry_run:
        why = await gate.refusal(action.name, asked.caller)
        if why is not None:
            return reports.refused(action.name, why)
        why = await gate.why_frozen()
        if why is not None:
            await gate.refused(action.name, asked.caller, why)
            return reports.refused(action.name, why)
    asked = replace(asked, words=_FLAGS.sub("", asked.words))
    policy = gate.rights.policy()
    planning = Planning(
        asked=asked,
        limits=policy.limits,
        locked=functools.partial(gate.locked, asked.system.name, asked.gaps),
    )
    plan = await action.plan(query, planning)
    plan, kept_back = _cut(plan, policy.limits.items_per_confirmation)
    offer = None
    if plan.items and not query.dry_run:
        offer = await gate.offer(action, plan, asked, policy)
        if offer is None:
            why = "this needs a second person, and the policy names no approvers"
            await gate.refused(action.name, asked.caller, why)
            return reports.refused(action.name, why)
    return reports.planned(
        action,
        plan,
        offer,
        kept_back=kept_back,
        words=asked.words,
        dry_run=query.dry_run,
    )


def _cut(plan: Plan, most: int) -> tuple[Plan, int]:
    """Return as much of the plan as one confirmation may hold, and what is left."""
    items = plan.items[:most]
    return replace(plan, items=items), len(plan.items) - len(items)


async def settled(gate: "Gate") -> tuple[str, ...]:
    """Settle what a process that was killed left behind; a bot does so by itself.

    Without the ledger that waits: a plan alone needs none.
    """
    try:
        found = await gate.recover()
    except SourceDown:
        return ()
    return tuple(
        f"what was cut off before is settled now: {report.summary}"
        for _, report in found
    )
