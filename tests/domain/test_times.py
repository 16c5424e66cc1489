import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import times
from bot.domain.times import Window, ahead, iso, lasting, spoken, stamp
from tests.world import NOW, ago


def test_a_window_holds_both_its_ends() -> None:
    """A line exactly at either end belongs to the window."""
    window = Window.before(NOW, hours=1)

    assert ago(hours=1) in window
    assert NOW in window


def test_a_window_ends() -> None:
    """A moment before its beginning or after its end is outside."""
    window = Window(since=ago(hours=1), until=NOW)

    assert ago(hours=1, seconds=1) not in window
    assert NOW + timedelta(microseconds=1) not in window


def test_a_window_that_goes_on_holds_what_other_clocks_call_later() -> None:
    """They may be ahead of ours."""
    window = Window.before(NOW, hours=1)

    assert ago(hours=1, seconds=1) not in window
    assert NOW + timedelta(minutes=10) in window
    assert NOW + timedelta(minutes=10, seconds=1) not in window


def test_a_window_of_half_an_hour() -> None:
    """Hours may have a fraction."""
    window = Window.before(NOW, hours=0.5)

    assert window == Window(since=ago(minutes=30), until=NOW, ongoing=True)


def test_times_for_programs_are_utc_with_z() -> None:
    """Whatever the zone, ISO 8601 ends in Z."""
    east = timezone(timedelta(hours=2))
    at = datetime(2026, 1, 31, 14, 0, tzinfo=east)

    assert iso(at) == "2026-01-31T12:00:00Z"


def test_times_for_programs_keep_fractions() -> None:
    """Two lines of one second stay apart."""
    assert iso(NOW + timedelta(milliseconds=5)) == "2026-01-31T12:00:00.005000Z"


def test_times_for_people_are_utc_to_the_second() -> None:
    """People read a space, no fraction, and a Z."""
    at = datetime(2026, 1, 31, 13, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))

    assert stamp(at) == "2026-01-31 12:00:00Z"
    assert stamp(NOW.astimezone(UTC)) == stamp(NOW)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(milliseconds=400), "0.4 s"),
        (timedelta(seconds=45.9), "45 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(minutes=12, seconds=5), "12 min 5 s"),
        (timedelta(hours=3, minutes=20, seconds=59), "3 h 20 min"),
        (timedelta(hours=3, seconds=59), "3 h"),
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_span_is_spoken_in_two_units_at_most(span: timedelta, words: str) -> None:
    """The largest unit and the next, without zeros."""
    assert spoken(span) == words


@given(st.timedeltas())
def test_no_span_is_below_zero(span: timedelta) -> None:
    """Two clocks differ; a span that is told has no minus, and only none is 0 s."""
    assert "-" not in spoken(span)
    assert (spoken(span) == "0 s") == (span <= timedelta(0))


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=9), "9 min ago"),
        (timedelta(0), "0 s ago"),
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=-6), "6 s ahead of the clock here"),
        (timedelta(minutes=-9), "9 min ahead of the clock here"),
    ],
)
def test_what_is_to_come_is_never_ago(span: timedelta, words: str) -> None:
    """A few seconds are noise; a clock that is off by more is shown as such."""
    assert times.ago(NOW - span, NOW) == words
    assert times.old(NOW - span, NOW) == words.replace("ago", "old")
    assert times.aged(NOW - span, NOW) == words.removesuffix(" ago")
    assert times.dated(NOW - span, NOW) == f"{stamp(NOW - span)}, {words}"


@given(st.timedeltas(-timedelta(days=400), timedelta(days=400)))
def test_no_age_is_below_zero(span: timedelta) -> None:
    """Whatever clock wrote the time."""
    told = times.ago(NOW - span, NOW)

    assert re.fullmatch(r"[0-9][0-9a-z. ]* (ago|ahead of the clock here)", told)
    assert told.endswith("ago") == (span >= -times.NOISE)


@pytest.mark.parametrize(
    ("at", "notes"),
    [
        (None, ()),
        (NOW - timedelta(hours=1), ()),
        (NOW + timedelta(seconds=5), ()),
        (NOW + timedelta(minutes=2), ("it is 2 min ahead of the clock here",)),
    ],
)
def test_a_time_of_later_than_now_is_noted(
    at: datetime | None, notes: tuple[str, ...]
) -> None:
    """A few seconds are noise."""
    assert ahead("it", at, NOW) == notes


@pytest.mark.parametrize(
    ("words", "lasting_words"),
    [
        ("has been running for 21 min", "has been running since 2026-01-31 11:39:00Z"),
        (
            "its log is broken since 2 h 5 min",
            "its log is broken since 2026-01-31 09:55:00Z",
        ),
        ("it never beat in 0.5 s", "it never beat since 2026-01-31 11:59:59Z"),
        (
            "3 began in the last 30 min, none",
            "3 began since 2026-01-31 11:30:00Z, none",
        ),
        ("at 2026-01-31 11:50:00Z, 10 min ago, on a", "at 2026-01-31 11:50:00Z, on a"),
        ("at about 2026-01-31 12:05:00Z, in 5 min", "at about 2026-01-31 12:05:00Z"),
        (
            "was due to fail the worker for it 2 min 5 s ago, and",
            "was due to fail the worker for it at 2026-01-31 11:57:55Z, and",
        ),
        ("queue it again 1 h ago; if", "queue it again at 2026-01-31 11:00:00Z; if"),
        ("queues it again in 3 min", "queues it again at about 2026-01-31 12:03:00Z"),
        ("says: saw it 3 min ago", "says: saw it 3 min ago"),
        ("the limit is 20 min", "the limit is 20 min"),
        ("5 failed in 30 min", "5 failed in 30 min"),
        ("did not answer within 6 s", "did not answer within 6 s"),
    ],
)
def test_words_that_stay_name_times_that_stay(words: str, lasting_words: str) -> None:
    """What grows becomes the time that it grows from; limits and counts stay."""
    assert lasting(words, NOW) == lasting_words


def test_each_instant_of_a_window_is_in_one_of_its_parts() -> None:
    """Newest first, from end to end; a window of the present holds what is ahead."""
    window = Window.before(NOW, hours=1)

    parts = window.parts(7)

    assert (parts[0].end, parts[-1].since) == (window.end, window.since)
    assert all(
        newer.since - older.end == timedelta(microseconds=1)
        for newer, older in pairwise(parts)
    )
    assert window.parts(1) == (Window(since=window.since, until=window.end),)


def test_a_window_that_ends_now_reaches_to_now_by_any_zone() -> None:
    """One that is over stays as it is."""
    now = Window.before(NOW, hours=1)
    over = Window(since=ago(hours=2), until=ago(hours=1))

    assert ago(hours=-26) in now.reaching
    assert ago(hours=-27) not in now.reaching
    assert now.reaching.since == now.since
    assert over.reaching == over


def test_what_is_left_out_for_its_clock_names_the_setting() -> None:
    """And how far ahead it lies at most."""
    told = times.left_ahead("lines", ago(hours=-6), NOW, "AGENTS_TZ")

    assert told == "left out: lines up to 6 h ahead of the clock here: see AGENTS_TZ"
