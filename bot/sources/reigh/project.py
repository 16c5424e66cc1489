"""A Supabase project: pages to the end, own deadlines, every failure one error.

PostgREST answers at most 1000 rows and says nothing of the rest, so every list is read
page by page along a key that is unique. The library's own retry is off: it would cost
seven silent seconds when the database is down.
"""

import asyncio
import base64
import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

from bot import tracing
from bot.domain.errors import NotConfigured, OutOfTime, SourceDown, Uncertain
from bot.sources import Listing
from bot.sources.measuring import Observe, measured, unobserved
from bot.sources.patience import patience, within
from bot.sources.reigh import faults
from bot.sources.reigh.conditions import Answer, Key, Query, Row, page

if TYPE_CHECKING:
    from supabase import AsyncClient

REQUEST_SECONDS: Final = 6.0  # below the 8 s after which the database gives up itself
LISTING_SECONDS: Final = 7.5  # all pages of one list; an answer is due within 10 s
PAGE: Final = 1000  # PostgREST's usual cap
BOUND: Final = 200_000  # rows of one list; beyond it the answer says that it was cut
CHUNK: Final = 100  # ids in one address: 200 passed every proxy measured, 400 did not

# The library's errors keep no HTTP status, and a gateway's have no other code.
_last_status: Final = ContextVar("_last_status", default=0)
_last_blank: Final = ContextVar("_last_blank", default=False)

_KEY_FORM: Final = re.compile(r"[\w.+/=-]+", re.ASCII)

T = TypeVar("T")


class Project:
    """One project. Made without a connection; the first request opens it."""

    def __init__(
        self,
        url: str | None,
        key: str | None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        observe: Observe = unobserved,
    ) -> None:
        """Remember where it is; *transport* stands in for the network in tests."""
        self._observe = observe
        self._url = url
        self._key = key
        self._transport = transport
        self._http: httpx.AsyncClient | None = None
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._absent: set[tuple[str, str]] = set()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            await self._http.aclose()
        self._http = self._client = None

    def columns(self, table: str, names: Sequence[str]) -> str:
        """Return a `select` of the columns that this project's table has.

        A name may be an alias with a path (`tier:metadata->>ram_tier`).
        """
        return ",".join(
            name for name in names if (table, _column(name)) not in self._absent
        )

    def lacks(self, table: str, column: str) -> bool:
        """Tell whether the table was found not to have the column."""
        return (table, column) in self._absent

    async def rows(self, build: Callable[["AsyncClient"], Query]) -> list[Row]:
        """Return the rows of one request that needs no paging."""
        answer = await self._send(build)
        return _list(answer.data)

    async def change(self, build: Callable[["AsyncClient"], Query]) -> list[Row]:
        """Return the rows that one request changed, as far as it asks for them.

        It is sent again only when it was refused for a column that the table lacks.

        Raises:
            Uncertain: it was sent, and nobody knows whether the change was made.
            SourceDown: the change was not made.
        """
        _last_status.set(0)
        try:
            return _list((await self._send(build, to="change")).data)
        except SourceDown as error:
            if faults.surely_unmade(error, status=_last_status.get()):
                raise
            msg = f"{error.message} after the change was sent"
            raise Uncertain(faults.SOURCE, msg, hint=error.hint) from error.__cause__

    async def those(
        self, table: str, columns: str, key: str, values: Iterable[str]
    ) -> list[Row]:
        """Return the rows whose *key* is one of the values, in no order.

        Asked for in chunks, all at the same time.
        """
        every = sorted(set(values))
        chunks = [every[i : i + CHUNK] for i in range(0, len(every), CHUNK)]
        found = await asyncio.gather(
            *(
                self.rows(
                    lambda client, chunk=chunk: (  # type: ignore[misc]
                        client.table(table).select(columns).in_(key, chunk)
                    )
                )
                for chunk in chunks
            )
        )
        return [row for rows in found for row in rows]

    async def count(self, build: Callable[["AsyncClient"], Query]) -> int:
        """Return the exact count of a request that asks for one."""
        answer = await self._send(build)
        return _told(answer.count)

    async def all(
        self,
        build: Callable[["AsyncClient"], Any],
        key: Key,
        *,
        read: Callable[[Sequence[Row]], Iterable[T]],
        bound: int = BOUND,
        counted: bool = False,
    ) -> Listing[T]:
        """Return every matching row in the key's order, or the first *bound* of them.

        Each page goes through *read* as it comes, so that raw rows never pile up. The
        listing is not whole when the bound or the time for one list ended it. When
        *counted*, the first page also tells how many there are in all.
        """
        found: list[T] = []
        total: int | None = None
        until = time.monotonic() + patience(LISTING_SECONDS)
        after: Row | None = None
        while True:
            wanted = min(PAGE, bound - len(found))
            asked = page(build, key, after, wanted=wanted, counted=counted)
            try:
                answer = await self._send(asked, until - time.monotonic())
            except OutOfTime:
                if after is None:
                    raise
                return Listing(tuple(found), whole=False, total=total)
            rows = _list(answer.data)
            found += read(rows)
            if counted and after is None:
                total = _told(answer.count)
            # A cap that somebody set lower than a page is a round number: such a
            # page may be cut, so it is followed by one more request.
            if len(rows) < wanted and (not rows or len(rows) % 100):
                return Listing(tuple(found), total=total)
            if len(found) >= bound or time.monotonic() > until:
                return Listing(tuple(found), whole=False, total=total)
            after = rows[-1]

    async def _send(
        self,
        build: Callable[["AsyncClient"], Query],
        most: float = REQUEST_SECONDS,
        *,
        to: str = "read",
    ) -> Answer:
        client = await self._open()
        while True:
            known = frozenset(self._absent)
            seconds = patience(min(most, REQUEST_SECONDS))
            _last_status.set(0)
            _last_blank.set(False)
            try:
                with measured(faults.SOURCE, self._observe):
                    return await self._ask(build(client), seconds)
            except SourceDown:
                raise
            except httpx.HTTPError as error:
                raise SourceDown(faults.SOURCE, faults.unreachable(error)) from error
            except Exception as error:
                if self._learn_absence(error, known):
                    continue
                raise faults.explained(
                    error, status=_last_status.get(), to=to
                ) from error

    async def _ask(self, query: Query, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                return _said(await query.execute())
        except (TimeoutError, httpx.TimeoutException) as error:
            msg = f"did not answer {within(seconds, REQUEST_SECONDS)}"
            raise OutOfTime(faults.SOURCE, msg) from error

    def _learn_absence(
        self, error: Exception, known: frozenset[tuple[str, str]]
    ) -> bool:
        """Remember a column that the table lacks; tell whether to ask without it.

        *known* is what was known when the question was put: another one that was put
        at the same time may have learnt of the column meanwhile.

        Columns came and went over the years (systems/reigh.md, 1.2 and 1.3), and a
        project may be older than this program.
        """
        if getattr(error, "code", None) not in faults.NO_COLUMN:
            return False
        column = faults.missing(str(getattr(error, "message", "")))
        if column is None or column in known or column not in OPTIONAL:
            return False
        self._absent.add(column)
        return True

    async def _open(self) -> "AsyncClient":
        if self._client is not None:
            return self._client
        if not self._url:
            raise NotConfigured(faults.SOURCE, "SUPABASE_URL")
        if not self._key:
            raise NotConfigured(faults.SOURCE, "SUPABASE_SERVICE_ROLE_KEY")
        if not _KEY_FORM.fullmatch(self._key):
            msg = "SUPABASE_SERVICE_ROLE_KEY is not of the right form"
            raise SourceDown(faults.SOURCE, msg)
        if role := _weak_role(self._key):
            msg = f"SUPABASE_SERVICE_ROLE_KEY holds a key of role {role}"
            hint = "row level security hides every row from it: use the service key"
            raise SourceDown(faults.SOURCE, f"{msg}, which is shown no rows", hint=hint)
        async with self._opening:
            if self._client is None:
                self._client = await self._connect(self._url, self._key)
        return self._client

    async def _connect(self, url: str, key: str) -> "AsyncClient":
        # Imported here: half a second that `--help` must not pay.
        from supabase import AsyncClientOptions, acreate_client  # noqa: PLC0415

        # It writes every address, with all that was asked for, as soon as anybody (as
        # RunPod's SDK, while it is imported) has the root logger write at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(REQUEST_SECONDS, connect=4.0),
            limits=httpx.Limits(max_connections=16),
            transport=self._transport,
            event_hooks={"request": [_name_request], "response": [_keep_status]},
            http2=url.startswith("https://"),
        )
        options = AsyncClientOptions(
            httpx_client=self._http,
            postgrest_client_retry=False,
            auto_refresh_token=False,
            persist_session=False,
        )
        try:
            return await acreate_client(url, key, options=options)
        except Exception as error:
            msg = "SUPABASE_URL or SUPABASE_SERVICE_ROLE_KEY is not of the right form"
            raise SourceDown(faults.SOURCE, msg) from error


