"""Socket Mode: a connection that is replaced whenever it no longer lives.

The SDK reconnects by itself, but it may try one used-up address for ever. So what it
makes is watched, and thrown away when it stays dead.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final

import aiohttp
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.domain.errors import Misread
from bot.slack.client import answered, quiet, slack_client
from bot.slack.identity import HOPELESS

log = logging.getLogger("bot.slack.connection")

PING_SECONDS: Final = 5.0
ADDRESS_SECONDS: Final = 40.0  # Slack may ask us to wait 30 s first
CONNECT_SECONDS: Final = 10.0
CLOSE_SECONDS: Final = 2.0  # a peer that is silent would be waited for
DEAD_SECONDS: Final = 30.0
LONGEST_PAUSE: Final = 30.0


class Connection:
    """Holds one Socket Mode connection."""

    def __init__(
        self,
        app: AsyncApp,
        token: str,
        base_url: str | None,
        *,
        dead_seconds: float = DEAD_SECONDS,
    ) -> None:
        """Know which app receives, and where Slack is."""
        self._app = app
        self._token = token
        self._base_url = base_url
        self._dead = dead_seconds
        self._alive_at: float | None = None

    def alive(self) -> bool:
        """Tell whether it lived a moment ago."""
        if self._alive_at is None:
            return False
        return time.monotonic() - self._alive_at <= self._dead

    async def hold(self, opened: Callable[[], object]) -> None:
        """Stay connected until cancelled; call *opened* at the first time.

        Raises:
            Misread: Slack refuses the token for good.
        """
        tell = opened
        pauses = backoff()
        while True:
            handler = AsyncSocketModeHandler(
                self._app,
                self._token,
                logger=quiet,
                web_client=slack_client(self._token, self._base_url, retries=1),
                ping_interval=PING_SECONDS,
            )
            try:
                await self._open(handler)
                self._alive_at = time.monotonic()
                tell()
                tell = _say_again
                pauses = backoff()
                await self._watch(handler)
                log.warning("the connection to Slack died; making a new one")
            except SlackApiError as error:
                word = str(answered(error).get("error") or "no reason given")
                if word in HOPELESS:
                    msg = f"SLACK_APP_TOKEN was refused by Slack: {word}"
                    raise Misread(msg, hint="debug-bot doctor says more") from error
                await _pause(next(pauses), word)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                await _pause(next(pauses), type(error).__name__)
            finally:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await handler.client.close()  # type: ignore[no-untyped-call]

    async def _open(self, handler: AsyncSocketModeHandler) -> None:
        """Connect; the SDK alone would try a refused token for ever."""
        client = handler.client
        async with asyncio.timeout(ADDRESS_SECONDS):
            answer = await client.web_client.apps_connections_open(
                app_token=self._token
            )
        client.wss_uri = str(answer["url"])
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect()  # type: ignore[no-untyped-call]

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        """Return when the connection has been dead for a while."""
        while self.alive():
            await asyncio.sleep(min(1.0, self._dead))
            if await handler.client.is_connected():
                self._alive_at = time.monotonic()


class backoff:  # noqa: N801  an iterator that reads as a function
    """Yields pauses: 1, 2, 4, … seconds, at most half a minute."""

    def __init__(self) -> None:
        """Begin with a second."""
        self._next = 1.0

    def __iter__(self) -> "backoff":
        """Return itself."""
        return self

    def __next__(self) -> float:
        """Return the next pause."""
        pause, self._next = self._next, min(self._next * 2, LONGEST_PAUSE)
        return pause


async def _pause(seconds: float, why: str) -> None:
    log.warning(
        "Slack cannot be reached; trying again",
        extra={"in_seconds": seconds, "error": why},
    )
    await asyncio.sleep(seconds)


def _say_again() -> None:
    log.info("connected to Slack again")
