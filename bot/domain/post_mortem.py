"""What was found of an incident, as the sections and sentences of its report."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.domain.excerpts import cut, first_line
from bot.domain.figures import listed, some
from bot.domain.findings import Confidence, Severity
from bot.domain.folds import folded
from bot.domain.incident import (
    NEVER_STORED,
    Act,
    Errors,
    IncidentData,
    Money,
    RootCause,
)
from bot.domain.line_ties import BY_ID, tied
from bot.domain.logs import LogLine
from bot.domain.offers import Decision, Fate, Record
from bot.domain.orchestrator_limits import LOGS_KEPT
from bot.domain.report import Cell, Facts, Gap, Section, Table, Text, Timeline
from bot.domain.times import Window

_OTHERS: Final = 3
_PROOFS: Final = 2
_LONGEST: Final = 160
_SHORT: Final = 100
_UNREAD: Final = "could not be read: see the open questions"
QUESTIONS: Final = 20


def summary(data: IncidentData) -> str:
    """Return the incident in one sentence: how much, how it began, most likely why."""
    parts = []
    dead = [each for each in data.workers or () if each.way is not None]
    failed = [each for each in data.tasks or () if each.failed_at is not None]
    parts += [some(len(dead), "worker") + " lost"] if dead else []
    parts += [some(len(failed), "task") + " failed"] if failed else []
    lost = sum(each.status == NEVER_STORED for each in data.tasks or ())
    parts += [f"{some(lost, 'task')} {NEVER_STORED}"] if lost else []
    parts += [_counted(data.errors)] if data.errors.total else []
    unread = _unread(data)
    if not parts:
        if unread:
            return "cannot tell what happened: not everything could be read"
        sums = [each.title for each in data.root_causes[:1]]
        return "; ".join(["nothing failed in the window", *sums])
    said = ", ".join(parts) + (" (not everything could be read)" if unread else "")
    cause = first_cause(data.root_causes)
    if cause is None:
        if data.first_error is not None:
            said += f"; the earliest error at {_error(data.first_error)}"
        return f"{said}; cannot tell why: no finding explains it"
    said += f"; root cause, {cause.confidence}: {cause.title}"
    if data.cause_error is not None:
        at = _error(data.cause_error)
        return f"{said}; {_first_of(cause, data.cause_error)} at {at}"
    # Of a queue, say, lines tell in other words than by an id.
    sought = data.errors.whole and cause.kind in BY_ID
    return said + ("; no error line names it" if sought else "")


def heading(data: IncidentData, window: Window) -> str:
    """Return what an incident's report is called: what happened, and on which day.

    That is the day on which the first cause began, else that of the earliest error.
    """
    cause = first_cause(data.root_causes) or next(iter(data.root_causes), None)
    line = data.first_error
    at = window.until if line is None else line.at
    what = "not everything could be read" if _unread(data) else "nothing failed"
    if cause is not None:
        what, at = cause.title, cause.begun_at or cause.first_at or at
    elif line is not None:
        what = first_line(line.message)
    what = cut(" ".join(what.split()), _SHORT)
    return f"Incident Report: {what} on {at.astimezone(UTC):%Y-%m-%d}"


def _unread(data: IncidentData) -> bool:
    return data.workers is None or not data.tasks_read or data.errors.total is None


def by_a_line(line: LogLine) -> str:
    """Return what is said of a task of which an error line alone tells."""
    return f"an error line names it: {cut(first_line(line.message), _SHORT)}"


def _first_of(cause: RootCause, line: LogLine) -> str:
    """Return what the first error that belongs to a cause is called."""
    tie = tied(line, cause)
    if tie is None or (tie.own and tie.subject == cause.subjects[0]):
        return "its first error"
    # The title names one of several that are alike.
    whose = _named(tie.subject)
    return (
        f"its first error, of {whose}," if tie.own else f"the first error about {whose}"
    )


def first_cause(causes: Iterable[RootCause]) -> RootCause | None:
    """Return the weightiest cause that is more than a symptom."""
    return next((each for each in causes if each.cannot_tell is None), None)


def _error(line: LogLine) -> str:
    return f"{_clock(line.at)}: {cut(first_line(line.message), _SHORT)}"


def _counted(errors: Errors) -> str:
    scaled = f" ({errors.routine:,} of them scale-downs)" if errors.routine else ""
    return some(errors.total or 0, "error") + scaled


def sections(
    data: IncidentData,
    *,
    moneyless: str,
    rents: bool = True,
    routine: Sequence[str] = (),
) -> tuple[Section, ...]:
    """Return the report's sections; each is there, and says so where it holds nothing.

    *moneyless* is why what is wasted cannot be told, where it can't. What is not rented
    costs nothing, and is not scaled down. Lines of *routine* are folded.
    """
    causes = [each for each in data.root_causes if each.cannot_tell is None]
    bare = [each for each in data.root_causes if each.cannot_tell is not None]
    untold = (_text("Cannot tell why", map(cause_in_words, bare), ""),) if bare else ()
    none = _ONLY_SYMPTOMS if bare else _NO_CAUSE
    return (
        _text("Root cause (draft)", map(cause_in_words, causes), none),
        *untold,
        *_firsts(data, " (scale-downs left out)" if rents else "", routine),
        Timeline(
            title="Timeline", lines=tuple(moment.line for moment in data.timeline)
        ),
        _workers(data),
        _tasks(data),
        *_errors(data.errors),
        _actions(data.actions),
        *((_money(data.money, moneyless),) if rents else ()),
        _text("Open questions", data.open_questions, "none"),
    )


_NO_CAUSE: Final = "cannot tell, because no rule found anything wrong"
_ONLY_SYMPTOMS: Final = "cannot tell, because no finding explains what is told below"


def cause_in_words(cause: RootCause) -> str:
    """Return a cause in one line: how sure, what, where else, effects and proof."""
    parts = [f"{cause.confidence}: {cause.title}"]
    if more := len(cause.subjects) - 1:
        others = ", ".join(map(_named, cause.subjects[1 : 1 + _OTHERS]))
        rest = f" and {more - _OTHERS:,} more" if more > _OTHERS else ""
        parts.append(f"alike: {others}{rest}")
    if cause.first_at is not None:
        parts.append(f"first at {_clock(cause.first_at)}")
    if cause.explains:
        effects = ", ".join(f"{rule} ({n:,})" for rule, n in cause.explains.items())
        parts.append(f"it explains {effects}")
    proof = "; ".join(_line(each) for each in cause.evidence[:_PROOFS])
    parts.append(f"proof: {proof}")
    if cause.cannot_tell is not None:
        parts.append(cause.cannot_tell)
    return "; ".join(parts)


def questions(  # noqa: PLR0913  each has its name at the call
    data: IncidentData,
    *,
    gaps: Iterable[Gap],
    window: Window,
    now: datetime,
    cut_off: Iterable[str],
    expires: bool = True,
) -> tuple[str, ...]:
    """Return what the report leaves open: unread, only possible, not yet done.

    *cut_off* names the lists that a bound ended; *expires* tells whether lines are
    deleted after some days.
    """
    asked = [f"what {gap.source} would tell: {gap.reason}" for gap in gaps]
    asked += [f"what else is among {each}" for each in cut_off]
    if expires and now - window.since > LOGS_KEPT:
        asked.append(
            "what the oldest lines said: lines are kept for 48 to 72 h, and the window"
            " begins earlier"
        )
    for cause in data.root_causes:
        if cause.cannot_tell is not None:
            asked.append(f"why {cause.title}: {cause.cannot_tell}")
        elif cause.confidence is not Confidence.CONFIRMED:
            proof = _line(cause.evidence[0])
            asked.append(
                f"whether it is so that {cause.title}: it is only {cause.confidence}"
                f" ({proof})"
            )
    asked += _undone(data)
    rest = asked[QUESTIONS:]
    more = [f"and {len(rest)} more, which the findings name"] if rest else []
    return (*asked[:QUESTIONS], *more)


def _undone(data: IncidentData) -> Iterator[str]:
    """Yield what the findings advise and the audit does not hold as done."""
    if data.actions is None:
        yield "whether anybody has acted: the audit could not be read"
        return
    done = [each.target for each in data.actions if each.outcome is Fate.DONE]
    for cause in data.root_causes:
        # Of what may pass, and of what is not sure, others tell first.
        passing = cause.cannot_tell and cause.severity is Severity.WARNING
        if passing or cause.confidence is Confidence.POSSIBLE:
            continue
        acted = any(subject in target for subject in cause.subjects for target in done)
        if not acted and cause.remedy:
            about = _named(cause.subjects[0])
            yield f"no action on record for {cause.rule} ({about}): {cause.remedy}"


def acts(records: Sequence[Record]) -> tuple[Act, ...]:
    """Return what was done or refused, with who approved it.

    An offer is told only where nothing came of it, and a press only with its offer.
    """
    pressed: dict[str, list[str]] = {}
    followed = set()
    for each in records:
        if each.decision is Decision.CONFIRMED:
            pressed.setdefault(each.offer_id, []).append(each.who)
        elif each.decision is not Decision.OFFERED:
            followed.add(each.offer_id)
    return tuple(
        Act(
            at=each.at,
            who=each.who,
            action=each.action,
            target=each.target,
            decision=each.decision,
            outcome=each.outcome,
            reason=each.reason,
            approvers=tuple(dict.fromkeys(pressed.get(each.offer_id, ())))
            if each.offer_id
            else (),
        )
        for each in records
        if each.decision is not Decision.CONFIRMED
        and not (each.decision is Decision.OFFERED and each.offer_id in followed)
    )


def _firsts(
    data: IncidentData, without: str, routine: Sequence[str]
) -> tuple[Section, ...]:
    """Return the earliest error, and where it is another one that of the cause."""
    title = f"Earliest error of the window{without}"
    line, of_cause = data.first_error, data.cause_error
    if line is None:
        none = _UNREAD if data.errors.total is None else "none in the window"
        return (Text(title=title, text=none),)
    about = ("it is about", _about(line, data.root_causes))
    found: list[Section] = [_as_written(line, title, about)]
    if data.before_first:
        before = "What its writer wrote before the earliest error"
        lines = folded(data.before_first, routine)
        found.append(Timeline(title=before, lines=lines))
    cause = first_cause(data.root_causes)
    if cause is not None and of_cause is not None and of_cause != line:
        tie = tied(of_cause, cause)
        whose = "of the root cause"
        if tie is not None and not tie.own:
            whose = f"about {_named(tie.subject)}, as the root cause is"
        found.append(_as_written(of_cause, f"First error {whose}"))
    return tuple(found)


def _about(line: LogLine, causes: Iterable[RootCause]) -> str:
    """Return what a line is about, and which of the causes speak of that."""
    rules: dict[str, list[str]] = {}
    for cause in causes:
        if (tie := tied(line, cause)) is not None:
            rules.setdefault(tie.subject, []).append(cause.rule)
    if not rules:
        return "nothing that a cause names"
    subject, named = next(iter(rules.items()))
    speaks = "speaks" if len(named) == 1 else "speak"
    return f"{_named(subject)}, of which {listed(named)} {speaks}"


def _as_written(line: LogLine, title: str, *more: tuple[str, Cell]) -> Facts:
    rows: tuple[tuple[str, Cell], ...] = (
        ("at", line.at),
        ("writer", " ".join(dict.fromkeys(it for it in (line.source, line.source_id)))),
        ("level", line.level),
        ("task", line.task_id),
        ("worker", line.worker_id),
        ("said", line.message),
        *more,
    )
    known = tuple((label, value) for label, value in rows if value is not None)
    return Facts(title=title, rows=known)


def _workers(data: IncidentData) -> Section:
    title = "Affected workers"
    if not data.workers:
        return _nothing(title, unread=data.workers is None)
    rows = tuple(
        (
            each.id,
            each.came_up_at or "not on record",
            each.way.value if each.way else each.status,
            each.died_at or "",
            len(each.tasks),
            each.verdict,
        )
        for each in data.workers
    )
    header = ("worker", "came up", "end", "at", "tasks", "verdict")
    return Table(title=title, header=header, rows=rows)


def _tasks(data: IncidentData) -> Section:
    title = "Affected tasks"
    if not data.tasks:
        return _nothing(title, unread=data.tasks is None)
    if not data.tasks_read:
        title += ", as far as lines tell: others could not be read"
    rows = tuple(
        (
            each.id,
            each.status,
            each.failed_at or "",
            each.worker_id or "none",
            each.verdict,
        )
        for each in data.tasks
    )
    header = ("task", "status", "failed at", "worker", "verdict")
    return Table(title=title, header=header, rows=rows)


def _errors(errors: Errors) -> tuple[Section, ...]:
    if not errors.total:
        return (_nothing("Errors", unread=errors.total is None),)
    of = "" if errors.whole else f", of the newest {errors.read:,} of {errors.total:,}"
    kinds = tuple(
        (each.total, each.kind, ", ".join(each.sources), each.first_at, each.last_at)
        for each in errors.by_kind
    )
    sources = tuple((number, name) for name, number in errors.by_source.items())
    header = ("errors", "kind", "written by", "first", "last")
    return (
        Table(title=f"Errors by kind{of}", header=header, rows=kinds),
        Table(title=f"Errors by source{of}", header=("errors", "source"), rows=sources),
    )


def _actions(found: Sequence[Act] | None) -> Section:
    title = "Actions taken"
    if not found:
        return _nothing(title, unread=found is None)
    rows = tuple(
        (
            each.at,
            each.who,
            f"{each.action} {each.target}".strip(),
            each.outcome.value if each.outcome else each.decision.value,
            ", ".join(each.approvers) or "",
            each.reason,
        )
        for each in found
    )
    header = ("at", "who", "action", "outcome", "approved by", "reason")
    return Table(title=title, header=header, rows=rows)


def _money(money: Money, why: str) -> Section:
    hourly = money.wasted_usd_per_hour
    if hourly is None:
        return Text(title="Money", text=f"cannot tell what is wasted: {why}")
    most = money.wasted_in_window_usd
    return Facts(
        title="Money",
        rows=(
            ("wasted now", f"${hourly:.2f} an hour"),
            ("wasted in the window", f"at most ${most:.2f}" if most else "nothing"),
            ("orphaned pods", money.orphaned_pods),
        ),
    )


def _text(title: str, lines: Iterable[str], otherwise: str) -> Text:
    held = "\n".join(_line(each, 4 * _LONGEST) for each in lines)
    return Text(title=title, text=held or otherwise)


def _nothing(title: str, *, unread: bool) -> Text:
    return Text(title=title, text=_UNREAD if unread else "none")


def _line(text: str, most: int = _LONGEST) -> str:
    """Return the text in one line, cut where it is too long to be read."""
    return cut(" ".join(text.split()), most)


def _named(id: str) -> str:
    """Return an id as people name it: of a task the beginning."""
    return id[:8] if id.count("-") == 4 else id


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
