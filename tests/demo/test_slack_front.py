"""The strict front: what Slack refuses, and what it keeps."""

import pytest

from bot.demo.faults import Fault
from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import HTTP_APP, OPS, SOCKET_APP
from tests.demo.socket_bot import RICH, SocketBot, command, post

pytestmark = pytest.mark.slack


async def test_a_good_message_is_shown_and_kept(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """People see it drawn; tests see it to the letter."""
    answer = await post(bot, text="&lt;hot&gt;", blocks=[RICH])

    [shown] = await slack.messages(OPS)
    [sent] = front.sent()
    assert answer["ok"]
    assert shown["text"] == "<hot>"
    assert shown["blocks"][0]["text"]["text"] == "*hot*"
    assert sent == {
        "method": "chat.postMessage",
        "channel": OPS,
        "ts": answer["ts"],
        "payload": {"channel": OPS, "text": "&lt;hot&gt;", "blocks": [RICH]},
    }


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-forged", "invalid_auth")],
)
async def test_only_known_tokens_are_taken(
    bot: SocketBot, token: str, error: str
) -> None:
    """Anything else is refused as Slack does."""
    answer = await bot.call("auth.test", token=token)

    assert (answer["ok"], answer["error"]) == (False, error)


async def test_each_kind_of_token_has_its_methods(bot: SocketBot) -> None:
    """An app token opens connections and nothing else, and the other way round."""
    wrong = await bot.call("auth.test", token=SOCKET_APP.app_token)
    other = await bot.call("apps.connections.open", token=SOCKET_APP.bot_token)

    assert wrong["error"] == other["error"] == "not_allowed_token_type"


async def test_a_response_url_can_be_put_off(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """That uses none of its five."""
    url = (await command(slack, bot))["response_url"]
    front.steer(ratelimited={"*": [0.5, 0]})
    statuses = [await bot.respond(url, text=str(number)) for number in range(10)]

    assert statuses == [200, 429] * 5


async def test_a_fault_hits_one_method(front: SlackFront, bot: SocketBot) -> None:
    """The others go on."""
    body = '{"ok": false, "error": "ratelimited"}'
    front.faults(Fault(match="chat.postMessage", status=429, body=body))

    assert (await post(bot, text="t"))["error"] == "ratelimited"
    assert (await bot.call("auth.test"))["ok"]


async def test_a_response_url_answers_in_private_five_times(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """Unless told otherwise; the sixth use is refused."""
    url = (await command(slack, bot))["response_url"]

    statuses = [await bot.respond(url, text=str(number)) for number in range(6)]

    shown = await slack.messages(OPS)
    assert statuses == [200] * 5 + [404]
    assert {it["subtype"] for it in shown} == {"ephemeral"}
    assert front.sent()[0]["method"] == "response_url"
    assert front.sent()[0]["payload"] == {"text": "0"}


async def test_a_response_url_checks_blocks(slack: LocalSlack, bot: SocketBot) -> None:
    """A broken answer is refused with status 400."""
    url = (await command(slack, bot))["response_url"]

    assert await bot.respond(url, text="t", blocks=[{"type": "nonsense"}]) == 400


async def test_a_commands_answer_can_be_in_its_acknowledgement(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """Private unless told, as with a response_url."""
    bot.acknowledge = lambda _: {"payload": {"text": "at once"}}
    await command(slack, bot)

    [shown] = await slack.messages(OPS)
    assert (shown["text"], shown["subtype"]) == ("at once", "ephemeral")
    assert front.sent()[0]["method"] == "ack"


async def test_arguments_may_come_as_a_form(bot: SocketBot) -> None:
    """The SDK sends forms with JSON inside for some methods."""
    assert bot._client is not None
    async with bot._client.post(
        f"{bot._front.api_url}chat.postMessage",
        data={"channel": OPS, "text": "t", "blocks": '[{"type": "divider"}]'},
        headers={"Authorization": f"Bearer {HTTP_APP.bot_token}"},
    ) as response:
        answer = await response.json()

    assert answer["message"]["blocks"][0]["type"] == "divider"
