"""What keyboards and chat programs make of a line of words, undone."""

import re
import shlex
from collections.abc import Sequence

from bot.phrasing import DASHES

_TYPED = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("`\u00a0\u2007\u202f", " "),
        **dict.fromkeys("\u200b\u2060\ufeff", None),
    }
)
_LABEL = r"(?:\|([^<>]*))?>"
_LINK = re.compile(
    rf"<(?:tel:)?((?:https?://|mailto:|(?<=tel:))[^|<>]*){_LABEL}",
)
_NAMED = re.compile(rf"<[#!]([^|<>]*){_LABEL}")
_MENTION = re.compile(rf"<@[^|<>]*{_LABEL}")
_SIGNS = ":,.;!?"
_MARKS = "*_~"
_TELLING = re.compile(r"[^\W_]")  # a letter or a digit
_NUMBERED = re.compile(r"#(?=\w)")
# What follows these is looked for as it was typed.
_FREE = frozenset({"--search", "--field", "--who"})
_FENCED = re.compile(
    rf"([{DASHES}-]{{1,2}}(?:{'|'.join(each.strip('-') for each in _FREE)})(?:=|\s+))"
    r"(`{1,3})([^`]{1,2000})\2",
    re.IGNORECASE,
)
_FLAG = re.compile(rf"([-{DASHES}]+)([A-Za-z][\w-]+(?:=.*)?)", re.DOTALL)


def words_of(text: str) -> list[str]:
    """Return the words of a line as people type it in Slack, on a phone as well.

    Slack's links give their label, mentions vanish, entities are undone; curly quotes
    quote, and backticks and the spaces that only look like one part words. A text that
    is searched for is one word where backticks stand around it.
    """
    text = _LINK.sub(lambda link: link[2] or link[1], text)
    text = _NAMED.sub(lambda named: named[2] or named[1], text)
    text = _MENTION.sub(" ", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = _FENCED.sub(_quoted, text).translate(_TYPED)
    reader = shlex.shlex(text, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    reader.escape = ""  # people in a chat mean a backslash when they type one
    try:
        return list(reader)
    except ValueError:  # an apostrophe, or a quote that nobody closed
        return text.split()


def _quoted(found: "re.Match[str]") -> str:
    """Return a flag with the text between its backticks in quotes, if any are free."""
    flag, _, text = found.groups()
    text = text.strip().translate(_TYPED)
    free = next((quote for quote in "\"'" if quote not in text), None)
    return found[0] if free is None else f"{flag}{free}{text}{free}"


def unmarked(words: Sequence[str], *, sentence: bool = False) -> tuple[str, ...]:
    """Return the words without marks of style; those of a *sentence* without its end.

    A text that is searched for stays as it was typed; so does a mark that stands alone,
    for `*` may be meant as everything.
    """
    searched = _searched(words)
    bare = [
        word if free or not _TELLING.search(word) else _plain(word)
        for word, free in zip(words, searched, strict=True)
    ]
    if sentence and bare and not searched[-1]:
        ends = _MARKS + _SIGNS if _TELLING.search(bare[-1]) else _SIGNS
        bare[-1] = bare[-1].rstrip(ends)
    return tuple(filter(None, bare))


def _plain(word: str) -> str:
    return _NUMBERED.sub("", word.strip(_MARKS), count=1)


def _searched(words: Sequence[str]) -> list[bool]:
    """Tell of each of the words whether it is a text that is searched for."""
    flags = [straightened(word).partition("=") for word in words]
    before = [None, *flags]
    return [
        (flag in _FREE and bool(equals))
        or (last is not None and last[0] in _FREE and not last[1])
        for last, (flag, equals, _) in zip(before, flags, strict=False)
    ]


def straightened(word: str) -> str:
    """Return a flag with two dashes, whatever a keyboard made of them."""
    flag = _FLAG.fullmatch(word)
    return f"--{flag[2]}" if flag and flag[1] != "--" else word
