"""Answers for PostgREST where its binary can't be had (no npm, another processor).

The part of PostgREST 12 that a client of a queue uses: reading with the words of
`bot.demo.rest_query`, exact counts and ranges, the cap on rows, PATCH, DELETE and
plain POST, errors in PostgREST's form. Roles and row level security are the
database's own. What it lacks is refused, never answered wrongly: functions other
than "no such function", upserts, casts, aggregates, deeper embedding.

    python -m bot.demo.rest_stand_in --port 55601 --uri postgresql://authenticator@/…
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import jwt
from aiohttp import web

from bot.demo import faults
from bot.demo.gateway import SECRET
from bot.demo.ground import Ground, Process, Unavailable
from bot.demo.rest_query import Query, Refused, out_of_range, read

try:
    import psycopg
    from psycopg import sql

    from bot.demo.rest_sql import SCHEMA, Catalogue, ForeignKey, Statement

    INSTALLED = True
except ImportError:  # the extra `demo` is not installed
    INSTALLED = False

MAX_ROWS = 1000
POOL = 10
ONE = "application/vnd.pgrst.object+json"
MANY = "application/json"
# How PostgREST turns an error of the database into a status: by the whole code,
# else by its class, else 400.
STATUS = {
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "53400": 500,
    "57P01": 503,
    "P0001": 400,
}
STATUS_OF_CLASS = {
    **dict.fromkeys(("09", "25", "2D", "38", "39", "3B", "40", "54", "55"), 500),
    **dict.fromkeys(("57", "58", "F0", "HV", "P0", "XX"), 500),
    **dict.fromkeys(("0L", "0P", "28"), 403),
    **dict.fromkeys(("08", "53"), 503),
}
COLUMNS = """
select relation.relname, attribute.attname
from pg_class relation
join pg_attribute attribute on attribute.attrelid = relation.oid
where relation.relnamespace = 'public'::regnamespace and attribute.attnum > 0
  and relation.relkind in ('r', 'p', 'v', 'm') and not attribute.attisdropped
order by relation.relname, attribute.attnum
"""
FOREIGN_KEYS = """
select key.conname, source.relname, mine.attname, target.relname, theirs.attname
from pg_constraint key
join pg_class source on source.oid = key.conrelid
join pg_class target on target.oid = key.confrelid
join pg_attribute mine
  on mine.attrelid = key.conrelid and mine.attnum = key.conkey[1]
join pg_attribute theirs
  on theirs.attrelid = key.confrelid and theirs.attnum = key.confkey[1]
where key.contype = 'f' and cardinality(key.conkey) = 1
"""
# The limits of a role hold for what is done in its name, as PostgREST has it.
ROLES = "select rolname, rolconfig from pg_roles where rolname !~ '^pg_'"


class RestStandIn:
    """A running stand-in at `url`, without the prefix /rest/v1."""

    def __init__(self, url: str, process: Process) -> None:
        self.url = url
        self._process = process

    @classmethod
    def start(cls, ground: Ground, *, uri: str, port: int = 0) -> "RestStandIn":
        """Start it on *ground* for the database at *uri*, as `authenticator`.

        Raises:
            Unavailable: psycopg is not installed.
        """
        if not INSTALLED:
            msg = "psycopg is not installed; pip install 'debug-bot[demo]'"
            raise Unavailable(msg)
        process, address = ground.start_module(
            *("bot.demo.rest_stand_in", "--uri", uri), port=port
        )
        process.wait_for(address)
        return cls(address, process)

    def stop(self) -> None:
        """End it at once."""
        self._process.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: a role and the claims that say so."""

    role: str
    claims: dict[str, Any]


