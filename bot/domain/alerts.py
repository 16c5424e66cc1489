"""From one look to the next: what is news, what goes on, what is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.domain.notices import (
    AGAIN,
    Alert,
    Mark,
    Notice,
    Phase,
    Turn,
    redrawn,
    told,
)
from bot.domain.problems import Kind, Look, Problem

# Rows flap: a worker's beat is late once, a task is between two workers for a moment.
LOOKS: Final = 2  # in a row, before a problem counts as there, or as gone
LOOKS_BLIND: Final = 5  # a source that hiccups is no reason to wake anybody
RENEWED: Final = timedelta(minutes=15)  # so old may an age be that a message tells
SINGLES: Final = 5  # messages of one kind at once; what more comes shares one


def after(notices: Iterable[Notice], look: Look) -> tuple[Notice, ...]:
    """Return the notices as they are after the look; suspicions that fell are gone."""
    known = tuple(notices)
    living = [each for each in known if _lives(each, look.at)]
    seen = {each.key: each for each in look.problems}
    held = {
        alert.key
        for notice in living
        for alert in notice.alerts
        if not _past(notice, alert, look.at)
    }
    moved = [_moved(each, seen, look) for each in living]
    fresh = [
        Alert(problem=problem, since=look.at, seen_at=look.at)
        for key, problem in seen.items()
        if key not in held
    ]
    suspects = [each for each in moved if each.opened_at is None]
    rest = [each for each in moved if each.opened_at is not None]
    certain = [
        alert
        for notice in suspects
        for alert in notice.alerts
        if alert.phase is Phase.OPEN
    ]
    waiting = [
        notice
        for notice in suspects
        if any(each.phase is Phase.SUSPECTED for each in notice.alerts)
    ]
    rest = _placed(certain, rest, look.at)
    before = {each.id: each for each in living}
    return (
        *(each for each in known if not _lives(each, look.at)),
        *(_settled(each, before.get(each.id), look.at) for each in rest),
        *waiting,
        *(_suspicion(each) for each in fresh),
    )


def _lives(notice: Notice, at: datetime) -> bool:
    end = notice.lives_until
    return end is None or at <= end


def _past(notice: Notice, alert: Alert, at: datetime) -> bool:
    """Tell whether it closed so long ago that its return would be news."""
    if alert.closed_at is None or alert.contrary:
        return False
    muted = notice.muted is not None and (
        notice.muted.until is None or at <= notice.muted.until
    )
    return at - alert.closed_at > AGAIN and not muted


def _moved(notice: Notice, seen: Mapping[str, Problem], look: Look) -> Notice:
    """Return the notice with each of its problems as the look leaves it."""
    lasting = [each for each in notice.alerts if not _past(notice, each, look.at)]
    moved: list[Alert] = []
    for alert in lasting:
        problem = seen.get(alert.key)
        if problem is not None:
            moved.append(_seen(alert, problem, look.at))
        elif alert.problem.kind in look.untold:
            moved.append(alert)
        elif alert.phase is not Phase.SUSPECTED:
            moved.append(_missed(alert, look.at))
    # A flood forgets what closed long ago; the last of it stays, to be told about.
    return replace(notice, alerts=tuple(moved) or _remembered(notice))


def _remembered(notice: Notice) -> tuple[Alert, ...]:
    return () if notice.opened_at is None else notice.alerts


def _seen(alert: Alert, problem: Problem, at: datetime) -> Alert:
    alert = replace(alert, problem=problem, seen_at=at)
    if alert.phase is Phase.OPEN:
        return replace(alert, contrary=0)
    contrary = alert.contrary + 1
    if contrary < _patience(problem.kind):
        return replace(alert, contrary=contrary)
    return replace(alert, phase=Phase.OPEN, contrary=0, closed_at=None)


def _missed(alert: Alert, at: datetime) -> Alert:
    if alert.phase is Phase.CLOSED:
        return replace(alert, contrary=0)
    contrary = alert.contrary + 1
    if contrary < LOOKS:
        return replace(alert, contrary=contrary)
    return replace(alert, phase=Phase.CLOSED, contrary=0, closed_at=at)


def _patience(kind: Kind) -> int:
    return LOOKS_BLIND if kind is Kind.BLIND else LOOKS


def _suspicion(alert: Alert) -> Notice:
    id = f"{alert.key}@{int(alert.since.timestamp())}"
    return Notice(id=id, kind=alert.problem.kind, alerts=(alert,))


def _placed(
    certain: Sequence[Alert], notices: Sequence[Notice], at: datetime
) -> list[Notice]:
    """Return the notices with what became certain: each its own, or all in a flood."""
    found = list(notices)
    for kind in dict.fromkeys(each.problem.kind for each in certain):
        new = tuple(each for each in certain if each.problem.kind is kind)
        ours = [each for each in found if each.kind is kind]
        flood = next((n for n in ours if n.flood and n.closed_at is None), None)
        recent = [
            each
            for each in ours
            if each.closed_at is None
            or (each.opened_at and at - each.opened_at < AGAIN)
        ]
        if flood is not None:
            place = found.index(flood)
            found[place] = replace(flood, alerts=(*flood.alerts, *new))
        elif len(recent) + len(new) > SINGLES:
            id = f"{kind}:many@{int(at.timestamp())}"
            found.append(Notice(id=id, kind=kind, alerts=new, flood=True, opened_at=at))
        else:
            found += [replace(_suspicion(each), opened_at=at) for each in new]
    return found


def _settled(notice: Notice, before: Notice | None, at: datetime) -> Notice:
    """Return the notice with what there is to tell of the way from *before*."""
    ran_out = notice.muted is not None and _over(notice.muted, at)
    if ran_out:
        notice = replace(notice, muted=None)
    if notice.closed_at is None and not notice.open:
        closing = told(replace(notice, closed_at=at), Turn.CLOSED, at)
        lasting = notice.muted if notice.muted and notice.muted.until else None
        return redrawn(replace(closing, muted=lasting), at)
    if notice.closed_at is not None and notice.open:
        anew = replace(
            notice,
            closed_at=None,
            acknowledged=None,
            returns=notice.returns + 1,
            worst=notice.heaviest.problem.severity,
        )
        return redrawn(told(anew, Turn.BACK, at), at)
    if before is None or before.opened_at is None:
        return redrawn(replace(notice, worst=notice.heaviest.problem.severity), at)
    if notice.closed_at is not None:
        return redrawn(notice, at) if ran_out else notice
    problem = notice.heaviest.problem
    worse = problem.weight > replace(problem, severity=notice.worst).weight
    if worse:
        notice = replace(notice, worst=problem.severity)
    if worse or ran_out:
        turn = Turn.WORSE if worse else Turn.STILL
        return redrawn(told(notice, turn, at), at)
    old = notice.renewed_at is not None and at - notice.renewed_at >= RENEWED
    promised, seen_at = notice.promised_at, notice.heaviest.seen_at
    due = promised is not None and seen_at >= promised
    if old or due or _substance(notice) != _substance(before):
        return redrawn(notice, at)
    return notice


def _over(mute: Mark, at: datetime) -> bool:
    return mute.until is not None and at >= mute.until


def _substance(notice: Notice) -> frozenset[tuple[object, ...]]:
    """Return what a message tells, without ages."""
    return frozenset((each.key, *each.problem.substance) for each in notice.open)
