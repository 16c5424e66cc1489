"""Rich text: data that Slack shows and never reads."""

from datetime import UTC, datetime

import pytest

from bot.domain.report import Cell
from formatters import rich
from tests.formatters.samples import NOW

STAMP = {
    "type": "date",
    "timestamp": 1769860800,
    "format": "{date_short_pretty} {time_secs}",
    "fallback": "2026-01-31 12:00:00Z",
}


def run(words: str, **style: bool) -> rich.Json:
    element: rich.Json = {"type": "text", "text": words}
    return {**element, "style": style} if style else element


def test_markup_in_data_stays_text() -> None:
    """A log line cannot ping anybody, nor become a link or a code block."""
    evil = "<!channel> <https://evil|here> ```x``` *bold* :bomb:"

    assert rich.text(evil) == [run(evil)]


def test_nothing_makes_no_element() -> None:
    """Slack refuses empty texts."""
    assert rich.text("") == []
    assert rich.text("\u200b") == []


def test_styles_are_only_named_when_on() -> None:
    """As short as it can be said."""
    assert rich.text("x", bold=True, italic=False) == [run("x", bold=True)]


def test_a_moment_is_drawn_in_the_readers_zone() -> None:
    """With UTC for clients that cannot."""
    assert rich.moment(NOW) == [STAMP]


def test_a_clock_time_falls_back_to_utc_too() -> None:
    """The fallback says its zone."""
    [element] = rich.moment(NOW, rich.CLOCK, italic=True)

    assert element["fallback"] == "12:00:00Z"
    assert element["style"] == {"italic": True}


def test_a_moment_that_no_client_can_draw_is_text() -> None:
    """A year 1 in some row breaks nothing."""
    assert rich.moment(datetime(1, 1, 1, tzinfo=UTC)) == [run("1-01-01 00:00:00Z")]


def test_prose_marks_code_and_moments() -> None:
    """Our own sentences are written with backticks and UTC stamps."""
    words = "try `task 4f2a`, dead since 2026-01-31 12:00:00Z or 2026-01-31T12:00:00Z."

    assert rich.prose(words, bold=True) == [
        run("try ", bold=True),
        run("task 4f2a", bold=True, code=True),
        run(", dead since ", bold=True),
        {**STAMP, "style": {"bold": True}},
        run(" or ", bold=True),
        {**STAMP, "style": {"bold": True}},
        run(".", bold=True),
    ]


@pytest.mark.parametrize(
    "words", ["2026-13-31 10:00:00Z", "2026-01-31 10:00:00", "one ` tick", "a `b\nc`"]
)
def test_what_only_looks_like_that_stays_text(words: str) -> None:
    """No month 13, no stamp without a zone, no lonely tick."""
    assert "".join(part["text"] for part in rich.prose(words)) == words
    assert all(part.keys() == {"type", "text"} for part in rich.prose(words))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (None, run("unknown", italic=True)),
        ("", run("unknown", italic=True)),
        ("4f2a91c0-7d3e", run("4f2a91c0-7d3e", code=True)),
        ("active", run("active")),
        ("2 min 20 s", run("2 min 20 s")),
        (1284, run("1,284")),
        (NOW, STAMP),
    ],
)
def test_values_look_like_what_they_are(cell: Cell, expected: rich.Json) -> None:
    """Ids can be copied, times are moments, the unknown is called so."""
    assert rich.value(cell) == [expected]


def test_paragraphs_in_a_row_become_one_with_line_ends() -> None:
    """As when a person types them, so that every client breaks the lines."""
    block = rich.block(
        rich.section(rich.text("a")),
        rich.section(rich.text("b")),
        rich.preformatted("c"),
        rich.section(),
    )

    assert block["elements"] == [
        {"type": "rich_text_section", "elements": [run("a"), run("\n"), run("b")]},
        {"type": "rich_text_preformatted", "elements": [run("c")]},
        {"type": "rich_text_section", "elements": [run("—")]},
    ]


def test_an_empty_box_says_so() -> None:
    """Slack refuses a box with nothing in it."""
    assert rich.preformatted("")["elements"] == [run("(empty)")]


def test_a_quotation_has_a_line_for_each_part() -> None:
    """Without one before the first."""
    quote = rich.quotation(rich.text("a"), rich.text("b"))

    assert quote["elements"] == [run("a"), run("\n"), run("b")]
    assert rich.quotation([])["elements"] == [run("—")]


def test_few_words_are_set_apart() -> None:
    """Each costs some sixty characters of a message, and a text may hold thousands."""
    parts = rich.prose("`a` " * 1000)

    assert len(parts) < 50
    assert "".join(part["text"] for part in parts).replace("`", "").count("a") == 1000
