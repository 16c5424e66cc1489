"""Dealing blocks out to messages."""

from formatters import rich
from formatters.packing import DIVIDER, Block, fallback, message, packed, spoken, weight
from tests.formatters.samples import NOW


def paragraph(words: str) -> Block:
    return rich.block(rich.section(rich.text(words)))


def table(*words: str) -> Block:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": w} for w in words]]}


def test_every_string_weighs_but_the_names_of_types() -> None:
    """Escaping counts; so do the payload and the tables."""
    taken = weight((paragraph("a&b"), table("cd")))

    assert (taken.blocks, taken.text, taken.tables) == (2, 7 + 2, 1)
    assert taken.payload > 100


def test_what_fits_stays_together() -> None:
    """Few messages are better than many."""
    assert len(packed([(paragraph("x"),)] * 45)) == 1


def test_too_many_blocks_make_a_second_message() -> None:
    """In order, and none lost."""
    groups = [(paragraph(str(number)),) for number in range(46)]

    first, second = packed(groups)

    assert (len(first), len(second)) == (45, 1)
    assert (*first, *second) == tuple(block for (block,) in groups)


def test_too_much_text_makes_a_second_message() -> None:
    """Though every block is legal."""
    assert len(packed([(paragraph("x" * 2_500),)] * 5)) == 2


def test_a_second_table_makes_a_second_message() -> None:
    """Slack takes one table in a message."""
    title = paragraph("title")

    first, second = packed([(title, table("a")), (title, table("b"))])

    assert (len(first), len(second)) == (2, 2)


def test_no_message_begins_with_a_divider() -> None:
    """There is nothing to divide yet."""
    group = (DIVIDER, paragraph("x" * 2_800))

    pages = packed([group] * 4)

    assert [page[0]["type"] for page in pages] == ["rich_text", "rich_text"]


def test_the_fallback_text_says_what_the_blocks_say() -> None:
    """Times in UTC, signs as characters, tables as lines."""
    blocks = (
        rich.block(
            rich.section([rich.emoji("warning")], rich.text(" < "), rich.moment(NOW)),
            rich.quotation(rich.text("a"), rich.text("b")),
        ),
        {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": "n"}, paragraph("m")]],
        },
        {"type": "actions", "elements": []},
        {"type": "context", "elements": [{"text": "c"}, {"text": "d"}]},
    )

    assert spoken(blocks) == "⚠️ < 2026-01-31 12:00:00Z\n> a\n> b\nn | m\nc · d"
    assert message(blocks).text.startswith("⚠️ &lt; 2026")


def test_a_long_fallback_ends_in_whole_lines_and_a_count() -> None:
    """The rest is in the message itself."""
    words = "\n".join(f"line {number}" for number in range(1000))

    text = fallback(words)

    *kept, note = text.split("\n")
    assert len(text) <= 3_000
    assert kept == [f"line {number}" for number in range(len(kept))]
    left_out = len(words) - len("\n".join(kept)) - 1
    assert note == f"… {left_out:,} more characters in the message itself"


def test_bytes_count_for_the_fallback_too() -> None:
    """Slack's chat.update counts them."""
    text = fallback("語" * 5_000)

    assert len(text.encode()) < 4_000
    assert text.endswith("… 4,101 more characters in the message itself")
