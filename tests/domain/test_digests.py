"""When a digest is due."""

from datetime import UTC, datetime, time, timedelta, timezone

from bot.domain.digests import next_due

SEVEN = time(7, 0, tzinfo=UTC)


def test_the_next_digest_is_due_today_or_tomorrow() -> None:
    """At the very minute the next one is tomorrow's."""
    day = datetime(2026, 1, 31, tzinfo=UTC)

    assert next_due(day.replace(hour=6, minute=59), SEVEN) == day.replace(hour=7)
    assert next_due(day.replace(hour=7), SEVEN) == datetime(2026, 2, 1, 7, tzinfo=UTC)


def test_the_day_is_that_of_utc() -> None:
    """Whatever zone the clock here is in."""
    here = timezone(timedelta(hours=10))
    at = datetime(2026, 1, 31, 3, 0, tzinfo=here)  # 17:00 of the 30th in UTC

    assert next_due(at, SEVEN) == datetime(2026, 1, 31, 7, tzinfo=UTC)
