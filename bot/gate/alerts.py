"""`alerts`, `alerts mute`, `alerts unmute`: what is told unasked, and who cares.

To mute keeps a thread quiet and changes nothing else, so it is open to whoever belongs
to the workspace, as the buttons of an alert are. It is written down as every act is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot import command
from bot.command import Asked, Command
from bot.domain.errors import Misread, NotFound
from bot.domain.figures import some
from bot.domain.findings import Severity, Status
from bot.domain.notices import Mark, Notice, muted
from bot.domain.report import Ask, Read, Report, Table
from bot.domain.spelling import SHORTEST_PREFIX, bounded, too_short
from bot.domain.times import stamp
from bot.gate import reports

if TYPE_CHECKING:  # to declare a command neither is needed, and --help pays for none
    from bot.gate.gate import Gate
    from bot.state.alerts import AlertBook

ALL: Final = "all"
MUTE, UNMUTE = "alerts mute", "alerts unmute"
ACKNOWLEDGE: Final = "alerts acknowledge"  # pressed, never typed
MUTED_HOURS: Final = 1.0
_PLACE: Final = 44
_NAMED: Final = 5
_STATUS: Final = {
    Severity.CRITICAL: Status.CRITICAL,
    Severity.WARNING: Status.WARNING,
    Severity.INFO: Status.OK,
}
_UNWATCHED: Final = (
    "no bot looks for problems just now: one that serves with"
    " DEBUG_BOT_ALERTS_CHANNEL does"
)
_THOSE: Final = "alerts without --system lists them"


def _problem(value: str, now: datetime) -> str:
    """Return what names a problem: its kind, what it is about, or `all`."""
    plain = value.strip().lower()
    return ALL if plain == ALL else command.worker_text(value, now)


def _which() -> str:
    """Declare what names a problem."""
    name: str = command.identifier(
        "what the alert is about (0832aa93), its kind (stuck-task), or all",
        listed_by="alerts",
        meta="PROBLEM",
        read=_problem,
    )
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsQuery:
    """`alerts` takes no arguments of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteQuery:
    """What `alerts mute` wants to know."""

    problem: str = _which()
    hours: float = command.argument(
        f"for so many hours (default {MUTED_HOURS:g})",
        meta="N",
        read=command.read_hours,
        default=MUTED_HOURS,
        example="2",
    )
    until_fixed: bool = command.switch("until it is fixed, however long that takes")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmuteQuery:
    """What `alerts unmute` wants to know."""

    problem: str = _which()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEntry:
    """One open alert, and who cares; *muted_until* is None until it is fixed."""

    name: str
    kind: str
    severity: Severity
    title: str
    problems: int
    """How many there are of the kind, where they share a message."""
    since: datetime
    acknowledged_by: str | None
    muted: bool
    muted_by: str | None
    muted_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsData:
    """What is open, the worst first; *watched* is whether anybody looks for more."""

    alerts: tuple[AlertEntry, ...]
    watched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MutedData:
    """The alerts that were muted, or are so no longer."""

    alerts: tuple[AlertEntry, ...]


def alerts(opens: "Callable[[], AlertBook]") -> Command:
    """Return the command that lists what is open."""

    async def answer(query: AlertsQuery, asked: Asked) -> Report:
        del query
        if asked.told_of:
            return _of_another(asked.told_of)
        book = opens()
        found, watched = await asyncio.gather(_open(book, asked.now), book.watched())
        status = Status.OK if watched else Status.UNKNOWN
        if found:
            status = _STATUS[found[0].heaviest.problem.severity]
        return Report(
            summary=_summary(found, asked.now),
            status=status,
            sections=(_table(found, asked.now),) if found else (),
            asks=_asks(found, asked.now),
            data=AlertsData(alerts=_entries(found, asked.now), watched=watched),
            notes=() if watched else (_UNWATCHED,),
            reads=(Read(source="ledger", at=asked.now),),
        )

    return Command(
        name="alerts",
        answers="Which problems are open, who cares, and what is muted",
        query=AlertsQuery,
        handler=answer,
        examples=("alerts",),
        data=AlertsData,
        place=_PLACE,
    )


