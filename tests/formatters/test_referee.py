"""The referee itself: it sees every fault that others are known to miss."""

from typing import Any

import pytest

from tests.formatters.referee import view_violations, violations

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def a_button(**more: Any) -> Json:
    return {"type": "button", "action_id": "a", "text": plain("b"), **more}


def a_section(text: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def options(number: int) -> list[Json]:
    return [{"text": plain(f"o{n}"), "value": str(n)} for n in range(number)]


def a_select(number: int, **more: Any) -> Json:
    return {
        "type": "static_select",
        "action_id": "s",
        "placeholder": plain("p"),
        "options": options(number),
        **more,
    }


def cells(number: int) -> list[Json]:
    return [{"type": "raw_text", "text": "c"}] * number


def a_table(*rows: list[Json], **more: Any) -> Json:
    return {"type": "table", "rows": list(rows), **more}


def rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": list(parts)}


def paragraph(*leaves: Json, kind: str = "rich_text_section", **more: Any) -> Json:
    return {"type": kind, "elements": list(leaves), **more}


def a_confirm(**more: Any) -> Json:
    return {
        "title": plain("t"),
        "text": mrkdwn("x"),
        "confirm": plain("y"),
        "deny": plain("n"),
        **more,
    }


RUN: Json = {"type": "text", "text": "x"}
DATE: Json = {"type": "date", "timestamp": 1, "format": "{time}"}
SOUND: dict[str, list[Any]] = {
    "all that we send": [
        a_section(),
        actions(a_button(), a_select(3)),
        {"type": "header", "text": plain("h")},
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("c"), plain("d")]},
        a_table(cells(2), cells(2), column_settings=[{"align": "right"}]),
        rich(
            paragraph(RUN, DATE, {"type": "emoji", "name": "wave"}),
            paragraph(RUN, kind="rich_text_preformatted"),
            paragraph(paragraph(RUN), kind="rich_text_list", style="bullet"),
        ),
    ],
    "markdown": [{"type": "markdown", "text": "# x"}],
    "an image": [{"type": "image", "image_url": "https://x", "alt_text": "a"}],
    "a menu": [actions({"type": "overflow", "action_id": "o", "options": options(5)})],
    "a question first": [actions(a_button(confirm=a_confirm(style="danger")))],
    "a container": [
        {"type": "container", "title": plain("t"), "child_blocks": [a_section()]}
    ],
    "a rich container": [
        {
            "type": "container",
            "rich_text_title": rich(paragraph(RUN)),
            "subtitle": plain("s"),
            "child_blocks": [a_section()],
        }
    ],
    "cards": [
        {"type": "carousel", "elements": [{"type": "card", "title": plain("t")}]}
    ],
    "a rich cell": [a_table([rich(paragraph(DATE))])],
    "a number in a cell": [a_table([{"type": "raw_number", "value": 1}])],
    "a data table": [{"type": "data_table", "caption": "c", "rows": [cells(1)] * 2}],
    "a chart": [
        {"type": "data_visualization", "title": "t", "chart": {"segments": [{}] * 3}}
    ],
    "feedback": [
        {"type": "context_actions", "elements": [{"type": "feedback_buttons"}]}
    ],
    "a plan": [{"type": "plan", "title": "t", "tasks": []}],
    "a video": [{"type": "video", "title": plain("t"), "alt_text": "a"}],
    "groups": [
        actions(
            a_select(0, option_groups=[{"label": plain("g"), "options": options(1)}])
        )
    ],
}

