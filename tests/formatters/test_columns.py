"""Text in a terminal's columns."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.report import Cell, Table
from formatters.columns import breadth, cut, grid, padded, wrapped
from tests.formatters.reports import EXAMPLES, tables, texts
from tests.formatters.samples import NOW, WORKER


def test_wide_characters_take_two_columns_and_accents_none() -> None:
    """As a terminal draws them."""
    assert [breadth(text) for text in ("abc", "語語", "e\u0301", "😀")] == [3, 4, 1, 2]


def test_padding_knows_the_breadth() -> None:
    """Columns of any script line up."""
    assert padded("語", 4) == "語  "
    assert padded("7", 3, right=True) == "  7"
    assert padded("longer", 3) == "longer"


def test_lines_break_between_words_and_hang() -> None:
    """The first lead is for the first line only."""
    assert list(wrapped("one two three four", 12, "- ", "  ")) == [
        "- one two",
        "  three four",
    ]


def test_a_word_that_is_too_long_stays_whole() -> None:
    """An id must be copied in one piece."""
    assert list(wrapped(f"see {WORKER} now", 12)) == ["see", WORKER, "now"]


def test_lines_of_the_text_keep_their_indentation() -> None:
    """A traceback stays readable."""
    assert list(wrapped("a\n  bb cc dd", 6, "| ", "| ")) == [
        "| a",
        "|   bb",
        "|   cc",
        "|   dd",
    ]


def test_no_width_wraps_nothing() -> None:
    """Pipes want a line a line."""
    assert list(wrapped("word " * 100, 0, "- ")) == ["- " + ("word " * 100).strip()]


@EXAMPLES
@given(texts, st.integers(0, 40))
def test_wrapping_loses_no_word(text: str, width: int) -> None:
    """Whatever the text and the width."""
    joined = " ".join(wrapped(text, width))

    assert joined.split() == " ".join(text.split("\n")).split()


def drawn(*rows: tuple[Cell, ...], header: tuple[str, ...], width: int) -> list[str]:
    return list(grid(Table(title="", header=header, rows=rows), width, NOW))


def test_columns_line_up() -> None:
    """Numbers stand right, what is not known is a dash."""
    lines = drawn(
        ("語", 1284, None),
        ("b", None, NOW),
        header=("Name", "Count", "Seen"),
        width=80,
    )

    assert lines == [
        "  Name  Count  Seen",
        "  語    1,284  —",
        "  b         —  12:00:00",
    ]


def test_times_of_other_days_keep_their_date() -> None:
    """All of the column then do."""
    lines = drawn((NOW,), (NOW - timedelta(days=1),), header=("Seen",), width=80)

    assert lines[1:] == ["  2026-01-31 12:00:00", "  2026-01-30 12:00:00"]


def test_columns_of_prose_give_way() -> None:
    """Ids and numbers do not."""
    lines = drawn(
        (WORKER, "beats slowly since the last model change"),
        header=("Worker", "Note"),
        width=47,
    )

    assert lines == [
        "  Worker                        Note",
        f"  {WORKER}  beats slowly",
        "                                since the last",
        "                                model change",
    ]


def test_a_table_that_is_too_wide_is_a_record_a_row() -> None:
    """Nothing of it is cut."""
    lines = drawn(
        (WORKER, "active", "a note of some length"),
        header=("Worker", "Status", "Note"),
        width=32,
    )

    assert lines == [
        f"  {WORKER}",
        "    Status  active",
        "    Note    a note of some",
        "            length",
    ]


def test_an_id_in_prose_does_not_stick_out_of_its_column() -> None:
    """The table is told in records instead, where nothing is moved aside."""
    table = Table(
        title="Newest first",
        header=("who", "action", "outcome"),
        rows=(("ana", f"worker terminate {WORKER}", "done"),),
    )

    wide = [*grid(table, 54, NOW)]
    narrow = [*grid(table, 40, NOW)]

    assert wide[1].split()[-1] == "done"
    assert all(breadth(line) <= 54 for line in wide)
    assert ["outcome", "done"] in [line.split() for line in narrow]


@EXAMPLES
@given(tables(), st.sampled_from([0, 40, 80]))
def test_any_table_can_be_drawn(table: Table, width: int) -> None:
    """Also one without rows, without columns, or of odd characters."""
    lines = list(grid(table, width, None))

    assert len(lines) >= len(table.rows) or not table.header


def test_a_cut_line_fits_and_says_that_it_was_cut() -> None:
    """Wide characters count twice; without a width nothing is cut."""
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 5) == "abcd…"
    assert cut("語語語", 4) == "語…"
    assert cut("語語語", 0) == "語語語"
