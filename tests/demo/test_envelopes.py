"""How events, commands and presses reach a bot."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from anyio import to_thread

from bot.demo.envelopes import sign
from bot.demo.ground import listen
from bot.demo.local_slack import LocalSlack, find_action
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, BOB, HTTP_APP, OPS, SOCKET_APP
from tests.demo.socket_bot import SocketBot, until

pytestmark = pytest.mark.slack

BUTTONS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "go",
                "text": {"type": "plain_text", "text": "&lt;Go&gt;"},
            }
        ],
    }
]


@dataclass
class Inbox:
    """What an app that listens over HTTP was sent, and what it answers."""

    url: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
async def inbox(front: SlackFront) -> AsyncIterator[Inbox]:
    """Return an app in events mode, known to the front."""
    listening = listen()
    inbox = Inbox(url=f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events")

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        inbox.requests.append((dict(request.headers), body))
        status = inbox.statuses.pop(0) if inbox.statuses else 200
        text = inbox.body
        if b"url_verification" in body and not text:
            text = json.loads(body)["challenge"]
        return web.Response(status=status, text=text, headers=inbox.headers)

    app = web.Application()
    app.router.add_post("/slack/events", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    front.steer(request_url=inbox.url)
    yield inbox
    await runner.cleanup()


async def test_an_envelope_goes_to_one_connection(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """In turn, not to all."""
    await bot.connect()
    for word in ("one", "two"):
        await slack.command(ALICE, OPS, word)

    texts = [
        [it["payload"]["text"] for it in received if it.get("envelope_id")]
        for received in bot.received
    ]
    assert sorted(texts) == [["one"], ["two"]]


async def test_an_event_that_is_not_acknowledged_comes_again(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """With its attempt, until it is acknowledged."""
    front.steer(ack_seconds=1)
    bot.acknowledge = lambda it: {} if it["retry_attempt"] == 2 else None
    await slack.message(ALICE, OPS, "hello")

    attempts = [(it["retry_attempt"], it["retry_reason"]) for it in bot.events]
    assert attempts == [(0, ""), (1, "timeout"), (2, "timeout")]
    assert len({it["envelope_id"] for it in bot.events}) == 1


async def test_a_command_that_is_not_acknowledged_does_not(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """The person sees it fail, and the front notes it."""
    front.steer(ack_seconds=0.05)
    bot.acknowledge = lambda _: None
    await slack.command(ALICE, OPS, "health")

    assert len(bot.events) == 1
    assert front.notes()[-1]["what"] == "not acknowledged"


async def test_a_press_carries_the_message_as_it_was_meant(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """With Slack's escapes, and the ids Slack made up."""
    posted = await bot.call("chat.postMessage", channel=OPS, text="t", blocks=BUTTONS)
    [shown] = await slack.messages(OPS)
    await slack.press(BOB, OPS, posted["ts"], find_action(shown, "go"))

    press = next(it for it in bot.events if it["type"] == "interactive")["payload"]
    [block] = press["message"]["blocks"]
    assert press["user"]["id"] == BOB
    assert block["elements"][0]["text"]["text"] == "&lt;Go&gt;"
    assert block["block_id"] == press["actions"][0]["block_id"]


