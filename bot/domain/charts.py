"""What a picture shows, before anybody draws it.

Made by handlers, so that the numbers are theirs; a formatter decides on colours,
sizes and how much there is room for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias


class Tone(StrEnum):
    """What a thing on a chart means."""

    CALM = "calm"
    """It is there, and nothing is to be done."""
    BUSY = "busy"
    """It is at work."""
    GOOD = "good"
    """It came out well."""
    DOUBT = "doubt"
    """It is worth a look: a silence, something late."""
    BAD = "bad"
    """It failed, or is lost."""
    PAST = "past"
    """It is over, and not of much weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time. One that is *open* goes on, or nobody knows its end.

    Where there is no room for its *label*, the *brief* one is written, whole or not at
    all; of a label without one as much as there is room for.
    """

    since: datetime
    until: datetime
    tone: Tone
    label: str = ""
    brief: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment."""

    at: datetime
    tone: Tone
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What happened to one thing: spans, and moments among them.

    *keys* say what its tones mean, with a number where that tells something.
    """

    name: str
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    keys: tuple[tuple[Tone, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Lanes under each other."""

    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A value that holds from its moment to the next one; None is not known."""

    name: str
    tone: Tone
    values: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Series stacked on each other, the first one lowest. *unit* stands before it."""

    name: str
    series: tuple[Series, ...]
    unit: str = ""


Panel: TypeAlias = Lanes | Steps


def runs(
    moments: Iterable[datetime], gap: timedelta
) -> tuple[tuple[datetime, datetime], ...]:
    """Return stretches without a pause longer than *gap*; moments come in order."""
    found: list[tuple[datetime, datetime]] = []
    for at in moments:
        if found and at - found[-1][1] <= gap:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return tuple(found)


def level(
    spans: Iterable[tuple[datetime, datetime | None]],
    since: datetime,
    *,
    weights: Iterable[float] | None = None,
) -> tuple[tuple[datetime, float], ...]:
    """Return how much is there at once, from *since* on, whenever it changes.

    A span counts 1, or its weight, from its first moment until its last; one without
    an end still lasts.
    """
    changes: dict[datetime, float] = {since: 0.0}
    pairs = (
        [(span, 1.0) for span in spans]
        if weights is None
        else list(zip(spans, weights, strict=True))
    )
    for (first, last), weight in pairs:
        if last is not None and last <= max(first, since):
            continue
        changes[max(first, since)] = changes.get(max(first, since), 0.0) + weight
        if last is not None:
            changes[last] = changes.get(last, 0.0) - weight
    total, found = 0.0, []
    for at, change in sorted(changes.items()):
        total += change
        found.append((at, round(max(total, 0.0), 6)))
    return tuple(found)


def binned(
    moments: Iterable[datetime], since: datetime, until: datetime, step: timedelta
) -> tuple[tuple[datetime, float], ...]:
    """Return how many moments fall into each step from *since* to *until*."""
    number = max(-(-(until - since) // step), 1)
    counts: dict[int, int] = dict.fromkeys(range(number), 0)
    for at in moments:
        if since <= at <= until:
            counts[min((at - since) // step, number - 1)] += 1
    return tuple((since + index * step, float(n)) for index, n in counts.items())


# What clocks and people count in.
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200)


def round_step(span: timedelta, most: int) -> timedelta:
    """Return the shortest round step of which at most *most* fill the span."""
    for minutes in _MINUTES:
        if span <= most * timedelta(minutes=minutes):
            return timedelta(minutes=minutes)
    return span / most


def peak(
    values: Iterable[tuple[datetime, float | None]],
) -> tuple[datetime, float] | None:
    """Return the first moment of the largest value; None where none is known."""
    known = [(at, value) for at, value in values if value is not None]
    return max(known, key=lambda pair: (pair[1], -pair[0].timestamp()), default=None)


def total(values: Iterable[tuple[datetime, float]], until: datetime) -> float:
    """Return value times hours, up to *until*."""
    points = [*values]
    ends = [*(at for at, _ in points[1:]), until]
    return sum(
        value * max((end - at).total_seconds(), 0.0) / 3600
        for (at, value), end in zip(points, ends, strict=True)
    )
