"""Blocks to messages: measuring them, and dealing them out within Slack's limits."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Any, Final, TypeAlias

from formatters import limits

Block: TypeAlias = dict[str, Any]
Group: TypeAlias = tuple[Block, ...]
"""Blocks that stay in one message, such as a table with its title."""

DIVIDER: Final[Block] = {"type": "divider"}
BEYOND: Final = " in the message itself"
"""How a text ends that does not say all that the blocks do."""

_SIGNS: Final = {
    "white_check_mark": "✅",
    "warning": "⚠️",
    "octagonal_sign": "🛑",
    "grey_question": "❔",
    "information_source": "ℹ️",  # noqa: RUF001  # the emoji, not a letter
    "mag": "🔍",
    "no_entry": "⛔",
    "electric_plug": "🔌",
    "red_circle": "🔴",
    "large_orange_diamond": "🔶",
    "small_blue_diamond": "🔹",
    "eyes": "👀",
    "bell": "🔔",
    "no_bell": "🔕",
    "arrows_counterclockwise": "🔄",
    "sunrise": "🌅",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted: blocks, and the text for notifications and screen readers."""

    blocks: Group
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What some blocks take of a message."""

    blocks: int = 0
    text: int = 0
    payload: int = 0
    tables: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        """Return both together."""
        return Weight(
            blocks=self.blocks + other.blocks,
            text=self.text + other.text,
            payload=self.payload + other.payload,
            tables=self.tables + other.tables,
        )

    @property
    def fits(self) -> bool:
        """Tell whether one message may weigh so much."""
        return (
            self.blocks <= limits.MAX_BLOCKS
            and self.text <= limits.MAX_TOTAL_TEXT
            and self.payload <= limits.MAX_PAYLOAD
            and self.tables <= limits.TABLES
        )


def weight(group: Sequence[Block]) -> Weight:
    """Return what the blocks take; every string counts but the names of types."""
    payload = json.dumps(group, ensure_ascii=False, separators=(",", ":"))
    return Weight(
        blocks=len(group),
        text=sum(limits.size(string) for string in _strings(group)),
        payload=len(payload),
        tables=sum(block["type"] == "table" for block in group),
    )


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "type":
                yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def packed(groups: Iterable[Group]) -> list[Group]:
    """Return the groups dealt out, in order, to as few messages as they need.

    What makes groups bounds each of them far below what a message may weigh.
    """
    messages: list[list[Block]] = []
    used = Weight()
    for group in groups:
        taken = weight(group)
        if not messages or not (used + taken).fits:
            messages.append([])
            used = Weight()
        # A message begins with nothing to divide.
        messages[-1] += group if messages[-1] or group[0] != DIVIDER else group[1:]
        used += taken
    return [tuple(message) for message in messages]


def message(blocks: Group) -> Message:
    """Return the message of these blocks, its text made from what they say."""
    return Message(blocks=blocks, text=fallback(spoken(blocks)))


def fallback(words: str) -> str:
    """Return the words escaped and bounded, ending in what was left out."""
    note = "\n… {:,} more characters" + BEYOND
    text = limits.escaped(words)
    if _acceptable(text):
        return text
    starts = accumulate(words.splitlines(keepends=True))
    noted = takewhile(lambda s: _acceptable(limits.escaped(s) + note), starts)
    kept = max(noted, key=len, default="")
    left_out = len(words) - len(kept)
    if not kept:  # the first line alone is too long
        kept = limits.clip(words, limits.LAST_RESORT)
        left_out = len(words) - len(kept.removesuffix("…"))
    return limits.escaped(kept.rstrip("\n")) + note.format(left_out)


def _acceptable(text: str) -> bool:
    return (
        len(text.encode("utf-16-le")) // 2 <= limits.MAX_TEXT
        and len(text.encode()) <= limits.MAX_TEXT_BYTES
    )


def spoken(blocks: Iterable[Block]) -> str:
    """Return what the blocks say as plain lines, times in UTC."""
    lines: list[str] = []
    for block in blocks:
        match block["type"]:
            case "rich_text":
                lines += _paragraphs(block)
            case "table":
                lines += [" | ".join(map(_cell, row)) for row in block["rows"]]
            case "context":
                lines.append(" · ".join(part["text"] for part in block["elements"]))
            case _:  # buttons
                pass
    return "\n".join(lines)


def _cell(cell: Block) -> str:
    return "".join(_paragraphs(cell)) if "elements" in cell else str(cell["text"])


def _paragraphs(block: Block) -> Iterator[str]:
    for container in block["elements"]:
        bar = "> " if container["type"] == "rich_text_quote" else ""
        words = "".join(map(_element, container["elements"]))
        yield from (bar + line for line in words.split("\n"))


def _element(element: Block) -> str:
    if element["type"] == "emoji":
        return _SIGNS[element["name"]]
    if element["type"] == "user":
        return f"@{element['user_id']}"
    return str(element["text"] if "text" in element else element["fallback"])
