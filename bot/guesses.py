"""What a mistyped line was meant to be."""

import difflib
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Final

_ALIKE: Final = 0.7  # of four letters two that changed places leave 0.75
_WORDS: Final = 12  # so far a sentence is read

# What other tools call it.
_OTHERWISE: Final = {
    "status": "health",
    "pods": "runpod",
    "jobs": "tasks",
    "gpus": "workers",
    "errors": "logs --level ERROR",
    "pod": "runpod",
    "cfg": "config",
    "who": "whoami",
}


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
    if (known := _OTHERWISE.get(words[at].lower())) is not None:
        line = [*words[:at], *known.split(), *words[at + 1 :]]
        return shlex.join(line) if understood(line) else None
    for name in names:
        meant = name.split()
        typed, rest = words[at : at + len(meant)], words[at + len(meant) :]
        line = [*words[:at], *meant, *rest]
        if list(typed) != meant and _alike(typed, meant) and understood(line):
            lines[shlex.join(line)] = None
    [*found] = lines
    return found[0] if len(found) == 1 else None


def contained(
    words: Sequence[str],
    names: Iterable[str],
    understood: Callable[[Sequence[str]], bool],
) -> str | None:
    """Return the longest part of a sentence that is understood, or None.

    It begins with a name or with what may be an id: of `why is task 41345358 slow` it
    is `task 41345358`.
    """
    first = {name.split()[0] for name in names}
    said = [word.strip("?!.,;:") or word for word in words[:_WORDS]]
    parts = [
        said[begin:end]
        for begin in range(1, len(said))
        if said[begin].lower() in first or any(map(str.isdigit, said[begin]))
        for end in range(begin + 1, len(said) + 1)
    ]
    longest = sorted(parts, key=len, reverse=True)
    return next((shlex.join(part) for part in longest if understood(part)), None)


def _alike(typed: Sequence[str], meant: Sequence[str]) -> bool:
    """Tell whether each of the words looks like the one that may be meant."""
    return len(typed) == len(meant) and all(
        difflib.SequenceMatcher(None, one.lower(), other).ratio() >= _ALIKE
        for one, other in zip(typed, meant, strict=True)
    )
