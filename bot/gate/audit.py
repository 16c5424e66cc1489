"""`audit`: who did what, what was decided, what came of it."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain.errors import Misread
from bot.domain.figures import some
from bot.domain.offers import Decision, Fate, Record, heeded
from bot.domain.report import Read, Report, Table
from bot.domain.spelling import clipped, did_you_mean
from bot.gate.alerts import ACKNOWLEDGE, MUTE, UNMUTE
from bot.gate.promises import KEPT

if TYPE_CHECKING:  # to declare a command no gate is needed, and --help pays for none
    from bot.gate.gate import Gate

MOST: Final = 1_000
# The third is a press on no known offer.
_OTHERS: Final = ("freeze", "unfreeze", "offer", ACKNOWLEDGE, MUTE, UNMUTE)
_BEGUN: Final = "begun"
_TOO_LATE: Final = "too late"
# What was done stands first, what was only wished for last.
_RANKED: Final = (
    *(fate.value for fate in Fate),
    _BEGUN,
    *(Decision.CANCELLED, Decision.REFUSED, _TOO_LATE),
    *(Decision.FROZEN, Decision.UNFROZEN, Decision.CONFIRMED, Decision.OFFERED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """What `audit` wants to know."""

    hours: float = command.hours()
    who: str | None = command.text("only by whom: a part of the name or id", meta="WHO")
    action: str | None = command.text("only of this action", meta="ACTION")
    target: str | None = command.id_flag(
        "only of this target", read=command.worker_text
    )
    limit: int = command.limit(200, most=MOST, what="records")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One wish, what was decided about it, and what came of it.

    *outcome* is None where nothing was to come of it, or while it is not known.
    """

    at: datetime
    who: str
    action: str
    target: str
    decision: Decision
    outcome: Fate | None
    reason: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditData:
    """The records that match, oldest first."""

    records: tuple[AuditEntry, ...]
    kept_days: int


def audit(opens: "Callable[[], Gate]") -> Command:
    """Return the command that shows the audit."""

    async def answer(query: AuditQuery, asked: Asked) -> Report:
        window, gate = asked.window(query.hours), opens()
        _check(query.action, {*gate.actions, *_OTHERS})
        every = await gate.records(window, limit=10 * MOST)
        found = [each for each in every if _matches(each, query)]
        shown = found[-query.limit :]
        heard = frozenset(heeded(every))
        return Report(
            summary=_summary(found, shown, heard),
            sections=(_table(shown, heard),) if shown else (),
            data=AuditData(records=tuple(map(_entry, shown)), kept_days=KEPT.days),
            window=window,
            truncated=len(shown) < len(found) or len(every) >= 10 * MOST,
            notes=(f"records are kept for {KEPT.days} days",),
            reads=(Read(source="ledger", at=asked.now),),
        )

    return Command(
        name="audit",
        answers="Who did what: every gated action and its outcome",
        query=AuditQuery,
        handler=answer,
        examples=("audit", "audit --hours 72 --action 'runpod terminate'"),
        data=AuditData,
        place=72,
    )


def _check(action: str | None, known: Collection[str]) -> None:
    if action is None or action.lower() in known:
        return
    meant = did_you_mean(action.lower(), known)
    msg = f"no action is called '{clipped(action)}'"
    raise Misread(msg, hint=f"{meant}known: {', '.join(sorted(known))}")


def _matches(record: Record, query: AuditQuery) -> bool:
    return (
        (query.who is None or query.who.lower() in record.who.lower())
        and (query.action is None or query.action.lower() == record.action)
        and (query.target is None or query.target in record.target)
    )


def _summary(
    found: Sequence[Record], shown: Sequence[Record], heard: Collection[Record]
) -> str:
    if not found:
        return "nothing was asked for, refused or done"
    cut = "" if len(shown) == len(found) else f", the newest {len(shown)} shown"
    counts = Counter(_became(each, heard) for each in found)
    told = sorted(counts, key=_RANKED.index)
    parts = ", ".join(f"{counts[each]:,} {each}" for each in told)
    return f"{some(len(found), 'record')}{cut}: {parts}"


def _table(shown: Sequence[Record], heard: Collection[Record]) -> Table:
    # Five columns: more would be left out in Slack.
    header = ("at", "who", "action", "outcome", "reason")
    rows = tuple(
        (
            each.at,
            each.who,
            f"{each.action} {each.target}".strip(),
            _became(each, heard),
            each.reason,
        )
        for each in reversed(shown)
    )
    return Table(title="Newest first", header=header, rows=rows)


def _became(record: Record, heard: Collection[Record]) -> str:
    """Return what came of it; an act without an end runs, or was cut off.

    Who is not *heard* pressed what had been used by then, which is no refusal.
    """
    if record.outcome is not None:
        return record.outcome.value
    if record.decision is Decision.ALLOWED:
        return _BEGUN
    return record.decision.value if record in heard else _TOO_LATE


def _entry(record: Record) -> AuditEntry:
    return AuditEntry(
        at=record.at,
        who=record.who,
        action=record.action,
        target=record.target,
        decision=record.decision,
        outcome=record.outcome,
        reason=record.reason,
        channel=record.channel,
    )
