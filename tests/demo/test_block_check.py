"""What Slack refuses in blocks."""

from typing import Any

import pytest

from bot.demo.block_check import message_errors, total_text, unfolded, view_errors

Block = dict[str, Any]


def plain(text: Any = "t") -> Block:
    """Return a plain text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: Any = "t") -> Block:
    """Return a mrkdwn text object."""
    return {"type": "mrkdwn", "text": text}


def section(text: Any = "t", **more: Any) -> Block:
    """Return a section."""
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> Block:
    """Return a button."""
    return {"type": "button", "action_id": "a", "text": plain(), **more}


def actions(*elements: Block) -> Block:
    """Return an actions block."""
    return {"type": "actions", "elements": list(elements)}


def select(count: int = 1, **more: Any) -> Block:
    """Return a select with so many options."""
    options = [{"text": plain(), "value": str(number)} for number in range(count)]
    return {"type": "static_select", "action_id": "s", "options": options, **more}


def cell(text: str = "c") -> Block:
    """Return a table's cell."""
    return {"type": "raw_text", "text": text}


def table(*rows: list[Block], **more: Any) -> Block:
    """Return a table."""
    return {"type": "table", "rows": list(rows), **more}


def rich(*elements: Block, kind: str = "rich_text_section") -> Block:
    """Return rich text of one part."""
    part = {"type": kind, "elements": list(elements)}
    return {"type": "rich_text", "elements": [part]}


def text(value: str = "t", **more: Any) -> Block:
    """Return a piece of rich text."""
    return {"type": "text", "text": value, **more}


def errors(*blocks: Any) -> tuple[str, list[str]] | None:
    """Return what is wrong with a message of these blocks."""
    return message_errors({"text": "t", "blocks": list(blocks)})


