"""local-slack: a Slack to look at in a browser, and to drive as its people.

It listens on all interfaces, whatever it is told; nothing in it is worth hiding.
"""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import anyio

from bot.demo.ground import LOOPBACK, Ground, Process, free_port
from bot.demo.postgrest import MODULES, find_program
from bot.demo.workspace import SOCKET_APP, configuration

Message = dict[str, Any]


class LocalSlack:
    """A running local-slack; its methods are what people in it do.

    They are asynchronous because a command or a press returns only when the bot
    has acknowledged it, and the bot may live in the same loop.
    """

    def __init__(self, url: str, process: Process) -> None:
        self.url = url
        self._process = process

    @classmethod
    def start(
        cls,
        ground: Ground,
        *,
        request_url: str = "",
        modules: Path = MODULES,
        port: int = 0,
    ) -> "LocalSlack":
        """Start it on *ground*; it posts to *request_url* for the app in events mode.

        Raises:
            Unavailable: no binary for this machine is below *modules*.
        """
        program = find_program(modules, "local-slack", "bin/local-slack")
        folder = ground.folder / "slack"
        folder.mkdir()
        # JSON is YAML, and needs no package.
        described = folder / "slack.yaml"
        described.write_text(json.dumps(configuration(request_url=request_url)))
        number = free_port(port)
        process = ground.start(
            "local-slack",
            [
                *(program, "--config", described, "--port", str(number)),
                *("--base-host", LOOPBACK, "--files-dir", folder / "files"),
            ],
        )
        url = f"http://{LOOPBACK}:{number}"
        process.wait_for(f"{url}/_control/state")
        return cls(url, process)

    async def command(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        command: str = "/debug",
        app_id: str = SOCKET_APP.app_id,
    ) -> None:
        """Type a slash command; returns when the app acknowledged it."""
        body = {"user": user, "channel": channel, "command": command, "text": text}
        await self._post("command", {**body, "appId": app_id})

    async def message(
        self, user: str, channel: str, text: str, *, thread_ts: str | None = None
    ) -> Message:
        """Write a message; a mention is written `<@U0DEBUG>`. Return it."""
        body = {"user": user, "channel": channel, "text": text}
        if thread_ts is not None:
            body["thread_ts"] = thread_ts
        answer = await self._post("message", body)
        message: Message = answer["message"]
        return message

    async def press(
        self, user: str, channel: str, message_ts: str, action: dict[str, Any]
    ) -> None:
        """Press a button or choose an option of a message.

        *action* is the element with its `type`, `action_id`, `block_id` and
        `value` or `selected_option`; `find_action` finds it in a message.
        """
        body = {"user": user, "channel": channel, "messageTs": message_ts}
        await self._post("interact", {**body, "action": action})

    async def react(
        self, user: str, channel: str, ts: str, emoji: str, *, present: bool = True
    ) -> None:
        """Put an emoji below a message, or take it away."""
        body = {"user": user, "channel": channel, "ts": ts, "name": emoji}
        await self._post("reaction", {**body, "present": present})

    async def open_home(self, user: str, *, app_id: str = SOCKET_APP.app_id) -> None:
        """Open the app's Home tab."""
        await self._post("open-home", {"user": user, "appId": app_id})

    async def press_home(self, user: str, action: dict[str, Any]) -> None:
        """Press a button of the app's Home tab; returns before the app heard of it."""
        app_id = SOCKET_APP.app_id
        await self._act("block_action", user=user, appId=app_id, action=action)

    async def submit(self, user: str, values: dict[str, Any]) -> None:
        """Send off the modal on top: by block and action id, what was chosen."""
        await self._act("view_submit", user=user, values=values)

    async def close_modal(self, user: str) -> None:
        """Close all modals."""
        await self._act("view_close", user=user)

    async def _act(self, what: str, **about: Any) -> None:
        """Do something as the page does it."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/ui") as socket,
        ):
            await socket.receive()  # the page is told all that there is
            await socket.send_json({"t": what, **about})
            # Closing waits for its answer, which comes after this was read.

    async def direct(self, user: str, *, bot_token: str = SOCKET_APP.bot_token) -> str:
        """Return the channel of the direct messages between *user* and a bot."""
        opened = await self._ask(
            "POST",
            "/api/conversations.open",
            json={"users": user},
            headers={"Authorization": f"Bearer {bot_token}"},
        )
        id: str = opened["channel"]["id"]
        return id

    async def messages(self, channel: str) -> list[Message]:
        """Return all messages of a channel, oldest first, replies and private too.

        They are as drawn; what a bot meant is in the front's `sent`.
        """
        found: list[Message] = (await self._get(f"messages/{channel}"))["messages"]
        return found

    async def thread(self, channel: str, ts: str) -> list[Message]:
        """Return the replies to a message, oldest first."""
        messages = await self.messages(channel)
        return [it for it in messages if it.get("thread_ts") == ts and it["ts"] != ts]

    async def until(
        self,
        channel: str,
        holds: Callable[[list[Message]], bool],
        *,
        within: timedelta = timedelta(seconds=10),
    ) -> list[Message]:
        """Wait until *holds* says yes to a channel's messages; return them.

        Raises:
            TimeoutError: it never did; the text shows what there was.
        """
        deadline = time.monotonic() + within.total_seconds()
        while True:
            messages = await self.messages(channel)
            if holds(messages):
                return messages
            if time.monotonic() > deadline:
                texts = [it.get("text") for it in messages]
                msg = f"{channel} holds only {texts} after {within}"
                raise TimeoutError(msg)
            await anyio.sleep(0.02)

    async def reset(self) -> None:
        """Go back to empty channels; direct messages go too."""
        await self._post("reset", {})

    def stop(self) -> None:
        """End it at once."""
        self._process.stop()

    async def _get(self, path: str) -> Any:
        return await self._ask("GET", f"/_control/{path}")

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._ask("POST", f"/_control/{path}", json=body)

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        # Each call has its own session: every test has its own event loop. httpx
        # would read all certificates each time, which takes 20 ms.
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.request(method, self.url + path, **more) as response,
        ):
            return await response.json()


def find_action(message: Message, wanted: str) -> dict[str, Any]:
    """Return the element whose `action_id`, label or value is *wanted*.

    Raises:
        LookupError: the message has none; the text lists those it has.
    """
    found = []
    for block in message.get("blocks", []):
        elements = [*block.get("elements", []), block.get("accessory")]
        for element in elements:
            if not isinstance(element, dict) or "action_id" not in element:
                continue
            label = (element.get("text") or {}).get("text")
            if wanted in (element["action_id"], label, element.get("value")):
                return {**element, "block_id": block.get("block_id")}
            found.append(label or element["action_id"])
    msg = f"no element {wanted!r} among {found}"
    raise LookupError(msg)
