"""Slack's rules for blocks, written down apart from the code that they judge.

`violations` says everything that Slack would refuse in a message, and what it takes
but this project does not want: input in messages, buttons without an action id.
`view_violations` does the same for modals and the Home tab. No number is shared with
`formatters.limits`, so that a slip there shows here.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

Surface: TypeAlias = Literal["message", "modal", "home"]
Json: TypeAlias = Any

# Slack's documentation: which keys a block has, beside `type` and `block_id`.
_BLOCK_KEYS: Final[Mapping[str, str]] = {
    "actions": "elements",
    "alert": "text level",
    "card": "hero_image icon title subtitle body subtext actions slack_icon",
    "carousel": "elements",
    "container": "title rich_text_title subtitle child_blocks width icon is_collapsible"
    " default_collapsed has_header_divider",
    "context": "elements",
    "context_actions": "elements",
    "data_table": "rows caption page_size row_header_column_index",
    "data_visualization": "title chart",
    "divider": "",
    "file": "external_id source",
    "header": "text level",
    "image": "image_url slack_file alt_text title",
    "input": "label element hint optional dispatch_action",
    "markdown": "text",
    "plan": "title tasks",
    "rich_text": "elements",
    "section": "text fields accessory expand",
    "table": "rows column_settings",
    "task_card": "task_id title status details output sources",
    "video": "video_url thumbnail_url alt_text title title_url author_name"
    " provider_name provider_icon_url description",
}
_SURFACES: Final[Mapping[str, str]] = {
    "alert": "modal",
    "card": "message home modal",
    "carousel": "message home",
    "container": "message home",
    "context_actions": "message",
    "data_table": "message home",
    "data_visualization": "message home",
    "file": "",
    "input": "modal home",
    "markdown": "message",
    "plan": "message",
    "table": "message home",
    "task_card": "message",
}
_IN_CONTAINER: Final = frozenset(
    [
        "actions",
        "context",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "rich_text",
        "section",
        "table",
        "video",
    ]
)
_CHOICES: Final = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
_IN_ACTIONS: Final = _CHOICES | frozenset(
    [
        "button",
        "checkboxes",
        "datepicker",
        "datetimepicker",
        "overflow",
        "radio_buttons",
        "timepicker",
        "workflow_button",
        "rich_text_input",
    ]
)
_IN_INPUT: Final = (
    _IN_ACTIONS - {"button", "overflow", "workflow_button"}
) | frozenset(
    [
        "plain_text_input",
        "number_input",
        "email_text_input",
        "url_text_input",
        "file_input",
    ]
)
_ELEMENT_KEYS: Final[Mapping[str, str]] = {
    "button": "text url value style confirm accessibility_label",
    "overflow": "options confirm",
    "static_select": "placeholder options option_groups initial_option confirm"
    " focus_on_load",
    "plain_text_input": "initial_value multiline min_length max_length"
    " dispatch_action_config focus_on_load placeholder",
}
_LEAVES: Final[Mapping[str, str]] = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "team": "team_id",
    "emoji": "name",
    "date": "timestamp format",
    "color": "value",
    "broadcast": "range",
}
_STYLES: Final = frozenset(
    [
        "bold",
        "italic",
        "strike",
        "code",
        "underline",
        "highlight",
        "client_highlight",
        "unlink",
    ]
)


def violations(blocks: Sequence[Json], text: str | None = None) -> list[str]:
    """Return what is wrong with a message; nothing when Slack would take it.

    Without *text* only the blocks are judged.
    """
    found = list(_all(blocks, "message", 50))
    if text is not None:
        if not text.strip():
            found.append("text is empty: no_text")
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        if units > 3_000:
            found.append(f"text has {units} characters, over 3000")
        if len(text.encode()) >= 4_000:
            found.append(f"text has {len(text.encode())} bytes: msg_too_long")
        if any(mark in text for mark in ("<!", "<@", "<#", "<http")):
            found.append("text holds Slack's control sequences")
    total = sum(_units(string) for string in _strings(blocks))
    if total > 10_000:
        found.append(f"{total} characters in all: msg_blocks_too_long")
    markdown = sum(
        len(str(block.get("text", "")))
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "markdown"
    )
    if markdown > 12_000:
        found.append(f"{markdown} characters in all markdown blocks, over 12000")
    return found


def view_violations(view: Json) -> list[str]:
    """Return what is wrong with a modal or a Home tab."""
    surface: Surface = "modal" if view.get("type") == "modal" else "home"
    blocks = view.get("blocks", [])
    found = list(_all(blocks, surface, 100))
    if surface == "modal":
        found += _text(view.get("title"), "title", 24, plain=True)
        for key in ("submit", "close"):
            if key in view:
                found += _text(view[key], key, 24, plain=True)
        if (
            any(block.get("type") == "input" for block in blocks)
            and "submit" not in view
        ):
            found.append("a modal with an input needs submit")
    elif {"submit", "close"} & view.keys():
        found.append("a Home tab has neither submit nor close")
    if len(view.get("private_metadata", "")) > 3_000:
        found.append("private_metadata is over 3000")
    for key in ("callback_id", "external_id"):
        found += _name(view.get(key), key)
    return found


def _all(blocks: Sequence[Json], surface: Surface, most: int) -> Iterator[str]:
    if not blocks:
        yield "no blocks"
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, over {most}"
    for number, block in enumerate(blocks):
        for complaint in _block(block, surface):
            yield f"block {number}: {complaint}"
    nested = [block for block in _objects(blocks) if "block_id" in block]
    yield from _twice("block_id", [block["block_id"] for block in nested])
    acting = [each["action_id"] for each in _objects(blocks) if "action_id" in each]
    yield from _twice("action_id", acting)
    tables = [b for b in _objects(blocks) if b.get("type") in ("table", "data_table")]
    if len(tables) > 1:
        yield f"{len(tables)} tables: only_one_table_allowed"
    charts = [b for b in _objects(blocks) if b.get("type") == "data_visualization"]
    if len(charts) > 2:
        yield f"{len(charts)} charts, over 2"


def _twice(what: str, names: Sequence[str]) -> Iterator[str]:
    for name, times in Counter(map(str, names)).items():
        if times > 1:
            yield f"{what} {name} stands {times} times"


def _units(text: str) -> int:
    """Return the characters after Slack's escaping, those beyond 16 bits as two."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return len(escaped.encode("utf-16-le", "surrogatepass")) // 2


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "type":
                yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _objects(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _objects(item)


def _block(block: Json, surface: Surface) -> Iterator[str]:
    if not isinstance(block, dict):
        yield "not an object"
        return
    kind = str(block.get("type"))
    if kind not in _BLOCK_KEYS:
        yield f"unknown type {kind}"
        return
    if surface not in _SURFACES.get(kind, "message modal home").split():
        yield f"no {kind} in a {surface}"
    for key in block.keys() - {"type", "block_id", *_BLOCK_KEYS[kind].split()}:
        yield f"{kind} has no {key}"
    yield from _name(block.get("block_id"), "block_id")
    if judge := _JUDGES.get(kind):
        for complaint in judge(block):
            yield f"{kind}: {complaint}"


def _name(value: Json, what: str) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, str) or not value:
        yield f"{what} is no text"
    elif len(value) > 255:
        yield f"{what} is over 255"


