"""What local-slack gets to draw instead of what it can't."""

from typing import Any

import pytest

from bot.demo.drawing import STAR, drawable, drawable_view, mrkdwn


def drawn(block: dict[str, Any]) -> str:
    """Return the text of the section made of a block."""
    [section] = drawable({"blocks": [block]})["blocks"]
    assert section["type"] == "section"
    text: str = section["text"]["text"]
    return text


def rich(*elements: dict[str, Any], kind: str = "rich_text_section") -> dict[str, Any]:
    """Return rich text of one part."""
    part = {"type": kind, "elements": list(elements)}
    return {"type": "rich_text", "block_id": "r", "elements": [part]}


def text(value: str, **style: bool) -> dict[str, Any]:
    """Return a piece of rich text."""
    return {"type": "text", "text": value, "style": style}


def test_what_can_be_drawn_stays() -> None:
    """Sections and actions go through as they are."""
    message = {
        "text": "t",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "*a* `b`"}},
            {"type": "actions", "elements": [{"type": "button", "value": "&amp;"}]},
        ],
    }

    assert drawable(message) == message


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("&lt;tag&gt; &amp;amp;", "<tag> &amp;"),
        ("at <!date^1700000000^{time}|22:13:20>", "at 22:13:20"),
        ("at <!date^1^{time}^https://x.test|then> on", "at then on"),
        ("<!here> and <!channel|channel>", "@here and @channel"),
        ("&lt;@U0ALICE&gt;", "<\N{WORD JOINER}@U0ALICE>"),
        ("<@U0ALICE> <https://x.test|x>", "<@U0ALICE> <https://x.test|x>"),
        ("before ```one\ntwo``` after", "before `one`\n`two` after"),
    ],
)
def test_mrkdwn_loses_what_would_show_raw(given: str, expected: str) -> None:
    """Escapes, dates, fences."""
    assert mrkdwn(given) == expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (text("a", bold=True), "*a*"),
        (text(" a ", bold=True), " *a* "),
        (text("a\nb", code=True), "`a`\n`b`"),
        (text("a`b*", code=True), "`a'b\N{ASTERISK OPERATOR}`"),
        (text("a", italic=True, bold=True), "_*a*_"),
        (text("a_b", italic=True), "a_b"),
        (text("*a* <@U0ALICE> `b`"), f"{STAR}a{STAR} <\N{WORD JOINER}@U0ALICE> 'b'"),
        (
            {"type": "link", "url": "https://x.test", "text": "x & y"},
            "<https://x.test|x + y>",
        ),
        ({"type": "user", "user_id": "U1"}, "<@U1>"),
        ({"type": "emoji", "name": "warning"}, ":warning:"),
        ({"type": "date", "timestamp": 1700000000, "format": "{time}"}, "22:13:20"),
        ({"type": "broadcast", "range": "here"}, "@here"),
    ],
)
def test_rich_text_becomes_mrkdwn(element: dict[str, Any], expected: str) -> None:
    """Each kind in the nearest words; dates are in UTC."""
    assert drawn(rich(text("x"), element, text("y"))) == f"x{expected}y"


def test_neighbours_of_one_style_share_its_marks() -> None:
    """Between them each mark would close what it is to open."""
    at = {"type": "date", "timestamp": 1700000000, "format": "{time}"}
    italic = {"style": {"italic": True}}

    assert drawn(rich(text("at ", italic=True), at | italic)) == "_at 22:13:20_"


def test_preformatted_lines_become_code() -> None:
    """Local-slack has no fences; empty lines stay empty."""
    block = rich(text("one\n\ntwo"), kind="rich_text_preformatted")

    assert drawn(block) == "`one`\n\n`two`"


def test_quotes_are_marked_on_each_line() -> None:
    """As in an old-fashioned mail."""
    assert drawn(rich(text("one\ntwo"), kind="rich_text_quote")) == "> one\n> two"


@pytest.mark.parametrize(("style", "marks"), [("bullet", "••"), ("ordered", "12")])
def test_lists_are_marked(style: str, marks: str) -> None:
    """With bullets or numbers."""
    items = [
        {"type": "rich_text_section", "elements": [text(word)]} for word in ("a", "b")
    ]
    part = {"type": "rich_text_list", "style": style, "elements": items}
    lines = drawn({"type": "rich_text", "elements": [part]}).split("\n")

    assert [line[0] for line in lines] == list(marks)
    assert [line[-1] for line in lines] == ["a", "b"]


