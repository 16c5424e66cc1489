"""The sheet that pictures are drawn on."""

import pytest
from matplotlib.colors import to_rgb

from bot.domain.charts import Tone
from formatters.sheet import COLOURS, MARGIN, ON, WIDTH, Sheet, painted
from tests.formatters.pictures import a_sheet
from tests.world import NOW, ago


def luminance(colour: str) -> float:
    """Return the relative luminance, as WCAG 2.2 defines it."""
    parts = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in to_rgb(colour)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast, as WCAG 2.2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_times_run_from_the_left_to_the_margin() -> None:
    """In pixels."""
    sheet = a_sheet()

    assert sheet.x(ago(hours=4).timestamp()) == MARGIN
    assert sheet.x(NOW.timestamp()) == WIDTH - MARGIN
    assert sheet.x(ago(hours=2).timestamp()) == WIDTH / 2


def test_no_time_at_all_is_a_second() -> None:
    """There must be something to divide by."""
    sheet = Sheet(NOW, NOW, left=MARGIN)

    assert sheet.until - sheet.since == 1


def test_it_fills_from_the_top() -> None:
    """A panel takes its height."""
    sheet = a_sheet()
    axes = sheet.panel(100)

    assert sheet.top == MARGIN + 100
    assert axes.get_xlim() == (sheet.since, sheet.until)


def test_a_paragraph_is_cut_at_its_last_line() -> None:
    """It says so by dots."""
    sheet = a_sheet()
    sheet.paragraph("many words " * 50, 30, most=2)

    assert len(sheet.figure.texts) == 2
    assert sheet.figure.texts[-1].get_text().endswith("…")


def test_keys_go_on_in_the_next_line() -> None:
    """None runs over the margin."""
    sheet = a_sheet()
    sheet.caption("a name", [(Tone.GOOD, "a meaning of some length")] * 4, 28)

    heights = {text.get_position()[1] for text in sheet.figure.texts}
    assert len(heights) == 2


def test_a_key_too_long_for_a_line_is_cut() -> None:
    """And stands in its own line; one without words is a question."""
    sheet = a_sheet()
    sheet.caption("n" * 99, [(Tone.GOOD, "k" * 99), (Tone.BAD, "")], 28)

    name, key, empty = (text.get_text() for text in sheet.figure.texts)
    assert name.endswith("…")
    assert key.endswith("…")
    assert empty == "?"


@pytest.mark.parametrize("tone", Tone)
def test_words_on_a_bar_can_be_read(tone: Tone) -> None:
    """WCAG asks for 3 to 1 for large letters."""
    assert contrast(COLOURS[tone], ON[tone]) >= 3


def test_what_matters_most_is_hatched() -> None:
    """For those who don't see the colour."""
    assert [tone for tone in Tone if "hatch" in painted(tone)] == [Tone.BAD]


def test_a_text_is_never_read_as_mathematics() -> None:
    """A dollar is a dollar."""
    sheet = a_sheet()
    sheet.write(0, 0, "$x^2$", 20)

    [text] = sheet.figure.texts
    assert not text.get_parse_math()
    assert not text.get_usetex()
