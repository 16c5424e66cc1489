"""Says with few blocks what local-slack can't draw, only on the way to it.

Its page draws sections, headers, contexts, images, inputs and actions. It shows
rich text, tables and markdown as a name in brackets, dates and fences raw, escaped
characters twice escaped, and each text of a context in a column of its own.
"""

import re
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

# Slack's own escapes, undone: its page escapes once more.
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
STYLES = (("code", "`"), ("bold", "*"), ("italic", "_"), ("strike", "~"))
FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
NAMED_FENCE = re.compile(r"```\w*\n(.*?)\n?```", re.DOTALL)
HARD_SPACE = "\N{NO-BREAK SPACE}"  # its page folds other spaces into one
WIDEST = 60  # characters: more break, and then no column stands under its name
STAR = "\N{ASTERISK OPERATOR}"  # its page draws bold even inside code
JOINER = "\N{WORD JOINER}"  # keeps a once-escaped <@U0…> from becoming a mention


def drawable(message: dict[str, Any]) -> dict[str, Any]:
    """Return *message* so that local-slack can draw all of it."""
    drawn = dict(message)
    if isinstance(drawn.get("text"), str):
        drawn["text"] = mrkdwn(drawn["text"])
    if isinstance(drawn.get("blocks"), list):
        drawn["blocks"] = [new for block in drawn["blocks"] for new in _block(block)]
    return drawn


def drawable_view(view: dict[str, Any]) -> dict[str, Any]:
    """Return a modal or an App Home so that local-slack can draw all of it."""
    blocks = view.get("blocks") or []
    return {**view, "blocks": [new for block in blocks for new in _block(block)]}


def mrkdwn(text: str) -> str:
    """Return mrkdwn without dates, fences and escapes."""
    text = FENCE.sub(lambda found: _code(found[1]), text)
    text = re.sub(r"<!date\^[^>|]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<!(here|channel|everyone)(\|[^>]*)?>", r"@\1", text)
    text = re.sub(r"<!subteam\^\w+\|([^>]*)>", r"\1", text)
    text = re.sub(r"&lt;(?=[@#!]|https?:)", f"&lt;{JOINER}", text)
    for escaped, plain in ENTITIES:
        text = text.replace(escaped, plain)
    return text


def _block(block: dict[str, Any]) -> list[dict[str, Any]]:
    match block.get("type"):
        case "rich_text":
            return [_section(block, _rich(block))]
        case "table":
            return [_section(block, _table(block))]
        case "data_table":
            title = f"*{block.get('caption', '')}*\n"
            return [_section(block, title + _table(block))]
        case "markdown":
            return [_section(block, _markdown(str(block.get("text"))))]
        case "container":
            name = (block.get("title") or {}).get("text")
            inner = block.get("child_blocks") or []
            above = [_section({}, f"*{name}*")] if name else []
            return above + [new for child in inner for new in _block(child)]
        case "actions":
            return _actions(block)
        case "context":
            return [_texts({**block, "elements": _in_a_row(block["elements"])})]
        case _:
            return [_texts(block)]


