"""A fleet's rows behind PostgREST's words, without a database or a network.

The real adapter asks, over a transport that answers from lists: so every row passes
through the models that it passes through in production. Reads only.
"""

import json
import operator
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path as File
from typing import Any, Final, TypeAlias, TypeGuard, cast
from urllib.parse import parse_qsl

import httpx

import bot.demo
from bot.addressing import Addresses
from bot.demo.fleet import Fleet
from bot.demo.rest_query import Column, Condition, Embed, Filter, Path, Query, read
from bot.demo.rows import LogRow
from bot.dispatch import Desk
from bot.domain.cases import Thresholds
from bot.domain.offers import Record
from bot.domain.pods import Pod, PodId
from bot.domain.times import Window
from bot.gate.gate import Gate
from bot.sources import Pods, System
from bot.sources.reigh import Project, reigh
from bot.sources.runpod import NAME_PREFIXES, _pod
from bot.wiring import commands

MOST: Final = 1000  # rows that the real one answers with
KEY: Final = "a.b.c"  # of the right form, and nothing more
Row: TypeAlias = tuple[Any, ...]
Test: TypeAlias = Callable[[Row], bool]

# Which column of the first table holds the key of the second one's rows.
_KEYS: Final = {
    ("tasks", "workers"): "worker_id",
    ("tasks", "projects"): "project_id",
    ("projects", "users"): "user_id",
}
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_INDEXED: Final = ("id", "task_id", "worker_id", "source_id", "source_type", "status")


class Table:
    """Rows in the order of their time, and how to find them."""

    def __init__(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], order: str = ""
    ) -> None:
        self.place = {name: number for number, name in enumerate(columns)}
        self.rows = [tuple(row) for row in rows]
        self.order = order
        if order:
            by = operator.itemgetter(self.place[order], self.place["id"])
            self.rows.sort(key=by)
        self._indices: dict[str, dict[Any, list[Row]]] = {}

    def candidates(
        self, conditions: Sequence[Condition]
    ) -> tuple[Sequence[Row], list[Condition]]:
        """Return few rows among which all that match are, and what is left to test."""
        fewest, settled = self.rows, None
        for each in conditions:
            if _plain(each, "eq") and each.path.column in _INDEXED:
                found = self._index(each.path.column).get(each.value, [])
                if len(found) < len(fewest):
                    fewest, settled = found, each
        left = [each for each in conditions if each is not settled]
        first, last = 0, len(fewest)
        for each in left[:] if self.order else ():
            if _plain(each, "gte", "lte") and each.path.column == self.order:
                left.remove(each)
                by = operator.itemgetter(self.place[self.order])
                at = datetime.fromisoformat(each.value)
                if each.operator == "gte":
                    first = max(first, bisect_left(fewest, at, key=by))
                else:
                    last = min(last, bisect_right(fewest, at, key=by))
        return fewest[first:last], left

    def _index(self, column: str) -> dict[Any, list[Row]]:
        if column not in self._indices:
            place = self.place[column]
            index: dict[Any, list[Row]] = {}
            for row in self.rows:
                index.setdefault(row[place], []).append(row)
            self._indices[column] = index
        return self._indices[column]


