"""Long answers in the real bot's doors: short where people talk, whole as a file."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, OPS, RANDOM
from tests.counterparts import standing
from tests.demo.socket_bot import until

pytestmark = pytest.mark.slack

Sent = list[dict[str, Any]]
LONG = "config --explain"
"""Of sixty settings, whatever is in the queue."""
LAST = "API_WORKER_ID"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A Slack, and nothing else."""
    with standing(postgres=False, runpod=False) as stack:
        yield stack


async def shared(
    front: SlackFront, holds: Callable[[Sent], bool] = bool
) -> dict[str, Any]:
    """Return where the file was shared, once it was, and what else is as wanted."""

    def found() -> Sent:
        return [it for it in front.sent() if "completeUpload" in it["method"]]

    await until(lambda: bool(found()) and holds(front.sent()))
    [one] = found()
    payload: dict[str, Any] = one["payload"]
    return payload


def content(front: SlackFront) -> str:
    """Return what is in the file."""
    [text] = [
        it["payload"]["content"] for it in front.sent() if it["method"] == "upload"
    ]
    return str(text)


async def test_a_command_is_answered_short_with_the_whole_in_its_thread(
    slack: LocalSlack, front: SlackFront
) -> None:
    """People in the channel see two messages, and the file below them."""
    await slack.command(ALICE, OPS, LONG)
    where = await shared(front)
    verdict, short, *_ = [it for it in front.sent() if "post" in it["method"]]

    replies = await slack.thread(OPS, verdict["ts"])
    assert where["channel_id"] == OPS
    assert where["thread_ts"] == verdict["ts"]
    assert LAST in content(front)
    assert LAST not in json.dumps(short["payload"])
    assert "attached file has all of it" in json.dumps(short["payload"]["blocks"])
    assert replies[-1]["files"][0]["name"].startswith("config-")


async def test_a_mention_is_answered_so_in_its_thread(
    slack: LocalSlack, front: SlackFront
) -> None:
    """JSON is attached as JSON, whole."""
    asked = await slack.message(ALICE, OPS, f"<@U0DEBUG> {LONG} --json")
    where = await shared(front)

    assert where["thread_ts"] == asked["ts"]
    assert json.loads(content(front))["command"] == "config"


async def test_a_private_answer_is_attached_in_the_direct_messages(
    slack: LocalSlack, front: SlackFront
) -> None:
    """Nothing of it stands in the channel."""
    await slack.command(ALICE, OPS, f"{LONG} --private")
    where = await shared(front, lambda sent: sent[-1]["method"] == "chat.postEphemeral")

    direct = await slack.messages(await slack.direct(ALICE))
    said = [it for it in await slack.messages(OPS) if it.get("subtype") != "ephemeral"]
    assert where["channel_id"] == await slack.direct(ALICE)
    assert "files can't be shown to one person alone" in direct[0]["text"]
    assert direct[-1]["files"]
    assert said == []


async def test_where_the_bot_is_no_member_the_asker_gets_it(
    slack: LocalSlack, front: SlackFront
) -> None:
    """It may post there, and not attach."""
    await slack.command(ALICE, RANDOM, LONG)
    direct = await slack.direct(ALICE)
    await until(
        lambda: any(it["payload"].get("channel_id") == direct for it in front.sent())
    )

    [words] = [it for it in await slack.messages(direct) if it["text"]]
    assert "I may post there but not attach files" in words["text"]
    await until(lambda: "can't attach here: /invite me" in json.dumps(front.sent()))


async def test_without_chat_write_the_channel_has_its_file(
    slack: LocalSlack, front: SlackFront
) -> None:
    """The response_url told of it; to attach needs another scope."""
    front.steer(missing_scopes=["chat:write"])
    await slack.command(ALICE, OPS, LONG)
    where = await shared(front)

    assert where["channel_id"] == OPS


async def test_a_missing_scope_is_said(slack: LocalSlack, front: SlackFront) -> None:
    """The app was installed before it asked for it."""
    front.steer(missing_scopes=["files:write"])
    await slack.command(ALICE, OPS, LONG)
    await until(lambda: "could not be attached" in json.dumps(front.sent()))

    assert "missing_scope" in json.dumps(front.sent()[-1])