def _text(value: Json, what: str, most: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{what} is no text object"
        return
    kind = value.get("type")
    if kind not in ("plain_text", "mrkdwn"):
        yield f"{what} has the type {kind}"
    if plain and kind != "plain_text":
        yield f"{what} must be plain_text"
    for key in value.keys() - {"type", "text", "emoji", "verbatim"}:
        yield f"{what} has no {key}"
    if kind == "mrkdwn" and "emoji" in value:
        yield f"{what}: emoji belongs to plain_text"
    yield from _string(value.get("text"), what, most)


def _string(value: Json, what: str, most: int) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{what} is no string"
    elif _units(value) > most:
        yield f"{what} has {_units(value)} characters, over {most}"
    elif not value.strip():
        yield f"{what} is empty"


def _count(value: Json, what: str, least: int, most: int) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{what} is no list"
    elif not least <= len(value) <= most:
        yield f"{len(value)} {what}, not {least} to {most}"


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _section(block: Json) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "neither text nor fields"
    if "text" in block:
        yield from _text(block["text"], "text", 3_000)
    if "fields" in block:
        yield from _count(block["fields"], "fields", 1, 10)
        for field in _listed(block["fields"]):
            yield from _text(field, "field", 2_000)
    if "accessory" in block:
        yield from _element(block["accessory"], _IN_ACTIONS | {"image"})


def _header(block: Json) -> Iterator[str]:
    yield from _text(block.get("text"), "text", 150, plain=True)


def _context(block: Json) -> Iterator[str]:
    yield from _count(block.get("elements"), "elements", 1, 10)
    for element in _listed(block.get("elements")):
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element)
        else:
            yield from _text(element, "element", 2_000)


