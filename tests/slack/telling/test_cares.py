"""What is pressed on an alert."""

from typing import Any

import pytest

from bot.slack.doors.callers import of_presser
from bot.slack.telling.cares import Care, Wish, of_care
from tests.slack.doors.test_callers import a_press


def a_care(name: str = "alert:ack", **action: Any) -> dict[str, Any]:
    """Return the payload of a press on an alert."""
    pressed = {"action_id": name, "value": "stuck-task:a@1", "type": "button"}
    return a_press() | {"actions": [pressed | action]}


def test_a_press_tells_which_notice_who_and_where() -> None:
    """The value is the notice's id, and nothing else counts."""
    body = a_care() | {"container": {"message_ts": "171.1"}}
    care, question = of_care(body), of_presser(body)

    assert care is not None
    assert question is not None
    assert care == Care(
        id="stuck-task:a@1",
        wish=Wish.ACKNOWLEDGE,
        caller=question.caller,
        place=question.place,
        ts="171.1",
        keys=care.keys,
    )
    assert care.keys


def test_whose_workspace_they_are_of_is_known() -> None:
    """In a shared channel it may be another than ours."""
    body = a_care()
    care = of_care(body | {"user": body["user"] | {"team_id": "T0OTHER"}})

    assert care is not None
    assert care.caller.team_id == "T0OTHER"


@pytest.mark.parametrize("wish", list(Wish))
def test_every_button_is_known(wish: Wish) -> None:
    """By what follows the prefix."""
    care = of_care(a_care(f"alert:{wish}"))

    assert care is not None
    assert care.wish is wish


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"actions": []},
        {"actions": ["x"]},
        {"actions": [{"value": "x"}]},
        {"actions": [{"action_id": 3, "value": "x"}]},
        a_care("alert:burn"),
        a_care(value=None),
        a_care() | {"user": None},
    ],
)
def test_what_makes_no_sense_is_nothing(body: dict[str, Any]) -> None:
    """Old buttons, and made-up ones."""
    assert of_care(body) is None
