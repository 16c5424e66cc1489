"""Data that can only be read: nothing in it moves a cursor, hides or turns around."""

import re
from typing import Final

from bot.domain.escapes import without_escapes

_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_JOINERS: Final = "\u200c\u200d"
# These reorder the text after them: shown, so that nobody is fooled silently.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str) -> str:
    r"""Return the text without what cannot be seen; only line ends remain of those.

    Terminal colours go, other control characters become `\x07`, what would reverse
    the reading direction becomes `\u202e`. Joiners stay inside emoji and scripts that
    need them.
    """
    if not _UNSEEN.search(text):
        return text
    text = _LINE_ENDS.sub("\n", without_escapes(text))
    return _UNSEEN.sub(_shown, text)


def one_line(text: str) -> str:
    """Return the visible text on one line, line ends drawn as `↵`."""
    text = visible(text).strip("\n")
    return " ↵ ".join(text.split("\n")) if "\n" in text else text


def _shown(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\t":
        return "    "
    if char in _JOINERS:
        start, end = match.span()
        before, after = match.string[start - 1 : start], match.string[end : end + 1]
        needed = before > "\x7f" and after > "\x7f"
        return char if needed else ""
    if char in _TURNING:
        return f"\\u{ord(char):04x}"
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return f"\\x{ord(char):02x}" if char < "\xa0" else ""