def _actions(block: Json) -> Iterator[str]:
    yield from _count(block.get("elements"), "elements", 1, 25)
    for element in _listed(block.get("elements")):
        yield from _element(element, _IN_ACTIONS)


def _context_actions(block: Json) -> Iterator[str]:
    yield from _count(block.get("elements"), "elements", 1, 5)
    for element in _listed(block.get("elements")):
        if element.get("type") not in ("feedback_buttons", "icon_button"):
            yield f"no {element.get('type')} here"
        if len(element.get("visible_to_user_ids", ())) > 10:
            yield "icon_button is visible to over 10 users"


def _input(block: Json) -> Iterator[str]:
    yield from _text(block.get("label"), "label", 2_000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], "hint", 2_000, plain=True)
    yield from _element(block.get("element"), _IN_INPUT)


def _image(block: Json) -> Iterator[str]:
    if not ("image_url" in block or "slack_file" in block):
        yield "neither image_url nor slack_file"
    if "image_url" in block:
        yield from _string(block["image_url"], "image_url", 3_000)
    yield from _string(block.get("alt_text"), "alt_text", 2_000)
    if "title" in block:
        yield from _text(block["title"], "title", 2_000, plain=True)


def _markdown(block: Json) -> Iterator[str]:
    yield from _string(block.get("text"), "text", 12_000)


def _video(block: Json) -> Iterator[str]:
    yield from _text(block.get("title"), "title", 199, plain=True)
    yield from _string(block.get("alt_text"), "alt_text", 2_000)
    if "author_name" in block:
        yield from _string(block["author_name"], "author_name", 49)


def _alert(block: Json) -> Iterator[str]:
    yield from _text(block.get("text"), "text", 200)
    if block.get("level", "default") not in (
        "default",
        "info",
        "warning",
        "error",
        "success",
    ):
        yield f"level {block['level']}"


def _card(block: Json) -> Iterator[str]:
    if not block.keys() & {"hero_image", "title", "actions", "body"}:
        yield "nothing in it"
    for key, most in (
        ("title", 150),
        ("subtitle", 150),
        ("body", 200),
        ("subtext", 200),
    ):
        if key in block:
            yield from _text(block[key], key, most)
    if len(block.get("actions", ())) > 3:
        yield "over 3 actions"


def _carousel(block: Json) -> Iterator[str]:
    yield from _count(block.get("elements"), "cards", 1, 10)
    for card in _listed(block.get("elements")):
        yield from _card(card)


def _container(block: Json) -> Iterator[str]:
    if "rich_text_title" in block:
        yield from _rich_text(block["rich_text_title"])
    else:
        yield from _text(block.get("title"), "title", 150, plain=True)
    if "subtitle" in block:
        yield from _text(block["subtitle"], "subtitle", 150, plain=True)
    if block.get("width", "standard") not in ("narrow", "standard", "wide", "full"):
        yield f"width {block['width']}"
    yield from _count(block.get("child_blocks"), "child blocks", 1, 10)
    for child in _listed(block.get("child_blocks")):
        if child.get("type") not in _IN_CONTAINER:
            yield f"no {child.get('type')} in a container"
        yield from _block(child, "message")


def _plan(block: Json) -> Iterator[str]:
    yield from _count(block.get("tasks", []), "tasks", 0, 50)


