"""The strict front: Slack's manners before local-slack, which has none.

A bot talks to the front; people, and tests that play people, talk to local-slack.
The front refuses what Slack refuses (`bot.demo.slack_refusals`, old triggers, used
response_urls), delivers as Slack delivers (`bot.demo.envelopes`)
and makes messages drawable on the way (`bot.demo.drawing`). Besides faults:

    GET    /_sent     what the bot sent and Slack would have taken, to the letter
    GET    /_notes    what was refused, sent again, never acknowledged
    POST   /_strict   options of `bot.demo.slack_memory.Options`
    POST   /_disconnect   {"reason": "refresh_requested" | "warning" | "drop" | …}
    POST   /_verify   the url_verification handshake with the app in events mode

What people do that local-slack's page can't is in `bot.demo.interactions`.

    python -m bot.demo.slack_front --port 55613 --upstream http://127.0.0.1:55610
"""

import asyncio
import dataclasses
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp import web

from bot.demo import faults
from bot.demo.block_check import message_errors
from bot.demo.envelopes import CONNECTIONS, Line, Mail
from bot.demo.ground import Ground
from bot.demo.slack_desk import Arguments, Desk
from bot.demo.slack_memory import Memory, Options
from bot.demo.slack_methods import OWN, pass_on
from bot.demo.slack_refusals import SHOWS, objection, put_off, refuse, respond
from bot.demo.workspace import APPS, HTTP_APP, USERGROUPS, App


class SlackFront(faults.Controls):
    """A running front."""

    @classmethod
    def start(
        cls, ground: Ground, *, upstream: str, request_url: str = "", port: int = 0
    ) -> "SlackFront":
        """Start it on *ground* before the local-slack at *upstream*.

        The app in events mode is called at *request_url*; `steer` can say so later.
        """
        process, address = ground.start_module(
            *("bot.demo.slack_front", "--upstream", upstream),
            *("--request-url", request_url),
            port=port,
        )
        front = cls(address, process)
        front.wait()
        return front

    @property
    def api_url(self) -> str:
        """Return what SLACK_API_URL wants."""
        return f"{self.url}/api/"

    def sent(self, *, clear: bool = False) -> list[dict[str, Any]]:
        """Return what bots sent and had accepted, oldest first.

        Each has `method` (a Web API method, `response_url` or `ack`), `channel`,
        `ts` (None where there is none) and `payload`, as it came.
        """
        found: list[dict[str, Any]] = self._get(f"/_sent?clear={int(clear)}")
        return found

    def notes(self) -> list[dict[str, Any]]:
        """Return what Slack would keep to itself; each says `what`."""
        found: list[dict[str, Any]] = self._get("/_notes")
        return found

    def steer(self, **options: Any) -> None:
        """Set fields of `bot.demo.slack_memory.Options`."""
        self._post("/_strict", options)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Announce the end of all Socket Mode connections; `drop` ends them."""
        self._post("/_disconnect", {"reason": reason})

    def verify(self) -> bool:
        """Return whether the app in events mode answers the URL handshake.

        Call it from another thread when that app lives in this one's event loop.
        """
        return bool(self._post("/_verify", {})["ok"])

    def shortcut(self, user: str, channel: str, **more: Any) -> dict[str, Any]:
        """Use a message shortcut: `ts` or `message`, `callback_id`, perhaps `app_id`.

        Like `suggest` it returns when the bot has acknowledged: with `acknowledged`,
        `seconds` and what the bot `said`.
        """
        wanted = {"user": user, "channel": channel, **more}
        found: dict[str, Any] = self._post("/_shortcut", wanted)
        return found

    def suggest(self, user: str, action_id: str, value: str = "", **more: Any) -> Any:
        """Type in an external select of the newest modal, or of *view_id*.

        Besides, the answer has `options` and the `errors` for which Slack would show
        none.
        """
        wanted = {"user": user, "action_id": action_id, "value": value, **more}
        return self._post("/_suggest", wanted)

    def interact(self, payload: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send an interactive payload as it is."""
        found: dict[str, Any] = self._post("/_interact", {"payload": payload, **more})
        return found

    def views(self) -> list[dict[str, Any]]:
        """Return the open modals as Slack would send them back, oldest first."""
        found: list[dict[str, Any]] = self._get("/_views")
        return found

    def forget(self) -> None:
        """Forget messages, notes and what was sent; options stay."""
        self._post("/_forget", {})