class Database:
    """A few connections as `authenticator`, and what the catalogue says."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._idle: list[Any] = []
        self._places = asyncio.Semaphore(POOL)
        self._settings: dict[str, list[str]] = {}
        self.catalogue = Catalogue(columns={}, foreign_keys=())

    async def open(self) -> None:
        """Read the catalogue."""
        async with self._connection() as connection:
            columns: dict[str, list[str]] = {}
            for table, column in await _rows(connection, COLUMNS):
                columns.setdefault(table, []).append(column)
            keys = [
                ForeignKey(
                    name=row[0],
                    table=row[1],
                    column=row[2],
                    target=row[3],
                    target_column=row[4],
                )
                for row in await _rows(connection, FOREIGN_KEYS)
            ]
            self._settings = {
                role: settings or []
                for role, settings in await _rows(connection, ROLES)
            }
        self.catalogue = Catalogue(columns=columns, foreign_keys=keys)

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._idle:
            await connection.close()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        async with self._places:
            connection = self._idle.pop() if self._idle else None
            if connection is None or connection.closed:
                connection = await psycopg.AsyncConnection.connect(
                    self._uri, autocommit=True
                )
            try:
                yield connection
            finally:
                if not connection.closed:
                    self._idle.append(connection)

    @contextlib.asynccontextmanager
    async def as_caller(self, caller: Caller) -> AsyncIterator[Any]:
        """Yield a transaction in the caller's role."""
        async with self._connection() as connection, connection.transaction():
            set_config = "select set_config(%s, %s, true)"
            for setting in self._settings.get(caller.role, ()):
                name, _, value = setting.partition("=")
                await connection.execute(set_config, [name, value])
            await connection.execute(set_config, ["role", caller.role])
            claims = json.dumps(caller.claims)
            await connection.execute(set_config, ["request.jwt.claims", claims])
            yield connection


async def _rows(connection: Any, text: str) -> list[Any]:
    cursor = await connection.execute(text)
    rows: list[Any] = await cursor.fetchall()
    return rows


DATABASE = web.AppKey("database", Database)


def application(*, uri: str) -> web.Application:
    """Return the stand-in before the database at *uri*."""
    app = web.Application(client_max_size=64 * 2**20, middlewares=[_refusals])

    async def database(app: web.Application) -> AsyncIterator[None]:
        app[DATABASE] = Database(uri)
        await app[DATABASE].open()
        yield
        await app[DATABASE].close()

    app.cleanup_ctx.append(database)
    app.add_routes(
        [
            web.get("/", _root),
            web.get("/{table}", _read),  # and HEAD
            web.patch("/{table}", _change),
            web.delete("/{table}", _remove),
            web.post("/{table}", _add),
            web.route("*", "/rpc/{function}", _no_function),
        ]
    )
    return app


@web.middleware
async def _refusals(
    request: web.Request, handler: faults.Handler
) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as error:
        headers = {}
        if error.body["code"] == "PGRST301":
            about = f'error="invalid_token", error_description="{error}"'
            headers["WWW-Authenticate"] = f"Bearer {about}"
        return _json(_compact(error.body), error.status, headers)
    except psycopg.Error as error:
        return _json(*_as_postgrest(error, anonymous=_caller(request).role == "anon"))


def _as_postgrest(error: Any, *, anonymous: bool) -> tuple[str, int]:
    """Return the body and the status PostgREST makes of a database's error."""
    diagnosis = error.diag
    code = error.sqlstate or "PGRST000"
    status = STATUS.get(code) or STATUS_OF_CLASS.get(code[:2]) or 400
    if code == "42501":
        status = 401 if anonymous else 403
    elif code.startswith("PT") and code[2:].isdecimal():
        status = int(code[2:])
    elif code == "PGRST000":
        status = 503
    body = {
        "code": code,
        "details": diagnosis.message_detail,
        "hint": diagnosis.message_hint,
        "message": diagnosis.message_primary or str(error),
    }
    return _compact(body), status


def _caller(request: web.Request) -> Caller:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        return Caller(role="anon", claims={"role": "anon"})
    try:
        claims = jwt.decode(
            token, SECRET, algorithms=["HS256"], options={"verify_aud": False}
        )
    except jwt.ExpiredSignatureError as error:
        raise Refused(401, "PGRST301", "JWT expired") from error
    except jwt.PyJWTError as error:
        message = f"JWSError ({error})"
        raise Refused(401, "PGRST301", message) from error
    return Caller(role=str(claims.get("role", "anon")), claims=claims)


async def _root(_: web.Request) -> web.Response:
    return web.json_response({"swagger": "2.0", "paths": {}})


