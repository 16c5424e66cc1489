"""Anything may be missing from a payload, or of another kind."""

from typing import Any

import pytest

from bot.slack.doors.payloads import actions, mapping, pressed, text


@pytest.mark.parametrize("value", [None, 1, [], {"a": 1}])
def test_what_is_no_text_is_an_empty_one(value: Any) -> None:
    """Nothing is raised."""
    assert text({"name": value}, "name") == ""


def test_a_text_is_such_as_a_database_can_hold() -> None:
    """JSON may hold half a surrogate pair, or a NUL."""
    assert text({"name": "a\ud800\0b"}, "name") == "a?\ufffdb"


@pytest.mark.parametrize("value", [None, "x", []])
def test_what_is_no_object_is_an_empty_one(value: Any) -> None:
    """So that one can go on looking in it."""
    assert mapping({"name": value}, "name") == {}


def test_what_is_no_action_is_an_empty_one() -> None:
    """Their number stays."""
    assert actions({"actions": [{"a": 1}, None]}) == [{"a": 1}, {}]
    assert actions({"actions": "none"}) == []


def test_what_was_pressed_first_is_an_object_whatever_came() -> None:
    """So it can be asked for its parts."""
    assert pressed({"actions": [{"value": "a"}, {"value": "b"}]}) == {"value": "a"}
    assert (
        pressed({"actions": ["odd"]}) == pressed({"actions": []}) == pressed({}) == {}
    )
