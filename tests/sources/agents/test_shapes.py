import math

import pytest

from bot.sources.agents.shapes import flag, inner, inners, number, text, texts, whole

DOC = {
    "name": "gpu-1",
    "blank": " ",
    "n": 3,
    "x": 2.5,
    "round": 4.0,
    "yes": True,
    "list": ["a", 1, "b", {"c": 1}],
    "in": {"d": 1},
}


def test_a_value_of_its_kind_is_there() -> None:
    """The first of the names that has one."""
    assert text(DOC, "blank", "missing", "n", "name") == "gpu-1"
    assert (whole(DOC, "x", "n"), whole(DOC, "round")) == (3, 4)
    assert (number(DOC, "x"), number(DOC, "n")) == (2.5, 3.0)
    assert flag(DOC, "yes") is True
    assert texts(DOC, "list") == ("a", "b")
    assert inner(DOC, "in") == {"d": 1}
    assert inners(DOC, "list") == ({"c": 1},)


@pytest.mark.parametrize(
    "value", [10**13, -(10**400), 1e308, math.inf, -math.inf, math.nan]
)
def test_a_number_beyond_all_that_is_counted_is_not_there(value: float) -> None:
    """Nobody could reckon with it."""
    assert whole({"n": value}, "n") is None
    assert number({"n": value}, "n") is None
    assert whole({"n": 10**12}, "n") == number({"n": 10**12}, "n") == 10**12


def test_a_value_of_another_kind_is_not_there() -> None:
    """Whoever wrote it."""
    assert text(DOC, "n", "blank") is None
    assert whole(DOC, "yes", "name", "x") is None
    assert number(DOC, "yes", "name") is None
    assert flag(DOC, "n") is None
    assert (texts(DOC, "name"), inner(DOC, "name"), inners(DOC, "n")) == ((), {}, ())
