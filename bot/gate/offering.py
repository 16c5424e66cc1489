"""An action as a command: its words are planned, and the plan is offered."""

import functools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from bot.action import Action, Gated, Planning
from bot.command import Asked, Command
from bot.domain.access import Access, Door
from bot.domain.errors import Known, Lacks, Misread, SourceDown
from bot.domain.figures import some
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
    if not gate.changes(asked.system.name):
        name = asked.system.name
        hint = f"what people can do stands beside each finding: health --system {name}"
        raise Lacks(name, "actions: it is only read", hint=hint)
    target = _target(query)
    if not query.dry_run:
        caller, name = asked.caller, action.name
        standing = await gate.rights.standing(caller, name)
        why = await gate.refusal(name, caller, target=target, standing=standing)
        if why is not None:
            return reports.refused(name, why)
        if not shell:
            asked = replace(asked, caller=replace(caller, name=standing.who))
    asked = replace(asked, words=_FLAGS.sub("", asked.words))
    try:
        policy = gate.rights.policy()
    except Known as error:
        why = f"the policy cannot be read: {error.message}"
        return reports.refused(action.name, why)
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
            await gate.refused(action.name, asked.caller, why, target=target)
            return reports.refused(action.name, why)
    if query.dry_run and (frozen := await _why_frozen(gate)) is not None:
        plan = replace(plan, notes=(*plan.notes, f"it could not be done now: {frozen}"))
    report = reports.planned(
        action,
        plan,
        offer,
        kept_back=kept_back,
        words=asked.words,
        dry_run=query.dry_run,
    )
    return replace(report, reads=reports.reads(asked.now))


def _target(query: Gated) -> str:
    """Return what the words name, for the record of a refusal: there is no plan yet."""
    id: str = getattr(query, "id", "")
    pods: tuple[str, ...] = getattr(query, "pods", ())
    return id or ", ".join(pods)


async def _why_frozen(gate: "Gate") -> str | None:
    """Return why nothing may be done; a plan alone needs no ledger to be shown."""
    try:
        return await gate.why_frozen()
    except SourceDown:
        return None


def _cut(plan: Plan, most: int) -> tuple[Plan, int]:
    """Return as much of the plan as one confirmation may hold, and what is left."""
    items = plan.items[:most]
    return replace(plan, items=items), len(plan.items) - len(items)


async def settled(gate: "Gate", *, dry_run: bool) -> tuple[str, ...]:
    """Settle what a process that was killed left behind; a bot does so by itself.

    A dry run only says what waits to be settled, and so does any while everything is
    frozen. Without the ledger that waits: a plan alone needs none.
    """
    try:
        found = () if dry_run else await gate.recover()
        waiting = await gate.stranded()
    except SourceDown:
        return ()
    rest = (
        f"{some(waiting, 'action')} that was cut off is not settled yet: the next one"
        " that is neither a dry run nor frozen does it"
    )
    return (rest,) * bool(waiting) + tuple(
        f"what was cut off before is settled now: {report.summary}"
        for _, report in found
    )
