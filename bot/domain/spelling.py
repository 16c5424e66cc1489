"""What a mistyped word was meant to be."""

import difflib
import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Final

from bot.domain.errors import Misread
from bot.domain.excerpts import cut

LEAST: Final = 0.55
SHORTEST_PREFIX: Final = 4

# Words that other tools used for what a system calls otherwise (systems/reigh.md, 0.5).
_SYNONYMS: Final = {
    "running": "In Progress",
    "processing": "In Progress",
    "started": "In Progress",
    "completed": "Complete",
    "done": "Complete",
    "success": "Complete",
    "succeeded": "Complete",
    "error": "Failed",
    "errored": "Failed",
    "pending": "Queued",
    "waiting": "Queued",
    "warn": "WARNING",
    "fatal": "CRITICAL",
    "dead": "terminated",
    "failed": "error",
    "stopped": "terminated",
}


def nearest(word: str, known: Iterable[str], *, least: float = LEAST) -> str | None:
    """Return the known word that is meant most likely, or None.

    From 0 to 1, it is at *least* so like it, if it is no synonym.
    """
    by_lower = {each.lower(): each for each in known}
    meant = _SYNONYMS.get(word.lower())
    if meant in by_lower.values():
        return meant
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=least)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], *, least: float = LEAST) -> str:
    """Return a question that a hint may begin with; empty when nothing is near."""
    near = nearest(word, known, least=least)
    return f"did you mean '{near}'? " if near else ""


def choice(value: str, known: Sequence[str], *, what: str) -> str:
    """Return the known word that *value* spells, whatever its case and dashes.

    Raises:
        Misread: it is none of them; the nearest one is named.
    """
    wanted = _plain(value)
    for each in known:
        if _plain(each) == wanted:
            return each
    msg = f"no {what} is called '{clipped(value)}'"
    raise Misread(msg, hint=f"{did_you_mean(value, known)}known: {', '.join(known)}")


def too_short(text: str) -> Misread:
    """Return that of an id so few characters fit too many."""
    msg = f"'{clipped(text)}' is too short for an id"
    return Misread(msg, hint=f"give at least {SHORTEST_PREFIX} characters of it")


def bounded(id: str, part: str) -> bool:
    """Tell whether the id begins or ends with the part, whatever the case."""
    id, part = id.lower(), part.lower()
    return id.startswith(part) or id.endswith(part)


def clipped(word: str) -> str:
    """Return the word, cut with … where it is too long for one line."""
    return cut(word, 60)


def typed(text: str) -> str:
    """Return the text so that it is read as one word; a worker's id may be any."""
    return shlex.quote(text)


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", "", word).lower()
