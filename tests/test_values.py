from datetime import UTC, time
from zoneinfo import ZoneInfo

import pytest

from bot import values
from bot.domain.errors import Misread


@pytest.mark.parametrize("text", ["9" * 5000, "-1", "0", "8", "1.5", "", "\u0661"])
def test_a_whole_number_has_bounds(text: str) -> None:
    """Of very many digits Python itself would refuse to read it."""
    with pytest.raises(Misread, match=r"^N wants a whole number from 1 to 7, not"):
        values.whole({"N": text}, "N", 3, most=7)


@pytest.mark.parametrize(("text", "found"), [("1", 1), ("7", 7), (None, 3)])
def test_a_whole_number_is_read(text: str | None, found: int) -> None:
    """Both bounds belong to it; without a value it is the default."""
    given = {} if text is None else {"N": text}

    assert values.whole(given, "N", 3, most=7) == found


@pytest.mark.parametrize("text", ["ten", "nan", "inf", "-0.1", "5", "-2"])
def test_a_number_has_bounds(text: str) -> None:
    """The upper one does not belong to it; what is no number is beyond both."""
    with pytest.raises(Misread, match=rf"^N wants a number of seconds, not '{text}'"):
        values.number({"N": text}, "N", 3.0, most=5.0)


def test_a_number_below_none_may_be_wanted() -> None:
    """What is no number is refused there as well."""
    assert values.number({"N": "-4"}, "N", 3.0, least=-5.0) == -4.0
    with pytest.raises(Misread):
        values.number({"N": "ten"}, "N", 3.0, least=-5.0)


@pytest.mark.parametrize("text", ["Private", "PRIVATE", "private"])
def test_a_choice_is_read_in_any_case(text: str) -> None:
    """And returned as it is meant."""
    found = values.one_of({"N": text}, "N", ("channel", "private"), "channel")

    assert found == "private"


def test_another_choice_is_refused_with_all_that_are_meant() -> None:
    """The last one after an or."""
    with pytest.raises(Misread) as caught:
        values.one_of({"N": "d"}, "N", ("a", "b", "c"), "a")

    assert caught.value.message == "N wants a, b or c, not 'd'"


@pytest.mark.parametrize(
    ("text", "found"),
    [("7:05", time(7, 5, tzinfo=UTC)), ("23:59", time(23, 59, tzinfo=UTC))],
)
def test_a_time_of_day_is_in_utc(text: str, found: time) -> None:
    """With one digit of the hour or two."""
    assert values.hour({"N": text}, "N", "never") == found


def test_never_is_no_time_of_day() -> None:
    """As a value and as a default."""
    assert values.hour({"N": "Never"}, "N", "07:00") is None
    assert values.hour({}, "N", "never") is None


@pytest.mark.parametrize("text", ["24:00", "7", "07:60", "07:00 CET"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    """With what it wants."""
    with pytest.raises(Misread, match=r"^N wants HH:MM"):
        values.hour({"N": text}, "N", "never")


def test_a_zone_is_read_by_its_name() -> None:
    """Without a value there is none."""
    assert values.zone({"N": "Europe/Berlin"}, "N") == ZoneInfo("Europe/Berlin")
    assert values.zone({}, "N") is None


@pytest.mark.parametrize("text", ["Berlin", "Europe", "../etc/passwd", "+02:00"])
def test_a_zone_that_is_none_is_refused(text: str) -> None:
    """A wrong one would make every age wrong by hours."""
    with pytest.raises(Misread, match=r"^N wants a time zone"):
        values.zone({"N": text}, "N")


@pytest.mark.parametrize("text", ["postgres://me:word@host/db", "a.b"])
def test_an_address_that_makes_no_sense_is_not_repeated(text: str) -> None:
    """It may hold a password."""
    with pytest.raises(Misread) as caught:
        values.url({"N": text}, "N")

    assert text not in caught.value.message


@pytest.mark.parametrize(
    "text", ["postgres://h/d", "postgresql+asyncpg://h/d", "postgresql://h/d"]
)
def test_a_database_s_address_loses_its_driver(text: str) -> None:
    """Ours is another one than its own programs'."""
    assert values.postgres({"N": text}, "N") == "postgresql://h/d"


def test_empty_parts_of_a_list_are_left_out() -> None:
    """Commas at its ends, and blanks around them."""
    assert values.several({"N": " a, ,b ,"}, "N") == ("a", "b")
    assert values.pairs({"N": "a = x,"}, "N", "a=x") == (("a", "x"),)


@pytest.mark.parametrize("text", ["hush", "=hush", "a=", "a b=hush", "1=hush"])
def test_a_pair_that_makes_no_sense_is_not_repeated(text: str) -> None:
    """Such as an address with a password in it."""
    with pytest.raises(Misread, match="with = between them") as caught:
        values.pairs({"N": text}, "N", "a=x")

    assert "hush" not in caught.value.message


def test_a_secret_in_the_wrong_place_is_hidden() -> None:
    """Before its text is cut: half of one is no longer known as one."""
    given = {"N": "a place before it " + "sk-" + "a1B2" * 12}
    with pytest.raises(Misread) as caught:
        values.whole(given, "N", 3, most=7)

    assert "a1B2" not in caught.value.message
