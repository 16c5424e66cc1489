"""How words are read: one grammar for all front doors."""

import re
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.command import (
    DEFAULT_HOURS,
    ID,
    Argument,
    Command,
    Query,
    Value,
    any_text,
    linked,
    read_hours,
    two_beginnings,
)
from bot.domain.access import Access
from bot.domain.errors import Misread, Missing, Unnamed
from bot.domain.ids import systems_of
from bot.domain.spelling import SHORTEST_PREFIX, clipped, did_you_mean, nearest
from bot.guesses import contained, guessed
from bot.keyboard import straightened
from bot.phrasing import understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The flags that every command takes, and those about its picture."""

    json: bool = False
    private: bool = False
    system: str | None = None
    chart: str | None = None
    no_chart: bool = False


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
DRAWING: Final = (
    Argument(
        name="chart",
        help="in a shell: also draw a picture of it, into this PNG",
        meta="FILE",
        read=any_text,
    ),
    Argument(
        name="no_chart",
        help="in Slack: without a picture",
        meta="",
        read=None,
    ),
)
_HOURS = Argument(
    name="hours",
    help=f"how far back to look (default {DEFAULT_HOURS:g})",
    meta="N",
    read=read_hours,
    example="2",
)

_PROGRAM: Final = ("$", "debug-bot")
_FIELD = re.compile(r"[A-Za-z_@][\w.@-]*[=<>].+")
_MEANT = re.compile(r"^did you mean '[^']*'\? ")


def read(
    words: Sequence[str], commands: Mapping[str, Command], now: datetime
) -> Reading:
    """Return what the words mean.

    Raises:
        Missing: the command needs one more argument.
        Misread: no such command or flag, a value missing or bad, a word too many.
    """
    words = _copied([straightened(word) for word in words])
    try:
        return _read(words, commands, now)
    except Missing:
        raise
    except Misread as error:
        meant = error.meant or _guessed(words, commands, now, hint=error.hint)
        if meant is None:
            raise
        hint = f"did you mean '{clipped(meant)}'? {_MEANT.sub('', error.hint)}"
        raise Misread(error.message, hint=hint, meant=meant) from error


def _copied(words: Sequence[str]) -> Sequence[str]:
    """Return the words without the prompt and the program with which a shell's begin.

    So do those that answers name, and people copy them into a chat.
    """
    places = (n for n, word in enumerate(words) if word not in _PROGRAM)
    return words[next(places, len(words)) :]


def _guessed(
    words: Sequence[str], commands: Mapping[str, Command], now: datetime, *, hint: str
) -> str | None:
    """Return the one line that was meant, or that a sentence holds; None if neither.

    What begins with a command, with a word that is near to one, or with an id is no
    sentence.
    """

    def reads(line: Sequence[str]) -> bool:
        return _reads(line, commands, now)

    names = [name for name in commands if name != BARE_ID]
    meant = guessed(words, names, reads)
    firsts = {name.split()[0] for name in names}
    begins = not words or words[0].lower() in firsts or _numbered_id(words[0])
    if meant is not None or begins or _MEANT.match(hint):
        return meant
    asking = [
        name
        for name in names
        if commands[name].access is Access.READ and name != "help"  # it takes anything
    ]
    return contained(words, asking, reads)


def _reads(
    words: Sequence[str], commands: Mapping[str, Command], now: datetime
) -> bool:
    """Tell whether the words are understood as they are."""
    try:
        _read(words, commands, now)
    except Misread:
        return False
    return True


def _read(
    words: Sequence[str], commands: Mapping[str, Command], now: datetime
) -> Reading:
    name, rest = _command_name(words, commands)
    command = commands[name]
    values, plain = _flags(command, rest, now)
    own = {each.name for each in command.arguments}
    if plain and "search" in own and "search" not in values:
        raise _unflagged(command, values, plain)
    values |= _positionals(command, plain, now)
    if "since" in values and "hours" in values:
        raise two_beginnings()
    idle = "hours" in values and "hours" not in own
    return Reading(
        command=command,
        query=command.query(**{k: v for k, v in values.items() if k in own}),
        common=Common(
            json=bool(values.get("json")),
            private=bool(values.get("private")),
            system=str(values["system"]) if values.get("system") else None,
            chart=str(values["chart"]) if values.get("chart") else None,
            no_chart=bool(values.get("no_chart")),
        ),
        words=understood(command, values),
        notes=(f"--hours makes no difference to {name}",) if idle else (),
    )


BARE_ID: Final = "what"
"""The hidden command that finds out what a bare id is."""


LIKE: Final = 0.7
"""How like a command a word is that is near it; `bogus` is 0.67 like `logs`."""
_HELP: Final = ("--help", "-h")
_SWITCHES: Final = ("--json", "--private")


def _command_name(
    words: Sequence[str], commands: Mapping[str, Command]
) -> tuple[str, Sequence[str]]:
    """Return the command that the first words name, and the words left."""
    at = _beginning(words)
    if at is None:
        return "help", [word for word in words if word not in _HELP]
    helps = any(word in _HELP for word in words)
    first = words[at].lower()
    if helps and first not in commands and _longer(first, commands):
        both = " ".join(words[at : at + 2]).lower()
        return _help(words, both if both in commands else first)
    name, length = _named(words[at:], commands)
    rest = [*words[:at], *words[at + length :]]
    for word in rest:  # `runpod --terminate` means `runpod terminate`
        longer = f"{name} {word.removeprefix('--').lower()}"
        if word.startswith("--") and longer in commands:
            name = longer
            rest.remove(word)
            break
    if helps:
        return _help(words, *(() if name == BARE_ID else (name,)))
    return name, rest


def _help(words: Sequence[str], *about: str) -> tuple[str, Sequence[str]]:
    return "help", [*about, *(word for word in words if word in _SWITCHES)]


_VALUED: Final = {each.flag for each in (_HOURS, *COMMON, *DRAWING) if each.read}


def _beginning(words: Sequence[str]) -> int | None:
    """Return where the command begins: flags may stand before it, with their values."""
    plain = [place for place, word in enumerate(words) if not word.startswith("-")]
    free = (place for place in plain if not place or words[place - 1] not in _VALUED)
    return next(free, min(plain, default=None))


def _named(words: Sequence[str], commands: Mapping[str, Command]) -> tuple[str, int]:
    """Return the command that the words begin with, and how many words name it.

    Raises:
        Misread: there is none; the nearest one is named.
    """
    first = words[0].lower()
    both = " ".join(words[:2]).lower()
    if both != first and both in commands:
        return both, 2
    if first in commands and first != BARE_ID:
        return first, 1
    visible = [name for name in commands if name != BARE_ID]
    if longer := _longer(first, commands):
        there = ", ".join(_needing(commands[name]) for name in longer)
        msg = f"{first} wants to be told what"
        if both != first and not words[1].startswith("-"):
            msg = f"{first} has no use for '{clipped(words[1])}'"
        raise Misread(msg, hint=f"one of: {there}")
    if BARE_ID in commands and _looks_like_id(
        linked(words[0]), nearest(first, visible)
    ):
        return BARE_ID, 0
    hint = did_you_mean(first, visible, least=LIKE)
    msg = f"no command is called '{clipped(words[0])}'"
    raise Unnamed(msg, hint=f"{hint}help lists all")


def _longer(first: str, commands: Mapping[str, Command]) -> list[str]:
    """Return the names of several words that begin with this one."""
    return [name for name in commands if name.startswith(f"{first} ")]


def _needing(command: Command) -> str:
    """Return the command's name with what it can't do without."""
    needed = (each.spelling for each in command.arguments if each.needed)
    return " ".join((command.name, *needed))


_HEX: Final = re.compile(r"[0-9a-fA-F-]+")
_JOINED: Final = re.compile(r"[\w.:]+-[\w.:-]+|\w+(?:[.:@-]+\w+)+")


def _numbered_id(word: str) -> bool:
    """Tell whether a word is an id whatever stands around it: it holds a digit."""
    return any(map(str.isdigit, word)) and _looks_like_id(linked(word), None)


def _looks_like_id(word: str, near: str | None) -> bool:
    """Tell whether a first word that is no command is rather an id than a typo.

    A worker's may be short, or any text: a digit in it tells.
    """
    if len(word) < SHORTEST_PREFIX or not ID.fullmatch(word):
        signs = word.isprintable() and not any(map(str.isspace, word))
        letters, digits = any(map(str.isalpha, word)), any(map(str.isdigit, word))
        return near is None and signs and letters and digits
    of_system = re.fullmatch(r"[a-z]+:([\w-]+)", word)
    if of_system and (_HEX.fullmatch(of_system[1]) or systems_of(of_system[1])):
        return True
    if any(each.isdigit() for each in word):
        return True
    known = bool(systems_of(word) or _HEX.fullmatch(word) or _JOINED.fullmatch(word))
    return near is None and known


def _flags(
    command: Command, words: Sequence[str], now: datetime
) -> tuple[dict[str, Value], list[str]]:
    """Return the flags' values by name, and the words that belong to no flag."""
    known = {
        each.flag: each for each in (_HOURS, *COMMON, *DRAWING, *command.arguments)
    }
    for each in command.arguments:
        if each.positional:
            del known[each.flag]
    values: dict[str, Value] = {}
    plain: list[str] = []
    waiting = deque(words)
    while waiting:
        word = waiting.popleft()
        if not (word.startswith("--") and len(word) > 2):
            plain.append(word)
            continue
        flag, equals, text = word.partition("=")
        found = known.get(flag.lower().replace("_", "-"))
        if found is None:
            msg = f"{_called(command)} has no flag {clipped(flag)}"
            hint = _instead(flag, known)
            raise Misread(msg, hint=f"{hint}usage: {command.usage}")
        if found.name in values and not found.many:
            msg = f"{found.flag} is given twice"
            raise Misread(msg)
        value = _value(found, text if equals else None, waiting, now)
        values[found.name] = _added(values, found.name, value) if found.many else value
    return values, plain


