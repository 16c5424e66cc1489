"""HTTP: what Slack posts, checked before anybody reads it; health, readiness, metrics.

Bolt parses a body before it checks the signature, and answers 500 to nonsense; so the
size, the signature and the form are settled here first.
"""

import asyncio
import json
import logging
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.slack.client import quiet
from bot.slack.metrics import Metrics

log = logging.getLogger("bot.slack.http")

MOST_BYTES: Final = 1024 * 1024
READ_SECONDS: Final = 5.0

NOTED_A_MINUTE: Final = 60  # or strangers could fill the audit's disk

# A button of an offer, in JSON or in a form.
_OF_AN_OFFER: Final = re.compile(rb"gate(?::|%3a)", re.IGNORECASE)
# What the Events API sends; all else comes as a form.
_EVENTS: Final = frozenset(
    {None, "event_callback", "url_verification", "app_rate_limited"}
)

Dispatch = Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]


class Site:
    """The listener. Without *dispatch* it knows only health, readiness, metrics."""

    def __init__(
        self,
        *,
        missing: Callable[[], Mapping[str, str]],
        metrics: Metrics,
        verifier: SignatureVerifier | None = None,
        dispatch: Dispatch | None = None,
        refused: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Know whom to ask; *missing* names the parts that aren't ready, and why.

        *refused* hears why a request was not let in that looks like a press of an
        offer's button; it must return at once.
        """
        self._missing = missing
        self._metrics = metrics
        self._dispatch = dispatch
        self._verifier = verifier
        self._runner: web.AppRunner | None = None
        self._refused = refused
        self._noted: deque[float] = deque(maxlen=NOTED_A_MINUTE)

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._page)
        if self._dispatch is not None:
            app.router.add_post("/slack/events", self._events)
        return app

    async def open(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: somebody else does.
        """
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            logger=quiet,
            shutdown_timeout=1,
        )
        await runner.setup()
        self._runner = runner
        await web.TCPSite(runner, host, port).start()

    async def close(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = self._missing()
        if not missing:
            return web.Response(text="ready\n")
        lines = "".join(f"{name}: {why}\n" for name, why in missing.items())
        return web.Response(status=503, text=lines)

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(
            text=self._metrics.text(),
            content_type="text/plain",
            headers={"X-Content-Type-Options": "nosniff"},
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await request.read()
        except TimeoutError:
            return self._refuse(408)
        except web.HTTPRequestEntityTooLarge:
            return self._refuse(413)
        except web.RequestPayloadError:
            return self._refuse(400)
        if not self._signed(body, request.headers):
            self._note(body, "a request without Slack's signature of this moment")
            return self._refuse(401)
        text = body.decode()  # the signature was made of text
        if not well_formed(text, request.content_type):
            self._note(body, "a signed request that is nothing Slack sends")
            return self._refuse(400)
        answer = await self._hand_on(request, text)
        if answer.status >= 400:
            self._note(body, "a signed request that nobody could read")
        return answer

    async def _hand_on(self, request: web.Request, text: str) -> web.StreamResponse:
        if self._dispatch is None:
            return self._refuse(404)
        try:
            answer = await self._dispatch(
                AsyncBoltRequest(
                    body=text, query=request.query_string, headers=dict(request.headers)
                )
            )
        except (ValueError, TypeError, AttributeError, KeyError, LookupError) as error:
            log.warning("unreadable request", extra={"error": type(error).__name__})
            return self._refuse(400)
        if answer.status >= 500:  # Bolt could not read it either
            return self._refuse(400)
        return await to_aiohttp_response(answer)

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Tell whether Slack made this body, in the last five minutes."""
        if self._verifier is None:
            return False
        try:
            return self._verifier.is_valid_request(body, dict(headers))
        except (ValueError, TypeError):  # a time that is no number, odd letters
            return False

    def _note(self, body: bytes, why: str) -> None:
        """Tell of a refused press, but not of so many that they do harm."""
        if not _OF_AN_OFFER.search(body):
            return
        now = time.monotonic()
        if len(self._noted) == NOTED_A_MINUTE and now - self._noted[0] < 60:
            return
        self._noted.append(now)
        self._refused(why)

    def _refuse(self, status: int) -> web.Response:
        self._metrics.count("bad_requests_total", status=str(status))
        log.info("refused a request", extra={"status": status})
        return web.Response(status=status)


def well_formed(text: str, content_type: str) -> bool:
    """Tell whether the body is what Slack posts: a JSON object, or a form.

    A form is a command, a check of the certificate, or holds one JSON object. JSON
    holds an event, and never a press. (Bolt reads as JSON whatever begins so.)
    """
    try:
        if content_type == "application/json" or text.startswith("{"):
            found = json.loads(text)
            return isinstance(found, dict) and found.get("type") in _EVENTS
        form = parse_qs(text, keep_blank_values=True, max_num_fields=200)
        if "payload" in form:
            [payload] = form["payload"]
            return isinstance(json.loads(payload), dict)
    except (ValueError, TypeError, RecursionError):
        return False
    return form.get("command", [""])[0].startswith("/") or "ssl_check" in form
