from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sources.agents.clock import Clock

BERLIN = Clock(ZoneInfo("Europe/Berlin"))


def utc(*parts: int) -> datetime:
    year, month, day, *rest = parts
    return datetime(year, month, day, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_naive_time_is_of_the_hosts_zone() -> None:
    """In winter an hour, in summer two ahead of UTC."""
    assert BERLIN.at("2026-01-31T13:00:00.5") == utc(2026, 1, 31, 12, 0, 0, 500_000)
    assert BERLIN.at("2026-07-31T14:00:00") == utc(2026, 7, 31, 12)


def test_a_time_with_a_zone_keeps_it() -> None:
    """Should a later generation write one."""
    assert BERLIN.at("2026-07-31T12:00:00Z") == utc(2026, 7, 31, 12)
    assert BERLIN.at("2026-07-31T12:00:00+05:00") == utc(2026, 7, 31, 7)


def test_nanoseconds_are_cut() -> None:
    """A shell's `date` writes them."""
    assert BERLIN.at("2026-01-31T13:00:00.123456789\n") == utc(
        2026, 1, 31, 12, 0, 0, 123_456
    )


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_beyond_all_that_are_meant_is_none(text: str) -> None:
    """No other could be reckoned from it."""
    assert BERLIN.at(text) is None


@pytest.mark.parametrize("text", ["", "soon", None, 5, ["2026-01-31"], "13:00:00"])
def test_what_is_no_time_is_none(text: object) -> None:
    """Nothing is guessed."""
    assert BERLIN.at(text) is None


def test_an_hour_that_happens_twice_is_told_by_what_is_near() -> None:
    """Such as the file's own time; without it the first is meant."""
    first, second = utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)

    assert BERLIN.at("2026-10-25T02:30:00") == first
    assert BERLIN.at("2026-10-25T02:30:00", near=first) == first
    assert BERLIN.at("2026-10-25T02:30:00", near=second) == second
    assert BERLIN.at("2026-10-25T02:30:00", near=second + timedelta(days=9)) == second


def test_an_hour_that_never_happens_has_the_offset_before_it() -> None:
    """No clock shows it; a file may still say it."""
    assert BERLIN.at("2026-03-29T02:30:00") == utc(2026, 3, 29, 1, 30)


def test_the_hosts_clock_can_be_read() -> None:
    """To compare times of day."""
    assert BERLIN.local(utc(2026, 7, 31, 12)) == datetime(2026, 7, 31, 14)  # noqa: DTZ001


def test_the_day_on_which_clocks_are_put_back_is_known() -> None:
    """Time goes back there without a midnight."""
    days = (date(2026, 10, 25), date(2026, 10, 26), date(2026, 3, 29))

    assert [BERLIN.put_back(day) for day in days] == [True, False, False]