def test_a_table_becomes_aligned_lines() -> None:
    """Numbers to the right where the table says so."""
    rows = [
        [{"type": "raw_text", "text": "pod"}, {"type": "raw_text", "text": "$/h"}],
        [rich(text("a")), {"type": "raw_number", "value": 12.5, "text": "12.50"}],
    ]
    settings = [{"align": "left"}, {"align": "right"}]

    assert drawn({"type": "table", "rows": rows, "column_settings": settings}) == (
        "`pod    $/h`\n`a    12.50`".replace(" ", "\N{NO-BREAK SPACE}")
    )


def test_a_wide_table_becomes_records() -> None:
    """Lines that break keep no columns."""
    cells = [["task", "why"], ["5f", "w" * 70], ["6f", "*"]]
    rows = [[{"type": "raw_text", "text": text} for text in row] for row in cells]

    assert drawn({"type": "table", "rows": rows}).split("\n") == [
        f"`5f`  why {'w' * 70}",
        f"`6f`  why {STAR}",
    ]


def test_markdown_becomes_mrkdwn() -> None:
    """Headings, emphasis, links, lists, tables and fences."""
    given = (
        "# Head\n**bold** [x](https://x.test)\n- item\n|a|b|\n|-|-|\n```py\ncode\n```"
    )

    assert drawn({"type": "markdown", "text": given}) == (
        "*Head*\n*bold* <https://x.test|x>\n• item\n`|a|b|`\n`code`"
    )


def test_a_container_is_unfolded() -> None:
    """Its title stands above its blocks."""
    container = {
        "type": "container",
        "title": {"type": "plain_text", "text": "Log"},
        "child_blocks": [{"type": "divider"}],
    }
    first, second = drawable({"blocks": [container]})["blocks"]

    assert first["text"]["text"] == "*Log*"
    assert second == {"type": "divider"}


def test_the_texts_of_a_context_stand_in_a_row() -> None:
    """Beside a picture they stay as they are."""
    texts = [{"type": "mrkdwn", "text": word} for word in ("a", "b")]
    image = {"type": "image", "image_url": "https://x.test/i.png", "alt_text": "i"}
    blocks = [
        {"type": "context", "elements": texts},
        {"type": "context", "elements": [image, *texts]},
    ]

    [row, beside] = drawable({"blocks": blocks})["blocks"]

    assert row["elements"] == [{"type": "mrkdwn", "text": "a · b"}]
    assert beside["elements"] == [image, *texts]


def test_a_block_keeps_its_id() -> None:
    """A press must find its block."""
    [section] = drawable({"blocks": [rich(text("x"))]})["blocks"]

    assert section["block_id"] == "r"


def test_a_view_is_made_drawable_too() -> None:
    """Modals and the Home tab hold the same blocks."""
    view = drawable_view({"type": "home", "blocks": [rich(text("x"))]})

    assert view["blocks"][0]["type"] == "section"


def a_box(**more: Any) -> dict[str, Any]:
    option = {"text": {"type": "plain_text", "text": "pod1"}, "value": "0", **more}
    return {"type": "checkboxes", "action_id": "tick", "options": [option]}


def test_what_can_be_ticked_becomes_a_list() -> None:
    """Its page would show a name in brackets; ticking is for Slack itself."""
    why = {"description": {"type": "plain_text", "text": "no worker has it"}}
    [drawn] = drawable({"blocks": [{"type": "actions", "elements": [a_box(**why)]}]})[
        "blocks"
    ]

    assert drawn["text"]["text"] == "☑ *pod1*  no worker has it"


def test_buttons_beside_what_can_be_ticked_stay() -> None:
    """Below it."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "Do it"}}
    block = {"type": "actions", "block_id": "b", "elements": [a_box(), button]}
    ticks, rest = drawable({"blocks": [block]})["blocks"]

    assert ticks["text"]["text"] == "☑ *pod1*"
    assert (rest["block_id"], rest["elements"]) == ("b", [button])