async def _no_function(request: web.Request) -> web.Response:
    name = f"{SCHEMA}.{request.match_info['function']}"
    what = "without parameters"
    raise Refused(
        404,
        "PGRST202",
        f"Could not find the function {name} {what} in the schema cache",
        details=(
            f"Searched for the function {name} {what} or with a single unnamed "
            "json/jsonb parameter, but no matches were found in the schema cache."
        ),
    )


async def _read(request: web.Request) -> web.Response:
    caller, query, prefers = _caller(request), _query(request), _prefers(request)
    table = request.match_info["table"]
    offset, limit = _window(request, query)
    database = request.app[DATABASE]
    statement = Statement(database.catalogue)
    page = statement.select(table, query, limit=limit, offset=offset)
    whole = sql.SQL(
        "select count(*), coalesce(json_agg(page), '[]')::text from ({}) page"
    ).format(page)
    total = None
    async with database.as_caller(caller) as connection:
        cursor = await connection.execute(whole, statement.values)
        count, body = await cursor.fetchone()
        if "count" in prefers:
            counting = Statement(database.catalogue)
            where = counting.where(table, query)
            every = sql.SQL("select count(*) from {}{}").format(
                sql.Identifier(SCHEMA, table), where
            )
            cursor = await connection.execute(every, counting.values)
            [total] = await cursor.fetchone()
    headers = {"Content-Range": _range(offset, count, total)}
    if "count" in prefers:
        headers["Preference-Applied"] = f"count={prefers['count']}"
    status = 200
    if total is not None and offset > total:
        text = f"An offset of {offset} was requested, but there are only {total} rows."
        headers["Content-Range"] = f"*/{total}"
        return _json(_compact(out_of_range(text).body), 416, headers)
    if total is not None and count < total:
        status = 206
    return _shaped(request, body, count, status, headers)


async def _change(request: web.Request) -> web.Response:
    caller, query = _caller(request), _query(request)
    table = request.match_info["table"]
    given = await _given(request)
    statement = Statement(request.app[DATABASE].catalogue)
    columns = _columns(request, table, [given] if isinstance(given, dict) else given)
    if not columns:
        return await _written(request, caller, None, [])
    value = statement.bind(json.dumps(given))
    assigned = sql.SQL(", ").join(
        sql.SQL("{0} = given.{0}").format(sql.Identifier(name)) for name in columns
    )
    where = statement.where(table, query)
    text = sql.SQL(
        "update {table} set {assigned} from json_populate_record(null::{table}, {value}"
        "::json) given{where} returning {returning}"
    ).format(
        table=sql.Identifier(SCHEMA, table),
        assigned=assigned,
        value=value,
        where=where,
        returning=statement.returning(table, query),
    )
    return await _written(request, caller, text, statement.values)


async def _remove(request: web.Request) -> web.Response:
    caller, query = _caller(request), _query(request)
    table = request.match_info["table"]
    statement = Statement(request.app[DATABASE].catalogue)
    text = sql.SQL("delete from {}{} returning {}").format(
        sql.Identifier(SCHEMA, table),
        statement.where(table, query),
        statement.returning(table, query),
    )
    return await _written(request, caller, text, statement.values)


async def _add(request: web.Request) -> web.Response:
    caller, query = _caller(request), _query(request)
    table = request.match_info["table"]
    if "resolution" in _prefers(request) or "on_conflict" in request.query:
        raise Refused(400, "PGRST100", "upserts are not done by the stand-in")
    given = await _given(request)
    rows = given if isinstance(given, list) else [given]
    columns = _columns(request, table, rows)
    statement = Statement(request.app[DATABASE].catalogue)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    text = sql.SQL(
        "insert into {table} ({names}) select {names} from "
        "json_populate_recordset(null::{table}, {value}::json) returning {returning}"
    ).format(
        table=sql.Identifier(SCHEMA, table),
        names=names,
        value=statement.bind(json.dumps(rows)),
        returning=statement.returning(table, query),
    )
    return await _written(request, caller, text, statement.values, status=201)


