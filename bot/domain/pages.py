"""Pages of a list that do not shift, whatever is written meanwhile."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bot.domain.times import iso

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """Where a page ends: the time of its last row, and the id that breaks ties."""

    at: datetime
    id: str

    def __str__(self) -> str:
        """Return it as it is typed: `2026-01-31T12:00:00Z/ID`."""
        return f"{iso(self.at)}/{self.id}"

    @property
    def order(self) -> tuple[datetime, str]:
        """What rows are sorted by."""
        return self.at, self.id


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a list, newest first, and how many of it are newer and older."""

    rows: tuple[T, ...]
    newer: int
    older: int


def paged(
    rows: Iterable[T],
    border: Callable[[T], Border],
    *,
    limit: int,
    before: Border | None,
    after: Border | None,
) -> Page[T]:
    """Return the newest *limit* rows, or those next to a border, newest first.

    Those next *before* one are the newest of the older; those next *after* one the
    oldest of the newer. The border's own row is in neither.
    """
    every = sorted(rows, key=lambda row: border(row).order, reverse=True)
    begin, end = 0, len(every)
    if before is not None:
        begin = sum(border(row).order >= before.order for row in every)
    if after is not None:
        end = sum(border(row).order > after.order for row in every)
        begin = max(begin, end - limit)
    shown = tuple(every[begin : min(end, begin + limit)])
    return Page(shown, newer=begin, older=len(every) - begin - len(shown))
