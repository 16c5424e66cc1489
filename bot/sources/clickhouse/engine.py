"""ClickHouse over HTTP: one question, its values apart from it, and rows as they come.

Rows are read line by line. An error may come after many of them, in an answer that
began as a good one (200): nothing but a whole row is taken for a row.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import httpx

from bot.domain.errors import SourceDown
from bot.settings import ClickHouse
from bot.sources.clickhouse import faults
from bot.sources.clickhouse.conditions import Given, said
from bot.sources.measuring import Observe, measured, unobserved
from bot.sources.patience import patience, within

REQUEST_SECONDS: Final = 6.0  # as other sources' requests; an answer is due within 10 s
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one answer: a page of lines, of which some are whole dumps."""
_SHOWN: Final = 4096  # of a refusal: its code stands at its beginning


class Engine:
    """One table of a ClickHouse, opened when it is first asked, and only ever read."""

    def __init__(
        self,
        settings: ClickHouse,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        observe: Observe = unobserved,
    ) -> None:
        """Connect nothing yet; *transport* stands in for the network in tests."""
        self._settings = settings
        self._transport = transport
        self._observe = observe
        self._client: httpx.AsyncClient | None = None

    @property
    def table(self) -> str:
        """The table as it stands in a question."""
        return ".".join(f"`{part}`" for part in self._settings.table.split("."))

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
        self._client = None

    async def rows(
        self,
        question: str,
        values: Mapping[str, Given],
        *,
        most: int,
        seconds: float = REQUEST_SECONDS,
    ) -> Sequence[dict[str, Any]]:
        """Return the rows of a question that has at most so many.

        What *values* hold stands in the question as `{name:Type}`, and is sent apart.

        Raises:
            OutOfTime: no whole answer came in time, theirs or ours.
            SourceDown: it can't be reached, refused, or answered something else.
        """
        seconds = patience(min(seconds, REQUEST_SECONDS))
        given = {
            "default_format": "JSONEachRow",
            # By 1 nothing could be changed either, but a user who is held to 2 (who may
            # only read, and set limits) is refused when it asks for anything else.
            "readonly": "2",
            # Whole seconds, and no more than ours: older versions know no others.
            "max_execution_time": str(max(int(seconds), 1)),
            "max_result_rows": str(most),
            # Whoever gives up the question gives up the work for it.
            "cancel_http_readonly_queries_on_client_close": "1",
            **{f"param_{name}": said(value) for name, value in values.items()},
        }
        with measured(faults.SOURCE, self._observe):
            try:
                async with asyncio.timeout(seconds):
                    return [row async for row in self._ask(question, given)]
            except (TimeoutError, httpx.TimeoutException) as error:
                waited = within(seconds, REQUEST_SECONDS)
                raise faults.too_late(waited) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise faults.unreachable(error) from error

    async def _ask(
        self, question: str, given: Mapping[str, str]
    ) -> AsyncIterator[dict[str, Any]]:
        client, settings = self._open(), self._settings
        table = settings.table
        async with client.stream(
            "POST", settings.url, params=given, content=question.encode()
        ) as answer:
            if answer.status_code != httpx.codes.OK:
                text = await _beginning(answer)
                code = answer.headers.get("X-ClickHouse-Exception-Code")
                raise faults.refused(answer.status_code, code, text, table=table)
            async for line in _lines(answer):
                yield _row(line, table)

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            settings = self._settings
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            if settings.user is not None:
                headers["X-ClickHouse-User"] = settings.user
            if settings.password is not None:
                headers["X-ClickHouse-Key"] = settings.password
            self._client = httpx.AsyncClient(
                headers=headers,
                timeout=REQUEST_SECONDS,
                trust_env=False,
                follow_redirects=False,
                transport=self._transport,
            )
        return self._client


def _row(line: bytes, table: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict) and row.keys() != {"exception"}:
        return row
    said = row["exception"] if isinstance(row, dict) else line.decode(errors="replace")
    raise faults.broken_off(str(said), table=table)


async def _lines(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the lines of an answer, which end with a line feed and nothing else.

    Raises:
        SourceDown: it is too large, or its last line has no end.
    """
    left, size = b"", 0
    mark = answer.headers.get("X-ClickHouse-Exception-Tag", "").encode()
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > LARGEST:
            msg = f"answered with more than {LARGEST >> 20} MB: use a shorter window"
            raise SourceDown(faults.SOURCE, msg)
        *whole, left = (left + part).split(b"\n")
        for line in whole:
            # What tells of an error has marks around it in newer versions.
            if line.strip() not in (b"", b"__exception__", mark):
                yield line
    if left.strip():
        yield left + b"\0"  # no row, whatever it looks like


async def _beginning(answer: httpx.Response) -> str:
    held = b""
    async for part in answer.aiter_bytes():
        held += part
        if len(held) >= _SHOWN:
            break
    return held[:_SHOWN].decode(errors="replace")