async def _written(
    request: web.Request,
    caller: Caller,
    text: Any,
    values: list[str],
    *,
    status: int = 200,
) -> web.Response:
    """Run a writing statement; answer with its rows if they are wanted."""
    prefers = _prefers(request)
    count, body = 0, "[]"
    if text is not None:
        whole = sql.SQL(
            "with written as ({}) select count(*), "
            "coalesce(json_agg(written), '[]')::text from written"
        ).format(text)
        async with request.app[DATABASE].as_caller(caller) as connection:
            cursor = await connection.execute(whole, values)
            count, body = await cursor.fetchone()
    total = count if "count" in prefers else None
    ranged = count if request.method == "PATCH" else 0
    applied = [
        f"{name}={prefers[name]}" for name in ("return", "count") if name in prefers
    ]
    headers = {"Content-Range": _range(0, ranged, total)}
    if applied:
        headers["Preference-Applied"] = ", ".join(applied)
    if prefers.get("return") == "representation":
        return _shaped(request, body, count, status, headers)
    return web.Response(status=201 if status == 201 else 204, headers=headers)


def _query(request: web.Request) -> Query:
    raw = request.rel_url.raw_query_string
    return read(parse_qsl(raw, keep_blank_values=True))


def _prefers(request: web.Request) -> dict[str, str]:
    words = ",".join(request.headers.getall("Prefer", ())).split(",")
    pairs = (word.strip().partition("=") for word in words)
    return {name: value for name, _, value in pairs if name}


def _window(request: web.Request, query: Query) -> tuple[int, int]:
    """Return offset and limit: the query's, the Range header's, under the cap."""
    offset, limit = query.offset, query.limit
    asked = re.fullmatch(r"(\d+)-(\d*)", request.headers.get("Range", ""))
    if asked and request.method != "HEAD":
        first, last = int(asked[1]), asked[2]
        if last and int(last) < first:
            text = (
                "The lower boundary must be lower than or equal to the upper "
                "boundary in the Range header."
            )
            raise out_of_range(text)
        offset = max(offset, first)
        if last:
            size = int(last) - offset + 1
            limit = size if limit is None else min(limit, size)
    return offset, MAX_ROWS if limit is None else min(limit, MAX_ROWS)


async def _given(request: web.Request) -> Any:
    try:
        given = json.loads(await request.text())
    except ValueError as error:
        raise Refused(400, "PGRST102", "Empty or invalid json") from error
    if not isinstance(given, dict | list):
        raise Refused(400, "PGRST102", "Empty or invalid json")
    return given


def _columns(request: web.Request, table: str, rows: list[Any]) -> list[str]:
    """Return the columns that *rows* fill, all the same ones."""
    known = request.app[DATABASE].catalogue.columns.get(table)
    names = list(rows[0]) if rows else []
    if any(not isinstance(row, dict) or set(row) != set(names) for row in rows):
        raise Refused(400, "PGRST102", "All object keys must match")
    for name in names:
        if known is not None and name not in known:
            message = f"Column '{name}' of relation '{table}' does not exist"
            raise Refused(400, "PGRST204", message)
    return names


def _range(offset: int, count: int, total: int | None) -> str:
    rows = f"{offset}-{offset + count - 1}" if count else "*"
    return f"{rows}/{'*' if total is None else total}"


def _shaped(
    request: web.Request, body: str, count: int, status: int, headers: dict[str, str]
) -> web.Response:
    """Answer with the rows, or with the one row when one was asked for."""
    if ONE not in request.headers.get("Accept", ""):
        return _json(body, status, headers)
    if count != 1:
        message = "JSON object requested, multiple (or no) rows returned"
        raise Refused(
            406, "PGRST116", message, details=f"The result contains {count} rows"
        )
    [row] = json.loads(body)
    return _json(_compact(row), status, headers, kind=ONE)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _json(
    body: str, status: int, headers: dict[str, str] | None = None, kind: str = MANY
) -> web.Response:
    return web.Response(
        body=body.encode(),
        status=status,
        headers={**(headers or {}), "Content-Type": f"{kind}; charset=utf-8"},
    )


def main() -> None:
    """Serve until ended."""
    parser = faults.arguments("A stand-in for PostgREST.")
    parser.add_argument("--uri", required=True, help="database, as authenticator")
    where = parser.parse_args()
    faults.run(application(uri=where.uri), where)


if __name__ == "__main__":
    main()
