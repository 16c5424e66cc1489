"""Series of a picture."""

import pytest

from bot.domain.charts import Tone
from formatters.steps import (
    COLUMNS,
    MOST_SERIES,
    draw_steps,
    keys,
    scale,
    stacked,
    thinned,
)
from tests.formatters.pictures import a_series, a_sheet, panel, some_steps, words
from tests.world import NOW, ago


def test_series_lie_on_each_other() -> None:
    """Each holds from its moment to the next, the last one to the end."""
    one = a_series((4, 1.0), (2, 3.0), name="one")
    two = a_series((4, 5.0), (1, 0.0), name="two", tone=Tone.BAD)
    sheet = a_sheet()
    draw_steps(sheet, some_steps(one, two), ())

    lower, upper = panel(sheet.figure, "steps").collections
    assert lower.get_label() == "one"
    assert lower.get_paths()[0].get_extents().y1 == 3
    assert upper.get_paths()[0].get_extents().y1 == 8
    assert upper.get_paths()[0].get_extents().x1 == NOW.timestamp()


def test_before_its_first_moment_there_is_nothing() -> None:
    """What lies outside the picture counts with its last value."""
    moments, rows = stacked(
        (a_series((9, 2.0), (8, 4.0)), a_series((1, 7.0))), a_sheet()
    )

    assert moments == (ago(hours=4).timestamp(), ago(hours=1).timestamp())
    assert rows == ((4.0, 0.0), (4.0, 7.0))


def test_what_is_not_known_is_hatched_and_named() -> None:
    """A number that is none is not known either; a narrow one has no words."""
    series = a_series((4, None), (2, 1.0), (1, float("inf")), (0.95, 2.0))
    sheet = a_sheet()
    draw_steps(sheet, some_steps(series), ())

    hatched = panel(sheet.figure, "steps").patches
    assert [
        patch.get_path().get_extents(patch.get_patch_transform()).x0
        for patch in hatched
    ] == [
        ago(hours=4).timestamp(),
        ago(hours=1).timestamp(),
    ]
    assert words(sheet.figure).count("not known") == 1


def test_the_scale_stands_at_the_left() -> None:
    """With its unit, and from nothing on."""
    sheet = a_sheet()
    sheet.left = 136
    draw_steps(sheet, some_steps(a_series((4, 12.3)), unit="$"), (NOW.timestamp(),))

    assert [each for each in words(sheet.figure) if "$" in each] == [
        *("$0", "$5", "$10", "$15")
    ]


@pytest.mark.parametrize(
    ("most", "whole", "every", "highest"),
    [
        (0, True, 1, 1),
        (1, True, 1, 1),
        (2, True, 1, 2),
        (30, True, 10, 30),
        (31, True, 20, 40),
        (0.7, False, 0.5, 1.0),
        (0.02, False, 0.01, 0.02),
        (1e9, True, 5e8, 1e9),
    ],
)
def test_scales_are_round(
    most: float, whole: bool, every: float, highest: float
) -> None:
    """Things are counted in whole numbers."""
    assert scale(most, whole=whole) == pytest.approx((every, highest))


@pytest.mark.parametrize(
    ("most", "label"),
    [(3e4, "30k"), (3e6, "3M"), (3e9, "3G"), (3e13, "30T"), (3000, "3,000")],
)
def test_large_numbers_are_short(most: float, label: str) -> None:
    """There is little room for them."""
    sheet = a_sheet()
    sheet.left = 136
    draw_steps(sheet, some_steps(a_series((4, most))), ())

    assert label in words(sheet.figure)


def test_many_changes_keep_their_peaks() -> None:
    """A column for each pixel or so, and it says so."""
    values = tuple((4 - n / 3000, float(n % 7)) for n in range(12_000))
    sheet = a_sheet()
    [said] = draw_steps(sheet, some_steps(a_series(*values)), ())

    moments, rows = thinned(stacked((a_series(*values),), sheet), sheet)
    assert len(moments) <= COLUMNS
    assert {row[0] for row in rows} == {6.0}
    assert said.startswith("steps: 12,000 changes drawn as the peaks of ")


def test_a_series_alone_needs_no_key() -> None:
    """The panel's name says what it is."""
    assert keys(some_steps(a_series())) == ()
    assert keys(some_steps(a_series(name="a"), a_series(name="b"))) == (
        (Tone.BUSY, "a"),
        (Tone.BUSY, "b"),
    )


def test_too_many_series_are_counted() -> None:
    """No more can be told apart."""
    steps = some_steps(*([a_series((4, 1.0))] * (MOST_SERIES + 1)))

    assert draw_steps(a_sheet(), steps, ()) == ("1 more series are not drawn",)


def test_nothing_to_draw_is_an_empty_panel() -> None:
    """No series, or only zeros."""
    sheet = a_sheet()

    assert draw_steps(sheet, some_steps(), ()) == ()
    assert draw_steps(sheet, some_steps(a_series((4, 0.0)), name="zero"), ()) == ()
    assert panel(sheet.figure, "zero").get_ylim()[1] > 0
