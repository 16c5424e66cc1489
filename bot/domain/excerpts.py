"""Texts of others, cut to fit into a line of ours."""

import re
from typing import Final

from bot.domain.redaction import redacted

# Of an id its part is kept that tells: tasks differ at their beginning, workers begin
# with the time they were made (systems/reigh.md, 1.3).
_TASK: Final = re.compile(r"\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_WORKER: Final = re.compile(r"\b(?:manual-)?gpu-\d{8}_\d{6}-([0-9a-f]{8})\b")


# Half a secret no longer looks like one, so what is cut is looked at a little further.
_AHEAD: Final = 2_000


def cut(text: str, most: int) -> str:
    """Return the text, of at most so many characters; a cut one ends in `…`."""
    return text if len(text) <= most else start_of(text, most - 1) + "…"


def start_of(text: str, most: int) -> str:
    """Return at most so many characters of the text; a cut one holds no secret."""
    return text if len(text) <= most else redacted(text[: most + _AHEAD])[:most]


def brief(text: str, most: int) -> str:
    """Return the text, or its beginning and how long the whole of it is."""
    if len(text) <= most:
        return text
    return f"{start_of(text, most)}… (cut: {len(text):,} characters)"


def end_of(id: str, most: int = 8) -> str:
    """Return a worker's id by its last characters, `…90d281bc`; a short one whole."""
    return id if len(id) <= 2 * most else f"…{id[-most:]}"


def first_line(text: str) -> str:
    """Return the first line that says anything; empty where none does."""
    return text.strip().splitlines()[0] if text.strip() else ""


def with_short_ids(text: str) -> str:
    """Return the text with the ids of tasks and workers as short as they can be typed.

    `…90d281bc` is a worker, `41345358` a task.
    """
    return _WORKER.sub(r"…\1", _TASK.sub(r"\1", text))
