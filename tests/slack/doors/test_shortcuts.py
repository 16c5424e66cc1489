"""What "Debug this" was used on, and what it asks."""

from typing import Any

import pytest

from bot.domain.access import Door
from bot.slack.doors.named_ids import NamedIds
from bot.slack.doors.shortcuts import UNREAD, Alert, of_shortcut, others
from tests.slack.doors.test_named_ids import OTHER, TASK, WORKER


def a_use(**given: Any) -> dict[str, Any]:
    """Return the body of a used shortcut."""
    body = {
        "type": "message_action",
        "callback_id": "debug_this",
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "message": {"ts": "1.5", "text": f"task {TASK}", "user": "U2"},
        "trigger_id": "1.2",
        "response_url": "https://slack.test/hook",
    }
    return {**body, **given}


def used(**given: Any) -> Alert:
    """Return what it was used on."""
    found = of_shortcut(a_use(**given), "UBOT")
    assert found is not None
    return found


def test_the_answer_goes_to_the_messages_thread() -> None:
    """Private lines too, once that thread has replies."""
    alone = used().about(TASK)
    reply = used(message={"ts": "1.6", "thread_ts": "1.5"}).about(TASK)

    assert alone.words == (TASK,)
    assert alone.caller.door is Door.SHORTCUT
    assert (alone.place.thread_ts, alone.place.whisper_ts) == ("1.5", None)
    assert (reply.place.thread_ts, reply.place.whisper_ts) == ("1.5", "1.5")


def test_two_uses_on_one_message_have_something_in_common() -> None:
    """Though each has its own trigger."""
    first, second = used(trigger_id="1").question, used(trigger_id="2").question

    assert first.keys != second.keys
    assert first.twice == second.twice


@pytest.mark.parametrize(
    "given", [{"user": None}, {"channel": {}}, {"message": "text"}]
)
def test_a_use_on_nothing_is_none(given: dict[str, Any]) -> None:
    """Nothing could be answered."""
    assert of_shortcut(a_use(**given), "UBOT") is None


def test_our_own_message_is_known() -> None:
    """Its footer's request is not to be looked for."""
    message = {"ts": "1.5", "user": "UBOT", "text": f"{TASK} request 1a2b3c4d"}

    assert used(message=message).named(()).ids == (TASK,)


def test_the_other_ids_become_buttons() -> None:
    """The first is answered already."""
    report = others(NamedIds(ids=(TASK, OTHER, WORKER)))

    assert report is not None
    assert [(ask.label, ask.words) for ask in report.asks] == [
        (OTHER[:8], OTHER),
        (WORKER, WORKER),
    ]


def test_one_id_leaves_no_others() -> None:
    """Nothing more is said."""
    assert others(NamedIds(ids=(TASK,))) is None


def test_more_than_fit_on_buttons_are_told() -> None:
    """And that not all was read."""
    ids = tuple(f"req-{number:08d}" for number in range(30))
    report = others(NamedIds(ids=ids, whole=False))

    assert report is not None
    assert len(report.asks) == 5
    assert "`req-00000006`" in report.hint
    assert report.hint.endswith(UNREAD)
