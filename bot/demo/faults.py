"""Faults on demand: what every double can be told to do wrong, and what it has seen.

A program of ours calls `install` on its aiohttp application and has then

    POST   /_faults     a list of faults; replaces those set before
    POST   /_latency    {"seconds": 0.05}: every request takes that much longer
    GET    /_requests   what was asked, in order; `?clear=1` forgets it afterwards

Those who hold the double say so through `Controls`.
"""

import argparse
import asyncio
import dataclasses
import re
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from bot.demo.ground import LOOPBACK, Process

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with the next requests that match."""

    match: str = ""
    """A regular expression on `METHOD /path?query body`; empty matches all."""
    times: int = 1
    """How many requests it befalls."""
    delay: float = 0.0
    """Seconds before anything else happens."""
    status: int | None = None
    """Answer with this status instead of the right answer."""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    """Drop the connection without an answer."""
    truncate: int | None = None
    """Send so many bytes of the right answer, then drop the connection."""
    late: bool = False
    """Do what was asked first, then go wrong: done, and nobody told."""
    skip: int = 0
    """Let so many matching requests pass first."""


class Controls:
    """What the holder of a double can do with it, besides talking to it."""

    def __init__(self, url: str, process: Process) -> None:
        self.url = url
        self._process = process
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=60)
        process.when_stopped(self._client.close)

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            Unavailable: it ended, or never answered.
        """
        self._process.wait_until(self._answers)

    def faults(self, *faults: Fault) -> None:
        """Let these befall the next requests, instead of those set before."""
        self._post("/_faults", [dataclasses.asdict(fault) for fault in faults])

    def latency(self, seconds: float) -> None:
        """Make every request take *seconds* longer, as a network would."""
        self._post("/_latency", {"seconds": seconds})

    def requests(self, *, clear: bool = False) -> list[dict[str, Any]]:
        """Return what was asked since the start, or since it was last cleared.

        Each has `method`, `path`, `query`, `body`, `headers` (without keys),
        `status` (None when it got no answer), `at` (when it came) and `seconds`.
        """
        found: list[dict[str, Any]] = self._get(f"/_requests?clear={int(clear)}")
        return found

    def calm(self) -> None:
        """Take back faults and latency, and forget what was asked."""
        self.faults()
        self.latency(0)
        self.requests(clear=True)

    def stop(self) -> None:
        """End the program at once."""
        self._process.stop()

    def _answers(self) -> bool:
        try:
            return self._client.get("/_requests").is_success
        except httpx.TransportError:
            return False

    def _get(self, path: str) -> Any:
        response = self._client.get(path)
        response.raise_for_status()
        return response.json()

    def _post(self, path: str, body: Any) -> Any:
        response = self._client.post(path, json=body)
        response.raise_for_status()
        return response.json()


class Weather:
    """The faults and the latency in force at one application, and what it saw."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.seen: list[dict[str, Any]] = []
        self._faults: list[Fault] = []
        self._left: list[int] = []
        self._skips: list[int] = []

    def forecast(self, faults: list[Fault]) -> None:
        """Let *faults* befall the next requests, instead of those set before."""
        self._faults = faults
        self._left = [fault.times for fault in faults]
        self._skips = [fault.skip for fault in faults]

    def strike(self, line: str) -> Fault | None:
        """Return the fault that befalls this request, if any, and count it."""
        for number, fault in enumerate(self._faults):
            if self._left[number] < 1 or not re.search(fault.match, line):
                continue
            if self._skips[number] > 0:
                self._skips[number] -= 1
                continue
            self._left[number] -= 1
            return fault
        return None


WEATHER = web.AppKey("weather", Weather)
UNSAID = {"authorization", "apikey", "cookie"}


def install(application: web.Application) -> None:
    """Give *application* faults, latency and a memory of what it was asked."""
    application[WEATHER] = Weather()
    application.middlewares.append(_weather)
    application.add_routes(
        [
            web.post("/_faults", _set_faults),
            web.post("/_latency", _set_latency),
            web.get("/_requests", _requests),
        ]
    )


@web.middleware
async def _weather(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith("/_"):
        return await handler(request)
    weather = request.app[WEATHER]
    started = time.monotonic()
    is_text = not request.content_type.startswith(("multipart/", "application/octet"))
    body = await request.text() if is_text and request.can_read_body else ""
    record: dict[str, Any] = {
        "method": request.method,
        "path": request.path,
        "query": request.query_string,
        "body": body,
        "headers": {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower() not in UNSAID
        },
        "status": None,
        "at": round(time.time(), 4),
        "seconds": None,
    }
    weather.seen.append(record)
    fault = weather.strike(f"{request.method} {request.path_qs} {body}")
    await asyncio.sleep(weather.latency + (fault.delay if fault else 0))
    response = await _befall(fault, request, handler)
    record["status"] = response.status
    record["seconds"] = round(time.monotonic() - started, 4)
    return response


async def _befall(
    fault: Fault | None, request: web.Request, handler: Handler
) -> web.StreamResponse:
    if fault is None:
        return await handler(request)
    if fault.late:
        await handler(request)
    if fault.reset:
        hang_up(request)
        raise asyncio.CancelledError
    if fault.status is not None:
        kind = "application/json" if fault.body[:1] in ("{", "[") else "text/plain"
        headers = {"Content-Type": f"{kind}; charset=utf-8", **fault.headers}
        return web.Response(
            status=fault.status, body=fault.body.encode(), headers=headers
        )
    response = await handler(request)
    if fault.truncate is None or not isinstance(response, web.Response):
        return response
    whole = response.body if isinstance(response.body, bytes) else b""
    cut = web.StreamResponse(status=response.status, headers=response.headers)
    cut.content_length = len(whole)
    await cut.prepare(request)
    await cut.write(whole[: fault.truncate])
    await asyncio.sleep(0.02)  # let it leave before the connection goes
    hang_up(request)
    return cut


def hang_up(request: web.Request) -> None:
    """Drop the connection; the client sees it reset."""
    if request.transport is not None:
        request.transport.abort()


async def _set_faults(request: web.Request) -> web.Response:
    request.app[WEATHER].forecast([Fault(**fault) for fault in await request.json()])
    return web.json_response({"ok": True})


async def _set_latency(request: web.Request) -> web.Response:
    request.app[WEATHER].latency = float((await request.json())["seconds"])
    return web.json_response({"ok": True})


async def _requests(request: web.Request) -> web.Response:
    weather = request.app[WEATHER]
    seen = list(weather.seen)
    if request.query.get("clear") == "1":
        weather.seen.clear()
    return web.json_response(seen)


def arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the two ways to say where a program of ours listens."""
    parser = argparse.ArgumentParser(description=description)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int, help="listen there, on loopback")
    where.add_argument("--socket", type=int, help="number of an inherited socket")
    return parser


def run(application: web.Application, where: argparse.Namespace) -> None:
    """Serve *application* where its arguments say, until it is ended."""
    web.run_app(
        application,
        host=None if where.socket is not None else LOOPBACK,
        port=where.port,
        sock=None if where.socket is None else socket.socket(fileno=where.socket),
        print=lambda *_: None,
        access_log=None,
        handler_cancellation=True,
    )