def mute(opens: "Callable[[], AlertBook]", gate: "Callable[[], Gate]") -> Command:
    """Return the command that keeps the thread of an alert quiet."""

    async def answer(query: MuteQuery, asked: Asked) -> Report:
        if query.until_fixed and query.hours != MUTED_HOURS:
            msg = "--until-fixed and --hours both say how long: give one of them"
            raise Misread(msg)
        until, long = None, "until fixed"
        if not query.until_fixed:
            until = asked.now + timedelta(hours=query.hours)
            long = f"until {stamp(until)}"
        by = asked.caller.user_id or asked.caller.who
        mark = Mark(by=by, at=asked.now, until=until)
        return await _changed(
            _Wish(name=MUTE, problem=query.problem, reason=long, mark=mark),
            (opens(), gate()),
            asked,
        )

    return Command(
        name=MUTE,
        answers="Keep an alert's thread quiet, and its return in the same message",
        query=MuteQuery,
        handler=answer,
        examples=("alerts mute stuck-task --hours 2", "alerts mute all --until-fixed"),
        data=MutedData,
        place=_PLACE + 1,
    )


def unmute(opens: "Callable[[], AlertBook]", gate: "Callable[[], Gate]") -> Command:
    """Return the command that lets an alert be heard again."""

    async def answer(query: UnmuteQuery, asked: Asked) -> Report:
        wish = _Wish(name=UNMUTE, problem=query.problem, reason="", mark=None)
        return await _changed(wish, (opens(), gate()), asked)

    return Command(
        name=UNMUTE,
        answers="Let a muted alert be heard again",
        query=UnmuteQuery,
        handler=answer,
        examples=("alerts unmute all",),
        data=MutedData,
        place=_PLACE + 2,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    name: str
    problem: str
    reason: str
    mark: Mark | None


async def _changed(
    wish: _Wish, holders: "tuple[AlertBook, Gate]", asked: Asked
) -> Report:
    """Mute or unmute what is meant, and write it down.

    Raises:
        NotFound: nothing that is open is meant.
    """
    if asked.told_of:
        raise NotFound(_untold(asked.told_of), hint=_THOSE)
    book, gate = holders
    standing = await gate.rights.standing(asked.caller)
    if standing.why is not None:
        await gate.refused(wish.name, asked.caller, standing.why, target=wish.problem)
        return reports.refused(wish.name, standing.why)
    found = _meant(wish.problem, await _open(book, asked.now))
    change = partial(_with, wish.mark, asked.now)
    done = []
    for notice in found:
        now = await book.change(notice.id, change)
        if now is None or now.closed_at is not None:
            continue  # it ended meanwhile
        done.append(now)
        await gate.noted(
            wish.name,
            asked.caller,
            standing.who,
            target=now.name,
            reason=wish.reason,
        )
    names = ", ".join(each.name for each in done[:_NAMED])
    names += f" and {len(done) - _NAMED:,} more" if len(done) > _NAMED else ""
    said = f"muted {wish.reason}" if wish.mark else "heard again"
    return Report(
        summary=f"{said}: {names}" if done else "they are over meanwhile",
        asks=(Ask(label="All alerts", words="alerts"),),
        data=MutedData(alerts=_entries(done, asked.now)),
        notes=("their messages show it within a minute",) if done else (),
    )


def _untold(told_of: str) -> str:
    return f"no alert is open: people are told of {told_of}'s problems alone"


def _of_another(told_of: str) -> Report:
    """Return that nobody is told of the problems of the system that is asked."""
    return Report(
        summary=_untold(told_of),
        status=Status.UNKNOWN,
        hint=_THOSE,
        data=AlertsData(alerts=(), watched=False),
    )


def _with(mark: Mark | None, at: datetime, notice: Notice) -> Notice:
    over = notice.closed_at is not None
    if over or (mark is None and notice.muted is None):
        return notice
    return muted(notice, mark, at)


def _meant(problem: str, found: Sequence[Notice]) -> Sequence[Notice]:
    """Return those of the open alerts that the word names.

    Raises:
        Misread: none is called so, and it is too short for a part.
        NotFound: none is.
    """
    meant = [
        each
        for each in found
        if problem in (ALL, each.id)
        or problem.lower() == each.kind
        or any(
            alert.problem.subject and _names(problem, alert.problem.subject)
            for alert in each.open
        )
    ]
    if meant:
        return meant
    if found and problem != ALL and len(problem) < SHORTEST_PREFIX:
        raise too_short(problem)
    msg = "no alert is open"
    if problem != ALL and found:
        msg = f"no open alert is about {problem}"
    known = ", ".join(dict.fromkeys(each.name for each in found[:_NAMED]))
    raise NotFound(msg, hint=f"open are: {known}" if known else "")


def _names(problem: str, subject: str) -> bool:
    """Tell whether the word is what an alert is about, or an end of it that is long."""
    if len(problem) < SHORTEST_PREFIX:
        return problem.lower() == subject.lower()
    return bounded(subject, problem)


async def _open(book: "AlertBook", at: datetime) -> Sequence[Notice]:
    """Return the open alerts, the worst first, and of these the oldest."""
    found = [
        each
        for each in await book.living(at)
        if each.opened_at is not None and each.closed_at is None
    ]
    return sorted(found, key=lambda it: (-it.heaviest.problem.weight, it.since, it.id))


def _muted(notice: Notice, now: datetime) -> Mark | None:
    """Return the mute that lasts; one that ran out is taken away by the next look."""
    mark = notice.muted
    over = mark is not None and mark.until is not None and mark.until <= now
    return None if over else mark


def _summary(found: Sequence[Notice], now: datetime) -> str:
    if not found:
        return "no alert is open"
    parts = [f"{some(len(found), 'alert')} open"]
    for word, number in (
        ("taken up", sum(each.acknowledged is not None for each in found)),
        ("muted", sum(_muted(each, now) is not None for each in found)),
    ):
        parts += [f"{number} {word}"] if number else []
    return f"{', '.join(parts)}; the worst: {found[0].heaviest.problem.title}"


def _table(found: Sequence[Notice], now: datetime) -> Table:
    return Table(
        title="Open alerts",
        header=("problem", "severity", "since", "what", "state"),
        rows=tuple(
            (
                each.name,
                each.heaviest.problem.severity.value,
                each.since,
                _title(each),
                _state(each, now),
            )
            for each in found
        ),
    )


def _title(notice: Notice) -> str:
    more = len(notice.open) - 1
    return notice.heaviest.problem.title + (f" and {more:,} more" if more > 0 else "")


def _state(notice: Notice, now: datetime) -> str:
    parts = ["taken up" if notice.acknowledged else ""]
    if (mute := _muted(notice, now)) is not None:
        until = "until fixed" if mute.until is None else f"until {stamp(mute.until)}"
        parts.append(f"muted {until}")
    return ", ".join(filter(None, parts)) or "open"


def _asks(found: Sequence[Notice], now: datetime) -> tuple[Ask, ...]:
    """Return what the worst one wants to be asked, and the other way to be heard."""
    if not found:
        return ()
    muting = Ask(label="Mute all for 1 h", words=f"{MUTE} {ALL}")
    unmuting = Ask(label="Unmute all", words=f"{UNMUTE} {ALL}")
    quiet = any(_muted(each, now) is not None for each in found)
    return (*found[0].heaviest.problem.asks[:2], unmuting if quiet else muting)


def _entries(found: Sequence[Notice], now: datetime) -> tuple[AlertEntry, ...]:
    return tuple(_entry(each, now) for each in found)


def _entry(notice: Notice, now: datetime) -> AlertEntry:
    taken, mute = notice.acknowledged, _muted(notice, now)
    return AlertEntry(
        name=notice.name,
        kind=notice.kind.value,
        severity=notice.heaviest.problem.severity,
        title=notice.heaviest.problem.title,
        problems=len(notice.open),
        since=notice.since,
        acknowledged_by=None if taken is None else taken.by,
        muted=mute is not None,
        muted_by=None if mute is None else mute.by,
        muted_until=None if mute is None else mute.until,
    )
