"""The time axis."""

from datetime import UTC, datetime, timedelta

import pytest

from formatters.clocks import spanned, step, ticks
from tests.world import NOW, ago


def test_ticks_are_round_times() -> None:
    """In UTC."""
    found = list(ticks(ago(hours=5), NOW, 6))

    assert [label for _, label in found] == [
        *("07:00", "08:00", "09:00", "10:00", "11:00", "12:00")
    ]
    assert found[-1][0] == NOW.timestamp()


def test_at_midnight_the_day_stands() -> None:
    """So nobody takes yesterday for today."""
    labels = [label for _, label in ticks(ago(hours=24), NOW, 6)]

    assert labels == ["12:00", "18:00", "31 Jan", "06:00", "12:00"]


@pytest.mark.parametrize(
    ("span", "label"),
    [
        (timedelta(seconds=4), "12:00:00"),
        (timedelta(minutes=3), "12:00:00"),
        (timedelta(hours=1), "12:00"),
        (timedelta(days=20), "29 Jan"),
        (timedelta(days=3000), "Nov 2024"),
    ],
)
def test_labels_suit_the_span(span: timedelta, label: str) -> None:
    """The last one of each."""
    assert [each for _, each in ticks(NOW - span, NOW, 6)][-1] == label


@pytest.mark.parametrize("seconds", [0, 1, 59, 3600, 86400, 10**7, 3 * 10**9])
def test_there_are_never_too_many(seconds: int) -> None:
    """One more than steps at most."""
    since = NOW - timedelta(seconds=seconds)

    assert len(list(ticks(since, NOW, 6))) <= 7
    assert step(since, NOW, 6) > timedelta(0)


def test_the_earliest_and_the_latest_time_have_an_axis() -> None:
    """A row may hold any of them."""
    first = datetime(1, 1, 2, tzinfo=UTC)
    last = datetime(9999, 12, 30, tzinfo=UTC)

    assert 1 <= len(list(ticks(first, last, 6))) <= 7


def test_a_span_names_its_day_once() -> None:
    """And the year twice only where there are two."""
    assert spanned(ago(hours=6), NOW) == "31 Jan 2026, 06:00 to 12:00 UTC"
    assert spanned(ago(hours=24), NOW) == "30 Jan, 12:00 to 31 Jan 2026, 12:00 UTC"
    assert spanned(ago(days=31), NOW) == (
        "31 Dec 2025, 12:00 to 31 Jan 2026, 12:00 UTC"
    )


def test_a_short_span_has_seconds() -> None:
    """Else it would be none."""
    assert spanned(ago(seconds=30), NOW) == "31 Jan 2026, 11:59:30 to 12:00:00 UTC"
