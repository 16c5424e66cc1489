"""`key=value` pairs as structlog's console writes them: values are Python's reprs."""

import ast
import re
import threading
from typing import Any, Final

LONGEST: Final = 20_000  # of one value that is read as Python; beyond it stays text

_KEY: Final = re.compile(r"(?P<space>\s+|^)(?P<key>[A-Za-z_][\w.]*)=")
_TEXT: Final = re.compile(r"""'(?:\\.|[^'\\])*+'|"(?:\\.|[^"\\])*+\"""")
_NUMBER: Final = re.compile(r"[-+]?\d+(?P<real>\.\d+)?(?P<power>[eE][-+]?\d+)?")
_WORDS: Final[dict[str, Any]] = {"True": True, "False": False, "None": None}
_CLOSES: Final = {"{": "}", "[": "]", "(": ")"}
# Two threads that make trees at the same time confuse Python 3.11: SystemError.
_ONE_BY_ONE: Final = threading.Lock()


def split(text: str) -> tuple[str, dict[str, Any]]:
    """Return what stands before the pairs, and the pairs."""
    found: dict[str, Any] = {}
    first = at = _begin(text, 0)
    while at < len(text):
        key = _KEY.match(text, at)
        if key is None:
            break
        end = _end(text, key.end())
        found[key["key"]] = _value(text[key.end() : end])
        at = end
    return text[:first].rstrip(), found


def _begin(text: str, at: int) -> int:
    """Return where the next pair begins, or the text's end."""
    key = _KEY.search(text, at)
    return key.start() if key else len(text)


def _end(text: str, at: int) -> int:
    """Return where the value that begins at *at* ends."""
    if at >= len(text):
        return at
    if quoted := _TEXT.match(text, at):
        return quoted.end()
    if text[at] in _CLOSES:
        return _closed(text, at)
    return _begin(text, at)


def _closed(text: str, at: int) -> int:
    """Return where the bracket at *at* is closed; else where the next pair begins."""
    opened: list[str] = []
    here = at
    while here < len(text):
        sign = text[here]
        if sign in "'\"" and (quoted := _TEXT.match(text, here)):
            here = quoted.end()
            continue
        if sign in _CLOSES:
            opened.append(_CLOSES[sign])
        elif opened and sign == opened[-1]:
            opened.pop()
            if not opened:
                return here + 1
        here += 1
    return _begin(text, at)


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if number := _NUMBER.fullmatch(text):
        real = number["real"] or number["power"] or len(text) > 18
        return float(text) if real else int(text)
    if text[:1] in ("'", '"', "{", "[", "(") and len(text) <= LONGEST:
        try:
            with _ONE_BY_ONE:
                return ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    return text
