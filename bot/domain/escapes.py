"""Sequences that a terminal would obey: colours, cursor moves, titles, hyperlinks."""

import re
from typing import Final

# A title is bounded: without an end it would be looked for from each beginning.
_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,512}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[()*+][0-9A-Za-z]"
)


_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


def without_colours(text: str) -> str:
    """Return the text without the sequences that can only be colours."""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def without_escapes(text: str) -> str:
    """Return the text without them; the same object if there are none."""
    if "\x1b" in text or "\x9b" in text or "\x9d" in text:
        return _ESCAPES.sub("", text)
    return text