def _table(block: Json) -> Iterator[str]:
    yield from _count(block.get("rows"), "rows", 1, 100)
    yield from _grid(_listed(block.get("rows")))
    settings = block.get("column_settings", [])
    yield from _count(settings, "column settings", 0, 20)
    for setting in filter(None, _listed(settings)):
        if setting.get("align", "left") not in ("left", "center", "right"):
            yield f"align {setting['align']}"
        if not isinstance(setting.get("is_wrapped", False), bool):
            yield "is_wrapped is no boolean"
        for key in setting.keys() - {"align", "is_wrapped"}:
            yield f"column settings have no {key}"


def _data_table(block: Json) -> Iterator[str]:
    yield from _count(block.get("rows"), "rows", 2, 101)
    yield from _grid(_listed(block.get("rows")))
    yield from _string(block.get("caption"), "caption", 3_000)
    if not 1 <= block.get("page_size", 5) <= 100:
        yield "page_size is not 1 to 100"
    if sum(map(_units, _strings(block.get("rows")))) > 20_000:
        yield "over 20000 characters"
    for cell in next(iter(_listed(block.get("rows"))), []):
        if cell.get("type") == "rich_text":
            yield "rich_text in the header row"


def _grid(rows: Sequence[Json]) -> Iterator[str]:
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        yield f"ragged rows: {sorted(widths)}"
    if widths and not 1 <= max(widths) <= 20:
        yield f"{max(widths)} columns, not 1 to 20"
    for cell in [cell for row in rows for cell in row]:
        kind = cell.get("type") if isinstance(cell, dict) else None
        if kind == "raw_text":
            yield from _string(cell.get("text"), "cell", 3_000)
        elif kind == "raw_number":
            if not isinstance(cell.get("value"), int | float):
                yield "a cell's value is no number"
        elif kind == "rich_text":
            yield from _rich_text(cell)
        else:
            yield f"a cell of the type {kind}"


def _data_visualization(block: Json) -> Iterator[str]:
    yield from _string(block.get("title"), "title", 50)
    chart = block.get("chart", {})
    series = chart.get("series", chart.get("segments", []))
    yield from _count(series, "series", 1, 6)
    for each in _listed(series):
        if len(each.get("label", each.get("name", ""))) > 20:
            yield "a label is over 20"
        if len(each.get("data", each.get("values", [0]))) > 20:
            yield "over 20 points"


def _rich_text(block: Json) -> Iterator[str]:
    yield from _count(block.get("elements"), "parts", 1, 1_000)
    for part in _listed(block.get("elements")):
        yield from _part(part)


def _part(part: Json) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    extra = {
        "rich_text_section": set[str](),
        "rich_text_quote": {"border"},
        "rich_text_preformatted": {"border", "language"},
        "rich_text_list": {"style", "indent", "offset", "border"},
    }
    if kind not in extra:
        yield f"no {kind} directly in rich text"
        return
    for key in part.keys() - {"type", "elements"} - extra[kind]:
        yield f"{kind} has no {key}"
    yield from _count(part.get("elements"), f"elements of {kind}", 1, 1_000)
    if kind == "rich_text_list":
        if part.get("style") not in ("bullet", "ordered"):
            yield f"list style {part.get('style')}"
        if not 0 <= part.get("indent", 0) <= 8:
            yield "list indent is not 0 to 8"
        for item in _listed(part.get("elements")):
            if item.get("type") != "rich_text_section":
                yield f"no {item.get('type')} in a list"
            yield from _part(item)
        return
    allowed = {"text", "link"} if kind == "rich_text_preformatted" else _LEAVES.keys()
    for leaf in _listed(part.get("elements")):
        yield from _leaf(leaf, allowed, kind)


def _leaf(leaf: Json, allowed: Container[str], where: str) -> Iterator[str]:
    kind = str(leaf.get("type")) if isinstance(leaf, dict) else "None"
    if kind not in allowed:
        yield f"no {kind} in a {where}"
        return
    needed = _LEAVES[kind].split()
    optional = {"url", "fallback", "text", "unsafe", "unicode", "skin_tone"}
    for key in needed:
        if key not in leaf:
            yield f"{kind} without {key}"
    for key in leaf.keys() - {"type", "style", *needed, *optional}:
        yield f"{kind} has no {key}"
    style = leaf.get("style", {})
    if not style.keys() <= _STYLES or not all(on is True for on in style.values()):
        yield f"style {style}"
    if kind == "text":
        yield from _written(leaf)
    if kind == "date":
        yield from _dated(leaf)


