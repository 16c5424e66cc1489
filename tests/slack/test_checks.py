"""What the doctor finds out about Slack."""

import pytest
from aiohttp import web

from bot.settings import Settings
from bot.slack.checks import Checked, slack_checks
from tests.slack.little_slack import LittleSlack

ALL = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_SIGNING_SECRET": "0123abcd",
}
ALERTS = "DEBUG_BOT_ALERTS_CHANNEL"
TOLD = {**ALL, ALERTS: "C01ALERTS"}
SCOPES = ("chat:write", "commands")


async def examined(values: dict[str, str], url: str) -> dict[str, Checked]:
    """Return every finding by what it is about."""
    settings = Settings.of({**values, "SLACK_API_URL": f"{url}/api"})
    found: dict[str, Checked] = {}
    for check in slack_checks(settings, SCOPES).values():
        found |= {each.what: each for each in await check()}
    return found


def whoami(scopes: str = "chat:write,commands") -> web.Response:
    """Return Slack's answer to a good bot token."""
    body = {"ok": True, "user": "debug", "user_id": "U1", "team": "Testbed"}
    return web.json_response(body, headers={"X-OAuth-Scopes": scopes})


async def test_a_good_set_of_settings_is_well(little: LittleSlack) -> None:
    """All of it; the address that was asked for is not connected to."""
    little.answer("auth.test", whoami())
    found = await examined(ALL, little.url)

    assert found.pop(ALERTS).well is None
    assert {each.well for each in found.values()} == {True}
    assert found["SLACK_BOT_TOKEN"].found == "@debug in Testbed"
    assert little.methods == ["auth.test", "apps.connections.open"]


async def test_nothing_set_is_nothing_wrong(little: LittleSlack) -> None:
    """The shell needs no Slack."""
    found = await examined({}, little.url)

    assert {each.well for each in found.values()} == {None}
    assert little.sent == []


async def test_a_missing_scope_is_named(little: LittleSlack) -> None:
    """With the way to get it."""
    little.answer("auth.test", whoami("chat:write"))
    found = await examined(ALL, little.url)

    assert found["Slack scopes"].well is False
    assert found["Slack scopes"].found == "missing: commands"
    assert "debug-bot manifest" in found["Slack scopes"].mend


async def test_scopes_that_slack_does_not_tell_are_not_missing(
    little: LittleSlack,
) -> None:
    """Not known is not wrong."""
    little.answer("auth.test", whoami(""))
    found = await examined(ALL, little.url)

    assert found["Slack scopes"].well is None


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("auth.test", "SLACK_BOT_TOKEN"),
        ("apps.connections.open", "SLACK_APP_TOKEN"),
    ],
)
async def test_a_refused_token_is_named(
    little: LittleSlack, method: str, what: str
) -> None:
    """By its setting, with Slack's word and the way out."""
    little.refuse(method, "invalid_auth")
    found = await examined(ALL, little.url)

    assert found[what].well is False
    assert found[what].found == "Slack refused it: invalid_auth"
    assert "copy it again" in found[what].mend


async def test_an_unreachable_slack_is_said(little: LittleSlack) -> None:
    """For both tokens."""
    found = await examined(ALL, "http://127.0.0.1:9")

    assert found["SLACK_BOT_TOKEN"].well is False
    assert "cannot be reached" in found["SLACK_APP_TOKEN"].found


async def test_a_bot_token_alone_lets_nothing_in(little: LittleSlack) -> None:
    """Neither Socket Mode nor HTTP is set up."""
    little.answer("auth.test", whoami())
    found = await examined({"SLACK_BOT_TOKEN": "xoxb-1"}, little.url)

    assert found["SLACK_APP_TOKEN"].well is False


@pytest.mark.parametrize("given", ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
async def test_one_way_in_is_enough(little: LittleSlack, given: str) -> None:
    """The other is not missed."""
    little.answer("auth.test", whoami())
    values = {name: ALL[name] for name in ("SLACK_BOT_TOKEN", given)}
    found = await examined(values, little.url)

    assert False not in {each.well for each in found.values()}


async def test_a_token_in_the_place_of_the_secret_is_seen(little: LittleSlack) -> None:
    """They look alike to who copies them."""
    little.answer("auth.test", whoami())
    found = await examined({**ALL, "SLACK_SIGNING_SECRET": "xoxb-2"}, little.url)

    assert found["SLACK_SIGNING_SECRET"].well is False
    assert "xoxb-2" not in str(found)


async def test_whether_the_bot_may_post_alerts_is_tried(little: LittleSlack) -> None:
    """With a message of tomorrow that nobody sees."""
    scheduled = web.json_response({"ok": True, "scheduled_message_id": "Q1"})
    little.answer("chat.scheduleMessage", scheduled)
    found = await examined(TOLD, little.url)

    assert found[ALERTS].well is True
    sent = dict(little.sent)
    assert sent["chat.scheduleMessage"]["channel"] == "C01ALERTS"
    assert sent["chat.deleteScheduledMessage"]["scheduled_message_id"] == "Q1"


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        ("not_in_channel", "invite the bot into the channel"),
        ("channel_not_found", "copy the channel's id"),
        ("invalid_auth", "copy it again"),
    ],
)
async def test_a_channel_that_takes_no_alerts_is_named(
    little: LittleSlack, error: str, mend: str
) -> None:
    """With what to mend."""
    little.refuse("chat.scheduleMessage", error)
    found = await examined(TOLD, little.url)

    assert found[ALERTS].well is False
    assert found[ALERTS].found == f"Slack refused it: {error}"
    assert found[ALERTS].mend.startswith(mend)


async def test_alerts_need_a_slack(little: LittleSlack) -> None:
    """Its token, and a way to it; a stand-in may not know how to tell."""
    tokenless = await examined({ALERTS: "C01ALERTS"}, little.url)
    unreached = await examined(TOLD, "http://127.0.0.1:9")
    little.refuse("chat.scheduleMessage", "unknown_method")
    untold = await examined(TOLD, little.url)

    assert tokenless[ALERTS].well is False
    assert unreached[ALERTS].well is False
    assert untold[ALERTS].well is None
