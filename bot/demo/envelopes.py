"""How events, commands and presses reach a bot: Socket Mode, or signed requests.

local-slack delivers to us; we deliver to the bot as Slack does: an envelope to one
connection, an event again when it was not acknowledged, a request signed.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlencode

import aiohttp
from aiohttp import web

from bot.demo.slack_memory import Memory
from bot.demo.workspace import App

CONNECTIONS = 10
Spawn = Callable[[Coroutine[Any, Any, None]], None]
Answer = Callable[[App, dict[str, Any], Any], Coroutine[Any, Any, None]]


class Mail:
    """Rewrites what local-slack delivers, so that answers come back to the front."""

    def __init__(self, memory: Memory, home: str) -> None:
        self._memory = memory
        self._home = home

    def rewrite(self, app: App, payload: dict[str, Any]) -> dict[str, Any]:
        """Return *payload* as Slack would have it."""
        payload = dict(payload)
        message = payload.get("message") or {}
        channel = payload.get("channel_id") or (payload.get("channel") or {}).get("id")
        user = payload.get("user_id") or (payload.get("user") or {}).get("id")
        if payload.get("trigger_id"):
            self._memory.new_trigger(payload["trigger_id"], str(user))
            self._memory.spare_trigger = payload["trigger_id"]
        if payload.get("type") in ("view_submission", "view_closed"):
            payload = self._memory.views.restored(payload)
        if (payload.get("event") or {}).get("type") == "app_home_opened":
            payload["event"] = self._opened(app, payload["event"])
        if payload.get("type") == "block_actions" and not message:
            return self._press_at_home(app, payload, str(user))
        if payload.get("response_url"):
            id = self._memory.new_response_url(
                bot=app.bot_user_id,
                channel=channel,
                user=user,
                message_ts=message.get("ts"),
                thread_ts=message.get("thread_ts"),
            )
            payload["response_url"] = f"{self._home}/hooks/{id}"
        if payload.get("type") == "block_actions" and message:
            self._press(payload, str(channel), message)
        return payload

    def _opened(self, app: App, event: dict[str, Any]) -> dict[str, Any]:
        """Return the event with the Home tab that the person saw last, if any."""
        kept = self._memory.views.homes.get((app.app_id, str(event.get("user"))))
        return {**event, **({"view": kept.shown} if kept else {})}

    def _press_at_home(
        self, app: App, payload: dict[str, Any], user: str
    ) -> dict[str, Any]:
        """Return a press in a Home tab, which has neither channel nor response_url."""
        unheard = ("channel", "message", "response_url", "state")
        payload = {name: it for name, it in payload.items() if name not in unheard}
        kept = self._memory.views.homes.get((app.app_id, user))
        if kept is None:
            return payload
        container = {"type": "view", "view_id": kept.id}
        return {**payload, "container": container, "view": kept.shown}

    def _press(
        self, payload: dict[str, Any], channel: str, message: dict[str, Any]
    ) -> None:
        kept = self._memory.kept.get((channel, str(message.get("ts"))))
        payload["message"] = self._memory.original(channel, message)
        if kept is not None and kept.ephemeral_to is not None:
            # Slack does not send an ephemeral message back.
            del payload["message"]
            payload["container"] = {**payload["container"], "is_ephemeral": True}
        if message.get("thread_ts"):
            thread = {"thread_ts": message["thread_ts"]}
            payload["container"] = {**payload["container"], **thread}
        blocks = payload.get("message", {}).get("blocks")
        payload["state"] = {
            "values": self._memory.chosen(
                (channel, str(message.get("ts"))),
                blocks or (kept and kept.blocks) or [],
                payload.get("actions", []),
            )
        }


class Line:
    """One app's Socket Mode: its line to local-slack, shared by its connections."""

    def __init__(
        self, app: App, *, upstream: str, memory: Memory, mail: Mail, answer: Answer
    ) -> None:
        self.app = app
        self.connections: list[web.WebSocketResponse] = []
        self._upstream = upstream
        self._memory = memory
        self._mail = mail
        self._answer = answer
        self._turn = itertools.count()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._lock = asyncio.Lock()
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self, client: aiohttp.ClientSession, spawn: Spawn) -> None:
        """Connect to local-slack, once."""
        async with self._lock:
            if self._socket is not None and not self._socket.closed:
                return
            async with client.post(
                f"{self._upstream}/api/apps.connections.open",
                headers={"Authorization": f"Bearer {self.app.app_token}"},
            ) as response:
                url = (await response.json())["url"]
            self._socket = await client.ws_connect(url)
            spawn(self._listen(self._socket, spawn))

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, spawn: Spawn
    ) -> None:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            envelope = json.loads(frame.data)
            if envelope.get("envelope_id"):
                spawn(self._deliver(envelope))

    async def _deliver(self, envelope: dict[str, Any]) -> None:
        id, kind = envelope["envelope_id"], envelope["type"]
        payload = self._mail.rewrite(self.app, envelope["payload"])
        envelope = {**envelope, "payload": payload}
        done, answer = False, None
        for attempt in range(4 if kind == "events_api" else 1):
            again = {"retry_attempt": attempt, "retry_reason": "timeout"}
            if kind == "events_api":
                envelope |= (
                    again if attempt else {"retry_attempt": 0, "retry_reason": ""}
                )
            done, answer = await self._send(id, envelope)
            if done:
                break
        if done and kind == "slash_commands" and answer:
            await self._answer(self.app, payload, answer)
            answer = None
        if self._socket is not None and not self._socket.closed:
            # local-slack waits for this before it tells the driver "done".
            await self._socket.send_json(
                {"envelope_id": id, **({"payload": answer} if answer else {})}
            )

    async def interact(self, payload: dict[str, Any]) -> tuple[bool, Any]:
        """Send what a person did; return whether it was acknowledged, and how."""
        id = str(uuid.uuid4())
        envelope = {
            "envelope_id": id,
            "type": "interactive",
            "accepts_response_payload": True,
            "payload": payload,
        }
        return await self._send(id, envelope)

    async def _send(self, id: str, envelope: dict[str, Any]) -> tuple[bool, Any]:
        """Send to the connection whose turn it is; return whether, what it said."""
        kind, attempt = envelope["type"], envelope.get("retry_attempt", 0)
        if not self.connections:
            self._memory.note("no connection", type=kind)
            return False, None
        chosen = self.connections[next(self._turn) % len(self.connections)]
        future = self._waiting[id] = asyncio.get_running_loop().create_future()
        try:
            await chosen.send_json(envelope)
            patience = self._memory.options.ack_seconds
            return True, await asyncio.wait_for(future, patience)
        except (TimeoutError, ConnectionError):
            self._memory.note("not acknowledged", type=kind, attempt=attempt)
            return False, None
        finally:
            self._waiting.pop(id, None)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one of the bot's connections until it ends."""
        socket = web.WebSocketResponse(heartbeat=10)
        await socket.prepare(request)
        self.connections.append(socket)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "connection_info": {"app_id": self.app.app_id},
                "debug_info": {
                    "host": "applink-local",
                    "approximate_connection_time": 18060,
                },
            }
        )
        try:
            async for frame in socket:
                self._acknowledge(frame.data)
        finally:
            self.connections.remove(socket)
        return socket

    def _acknowledge(self, text: Any) -> None:
        try:
            said = json.loads(text)
        except (TypeError, ValueError):
            return
        future = self._waiting.get(str(said.get("envelope_id")))
        if future is None:
            self._memory.note("acknowledged late", envelope=said.get("envelope_id"))
        elif not future.done():
            future.set_result(said.get("payload"))

    async def disconnect(self, reason: str) -> None:
        """Tell the connections that they will end; end them when *reason* is drop."""
        for socket in list(self.connections):
            if reason == "drop":
                await socket.close()
                continue
            await socket.send_json(
                {
                    "type": "disconnect",
                    "reason": reason,
                    "debug_info": {"host": "applink-local"},
                }
            )


