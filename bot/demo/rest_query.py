"""PostgREST's query language, as far as a client of a queue speaks it.

`read` turns the pairs of a query string into a `Query`; nothing is looked up here.
The words: select (columns, aliases, JSON paths, embedding one level deep), filters,
`and`/`or`, order, limit, offset.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

OPERATORS = frozenset(
    {
        *("eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"),
        *("is", "in", "cs", "cd", "ov"),
    }
)
IS_VALUES = frozenset({"null", "true", "false", "unknown"})
RESERVED = frozenset({"select", "order", "limit", "offset", "columns", "on_conflict"})
SELECT = "select parameter"
TREE = "logic tree"
LOGIC = re.compile(r"(not\.)?(and|or)$")
EXPECTED_OPERATOR = 'expecting "not" or operator (eq, gt, ...)'


class Refused(Exception):
    """An answer in PostgREST's form, with its HTTP status."""

    def __init__(
        self, status: int, code: str, message: str, *, details: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "details": details,
            "hint": None,
            "message": message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A column, or a place in a JSON column: steps of (arrow, key)."""

    column: str
    steps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One comparison; `items` are those of `in`."""

    path: Path
    operator: str
    value: str
    items: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions that hold all together, or any of them."""

    word: str
    conditions: tuple["Condition", ...]
    negated: bool = False


Condition: TypeAlias = Filter | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A selected column; `*` is all of them."""

    path: Path
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """Rows of a related table, selected with the row."""

    relation: str
    alias: str | None
    key: str | None
    """The name of the foreign key, when more than one would do."""
    inner: bool
    columns: tuple[Column, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One term of the order."""

    path: Path
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole query."""

    columns: tuple[Column, ...] = ()
    embeds: tuple[Embed, ...] = ()
    conditions: tuple[Condition, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def read(pairs: Iterable[tuple[str, str]]) -> Query:
    """Return the query that *pairs*, decoded, spell.

    Raises:
        Refused: as PostgREST refuses it.
    """
    pairs = list(pairs)
    words = {name: value for name, value in pairs if name in RESERVED}
    columns, embeds = _read_select(words.get("select", "*"))
    own: list[Condition] = []
    theirs: dict[str, list[Condition]] = {}
    names = {it.alias or it.relation for it in embeds}
    for name, value in pairs:
        if name in RESERVED:
            continue
        relation, dot, rest = name.partition(".")
        if dot and relation in names:
            theirs.setdefault(relation, []).append(_read_pair(rest, value))
        else:
            own.append(_read_pair(name, value))
    limit = words.get("limit", "")
    if re.fullmatch(r"-\d+", limit):
        text = "Limit should be greater than or equal to zero."
        raise out_of_range(text)
    return Query(
        columns=tuple(columns),
        embeds=tuple(
            _with_conditions(it, theirs.get(it.alias or it.relation, ()))
            for it in embeds
        ),
        conditions=tuple(own),
        order=tuple(_read_order(words["order"])) if words.get("order") else (),
        limit=int(limit) if limit.isdecimal() else None,
        offset=int(words["offset"]) if words.get("offset", "").isdecimal() else 0,
    )


def out_of_range(details: str) -> Refused:
    """Return PostgREST's refusal of a range."""
    return Refused(416, "PGRST103", "Requested range not satisfiable", details=details)


def read_path(text: str) -> Path:
    """Return the path that `column->key->>key` spells."""
    column, *rest = re.split(r"(->>?)", text)
    steps = zip(rest[::2], rest[1::2], strict=True)
    if not column or any(not key for key in rest[1::2]):
        raise _unreadable(SELECT, text)
    return Path(column=column.strip('"'), steps=tuple(steps))


def _with_conditions(embed: Embed, conditions: Iterable[Condition]) -> Embed:
    return Embed(
        relation=embed.relation,
        alias=embed.alias,
        key=embed.key,
        inner=embed.inner,
        columns=embed.columns,
        conditions=tuple(conditions),
    )


def _read_select(text: str) -> tuple[list[Column], list[Embed]]:
    columns: list[Column] = []
    embeds: list[Embed] = []
    for item in _split(text):
        if not item:
            continue
        found = re.fullmatch(
            r"(?:(\w+):)?(\w+)((?:!\w+)*)\((.*)\)", item, flags=re.DOTALL
        )
        if found is None:
            columns.append(_read_column(item))
            continue
        alias, relation, hints, inside = found.groups()
        if relation in {"count", "sum", "avg", "min", "max"} and not inside:
            message = "Use of aggregate functions is not allowed"
            raise Refused(400, "PGRST123", message)
        inner, deeper = _read_select(inside)
        if deeper:
            raise _unreadable(SELECT, text)
        words = [hint for hint in hints.split("!") if hint]
        keys = [hint for hint in words if hint not in {"inner", "left"}]
        embeds.append(
            Embed(
                relation=relation,
                alias=alias,
                key=keys[0] if keys else None,
                inner="inner" in words,
                columns=tuple(inner),
            )
        )
    return columns, embeds


def _read_column(text: str) -> Column:
    alias, colon, rest = text.rpartition(":")
    if colon and "::" not in text:
        return Column(path=read_path(rest), alias=alias)
    if "::" in text or "(" in text or text.startswith("..."):
        raise _unreadable(SELECT, text)
    return Column(path=read_path(text))


def _read_pair(name: str, value: str) -> Condition:
    if LOGIC.match(name):
        return _read_tree(name + value, whole=value)
    return _read_filter(name, value, whole=value)


def _read_tree(text: str, *, whole: str) -> Condition:
    """Return the condition `and(…)`, `or(…)` or `column.operator.value`."""
    found = re.fullmatch(r"(not\.)?(and|or)\((.*)\)", text, flags=re.DOTALL)
    if found is not None:
        negation, word, inside = found.groups()
        conditions = [_read_tree(item, whole=whole) for item in _split(inside)]
        return Group(
            word=word, conditions=tuple(conditions), negated=negation is not None
        )
    column = re.match(r'("[^"]*"|[^."]+)\.', text)
    if column is None or re.match(r"(not\.)?(and|or)\(", text):
        raise _unreadable(TREE, f"({whole})")
    return _read_filter(column[1], text[column.end() :], whole=whole, in_tree=True)


def _read_filter(name: str, text: str, *, whole: str, in_tree: bool = False) -> Filter:
    negated = text.startswith("not.")
    rest = text.removeprefix("not.")
    operator, dot, value = rest.partition(".")
    if not dot or operator not in OPERATORS:
        place = len(text) - len(rest) + 1
        seen = f'unexpected "{rest[:1]}"' if rest else "unexpected end of input"
        what = TREE if in_tree else "filter"
        raise _unreadable(
            what, f"({whole})", details=f"{seen} {EXPECTED_OPERATOR}", column=place
        )
    items: tuple[str, ...] = ()
    if operator == "in":
        if not (value.startswith("(") and value.endswith(")")):
            raise _unreadable("filter", f"({whole})")
        items = tuple(_unquote(item) for item in _split(value[1:-1]) if item)
    elif in_tree:
        value = _unquote(value)
    if operator == "is" and value.lower() not in IS_VALUES:
        wanted = "expecting null or trilean value (unknown, true, false)"
        place = text.index("is.") + 5 if value else 4
        raise _unreadable(
            "filter",
            f"({whole})",
            details=f'unexpected "{value[1:2] or value[:1]}" {wanted}',
            column=place,
        )
    return Filter(
        path=read_path(name),
        operator=operator,
        value=value,
        items=items,
        negated=negated,
    )


def _read_order(text: str) -> Iterator[Order]:
    for item in _split(text):
        name, *words = item.split(".")
        for word in words:
            if word not in {"asc", "desc", "nullsfirst", "nullslast"}:
                wanted = '"asc", "desc", "nullsfirst" or "nullslast"'
                raise _unreadable(
                    "order",
                    f"({text})",
                    details=f'unexpected "{word[:1]}" expecting {wanted}',
                    column=text.index(f".{word}") + 2,
                )
        nulls = {"nullsfirst": True, "nullslast": False}
        found = [nulls[word] for word in words if word in nulls]
        yield Order(
            path=read_path(name),
            descending="desc" in words,
            nulls_first=found[0] if found else None,
        )


def _split(text: str) -> list[str]:
    """Return the parts between commas that stand in no bracket and no quotes."""
    parts, start, depth, quoted = [], 0, 0, False
    place = 0
    while place < len(text):
        letter = text[place]
        if quoted:
            if letter == "\\":
                place += 1
            elif letter == '"':
                quoted = False
        elif letter == '"':
            quoted = True
        elif letter in "({":
            depth += 1
        elif letter in ")}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    return [*parts, text[start:]]


def _unquote(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _unreadable(
    what: str, text: str, *, details: str | None = None, column: int = 1
) -> Refused:
    message = f'"failed to parse {what} {text}" (line 1, column {column})'
    return Refused(400, "PGRST100", message, details=details)