BROKEN: dict[str, list[Any]] = {
    "51 blocks": [{"type": "divider"}] * 51,
    "no blocks": [],
    "section text 3001": [a_section("x" * 3001)],
    "section text 3000 that escaping makes longer": [a_section("&" * 3000)],
    "section text empty": [a_section("")],
    "section without text or fields": [{"type": "section"}],
    "section 11 fields": [{"type": "section", "fields": [mrkdwn("f")] * 11}],
    "section field 2001": [{"type": "section", "fields": [mrkdwn("f" * 2001)]}],
    "section with an unknown accessory": [a_section(accessory={"type": "nonsense"})],
    "header 151": [{"type": "header", "text": plain("h" * 151)}],
    "header mrkdwn": [{"type": "header", "text": mrkdwn("h")}],
    "context 11 elements": [{"type": "context", "elements": [mrkdwn("c")] * 11}],
    "context text empty": [{"type": "context", "elements": [plain("")]}],
    "context image without alt text": [
        {"type": "context", "elements": [{"type": "image", "image_url": "u"}]}
    ],
    "context with a string": [{"type": "context", "elements": ["c"]}],
    "markdown 12001": [{"type": "markdown", "text": "m" * 12001}],
    "markdown 12001 in two": [{"type": "markdown", "text": "m" * 6001}] * 2,
    "sum over 10000": [a_section("x" * 2600)] * 4,
    "actions 26 elements": [actions(*[a_button(action_id=f"a{n}") for n in range(26)])],
    "actions empty": [actions()],
    "actions with no list": [{"type": "actions", "elements": "x"}],
    "button no action_id": [actions({"type": "button", "text": plain("b")})],
    "button text 76": [actions(a_button(text=plain("b" * 76)))],
    "button text mrkdwn": [actions(a_button(text=mrkdwn("b")))],
    "button text a string": [actions(a_button(text="b"))],
    "button text of unknown key": [actions(a_button(text={**plain("b"), "x": 1}))],
    "button value 2001": [actions(a_button(value="v" * 2001))],
    "button value a number": [actions(a_button(value=5))],
    "button style wrong": [actions(a_button(style="warning"))],
    "button unknown key": [actions(a_button(colour="red"))],
    "action_id 256": [actions(a_button(action_id="a" * 256))],
    "action_id empty": [actions(a_button(action_id=""))],
    "duplicate action_id in block": [actions(a_button(), a_button())],
    "duplicate action_id in message": [actions(a_button()), actions(a_button())],
    "duplicate block_id": [a_section(block_id="x"), a_section(block_id="x")],
    "block_id 256": [a_section(block_id="x" * 256)],
    "text object no type": [{"type": "section", "text": {"text": "x"}}],
    "text object mrkdwn with emoji": [
        {"type": "section", "text": {**mrkdwn("x"), "emoji": True}}
    ],
    "unknown block type": [{"type": "nonsense"}],
    "unknown block key": [{"type": "divider", "colour": "red"}],
    "a block that is a string": ["x"],
    "unknown element type": [actions({"type": "nonsense", "action_id": "z"})],
    "confirm text 301": [actions(a_button(confirm=a_confirm(text=mrkdwn("x" * 301))))],
    "confirm style wrong": [actions(a_button(confirm=a_confirm(style="red")))],
    "select 101 options": [actions(a_select(101))],
    "select no options": [actions(a_select(0))],
    "overflow 6 options": [
        actions({"type": "overflow", "action_id": "o", "options": options(6)})
    ],
    "checkboxes 11 options": [
        actions({"type": "checkboxes", "action_id": "o", "options": options(11)})
    ],
    "option text 76": [
        actions(a_select(1, options=[{"text": plain("o" * 76), "value": "v"}]))
    ],
    "option value 151": [
        actions(a_select(1, options=[{"text": plain("o"), "value": "v" * 151}]))
    ],
    "option description 76": [
        actions(
            a_select(
                1,
                options=[
                    {"text": plain("o"), "value": "v", "description": plain("d" * 76)}
                ],
            )
        )
    ],
    "option url 3001": [
        actions(
            a_select(1, options=[{"text": plain("o"), "value": "v", "url": "u" * 3001}])
        )
    ],
    "option twice": [actions(a_select(1, options=options(1) * 2))],
    "image without url": [{"type": "image", "alt_text": "a"}],
    "image title 2001": [
        {
            "type": "image",
            "image_url": "u",
            "alt_text": "a",
            "title": plain("t" * 2001),
        }
    ],
    "table 101 rows": [a_table(*[cells(1)] * 101)],
    "table 21 columns": [a_table(cells(21))],
    "table empty cell": [a_table([{"type": "raw_text", "text": ""}])],
    "table blank cell": [a_table([{"type": "raw_text", "text": " "}])],
    "table ragged": [a_table(cells(2), cells(1))],
    "table without rows": [a_table()],
    "table cell of unknown type": [a_table([{"type": "text", "text": "x"}])],
    "table number that is none": [a_table([{"type": "raw_number", "value": "1"}])],
    "table align wrong": [a_table(cells(1), column_settings=[{"align": "top"}])],
    "table setting of unknown key": [a_table(cells(1), column_settings=[{"x": 1}])],
    "table wrapped by a word": [
        a_table(cells(1), column_settings=[{"is_wrapped": "yes"}])
    ],
    "two tables": [a_table(cells(1))] * 2,
    "data table of one row": [
        {"type": "data_table", "caption": "c", "rows": [cells(1)]}
    ],
    "data table page": [
        {"type": "data_table", "caption": "c", "rows": [cells(1)] * 2, "page_size": 0}
    ],
    "data table too long": [
        {
            "type": "data_table",
            "caption": "c",
            "rows": [[{"type": "raw_text", "text": "c" * 2100}] * 10] * 2,
        }
    ],
    "data table rich header": [
        {
            "type": "data_table",
            "caption": "c",
            "rows": [[rich(paragraph(RUN))]] * 2,
        }
    ],
    "chart of 7 series": [
        {"type": "data_visualization", "title": "t", "chart": {"segments": [{}] * 7}}
    ],
    "chart label 21": [
        {
            "type": "data_visualization",
            "title": "t",
            "chart": {"segments": [{"label": "l" * 21}]},
        }
    ],
    "chart of 21 points": [
        {
            "type": "data_visualization",
            "title": "t",
            "chart": {"series": [{"data": [1] * 21}]},
        }
    ],
    "three charts": [
        {"type": "data_visualization", "title": "t", "chart": {"segments": [{}]}}
    ]
    * 3,
    "rich_text bad element": [rich(RUN)],
    "rich_text empty": [rich()],
    "rich_text empty paragraph": [rich(paragraph())],
    "rich_text empty text": [rich(paragraph({"type": "text", "text": ""}))],
    "rich_text text 4001": [rich(paragraph({"type": "text", "text": "x" * 4001}))],
    "rich_text unknown style": [rich(paragraph({**RUN, "style": {"red": True}}))],
    "rich_text unknown key": [rich(paragraph({**RUN, "colour": "red"}))],
    "rich_text part of unknown key": [rich(paragraph(RUN, colour="red"))],
    "rich_text date without a time": [rich(paragraph({**DATE, "timestamp": "1"}))],
    "rich_text date without a form": [rich(paragraph({**DATE, "format": "x"}))],
    "rich_text date missing": [rich(paragraph({"type": "date"}))],
    "rich_text date as code": [rich(paragraph({**DATE, "style": {"code": True}}))],
    "rich_text date in a box": [rich(paragraph(DATE, kind="rich_text_preformatted"))],
    "rich_text list of texts": [
        rich(paragraph(RUN, kind="rich_text_list", style="bullet"))
    ],
    "rich_text list style": [
        rich(paragraph(paragraph(RUN), kind="rich_text_list", style="star"))
    ],
    "rich_text list indent": [
        rich(paragraph(paragraph(RUN), kind="rich_text_list", style="bullet", indent=9))
    ],
    "input block in message": [
        {
            "type": "input",
            "label": plain("l"),
            "hint": plain("h"),
            "element": {"type": "plain_text_input", "action_id": "i"},
        }
    ],
    "alert in message": [{"type": "alert", "text": plain("a")}],
    "card without anything": [{"type": "card"}],
    "card title 151": [{"type": "card", "title": plain("t" * 151)}],
    "card with 4 actions": [
        {"type": "card", "title": plain("t"), "actions": [{"type": "x"}] * 4}
    ],
    "carousel of 11": [
        {"type": "carousel", "elements": [{"type": "card", "title": plain("t")}] * 11}
    ],
    "container of markdown": [
        {
            "type": "container",
            "title": plain("t"),
            "child_blocks": [{"type": "markdown", "text": "x"}],
        }
    ],
    "container width": [
        {
            "type": "container",
            "title": plain("t"),
            "width": "broad",
            "child_blocks": [a_section()],
        }
    ],
    "context_actions of buttons": [
        {"type": "context_actions", "elements": [a_button()]}
    ],
    "icon_button for 11": [
        {
            "type": "context_actions",
            "elements": [{"type": "icon_button", "visible_to_user_ids": ["U"] * 11}],
        }
    ],
    "plan of 51": [{"type": "plan", "title": "t", "tasks": [{}] * 51}],
    "video title 200": [{"type": "video", "title": plain("t" * 200), "alt_text": "a"}],
    "video author 50": [
        {
            "type": "video",
            "title": plain("t"),
            "alt_text": "a",
            "author_name": "a" * 50,
        }
    ],
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_messages_pass(name: str) -> None:
    """What Slack takes is not complained about."""
    assert violations(SOUND[name], "text") == []


@pytest.mark.parametrize("name", BROKEN)
def test_broken_messages_are_caught(name: str) -> None:
    """Each fault is seen by the referee alone, whoever else misses it."""
    assert violations(BROKEN[name])


@pytest.mark.parametrize(
    "text", [" ", "x" * 3001, "語" * 1400, "<!channel>", "<@U01>", "<https://x|y>"]
)
def test_broken_texts_are_caught(text: str) -> None:
    """An empty, an over-long and a loaded fallback text are faults too."""
    assert violations([a_section()], text)


def a_view(**more: Any) -> Json:
    return {"type": "modal", "title": plain("t"), "blocks": [a_section()], **more}


def an_input(**element: Any) -> Json:
    inner = {"type": "plain_text_input", "action_id": "i", **element}
    return {"type": "input", "label": plain("l"), "element": inner}


@pytest.mark.parametrize(
    "view",
    [
        a_view(),
        a_view(
            blocks=[an_input(), {"type": "alert", "text": plain("a")}],
            submit=plain("s"),
        ),
        {"type": "home", "blocks": [a_section()]},
    ],
)
def test_sound_views_pass(view: Json) -> None:
    """Modals may hold inputs and alerts; a Home tab needs no title."""
    assert view_violations(view) == []


@pytest.mark.parametrize(
    "view",
    [
        a_view(title=plain("t" * 25)),
        a_view(close=plain("c" * 25)),
        a_view(private_metadata="x" * 3001),
        a_view(callback_id="x" * 256),
        a_view(blocks=[{"type": "divider"}] * 101),
        a_view(blocks=[an_input()]),
        a_view(blocks=[an_input(max_length=0)], submit=plain("s")),
        a_view(blocks=[an_input(type="file_input", max_files=11)], submit=plain("s")),
        a_view(blocks=[{"type": "alert", "text": plain("a"), "level": "dire"}]),
        a_view(blocks=[a_table(cells(1))]),
        {"type": "home", "blocks": [a_section()], "submit": plain("s")},
    ],
)
def test_broken_views_are_caught(view: Json) -> None:
    """Views have limits and surfaces of their own."""
    assert view_violations(view)
