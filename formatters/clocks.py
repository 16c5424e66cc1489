"""Where a time axis has its ticks, and what stands at them. All of it is UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

# Seconds; what clocks count in.
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000),
)
_DAY: Final = 86400


def step(since: datetime, until: datetime, most: int) -> timedelta:
    """Return the shortest round step of which at most *most* lie between the two."""
    span = (until - since).total_seconds()
    for seconds in _STEPS:
        if span <= seconds * most:
            return timedelta(seconds=seconds)
    days = int(span // (_DAY * most)) + 1
    return timedelta(days=days)


def ticks(since: datetime, until: datetime, most: int) -> Iterator[tuple[float, str]]:
    """Yield the round times between the two, in seconds of the epoch, and labels.

    A label is the time, or at midnight the day.
    """
    every = step(since, until, most).total_seconds()
    first, last = since.timestamp(), until.timestamp()
    at = -(-first // every) * every
    while at <= last:
        yield at, _label(at, every)
        at += every


def _label(at: float, every: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    if every >= 180 * _DAY:
        return f"{moment:%b} {moment.year}"
    if every >= _DAY or (moment.hour == moment.minute == moment.second == 0):
        return f"{moment.day} {moment:%b}"
    return f"{moment:%H:%M:%S}" if every < 60 else f"{moment:%H:%M}"


def spanned(since: datetime, until: datetime) -> str:
    """Return the span as a line: the day once if it is one."""
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    clock = "%H:%M:%S" if until - since < timedelta(minutes=10) else "%H:%M"
    day = f"{last.day} {last:%b %Y}"
    if first.date() == last.date():
        return f"{day}, {first:{clock}} to {last:{clock}} UTC"
    year = "" if first.year == last.year else f" {first.year}"
    begin = f"{first.day} {first:%b}{year}, {first:{clock}}"
    return f"{begin} to {day}, {last:{clock}} UTC"
