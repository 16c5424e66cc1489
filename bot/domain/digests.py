"""What a morning's digest tells, and when the next one is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.domain.deaths import Deaths
from bot.domain.notices import Notice
from bot.domain.times import DAY, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What happened in the window; None is what could not be read.

    *wasted_usd* is what orphaned pods cost while somebody *watched*: their hourly price
    at each look, times the time since the look before.
    """

    window: Window
    due_at: datetime
    opened: int
    closed: int
    open: tuple[Notice, ...]
    tasks: Mapping[str, int] | None
    """Those made in the window, by the status that they have now."""
    deaths: tuple[Deaths, ...] | None
    """Of the workers that live, or were made or ended in the window."""
    wasted_usd: float
    watched: timedelta
    wasted_usd_per_hour: float | None


def next_due(at: datetime, of_day: time) -> datetime:
    """Return the next time, after *at*, that it is so late in the day, in UTC."""
    today = datetime.combine(at.astimezone(UTC).date(), of_day.replace(tzinfo=UTC))
    return today if today > at else today + DAY
