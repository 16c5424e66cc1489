"""The smallest Slack: answers what it is told to, and keeps what it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from bot.slack.client import quiet, slack_client
from bot.slack.metrics import Metrics
from bot.slack.sending.pace import Manners
from bot.slack.sending.sender import Hook, Sender
from tests.slack.bot_thread import FAST

TOKEN = "xoxb-1"  # noqa: S105  made up


@dataclass
class LittleSlack:
    """What was sent, as (method, payload), and what is answered next."""

    url: str = ""
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[web.Response]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    usergroups: dict[str, list[str]] = field(default_factory=dict)
    readable: bool = False
    """Whether we may read channels; that takes a scope which we don't ask for."""
    late: bool = False
    """Messages are taken even where something else is answered."""
    kept: list[dict[str, Any]] = field(default_factory=list)
    """What stands there."""
    delay: float = 0
    """How many seconds every answer takes."""

    @property
    def methods(self) -> list[str]:
        """Return what was called, in order."""
        return [method for method, _ in self.sent]

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """Return what was sent, in order."""
        return [payload for _, payload in self.sent]

    @property
    def hook(self) -> Hook:
        """Return a fresh response_url."""
        return Hook(f"{self.url}/hook")

    def refuse(self, method: str, *errors: str, **more: Any) -> None:
        """Answer the next calls of the method with these errors."""
        for error in errors:
            body = {"ok": False, "error": error, **more}
            self.answers.setdefault(method, []).append(web.json_response(body))

    def answer(self, method: str, *answers: web.Response) -> None:
        """Answer the next calls of the method so."""
        self.answers.setdefault(method, []).extend(answers)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one call."""
        method = request.match_info.get("method", "hook")
        payload: dict[str, Any]
        if request.method == "GET":
            payload = dict(request.query)
        elif request.content_type == "application/json":
            payload = {**request.query, **await request.json()}
        elif request.content_type == "application/octet-stream":
            payload = {"content": await request.read()}
        else:
            payload = {**request.query, **await request.post()}
        if isinstance(payload.get("blocks"), str):
            payload["blocks"] = json.loads(payload["blocks"])
        self.sent.append((method, payload))
        await asyncio.sleep(self.delay)
        waiting = self.answers.get(method)
        if method == "chat.postMessage" and (self.late or not waiting):
            self.kept.append({"ts": f"{len(self.sent)}.0", **payload})
        if waiting:
            return waiting.pop(0)
        if method in _KNOWN:
            return web.json_response(_KNOWN[method](self, payload))
        return web.json_response({"ok": True, "ts": f"{len(self.sent)}.0"})


def _user(slack: LittleSlack, asked: Mapping[str, Any]) -> dict[str, Any]:
    user = slack.users.get(asked["user"])
    if user is None:
        return {"ok": False, "error": "user_not_found"}
    return {"ok": True, "user": {"id": asked["user"], **user}}


def _members(slack: LittleSlack, asked: Mapping[str, Any]) -> dict[str, Any]:
    users = slack.usergroups.get(asked["usergroup"])
    if users is None:
        return {"ok": False, "error": "no_such_subteam"}
    return {"ok": True, "users": users}


def _history(slack: LittleSlack, asked: Mapping[str, Any]) -> dict[str, Any]:
    if not slack.readable:
        return {"ok": False, "error": "missing_scope", "needed": "channels:history"}
    return {"ok": True, "messages": slack.kept}


def _address(slack: LittleSlack, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"ok": True, "upload_url": f"{slack.url}/api/upload", "file_id": "F1"}


_KNOWN: dict[str, Callable[[LittleSlack, Mapping[str, Any]], dict[str, Any]]] = {
    "users.info": _user,
    "usergroups.users.list": _members,
    "conversations.history": _history,
    "conversations.replies": _history,
    "files.getUploadURLExternal": _address,
}


@asynccontextmanager
async def little_slack() -> AsyncIterator[LittleSlack]:
    """Serve for a while."""
    slack = LittleSlack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.serve)
    app.router.add_post("/hook", slack.serve)
    async with TestServer(app) as server:
        slack.url = str(server.make_url("")).rstrip("/")
        yield slack


@asynccontextmanager
async def a_sender(
    slack: LittleSlack,
    metrics: Metrics | None = None,
    manners: Manners = FAST,
    **hears: Callable[..., object],
) -> AsyncIterator[Sender]:
    """Return what sends there."""
    client = slack_client(TOKEN, f"{slack.url}/api", repeats=False)
    sender = Sender(client, metrics or Metrics(), manners, **hears)
    yield sender
    await sender.close()


def an_app(bot_user_id: str | None = None) -> AsyncApp:
    """Return an app without listeners, which knows who it is and asks nobody."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T1", bot_user_id=bot_user_id, bot_token=TOKEN
        )

    return AsyncApp(
        name="ear",
        logger=quiet,
        client=slack_client(None, None),
        authorize=authorize,
        signing_secret="unused",
    )


def refused(error: str) -> SlackApiError:
    """Return the error of the SDK for what Slack refused."""
    error_of: Any = SlackApiError
    raised: SlackApiError = error_of("no", _Response({"ok": False, "error": error}))
    return raised


class _Response(dict[str, Any]):
    """What the SDK keeps of an answer."""

    status_code = 200

    @property
    def data(self) -> dict[str, Any]:
        """Return the body."""
        return self
