"""What a mistyped line was meant to be."""

import difflib
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Final

_ALIKE: Final = 0.7  # of four letters two that changed places leave 0.75


def guessed(
    words: Sequence[str],
    names: Iterable[str],
    understood: Callable[[Sequence[str]], bool],
) -> str | None:
    """Return the one line that is like the words and is *understood*; None if not one.

    Only the words that name a command are put right: what follows tells which of
    several it was, as an id does of `task` and `tasks`.
    """
    at = next((n for n, word in enumerate(words) if not word.startswith("-")), None)
    if at is None:
        return None
    lines: dict[str, None] = {}
    for name in names:
        meant = name.split()
        typed, rest = words[at : at + len(meant)], words[at + len(meant) :]
        line = [*words[:at], *meant, *rest]
        if list(typed) != meant and _alike(typed, meant) and understood(line):
            lines[shlex.join(line)] = None
    [*found] = lines
    return found[0] if len(found) == 1 else None


def _alike(typed: Sequence[str], meant: Sequence[str]) -> bool:
    """Tell whether each of the words looks like the one that may be meant."""
    return len(typed) == len(meant) and all(
        difflib.SequenceMatcher(None, one.lower(), other).ratio() >= _ALIKE
        for one, other in zip(typed, meant, strict=True)
    )
