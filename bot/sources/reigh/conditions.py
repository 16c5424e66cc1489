"""Which rows are wanted, in what order and on which page, as PostgREST says it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bot.domain.pages import Border
from bot.domain.times import Window

if TYPE_CHECKING:
    from supabase import AsyncClient

Row = dict[str, Any]


class Answer(Protocol):
    """What the client library returns."""

    data: Any
    count: int | None


class Query(Protocol):
    """A request of the client library, ready to be sent."""

    async def execute(self) -> Answer:
        """Send it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Along what a list is paged: a column and the id that breaks its ties."""

    column: str
    field: str
    """The column's name in the rows, which an alias may change."""
    descending: bool = True


def page(
    build: Callable[["AsyncClient"], Any],
    key: Key,
    after: Row | None,
    *,
    wanted: int,
    counted: bool,
) -> Callable[["AsyncClient"], Query]:
    """Return the request for the rows after *after*; the first one may also count."""

    def asked(client: "AsyncClient") -> Query:
        query = build(client)
        if after is not None:
            query = _beyond(query, after, key)
        ordered = query.order(key.column, desc=key.descending)
        if key.column != "id":
            ordered = ordered.order("id", desc=key.descending)
        limited: Query = ordered.limit(wanted)
        if counted and after is None:
            ordered.request.headers["Prefer"] = "count=exact"
        return limited

    return asked


def beyond(query: Any, border: Border, key: Key) -> Any:
    """Return the query for what comes after the border in the key's order."""
    return _past(query, border.at.isoformat(), border.id, key)


def _beyond(query: Any, row: Row, key: Key) -> Any:
    """Return the query for what comes after *row* in the key's order."""
    if key.column == "id":
        return query.filter("id", "lt" if key.descending else "gt", row["id"])
    return _past(query, row[key.field], row["id"], key)


def _past(query: Any, value: str, row_id: str, key: Key) -> Any:
    """Return the query for what comes after these in the key's order.

    The plain bound says nothing that the other filter does not, but an index can start
    from it: without it every page would pass over all pages before it.
    """
    than = "lt" if key.descending else "gt"
    at, id = quoted(value), quoted(row_id)
    same = f"and({key.column}.eq.{at},id.{than}.{id})"
    bounded = query.filter(key.column, f"{than}e", value)
    return bounded.or_(f"{key.column}.{than}.{at},{same}")


def within(query: Any, column: str, window: Window) -> Any:
    """Return the query for rows of the window."""
    return not_after(query.gte(column, window.since.isoformat()), column, window)


def not_after(query: Any, column: str, window: Window) -> Any:
    """Return the query for rows up to the window's end."""
    return query.lte(column, window.end.isoformat())


def quoted(value: object) -> str:
    r"""Return the value for an `or` filter, where `,.:()` would end it."""
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