class Memory(httpx.AsyncBaseTransport):
    """Answers as PostgREST does; *fleet* may be changed between two answers."""

    def __init__(self, fleet: Fleet) -> None:
        """Hold the rows of *fleet*."""
        self.hold(fleet)

    @classmethod
    def of(cls, tables: Mapping[str, Table]) -> "Memory":
        """Return one that holds these tables, of no fleet."""
        memory = cls.__new__(cls)
        memory.tables = dict(tables)
        return memory

    def hold(self, fleet: Fleet) -> None:
        """Forget all rows, and hold those of another fleet."""
        tables = {name: (columns, rows) for name, columns, rows in fleet.tables()}
        columns, rows = tables.pop("system_logs")
        assert tuple(columns) == LogRow._fields
        self.tables = {
            name: Table(columns, rows, "created_at" if "created_at" in columns else "")
            for name, (columns, rows) in tables.items()
        }
        self.tables["system_logs"] = Table(columns, rows)
        self.tables["system_logs"].order = "timestamp"  # a fleet's lines have it
        in_cloud = {
            p.id: {"ui": {"generationMethods": {"inCloud": p.in_cloud}}}
            for p in fleet.people
        }
        self.tables["users"] = Table(
            ("id", "credits", "settings"),
            [(each.id, each.credits, in_cloud[each.id]) for each in fleet.people],
        )
        self.tables["projects"] = Table(
            ("id", "user_id", "name"),
            [(each.project_id, each.id, each.name) for each in fleet.people],
        )
        self.tables["task_types"] = Table(
            ("id", "name", "run_type", "category", "content_type", "is_active"),
            [(row[0], *row, row[0] not in fleet.idle_types) for row in task_types()],
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the page of rows that is asked for."""
        name = request.url.path.rpartition("/")[2]
        table = self.tables.get(name)
        if table is None or request.method not in ("GET", "HEAD"):
            body = {"code": "PGRST205", "message": f"Could not find the table {name}"}
            return httpx.Response(404, json=body)
        pairs = parse_qsl(request.url.query.decode(), keep_blank_values=True)
        query = read(pairs)
        counted = "count=exact" in request.headers.get("prefer", "")
        try:
            rows, total = _page(table, query, counted=counted)
            found = [
                self._shown(name, row, query.columns, query.embeds) for row in rows
            ]
        except KeyError as error:
            column = str(error.args[0])
            message = f"column {name}.{column} does not exist"
            return httpx.Response(400, json={"code": "42703", "message": message})
        last = query.offset + len(found) - 1
        span = f"{query.offset}-{last}" if found else "*"
        return httpx.Response(
            200,
            headers={
                "content-range": f"{span}/{'*' if total is None else total}",
                "content-type": "application/json",
            },
            content=b"" if request.method == "HEAD" else _json(found),
        )

    def _shown(
        self,
        name: str,
        row: Row,
        columns: Iterable[Column],
        embeds: Iterable[Embed] = (),
    ) -> dict[str, Any]:
        table = self.tables[name]
        shown: dict[str, Any] = {}
        for column in columns:
            if column.path.column == "*":
                shown |= {each: row[place] for each, place in table.place.items()}
                continue
            steps = column.path.steps
            called = column.alias or (steps[-1][1] if steps else column.path.column)
            shown[called] = _reader(table, column.path)(row)
        for embed in embeds:
            key = row[table.place[_KEYS[name, embed.relation]]]
            other = self.tables[embed.relation]._index("id").get(key, [])
            shown[embed.alias or embed.relation] = (
                self._shown(embed.relation, other[0], embed.columns) if other else None
            )
        return shown


class MemoryPods:
    """Fulfils `bot.sources.Pods` with the fleet's, read as RunPod's records are."""

    name_prefixes = NAME_PREFIXES

    def __init__(self, fleet: Fleet) -> None:
        """Rent the pods of *fleet*."""
        self.fleet = fleet

    async def all(self) -> Sequence[Pod]:
        """Return the pods that the list shows."""
        return [
            _pod(each.as_graphql(self.fleet.now))
            for each in self.fleet.pods.values()
            if each.id not in self.fleet.unlisted
        ]

    async def get(self, id: PodId) -> Pod | None:
        """Return the pod, whether the list shows it or not."""
        pod = self.fleet.pods.get(id)
        return None if pod is None else _pod(pod.as_graphql(self.fleet.now))


def a_desk(memory: Memory, pods: Pods) -> Desk:
    """Return the real desk over these rows and pods; its audit is empty."""
    project = Project("http://memory.test", KEY, transport=memory)
    return desk_of(reigh(project, pods, thresholds=Thresholds(), settings=()))


def desk_of(system: System) -> Desk:
    """Return the real desk over one system; its audit is empty."""
    return Desk(
        addresses=Addresses({system.name: lambda: system}, default=system.name),
        commands=commands(),
        gate=lambda: cast("Gate", NoGate()),
    )


class NoGate:
    """A gate through which nobody went."""

    async def records(self, window: Window, *, limit: int) -> Sequence[Record]:
        del window, limit
        return ()


@cache
def task_types() -> tuple[tuple[str, str, str, str | None], ...]:
    """Return name, run type, category and content type of each, as the schema says."""
    text = (File(bot.demo.__file__).parent / "schema.sql").read_text()
    found = re.findall(r"\('([\w-]+)', '(gpu|api)', '(\w+)', (?:'(\w+)'|null)\)", text)
    return tuple((name, run, kind, of or None) for name, run, kind, of in found)


def _json(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(rows, default=lambda it: it.isoformat()).encode()


def _plain(condition: Condition, *words: str) -> TypeGuard[Filter]:
    """Tell whether it compares a whole column in one of these ways."""
    return (
        isinstance(condition, Filter)
        and condition.operator in words
        and not condition.negated
        and not condition.path.steps
    )


def _page(table: Table, query: Query, *, counted: bool) -> tuple[list[Row], int | None]:
    rows, left = table.candidates(query.conditions)
    test = _all([_test(table, each) for each in left])
    limit = min(query.limit if query.limit is not None else MOST, MOST)
    terms = query.order
    lazy = bool(terms) and terms[0].path.column == table.order
    if lazy and terms[0].descending:
        rows = rows[::-1]
    if lazy and not counted:
        found = []
        for row in rows:
            if test(row):
                found.append(row)
                if len(found) >= query.offset + limit:
                    break
    else:
        found = [row for row in rows if test(row)]
    if not lazy:
        for term in reversed(terms):
            get = _reader(table, term.path)
            found.sort(
                key=lambda row: (get(row) is None, get(row)),
                reverse=term.descending,
            )
    page = found[query.offset : query.offset + limit]
    return page, len(found) if counted else None


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:  # as mostly, and most of the time is spent here
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def _reader(table: Table, path: Path) -> Callable[[Row], Any]:
    """Return what reads the place in a row; `->>` reads text."""
    place = table.place[path.column]
    if not path.steps:
        return operator.itemgetter(place)

    def reach(row: Row) -> Any:
        value = row[place]
        for arrow, key in path.steps:
            if isinstance(value, list) and key.isdecimal():
                value = value[int(key)] if int(key) < len(value) else None
            else:
                value = value.get(key) if isinstance(value, dict) else None
            if arrow == "->>" and value is not None and not isinstance(value, str):
                value = json.dumps(value)
        return value

    return reach


def _test(table: Table, condition: Condition) -> Test:
    if not isinstance(condition, Filter):
        tests = [_test(table, each) for each in condition.conditions]
        joined = _any(tests) if condition.word == "or" else _all(tests)
        return (lambda row: not joined(row)) if condition.negated else joined
    get, holds = _reader(table, condition.path), _holds(condition)
    null = condition.operator == "is"
    wanted = not condition.negated

    def test(row: Row) -> bool:
        value = get(row)
        if value is None and not null:
            return False
        return holds(value) is wanted

    return test


def _holds(filter: Filter) -> Callable[[Any], bool]:
    """Return whether a value that is not NULL fulfils the comparison."""
    word, text = filter.operator, filter.value
    if word == "is":
        meant = {"null": None, "true": True, "false": False}[text.lower()]
        return lambda value: value is meant
    if word == "in":
        items = frozenset(filter.items)
        return lambda value: str(value) in items
    if word == "cs":
        wanted = set(re.findall(r"[^{},\"]+", text))
        return lambda value: isinstance(value, list) and wanted <= set(value)
    if word in ("match", "imatch"):
        found = re.compile(text, re.IGNORECASE if word == "imatch" else 0)
        return lambda value: found.search(value) is not None
    if word in ("like", "ilike"):
        return _like(text, ignoring_case=word == "ilike")
    compare = _COMPARE[word]
    known: dict[type, Any] = {}

    def holds(value: Any) -> bool:
        kind = type(value)
        if kind not in known:
            known[kind] = _as(kind, text)
        return compare(value, known[kind])

    return holds


def _as(kind: type, text: str) -> Any:
    """Return the text as a value of that kind."""
    if kind is datetime:
        return datetime.fromisoformat(text)
    if kind is bool:
        return text == "true"
    return kind(text) if kind in (int, float) else text


def _like(pattern: str, *, ignoring_case: bool) -> Callable[[Any], bool]:
    """Return whether a text is like the pattern; `*` is `%` here."""
    inner = re.sub(r"\\(.)", r"\1", pattern.strip("*%"))
    bare = re.sub(r"\\.", "", pattern.strip("*%"))
    around = pattern[:1] in "*%" and pattern[-1:] in "*%"
    if around and not set(bare) & set("*%_") and not ignoring_case:
        return lambda value: inner in value
    parts = re.findall(r"\\.|[*%]|_|.", pattern, re.DOTALL)
    spelt = "".join(
        ".*" if it in "*%" else "." if it == "_" else re.escape(it[-1]) for it in parts
    )
    flags = re.DOTALL | (re.IGNORECASE if ignoring_case else 0)
    found = re.compile(spelt, flags)
    return lambda value: found.fullmatch(value) is not None
