"""A project whose network is in memory: it answers what it was given to answer."""

import base64
import json
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import httpx

from bot.sources.measuring import Observe, unobserved
from bot.sources.reigh.project import Project

URL = "http://project.example.test"
KEY = "sb_secret_made_up"

Answer: TypeAlias = httpx.Response | Exception
Answering: TypeAlias = Callable[[httpx.Request], Answer]


def a_key(role: str) -> str:
    """Return a key in the old form, which tells its role."""
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode()
    return f"e30.{claims.rstrip('=')}.made-up"


def rows(*found: object) -> httpx.Response:
    """Return an answer of these rows."""
    return httpx.Response(200, json=list(found))


def counted(number: int) -> httpx.Response:
    """Return an answer to the question how many there are."""
    return httpx.Response(206, json=[], headers={"Content-Range": f"*/{number}"})


def counts(request: httpx.Request) -> bool:
    """Tell whether the request asks how many there are."""
    return "count=exact" in request.headers.get("Prefer", "")


def refused(code: str | None, message: str, *, status: int = 400) -> httpx.Response:
    """Return an error as PostgREST words it; a gateway's has no code."""
    return httpx.Response(status, json={"code": code, "message": message})


class Rest:
    """Answers one after the other, or as told by a function; the last one repeats."""

    def __init__(self, *answers: Answer | Answering) -> None:
        """Remember what to answer."""
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)

    def project(
        self,
        *,
        key: str | None = KEY,
        url: str | None = URL,
        observe: Observe = unobserved,
    ) -> Project:
        """Return a project that reaches this."""
        transport = httpx.MockTransport(self._handle)
        return Project(url, key, transport=transport, observe=observe)

    @property
    def asked(self) -> list[dict[str, str]]:
        """The query of every request; a name that occurs twice keeps both values."""
        found = []
        for request in self.requests:
            query: dict[str, str] = {}
            for name, value in parse_qsl(request.url.query.decode()):
                query[name] = f"{query[name]} & {value}" if name in query else value
            found.append(query)
        return found

    @property
    def tables(self) -> list[str]:
        """The table of every request."""
        return [request.url.path.rsplit("/", 1)[-1] for request in self.requests]

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers[0]
        if len(self._answers) > 1:
            del self._answers[0]
        if not isinstance(answer, httpx.Response | Exception):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        # A response can be read once only.
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=answer.content
        )


def a_log_row(**given: Any) -> dict[str, Any]:
    """Return a row of system_logs under the names that are asked for."""
    return {
        "id": "00000000-0000-4000-8000-000000000001",
        "at": "2026-01-31T11:59:00+00:00",
        "level": "INFO",
        "source": "worker",
        "source_id": "gpu-1",
        "message": "a line",
        "task_id": None,
        "worker_id": None,
        "cycle": None,
    } | given


def a_task_row(**given: Any) -> dict[str, Any]:
    """Return a row of tasks with the columns that it must have."""
    return {
        "id": "41345358-0000-4000-8000-000000000001",
        "task_type": "travel_segment",
        "status": "In Progress",
        "created_at": "2026-01-31T11:50:00+00:00",
    } | given


def a_worker_row(**given: Any) -> dict[str, Any]:
    """Return a row of workers with the columns that it must have."""
    return {
        "id": "gpu-20260131_110000-0a1b2c3d",
        "status": "active",
        "created_at": "2026-01-31T11:00:00+00:00",
        "last_heartbeat": "2026-01-31T11:59:50+00:00",
    } | given
