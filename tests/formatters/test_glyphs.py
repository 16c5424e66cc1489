"""Texts that a picture can hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formatters.glyphs import MISSING, drawable, fitted, font, leftward, lines, width
from tests.formatters.pictures import HOSTILE


def test_plain_text_stays_as_it_is() -> None:
    """Letters of many scripts are known."""
    text = "gpu-1 läuft · да → 5 µs"

    assert drawable(text) == text


def test_unknown_letters_are_boxes() -> None:
    """One for each; what only joins them goes."""
    assert drawable("日本 👩‍👧 x") == f"{MISSING * 2} {MISSING * 2} x"


def test_nothing_in_it_moves_or_turns() -> None:
    """Escape sequences, line ends and signs that reverse the direction."""
    assert drawable("\x1b[31ma\x1b[0m\nb\u202ec") == "a ↵ b\\u202ec"


@pytest.mark.parametrize("text", HOSTILE)
def test_every_letter_is_in_both_fonts(text: str) -> None:
    """Also those of the signs that stand for others."""
    assert drawable(drawable(text)) == drawable(text)


def test_bold_letters_are_wider() -> None:
    """And all grow with the size."""
    assert width("mm", 20) == pytest.approx(2 * width("m", 20))
    assert width("m", 40) == pytest.approx(2 * width("m", 20))
    assert width("m", 20, bold=True) > width("m", 20)


def test_the_width_is_the_font_s_own() -> None:
    """DejaVu's m is 0.974 of its size wide."""
    assert width("m", 1000) == pytest.approx(974, abs=1)


def test_what_fits_is_not_cut() -> None:
    """Exactly so much room is enough."""
    assert fitted("hello", width("hello", 20), 20) == "hello"


def test_a_cut_text_ends_in_dots_and_fits() -> None:
    """Less than three letters say nothing."""
    cut = fitted("hello world", 90, 20)

    assert cut.endswith("…")
    assert width(cut, 20) <= 90
    assert fitted("hello world", 40, 20) == ""


@given(st.text(max_size=80), st.floats(0, 300))
def test_whatever_is_fitted_fits(text: str, room: float) -> None:
    """Any text, any room."""
    assert width(fitted(text, room, 20), 20) <= room + 1e-6


def test_lines_break_between_words() -> None:
    """Each fits."""
    text = "the quick brown fox jumps over the lazy dog"
    found = list(lines(text, 200, 20))

    assert " ".join(found) == text
    assert all(width(line, 20) <= 200 for line in found)


def test_a_word_longer_than_a_line_is_cut() -> None:
    """It has a line of its own, if only of one letter."""
    assert list(lines("a " + "b" * 99, 100, 20))[1].endswith("…")
    assert list(lines("bbbb", 5, 20)) == ["b"]
    assert list(lines("  ", 100, 20)) == []


def test_a_line_runs_from_left_to_right() -> None:
    """A word that runs the other way does not turn the whole line."""
    hebrew = "\u05e9\u05dc\u05d5\u05dd x"

    assert leftward(hebrew) == f"\u200e{hebrew}"
    assert leftward("x") == "x"


def test_the_fonts_come_along() -> None:
    """Whatever the machine has installed."""
    assert "mpl-data" in str(font().get_file())
    assert "Bold" in str(font(bold=True).get_file())
