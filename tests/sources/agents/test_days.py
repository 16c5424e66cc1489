from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.sources.agents.clock import Clock
from bot.sources.agents.days import Days, Twins, between
from tests.sources.agents.files import NOW, a_decision, ago, the_decisions

CLOCK = Clock(ZoneInfo("UTC"))
TODAY, YESTERDAY = date(2026, 11, 23), date(2026, 11, 22)


def the_days(
    *times: str, known: tuple[int, date] | None = None, at: datetime = NOW
) -> list[date]:
    found = Days(CLOCK, at).of([each.encode() for each in times], known)
    spans = [*found, (len(times), TODAY)]
    return [
        day for (begin, day), (end, _) in pairwise(spans) for _ in range(begin, end)
    ]


def test_time_that_goes_on_is_of_one_day() -> None:
    """That of the file, if its last line was written then."""
    days = Days(CLOCK, NOW)

    assert days.of([b"08:00:00", b"08:59:59"], None) == [(0, TODAY)]
    assert not days.guessed


def test_time_that_goes_back_has_passed_midnight() -> None:
    """As often as it does."""
    assert the_days("23:00:00", "01:00:00", "00:30:00", "09:00:00") == [
        date(2026, 11, 21),
        YESTERDAY,
        TODAY,
        TODAY,
    ]


def test_streams_that_are_joined_may_be_a_little_out_of_order() -> None:
    """Also across midnight."""
    assert the_days("08:59:59", "08:59:55", "09:00:00") == [TODAY] * 3
    assert the_days("23:59:59", "00:00:01", "23:59:58", "00:00:02") == [
        YESTERDAY,
        TODAY,
        YESTERDAY,
        TODAY,
    ]


def test_a_line_later_than_its_file_is_of_the_day_before() -> None:
    """A program of last evening wrote nothing since."""
    assert the_days("23:00:00", at=ago(hours=-1)) == [YESTERDAY]
    assert the_days("23:50:00", at=ago(hours=8)) == [YESTERDAY]


def test_the_day_of_a_copy_is_that_of_the_last_sign_that_fits() -> None:
    """One of another time of day tells nothing; where the file's fits none is asked."""
    copied = Days(CLOCK, ago(hours=-100))
    odd = Days(CLOCK, ago(hours=-100))
    asked = list[datetime]()

    def seen() -> list[datetime]:
        asked.append(NOW)
        return asked

    spans = copied.of([b"08:59:58"], None, lambda: (ago(hours=5), NOW))
    odd.of([b"08:59:58"], None, lambda: (ago(hours=5),))
    Days(CLOCK, NOW).of([b"08:59:58"], None, seen)

    assert spans == [(0, TODAY)]
    assert not copied.guessed
    assert odd.guessed
    assert not asked


def test_a_day_that_only_an_odd_file_time_tells_is_a_guess() -> None:
    """A copy is as old as its copying; what is known ends the guessing."""
    days = Days(CLOCK, ago(hours=-3))
    days.of([b"09:00:00"], None)
    guessed = days.guessed
    days.of([b"08:00:00"], (0, YESTERDAY))

    assert guessed
    assert not days.guessed
    assert days.of([b"07:00:00"], None) == [(0, YESTERDAY)]


def test_what_one_line_tells_holds_for_all_around_it() -> None:
    """Before it and after."""
    known = (1, date(2026, 1, 1))

    assert the_days("23:00:00", "01:00:00", "02:00:00", "01:00:00", known=known) == [
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2026, 1, 1),
        date(2026, 1, 2),
    ]


def test_stretches_follow_each_other_backward() -> None:
    """A midnight may lie between two of them."""
    days = Days(CLOCK, NOW)
    days.of([b"00:10:00", b"09:00:00"], None)

    assert days.of([b"22:00:00", b"23:50:00"], None) == [(0, YESTERDAY)]


def test_an_hour_put_back_is_no_midnight() -> None:
    """On that day alone."""
    berlin = Clock(ZoneInfo("Europe/Berlin"))
    times = [b"02:10:00", b"02:59:00", b"02:01:00", b"04:00:00"]
    autumn = Days(berlin, datetime(2026, 10, 25, 3, 0, tzinfo=UTC))
    winter = Days(berlin, datetime(2026, 11, 25, 3, 0, tzinfo=UTC))

    assert autumn.of(times, None) == [(0, date(2026, 10, 25))]
    assert len(winter.of(times, None)) == 2
    assert between(100, 100 - 301, put_back=False) == 1


def test_a_twin_tells_the_day_of_a_decision(tmp_path: Path) -> None:
    """The latest of the same time and text, and ever older ones."""
    path = the_decisions(
        tmp_path,
        a_decision("RETRY", "one", ago(days=2)),
        "{ torn T09:00:00",
        a_decision("RETRY", "one", ago(days=1)),
        a_decision("OTHER", "one", NOW),
    )
    twins = Twins(path)

    assert twins.there
    assert twins.day(b"09:00:00", "RETRY", "one") == YESTERDAY
    assert twins.day(b"09:00:01", "RETRY", "one") is None
    assert twins.day(b"09:00:00", "RETRY", "two") is None


def test_twins_that_are_never_found_are_looked_for_thrice(tmp_path: Path) -> None:
    """Decisions may have been moved away, or be of another rig."""
    path = the_decisions(tmp_path, a_decision("RETRY", "one", NOW))
    twins = Twins(path)
    for _ in range(3):
        assert twins.day(b"01:00:00", "RETRY", "one") is None

    assert twins.day(b"09:00:00", "RETRY", "one") is None
    absent = Twins(tmp_path / "gone")
    assert not absent.there
    assert absent.day(b"09:00:00", "RETRY", "one") is None
    assert timedelta(0) == NOW - NOW
