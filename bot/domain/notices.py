"""A notice: one message in Slack, what it is about, and how far that was told.

Nothing here tells anybody. A notice says by its *revision* and its *lines* what there
is to tell, and whoever brings it to Slack writes down how far that has come: a restart
at any point loses nothing and repeats nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.excerpts import with_short_ids
from bot.domain.findings import Severity
from bot.domain.problems import Kind, Problem

AGAIN: Final = timedelta(minutes=30)  # what comes back within it goes on as it was


class Phase(StrEnum):
    """How far a problem has come."""

    SUSPECTED = "suspected"
    OPEN = "open"
    CLOSED = "closed"


class Turn(StrEnum):
    """What a line in the thread tells."""

    CLOSED = "closed"
    BACK = "back"
    WORSE = "worse"
    STILL = "still"
    """A mute ran out, and the problem is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One problem over time. *contrary* counts looks in a row that deny its phase."""

    problem: Problem
    since: datetime
    seen_at: datetime
    phase: Phase = Phase.SUSPECTED
    contrary: int = 1
    closed_at: datetime | None = None

    @property
    def key(self) -> str:
        """Return the problem's key."""
        return self.problem.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Who pressed a button, and when; a mute without *until* lasts until fixed."""

    by: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line for the thread; *number* counts on over the notice's life."""

    number: int
    turn: Turn
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Where the message stands, and the revision that it shows."""

    channel: str
    ts: str
    shown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message: what it is about, how it stands, and how far that was told."""

    id: str
    kind: Kind
    alerts: tuple[Alert, ...]
    flood: bool = False
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    returns: int = 0
    """How often it was closed and came back."""
    revision: int = 0
    renewed_at: datetime | None = None
    promised_at: datetime | None = None
    """When what its message announces is due; None where that names no time."""
    worst: Severity = Severity.INFO
    lines: tuple[Line, ...] = ()
    """What the thread is still to be told."""
    numbered: int = 0
    acknowledged: Mark | None = None
    muted: Mark | None = None
    posting: Posting | None = None

    @property
    def open(self) -> tuple[Alert, ...]:
        """Return the problems that are there."""
        return tuple(each for each in self.alerts if each.phase is Phase.OPEN)

    @property
    def since(self) -> datetime:
        """Return when the first of its problems was first seen."""
        return min(each.since for each in self.alerts)

    @property
    def heaviest(self) -> Alert:
        """Return the worst of its open problems, else of all, the oldest of equals."""
        among = self.open or self.alerts
        return min(among, key=lambda each: (-each.problem.weight, each.since, each.key))

    @property
    def name(self) -> str:
        """Return the word by which people mean it: what it is about, else its kind."""
        subject = "" if self.flood else self.heaviest.problem.subject
        return with_short_ids(subject) or self.kind.value

    @property
    def as_of(self) -> datetime:
        """Return when what it tells was read last."""
        told = self.open or self.alerts
        return max(self.closed_at or each.seen_at for each in told)

    @property
    def lives_until(self) -> datetime | None:
        """Return until when a look may still change it; None: no end is known."""
        turning = any(each.contrary for each in self.alerts)
        if self.closed_at is None or turning:
            return None
        end = self.closed_at + AGAIN
        mute = self.muted.until if self.muted else None
        return max(end, mute) if mute else end


def acknowledged(notice: Notice, mark: Mark) -> Notice:
    """Return the notice, which somebody has taken up."""
    return redrawn(replace(notice, acknowledged=mark), mark.at)


def muted(notice: Notice, mark: Mark | None, at: datetime) -> Notice:
    """Return the notice muted, or with None no longer so."""
    return redrawn(replace(notice, muted=mark), at)


def told(notice: Notice, turn: Turn, at: datetime) -> Notice:
    """Return the notice with a line for its thread; a muted one gets none."""
    if notice.muted is not None:
        return notice
    line = Line(number=notice.numbered + 1, turn=turn, at=at)
    return replace(notice, lines=(*notice.lines, line), numbered=line.number)


def redrawn(notice: Notice, at: datetime) -> Notice:
    """Return the notice with its message to be drawn anew."""
    told = notice.heaviest
    return replace(
        notice,
        revision=notice.revision + 1,
        renewed_at=at,
        promised_at=told.problem.promised(told.seen_at),
    )
