"""The times of lines: most bear a zone, the console's are local and bear none."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

TWICE: Final = timedelta(minutes=30)
"""So far back no two lines of one file go, unless an hour comes a second time."""


class Clock:
    """Reads the times of a stretch of one file, one after the other."""

    def __init__(self, zone: tzinfo, *, second: bool = False) -> None:
        """Take times without a zone for local ones in *zone*.

        Where clocks are put back an hour comes twice; *second*: the stretch begins
        when it had begun again.
        """
        self._zone = zone
        self._second = second
        self._last: datetime | None = None

    def read(self, said: Any) -> datetime | None:
        """Return the time in UTC; None when it is none."""
        try:
            at = _parsed(said)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
            first, second = readings(at, self._zone)
        except (ValueError, OverflowError, TypeError):
            return None
        if self._last is not None and first < self._last - TWICE:
            self._second = True
        self._last = second if self._second else first
        return self._last


def readings(at: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return what a local time means, and what it means when it comes again.

    Both are the same for all but the hours that come twice.
    """
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return first.astimezone(UTC), second.astimezone(UTC)


def again(said: Sequence[Any], after: datetime, zone: tzinfo) -> bool:
    """Tell whether local times begin in the second of two hours that are alike.

    *after* is the time of what follows them: each is as late as it can be.
    """
    try:
        times = [_parsed(each) for each in said]
        if not times or any(at.tzinfo is not None for at in times):
            return False
        once, twice = readings(times[0], zone)
        if once == twice:
            return False
        for at in reversed(times):
            once, twice = readings(at, zone)
            after = twice if twice <= after + TWICE / 10 else once
    except (ValueError, OverflowError, TypeError):
        return False
    return after == twice


def put_back(at: datetime, zone: tzinfo) -> bool:
    """Tell whether local clocks are put back near that time."""
    span = timedelta(hours=3)
    before, after = (each.astimezone(zone) for each in (at - span, at + span))
    return (after.utcoffset() or span) < (before.utcoffset() or span)


def _parsed(said: Any) -> datetime:
    if isinstance(said, str):
        return datetime.fromisoformat(said.replace(",", "."))
    number = float(said)
    if isinstance(said, bool) or not math.isfinite(number):
        raise ValueError(said)
    # Seconds since 1970, unless so many that they are milliseconds.
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
