"""Shortcuts and typing in a select, as Slack sends them."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from anyio import to_thread

from bot.demo.interactions import form_of
from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, HTTP_APP, OPS
from tests.demo.socket_bot import SocketBot

pytestmark = pytest.mark.slack


def saying(payload: Any) -> Any:
    """Return what acknowledges with a payload."""
    return lambda _: {"payload": payload}


async def test_a_shortcut_brings_the_message_as_it_was_meant(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """With a trigger and a response_url of its own."""
    sent = await bot.call("chat.postMessage", channel=OPS, text="&lt;hot&gt;")
    used = await to_thread.run_sync(
        lambda: front.shortcut(ALICE, OPS, ts=sent["ts"], callback_id="x")
    )
    [envelope] = bot.events
    payload = envelope["payload"]
    status = await bot.respond(payload["response_url"], text="seen")

    assert used["acknowledged"]
    assert payload["type"] == "message_action"
    assert payload["message"]["text"] == "&lt;hot&gt;"
    assert payload["user"]["id"] == ALICE
    assert payload["trigger_id"]
    assert status == 200


async def test_a_shortcut_on_nothing_is_refused(front: SlackFront) -> None:
    """There is no such message."""
    used = front.shortcut(ALICE, OPS, ts="1.5", callback_id="x")

    assert used == {"ok": False, "error": "message_not_found"}


async def test_typing_asks_the_bot(front: SlackFront, bot: SocketBot) -> None:
    """And gives what it offers."""
    option = {"text": {"type": "plain_text", "text": "one"}, "value": "1"}
    bot.acknowledge = saying({"options": [option]})
    found = await to_thread.run_sync(lambda: front.suggest(ALICE, "pick", "on"))
    payload = bot.events[0]["payload"]

    assert found["options"] == [option]
    assert found["errors"] == []
    assert (payload["type"], payload["value"]) == ("block_suggestion", "on")
    assert "trigger_id" not in payload


@pytest.mark.parametrize("said", [{}, {"options": [{"value": "1"}]}, "no object"])
async def test_what_slack_would_not_show_is_named(
    front: SlackFront, bot: SocketBot, said: Any
) -> None:
    """The person sees an empty list."""
    bot.acknowledge = saying(said)
    found = await to_thread.run_sync(lambda: front.suggest(ALICE, "pick"))

    assert found["options"] == []
    assert found["errors"]


async def test_an_empty_list_is_an_answer(front: SlackFront, bot: SocketBot) -> None:
    """Nothing fits."""
    bot.acknowledge = saying({"options": []})
    found = await to_thread.run_sync(lambda: front.suggest(ALICE, "pick"))

    assert found["errors"] == []


async def test_a_bot_that_is_not_there_acknowledges_nothing(front: SlackFront) -> None:
    """Neither by a socket nor by a request."""
    payload = {"type": "view_closed"}
    by_socket = front.interact(payload)
    front.steer(request_url="http://127.0.0.1:9/slack/events")
    by_request = front.interact(payload, app_id=HTTP_APP.app_id)

    assert not by_socket["acknowledged"]
    assert not by_request["acknowledged"]


def test_a_payload_is_posted_as_a_form() -> None:
    """In one field."""
    assert parse_qs(form_of({"a": 1}).decode()) == {"payload": ['{"a": 1}']}
