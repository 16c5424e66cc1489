"""Lanes of a picture."""

from datetime import timedelta

from bot.domain.charts import Lane, Lanes, Mark, Span, Tone
from formatters.lanes import (
    COLUMNS,
    MOST_LANES,
    MOST_ROWS,
    MOST_SPANS,
    draw_lanes,
    joined,
    rows,
)
from tests.formatters.pictures import a_lane, a_sheet, a_span, bars, panel, times, words
from tests.world import ago


def test_a_span_is_a_bar_from_its_beginning_to_its_end() -> None:
    """With its words, if there is room."""
    sheet = a_sheet()
    said = draw_lanes(sheet, a_lane(a_span(3, 1, label="work")), ())

    assert bars(panel(sheet.figure, "lane")) == [(3.0, 1.0, 0.0)]
    assert "work" in words(sheet.figure)
    assert said == ()


def test_what_lies_outside_is_not_drawn() -> None:
    """And what lies half outside only as far as the edge."""
    sheet = a_sheet()
    draw_lanes(sheet, a_lane(a_span(9, 8), a_span(6, 3)), ())

    assert bars(panel(sheet.figure, "lane")) == [(4.0, 3.0, 0.0)]


def test_an_open_span_has_an_arrow() -> None:
    """Nobody knows its end."""
    sheet = a_sheet()
    draw_lanes(sheet, a_lane(a_span(3, 0, label="work", open=True)), ())

    assert "work →" in words(sheet.figure)


def test_a_moment_is_wide_enough_to_be_seen() -> None:
    """At the very end of the picture too."""
    sheet = a_sheet()
    draw_lanes(sheet, a_lane(a_span(0, 0), a_span(2, 2)), ())

    assert all(
        first - last > 0.01 for first, last, _ in bars(panel(sheet.figure, "lane"))
    )


def test_a_short_bar_has_no_words() -> None:
    """They would run over its end."""
    sheet = a_sheet()
    draw_lanes(sheet, a_lane(a_span(2, 1.99, label="a long name")), ())

    assert words(sheet.figure) == ["lane"]


def test_where_there_is_no_room_the_brief_label_is_written_whole() -> None:
    """A number without its unit says nothing; of a name the beginning does."""
    sheet = a_sheet()
    label, brief = "4 min without a beat", "4 min"
    spans = (
        a_span(4, 3.6, label=label, brief=brief),
        a_span(3, 2.6, label=label, brief=brief, open=True),
        a_span(2, 1.9, label=label, brief=brief),
        a_span(1, 0.6, label="wan_2_2_i2v_lightning_baseline"),
    )
    draw_lanes(sheet, a_lane(*spans), ())

    assert words(sheet.figure)[:2] == ["lane", "4 min"]
    assert not any(each.startswith("4 …") for each in words(sheet.figure))
    assert words(sheet.figure)[-1].endswith("…")
    assert len(words(sheet.figure)) == 4


def test_overlapping_spans_take_rows() -> None:
    """What comes after one takes its row again."""
    spans = (a_span(4, 2), a_span(3, 1), a_span(1.5, 0))

    assert rows(spans, a_sheet()) == ((spans[0], spans[2]), (spans[1],))


def test_there_are_only_so_many_rows() -> None:
    """The last one holds the rest."""
    found = rows([a_span(4 - n / 10, 0) for n in range(9)], a_sheet())

    assert [len(row) for row in found] == [1] * (MOST_ROWS - 1) + [9 - MOST_ROWS + 1]


def test_many_spans_are_joined_and_that_is_said() -> None:
    """Ten thousand tasks are a few bars."""
    step = timedelta(seconds=1.4)
    spans = tuple(
        Span(
            since=ago(hours=4) + n * step,
            until=ago(hours=4) + n * step + timedelta(seconds=1),
            tone=Tone.BAD if n % 50 == 0 else Tone.GOOD,
        )
        for n in range(10_000)
    )
    sheet = a_sheet()
    [said] = draw_lanes(sheet, a_lane(*spans, name="tasks"), ())

    assert len(bars(panel(sheet.figure, "tasks"))) <= 2 * COLUMNS
    assert said.startswith("tasks: 10,000 drawn as ")


def test_as_many_as_can_be_shown_are_not_joined() -> None:
    """One more is too many."""
    spans = [a_span(4 - n / 50, 4 - n / 50 - 0.01) for n in range(MOST_SPANS)]
    sheet = a_sheet()

    assert draw_lanes(sheet, a_lane(*spans), ()) == ()
    assert len(bars(panel(sheet.figure, "lane"))) == MOST_SPANS


def test_only_neighbours_of_one_tone_are_joined() -> None:
    """A joined bar covers all of them and has no words."""
    found = joined(
        [
            a_span(4, 3, label="a"),
            a_span(3.5, 3.2),
            a_span(3, 2, Tone.BAD),
            a_span(1, 0.5),
        ],
        a_sheet(),
    )

    assert [(span.since, span.until, span.tone, span.label) for span in found] == [
        (ago(hours=4), ago(hours=3), Tone.GOOD, ""),
        (ago(hours=3), ago(hours=2), Tone.BAD, ""),
        (ago(hours=1), ago(hours=0.5), Tone.GOOD, ""),
    ]


def test_marks_are_signs_in_the_lane() -> None:
    """And ticks go through it."""
    sheet = a_sheet()
    mark = Mark(at=ago(hours=1), tone=Tone.BAD)
    draw_lanes(sheet, a_lane(marks=(mark,)), (ago(hours=2).timestamp(),))

    tick, sign = panel(sheet.figure, "lane").lines
    assert times(sign) == [ago(hours=1).timestamp()]
    assert times(tick) == [ago(hours=2).timestamp()] * 2


def test_too_many_lanes_are_counted() -> None:
    """A picture ends somewhere."""
    lanes = Lanes(lanes=(Lane(name="l"),) * (MOST_LANES + 2))

    assert draw_lanes(a_sheet(), lanes, ()) == ("2 more lanes are not drawn",)
