"""What the strict front refuses, in Slack's words."""

from typing import Any

import pytest

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, OPS, RANDOM, SOCKET_APP
from tests.demo.socket_bot import RICH, SocketBot, command, post

pytestmark = pytest.mark.slack


async def test_a_missing_scope_is_named(front: SlackFront, bot: SocketBot) -> None:
    """With what was needed."""
    front.steer(missing_scopes=["users:read"])
    answer = await bot.call("users.info", user=ALICE)

    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert "users:read" not in answer["provided"].split(",")


async def test_broken_blocks_are_refused_in_slacks_shape(
    front: SlackFront, bot: SocketBot
) -> None:
    """Error, list and response_metadata; and nothing is kept."""
    answer = await post(bot, text="t", blocks=[{"type": "header"}])

    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == ["must be an object [json-pointer:/blocks/0/text]"]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {answer['errors'][0]}"]
    assert front.sent() == []
    assert front.notes()[-1]["error"] == "invalid_blocks"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": RANDOM, "text": "t"}, "not_in_channel"),
        ({"channel": "C0NOWHERE", "text": "t"}, "channel_not_found"),
        ({"channel": OPS}, "no_text"),
    ],
)
async def test_a_message_must_have_a_text_and_a_place(
    bot: SocketBot, arguments: dict[str, Any], error: str
) -> None:
    """The bot must be in the channel."""
    answer = await bot.call("chat.postMessage", **arguments)

    assert answer["error"] == error


async def test_with_the_public_scope_any_public_channel_will_do(
    front: SlackFront, bot: SocketBot
) -> None:
    """chat:write.public is off unless a test asks for it."""
    front.steer(public=True)

    assert (await bot.call("chat.postMessage", channel=RANDOM, text="t"))["ok"]


async def test_others_messages_are_not_the_bots_to_change(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """Neither edited nor deleted."""
    message = await slack.message(ALICE, OPS, "mine")
    where = {"channel": OPS, "ts": message["ts"]}

    edited = await bot.call("chat.update", text="yours", **where)
    deleted = await bot.call("chat.delete", **where)

    assert edited["error"] == "cant_update_message"
    assert deleted["error"] == "cant_delete_message"


async def test_a_private_message_can_not_be_updated(bot: SocketBot) -> None:
    """Slack has forgotten it already."""
    private = await bot.call("chat.postEphemeral", channel=OPS, user=ALICE, text="t")
    answer = await bot.call(
        "chat.update", channel=OPS, ts=private["message_ts"], text="x"
    )

    assert answer["error"] == "message_not_found"


async def test_haste_is_answered_429(front: SlackFront, bot: SocketBot) -> None:
    """After a burst of four, one message a minute here, so that none falls due."""
    front.steer(rate=60.0)

    answers = [await post(bot, text=str(number)) for number in range(5)]

    assert [it["_status"] for it in answers] == [200, 200, 200, 200, 429]


async def test_a_share_of_calls_is_put_off(front: SlackFront, bot: SocketBot) -> None:
    """Evenly, with the seconds that the test wants, and only of that method."""
    front.steer(ratelimited={"chat.postMessage": [0.5, 0.25]})
    answers = [await post(bot, text=str(number)) for number in range(4)]
    other = await bot.call("auth.test")

    assert [it["_status"] for it in answers] == [200, 429, 200, 429]
    assert other["ok"]
    assert len(front.sent()) == 2


async def test_a_trigger_opens_one_modal(slack: LocalSlack, bot: SocketBot) -> None:
    """Its second use is refused, and so is a broken view."""
    trigger = (await command(slack, bot))["trigger_id"]
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "t"},
        "blocks": [RICH],
    }

    broken = await bot.call(
        "views.open", trigger_id=trigger, view={**view, "blocks": []}
    )
    first = await bot.call("views.open", trigger_id=trigger, view=view)
    second = await bot.call("views.open", trigger_id=trigger, view=view)

    assert broken["error"] == "invalid_arguments"
    assert first["ok"]
    assert second["error"] == "exchanged_trigger_id"


async def test_scopes_are_told_with_every_answer(bot: SocketBot) -> None:
    """A doctor reads them from the header."""
    assert bot._client is not None
    async with bot._client.post(
        f"{bot._front.api_url}auth.test",
        headers={"Authorization": f"Bearer {SOCKET_APP.bot_token}"},
    ) as response:
        scopes = response.headers["X-OAuth-Scopes"].split(",")

    assert {"chat:write", "commands"} <= set(scopes)
    assert "chat:write.public" not in scopes
