"""The strict front: what Slack refuses, and what it keeps."""

from typing import Any

import pytest

from bot.demo.faults import Fault
from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, HTTP_APP, ONCALL, OPS, RANDOM, SOCKET_APP
from tests.demo.socket_bot import SocketBot, until

pytestmark = pytest.mark.slack

RICH: dict[str, Any] = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [{"type": "text", "text": "hot", "style": {"bold": True}}],
        }
    ],
}


async def post(bot: SocketBot, **arguments: Any) -> dict[str, Any]:
    """Post to the channel the bot is in."""
    return await bot.call("chat.postMessage", **{"channel": OPS, **arguments})


async def command(slack: LocalSlack, bot: SocketBot) -> dict[str, Any]:
    """Have Alice type a command; return its payload."""
    await slack.command(ALICE, OPS, "health")
    await until(lambda: bool(bot.events))
    payload: dict[str, Any] = bot.events[-1]["payload"]
    return payload


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


async def test_a_bot_can_join(bot: SocketBot) -> None:
    """After that it is no stranger."""
    await bot.call("conversations.join", channel=RANDOM)

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


async def test_a_response_url_can_be_put_off(
    slack: LocalSlack, front: SlackFront, bot: SocketBot
) -> None:
    """That uses none of its five."""
    url = (await command(slack, bot))["response_url"]
    front.steer(ratelimited={"*": [0.5, 0]})
    statuses = [await bot.respond(url, text=str(number)) for number in range(10)]

    assert statuses == [200, 429] * 5


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


async def test_a_fault_hits_one_method(front: SlackFront, bot: SocketBot) -> None:
    """The others go on."""
    body = '{"ok": false, "error": "ratelimited"}'
    front.faults(Fault(match="chat.postMessage", status=429, body=body))

    assert (await post(bot, text="t"))["error"] == "ratelimited"
    assert (await bot.call("auth.test"))["ok"]


async def test_user_groups_are_answered_here(bot: SocketBot) -> None:
    """local-slack has none."""
    known = await bot.call("usergroups.users.list", usergroup=ONCALL)
    unknown = await bot.call("usergroups.users.list", usergroup="S0NONE")

    assert known["users"] == [ALICE]
    assert unknown["error"] == "no_such_subteam"


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