def _actions(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what can be ticked as a list, and what else the block holds."""
    boxes = [it for it in block["elements"] if it.get("type") == "checkboxes"]
    others = [it for it in block["elements"] if it.get("type") != "checkboxes"]
    lines = [
        f"☑ *{option['text']['text']}*"
        + (f"  {option['description']['text']}" if "description" in option else "")
        for box in boxes
        for option in box["options"]
    ]
    found = [_section({}, mrkdwn("\n".join(lines)))] if lines else []
    return [*found, _texts({**block, "elements": others})] if others else found


def _in_a_row(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return texts as one, since its page gives each a narrow column."""
    if any(element.get("type") not in ("mrkdwn", "plain_text") for element in elements):
        return elements
    text = " · ".join(str(element.get("text", "")) for element in elements)
    return [{"type": "mrkdwn", "text": text}]


def _section(block: dict[str, Any], text: str) -> dict[str, Any]:
    kept = {"block_id": block["block_id"]} if block.get("block_id") else {}
    return {"type": "section", "text": {"type": "mrkdwn", "text": text or " "}, **kept}


def _texts(value: Any) -> Any:
    """Return *value* with every text object in it made drawable."""
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") in ("mrkdwn", "plain_text"):
        return {**value, "text": mrkdwn(str(value.get("text", "")))}
    return {name: _texts(item) for name, item in value.items()}


def _rich(block: dict[str, Any]) -> str:
    parts = []
    for part in block.get("elements", []):
        inner = part.get("elements", [])
        match part.get("type"):
            case "rich_text_list":
                parts.append(_list(part))
            case "rich_text_quote":
                parts.append(_inline(inner).replace("\n", "\n> ").join(("> ", "")))
            case "rich_text_preformatted":
                parts.append(_code("".join(map(_plain, inner))))
            case _:
                parts.append(_inline(inner).strip("\n"))
    return "\n".join(parts)


def _list(part: dict[str, Any]) -> str:
    indent = HARD_SPACE * 4 * part.get("indent", 0)
    first = part.get("offset", 0) + 1
    lines = []
    for number, item in enumerate(part.get("elements", []), first):
        mark = f"{number}." if part.get("style") == "ordered" else "•"
        lines.append(f"{indent}{mark} {_inline(item.get('elements', []))}")
    return "\n".join(lines)


def _inline(elements: list[dict[str, Any]]) -> str:
    # Marks between two of one style would close what they are to open.
    alike = groupby(elements, key=lambda element: element.get("style") or {})
    return "".join(
        _styled("".join(_unstyled(element) for element in group), style)
        for style, group in alike
    )


def _unstyled(element: dict[str, Any]) -> str:
    text = _plain(element)
    if element.get("type") == "text" and not (element.get("style") or {}).get("code"):
        text = _literal(text)
    if element.get("type") == "link":
        label = text.replace("&", "+").replace("|", "/").replace(">", "")
        text = f"<{element['url']}|{label}>"
    return text


def _styled(text: str, styles: dict[str, bool]) -> str:
    for style, mark in STYLES:
        clash = style == "italic" and "_" in text  # the page would end it there
        if styles.get(style) and not clash:
            text = "\n".join(_wrap(line, mark) for line in text.split("\n"))
    return text


def _wrap(line: str, mark: str) -> str:
    core = line.strip()
    if not core:
        return line
    return line.replace(core, _code(core) if mark == "`" else mark + core + mark, 1)


def _plain(element: dict[str, Any]) -> str:
    match element.get("type"):
        case "link":
            return str(element.get("text") or element.get("url"))
        case "user":
            return f"<@{element.get('user_id')}>"
        case "usergroup":
            return f"@{element.get('usergroup_id')}"
        case "channel":
            return f"<#{element.get('channel_id')}|{element.get('channel_id')}>"
        case "emoji":
            return f":{element.get('name')}:"
        case "date":
            at = datetime.fromtimestamp(int(element["timestamp"]), UTC)
            return f"{at:%H:%M:%S}"
        case "broadcast":
            return f"@{element.get('range')}"
        case "color":
            return str(element.get("value"))
        case _:
            return str(element.get("text", ""))


def _literal(text: str) -> str:
    """Return text that Slack shows as it is, in signs that the page takes for text."""
    return text.replace("*", STAR).replace("`", "'").replace("<", "<\u2060")


def _code(text: str) -> str:
    """Return each line as inline code, its own width, nothing in it mrkdwn."""
    text = re.sub("(?m)^ | {2,}", lambda found: HARD_SPACE * len(found[0]), text)
    text = text.replace("`", "'").replace("*", STAR)
    lines = text.rstrip("\n").split("\n")
    return "\n".join(f"`{line}`" if line.strip() else "" for line in lines)


def _table(block: dict[str, Any]) -> str:
    rows = [[_cell(cell) for cell in row] for row in block.get("rows", [])]
    columns = max(map(len, rows), default=0)
    widths = [
        max((len(row[number]) for row in rows if number < len(row)), default=0)
        for number in range(columns)
    ]
    if sum(widths) > WIDEST and len(rows) > 1:
        return _records(*rows)
    settings = block.get("column_settings") or []
    right = [
        bool(settings[number]) and settings[number].get("align") == "right"
        if number < len(settings)
        else False
        for number in range(columns)
    ]
    lines = [
        "  ".join(
            cell.rjust(widths[number]) if right[number] else cell.ljust(widths[number])
            for number, cell in enumerate(row)
        )
        for row in rows
    ]
    return _code("\n".join(lines))


def _records(header: list[str], *rows: list[str]) -> str:
    """Return rows too wide for lines: the first cell, then what is said of it."""
    lines = []
    for first, *others in rows:
        said = (
            f"{name} {cell}" for name, cell in zip(header[1:], others, strict=False)
        )
        lines.append(f"{_code(first)}  {_literal(' · '.join(said))}")
    return "\n".join(lines)


def _cell(cell: dict[str, Any]) -> str:
    if cell.get("type") == "rich_text":
        inner = [
            _plain(element)
            for part in cell.get("elements", [])
            for element in part.get("elements", [])
        ]
        return "".join(inner).replace("\n", " ")
    if cell.get("type") == "raw_number":
        return str(cell.get("text") or cell.get("value"))
    return str(cell.get("text", "")).replace("\n", " ")


def _markdown(text: str) -> str:
    text = NAMED_FENCE.sub(lambda found: _code(found[1]), text)
    lines = []
    for line in text.split("\n"):
        if head := re.match(r"#{1,6} (.*)", line):
            lines.append(f"*{head[1]}*")
        elif re.match(r"\s*\|[-:| ]+\|\s*$", line):
            continue  # the rule under a table's head
        elif line.strip().startswith("|"):
            lines.append(_code(line.strip()))
        else:
            bold = re.sub(r"\*\*(.+?)\*\*", r"*\1*", line)
            item = re.sub(r"^(\s*)[-*] ", r"\1• ", bold)
            lines.append(re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"<\2|\1>", item))
    return mrkdwn("\n".join(lines))
