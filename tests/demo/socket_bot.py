"""The smallest bot: Socket Mode connections that acknowledge, or don't."""

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp
import anyio
from anyio.abc import TaskGroup

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.workspace import ALICE, OPS, SOCKET_APP
from tests.counterparts import PATIENCE

Envelope = dict[str, Any]

RICH: dict[str, Any] = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [{"type": "text", "text": "hot", "style": {"bold": True}}],
        }
    ],
}


class SocketBot:
    """Keeps what its connections receive; `acknowledge` decides the answer.

    It answers an envelope with what `acknowledge` returns, and not at all when
    that is None.
    """

    def __init__(self, front: SlackFront) -> None:
        self.received: list[list[Envelope]] = []
        self.acknowledge: Callable[[Envelope], Envelope | None] = lambda _: {}
        self._front = front
        self._client: aiohttp.ClientSession | None = None
        self._tasks: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        self._client = aiohttp.ClientSession()
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._tasks is not None
        assert self._client is not None
        self._tasks.cancel_scope.cancel()
        await self._tasks.__aexit__(None, None, None)
        await self._client.close()

    @property
    def events(self) -> list[Envelope]:
        """Return what all connections received, without the greetings."""
        return [
            envelope
            for connection in self.received
            for envelope in connection
            if envelope.get("envelope_id")
        ]

    async def call(
        self, method: str, *, token: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Call the Web API with the bot's token, or another."""
        assert self._client is not None
        bearer = SOCKET_APP.bot_token if token is None else token
        async with self._client.post(
            self._front.api_url + method,
            json=arguments,
            headers={"Authorization": f"Bearer {bearer}"},
        ) as response:
            answer: dict[str, Any] = await response.json()
            return {**answer, "_status": response.status}

    async def respond(self, url: str, **message: Any) -> int:
        """Post to a response_url; return the status."""
        assert self._client is not None
        async with self._client.post(url, json=message) as response:
            return response.status

    async def connect(self) -> None:
        """Open one more connection and wait for its greeting."""
        assert self._client is not None
        assert self._tasks is not None
        opened = await self.call("apps.connections.open", token=SOCKET_APP.app_token)
        socket = await self._client.ws_connect(opened["url"])
        received: list[Envelope] = []
        self.received.append(received)
        self._tasks.start_soon(self._listen, socket, received)
        await until(lambda: bool(received))

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, received: list[Envelope]
    ) -> None:
        async with socket:
            async for frame in socket:
                envelope = json.loads(frame.data)
                received.append(envelope)
                if not envelope.get("envelope_id"):
                    continue
                answer = self.acknowledge(envelope)
                if answer is not None:
                    id = {"envelope_id": envelope["envelope_id"]}
                    await socket.send_json({**id, **answer})


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, or fail when it never does."""
    with anyio.fail_after(PATIENCE):
        while not holds():  # noqa: ASYNC110 - it happens in another process
            await anyio.sleep(0.01)


async def post(bot: SocketBot, **arguments: Any) -> dict[str, Any]:
    """Post to the channel the bot is in."""
    return await bot.call("chat.postMessage", **{"channel": OPS, **arguments})


async def command(slack: LocalSlack, bot: SocketBot) -> dict[str, Any]:
    """Have Alice type a command; return its payload."""
    await slack.command(ALICE, OPS, "health")
    await until(lambda: bool(bot.events))
    payload: dict[str, Any] = bot.events[-1]["payload"]
    return payload
