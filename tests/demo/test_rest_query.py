"""How the stand-in reads PostgREST's words."""

import pytest

from bot.demo.rest_query import (
    Column,
    Embed,
    Filter,
    Group,
    Order,
    Path,
    Query,
    Refused,
    read,
)

ALL = Column(path=Path(column="*"))
ID = Path(column="id")


def the_filter(name: str, value: str) -> Filter:
    """Return the only condition of a pair, a filter."""
    [condition] = read([(name, value)]).conditions
    assert isinstance(condition, Filter)
    return condition


def test_nothing_asked_is_everything() -> None:
    """All columns, no condition, no order."""
    assert read([]) == Query(columns=(ALL,))


def test_columns_have_aliases_and_paths() -> None:
    """A path ends in text or in JSON."""
    query = read([("select", "id,tier:metadata->>ram_tier,metadata->a->0")])

    assert query.columns == (
        Column(path=ID),
        Column(
            path=Path(column="metadata", steps=(("->>", "ram_tier"),)), alias="tier"
        ),
        Column(path=Path(column="metadata", steps=(("->", "a"), ("->", "0")))),
    )


def test_a_related_table_is_embedded() -> None:
    """With its own alias, columns and conditions."""
    [embed] = read(
        [("select", "id,worker:workers!inner(id,status)"), ("worker.status", "eq.a")]
    ).embeds

    assert embed == Embed(
        relation="workers",
        alias="worker",
        key=None,
        inner=True,
        columns=(Column(path=ID), Column(path=Path(column="status"))),
        conditions=(Filter(path=Path(column="status"), operator="eq", value="a"),),
    )


def test_values_may_hold_anything() -> None:
    """Outside a group nothing is special."""
    assert the_filter("id", 'eq.a,b.(c)"d"').value == 'a,b.(c)"d"'


def test_a_list_is_split_at_commas_outside_quotes() -> None:
    """Quotes and backslashes are undone."""
    found = the_filter("id", r'not.in.(a,"b,c","d\"e")')

    assert found.negated
    assert found.items == ("a", "b,c", 'd"e')


def test_groups_nest() -> None:
    """With negation and quoted values."""
    [found] = read(
        [("or", '(a.lt."1,2",and(b.not.eq.x,c.in.(1,2)),not.and(d.is.null))')]
    ).conditions

    assert found == Group(
        word="or",
        conditions=(
            Filter(path=Path(column="a"), operator="lt", value="1,2"),
            Group(
                word="and",
                conditions=(
                    Filter(
                        path=Path(column="b"), operator="eq", value="x", negated=True
                    ),
                    Filter(
                        path=Path(column="c"),
                        operator="in",
                        value="(1,2)",
                        items=("1", "2"),
                    ),
                ),
            ),
            Group(
                word="and",
                conditions=(
                    Filter(path=Path(column="d"), operator="is", value="null"),
                ),
                negated=True,
            ),
        ),
    )


def test_an_order_has_directions() -> None:
    """Each term its own."""
    query = read([("order", "a.desc.nullslast,b,c->>d.asc")])

    assert query.order == (
        Order(path=Path(column="a"), descending=True, nulls_first=False),
        Order(path=Path(column="b")),
        Order(path=Path(column="c", steps=(("->>", "d"),))),
    )


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (("id", "x"), "PGRST100"),
        (("id", "foo.1"), "PGRST100"),
        (("id", "in.x"), "PGRST100"),
        (("id", "is.7"), "PGRST100"),
        (("or", "(a.eq.1"), "PGRST100"),
        (("or", "(a)"), "PGRST100"),
        (("order", "a.up"), "PGRST100"),
        (("select", "id::text"), "PGRST100"),
        (("select", "workers(tasks(id))"), "PGRST100"),
        (("select", "count()"), "PGRST123"),
        (("limit", "-1"), "PGRST103"),
    ],
)
def test_what_can_not_be_read_is_refused(pair: tuple[str, str], code: str) -> None:
    """With PostgREST's own code."""
    with pytest.raises(Refused) as refused:
        read([pair])

    assert refused.value.body["code"] == code
