from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.sources.octollm.clocks import Clock, again, put_back

BERLIN = ZoneInfo(
    "Europe/Berlin"
)  # put back on 2026-10-25 at 03:00, which is 01:00 UTC


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-23T08:54:51.886623Z",
        "2026-11-23T09:54:51.886623+01:00",
        "2026-11-23 09:54:51,886623",
        1795424091.886623,
        1795424091886.623,
    ],
)
def test_a_time_is_read_in_each_of_its_forms(said: object) -> None:
    """With a zone, local, or as a number."""
    assert Clock(BERLIN).read(said) == utc("2026-11-23T08:54:51.886623")


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "soon",
        True,
        float("nan"),
        float("inf"),
        1e30,
        [],
        "0001-01-01T00:00:00",
    ],
)
def test_what_is_no_time_is_none(said: object) -> None:
    """Also what no calendar has."""
    assert Clock(BERLIN).read(said) is None


def test_an_hour_that_comes_twice_is_told_apart_by_what_came_before() -> None:
    """A local clock that falls back by most of an hour was put back."""
    clock = Clock(BERLIN)

    read = [
        clock.read(f"2026-10-25 {it}") for it in ("02:10:00", "02:59:00", "02:01:00")
    ]

    assert read == [utc(f"2026-10-25T{it}:00") for it in ("00:10", "00:59", "01:01")]


def test_a_stretch_of_it_is_told_apart_by_what_follows() -> None:
    """As late as it can be."""
    said = ["2026-10-25 02:10:00", "2026-10-25 02:20:00"]

    assert again(said, utc("2026-10-25T01:30:00"), BERLIN)
    assert not again(said, utc("2026-10-25T00:40:00"), BERLIN)
    assert again([said[0], "2026-10-25 03:01:00"], utc("2026-10-25T02:02:00"), BERLIN)
    assert Clock(BERLIN, second=True).read(said[0]) == utc("2026-10-25T01:10:00")


@pytest.mark.parametrize(
    "said",
    [
        ["2026-10-25 02:50:00", "2026-10-25 02:10:00"],
        ["2026-10-25 04:10:00", "2026-10-25 04:20:00"],
        ["2026-10-25T02:10:00Z", "2026-10-25T02:20:00Z"],
        ["2026-10-25 02:10:00", "soon"],
        [],
    ],
)
def test_other_stretches_are_not(said: list[str]) -> None:
    """One that holds the change, another hour, times with a zone, and nonsense."""
    assert not again(said, utc("2026-10-25T01:12:00"), BERLIN)


def test_it_is_known_when_clocks_are_put_back() -> None:
    """In spring none are, and in UTC never."""
    assert put_back(utc("2026-10-25T01:00:00"), BERLIN)
    assert not put_back(utc("2026-03-29T01:00:00"), BERLIN)
    assert not put_back(utc("2026-10-25T01:00:00"), UTC)