def _written(leaf: Json) -> Iterator[str]:
    if not leaf.get("text"):
        yield "an empty text"
    elif _units(leaf["text"]) > 4_000:
        yield "a text over 4000"


def _dated(leaf: Json) -> Iterator[str]:
    if type(leaf.get("timestamp")) is not int:
        yield "a timestamp that is no whole number"
    if "{" not in str(leaf.get("format")):
        yield "a date format without a token"
    if "code" in leaf.get("style", {}):
        yield "a date cannot be code"


def _element(element: Json, allowed: Container[str]) -> Iterator[str]:
    kind = str(element.get("type")) if isinstance(element, dict) else "None"
    if kind not in allowed:
        yield f"no {kind} here"
        return
    if kind == "image":
        yield from _image(element)
        return
    if "action_id" not in element:
        yield f"{kind} without action_id"
    yield from _name(element.get("action_id"), "action_id")
    if kind in _ELEMENT_KEYS:
        for key in element.keys() - {"type", "action_id", *_ELEMENT_KEYS[kind].split()}:
            yield f"{kind} has no {key}"
    if "confirm" in element:
        yield from _confirm(element["confirm"])
    if "placeholder" in element:
        yield from _text(element["placeholder"], "placeholder", 150, plain=True)
    if judge := _ELEMENT_JUDGES.get(kind):
        yield from judge(element)


def _overflow(menu: Json) -> Iterator[str]:
    yield from _options(menu.get("options"), 5, 75)


def _boxes(element: Json) -> Iterator[str]:
    yield from _options(element.get("options"), 10, 75)


def _line(field: Json) -> Iterator[str]:
    if not 1 <= field.get("max_length", 3_000) <= 3_000:
        yield "max_length is not 1 to 3000"


def _files(field: Json) -> Iterator[str]:
    if not 1 <= field.get("max_files", 10) <= 10:
        yield "max_files is not 1 to 10"


def _button(button: Json) -> Iterator[str]:
    yield from _text(button.get("text"), "button text", 75, plain=True)
    for key, most in (("value", 2_000), ("url", 3_000), ("accessibility_label", 75)):
        if key in button:
            yield from _string(button[key], key, most)
    if button.get("style", "primary") not in ("primary", "danger"):
        yield f"button style {button['style']}"


def _select(select: Json) -> Iterator[str]:
    if "option_groups" not in select:
        yield from _options(select.get("options"), 100, 75)
        return
    yield from _count(select["option_groups"], "option groups", 1, 100)
    for group in _listed(select["option_groups"]):
        yield from _text(group.get("label"), "group label", 75, plain=True)
        yield from _options(group.get("options"), 100, 75)


def _options(options: Json, most: int, chars: int) -> Iterator[str]:
    yield from _count(options, "options", 1, most)
    for option in _listed(options):
        yield from _text(option.get("text"), "option text", chars)
        yield from _string(option.get("value"), "option value", 150)
        if "description" in option:
            yield from _text(option["description"], "option description", chars)
        if len(option.get("url", "")) > 3_000:
            yield "option url is over 3000"
    yield from _twice("option", [str(o.get("value")) for o in _listed(options)])


def _confirm(confirm: Json) -> Iterator[str]:
    yield from _text(confirm.get("title"), "confirm title", 100, plain=True)
    yield from _text(confirm.get("text"), "confirm text", 300)
    yield from _text(confirm.get("confirm"), "confirm button", 30, plain=True)
    yield from _text(confirm.get("deny"), "deny button", 30, plain=True)
    if confirm.get("style", "primary") not in ("primary", "danger"):
        yield f"confirm style {confirm['style']}"


_ELEMENT_JUDGES: Final[Mapping[str, Callable[[Json], Iterator[str]]]] = {
    "button": _button,
    "checkboxes": _boxes,
    "file_input": _files,
    "multi_static_select": _select,
    "overflow": _overflow,
    "plain_text_input": _line,
    "radio_buttons": _boxes,
    "static_select": _select,
}
_JUDGES: Final[Mapping[str, Callable[[Json], Iterator[str]]]] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "context_actions": _context_actions,
    "data_table": _data_table,
    "data_visualization": _data_visualization,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "video": _video,
}
