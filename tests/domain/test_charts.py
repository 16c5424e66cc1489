"""What pictures are made of."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.charts import binned, level, peak, round_step, runs, total
from tests.world import NOW, ago


def test_moments_without_a_long_pause_are_one_run() -> None:
    """A pause of exactly the gap is none."""
    moments = [ago(minutes=20), ago(minutes=15), ago(minutes=9)]

    assert runs(moments, timedelta(minutes=5)) == (
        (ago(minutes=20), ago(minutes=15)),
        (ago(minutes=9), ago(minutes=9)),
    )


def test_a_level_is_how_many_there_are_at_once() -> None:
    """What began before is there from the start; what ended before is not."""
    spans = [
        (ago(hours=5), ago(hours=4)),
        (ago(hours=5), ago(hours=2)),
        (ago(hours=1), None),
    ]

    assert level(spans, ago(hours=3)) == (
        (ago(hours=3), 1.0),
        (ago(hours=2), 0.0),
        (ago(hours=1), 1.0),
    )


def test_a_level_may_be_weighed() -> None:
    """In dollars, for one."""
    spans = [(ago(hours=2), None), (ago(hours=1), None)]

    values = level(spans, ago(hours=2), weights=[0.1, 0.2])

    assert values == ((ago(hours=2), 0.1), (ago(hours=1), 0.3))


def test_what_ends_before_it_begins_was_never_there() -> None:
    """Clocks disagree."""
    assert level([(ago(hours=1), ago(hours=2))], ago(hours=3)) == ((ago(hours=3), 0.0),)


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.none() | st.integers(0, 500)), max_size=30
    )
)
def test_a_level_is_never_below_nothing_and_ends_with_what_lasts(
    pairs: list[tuple[int, int | None]],
) -> None:
    """Whatever the order and the ends."""
    spans = [
        (ago(minutes=first), None if last is None else ago(minutes=last))
        for first, last in pairs
    ]
    values = level(spans, ago(minutes=250))

    assert min(value for _, value in values) >= 0
    assert values[-1][1] == sum(last is None for _, last in pairs)


def test_bins_count_every_moment_of_the_span_once() -> None:
    """Its very end belongs to the last bin."""
    moments = [ago(hours=3), ago(hours=2), ago(minutes=61), ago(hours=1), NOW]

    assert binned(moments, ago(hours=2), NOW, timedelta(hours=1)) == (
        (ago(hours=2), 2.0),
        (ago(hours=1), 2.0),
    )


def test_no_time_at_all_is_one_bin() -> None:
    """Not none."""
    assert binned([NOW], NOW, NOW, timedelta(hours=1)) == ((NOW, 1.0),)


@pytest.mark.parametrize(
    ("hours", "minutes"), [(6, 15), (24, 60), (0.1, 1), (24 * 400, 43200)]
)
def test_steps_are_round(hours: float, minutes: int) -> None:
    """As clocks and calendars count."""
    assert round_step(timedelta(hours=hours), 24) == timedelta(minutes=minutes)


def test_beyond_all_round_steps_one_is_computed() -> None:
    """There are never more of them than were wanted."""
    span = timedelta(days=36500)

    assert round_step(span, 24) == span / 24


def test_the_peak_is_the_first_of_the_highest_known() -> None:
    """None where nothing is known."""
    values = [(ago(hours=3), None), (ago(hours=2), 5.0), (ago(hours=1), 5.0)]

    assert peak(values) == (ago(hours=2), 5.0)
    assert peak([(NOW, None)]) is None


def test_a_total_is_value_times_hours() -> None:
    """Half a dollar an hour for two hours, then one dollar for half an hour."""
    values = [(ago(hours=2.5), 0.5), (ago(hours=0.5), 1.0)]

    assert total(values, NOW) == pytest.approx(1.5)
