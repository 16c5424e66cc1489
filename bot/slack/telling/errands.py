"""What goes on beside the looks: at most one thing at a time of each name."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.domain.errors import SourceDown
from bot.state.leases import TermOver

log = logging.getLogger("bot.slack.telling.errands")


class Errands:
    """Runs them in the loop that it is used in."""

    def __init__(self) -> None:
        """Begin with none."""
        self._running: dict[str, asyncio.Task[None]] = {}

    def run(self, name: str, errand: Callable[[], Awaitable[None]]) -> None:
        """Begin it, unless one of its name is still under way."""
        if name in self._running:
            return
        task = asyncio.get_running_loop().create_task(_guarded(name, errand))
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name, None))

    async def settle(self) -> None:
        """Return when all of them are over."""
        await asyncio.gather(*self._running.values())

    async def give_up(self) -> None:
        """End them where they are; what was not sent yet is not."""
        running = [*self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _guarded(name: str, errand: Callable[[], Awaitable[None]]) -> None:
    """Run it; one that fails harms no other, and the next look begins it again."""
    try:
        await errand()
    except TermOver:
        log.info("not told: another replica leads", extra={"about": name})
    except SourceDown as error:
        log.warning("not told: %s %s", error.source, error.message)
    except Exception:
        log.exception("an errand failed", extra={"about": name})
