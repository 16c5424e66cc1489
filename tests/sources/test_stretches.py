"""Stretches of real logs are looked at with the systems that write them."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sources.stretches import LONGEST, beyond, ends, line_start, packed, stretch

START = datetime(2026, 1, 31, tzinfo=UTC)


def begins(block: bytes, since: int) -> int:
    """Return where the first line begins that begins with a >."""
    found = block.find(b"\n>", since - 1)
    return -1 if found < 0 else found + 1


def test_a_stretch_begins_with_a_record() -> None:
    """What stands before it in the same bytes belongs to the one before."""
    whole = b">a\nmore of a\n>b\nmore of b\n"

    assert stretch(io.BytesIO(whole), len(whole), begins, size=15) == (
        13,
        b">b\nmore of b\n",
    )
    assert stretch(io.BytesIO(whole), 13, begins, size=15) == (0, b">a\nmore of a\n")


def test_a_stretch_grows_until_a_record_begins_in_it() -> None:
    """Up to a bound, at which it is cut."""
    whole = b">a\n>b" + b"x" * 1000
    start, held = stretch(io.BytesIO(whole), len(whole), begins, size=10)
    endless = b"x" * (LONGEST + 10)
    cut, part = stretch(io.BytesIO(endless), len(endless), begins, size=LONGEST)

    assert (start, len(held)) == (0, len(whole))
    assert (cut, len(part)) == (10, LONGEST)


def test_a_stretch_in_which_no_record_begins_is_cut_at_a_line() -> None:
    """No line is torn that fits into one."""
    whole = b"x" * 1000 + b"\nlast\n" + b"y" * (LONGEST - 10)

    start, held = stretch(io.BytesIO(whole), len(whole), begins, size=LONGEST)

    assert (start, held[:6]) == (1001, b"last\ny")


def test_the_beginning_of_a_line_of_any_length_is_found() -> None:
    """From any place in it, and the file's own where it is the first."""
    whole = b"x" * 20 + b"\n" + b"y" * (2 * LONGEST)
    handle = io.BytesIO(whole)

    assert line_start(handle, len(whole)) == 21
    assert line_start(handle, 23) == 21
    assert line_start(handle, 15) == 0
    assert line_start(handle, 0) == 0


def test_of_a_long_part_only_the_ends_are_read() -> None:
    """Of a short one all."""
    handle = io.BytesIO(b"-abcdefghij-")

    assert ends(handle, 1, 11, each=2) == b"abij"
    assert ends(handle, 1, 5, each=2) == b"abcd"
    assert ends(handle, 1, 4, each=2) == b"abc"


@pytest.mark.parametrize("seconds", [-1, 0, 499, 999, 2000])
def test_all_beyond_the_place_is_later(seconds: int) -> None:
    """Found by a look at some ten of a thousand records of ten bytes."""
    looks: list[int] = []

    def told(start: int, end: int) -> tuple[int | None, datetime | None]:
        looks.append(start)
        here = start - start % 10 + 10
        if here >= end:
            return None, None
        return here, START + timedelta(seconds=here // 10)

    at = START + timedelta(seconds=seconds)
    place = beyond(10_000, at, told, least=20)

    assert place == 10_000 or place // 10 > seconds
    assert place // 10 <= max(seconds, 0) + 4
    assert len(looks) < 20


@pytest.mark.parametrize(("name", "is_packed"), [("a.log.gz", True), ("a.log", False)])
def test_a_compressed_file_is_told_by_its_name(name: str, *, is_packed: bool) -> None:
    """Its bytes hold no lines."""
    assert packed(Path(name)) is is_packed