class Post:
    """Signed requests to the app that listens over HTTP."""

    def __init__(self, app: App, *, memory: Memory, mail: Mail, answer: Answer) -> None:
        self.app = app
        self._memory = memory
        self._mail = mail
        self._answer = answer

    async def deliver(
        self, client: aiohttp.ClientSession, spawn: Spawn, kind: str, body: bytes
    ) -> Any:
        """Deliver what local-slack posted to us, as Slack would have.

        Return what the app answered to a form that was sent off.
        """
        if kind == "application/json":
            event = self._mail.rewrite(self.app, json.loads(body))
            spawn(self._event(client, json.dumps(event).encode()))
            return None
        form = {name: it[0] for name, it in parse_qs(body.decode()).items()}
        if "payload" in form:
            payload = self._mail.rewrite(self.app, json.loads(form["payload"]))
            form = {"payload": json.dumps(payload)}
        else:
            payload = form = self._mail.rewrite(self.app, form)
        status, answer, _ = await self.send(
            client, urlencode(form).encode(), "application/x-www-form-urlencoded"
        )
        if status is None or status >= 400:
            self._memory.note("operation_timeout", status=status)
        elif answer and "command" in payload:
            await self._answer(self.app, payload, answer)
        elif payload.get("type") == "view_submission":
            return answer
        return None

    async def interact(
        self, client: aiohttp.ClientSession, body: bytes
    ) -> tuple[bool, Any]:
        """Send what a person did; return whether it was acknowledged, and how."""
        kind = "application/x-www-form-urlencoded"
        status, answer, _ = await self.send(client, body, kind)
        if status is None or status >= 400:
            self._memory.note("operation_timeout", status=status)
        return status is not None and status < 300, answer

    async def _event(self, client: aiohttp.ClientSession, body: bytes) -> None:
        status, _, headers = await self.send(client, body, "application/json")
        for attempt, pause in enumerate(self._memory.options.retry_seconds, 1):
            refused = headers.get("x-slack-no-retry") == "1"
            if (status is not None and status < 300) or refused:
                return
            reason = "http_error" if status else "http_timeout"
            self._memory.note("not acknowledged", type="event", attempt=attempt - 1)
            await asyncio.sleep(pause)
            status, _, headers = await self.send(
                client,
                body,
                "application/json",
                {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason},
            )

    async def verify(self, client: aiohttp.ClientSession) -> bool:
        """Send the handshake of a new request URL; return whether it was met."""
        challenge = uuid.uuid4().hex
        body = {"type": "url_verification", "challenge": challenge, "token": "local"}
        status, answer, _ = await self.send(
            client, json.dumps(body).encode(), "application/json"
        )
        if isinstance(answer, dict):  # as JSON, or as the whole text
            answer = answer.get("challenge") or answer.get("text")
        return status == 200 and answer == challenge

    async def send(
        self,
        client: aiohttp.ClientSession,
        body: bytes,
        kind: str,
        headers: dict[str, str] | None = None,
    ) -> tuple[int | None, Any, dict[str, str]]:
        """Post a signed body; return status (None: no answer), answer, headers."""
        at = str(int(time.time()))
        signature = sign(self.app.signing_secret, at, body)
        options = self._memory.options
        try:
            async with client.post(
                options.request_url,
                data=body,
                headers={
                    "Content-Type": kind,
                    "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
                    "X-Slack-Request-Timestamp": at,
                    "X-Slack-Signature": signature,
                    **(headers or {}),
                },
                timeout=aiohttp.ClientTimeout(total=options.ack_seconds),
            ) as response:
                text = await response.text()
                said = {name.lower(): it for name, it in response.headers.items()}
        except (TimeoutError, aiohttp.ClientError):
            return None, None, {}
        try:
            return response.status, json.loads(text) if text else None, said
        except ValueError:
            return response.status, {"text": text}, said


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's signature of a body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
