"""Tables in Slack."""

from datetime import timedelta
from typing import Any

from bot.domain.report import Cell, Table
from formatters import rich
from formatters.packing import spoken, weight
from formatters.tables import gridded, listed
from tests.formatters.samples import NOW, ago


def a_table(*rows: tuple[Cell, ...], header: tuple[str, ...] = ("A", "B")) -> Table:
    return Table(title="Things", header=header, rows=rows)


def drawn(table: Table, *, rows: int = 15, cell: int = 120) -> tuple[Any, ...]:
    return gridded(table, rows=rows, cell=cell, note="ask the shell", now=NOW)


def test_a_table_stands_under_its_title() -> None:
    """With the number of its rows."""
    title, grid = drawn(a_table(("a", 1)))

    assert spoken([title]) == "Things  1 row"
    assert grid["rows"] == [
        [{"type": "raw_text", "text": "A"}, {"type": "raw_text", "text": "B"}],
        [{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "1"}],
    ]


def test_no_cell_is_empty() -> None:
    """What is not known or blank is a dash."""
    [_, grid] = drawn(a_table((None, " "), ("", "\u200b")))

    assert {cell["text"] for row in grid["rows"][1:] for cell in row} == {"—"}


def test_numbers_stand_right_and_prose_is_wrapped() -> None:
    """Ids are not broken in two."""
    prose = "beats slowly since the last model change"
    [_, grid] = drawn(
        a_table(
            ("gpu-20260131_093012-5e1f7a90", 1, prose), header=("Id", "Count", "Note")
        )
    )

    assert grid["column_settings"] == [
        {"is_wrapped": False},
        {"align": "right"},
        {"is_wrapped": True},
    ]


def test_recent_times_go_without_their_date() -> None:
    """Older ones need it."""
    [_, grid] = drawn(a_table((ago(minutes=5), NOW - timedelta(days=2))))

    forms = [cell["elements"][0]["elements"][0]["format"] for cell in grid["rows"][1]]
    assert forms == [rich.CLOCK, rich.DATED]


def test_rows_and_columns_left_out_are_counted() -> None:
    """And it is said where they can be read."""
    header = tuple("ABCDEFG")
    [*_, note] = drawn(a_table(*[tuple("abcdefg")] * 40, header=header))

    assert spoken([note]) == (
        "25 more rows left out; 2 more columns left out: F, G. ask the shell"
    )


def test_long_cells_are_shortened_with_a_count() -> None:
    """A cell is no place for a traceback."""
    [_, grid] = drawn(a_table(("x" * 500, None)))

    assert "characters" in grid["rows"][1][0]["text"]
    assert len(grid["rows"][1][0]["text"]) <= 120


def test_a_heavy_table_shows_fewer_rows_and_counts_the_rest() -> None:
    """It takes a third of a message at most."""
    [_, grid, note] = drawn(a_table(*[("x" * 500, "y" * 500)] * 30), rows=30)

    assert weight([grid]).payload <= 5_000
    assert spoken([note]).startswith(f"{31 - len(grid['rows'])} more rows left out")


def test_a_table_without_rows_is_its_title() -> None:
    """Slack refuses a table of nothing."""
    assert len(drawn(a_table())) == 1
    assert len(drawn(a_table((), header=()))) == 1


def test_lines_say_the_same_where_no_table_may_stand() -> None:
    """The first column leads, the others bring their names."""
    title, lines = listed(
        a_table(("a", 1), ("b", None), ("c", NOW)), rows=2, cell=40, note="see there"
    )

    said = spoken([rich.block(*(rich.section(*line) for line in ((title,), *lines)))])
    assert said.split("\n") == [
        "Things  3 rows",
        "a  B 1",
        "b  B —",
        "1 more row left out. see there",
    ]


def test_times_in_lines_are_moments() -> None:
    """In the reader's own zone there too."""
    _, [line] = listed(a_table(("a", NOW)), rows=2, cell=40, note="")

    assert [e["type"] for part in line for e in part] == ["text", "text", "date"]


def test_task_ids_go_without_their_end() -> None:
    """On a phone a whole one leaves no room for the reason; a prefix can be typed."""
    one, two = (
        f"{each}-0000-4000-8000-000000000001" for each in ("4134abcd", "5134abcd")
    )

    [_, grid] = drawn(a_table((one, f"waits for {two}"), (two, 7)))

    texts = [[cell["text"] for cell in row] for row in grid["rows"][1:]]
    assert texts == [["4134abcd", "waits for 5134abcd"], ["5134abcd", "7"]]


def test_task_ids_that_would_look_alike_stay_whole() -> None:
    """Two tasks must not be taken for one."""
    one, two = (f"4134abcd-0000-4000-8000-00000000000{each}" for each in (1, 2))

    [_, grid] = drawn(a_table((one, "a"), (two, "b")))

    assert [row[0]["text"] for row in grid["rows"][1:]] == [one, two]
