"""What keyboards and chat programs make of a line of words, undone."""

import re
import shlex

from bot.phrasing import DASHES

_TYPED = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("`\u00a0\u2007\u202f", " "),
        **dict.fromkeys("\u200b\u2060\ufeff", None),
    }
)
_LINK = re.compile(r"<((?:https?://|mailto:)[^|>]*)(?:\|([^>]*))?>")
_NAMED = re.compile(r"<[#!][^|>]*\|([^>]*)>")
_MENTION = re.compile(r"<@[^|>]*(?:\|[^>]*)?>")
_FLAG = re.compile(rf"([-{DASHES}]+)([A-Za-z][\w-]+(?:=.*)?)", re.DOTALL)


def words_of(text: str) -> list[str]:
    """Return the words of a line as people type it in Slack, on a phone as well.

    Slack's links give their label, mentions vanish, entities are undone; curly quotes
    quote, and backticks and the spaces that only look like one part words.
    """
    text = _LINK.sub(lambda link: link[2] or link[1], text)
    text = _NAMED.sub(r"\1", text)
    text = _MENTION.sub(" ", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = text.translate(_TYPED)
    reader = shlex.shlex(text, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    reader.escape = ""  # people in a chat mean a backslash when they type one
    try:
        return list(reader)
    except ValueError:  # an apostrophe, or a quote that nobody closed
        return text.split()


def straightened(word: str) -> str:
    """Return a flag with two dashes, whatever a keyboard made of them."""
    flag = _FLAG.fullmatch(word)
    return f"--{flag[2]}" if flag and flag[1] != "--" else word
