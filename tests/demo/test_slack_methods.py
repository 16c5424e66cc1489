"""Slack's methods that the front answers itself."""

import pytest

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, ONCALL, OPS, RANDOM
from tests.demo.socket_bot import RICH, SocketBot, post

pytestmark = pytest.mark.slack


async def test_a_bot_can_join(bot: SocketBot) -> None:
    """After that it is no stranger."""
    await bot.call("conversations.join", channel=RANDOM)

    assert (await bot.call("chat.postMessage", channel=RANDOM, text="t"))["ok"]


async def test_the_history_is_what_was_meant(bot: SocketBot) -> None:
    """Without the private messages, and no more than asked for."""
    await post(bot, text="t", blocks=[RICH])
    await bot.call("chat.postEphemeral", channel=OPS, user=ALICE, text="private")
    newest = await post(bot, text="&amp;")

    history = await bot.call("conversations.history", channel=OPS, limit=2)
    last = await bot.call("conversations.history", channel=OPS, limit=1)

    assert [it["text"] for it in history["messages"]] == ["&amp;", "t"]
    assert history["messages"][1]["blocks"][0]["type"] == "rich_text"
    assert [it["ts"] for it in last["messages"]] == [newest["ts"]]
    assert last["has_more"]


async def test_a_file_is_taken_in_three_steps(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """It stands in the thread, with its title and its words."""
    root = await post(bot, text="root")
    address = await bot.call("files.getUploadURLExternal", filename="a.txt", length=5)
    assert bot._client is not None
    async with bot._client.post(address["upload_url"], data=b"hello") as answer:
        assert answer.status == 200
    shown = await bot.call(
        "files.completeUploadExternal",
        files=[{"id": address["file_id"], "title": "All of it"}],
        channel_id=OPS,
        thread_ts=root["ts"],
        initial_comment="look",
    )

    [reply] = await slack.thread(OPS, root["ts"])
    assert shown["ok"]
    assert reply["text"] == "look"
    assert reply["files"][0]["title"] == "All of it"
    assert front.sent()[1]["payload"]["content"] == "hello"


@pytest.mark.parametrize(
    ("channel", "error"), [(RANDOM, "not_in_channel"), (ALICE, "channel_not_found")]
)
async def test_a_file_is_for_channels_that_the_bot_is_in(
    front: SlackFront, bot: SocketBot, channel: str, error: str
) -> None:
    """Also where it may post without being in."""
    front.steer(public=True)
    address = await bot.call("files.getUploadURLExternal", filename="a.txt", length=5)
    shown = await bot.call(
        "files.completeUploadExternal",
        files=[{"id": address["file_id"]}],
        channel_id=channel,
    )

    assert shown["error"] == error


async def test_the_history_tells_a_messages_metadata(bot: SocketBot) -> None:
    """By which its bot knows it again."""
    mark = {"event_type": "mine", "event_payload": {"id": "1"}}
    await post(bot, text="t", metadata=mark)
    history = await bot.call("conversations.history", channel=OPS)

    assert history["messages"][0]["metadata"] == mark


async def test_user_groups_are_answered_here(bot: SocketBot) -> None:
    """local-slack has none."""
    known = await bot.call("usergroups.users.list", usergroup=ONCALL)
    unknown = await bot.call("usergroups.users.list", usergroup="S0NONE")

    assert known["users"] == [ALICE]
    assert unknown["error"] == "no_such_subteam"
