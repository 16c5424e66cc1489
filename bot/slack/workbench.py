"""Where questions are worked on: a thread with its own loop, and a bound.

Acknowledgements live in another loop, so nothing that happens here delays one.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from bot.slack.metrics import Metrics

log = logging.getLogger("bot.slack.workbench")

AT_ONCE: Final = 8
WAITING: Final = 64
GRACE_SECONDS: Final = 6.0  # container engines wait ten seconds before they kill
ASIDES: Final = 256  # "busy" notes when all places are taken; each is one request

Job: TypeAlias = Callable[[], Awaitable[None]]


class Workbench:
    """Runs jobs, at most *at_once* thinking and *waiting* behind them."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        beside: Sequence[Job] = (),
        closing: Sequence[Job] = (),
        metrics: Metrics | None = None,
    ) -> None:
        """Plan it; *beside* runs all the time and *closing* at the end, in its loop."""
        self._metrics = metrics or Metrics()
        self.turn = asyncio.Semaphore(at_once)
        """Held by a job while it thinks; sending needs no turn."""
        self._most = at_once + waiting
        self._beside = beside
        self._closing = closing
        self._lock = threading.Lock()
        self._taken = 0
        self._open = False
        self._grace = GRACE_SECONDS
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="workbench", daemon=True)

    def start(self) -> None:
        """Begin; returns when jobs can be taken."""
        self._thread.start()
        self._ready.wait()

    def take(self, job: Job, *, aside: bool = False) -> bool:
        """Take the job, from any thread; False when too many wait or it is over.

        An *aside*, such as the note that says so, has a little room of its own.
        """
        with self._lock:
            if not self._open or self._loop is None:
                return False
            if self._taken >= self._most + (ASIDES if aside else 0):
                return False
            self._taken += 1
            self._metrics.count("jobs")
            self._loop.call_soon_threadsafe(self._begin, job)
            return True

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Take nothing more, let the rest finish for a while, and end."""
        with self._lock:
            self._open = False
            self._grace = grace_seconds
            if self._loop is not None and self._over is not None:
                self._loop.call_soon_threadsafe(self._over.set)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        finally:
            self._ready.set()

    async def _work(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        over = self._over = asyncio.Event()
        with self._lock:
            self._open = True
        beside = [loop.create_task(_guarded(job)) for job in self._beside]
        self._ready.set()
        await over.wait()
        for task in beside:
            task.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._grace)
            if late:
                log.warning("stopped while questions waited", extra={"cut": len(late)})
            for task in late:
                task.cancel()
        await asyncio.gather(*beside, *self._tasks, return_exceptions=True)
        for job in self._closing:
            await _guarded(job)

    def _begin(self, job: Job) -> None:
        task = asyncio.get_running_loop().create_task(_guarded(job))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with self._lock:
            self._taken -= 1
            self._metrics.count("jobs", amount=-1)


async def _guarded(job: Job) -> None:
    """Run the job; one that fails harms no other."""
    try:
        await job()
    except Exception:
        log.exception("a job failed")
