"""What people do in Slack that local-slack's page can't: shortcuts, typing in a select.

    POST   /_shortcut   {"user", "channel", "ts" or "message", "callback_id"}
    POST   /_suggest    {"user", "action_id", "value"} and perhaps "view_id"
    GET    /_views      the open modals, as their bots meant them
    POST   /_interact   {"payload"}: any interactive payload, to the letter

Each may say "app_id", and answers once the bot has acknowledged: `acknowledged`,
`seconds`, and what the bot `said` with it.
"""

import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import urlencode

from bot.demo.block_check import options_errors
from bot.demo.slack_memory import Memory
from bot.demo.workspace import APPS, SOCKET_APP, TEAM, App

Payload: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[[App, Payload], Awaitable[tuple[bool, Any]]]


class Interactions:
    """Makes the payloads, and sends them by *send*."""

    def __init__(self, memory: Memory, home: str, send: Send) -> None:
        self._memory = memory
        self._home = home
        self._send = send

    async def shortcut(
        self, wanted: Payload, find: Callable[[str, str], Awaitable[Payload | None]]
    ) -> Payload:
        """Use a message shortcut; *find* finds the message in a channel."""
        channel = str(wanted["channel"])
        message = wanted.get("message") or await find(channel, str(wanted.get("ts")))
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        message = self._memory.original(channel, message)
        app = _app(wanted)
        url = self._memory.new_response_url(
            bot=app.bot_user_id,
            channel=channel,
            user=wanted["user"],
            message_ts=None,  # it replaces nothing
            thread_ts=message.get("thread_ts"),
        )
        payload = {
            "type": "message_action",
            "callback_id": wanted["callback_id"],
            "channel": {"id": channel, "name": channel.lower()},
            "message": message,
            "message_ts": message.get("ts"),
            "action_ts": f"{time.time():.6f}",
            "response_url": f"{self._home}/hooks/{url}",
            **self._common(app, str(wanted["user"])),
        }
        return await self._timed(app, payload)

    async def suggest(self, wanted: Payload) -> Payload:
        """Type in an external select; `errors` say why Slack would show nothing."""
        app, user = _app(wanted), str(wanted["user"])
        open_views = self._memory.views.modals
        id = wanted.get("view_id") or next(reversed(open_views), None)
        kept = open_views.get(str(id))
        view = {"container": {"type": "view", "view_id": kept.id}} if kept else {}
        payload = {
            "type": "block_suggestion",
            "action_id": wanted["action_id"],
            "block_id": wanted.get("block_id") or "",
            "value": wanted.get("value") or "",
            **view,
            **({"view": kept.shown} if kept else {}),
            **self._common(app, user),
        }
        del payload["trigger_id"]  # nothing can be opened from here
        answer = await self._timed(app, payload)
        said = answer["said"] if isinstance(answer["said"], dict) else {}
        options = said.get("options")
        errors = options_errors(options)
        if errors:
            self._memory.note("refused", method="block_suggestion", messages=errors)
        return {**answer, "options": [] if errors else options, "errors": errors}

    async def as_it_is(self, wanted: Payload) -> Payload:
        """Send a payload that a test made up."""
        return await self._timed(_app(wanted), dict(wanted["payload"]))

    def _common(self, app: App, user: str) -> Payload:
        trigger = f"{uuid.uuid4().int % 10**10}.{uuid.uuid4().hex}"
        self._memory.new_trigger(trigger, user)
        team = {"id": TEAM["teamId"], "domain": TEAM["domain"]}
        return {
            "api_app_id": app.app_id,
            "token": "local",
            "trigger_id": trigger,
            "team": team,
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": user, "name": user.lower(), "team_id": team["id"]},
        }

    async def _timed(self, app: App, payload: Payload) -> Payload:
        began = time.monotonic()
        done, said = await self._send(app, payload)
        seconds = time.monotonic() - began
        return {"ok": True, "acknowledged": done, "seconds": seconds, "said": said}


def form_of(payload: Payload) -> bytes:
    """Return the body in which Slack posts an interactive payload."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def _app(wanted: Payload) -> App:
    id = wanted.get("app_id") or SOCKET_APP.app_id
    return next(app for app in APPS if app.app_id == id)
