"""Buttons that nobody knows offer what they may have asked."""

from typing import Any

import pytest

from bot.slack.doors.strays import of_stray, offer
from bot.wiring import commands
from tests.slack.doors.test_callers import a_press
from tests.slack.doors.test_named_ids import TASK


def a_stray(value: Any = None, **given: Any) -> dict[str, Any]:
    """Return the press of an old button."""
    action = {"type": "button", "action_id": "old", "value": value}
    return a_press(**{"actions": [action], **given})


def offered(body: dict[str, Any]) -> list[str]:
    """Return the questions that are offered."""
    return [ask.words for ask in offer(body, commands()).asks]


def a_message(footer: Any, text: str = "") -> dict[str, Any]:
    """Return a message with that footer."""
    block = {"type": "context", "elements": [{"type": "plain_text", "text": footer}]}
    return {"ts": "1.5", "text": text, "blocks": ["x", {"type": "divider"}, block]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (a_stray("queue"), "queue"),
        (a_stray("1a2b3c4d", message=a_message("tasks --hours 3")), "tasks --hours 3"),
        (a_stray(message=a_message("what is this", f"task {TASK}")), TASK),
    ],
)
def test_the_likeliest_question_is_offered(body: dict[str, Any], words: str) -> None:
    """What the button holds, else what its message answered, else what that names."""
    assert offered(body) == [words, "health"]


@pytest.mark.parametrize(
    "body",
    [
        a_stray(),
        a_stray("1a2b3c4d"),
        a_stray("x" * 5000),
        a_stray(message={"blocks": [{"type": "context", "elements": [1]}]}),
        a_stray(message={"blocks": 7}),
        a_stray(actions=[]),
    ],
)
def test_without_a_trace_there_is_still_something_to_press(
    body: dict[str, Any],
) -> None:
    """And something to type."""
    assert offered(body) == ["health"]


def test_a_button_that_opens_an_address_is_no_stray() -> None:
    """Slack tells us of it all the same."""
    action = {"type": "button", "action_id": "link", "url": "https://app.test"}

    assert of_stray(a_stray(actions=[action])) is None
    assert of_stray(a_stray()) is not None
