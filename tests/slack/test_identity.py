"""Who we are, as Slack tells it."""

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.slack.client import slack_client
from bot.slack.identity import identity
from tests.slack.little_slack import TOKEN, LittleSlack


async def test_a_token_is_somebody_somewhere(little: LittleSlack) -> None:
    """With the scopes that the answer's header lists."""
    body = {"ok": True, "user": "debug", "user_id": "U1", "team": "T", "team_id": "T1"}
    headers = {"X-OAuth-Scopes": "chat:write, commands"}
    little.answer("auth.test", web.json_response(body, headers=headers))
    known = await identity(slack_client(TOKEN, f"{little.url}/api"))

    assert (known.name, known.user_id, known.team) == ("debug", "U1", "T")
    assert known.scopes == ("chat:write", "commands")
    assert known.bot_id is None


async def test_scopes_may_stay_untold(little: LittleSlack) -> None:
    """Nothing is made up."""
    known = await identity(slack_client(TOKEN, f"{little.url}/api"))

    assert known.scopes == ()


async def test_a_bad_token_is_nobody(little: LittleSlack) -> None:
    """The SDK's error says why."""
    little.refuse("auth.test", "invalid_auth")

    with pytest.raises(SlackApiError, match="invalid_auth"):
        await identity(slack_client(TOKEN, f"{little.url}/api"))
