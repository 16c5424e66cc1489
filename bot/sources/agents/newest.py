"""The newest of any number of lines, without keeping more than are wanted."""

from bot.domain.logs import LogLine
from bot.sources import Listing


class Newest:
    """Keeps the newest *limit* lines of all that are added; or the oldest."""

    def __init__(self, limit: int, *, oldest: bool = False) -> None:
        """Keep nothing yet."""
        self._limit = limit
        self._oldest = oldest
        self._kept: list[LogLine] = []
        self._border: LogLine | None = None
        self.total = 0

    def add(self, line: LogLine) -> None:
        """Count the line, and keep it if it is one of those."""
        self.total += 1
        border = self._border
        if border is not None and (line.order < border.order) != self._oldest:
            return
        self._kept.append(line)
        if len(self._kept) >= 2 * self._limit + 100:
            self._cut()

    def _cut(self) -> None:
        self._kept.sort(key=lambda line: line.order, reverse=not self._oldest)
        del self._kept[self._limit :]
        self._border = self._kept[-1]

    def listing(self, *, whole: bool) -> Listing[LogLine]:
        """Return the lines, oldest first, and how many there were in all."""
        rows = sorted(
            self._kept, key=lambda line: line.order, reverse=not self._oldest
        )[: self._limit]
        rows.sort(key=lambda line: line.order)
        return Listing(
            tuple(rows), whole=whole and len(rows) == self.total, total=self.total
        )
