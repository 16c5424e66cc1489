"""How long an answer is, and when it is too long to be posted whole."""

from dataclasses import replace

import pytest

from bot.domain.report import Chart, Facts, Report, Section, Table, Text, Timeline
from formatters.length import long, pages
from tests.formatters.samples import NOW, a_finding, a_line

SHORT = Report(summary="all is well")


def of(*sections: Section) -> Report:
    """Return a report of these sections."""
    return Report(summary="all is well", sections=sections)


def a_table(rows: int) -> Table:
    """Return a table of so many rows."""
    return Table(title="T", header=("a",), rows=(("x",),) * rows)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (SHORT, 0),
        (of(a_table(15)), 1),
        (of(Facts(title="F", rows=(("a", "b"),) * 20)), 1),
        (of(Timeline(title="L", lines=(a_line("m"),) * 20)), 1),
        (of(Text(title="T", text="line\n" * 20)), 1),
        (of(Text(title="T", text="x" * 120 * 19)), 1),
        (of(a_table(15), a_table(15)), 2),
        (replace(SHORT, findings=(a_finding(evidence=("a", "b")),) * 5), 1),
    ],
)
def test_a_page_is_what_a_phone_shows(report: Report, expected: float) -> None:
    """Twenty lines, or fifteen rows."""
    assert pages(report) == expected


def test_three_pages_are_not_long_and_one_row_more_is() -> None:
    """Then a file is easier to read."""
    assert not long(of(a_table(45)))
    assert long(of(a_table(46)))


def test_an_excerpt_of_a_timeline_is_attached_whole() -> None:
    """Though it fills three pages at most: no line is for the shell alone."""
    assert not long(of(Timeline(title="L", lines=(a_line("m"),) * 40)))
    assert long(of(Timeline(title="L", lines=(a_line("m"),) * 41)))


def test_json_is_attached_however_short() -> None:
    """It is for programs."""
    assert long(replace(SHORT, as_json=True))


def test_what_is_to_be_kept_is_attached_however_short() -> None:
    """That is what it is made for."""
    assert long(replace(SHORT, attachment="Incident report"))


def test_a_picture_is_two_lines() -> None:
    """Its title and its words: the picture itself stands elsewhere."""
    chart = Chart(title="t", alt="a", since=NOW, until=NOW)

    assert pages(of(chart)) == 0.1