def _added(values: Mapping[str, Value], name: str, value: Value) -> tuple[str, ...]:
    """Return what a flag held before with one value more, each once."""
    before = values.get(name, ())
    held = before if isinstance(before, tuple) else ()
    return tuple(dict.fromkeys((*held, str(value))))


def _unflagged(
    command: Command, values: Mapping[str, Value], plain: Sequence[str]
) -> Misread:
    """Return that what is to be found was typed without its flag."""
    searched: Mapping[str, Value] = {**values, "search": " ".join(plain)}
    if "field" in {each.name for each in command.arguments} and all(
        _FIELD.fullmatch(word) for word in plain
    ):
        searched = {**values, "field": tuple(plain)}
    msg = f"{command.name} has no use for '{clipped(plain[0])}'"
    meant = " ".join(understood(command, searched))
    return Misread(msg, hint=f"usage: {command.usage}", meant=meant)


def _instead(flag: str, known: Collection[str]) -> str:
    """Return what a hint may begin with about a flag that there is not."""
    word, names = flag[2:], [each[2:] for each in known]  # all begin alike
    near = nearest(word, names, least=LIKE)
    begun = [each for each in names if len(word) > 2 and each.startswith(word.lower())]
    if near is None and len(begun) == 1:
        [near] = begun
    if near is not None:
        return f"did you mean '--{near}'? "
    if flag.lower() in ("--since", "--until"):
        return "how far back it looks is --hours N, such as --hours 2; "
    return ""


