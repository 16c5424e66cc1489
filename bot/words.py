"""How words are read: one grammar for all front doors."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.command import (
    DEFAULT_HOURS,
    ID,
    SHORTEST_PREFIX,
    Argument,
    Command,
    Query,
    Value,
    any_text,
    clipped,
    nearest,
    read_hours,
)
from bot.domain.errors import Misread


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The flags that every command takes."""

    json: bool = False
    private: bool = False
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the words mean."""

    command: Command
    query: Query
    common: Common
    words: tuple[str, ...]
    """The command as understood, in a spelling that reads the same again."""
    notes: tuple[str, ...] = ()


COMMON: Final = (
    Argument(
        name="json",
        help="answer as JSON",
        meta="",
        read=None,
    ),
    Argument(
        name="system",
        help="which system to ask",
        meta="NAME",
        read=any_text,
    ),
    Argument(
        name="private",
        help="in Slack: only you see the answer",
        meta="",
        read=None,
    ),
)
_HOURS = Argument(
    name="hours",
    help=f"how far back to look (default {DEFAULT_HOURS:g})",
    meta="N",
    read=read_hours,
)

_DASHES = "‐‑‒–—―−"
_QUOTES = str.maketrans("“”„‟«»‘’‚‛`", '""""""' + "'''''")
_LINK = re.compile(r"<(?:https?://|mailto:)[^|>]*\|([^>]*)>|<((?:https?://)[^|>]*)>")
_NAMED = re.compile(r"<[#!][^|>]*\|([^>]*)>")


def words_of(text: str) -> list[str]:
    """Return the words of a line as people type it in Slack, on a phone as well.

    Slack's links give their label, entities are undone, a dash that a keyboard made
    of `--` is undone, curly quotes quote, backticks vanish.
    """
    text = _LINK.sub(lambda link: link[1] or link[2], text)
    text = _NAMED.sub(r"\1", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = text.replace("`", " ").translate(_QUOTES)
    try:
        words = shlex.split(text, comments=False)
    except ValueError:  # an apostrophe, or a quote that nobody closed
        words = text.split()
    return words


def read(
    words: Sequence[str], commands: Mapping[str, Command], now: datetime
) -> Reading:
    """Return what the words mean.

    Raises:
        Misread: no such command or flag, a value missing or bad, a word too many.
    """
    words = [_straightened(word) for word in words]
    name, rest = _command_name(words, commands)
    command = commands[name]
    known = {each.flag: each for each in command.arguments if not each.positional}
    known |= {each.flag: each for each in COMMON if each.flag not in known}
    notes: tuple[str, ...] = ()
    if _HOURS.flag not in known:
        known[_HOURS.flag] = _HOURS
    values: dict[str, Value] = {}
    plain: list[str] = []
    waiting = list(rest)
    while waiting:
        word = waiting.pop(0)
        if not (word.startswith("--") and len(word) > 2):
            plain.append(word)
            continue
        flag, equals, value = word.partition("=")
        each = known.get(flag.lower().replace("_", "-"))
        if each is None:
            near = nearest(flag, known)
            hint = f"did you mean {near}? " if near else ""
            who = "an id alone" if command.hidden else name
            msg = f"{who} has no flag {clipped(flag)}"
            raise Misread(msg, hint=f"{hint}usage: {command.usage}")
        if each.name in values:
            msg = f"{each.flag} is given twice"
            raise Misread(msg)
        if each.read is None:
            if equals:
                msg = f"{each.flag} takes no value"
                raise Misread(msg)
            values[each.name] = True
            continue
        if not equals:
            if not waiting or (waiting[0].startswith("--") and waiting[0] != "--"):
                msg = f"{each.flag} wants a value: {each.spelling}"
                raise Misread(msg, hint=each.help)
            value = waiting.pop(0)
        values[each.name] = each.read(value, now)
    values |= _positionals(command, plain, now)
    own = {each.name for each in command.arguments}
    if "hours" in values and "hours" not in own:
        notes = (f"--hours makes no difference to {name}",)
    return Reading(
        command=command,
        query=command.query(**{k: v for k, v in values.items() if k in own}),
        common=Common(
            json=bool(values.get("json")),
            private=bool(values.get("private")),
            system=str(values["system"]) if values.get("system") else None,
        ),
        words=_understood(command, values),
        notes=notes,
    )


BARE_ID: Final = "what"
"""The hidden command that finds out what a bare id is."""


def _command_name(
    words: Sequence[str], commands: Mapping[str, Command]
) -> tuple[str, Sequence[str]]:
    """Return the command that the first words name, and the words left."""
    if not words:
        return "help", ()
    for index, word in enumerate(words):
        if word in ("--help", "-h"):
            return "help", [each for i, each in enumerate(words) if i != index][:1]
        if not word.startswith("-"):
            break
    lead = [word for word in words if not word.startswith("-")]
    if not lead:
        return "help", [word for word in words if word in ("--json", "--private")]
    first = lead[0].lower()
    at = list(words).index(lead[0])
    rest = [*words[:at], *words[at + 1 :]]
    if any(word in ("--help", "-h") for word in rest) and first in commands:
        return "help", [first]
    if len(lead) > 1 and f"{first} {lead[1].lower()}" in commands:
        second = rest.index(lead[1])
        return f"{first} {lead[1].lower()}", [*rest[:second], *rest[second + 1 :]]
    if first in commands and first != BARE_ID:
        return first, rest
    visible = [name for name in commands if name != BARE_ID]
    near = nearest(first, visible)
    if BARE_ID in commands and _looks_like_id(lead[0], near):
        return BARE_ID, words
    hint = f"did you mean '{near}'? " if near else ""
    msg = f"no command is called '{clipped(lead[0])}'"
    raise Misread(msg, hint=f"{hint}help lists all")


def _looks_like_id(word: str, near: str | None) -> bool:
    """Tell whether a first word that is no command is rather an id than a typo."""
    if len(word) < SHORTEST_PREFIX or not ID.fullmatch(word):
        return False
    if any(each.isdigit() for each in word):
        return True
    return near is None and bool(re.fullmatch(r"[0-9a-fA-F-]+|[\w.:]+-[\w.:-]+", word))


def _positionals(
    command: Command, plain: Sequence[str], now: datetime
) -> dict[str, Value]:
    wanted = [each for each in command.arguments if each.positional]
    if len(plain) > len(wanted):
        who = "an id alone" if command.hidden else command.name
        msg = f"{who} has no use for '{clipped(plain[len(wanted)])}'"
        raise Misread(msg, hint=f"usage: {command.usage}")
    for missing in wanted[len(plain) :]:
        if missing.needed:
            msg = f"{command.name} wants {missing.meta}: {missing.help}"
            raise Misread(msg, hint=f"usage: {command.usage}")
    return {
        each.name: each.read(word, now) if each.read else word
        for each, word in zip(wanted, plain, strict=False)
    }


def _understood(command: Command, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the command in its one proper spelling, without the common flags."""
    words = [] if command.name == BARE_ID else command.name.split()
    for each in command.arguments:
        value = values.get(each.name)
        if value is None or value is False:
            continue
        if value is True:
            words.append(each.flag)
            continue
        if isinstance(value, datetime):
            shown = value.isoformat().replace("+00:00", "Z")
        else:
            shown = f"{value:g}" if isinstance(value, float) else str(value)
        shown = shlex.quote(shown)
        words += [shown] if each.positional else [each.flag, shown]
    return tuple(words)


def _straightened(word: str) -> str:
    """Return the word with a keyboard's long dash before a flag undone."""
    bare = word.lstrip("-" + _DASHES)
    dashes = word[: len(word) - len(bare)]
    if not dashes or not bare:
        return word
    long = any(each in _DASHES for each in dashes)
    if bare[0].isalpha() and (long or dashes in ("-", "---")) and len(bare) > 1:
        return "--" + bare
    return word
