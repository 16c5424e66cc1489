"""Questions over HTTP, each with a time of its own, and what their failures mean."""

import asyncio
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from bot.domain.errors import OutOfTime, SourceDown
from bot.domain.excerpts import start_of
from bot.domain.service_names import Outcome
from bot.sources.octollm.discretion import discreet
from bot.sources.patience import patience, within
from bot.tracing import asking

SOURCE: Final = "octollm"
SECONDS: Final = 5.0  # systems/octollm.md, 3B.1: what takes longer is down
LARGEST: Final = 4 * 1024 * 1024  # /metrics grows with every path that is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one question; *body* is what JSON held, or the text."""

    outcome: Outcome
    took: timedelta
    status: int | None = None
    text: str = ""
    body: Any = None
    why: str = ""


@dataclass(slots=True, kw_only=True)
class _Flight:
    """A GET on its way, and how many wait for it."""

    doing: asyncio.Task[Reply]
    waiting: int = 0


class Asker:
    """A client that goes through no proxy, follows nowhere, and is opened when used."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Connect nothing yet; *transport* stands in for the network in tests."""
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._flights: dict[tuple[str, ...], _Flight] = {}

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
        self._client = None

    async def get(self, url: str, **given: str) -> Reply:
        """Return what a GET of the address brought, whatever that is.

        One that is on its way is waited for, and not sent again. Each asker has a time
        of its own; when nobody waits any more, the GET is given up.
        """
        seconds, began = patience(SECONDS), time.monotonic()
        key = (url, *(f"{name}={value}" for name, value in sorted(given.items())))
        flight = self._flights.get(key)
        if flight is None or flight.doing.done():
            doing = asyncio.get_running_loop().create_task(self._got(url, given))
            flight = self._flights[key] = _Flight(doing=doing)
        flight.waiting += 1
        try:
            with asking(SOURCE):
                async with asyncio.timeout(seconds):
                    return await asyncio.shield(flight.doing)
        except TimeoutError:
            return Reply(
                outcome=Outcome.TIMEOUT,
                took=timedelta(seconds=time.monotonic() - began),
                why=f"no answer {within(seconds, SECONDS)}",
            )
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                flight.doing.cancel()
                if self._flights.get(key) is flight:
                    del self._flights[key]

    async def _got(self, url: str, given: dict[str, str]) -> Reply:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=SECONDS,
                trust_env=False,
                follow_redirects=False,
                transport=self._transport,
            )
        began = time.monotonic()

        def after(outcome: Outcome, **told: Any) -> Reply:
            took = timedelta(seconds=time.monotonic() - began)
            return Reply(outcome=outcome, took=took, **told)

        try:
            async with asyncio.timeout(SECONDS):
                status, text = await self._read(self._client, url, given)
        except (TimeoutError, httpx.TimeoutException):
            return after(Outcome.TIMEOUT, why=f"no answer within {SECONDS:g} s")
        except httpx.ConnectError as error:
            if _refused(error):
                return after(Outcome.REFUSED, why="connection refused")
            return after(Outcome.UNREACHABLE, why="no connection")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            why = f"the connection broke: {type(error).__name__}"
            return after(Outcome.UNREACHABLE, why=why)
        except OverflowError:
            return after(Outcome.NONSENSE, why=f"more than {LARGEST >> 20} MB")
        well = 200 <= status < 300
        outcome = Outcome.OK if well else Outcome.STATUS
        why = "" if well else f"answered {status}"
        body = _json(text)
        return after(outcome, status=status, text=text, body=body, why=why)

    async def _read(
        self, client: httpx.AsyncClient, url: str, given: dict[str, str]
    ) -> tuple[int, str]:
        held = bytearray()
        async with client.stream("GET", url, params=given or None) as answer:
            async for part in answer.aiter_bytes():
                held += part
                if len(held) > LARGEST:
                    raise OverflowError
            return answer.status_code, held.decode(errors="replace")


def down(reply: Reply, what: str) -> SourceDown:
    """Return the error that a reply is which brought no answer about *what*."""
    msg = f"does not tell {what}: {reply.why or 'it answered what it should not'}"
    kind = OutOfTime if reply.outcome is Outcome.TIMEOUT else SourceDown
    return kind(SOURCE, msg)


def said(reply: Reply) -> str:
    """Return in a few words what a reply says: its error, or why there is none."""
    if isinstance(reply.body, dict):
        error = reply.body.get("error", reply.body.get("detail"))
        if isinstance(error, dict):
            error = error.get("message")
        if isinstance(error, str):
            return f"{reply.why}: {start_of(discreet(error), 200)}"
    return reply.why


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _refused(error: BaseException | None) -> bool:
    """Tell whether a refusal is what a connection's error came of."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError) or "refused" in str(error).lower():
            return True
        if isinstance(error, OSError) and "Multiple exceptions" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
