"""SQL for a `bot.demo.rest_query.Query`, every value bound or quoted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from bot.demo.rest_query import (
    Column,
    Condition,
    Embed,
    Filter,
    Group,
    Path,
    Query,
    Refused,
)

SCHEMA = "public"
COMPARE = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
}
IS = {
    "null": sql.SQL(" is null"),
    "true": sql.SQL(" is true"),
    "false": sql.SQL(" is false"),
    "unknown": sql.SQL(" is unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """One column of a table that names a row of another."""

    name: str
    table: str
    column: str
    target: str
    target_column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the database says of its tables."""

    columns: Mapping[str, Sequence[str]]
    foreign_keys: Sequence[ForeignKey]


@dataclass(slots=True)
class Statement:
    """A growing statement and the values it binds."""

    catalogue: Catalogue
    values: list[str] = field(default_factory=list)

    def bind(self, value: str) -> sql.Composable:
        """Return the place of *value*; the server infers its type."""
        self.values.append(value)
        return sql.Placeholder()

    def select(
        self, table: str, query: Query, *, limit: int, offset: int
    ) -> sql.Composable:
        """Return the page of rows a query asks for."""
        return sql.SQL("select {} from {}{}{} limit {} offset {}").format(
            self._columns(table, query.columns, query.embeds),
            sql.Identifier(SCHEMA, table),
            self.where(table, query),
            self._order(table, query),
            sql.Literal(limit),
            sql.Literal(offset),
        )

    def where(self, table: str, query: Query) -> sql.Composable:
        """Return the conditions, those of inner embeddings too."""
        parts = [self._condition(table, it) for it in query.conditions]
        parts += [self._exists(table, it) for it in query.embeds if it.inner]
        if not parts:
            return sql.SQL("")
        return sql.SQL(" where ") + sql.SQL(" and ").join(parts)

    def returning(self, table: str, query: Query) -> sql.Composable:
        """Return what a written row gives back."""
        return self._columns(table, query.columns, query.embeds)

    def _columns(
        self, table: str, columns: Iterable[Column], embeds: Iterable[Embed] = ()
    ) -> sql.Composable:
        parts = [self._column(table, it) for it in columns]
        parts += [self._embedded(table, it) for it in embeds]
        return sql.SQL(", ").join(parts)

    def _column(self, table: str, column: Column) -> sql.Composable:
        if column.path.column == "*":
            return sql.Identifier(table) + sql.SQL(".*")
        reached = self._reach(table, column.path)
        steps = column.path.steps
        # A path is called by its last key, or the last that is no number.
        names = [key for _, key in steps if not key.isdecimal()]
        name = column.alias or (names[-1] if names else column.path.column)
        if not steps and column.alias is None:
            return reached
        return reached + sql.SQL(" as ") + sql.Identifier(name)

    def _reach(self, table: str, path: Path) -> sql.Composable:
        reached: sql.Composable = sql.Identifier(table, path.column)
        for arrow, key in path.steps:
            step = sql.Literal(int(key)) if key.isdecimal() else sql.Literal(key)
            reached = reached + sql.SQL("->>" if arrow == "->>" else "->") + step
        return reached

    def _order(self, table: str, query: Query) -> sql.Composable:
        if not query.order:
            return sql.SQL("")
        terms = []
        for term in query.order:
            words = " desc" if term.descending else " asc"
            if term.nulls_first is not None:
                words += " nulls first" if term.nulls_first else " nulls last"
            terms.append(self._reach(table, term.path) + sql.SQL(words))
        return sql.SQL(" order by ") + sql.SQL(", ").join(terms)

    def _condition(self, table: str, condition: Condition) -> sql.Composable:
        if isinstance(condition, Group):
            word = " or " if condition.word == "or" else " and "
            parts = [self._condition(table, it) for it in condition.conditions]
            built: sql.Composable = sql.SQL("({})").format(sql.SQL(word).join(parts))
        else:
            built = self._comparison(table, condition)
        return sql.SQL("not ({})").format(built) if condition.negated else built

    def _comparison(self, table: str, asked: Filter) -> sql.Composable:
        left = self._reach(table, asked.path)
        if asked.operator == "is":
            return left + IS[asked.value.lower()]
        if asked.operator == "in":
            return (
                left
                + sql.SQL(" = any(")
                + self.bind(_array(asked.items))
                + sql.SQL(")")
            )
        value = asked.value
        if asked.operator in {"like", "ilike"}:
            value = value.replace("*", "%")
        return left + sql.SQL(f" {COMPARE[asked.operator]} ") + self.bind(value)

    def _embedded(self, table: str, embed: Embed) -> sql.Composable:
        key = self._key(table, embed)
        rows = sql.SQL("select {} from {} where {}{} limit 1000").format(
            self._columns(embed.relation, embed.columns),
            sql.Identifier(SCHEMA, embed.relation),
            self._join(key),
            self._and(embed),
        )
        one = sql.SQL("(select to_jsonb(found) from ({}) found)")
        many = sql.SQL("(select coalesce(jsonb_agg(found), '[]') from ({}) found)")
        shape = one if key.table == table else many
        name = sql.Identifier(embed.alias or embed.relation)
        return shape.format(rows) + sql.SQL(" as ") + name

    def _exists(self, table: str, embed: Embed) -> sql.Composable:
        return sql.SQL("exists (select from {} where {}{})").format(
            sql.Identifier(SCHEMA, embed.relation),
            self._join(self._key(table, embed)),
            self._and(embed),
        )

    def _and(self, embed: Embed) -> sql.Composable:
        parts = [
            sql.SQL(" and ") + self._condition(embed.relation, it)
            for it in embed.conditions
        ]
        return sql.Composed(parts)

    def _join(self, key: ForeignKey) -> sql.Composable:
        mine = sql.Identifier(key.table, key.column)
        return mine + sql.SQL(" = ") + sql.Identifier(key.target, key.target_column)

    def _key(self, table: str, embed: Embed) -> ForeignKey:
        pairs = ((table, embed.relation), (embed.relation, table))
        found = [
            key
            for key in self.catalogue.foreign_keys
            if (key.table, key.target) in pairs
            and embed.key in (None, key.name, key.column)
        ]
        if not found:
            both = f"'{table}' and '{embed.relation}'"
            raise Refused(
                400,
                "PGRST200",
                f"Could not find a relationship between {both} in the schema cache",
                details=(
                    f"Searched for a foreign key relationship between {both} in the "
                    f"schema '{SCHEMA}', but no matches were found."
                ),
            )
        return found[0]


def _array(items: Iterable[str]) -> str:
    quoted = (it.replace("\\", "\\\\").replace('"', '\\"') for it in items)
    return "{" + ",".join(f'"{it}"' for it in quoted) + "}"
