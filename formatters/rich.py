"""The parts of a `rich_text` block: Slack shows their text as it is, always.

Nothing put in here can mention anybody, become a link or end a code block.
"""

import re
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, TypeAlias

from bot.domain.report import Cell
from bot.domain.times import stamp
from formatters.visible import visible
from formatters.wording import UNKNOWN, written

Json: TypeAlias = dict[str, Any]
Inline: TypeAlias = list[Json]

DATED: Final = "{date_short_pretty} {time_secs}"
CLOCK: Final = "{time_secs}"

_PROSE: Final = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|(?P<stamp>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)(?!\w))"
)
_ID: Final = re.compile(r"(?=[^\s]*\d)[\w.:/+-]{8,}", re.ASCII)


_STYLED: Final = 20  # each costs some sixty characters, however short it is


def text(
    words: str, *, bold: bool = False, italic: bool = False, code: bool = False
) -> Inline:
    """Return the words as they are, in the styles asked for; nothing for nothing."""
    words = visible(words)
    if not words:
        return []
    element = {"type": "text", "text": words}
    return [_styled(element, bold=bold, italic=italic, code=code)]


def _styled(element: Json, **styles: bool) -> Json:
    wanted = {style: True for style, on in styles.items() if on}
    return {**element, "style": wanted} if wanted else element


def emoji(name: str) -> Json:
    """Return a standard emoji by Slack's name for it."""
    return {"type": "emoji", "name": name}


def moment(
    at: datetime, form: str = DATED, /, *, bold: bool = False, italic: bool = False
) -> Inline:
    """Return a time that Slack writes in the reader's own zone, else in UTC."""
    if not 1970 <= at.astimezone(UTC).year <= 2100:  # what Slack's clients can draw
        return text(stamp(at), bold=bold, italic=italic)
    element: Json = {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": form,
        "fallback": stamp(at) if form == DATED else f"{at.astimezone(UTC):%H:%M:%S}Z",
    }
    return [_styled(element, bold=bold, italic=italic)]


def prose(words: str, *, bold: bool = False, italic: bool = False) -> Inline:
    """Return our own words: `code` between backticks, and UTC stamps as moments.

    After some of them the rest stays plain.
    """
    look = {"bold": bold, "italic": italic}
    parts: Inline = []
    done = 0
    words = visible(words)
    for found in islice(_PROSE.finditer(words), _STYLED):
        parts += text(words[done : found.start()], **look)
        done = found.end()
        if found["code"]:
            parts += text(found["code"], code=True, bold=bold)
            continue
        try:
            parts += moment(datetime.fromisoformat(found["stamp"]), **look)
        except ValueError:  # a thirteenth month
            parts += text(found["stamp"], **look)
    return parts + text(words[done:], **look)


def value(cell: Cell) -> Inline:
    """Return a fact's value: times as moments, ids as code, None as unknown."""
    if isinstance(cell, datetime):
        return moment(cell)
    if cell is None or cell == "":
        return text(UNKNOWN, italic=True)
    if isinstance(cell, str) and _ID.fullmatch(cell):
        return text(cell, code=True)
    return prose(cell) if isinstance(cell, str) else text(written(cell))


def section(*parts: Inline) -> Json:
    """Return one paragraph of the parts; without any it would be refused."""
    elements = [element for part in parts for element in part]
    return {"type": "rich_text_section", "elements": elements or text("—")}


def quotation(*lines: Inline) -> Json:
    """Return the lines behind a bar."""
    elements = [element for line in lines for element in [*text("\n"), *line]][1:]
    return {"type": "rich_text_quote", "elements": elements or text("—")}


def preformatted(words: str) -> Json:
    """Return a text that was found, in a box and in equal widths."""
    return {
        "type": "rich_text_preformatted",
        "elements": text(words) or text("(empty)"),
    }


def block(*containers: Json) -> Json:
    """Return the block that holds these paragraphs, lists and boxes.

    Paragraphs that follow each other become one with line ends, as when a person
    types them.
    """
    merged: list[Json] = []
    for container in containers:
        last = merged[-1] if merged else None
        if last and last["type"] == container["type"] == "rich_text_section":
            elements = [*last["elements"], *text("\n"), *container["elements"]]
            merged[-1] = {**last, "elements": elements}
        else:
            merged.append(container)
    return {"type": "rich_text", "elements": merged}