async def test_a_press_on_a_private_message_does_not_carry_it(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """Slack no longer has it."""
    await bot.call(
        "chat.postEphemeral", channel=OPS, user=ALICE, text="t", blocks=BUTTONS
    )
    [shown] = await slack.messages(OPS)
    await slack.press(ALICE, OPS, shown["ts"], find_action(shown, "go"))

    press = next(it for it in bot.events if it["type"] == "interactive")["payload"]
    assert press["container"]["is_ephemeral"]
    assert "message" not in press


async def test_a_chosen_option_is_in_the_state(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """As Slack tells it for a select in a message."""
    option = {"text": {"type": "plain_text", "text": "1 h"}, "value": "1"}
    select = {"type": "static_select", "action_id": "hours", "options": [option]}
    blocks = [{"type": "actions", "block_id": "b", "elements": [select]}]
    posted = await bot.call("chat.postMessage", channel=OPS, text="t", blocks=blocks)
    chosen = {**select, "block_id": "b", "selected_option": option}
    await slack.press(ALICE, OPS, posted["ts"], chosen)

    press = next(it for it in bot.events if it["type"] == "interactive")["payload"]
    assert press["state"]["values"]["b"]["hours"]["selected_option"] == option


async def test_a_response_to_a_press_replaces_its_message(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """Or deletes it."""
    posted = await bot.call("chat.postMessage", channel=OPS, text="t", blocks=BUTTONS)
    [shown] = await slack.messages(OPS)
    await slack.press(ALICE, OPS, posted["ts"], find_action(shown, "go"))
    press = next(it for it in bot.events if it["type"] == "interactive")["payload"]

    await bot.respond(press["response_url"], replace_original=True, text="done")
    [replaced] = await slack.messages(OPS)
    await bot.respond(press["response_url"], delete_original=True)

    assert (replaced["ts"], replaced["text"]) == (posted["ts"], "done")
    assert "blocks" not in replaced
    assert await slack.messages(OPS) == []
    assert [it["ts"] for it in front.sent()] == [posted["ts"]] * 3


async def test_a_connection_is_told_before_it_ends(
    front: SlackFront, bot: SocketBot
) -> None:
    """The reason is for the bot's log."""
    front.disconnect("refresh_requested")
    await until(lambda: len(bot.received[0]) == 2)

    assert bot.received[0][1]["reason"] == "refresh_requested"


async def test_connections_can_go_without_a_word(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """A command then finds nobody."""
    front.disconnect("drop")
    await slack.command(ALICE, OPS, "health")

    assert front.notes()[-1] == {"what": "no connection", "type": "slash_commands"}


async def test_an_app_has_ten_connections_at_most(bot: SocketBot) -> None:
    """The next is refused."""
    for _ in range(9):
        await bot.connect()
    answer = await bot.call("apps.connections.open", token=SOCKET_APP.app_token)

    assert answer["error"] == "too_many_websockets"


async def test_a_command_over_http_is_signed_anew(
    slack: LocalSlack, front: SlackFront, inbox: Inbox
) -> None:
    """Since its response_url leads to the front now."""
    await slack.command(ALICE, OPS, "health", app_id=HTTP_APP.app_id)

    [(headers, body)] = inbox.requests
    base = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
    secret = HTTP_APP.signing_secret.encode()
    digest = hmac.new(secret, base, hashlib.sha256).hexdigest()
    [url] = parse_qs(body.decode())["response_url"]
    assert headers["X-Slack-Signature"] == f"v0={digest}"
    assert url.startswith(front.url)


async def test_a_commands_answer_over_http_is_shown(
    slack: LocalSlack, front: SlackFront, inbox: Inbox
) -> None:
    """The body of the response, as text or JSON."""
    inbox.body = '{"response_type": "in_channel", "text": "at once"}'
    await slack.command(ALICE, OPS, "health", app_id=HTTP_APP.app_id)

    [shown] = await slack.messages(OPS)
    assert shown["text"] == "at once"
    assert shown["user"] == HTTP_APP.bot_user_id


async def test_an_event_that_failed_over_http_is_sent_again(
    slack: LocalSlack, inbox: Inbox
) -> None:
    """With its number and the reason."""
    inbox.statuses = [500, 500]
    await slack.message(ALICE, OPS, "hello")
    await until(lambda: len(inbox.requests) == 3)

    retries = [
        (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"))
        for headers, _ in inbox.requests
    ]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]


async def test_an_app_can_decline_retries(
    slack: LocalSlack, front: SlackFront, inbox: Inbox
) -> None:
    """With a header of its own."""
    inbox.statuses = [500, 500]
    inbox.headers = {"X-Slack-No-Retry": "1"}
    await slack.message(ALICE, OPS, "first")
    await until(lambda: len(inbox.requests) == 1)
    await slack.message(ALICE, OPS, "second")
    await until(lambda: len(inbox.requests) == 2)

    assert not any("X-Slack-Retry-Num" in headers for headers, _ in inbox.requests)


async def test_a_new_url_is_verified(front: SlackFront, inbox: Inbox) -> None:
    """It must answer with the challenge."""
    right = await to_thread.run_sync(front.verify)
    inbox.body = "no"
    wrong = await to_thread.run_sync(front.verify)

    assert right
    assert not wrong


def test_the_signature_is_slacks() -> None:
    """The example of Slack's documentation."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA"
        b"&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J"
        b"%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    secret = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 - published

    assert sign(secret, "1531420618", body) == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )
