"""The SQL of the stand-in: every value bound or quoted."""

import pytest

from bot.demo.rest_query import Refused, read
from bot.demo.rest_sql import Catalogue, ForeignKey, Statement

CATALOGUE = Catalogue(
    columns={},
    foreign_keys=[
        ForeignKey(
            name="tasks_worker_id_fkey",
            table="tasks",
            column="worker_id",
            target="workers",
            target_column="id",
        )
    ],
)
NASTY = "x'; drop table tasks; --"


def written(*pairs: tuple[str, str], table: str = "tasks") -> tuple[str, list[str]]:
    """Return the text of a query and what it binds."""
    statement = Statement(CATALOGUE)
    text = statement.select(table, read(pairs), limit=10, offset=0)
    return text.as_string(None), statement.values


def test_values_are_bound() -> None:
    """They are nowhere in the text."""
    text, values = written(("id", f"eq.{NASTY}"), ("or", f'(a.like."{NASTY}*")'))

    assert "drop" not in text
    assert values == [NASTY, f"{NASTY}%"]


def test_names_are_quoted() -> None:
    """A column can't leave its quotes."""
    text, _ = written(('id" or 1=1 --', "eq.1"))

    assert '"tasks"."id"" or 1=1 --" = %s' in text


def test_keys_of_paths_are_quoted() -> None:
    """A key can't leave its quotes either."""
    text, _ = written(("select", "metadata->>a'b"))

    assert "->>'a''b'" in text


def test_an_order_is_written_term_by_term() -> None:
    """With its direction, and where nulls go if that was said."""
    text, _ = written(("order", "a.desc.nullslast,b"))

    assert text.endswith(
        'order by "tasks"."a" desc nulls last, "tasks"."b" asc limit 10 offset 0'
    )


def test_null_is_asked_for_and_not_compared() -> None:
    """Comparing with it would never hold."""
    text, values = written(("a", "not.is.null"))

    assert 'not ("tasks"."a" is null)' in text
    assert values == []


def test_a_list_is_one_value() -> None:
    """However long it is; quotes inside are escaped."""
    text, values = written(("id", 'in.(a,"b,\\"c")'))

    assert '"tasks"."id" = any(%s)' in text
    assert values == ['{"a","b,\\"c"}']


@pytest.mark.parametrize(
    ("table", "relation", "shape"),
    [("tasks", "workers", "to_jsonb"), ("workers", "tasks", "jsonb_agg")],
)
def test_an_embedding_follows_the_key_both_ways(
    table: str, relation: str, shape: str
) -> None:
    """One row one way, a list the other."""
    text, _ = written(("select", f"id,{relation}(id)"), table=table)

    assert shape in text
    assert '"tasks"."worker_id" = "workers"."id"' in text


def test_an_unrelated_table_is_refused() -> None:
    """With the code clients look for."""
    with pytest.raises(Refused) as refused:
        written(("select", "id,users(id)"))

    assert refused.value.body["code"] == "PGRST200"
