"""Whether Slack and the sources answer: looked at now and then, not when asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from slack_sdk.errors import SlackApiError

from bot.domain.errors import Absent, SourceDown
from bot.slack.client import answered

EVERY_SECONDS: Final = 30.0
FRESH_SECONDS: Final = 90.0  # two looks may fail before we say so
LOOK_SECONDS: Final = 8.0

Look = Callable[[], Awaitable[object]]


class Readiness:
    """Remembers when each part last answered; safe to read from another thread."""

    def __init__(
        self, looks: Mapping[str, Look], *, every_seconds: float = EVERY_SECONDS
    ) -> None:
        """Know how to look at each part."""
        self._looks = looks
        self._every = every_seconds
        self._well: dict[str, float] = {}
        self._trouble: dict[str, str] = dict.fromkeys(looks, "not looked at yet")
        self._left_out: set[str] = set()

    async def keep_looking(self) -> None:
        """Look at everything, again and again."""
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Look at every part once."""
        await asyncio.gather(*(self._look(name) for name in self._looks))

    def missing(self) -> Mapping[str, str]:
        """Return the parts that did not answer lately, and why."""
        now = time.monotonic()
        return {
            name: self._trouble.get(name, "no answer")
            for name in self._looks
            if name not in self._left_out
            and now - self._well.get(name, float("-inf")) > FRESH_SECONDS
        }

    async def _look(self, name: str) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._looks[name]()
        except Absent:
            self._left_out.add(name)
        except SourceDown as error:
            self._trouble[name] = f"{error.source} {error.message}"
        except TimeoutError:
            self._trouble[name] = f"did not answer within {LOOK_SECONDS:g} s"
        except SlackApiError as error:
            word = answered(error).get("error") or "its answer makes no sense"
            self._trouble[name] = f"refused: {word}"
        except Exception as error:  # noqa: BLE001  a look must not end the looking
            self._trouble[name] = f"cannot be reached ({type(error).__name__})"
        else:
            self._well[name] = time.monotonic()
