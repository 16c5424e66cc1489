"""What the handlers of one front share: local-slack, memories, the ways to bots."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import aiohttp

from bot.demo.block_check import message_errors
from bot.demo.drawing import drawable
from bot.demo.envelopes import Line, Mail, Post
from bot.demo.interactions import Interactions, form_of
from bot.demo.slack_memory import Kept, Memory, with_ids
from bot.demo.workspace import App

Arguments: TypeAlias = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Desk:
    """What the handlers of one front share."""

    upstream: str
    memory: Memory
    tasks: asyncio.TaskGroup
    client: aiohttp.ClientSession
    home: str = ""
    """Where bots reach us, for response_urls."""
    lines: dict[str, Line] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    tickets: dict[str, Line] = field(default_factory=dict)

    @property
    def interactions(self) -> Interactions:
        """Return what does what local-slack's page can't do."""

        async def send(app: App, payload: Arguments) -> tuple[bool, Any]:
            if app.mode == "socket":
                line = self.lines.get(app.app_token)
                return (False, None) if line is None else await line.interact(payload)
            post = self.post(app, self.home)
            return await post.interact(self.client, form_of(payload))

        return Interactions(self.memory, self.home, send)

    def post(self, app: App, home: str) -> Post:
        """Return a new way to an app in events mode, whose answers come to *home*."""
        mail = Mail(self.memory, home)
        return Post(app, memory=self.memory, mail=mail, answer=self.answer)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let *work* go on beside the requests; its failure is noted."""
        self.tasks.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (aiohttp.ClientError, ConnectionError, ValueError, KeyError) as error:
            self.memory.note("delivery failed", error=repr(error))

    async def ask(self, app: App, method: str, arguments: Arguments) -> Arguments:
        """Call local-slack's Web API as *app*."""
        async with self.client.post(
            f"{self.upstream}/api/{method}",
            json=arguments,
            headers={"Authorization": f"Bearer {app.bot_token}"},
        ) as response:
            answer: Arguments = await response.json()
            return answer

    async def control(self, path: str) -> Arguments:
        """Read local-slack's control interface."""
        async with self.client.get(f"{self.upstream}/_control/{path}") as response:
            answer: Arguments = await response.json()
            return answer

    async def page(self) -> Arguments:
        """Return what local-slack's page is told when it opens."""
        async with self.client.ws_connect(f"{self.upstream}/ui") as socket:
            told: Arguments = json.loads((await socket.receive()).data)
            state: Arguments = told["state"]
            return state

    async def show(
        self, app: App, method: str, arguments: Arguments, *, as_method: str = ""
    ) -> Arguments:
        """Send a message made drawable; remember how it was meant."""
        meant = dict(arguments)
        if isinstance(meant.get("blocks"), list):
            meant["blocks"] = with_ids(meant["blocks"])
        answer = await self.ask(app, method, drawable(meant))
        ts = answer.get("ts") or answer.get("message_ts")
        channel = answer.get("channel") or arguments.get("channel")
        if answer.get("ok"):
            self.memory.record(as_method or method, channel, ts, arguments)
            before = self.memory.kept.get((str(channel), str(ts)))
            private_to = before.ephemeral_to if before is not None else None
            if method == "chat.postEphemeral":
                private_to = str(arguments.get("user"))
            self.memory.kept[str(channel), str(ts)] = Kept(
                text=str(meant.get("text") or ""),
                blocks=meant.get("blocks"),
                ephemeral_to=private_to,
                metadata=meant.get("metadata"),
            )
            if isinstance(answer.get("message"), dict):
                answer["message"] = self.memory.original(
                    str(channel), answer["message"]
                )
        return answer

    async def answer(self, app: App, payload: Arguments, said: Any) -> None:
        """Show what a bot answered in its acknowledgement of a command."""
        message = {"text": said} if isinstance(said, str) else dict(said)
        if message_errors(message) is not None:
            self.memory.note("refused", method="ack", error=message_errors(message))
            return
        public = message.get("response_type") == "in_channel"
        message["channel"] = payload.get("channel_id")
        message["user"] = payload.get("user_id")
        method = "chat.postMessage" if public else "chat.postEphemeral"
        await self.show(app, method, message, as_method="ack")
