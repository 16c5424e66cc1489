"""Chart to picture: what is drawn, and that nothing breaks it."""

import io
import time
from typing import Any

import matplotlib as mpl
import pytest
from PIL import Image

from bot.domain.charts import Lane, Lanes, Mark, Span, Tone
from bot.domain.report import Chart
from formatters.chart import MOST_FLAGS, MOST_NOTES, figure, png
from formatters.sheet import TALLEST, WIDTH
from tests.formatters.pictures import (
    HOSTILE,
    a_chart,
    a_lane,
    a_mark,
    a_series,
    a_span,
    panel,
    some_steps,
    times,
    words,
)
from tests.world import ago


def size(picture: bytes) -> tuple[int, int]:
    """Return width and height of a PNG that can be read whole."""
    with Image.open(io.BytesIO(picture)) as image:
        assert image.format == "PNG"
        image.load()
        return image.size


def test_a_picture_is_as_wide_as_a_phone_thrice_and_as_high_as_it_is_filled() -> None:
    """Nothing is left empty below."""
    low = size(png(a_chart(a_lane(a_span(3, 1)))))
    high = size(png(a_chart(a_lane(a_span(3, 1)), some_steps(a_series((4, 1.0))))))

    assert low[0] == high[0] == WIDTH
    assert low[1] < high[1] < TALLEST


def test_title_time_and_notes_are_written() -> None:
    """The times in UTC."""
    found = words(figure(a_chart(a_lane(), title="The queue", notes=("mind the gap",))))

    assert found[0] == "The queue"
    assert found[1] == "31 Jan 2026, 08:00 to 12:00 UTC"
    assert "time in UTC" in found
    assert found[-1] == "· mind the gap"


def test_marks_go_through_all_panels_and_are_named_above() -> None:
    """Those outside the picture don't."""
    chart = a_chart(
        a_lane(name="a"),
        some_steps(a_series((4, 1.0)), name="b"),
        marks=(a_mark(1, "given up"), a_mark(9, "long ago")),
    )
    found = figure(chart)

    for name in ("a", "b"):
        last = panel(found, name).lines[-1]
        assert times(last) == [ago(hours=1).timestamp()] * 2
    assert "given up" in words(found)
    assert "long ago" not in words(found)


def test_words_of_marks_never_overlap() -> None:
    """They take rows; what finds none is counted."""
    marks = tuple(a_mark(2 - n / 1000, "a mark with many words") for n in range(9))
    found = figure(a_chart(a_lane(), marks=marks))

    assert words(found).count("a mark with many words") == MOST_FLAGS
    assert "· 5 more moments are marked without words" in words(found)


def test_a_past_mark_is_faint_but_seen() -> None:
    """Grey on white would not be."""
    mark = Mark(at=ago(hours=1), tone=Tone.PAST, label="terminated")
    found = figure(a_chart(a_lane(), marks=(mark,)))

    assert panel(found, "lane").lines[-1].get_color() == "#57606a"


def test_keys_are_told_once() -> None:
    """Where the next panel has the same ones."""
    pair = (a_series((4, 1.0), name="one"), a_series((4, 1.0), name="two"))
    found = figure(a_chart(some_steps(*pair, name="a"), some_steps(*pair, name="b")))

    assert words(found).count("one") == 1


def test_labels_of_times_keep_apart() -> None:
    """One that would touch the last is left out."""
    chart = a_chart(some_steps(a_series((4, 1.0))), since=ago(seconds=6))
    labels = [each for each in words(figure(chart)) if each.count(":") == 2]

    assert labels == [f"11:59:{second}" for second in range(54, 60)]


def test_notes_end_somewhere() -> None:
    """The rest is counted."""
    notes = tuple(f"note {number}" for number in range(MOST_NOTES + 3))
    found = words(figure(a_chart(a_lane(), notes=notes)))

    assert found[-1] == "· and 4 more notes"


def test_an_empty_chart_is_no_picture() -> None:
    """Whoever draws must look before."""
    with pytest.raises(ValueError, match="nothing was read"):
        png(a_chart(alt="nothing was read"))


def hostile() -> Chart:
    """Return a chart that has a hostile text wherever there is one."""
    lanes = tuple(
        Lane(
            name=text,
            spans=(a_span(3, 1, list(Tone)[n % 6], label=text, open=n % 2 == 0),),
            marks=(a_mark(0.5),),
            keys=((Tone.GOOD, text), (Tone.BAD, text * 3)),
        )
        for n, text in enumerate(HOSTILE)
    )
    return a_chart(
        Lanes(lanes=lanes),
        some_steps(
            *(a_series((4, 1.0), name=text) for text in HOSTILE),
            name=HOSTILE[0],
            unit=HOSTILE[3],
        ),
        title=" ".join(HOSTILE),
        marks=tuple(a_mark(n / 3, text) for n, text in enumerate(HOSTILE)),
        notes=HOSTILE,
    )


def test_hostile_texts_break_nothing() -> None:
    """Warnings are errors here: no letter is missing, nothing is mathematics."""
    width, height = size(png(hostile()))

    assert (width, height) <= (WIDTH, TALLEST)


def test_no_text_runs_over_the_edge() -> None:
    """Nor does any letter come that the fonts lack."""
    chart = hostile()
    found = figure(chart)
    canvas = found.canvas
    canvas.draw()
    edges = [text.get_window_extent() for text in found.texts if text.get_text()]

    assert min(box.x0 for box in edges) >= 0
    assert max(box.x1 for box in edges) <= WIDTH


@pytest.mark.parametrize("seconds", [(0, 0), (0, 1), (-1, 1)])
def test_no_time_is_enough_for_a_picture(seconds: tuple[int, int]) -> None:
    """Nor does it break one that time runs backwards."""
    chart = a_chart(
        a_lane(a_span(0, 0, label="x")),
        since=ago(seconds=seconds[0]),
        until=ago(seconds=seconds[1]),
    )

    assert size(png(chart))[0] == WIDTH


def test_much_is_drawn_in_bounded_time_and_size() -> None:
    """Ten thousand tasks and as many changes: seconds, and a small file."""
    spans = tuple(
        Span(since=ago(minutes=n / 42), until=ago(minutes=n / 42 - 3), tone=Tone.GOOD)
        for n in range(10_000)
    )
    values = tuple((4 - n / 2500, float(n % 50)) for n in range(10_000))
    began = time.perf_counter()
    picture = png(a_chart(a_lane(*spans), some_steps(a_series(*values))))

    assert time.perf_counter() - began < 10  # it takes half a second
    assert len(picture) < 500_000


def test_nobodys_own_style_changes_it() -> None:
    """Some have one that asks for TeX, and none of ours is left behind."""
    mine: Any = {
        "text.usetex": True,
        "axes.facecolor": "black",
        "path.sketch": (1, 2, 3),
    }
    with mpl.rc_context(mine):
        styled = png(a_chart(a_lane(a_span(3, 1))))
        assert mpl.rcParams["text.usetex"]

    assert styled == png(a_chart(a_lane(a_span(3, 1))))
