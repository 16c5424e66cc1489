"""Leading: hold a lease for as long as this process lives, and do what goes with it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final, TypeAlias

from bot.domain.errors import SourceDown
from bot.state.leases import Leases, Term, TermOver

log = logging.getLogger("bot.state.leading")

Duty: TypeAlias = Callable[[Term], Coroutine[Any, Any, None]]

RENEWALS: Final = 3  # in the length of a lease: two may fail


async def lead(leases: Leases, name: str, duty: Duty) -> None:
    """Do the duty whenever this process holds the lease; never returns.

    The duty is cancelled as soon as its term is over, or may be over because the
    database was not reached for so long. It then says its farewell quickly: within a
    renewal's time, the lease is held on to. One that fails leaves the lease to others.
    """
    pause = leases.length.total_seconds() / RENEWALS
    while True:
        began = time.monotonic()
        term = None
        with _noted(name):
            term = await leases.take(name)
        if term is None:
            await asyncio.sleep(pause)
            continue
        try:
            if time.monotonic() - began < pause:  # to open a database may take long
                log.info("leading", extra={"lease": name, "token": term.token})
                await _serve(leases, term, duty, began, pause)
                log.info("leading no more", extra={"lease": name, "token": term.token})
        finally:
            with contextlib.suppress(SourceDown):
                await leases.release(term)
        await asyncio.sleep(pause)


async def _serve(
    leases: Leases,
    term: Term,
    duty: Duty,
    began: float,
    pause: float,
) -> None:
    """Do the duty and renew beside it, until either ends."""
    loop = asyncio.get_running_loop()
    # No group: it would wrap the errors, and neither may outlive the other.
    work = loop.create_task(duty(term))
    renewal = loop.create_task(_renew(leases, term, began, pause))
    try:
        await asyncio.wait({work, renewal}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (work, renewal):
            task.cancel()
        ends = await asyncio.gather(work, renewal, return_exceptions=True)
        for end in ends:
            if isinstance(end, SourceDown):
                log.warning("a duty failed: %s", end.message)
            elif isinstance(end, Exception) and not isinstance(end, TermOver):
                log.error("a duty failed", extra={"lease": term.name}, exc_info=end)


async def _renew(leases: Leases, term: Term, renewed: float, pause: float) -> None:
    """Renew until that is no longer possible."""
    length = leases.length.total_seconds()
    while True:
        await asyncio.sleep(pause)
        asked = time.monotonic()
        with _noted(term.name):
            async with asyncio.timeout(max(0.0, renewed + length - asked)):
                await leases.renew(term)
            renewed = asked
        # Counted from before the question, as the database counts from after it.
        if time.monotonic() - renewed >= length - pause:
            log.warning("a lease was not renewed", extra={"lease": term.name})
            return


@contextlib.contextmanager
def _noted(name: str) -> Iterator[None]:
    try:
        yield
    except (SourceDown, TimeoutError) as error:
        why = str(error) or "no answer in time"
        log.warning("a lease is out of reach", extra={"lease": name, "why": why})