# Columns that some projects do not have; without them an answer says less.
OPTIONAL: Final = frozenset(
    {
        ("tasks", "dependant_on"),
        ("tasks", "updated_at"),
        ("tasks", "project_id"),
        ("tasks", "params"),
        ("tasks", "attempts"),
        ("tasks", "error_message"),
        ("tasks", "generation_created"),
        ("workers", "current_model"),
        ("workers", "instance_type"),
        ("system_logs", "cycle_number"),
    }
)


def _said(answer: Answer) -> Answer:
    """Return the answer; one without a body is no empty list."""
    if _last_blank.get():
        msg = "answered with nothing at all"
        hint = "is SUPABASE_URL the address of a Supabase project?"
        raise SourceDown(faults.SOURCE, msg, hint=hint)
    return answer


def _told(count: int | None) -> int:
    if count is None:
        msg = "answered without the count that was asked for"
        raise SourceDown(faults.SOURCE, msg)
    return count


def _list(data: object) -> list[Row]:
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        msg = "answered something that is not a list of rows"
        hint = "is SUPABASE_URL the address of a Supabase project?"
        raise SourceDown(faults.SOURCE, msg, hint=hint)
    return data


def _weak_role(key: str) -> str | None:
    """Return the role of a key that row level security shows nothing, else None."""
    if key.startswith("sb_publishable_"):
        return "anon"
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        role = json.loads(base64.urlsafe_b64decode(padded)).get("role")
    except (ValueError, AttributeError):
        return None
    return role if role in ("anon", "authenticated") else None


async def _name_request(request: httpx.Request) -> None:
    """Let the project's own logs tell for which of our requests they were written."""
    if id := tracing.current():
        request.headers[tracing.HEADER] = id


async def _keep_status(response: httpx.Response) -> None:
    """Remember the status, and whether there was a body: the library keeps neither."""
    _last_status.set(response.status_code)
    _last_blank.set(not await response.aread())


def _column(name: str) -> str:
    """Return the column behind `alias:column->path`."""
    return name.rsplit(":", maxsplit=1)[-1].split("->", maxsplit=1)[0]