def _value(
    flag: Argument, given: str | None, waiting: deque[str], now: datetime
) -> Value:
    """Return the flag's value: what stands after its `=`, else the next word."""
    if flag.read is None:
        if given is not None:
            msg = f"{flag.flag} takes no value"
            raise Misread(msg)
        return True
    if given is None:
        if not waiting or (waiting[0].startswith("--") and waiting[0] != "--"):
            msg = f"{flag.flag} wants a value{flag.shown}"
            raise Misread(msg, hint=flag.help)
        given = waiting.popleft()
    if not given.strip():
        msg = f"{flag.flag} must not be empty"
        raise Misread(msg, hint=flag.help)
    return flag.read(given, now)


def _positionals(
    command: Command, plain: Sequence[str], now: datetime
) -> dict[str, Value]:
    wanted = [each for each in command.arguments if each.positional]
    if wanted and wanted[-1].many:  # it takes all of them: no others stand beside it
        reader = wanted[-1].read or any_text
        return {wanted[-1].name: tuple(str(reader(word, now)) for word in plain)}
    if len(plain) > len(wanted):
        msg = f"{_called(command)} has no use for '{clipped(plain[len(wanted)])}'"
        hint = f"usage: {command.usage}"
        ids = [word for word in plain if _numbered_id(word)]
        if command.hidden and len(ids) > 1:
            each = clipped(" or ".join(ids))
            hint = f"one id at a time: {each}? if it is one, write it without the blank"
        raise Misread(msg, hint=hint)
    for missing in wanted[len(plain) :]:
        if missing.needed:
            msg = f"{command.name} wants {missing.meta}: {missing.help}"
            raise Missing(
                msg,
                command=command.name,
                argument=missing.name,
                listed_by=missing.listed_by,
                hint=f"usage: {command.usage}",
            )
    return {
        each.name: each.read(word, now) if each.read else word
        for each, word in zip(wanted, plain, strict=False)
    }


def _called(command: Command) -> str:
    return "an id alone" if command.hidden else command.name
