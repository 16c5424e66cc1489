"""Who we are in Slack: what `auth.test` tells."""

from dataclasses import dataclass
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

# Waiting mends none of these.
HOPELESS: Final = frozenset(
    {
        "account_inactive",
        "app_not_installed",
        "forbidden",
        "forbidden_team",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The bot user behind a token, and what the token may do."""

    name: str
    user_id: str
    bot_id: str | None
    team: str
    team_id: str
    scopes: tuple[str, ...]


async def identity(client: AsyncWebClient) -> Identity:
    """Return who the client's token is.

    Raises:
        SlackApiError: Slack refused the token.
        aiohttp.ClientError, TimeoutError: Slack can't be reached.
    """
    answer = await client.auth_test()
    headers = {name.lower(): text for name, text in answer.headers.items()}
    scopes = str(headers.get("x-oauth-scopes") or "").split(",")
    return Identity(
        name=str(answer.get("user") or "debug"),
        user_id=str(answer.get("user_id") or ""),
        bot_id=answer.get("bot_id"),
        team=str(answer.get("team") or "this workspace"),
        team_id=str(answer.get("team_id") or ""),
        scopes=tuple(scope.strip() for scope in scopes if scope.strip()),
    )