DESK = web.AppKey("desk", Desk)
UPSTREAM = web.AppKey("upstream", str)
HOME = web.AppKey("home", str)
FIRST = web.AppKey("first", Options)


def application(*, upstream: str, request_url: str = "") -> web.Application:
    """Return the front before the local-slack at *upstream*."""
    app = web.Application(client_max_size=16 * 2**20)
    app[UPSTREAM] = upstream.rstrip("/")
    app[FIRST] = Options(request_url=request_url, usergroups=dict(USERGROUPS))
    app.cleanup_ctx.append(_desk)
    faults.install(app)
    app.add_routes(
        [
            web.route("*", "/api/{method}", _api),
            web.get("/socket/{ticket}", _socket),
            web.post("/hooks/{id}", _hook),
            web.post("/upload/{id}", _upload),
            web.post("/_deliver", _deliver),
            web.get("/_sent", _sent),
            web.get("/_notes", _notes),
            web.post("/_strict", _strict),
            web.post("/_disconnect", _disconnect),
            web.post("/_verify", _verify),
            web.post("/_shortcut", _shortcut),
            web.post("/_suggest", _suggest),
            web.post("/_interact", _interact),
            web.get("/_views", _views),
            web.post("/_forget", _forget),
        ]
    )
    return app


async def _desk(app: web.Application) -> AsyncIterator[None]:
    memory = Memory()
    memory.options = app[FIRST]
    async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as tasks:
        app[DESK] = Desk(
            upstream=app[UPSTREAM], memory=memory, client=client, tasks=tasks
        )
        yield


def _home(request: web.Request) -> str:
    return f"http://{request.host}"


async def _api(request: web.Request) -> web.StreamResponse:
    desk, method = request.app[DESK], request.match_info["method"]
    desk.home = _home(request)
    arguments = await _arguments(request)
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer").strip()
    token = bearer or str(arguments.pop("token", ""))
    app = _app_of(token)
    if app is None:
        return refuse(desk, method, "invalid_auth" if token else "not_authed")
    if (refused := put_off(desk, method)) is not None:
        return refused
    if method == "apps.connections.open":
        return await _connect(request, desk, app, token)
    if token == app.app_token:
        return refuse(desk, method, "not_allowed_token_type")
    refused = await objection(desk, app, method, arguments)
    if refused is not None:
        return refused
    if method in SHOWS:
        answer = await desk.show(app, method, arguments)
    else:
        answer = await OWN.get(method, pass_on)(desk, app, arguments, method)
    return respond(desk, answer)


async def _arguments(request: web.Request) -> Arguments:
    arguments: Arguments = dict(request.query)
    if request.content_type == "application/json":
        arguments |= json.loads(await request.text() or "{}")
    elif request.body_exists:
        arguments |= dict(await request.post())
    for name in ("blocks", "view", "attachments", "metadata", "files"):
        value = arguments.get(name)
        if isinstance(value, str) and value:
            try:
                arguments[name] = json.loads(value)
            except ValueError:
                arguments[name] = [value]  # the check says what is wrong with it
    return arguments


async def _connect(
    request: web.Request, desk: Desk, app: App, token: str
) -> web.Response:
    if token != app.app_token:
        return refuse(desk, "apps.connections.open", "not_allowed_token_type")
    line = desk.lines.get(token)
    if line is None:
        mail = Mail(desk.memory, _home(request))
        line = desk.lines[token] = Line(
            app,
            upstream=desk.upstream,
            memory=desk.memory,
            mail=mail,
            answer=desk.answer,
        )
    if len(line.connections) >= CONNECTIONS:
        return refuse(desk, "apps.connections.open", "too_many_websockets")
    await line.open(desk.client, desk.spawn)
    ticket = uuid.uuid4().hex
    desk.tickets[ticket] = line
    url = f"ws://{request.host}/socket/{ticket}"
    return web.json_response({"ok": True, "url": url})


async def _socket(request: web.Request) -> web.StreamResponse:
    line = request.app[DESK].tickets.pop(request.match_info["ticket"], None)
    if line is None:
        return web.Response(status=408, text="the ticket was used or never given")
    return await line.serve(request)