CONFIRM = {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()}
BULLETS = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 8,
            "elements": [{"type": "rich_text_section", "elements": [text()]}],
        }
    ],
}


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "divider"}] * 50,
        [section("x" * 3000)],
        [{"type": "section", "fields": [mrkdwn("x" * 2000)] * 5}],
        [section(accessory=button())],
        [{"type": "header", "text": plain("x" * 150)}],
        [{"type": "context", "elements": [mrkdwn()] * 10}],
        [
            {
                "type": "context",
                "elements": [{"type": "image", "image_url": "u", "alt_text": ""}],
            }
        ],
        [actions(*(button(action_id=str(number)) for number in range(25)))],
        [actions(button(text=plain("x" * 75), value="v" * 2000, style="danger"))],
        [actions(button(confirm={**CONFIRM, "style": "danger"}))],
        [actions(button()), actions(button())],
        [actions(select(100))],
        [{"type": "markdown", "text": "x" * 12_000}],
        [table(*[[cell()] * 20] * 100)],
        [table([cell(), rich(text())], [cell(), {"type": "raw_number", "value": 3}])],
        [
            rich(
                text(style={"bold": True}),
                {"type": "date", "timestamp": 1, "format": "{time}"},
            )
        ],
        [rich(text(), kind="rich_text_preformatted")],
        [BULLETS],
        [{"type": "container", "title": plain(), "child_blocks": [section()]}],
        [{"type": "task_card", "task_id": "1", "title": "x"}],
    ],
)
def test_what_is_within_the_limits_is_taken(blocks: list[Block]) -> None:
    """The limit itself is still allowed."""
    assert message_errors({"text": "t", "blocks": blocks}) is None


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        (section("x" * 3001), "/text/text"),
        (section(""), "/text/text"),
        ({"type": "section"}, ""),
        ({"type": "section", "fields": [mrkdwn()] * 11}, "/fields"),
        ({"type": "section", "fields": [mrkdwn("x" * 2001)]}, "/fields/0/text"),
        ({"type": "section", "text": {"text": "x"}}, "/text/type"),
        ({"type": "section", "text": "x"}, "/text"),
        (section(colour="red"), ""),
        (section(accessory={"type": "plain_text_input"}), "/accessory/type"),
        (section(block_id="x" * 256), "/block_id"),
        ({"type": "header", "text": plain("x" * 151)}, "/text/text"),
        ({"type": "header", "text": mrkdwn()}, "/text/type"),
        ({"type": "context", "elements": [mrkdwn()] * 11}, "/elements"),
        ({"type": "context", "elements": []}, "/elements"),
        (actions(), "/elements"),
        (actions(*[button(action_id=str(n)) for n in range(26)]), "/elements"),
        (actions(button(), button()), "/elements/1/action_id"),
        (actions(button(text=plain("x" * 76))), "/elements/0/text/text"),
        (actions(button(text=mrkdwn())), "/elements/0/text/type"),
        (actions(button(value="x" * 2001)), "/elements/0/value"),
        (actions(button(value=5)), "/elements/0/value"),
        (actions(button(style="warning")), "/elements/0/style"),
        (actions(button(action_id="x" * 256)), "/elements/0/action_id"),
        (actions(button(colour="red")), "/elements/0"),
        (
            actions(button(confirm={**CONFIRM, "text": mrkdwn("x" * 301)})),
            "/elements/0/confirm/text/text",
        ),
        (
            actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})),
            "/elements/0/confirm/title/text",
        ),
        (
            actions(button(confirm={**CONFIRM, "deny": plain("x" * 31)})),
            "/elements/0/confirm/deny/text",
        ),
        (actions(button(confirm={"title": plain()})), "/elements/0/confirm/text"),
        (actions({"type": "nonsense"}), "/elements/0/type"),
        (actions(select(101)), "/elements/0/options"),
        (actions(select(0)), "/elements/0/options"),
        (actions(select(placeholder=plain("x" * 151))), "/elements/0/placeholder/text"),
        (actions({**select(6), "type": "overflow"}), "/elements/0/options"),
        (actions({**select(11), "type": "checkboxes"}), "/elements/0/options"),
        (
            actions({**select(), "options": [{"text": plain("x" * 76), "value": "v"}]}),
            "/elements/0/options/0/text/text",
        ),
        (
            actions({**select(), "options": [{"text": plain(), "value": "v" * 151}]}),
            "/elements/0/options/0/value",
        ),
        ({"type": "image", "alt_text": "x"}, ""),
        ({"type": "image", "image_url": "u"}, "/alt_text"),
        ({"type": "markdown", "text": ""}, "/text"),
        ({"type": "nonsense"}, "/type"),
        (
            {
                "type": "input",
                "label": plain(),
                "element": {"type": "plain_text_input"},
            },
            "/type",
        ),
        ({"type": "alert", "text": plain()}, "/type"),
        (table(*[[cell()]] * 101), "/rows"),
        (table([cell()] * 21), "/rows/0"),
        (table([cell("")]), "/rows/0/0/text"),
        (table([cell()], [cell(), cell()]), "/rows"),
        (table([{"type": "text", "text": "x"}]), "/rows/0/0/type"),
        (table([cell()], column_settings=[{"colour": 1}]), "/column_settings/0"),
        (rich(text("")), "/elements/0/elements/0"),
        (rich({"type": "link", "text": "no address"}), "/elements/0/elements/0"),
        (rich(text(style={"loud": True})), "/elements/0/elements/0/style"),
        (rich({"type": "mrkdwn", "text": "x"}), "/elements/0/elements/0/type"),
        (
            rich({"type": "user", "user_id": "U"}, kind="rich_text_preformatted"),
            "/elements/0/elements/0/type",
        ),
        (rich(text(), kind="rich_text_paragraph"), "/elements/0/type"),
        (rich(text(), kind="rich_text_list"), "/elements/0/style"),
        (
            {
                "type": "container",
                "title": plain(),
                "child_blocks": [{"type": "markdown", "text": "x"}],
            },
            "/child_blocks/0/type",
        ),
        ({"type": "carousel", "elements": [{"type": "card"}] * 11}, "/elements"),
        ({"type": "card", "body": mrkdwn("x" * 201)}, "/body/text"),
        ({"type": "plan", "tasks": [{}] * 51}, "/tasks"),
        ({"type": "data_table", "caption": "c", "rows": [[cell()]]}, "/rows"),
        ({"type": "video", "title": plain("x" * 200), "alt_text": "x"}, "/title/text"),
        ({"type": "context_actions", "elements": [button()]}, "/elements/0/type"),
        ("text", ""),
    ],
)
def test_what_is_beyond_them_is_refused_with_its_place(
    block: Any, pointer: str
) -> None:
    """The pointer names the part at fault, as Slack's does."""
    found = errors({"type": "divider"}, block)

    assert found is not None
    assert found[0] == "invalid_blocks"
    assert any(it.endswith(f"[json-pointer:/blocks/1{pointer}]") for it in found[1])


