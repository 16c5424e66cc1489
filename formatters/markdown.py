"""Texts that Markdown takes for nothing but text, however they were made.

A word that could mean anything to Markdown, or to a site that shows it (a link, a
mention, a picture, HTML), becomes code: nothing is read inside of that, and ids stay as
they can be copied. Everything stays on its line.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from formatters.visible import one_line

MOST_JOINED: Final = 12
"""So many words a list in brackets may have to stand as one."""

# A word of these alone is only a word. Quotes, brackets and dashes stand in sentences.
_PLAIN: Final = re.compile(
    r"""[("'“‘«]*[^\W_][^\x00-\x1f`*_\[\]{}<>()|~&\\@$#!%^=+:]*+"""
    r"""(?:[:)%]+[.,;!?"'”’»…]*+)?"""
    r"""|\(?[$+]?\d[\d.,:]*(?:/h|Z)?[%).,;:]*|[-–—…·→+%]|[^\x00-\x7f]+"""
)
# What stands around a word in a sentence stays outside of its code.
_AROUND: Final = re.compile(r"""([("'“]*)(.*?)([.,;:!?)"'”]*)""", re.DOTALL)
# Where a value begins whose other words follow, only its name is code.
_QUOTING: Final = re.compile(r"""(?P<key>[\w.-]+=)(?P<rest>(?P<mark>["'])\(?\w.*)""")
# An address may go without its scheme; "e.g." is none.
_WEB: Final = re.compile(r"(?i)www\.|\w\.[^\W\d_]{2,}")
# What begins a list, a heading, a quotation or a rule where a line begins.
_BEGINS: Final = re.compile(r"[-+–—·…]+|\d+[.)]+")


def inline(text: str) -> Markup:
    """Return the text for a paragraph, a list or a heading, on one line."""
    words = list(_joined(one_line(text).split()))
    return Markup(" ".join(_word(each, first=not i) for i, each in enumerate(words)))


def cell(text: str) -> Markup:
    """Return the text for a cell of a table, which a bar would end."""
    return Markup(str(inline(text)).replace("|", "\\|"))


def code(text: str) -> Markup:
    """Return the text as code within a line."""
    return Markup(_code(one_line(text)))


def fenced(text: str) -> Markup:
    """Return lines of others as a block of code that none of them can end."""
    shown = [one_line(line) for line in text.split("\n")]
    fence = "`" * max(3, 1 + _longest_run("\n".join(shown)))
    return Markup("\n".join((f"{fence}text", *shown, fence)))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Yield the words, and those of a list in brackets as one."""
    at = 0
    while at < len(words):
        end = at + 1
        if _open(words[at]) > 0:
            reach = range(at + 1, min(at + MOST_JOINED, len(words)) + 1)
            ends = (it for it in reach if _open(*words[at:it]) <= 0)
            end = next(ends, end)
        yield " ".join(words[at:end])
        at = end


def _open(*words: str) -> int:
    return sum(each.count("[") - each.count("]") for each in words)


def _word(word: str, *, first: bool) -> str:
    plain = _PLAIN.fullmatch(word) and not _WEB.search(word)
    if plain and not (first and _BEGINS.fullmatch(word)):
        return word
    if (quoting := _QUOTING.fullmatch(word)) and word.count(quoting["mark"]) % 2:
        return _code(quoting["key"]) + _word(quoting["rest"], first=False)
    before, core, after = _AROUND.fullmatch(word).groups()  # type: ignore[union-attr]
    return f"{before}{_code(core)}{after}" if core else _code(word)


def _code(text: str) -> str:
    mark = "`" * (1 + _longest_run(text)) if "`" in text else "`"
    # A space parts the marks from backticks; one at each side is taken off again.
    room = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{mark}{room}{text}{room}{mark}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
