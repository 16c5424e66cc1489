"""Times as the agents write them: without a zone, in that of their host."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

JITTER: Final = timedelta(minutes=5)
"""So far out of order lines of joined streams may stand."""
FIRST, LAST = 1971, 9000
"""The years between which a time may lie, with room to reckon on both sides."""
_DAYS_KEPT: Final = 10_000


class Clock:
    """Turns naive local times into UTC and back.

    An hour that happens twice is told apart by a time that is *near*, such as the
    file's own; without one the first is meant. An hour that never happens is read
    with the offset that held before it.
    """

    def __init__(self, zone: tzinfo) -> None:
        """Read times of *zone*."""
        self._zone = zone
        self._offsets: dict[date, timedelta | None] = {}

    def at(self, text: object, *, near: datetime | None = None) -> datetime | None:
        """Return the time that a text in ISO 8601 means; None if it means none.

        Nor is one of before 1971 or after 9000 meant.
        """
        if not isinstance(text, str):
            return None
        try:
            read = datetime.fromisoformat(text.strip())
        except ValueError:
            return None
        return self.utc(read, near=near) if FIRST <= read.year < LAST else None

    def utc(self, read: datetime, *, near: datetime | None = None) -> datetime:
        """Return the time in UTC; one with a zone of its own keeps its meaning."""
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        first, second = self._both(read)
        if near is None or abs(first - near) <= abs(second - near):
            return first
        return second

    def before(self, read: datetime, after: datetime) -> datetime:
        """Return the naive time in UTC, the latest that is not later than *after*.

        For lines that are read from the newest to the oldest.
        """
        first, second = self._both(read)
        return second if second <= after + JITTER else first

    def _both(self, read: datetime) -> tuple[datetime, datetime]:
        """Return what a naive time means when it comes first, and when again."""
        day = read.date()
        if day not in self._offsets:
            if len(self._offsets) > _DAYS_KEPT:
                self._offsets.clear()
            begin, end = (self._offset(day, after) for after in (0, 1))
            self._offsets[day] = begin if begin == end else None
        offset = self._offsets[day]
        if offset is not None:
            at = read.replace(tzinfo=UTC) - offset
            return at, at
        first = read.replace(tzinfo=self._zone, fold=0).astimezone(UTC)
        return first, read.replace(tzinfo=self._zone, fold=1).astimezone(UTC)

    def _offset(self, day: date, after: int) -> timedelta:
        begin = datetime.combine(day + timedelta(days=after), time(), self._zone)
        return begin.utcoffset() or timedelta(0)

    def put_back(self, day: date) -> bool:
        """Tell whether clocks are put back on that day, so that an hour comes twice."""
        return self._offset(day, 1) < self._offset(day, 0)

    def local(self, at: datetime) -> datetime:
        """Return the naive time that the host's clock shows then."""
        return at.astimezone(self._zone).replace(tzinfo=None)