def test_a_message_has_fifty_blocks_at_most() -> None:
    """The words are Slack's."""
    assert errors(*[{"type": "divider"}] * 51) == (
        "invalid_blocks",
        ["no more than 50 items allowed [json-pointer:/blocks]"],
    )


def test_the_words_for_a_long_text_are_slacks() -> None:
    """They appear in many public reports."""
    found = errors(section("x" * 3001))

    assert found == (
        "invalid_blocks",
        ["must be less than 3001 characters [json-pointer:/blocks/0/text/text]"],
    )


def test_a_block_id_is_used_once() -> None:
    """Over the whole message."""
    found = errors(section(block_id="x"), section(block_id="x"))

    assert found is not None
    assert found[1] == ["`block_id` x already exists [json-pointer:/blocks/1/block_id]"]


def test_a_message_has_one_table() -> None:
    """Its own error, and not `invalid_blocks`."""
    found = errors(table([cell()]), table([cell()]))

    assert found == ("invalid_attachments", ["only_one_table_allowed"])


def test_all_text_together_has_a_limit() -> None:
    """Each block is legal; the sum is not."""
    assert errors(*[section("x" * 2640)] * 5) is None
    assert errors(*[section("x" * 2641)] * 5) == ("msg_blocks_too_long", [])


def test_markdown_is_limited_over_all_blocks() -> None:
    """Two of 6,001 are too much."""
    found = errors(*[{"type": "markdown", "text": "x" * 6001}] * 2)

    assert found is not None
    assert "must be less than 12001 characters" in found[1][0]


def test_markdown_counts_as_the_blocks_it_becomes() -> None:
    """Each heading is one, and the text under it another."""
    headings = "\n".join(f"# {number}\ntext" for number in range(26))
    found = errors({"type": "markdown", "text": headings})

    assert unfolded(headings) == 52
    assert found is not None
    assert "no more than 50 items allowed" in found[1][0]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, "no_text"),
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x" * 4001}, "msg_too_long"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks"),
    ],
)
def test_a_message_as_a_whole_has_limits(message: Block, error: str) -> None:
    """Each has its own error."""
    found = message_errors(message)

    assert found is not None
    assert found[0] == error


def test_text_is_counted_wherever_people_read_it() -> None:
    """In tables, in rich text, on buttons."""
    blocks = [table([cell("123")]), rich(text("45")), actions(button(text=plain("6")))]

    assert total_text(blocks) == 6


INPUT = {"type": "input", "label": plain(), "element": {"type": "plain_text_input"}}
MODAL = {"type": "modal", "title": plain(), "blocks": [section()]}


@pytest.mark.parametrize(
    "view",
    [
        MODAL,
        {**MODAL, "blocks": [INPUT], "submit": plain()},
        {**MODAL, "blocks": [{"type": "alert", "text": plain()}]},
        {"type": "home", "blocks": [section()] * 100},
    ],
)
def test_a_fine_view_is_taken(view: Block) -> None:
    """Views may hold what messages may not."""
    assert view_errors(view) == []


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        ({"type": "popup"}, "/view/type"),
        ({**MODAL, "title": plain("x" * 25)}, "/view/title/text"),
        ({"type": "modal", "blocks": [section()]}, "/view"),
        ({**MODAL, "blocks": [INPUT]}, "/view"),
        ({**MODAL, "blocks": [section()] * 101}, "/view/blocks"),
        ({**MODAL, "blocks": []}, "/view/blocks"),
        ({**MODAL, "private_metadata": "x" * 3001}, "/view/private_metadata"),
        (
            {**MODAL, "blocks": [{"type": "markdown", "text": "x"}]},
            "/view/blocks/0/type",
        ),
        ({"type": "home", "title": plain(), "blocks": [section()]}, "/view"),
    ],
)
def test_a_view_beyond_its_limits_is_refused(view: Block, pointer: str) -> None:
    """The pointer starts at the view."""
    assert any(it.endswith(f"[json-pointer:{pointer}]") for it in view_errors(view))
