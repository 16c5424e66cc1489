from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.pages import Border
from bot.domain.times import Window
from bot.sources.clickhouse import conditions
from bot.sources.clickhouse.conditions import Condition, both, said

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (NOON, "2026-01-31 12:00:00.000000"),
        (
            datetime(2026, 1, 31, 13, 0, 0, 5, timezone(timedelta(hours=1))),
            "2026-01-31 12:00:00.000005",
        ),
        ("it's", "it's"),
        ("a\\b\tc\nd\re\0", r"a\\b\tc\nd\re\0"),
        ("\ud800", "?"),
        (["a", "it's", "\\"], r"['a','it\'s','\\']"),
        ([], "[]"),
    ],
)
def test_a_value_is_said_as_a_parameter_is_read(value: object, text: str) -> None:
    """Times in UTC; the real engine reads them back in test_engine."""
    assert said(value) == text  # type: ignore[arg-type]


def test_conditions_are_bracketed_each_by_itself() -> None:
    """An OR in one of them binds nothing outside it."""
    found = both(Condition("a OR b", {"x": "1"}), Condition("c", {"y": "2"}))

    assert found == Condition("(a OR b) AND (c)", {"x": "1", "y": "2"})


def test_a_present_window_holds_what_is_a_little_ahead() -> None:
    """As every source takes it."""
    found = conditions.within("agents", Window.before(NOON, hours=1))

    assert found.values["since"] == NOON - timedelta(hours=1)
    assert found.values["until"] == NOON + timedelta(minutes=10)


def test_no_value_stands_in_a_condition() -> None:
    """Whatever it is."""
    odd = "'; DROP TABLE logs --"
    border = Border(at=NOON, id=odd)
    every = (
        conditions.within(odd, Window.before(NOON, hours=1)),
        conditions.older(border),
        conditions.newer(border),
        conditions.on_from(border, oldest=True),
        conditions.of_source(odd),
        conditions.of_level("ERROR"),
        conditions.one_of("task_id", [odd], name="tasks"),
        conditions.holding(odd),
        conditions.holding_any([odd]),
        conditions.naming(odd),
        conditions.alarming(scale_downs=False),
    )

    assert not [each.text for each in every if "DROP" in each.text]
    together = both(*every)
    assert len(together.values) == sum(len(each.values) for each in every)


def test_a_page_s_border_is_named_apart_from_the_one_that_was_asked_for() -> None:
    """Both may hold for one question."""
    border = Border(at=NOON, id="a")

    assert not set(conditions.older(border).values) & set(
        conditions.on_from(border, oldest=False).values
    )


def test_signs_of_a_pattern_are_no_signs_of_it() -> None:
    """A text is looked for literally."""
    assert conditions.holding(r"100%_\A").values == {"text": r"%100\%\_\\a%"}


def test_all_spellings_of_a_level_are_looked_for() -> None:
    """As the index knows them: a function of the column would pass it by."""
    [spelt] = conditions.of_level("WARNING").values.values()

    assert spelt == ("WARNING", "warning", "WARN", "warn")


def test_a_name_that_is_not_our_own_is_refused() -> None:
    """It would stand in the question."""
    with pytest.raises(ValueError, match="no name of a value"):
        Condition("x", {"a:String} OR 1=1 OR {b": "c"})
