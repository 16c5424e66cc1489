"""What the doctor asks of Slack: tokens, scopes, the way in."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.settings import Settings
from bot.slack.client import answered, hush, slack_client
from bot.slack.identity import identity

_BOT: Final = "SLACK_BOT_TOKEN"
_APP: Final = "SLACK_APP_TOKEN"
_SECRET: Final = "SLACK_SIGNING_SECRET"  # noqa: S105  its name
_ALERTS: Final = "DEBUG_BOT_ALERTS_CHANNEL"
_COPY: Final = "copy it again from api.slack.com/apps"
_INSTALL: Final = "install the app in the workspace again"
_MENDING: Final = {
    "invalid_auth": _COPY,
    "not_authed": _COPY,
    "account_inactive": _INSTALL,
    "token_revoked": _INSTALL,
    "token_expired": _INSTALL,
    "not_allowed_token_type": "it is a token of another kind: xoxb- or xapp-",
    "missing_scope": "give the app-level token the scope connections:write",
    "forbidden": "turn Socket Mode on in the app's settings",
}
_INVITE: Final = "invite the bot into the channel"
_MENDING_CHANNEL: Final = {
    "not_in_channel": _INVITE,
    "channel_not_found": f"copy the channel's id; if it is private, {_INVITE}",
    "is_archived": "choose a channel that is in use",
    "missing_scope": "paste `debug-bot manifest` into the app's settings, and"
    " reinstall it",
}
_LATER: Final = 24 * 3600  # seconds; Slack takes no message back shortly before


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One thing that was looked at. *well* is None where nothing is configured."""

    what: str
    well: bool | None
    found: str
    mend: str = ""


Check = Callable[[], Awaitable[Sequence[Checked]]]


def slack_checks(settings: Settings, scopes: Sequence[str]) -> Mapping[str, Check]:
    """Return the checks, by what they look at; *scopes* are what the bot needs."""
    hush()

    async def bot_token() -> Sequence[Checked]:
        return await _bot_token(settings, scopes)

    async def app_token() -> Sequence[Checked]:
        return (await _app_token(settings),)

    async def secret() -> Sequence[Checked]:
        return (_signing_secret(settings),)

    async def alerts() -> Sequence[Checked]:
        return (await _alerts(settings),)

    return {_BOT: bot_token, _APP: app_token, _SECRET: secret, _ALERTS: alerts}


async def _bot_token(settings: Settings, scopes: Sequence[str]) -> Sequence[Checked]:
    token = settings.slack_bot_token
    if token is None:
        mend = "install the app, and copy its token, to answer in Slack"
        return (Checked(what=_BOT, well=None, found="not set", mend=mend),)
    client = slack_client(token, settings.slack_api_url, retries=0)
    try:
        known = await identity(client)
    except SlackApiError as error:
        return (_refused(_BOT, error),)
    except (aiohttp.ClientError, OSError) as error:
        return (_unreachable(_BOT, error),)
    who = Checked(what=_BOT, well=True, found=f"@{known.name} in {known.team}")
    return (who, _scopes(known.scopes, scopes))


def _scopes(granted: Sequence[str], wanted: Sequence[str]) -> Checked:
    if not granted:
        return Checked(what="Slack scopes", well=None, found="Slack does not tell them")
    missing = [scope for scope in wanted if scope not in granted]
    if missing:
        return Checked(
            what="Slack scopes",
            well=False,
            found=f"missing: {', '.join(missing)}",
            mend="paste `debug-bot manifest` into the app's settings, and reinstall it",
        )
    return Checked(what="Slack scopes", well=True, found=f"all {len(wanted)} granted")


async def _app_token(settings: Settings) -> Checked:
    token = settings.slack_app_token
    if token is None and settings.slack_signing_secret is not None:
        found = "not set, so Slack posts to us over HTTP"
        return Checked(what=_APP, well=None, found=found)
    if token is None:
        mend = f"set it for Socket Mode, or {_SECRET} for HTTP"
        # With a bot token alone nothing can reach us.
        well = False if settings.slack_bot_token else None
        return Checked(what=_APP, well=well, found="not set", mend=mend)
    client = slack_client(token, settings.slack_api_url, retries=0)
    try:
        # Only asks for an address; nothing connects to it.
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        return _refused(_APP, error)
    except (aiohttp.ClientError, OSError) as error:
        return _unreachable(_APP, error)
    return Checked(what=_APP, well=True, found="Socket Mode is open to us")


def _signing_secret(settings: Settings) -> Checked:
    secret = settings.slack_signing_secret
    if secret is None:
        if settings.slack_app_token is not None:
            found = "not set, and not needed in Socket Mode"
            return Checked(what=_SECRET, well=None, found=found)
        return Checked(what=_SECRET, well=None, found="not set")
    if secret.startswith(("xox", "xapp")) or any(letter.isspace() for letter in secret):
        found = "this is no signing secret"
        mend = "copy it from Basic Information at api.slack.com/apps"
        return Checked(what=_SECRET, well=False, found=found, mend=mend)
    return Checked(what=_SECRET, well=True, found="set; only Slack can tell if it fits")


async def _alerts(settings: Settings) -> Checked:
    """Return whether the bot can post there; a message of much later tells that."""
    channel, token = settings.alerting.channel, settings.slack_bot_token
    if channel is None:
        found = "not set: nobody is told of problems unasked"
        return Checked(what=_ALERTS, well=None, found=found)
    if token is None:
        return Checked(what=_ALERTS, well=False, found=f"{_BOT} is not set")
    client = slack_client(token, settings.slack_api_url, retries=0)
    later = int(time.time()) + _LATER
    try:
        # Slack says whether it would take a message only when it is given one; this
        # one is taken back before anybody sees it.
        answer = await client.chat_scheduleMessage(
            channel=channel, post_at=later, text="debug-bot doctor"
        )
        await client.chat_deleteScheduledMessage(
            channel=channel, scheduled_message_id=str(answer["scheduled_message_id"])
        )
    except SlackApiError as error:
        word = str(answered(error).get("error"))
        if word == "unknown_method":  # a stand-in for Slack
            return Checked(what=_ALERTS, well=None, found="Slack does not tell")
        refused = _refused(_ALERTS, error)
        return replace(refused, mend=_MENDING_CHANNEL.get(word, refused.mend))
    except (aiohttp.ClientError, OSError) as error:
        return _unreachable(_ALERTS, error)
    return Checked(what=_ALERTS, well=True, found=f"the bot may post in {channel}")


def _refused(what: str, error: SlackApiError) -> Checked:
    word = str(answered(error).get("error") or "no reason given")
    mend = _MENDING.get(word, "see the app's settings at api.slack.com/apps")
    return Checked(what=what, well=False, found=f"Slack refused it: {word}", mend=mend)


def _unreachable(what: str, error: Exception) -> Checked:
    return Checked(
        what=what,
        well=False,
        found=f"Slack cannot be reached ({type(error).__name__})",
        mend="is there a way out to Slack? SLACK_API_URL must be right, too",
    )
