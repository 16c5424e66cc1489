"""What the strict front refuses: scopes, strangers, broken content, haste."""

import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.demo.block_check import message_errors, view_errors
from bot.demo.slack_desk import Arguments, Desk
from bot.demo.workspace import App

SCOPES: Mapping[str, str] = {
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
    "conversations.members": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.open": "im:write",
    "conversations.join": "channels:join",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}
GRANTED = (
    *sorted(set(SCOPES.values())),
    *("commands", "app_mentions:read", "im:history", "im:read"),
    *("groups:history", "reactions:read"),
)
SHOWS = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.update"})
MINE = {"chat.update": "cant_update_message", "chat.delete": "cant_delete_message"}
WRITES = SHOWS | MINE.keys() | {"reactions.add"}


async def objection(
    desk: Desk, app: App, method: str, arguments: Arguments
) -> web.Response | None:
    """Return Slack's refusal, None when there is nothing to object to."""
    scope = SCOPES.get(method)
    if scope == "channels:history" and str(arguments.get("channel")).startswith("D"):
        scope = "im:history"
    if scope in desk.memory.options.missing_scopes:
        given = ",".join(_granted(desk))
        return refuse(desk, method, "missing_scope", needed=scope, provided=given)
    error, why = _content_objection(desk, method, arguments)
    if error is None and method in WRITES:
        error = await stranger(desk, app, arguments)
        error = error or await _not_mine(desk, app, method, arguments)
    if error is not None:
        return refuse(desk, method, error, why)
    channel = str(arguments.get("channel"))
    if method == "chat.postMessage" and desk.memory.too_fast(app.bot_user_id, channel):
        return _too_fast(desk, method, desk.memory.options.rate)
    return None


def put_off(desk: Desk, method: str) -> web.Response | None:
    """Return a 429 when this call is due for one."""
    seconds = desk.memory.put_off(method)
    return None if seconds is None else _too_fast(desk, method, seconds)


def _too_fast(desk: Desk, method: str, seconds: float) -> web.Response:
    desk.memory.note("refused", method=method, error="ratelimited")
    body = {"ok": False, "error": "ratelimited"}
    # Slack's are whole seconds; those of tests may be shorter.
    headers = {"Retry-After": f"{seconds:g}"}
    return web.json_response(body, status=429, headers=headers)


def _content_objection(
    desk: Desk, method: str, arguments: Arguments
) -> tuple[str | None, list[str]]:
    if method in SHOWS:
        return message_errors(arguments) or (None, [])
    if not method.startswith("views."):
        return None, []
    why = view_errors(arguments.get("view") or {})
    if why:
        return "invalid_arguments", why
    if method in ("views.open", "views.push"):
        return desk.memory.use_trigger(str(arguments.get("trigger_id"))), []
    return None, []


async def stranger(
    desk: Desk, app: App, arguments: Arguments, *, public: bool = True
) -> str | None:
    """Return why the bot can't write there, None when it can."""
    channel, user = str(arguments.get("channel") or ""), arguments.get("user")
    if not channel:
        return "channel_not_found"
    if channel.startswith("U"):
        return None  # a person: opens a direct message
    channels = (await desk.control("state"))["channels"]
    found = next(
        (it for it in channels if channel in (it["id"], it["name"], f"#{it['name']}")),
        None,
    )
    if found is None:
        return "channel_not_found"
    joined = (app.bot_user_id, found["id"]) in desk.memory.joined
    if app.bot_user_id not in found["members"] and not joined:
        public = public and desk.memory.options.public
        return None if public and not found.get("is_private") else "not_in_channel"
    if user is not None and user not in found["members"]:
        return "user_not_in_channel"
    return None


async def _not_mine(
    desk: Desk, app: App, method: str, arguments: Arguments
) -> str | None:
    """Return why the message can't be changed, None when it can or needn't."""
    if method not in MINE:
        return None
    channel, ts = str(arguments.get("channel")), str(arguments.get("ts"))
    kept = desk.memory.kept.get((channel, ts))
    messages = (await desk.control(f"messages/{channel}"))["messages"]
    found = next((it for it in messages if it["ts"] == ts), None)
    if found is None or (kept is not None and kept.ephemeral_to is not None):
        return "message_not_found"
    return None if found.get("user") == app.bot_user_id else MINE[method]


def _granted(desk: Desk) -> list[str]:
    options = desk.memory.options
    granted = [scope for scope in GRANTED if scope not in options.missing_scopes]
    return [*granted, "chat:write.public"] if options.public else granted


def respond(desk: Desk, answer: Arguments) -> web.Response:
    """Return the answer with the headers that Slack sends."""
    headers = {
        "X-OAuth-Scopes": ",".join(_granted(desk)),
        "X-Slack-Req-Id": uuid.uuid4().hex,
    }
    return web.json_response(answer, headers=headers)


def refuse(
    desk: Desk, method: str, error: str, why: list[str] | None = None, **more: Any
) -> web.Response:
    """Return the refusal in Slack's shape; that there was one is noted."""
    desk.memory.note("refused", method=method, error=error, messages=why or [])
    body: Arguments = {"ok": False, "error": error, **more}
    if why:
        body["errors"] = why
        body["response_metadata"] = {"messages": [f"[ERROR] {it}" for it in why]}
    return respond(desk, body)
