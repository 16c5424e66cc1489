"""Buttons that nobody here knows: of an older or newer version, or damaged.

What they once asked is found again where that is possible, and offered as a button.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.command import Command
from bot.domain.errors import Misread
from bot.domain.findings import Status
from bot.domain.report import Ask, Outcome, Report
from bot.keyboard import words_of
from bot.slack.doors.callers import Question, of_presser
from bot.slack.doors.named_ids import named_ids
from bot.slack.doors.payloads import mapping, pressed, text
from bot.words import read


def of_stray(body: Mapping[str, Any]) -> Question | None:
    """Return who pressed it and where; None where nothing is to be said.

    A button that only opens an address was not meant for us.
    """
    if text(pressed(body), "url"):
        return None
    return of_presser(body)


def offer(body: Mapping[str, Any], commands: Mapping[str, Command]) -> Report:
    """Return a calm line, with a button for what the stray one may have asked."""
    words = next(_meant(body, commands), "")
    asks = [Ask(label="Ask that again", words=words)] if words else []
    return Report(
        summary="this button is too old for me, or damaged: it does nothing any more",
        hint=f"what it stood under asked `{words}`"
        if words
        else "type it: help lists all",
        asks=(*asks, Ask(label="How is the system", words="health")),
        status=Status.UNKNOWN,
        outcome=Outcome.NOT_FOUND,
        private=True,
    )


def _meant(body: Mapping[str, Any], commands: Mapping[str, Command]) -> Iterator[str]:
    """Yield what it may have asked, the likeliest first."""
    message = mapping(body, "message")
    for said in (text(pressed(body), "value"), *_footers(message)):
        words = said if _reads(said, commands) else ""
        if words:
            yield words
    yield from named_ids(message, ours=True).ids


def _footers(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the footer of an answer of ours begins with: its question."""
    blocks = message.get("blocks")
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Mapping) or block.get("type") != "context":
            continue
        elements = block.get("elements")
        first = elements[0] if isinstance(elements, list) and elements else None
        if isinstance(first, Mapping):
            yield text(first, "text")


def _reads(said: str, commands: Mapping[str, Command]) -> bool:
    """Tell whether it is a question that can be asked."""
    words = words_of(said[:400])
    if not words or len(said) > 400:
        return False
    try:
        reading = read(words, commands, datetime.now(UTC))
    except Misread:
        return False
    return not reading.command.hidden  # many a value looks like an id
