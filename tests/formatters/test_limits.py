"""Cutting texts, measured as Slack measures them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formatters import limits
from formatters.limits import clip, escaped, shortened, size
from tests.formatters.reports import EXAMPLES, texts

FAMILY = "👨‍👩‍👧‍👦"


def test_what_slack_would_escape_counts_in_full() -> None:
    """`&` is sent as five characters, an emoji counts as two."""
    text = "a&<>😀"

    assert size(text) == len("a&amp;&lt;&gt;") + 2


def test_escaping_makes_slacks_own_characters_harmless() -> None:
    """Nothing else is touched."""
    assert escaped("<!channel> & `x`") == "&lt;!channel&gt; &amp; `x`"


def test_a_text_that_fits_stays() -> None:
    """The limit itself is still allowed."""
    assert clip("12345", 5) == "12345"


def test_a_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    """The ellipsis counts too."""
    assert clip("123456", 5) == "1234…"


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        (f"ab{FAMILY}cd", 8, "ab…"),
        ("abcde\u0301xx", 6, "abcd…"),
        ("ab👍🏽x", 5, "ab…"),
        ("🇩🇪🇫🇷x", 8, "🇩🇪…"),
        ("🇩🇪🇫🇷xyz", 9, "🇩🇪🇫🇷…"),
        ("&&", 6, "&…"),
        ("&&", 5, "…"),
    ],
)
def test_what_is_seen_as_one_character_stays_whole(
    text: str, most: int, expected: str
) -> None:
    """Joined emoji, accents, skin tones and flags are not cut in two."""
    assert clip(text, most) == expected


def test_endless_accents_are_cut_anyway() -> None:
    """A character that would fill the whole room is mischief."""
    assert size(clip("e" + "\u0301" * 500, 100)) <= 100


def test_no_room_is_nothing() -> None:
    """Not even an ellipsis fits."""
    assert clip("abc", 0) == ""


@EXAMPLES
@given(texts, st.integers(0, 200))
def test_clipped_texts_never_measure_more_than_allowed(text: str, most: int) -> None:
    """Whatever the text, and however small the room."""
    assert size(clip(text, most)) <= most
    assert size(shortened(text, most)) <= most


def test_shortening_counts_what_it_leaves_out_and_keeps_both_ends() -> None:
    """The end of a message says what happened."""
    text = "began " + "x" * 1000 + " out of memory"

    short = shortened(text, 60)

    assert short.startswith("began")
    assert short.endswith("of memory")
    left_out = int(short.split("… ")[1].split(" ")[0])
    assert len(text) - left_out == len(short) - len(f" … {left_out} characters … ")


def test_shortening_leaves_whole_words() -> None:
    """A cut falls between words where one ends nearby."""
    text = "alpha beta gamma " * 20

    head, _, tail = shortened(text, 80).split(" … ")

    assert set(f"{head} {tail}".split()) == {"alpha", "beta", "gamma"}


def test_shortening_to_almost_nothing_just_clips() -> None:
    """Where the count itself would not fit."""
    assert shortened("x" * 100, 20) == "x" * 19 + "…"


def test_shortening_cuts_no_character_in_two_at_its_end_either() -> None:
    """The kept end begins with a whole character."""
    text = "a" * 100 + FAMILY * 20

    kept = shortened(text, 120).split(" … ")[2]

    assert kept.replace(FAMILY, "") == ""


def test_our_numbers_stay_below_slacks() -> None:
    """What this bot allows itself is less than what Slack allows."""
    assert limits.MAX_BLOCKS < limits.BLOCKS
    assert limits.MAX_SECTION < limits.TEXT_OBJECT
    assert limits.MAX_TOTAL_TEXT < limits.TOTAL_TEXT_SEEN_TO_FAIL
    assert limits.MAX_PAYLOAD < limits.PAYLOAD_SEEN_TO_PASS


@pytest.mark.parametrize("most", [60, 200])
def test_endless_accents_at_either_end_are_cut_anyway(most: int) -> None:
    """No cluster is so long that a limit gives way."""
    accents = "a" + "\N{COMBINING ACUTE ACCENT}" * 1000

    assert size(shortened(accents, most)) <= most
    assert size(clip(accents, most)) <= most
