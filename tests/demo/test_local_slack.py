"""local-slack, driven as its people."""

from datetime import timedelta

import pytest

from bot.demo.local_slack import LocalSlack, find_action
from bot.demo.workspace import ALICE, OPS
from tests.demo.socket_bot import SocketBot, until

pytestmark = pytest.mark.slack


async def test_a_message_is_seen_in_its_channel(slack: LocalSlack) -> None:
    """By everybody, at once."""
    await slack.message(ALICE, OPS, "hello")

    assert [it["text"] for it in await slack.messages(OPS)] == ["hello"]


async def test_a_reply_is_in_the_thread_alone(slack: LocalSlack) -> None:
    """The thread does not repeat its head."""
    head = await slack.message(ALICE, OPS, "head")
    await slack.message(ALICE, OPS, "reply", thread_ts=head["ts"])

    assert [it["text"] for it in await slack.thread(OPS, head["ts"])] == ["reply"]


async def test_a_direct_message_reaches_the_bot(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """As an event of an `im`, without a mention."""
    channel = await slack.direct(ALICE)
    await slack.message(ALICE, channel, "health")
    await until(lambda: len(bot.events) == 1)

    event = bot.events[0]["payload"]["event"]
    assert event["type"] == "message"
    assert event["channel_type"] == "im"
    assert event["channel"] == channel


async def test_opening_the_home_tab_reaches_the_bot(
    slack: LocalSlack, bot: SocketBot
) -> None:
    """With the user who opened it."""
    await slack.open_home(ALICE)
    await until(lambda: len(bot.events) == 1)

    event = bot.events[0]["payload"]["event"]
    assert (event["type"], event["user"]) == ("app_home_opened", ALICE)


async def test_waiting_in_vain_says_what_there_was(slack: LocalSlack) -> None:
    """A failing test shows the channel."""
    await slack.message(ALICE, OPS, "hello")

    with pytest.raises(TimeoutError, match=r"holds only \['hello'\]"):
        await slack.until(OPS, lambda _: False, within=timedelta(0))


async def test_a_reset_empties_the_channels(slack: LocalSlack) -> None:
    """Each test starts with nothing said."""
    await slack.message(ALICE, OPS, "hello")
    await slack.reset()

    assert await slack.messages(OPS) == []


def test_an_element_is_found_by_any_of_its_names() -> None:
    """Its action, its label or its value; with its block."""
    element = {"type": "button", "action_id": "go", "value": "7"}
    labelled = {**element, "text": {"type": "plain_text", "text": "Go"}}
    message = {"blocks": [{"block_id": "b", "elements": [labelled]}]}

    found = [find_action(message, name) for name in ("go", "7", "Go")]
    assert found == [{**labelled, "block_id": "b"}] * 3


def test_a_missing_element_is_said_with_those_there_are() -> None:
    """A failing test shows what could be pressed."""
    message = {"blocks": [{"accessory": {"type": "overflow", "action_id": "more"}}]}

    with pytest.raises(LookupError, match=r"no element 'go' among \['more'\]"):
        find_action(message, "go")
