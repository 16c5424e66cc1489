from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.errors import SourceDown
from bot.domain.logs import LogLine, Value
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.sources.clickhouse.rows import line, nested, plain, rows


def a_row(**given: Any) -> dict[str, Any]:
    """Return a row as it comes, with nothing but what it must have."""
    least = {
        "at": 1769860799123456,
        "id": "a",
        "level": "INFO",
        "source": "worker",
        "message": "hello",
    }
    return {**least, **given}


def test_a_row_is_a_line() -> None:
    """With all that it may hold, to the microsecond."""
    [row] = rows(
        [
            a_row(
                at="1769860799123456",
                source_id="gpu-1",
                task_id="t",
                worker_id="gpu-1",
                request_id="req-1",
                cycle=7,
                fields={"path": "/a", "status_code": "503", "hit": "true"},
                more="ignored",
            )
        ]
    )

    assert line(row) == LogLine(
        at=datetime(2026, 1, 31, 11, 59, 59, 123456, tzinfo=UTC),
        level="INFO",
        source="worker",
        source_id="gpu-1",
        message="hello",
        task_id=TaskId("t"),
        worker_id=WorkerId("gpu-1"),
        request_id="req-1",
        cycle=7,
        fields={"path": "/a", "status_code": 503, "hit": True},
        id="a",
    )


@pytest.mark.parametrize("empty", [{}, {"task_id": None}, {"task_id": ""}])
def test_what_is_empty_is_not_known(empty: dict[str, Any]) -> None:
    """A column has a text or nothing; either means the same."""
    [row] = rows([a_row(**empty)])
    found = line(row)

    assert (found.task_id, found.worker_id, found.request_id) == (None, None, None)
    assert (found.cycle, found.fields) == (None, {})


@pytest.mark.parametrize(
    ("said", "level"),
    [("warn", "WARNING"), ("FATAL", "CRITICAL"), ("Trace", "DEBUG"), ("odd", "ODD")],
)
def test_levels_are_spelt_one_way(said: str, level: str) -> None:
    """However shippers write them."""
    assert rows([a_row(level=said)])[0].level == level


@pytest.mark.parametrize(
    "odd",
    [
        {"at": None},
        {"at": "2026-01-31 12:00:00"},
        {"at": 10**40},
        {"at": 10**18},
        {"message": None},
        {"fields": ["a"]},
        {"cycle": "seven"},
    ],
)
def test_a_row_that_is_no_line_is_nonsense(odd: dict[str, Any]) -> None:
    """As of a table of another kind."""
    with pytest.raises(SourceDown, match="answered what it should not"):
        rows([a_row(), a_row(**odd)])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("503", 503),
        ("-1", -1),
        ("0", 0),
        ("0.25", 0.25),
        ("1e-05", 1e-05),
        ("1.5E+3", 1500.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("", ""),
        ("007", "007"),
        ("12e45678", "12e45678"),
        ("1e+999", "1e+999"),
        ("12345678901234567890", "12345678901234567890"),
        ("1_000", "1_000"),
        ("\u0661", "\u0661"),
        ("+1", "+1"),
        ("nan", "nan"),
        ("True", "True"),
        ("{}", "{}"),
    ],
)
def test_a_number_is_one_only_where_it_surely_is(text: str, value: Value) -> None:
    """Ids of digits and letters stay as they are."""
    found = plain("field", text)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1]}', {"a": [1]}),
        ('["a", "b"]', ["a", "b"]),
        ("{odd", "{odd"),
        ("[" * 99_999, "[" * 99_999),
        ("12", 12),
    ],
)
def test_lists_and_objects_are_read_where_they_are_such(
    text: str, value: object
) -> None:
    """What only begins like one is a text."""
    assert nested("field", text) == value


def test_an_id_of_digits_is_no_number() -> None:
    """Eight signs of a task's id may be such."""
    assert plain("task_id", "78037400") == "78037400"
    assert nested("id", "1") == "1"
    assert plain("task_id", "null") is None
