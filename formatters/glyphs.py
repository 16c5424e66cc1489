"""Texts that a picture can hold: with known letters, a known width, and no markup.

The two fonts come with matplotlib, so that a picture is the same everywhere.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font, LoadFlags

from formatters.visible import one_line

MISSING: Final = "\N{WHITE VERTICAL RECTANGLE}"
_UNDRAWN: Final = frozenset("\u200c\u200d\ufe0e\ufe0f")  # they only join or choose
_LONGEST: Final = 2_000  # characters looked at; no line of a picture holds more
_EM: Final = 1_000.0


@cache
def font(*, bold: bool = False) -> FontProperties:
    """Return the font."""
    return FontProperties(fname=_path(bold=bold))


def drawable(text: str) -> str:
    """Return the text on one line, with a box for each letter the fonts lack."""
    known = _known()
    return "".join(
        each if ord(each) in known else MISSING
        for each in one_line(text[:_LONGEST]).strip()
        if each not in _UNDRAWN
    )


def leftward(text: str) -> str:
    """Return the text as a line that runs from left to right as a whole.

    A word of a script that runs the other way would turn around all that follows it.
    """
    turning = any(unicodedata.bidirectional(each) in ("R", "AL") for each in text)
    return f"\N{LEFT-TO-RIGHT MARK}{text}" if turning else text


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide drawable text of that size becomes, in the size's own unit."""
    return sum(_advance(each, bold=bold) for each in text) * size


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return as much of the text as there is room for; a cut one ends in `…`.

    Empty where there is room for less than three letters of it.
    """
    text = drawable(text)
    if width(text, size, bold=bold) <= room:
        return text
    left = room - width("…", size, bold=bold)
    ends = accumulate(_advance(each, bold=bold) * size for each in text)
    kept = sum(end <= left for end in ends)
    return f"{text[:kept].rstrip()}…" if kept >= 3 else ""


def lines(text: str, room: float, size: float, *, bold: bool = False) -> Iterator[str]:
    """Yield the text in lines that fit; a word longer than one is cut."""
    line = ""
    for word in drawable(text).split():
        longer = f"{line} {word}" if line else word
        if line and width(longer, size, bold=bold) > room:
            yield line
            longer = word
        line = fitted(longer, room, size, bold=bold) or longer[:1]
    if line:
        yield line


@cache
def _path(*, bold: bool) -> Path:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(mpl.get_data_path(), "fonts", "ttf", name)


@cache
def _font(*, bold: bool) -> FT2Font:
    # One of our own: matplotlib sets the size of those that it keeps.
    found = FT2Font(str(_path(bold=bold)))
    found.set_size(_EM, 72)
    return found


@cache
def _known() -> frozenset[int]:
    """Return the letters that both fonts have."""
    return frozenset(
        _font(bold=False).get_charmap().keys() & _font(bold=True).get_charmap().keys()
    )


@lru_cache(maxsize=8192)
def _advance(letter: str, *, bold: bool) -> float:
    """Return the letter's width as a share of the font's size."""
    glyph = _font(bold=bold).load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / _EM
