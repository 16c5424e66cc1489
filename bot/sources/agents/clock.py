"""Times as the agents write them: without a zone, in that of their host."""

from datetime import UTC, datetime, tzinfo


class Clock:
    """Turns naive local times into UTC and back.

    An hour that happens twice is told apart by a time that is *near*, such as the
    file's own; without one the first is meant. An hour that never happens is read
    with the offset that held before it.
    """

    def __init__(self, zone: tzinfo) -> None:
        """Read times of *zone*."""
        self._zone = zone

    def at(self, text: object, *, near: datetime | None = None) -> datetime | None:
        """Return the time that a text in ISO 8601 means; None if it means none."""
        if not isinstance(text, str):
            return None
        try:
            read = datetime.fromisoformat(text.strip())
        except ValueError:
            return None
        return self.utc(read, near=near)

    def utc(self, read: datetime, *, near: datetime | None = None) -> datetime:
        """Return the time in UTC; one with a zone of its own keeps its meaning."""
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        first = read.replace(tzinfo=self._zone, fold=0).astimezone(UTC)
        second = read.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        if near is None or abs(first - near) <= abs(second - near):
            return first
        return second

    def local(self, at: datetime) -> datetime:
        """Return the naive time that the host's clock shows then."""
        return at.astimezone(self._zone).replace(tzinfo=None)
