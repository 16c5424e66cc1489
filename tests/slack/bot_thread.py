"""The real bot in a thread of its own, as it runs in a process of its own."""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import pytest

from bot.demo.ground import free_port
from bot.demo.slack_front import SlackFront
from bot.settings import Settings
from bot.slack.app import run
from bot.slack.doors.answers import STILL_ASKING
from bot.slack.sending.pace import Manners, Pace
from tests.counterparts import PATIENCE, at_rest
from tests.demo.socket_bot import until

FAST = Manners(
    posts=Pace(burst=1, seconds=0),
    updates=Pace(burst=1, seconds=0),
    same_message=Pace(burst=1, seconds=0),
    look_seconds=0.05,
)
"""For a Slack without limits."""

Sent = list[dict[str, Any]]


class BotThread:
    """Runs `bot.slack.app.run` from entry to exit of its `with`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.settings = Settings.of({**environment, "DEBUG_BOT_PORT": str(self.port)})
        self.error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """Return where its HTTP listener is."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(PATIENCE) or self.error is not None:
            msg = f"the bot did not start: {self.error}"
            raise RuntimeError(msg)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def rest(self) -> None:
        """Wait until it has said all that it has to say."""
        at_rest(self.port)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001  the test's thread raises it
            self.error = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        await run(self.settings, self._over, self._ready.set, FAST)


def _reminds(one: Mapping[str, Any]) -> bool:
    """Tell whether it only says that an answer takes a while."""
    return str(one["payload"].get("text")).startswith(STILL_ASKING)


async def sent(front: SlackFront, holds: Callable[[Sent], object]) -> Sent:
    """Return what bots sent as soon as it is as wanted.

    That an answer takes a while, which people are told, is a matter of the machine.
    """

    def found() -> Sent:
        sent = front.sent()
        return [it for it in sent if not _reminds(it)]

    try:
        await until(lambda: bool(holds(found())))
    except TimeoutError:
        pytest.fail(f"only {json.dumps(front.sent())[:4000]} was sent")
    return found()
