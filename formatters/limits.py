"""Slack's numbers, each with where it is from, and cutting a text to fit them."""

import unicodedata
from itertools import accumulate, takewhile
from typing import Final

# Slack's documentation, Block Kit reference.
BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
ID_CHARS: Final = 255  # block_id, action_id, callback_id, external_id
TEXT_OBJECT: Final = 3_000
HEADER: Final = 150
CONTEXT_ELEMENTS: Final = 10
ACTIONS_ELEMENTS: Final = 25
BUTTON_VALUE: Final = 2_000
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
OPTIONS: Final = 100
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
CHECKBOXES: Final = 10
TABLES: Final = 1  # a second one: invalid_attachments, only_one_table_allowed
MODAL_TITLE: Final = 24

# Measured by others, and nowhere documented.
TOTAL_TEXT_SEEN_TO_FAIL: Final = 11_341  # slackapi/bolt-js#2867; 13,172 in #2509
PAYLOAD_SEEN_TO_PASS: Final = 15_561  # slackapi/bolt-js#2867; 17,694 was refused

# Ours: what this bot sends stays below all of that.
MAX_BLOCKS: Final = 45  # room for a note, paging and the footer
MAX_TOTAL_TEXT: Final = 10_000
MAX_PAYLOAD: Final = 15_000  # characters of compact JSON
MAX_SECTION: Final = 2_900
MAX_TEXT: Final = 3_000
MAX_TEXT_BYTES: Final = 3_900  # chat.update refuses 4,000 bytes with msg_too_long
LAST_RESORT: Final = 900
MAX_MESSAGES: Final = 3
BUTTONS: Final = 5
BUTTON_WORDS: Final = 400  # five of them must leave room for an answer
BUTTON_VISIBLE: Final = 30  # more is cut by Slack's own clients
CHOICES: Final = 20  # more would leave no room for the buttons below them
PAGE_LINES: Final = 20  # what is readable on a phone
PAGE_ROWS: Final = 15
TIMELINE_LINES: Final = 40  # of one timeline; more are an excerpt
COLUMNS_READABLE: Final = 5

_ZWJ: Final = "\u200d"
_SKIN: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_NEARBY: Final = 15
_LONGEST_CLUSTER: Final = 40  # the longest emoji has 10; beyond this it is mischief


def escaped(text: str) -> str:
    """Return the text with Slack's three control characters made harmless."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size(text: str) -> int:
    """Return the length after escaping, in UTF-16 units: the strictest way to count."""
    length = len(text)
    if not text.isascii():
        length = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return (
        length + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))
    )  # &amp; &lt; &gt;


def clip(text: str, most: int) -> str:
    """Return the text, cut so that it measures at most *most* and then ends in `…`.

    What one sees as a single character (with accents, joined emoji, flags) stays
    whole or goes.
    """
    if size(text) <= most:
        return text
    return text[: _boundary(text, _fitting(text, most - 1))] + "…" if most > 0 else ""


def shortened(text: str, most: int) -> str:
    """Return the text, with its middle left out and counted where it is too long.

    The end stays because the last line of a traceback says what happened.
    """
    if size(text) <= most:
        return text
    room = most - len(f" … {len(text):,} characters … ")
    if room < 8:
        return clip(text, most)
    head = _boundary(text, _fitting(text, room * 3 // 5))
    turned = text[: -room - 1 : -1]
    tail = _start(text, len(text) - _fitting(turned, room - room * 3 // 5))
    # Whole words, where one begins or ends nearby.
    head = max(text.rfind(" ", head - _NEARBY, head), 0) or head
    tail = (
        max(text.find(" ", tail, tail + _NEARBY), 0) + 1
        if " " in text[tail : tail + _NEARBY]
        else tail
    )
    return f"{text[:head]} … {tail - head:,} characters … {text[tail:]}"


def _fitting(text: str, most: int) -> int:
    """Return how many leading characters measure at most *most*."""
    sizes = accumulate(map(size, text[: max(most, 0)]))
    return sum(1 for _ in takewhile(lambda used: used <= most, sizes))


def _joined(text: str, at: int) -> bool:
    """Tell whether cutting before *at* would break what is seen as one character."""
    if not 0 < at < len(text):
        return False
    char, before = text[at], text[at - 1]
    if char.isascii() and before != _ZWJ:
        return False
    if _ZWJ in (char, before) or ord(char) in _SKIN:
        return True
    if unicodedata.category(char) in ("Mn", "Mc", "Me"):  # accents, U+FE0F
        return True
    if ord(char) in _FLAGS and ord(before) in _FLAGS:
        first = at
        while first and ord(text[first - 1]) in _FLAGS:
            first -= 1
        return (at - first) % 2 == 1  # flags are pairs
    return False


def _boundary(text: str, at: int) -> int:
    for back in range(min(_LONGEST_CLUSTER, at) + 1):
        if not _joined(text, at - back):
            return at - back
    return at


def _start(text: str, at: int) -> int:
    for forth in range(min(_LONGEST_CLUSTER, len(text) - at) + 1):
        if not _joined(text, at + forth):
            return at + forth
    return at