async def _hook(request: web.Request) -> web.Response:
    """Answer a response_url: five times, for half an hour, private unless told."""
    desk = request.app[DESK]
    message = await request.json()
    if (refused := put_off(desk, "response_url")) is not None:
        return refused
    where = desk.memory.use_response_url(request.match_info["id"])
    if isinstance(where, str):
        desk.memory.note("refused", method="response_url", error=where)
        return web.json_response({"ok": False, "error": where}, status=404)
    app = next(app for app in APPS if app.bot_user_id == where.bot)
    if message.get("delete_original"):
        if where.message_ts:
            target = {"channel": where.channel, "ts": where.message_ts}
            await desk.ask(app, "chat.delete", target)
            desk.memory.record("response_url", where.channel, where.message_ts, message)
        return web.Response(text="ok")
    found = message_errors(message)
    if found is not None:
        error, why = found
        desk.memory.note("refused", method="response_url", error=error, messages=why)
        return web.Response(status=400, text=error)
    sent = {**message, "channel": where.channel}
    if message.get("replace_original") and where.message_ts:
        sent["ts"] = where.message_ts
        method = "chat.update"
    elif message.get("response_type") == "in_channel":
        method = "chat.postMessage"
    else:
        method = "chat.postEphemeral"
        sent["user"] = where.user
    answer = await desk.show(app, method, sent, as_method="response_url")
    if answer.get("ok"):
        desk.memory.sent[-1]["payload"] = message
    return web.Response(text="ok")


async def _upload(request: web.Request) -> web.Response:
    """Take a file's bytes."""
    desk, id = request.app[DESK], request.match_info["id"]
    if (refused := put_off(desk, "upload")) is not None:
        return refused
    body = await request.read()
    async with desk.client.post(desk.memory.uploads[id], data=body) as response:
        said = await response.text()
    content = body.decode(errors="replace")
    desk.memory.record("upload", None, None, {"file": id, "content": content})
    return web.Response(status=response.status, text=said)


async def _deliver(request: web.Request) -> web.Response:
    """Take what local-slack posts for the app in events mode."""
    desk = request.app[DESK]
    post = desk.posts.get(HTTP_APP.app_id)
    if post is None:
        post = desk.posts[HTTP_APP.app_id] = desk.post(HTTP_APP, _home(request))
    if not desk.memory.options.request_url:
        desk.memory.note("no request URL")
        return web.Response()
    body = await request.read()
    said = await post.deliver(desk.client, desk.spawn, request.content_type, body)
    return web.json_response(said) if said else web.Response()


async def _sent(request: web.Request) -> web.Response:
    memory = request.app[DESK].memory
    sent = list(memory.sent)
    if request.query.get("clear") == "1":
        memory.sent.clear()
    return web.json_response(sent)


async def _notes(request: web.Request) -> web.Response:
    return web.json_response(request.app[DESK].memory.notes)


async def _strict(request: web.Request) -> web.Response:
    memory = request.app[DESK].memory
    memory.options = dataclasses.replace(memory.options, **await request.json())
    return web.json_response({"ok": True})


async def _disconnect(request: web.Request) -> web.Response:
    reason = (await request.json())["reason"]
    for line in request.app[DESK].lines.values():
        await line.disconnect(reason)
    return web.json_response({"ok": True})


async def _verify(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    post = desk.post(HTTP_APP, _home(request))
    return web.json_response({"ok": await post.verify(desk.client)})


async def _shortcut(request: web.Request) -> web.Response:
    desk = request.app[DESK]

    async def find(channel: str, ts: str) -> Arguments | None:
        messages = (await desk.control(f"messages/{channel}"))["messages"]
        return next((it for it in messages if it["ts"] == ts), None)

    wanted = await request.json()
    return web.json_response(await desk.interactions.shortcut(wanted, find))


async def _suggest(request: web.Request) -> web.Response:
    found = await request.app[DESK].interactions.suggest(await request.json())
    return web.json_response(found)


async def _interact(request: web.Request) -> web.Response:
    found = await request.app[DESK].interactions.as_it_is(await request.json())
    return web.json_response(found)


async def _views(request: web.Request) -> web.Response:
    modals = request.app[DESK].memory.views.modals
    return web.json_response([kept.shown for kept in modals.values()])


async def _forget(request: web.Request) -> web.Response:
    request.app[DESK].memory.forget()
    return web.json_response({"ok": True})


def _app_of(token: str) -> App | None:
    return next((app for app in APPS if token in (app.bot_token, app.app_token)), None)


def main() -> None:
    """Serve until ended."""
    parser = faults.arguments("A strict front before local-slack.")
    parser.add_argument("--upstream", required=True, help="address of local-slack")
    parser.add_argument("--request-url", default="", help="of the app in events mode")
    where = parser.parse_args()
    app = application(upstream=where.upstream, request_url=where.request_url)
    faults.run(app, where)


if __name__ == "__main__":
    main()
