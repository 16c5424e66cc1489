"""Work in threads that nobody has to wait for: a lost mount may never answer."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Aside:
    """A few threads that keep neither the program nor other sources from ending.

    Those of the event loop's own pool would: it is shared, and waited for at the end.
    """

    def __init__(self, most: int) -> None:
        """Have at most so many at a time; one that never ends keeps its place."""
        self._places = asyncio.Semaphore(most)

    async def run(self, work: Callable[[], T]) -> T:
        """Return what *work* returns, or raise what it raises.

        Whoever is cancelled waits no longer; the thread goes on until its work ends.
        """
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        told: asyncio.Future[T] = loop.create_future()

        def end(tell: Callable[[Any], None], what: object) -> None:
            self._places.release()
            if not told.done():
                tell(what)

        def thread() -> None:
            tell: Callable[[Any], None] = told.set_result
            what: object
            try:
                what = work()
            except BaseException as error:  # noqa: BLE001  whoever waits shall have it
                tell, what = told.set_exception, error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(end, tell, what)

        threading.Thread(target=thread, daemon=True).start()
        return await told
