"""`help [COMMAND]`: every command with the question that it answers."""

from dataclasses import dataclass
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.access import Access
from bot.domain.errors import Misread
from bot.domain.figures import some
from bot.domain.report import Ask, Facts, Report, Section, Text
from bot.domain.spelling import clipped, did_you_mean
from bot.words import COMMON, DRAWING, LIKE


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpQuery:
    """What `help` wants to know."""

    about: tuple[str, ...] = command.words(
        "the command to explain", meta="COMMAND", read=command.any_text
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpEntry:
    """One command."""

    name: str
    usage: str
    answers: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpData:
    """What `help` lists."""

    commands: tuple[HelpEntry, ...]


async def answer(query: HelpQuery, asked: Asked) -> Report:
    """Return all commands, or one with its flags."""
    about = " ".join(query.about)
    found = asked.commands.get(about.lower())
    if found is not None and not found.hidden:
        return _one(found)  # the others need not be imported for it
    every = [each for each in asked.commands.values() if not each.hidden]
    family = [each for each in every if each.name.startswith(f"{about.lower()} ")]
    if family:
        return _family(about.lower(), family)
    barred = await asked.barred(asked.caller)
    shown = [each for each in every if each.name not in barred]
    if not about:
        return _all(shown, hidden=len(every) - len(shown))
    near = did_you_mean(about, [each.name for each in shown], least=LIKE)
    topics = ", ".join(dict.fromkeys(each.name.split()[0] for each in shown))
    msg = f"no command is called '{clipped(about)}'"
    raise Misread(msg, hint=f"{near}help lists all" if near else f"known: {topics}")


def _all(shown: list[Command], *, hidden: int) -> Report:
    rows = tuple((_short(each), each.answers) for each in shown)
    common = ", ".join(each.spelling for each in COMMON)
    drawing = ", ".join(each.spelling for each in DRAWING)
    drawn = ", ".join(each.name for each in shown if each.charts)
    text = (
        "An id may be cut to its first four characters or more, that of a worker or a"
        " pod to its last ones as well. An id alone is looked up and investigated."
        " Times are ISO 8601, HH:MM (today, UTC) or an age such as 90m, 2h, 3d."
        f" Every command takes {common}"
        + (f"; what has a picture ({drawn}) takes {drawing}." if drawn else ".")
    )
    return Report(
        summary="debug-bot says what is wrong with tasks, workers and pods",
        sections=(
            Facts(title="Commands", rows=rows),
            Text(title="Good to know", text=text),
        ),
        asks=(
            Ask(label="Is the system well?", words="health"),
            Ask(label="What went wrong?", words="report"),
        ),
        data=HelpData(commands=tuple(_entry(each) for each in shown)),
        notes=(_left_out(hidden),) if hidden else (),
        private=True,
    )


def _family(name: str, found: list[Command]) -> Report:
    """Return the commands that all begin with a word that is none by itself."""
    return Report(
        summary=f"{name} is the beginning of {some(len(found), 'command')}",
        sections=(
            Facts(title=name, rows=tuple((each.usage, each.answers) for each in found)),
        ),
        asks=(Ask(label="All commands", words=COMMAND.name),),
        data=HelpData(commands=tuple(_entry(each) for each in found)),
        private=True,
    )


def _left_out(number: int) -> str:
    are = "is" if number == 1 else "are"
    return f"{some(number, 'command')} that you may not use here {are} left out"


def _one(found: Command) -> Report:
    flags = (*found.arguments, *COMMON, *(DRAWING if found.charts else ()))
    rows = tuple((each.spelling, each.help) for each in flags)
    sections: tuple[Section, ...] = (Facts(title=found.usage, rows=rows),)
    if found.examples:
        text = "\n".join(found.examples)
        sections = (*sections, Text(title="Examples", text=text, quoted=True))
    return Report(
        summary=f"{found.name}: {found.answers}",
        sections=sections,
        asks=_tries(found),
        data=HelpData(commands=(_entry(found),)),
        private=True,
    )


def _tries(found: Command) -> tuple[Ask, ...]:
    """Return the question itself, if it only reads and needs no argument."""
    bare = not any(each.needed for each in found.arguments)
    reads = found.access is Access.READ and found.name != COMMAND.name
    ask = Ask(label=f"Ask: {found.name}", words=found.name)
    every = Ask(label="All commands", words=COMMAND.name)
    return (ask, every) if bare and reads else (every,)


def _short(each: Command) -> str:
    """Return the command with its words, in brackets what may be left out."""
    words = [
        one.spelling if one.needed else f"[{one.spelling}]"
        for one in each.arguments
        if one.positional
    ]
    return " ".join([each.name, *words])


def _entry(each: Command) -> HelpEntry:
    return HelpEntry(
        name=each.name,
        usage=each.usage,
        answers=each.answers,
        examples=each.examples,
    )


COMMAND: Final = Command(
    name="help",
    answers="what can be asked, and how",
    query=HelpQuery,
    handler=answer,
    examples=("help", "help worker"),
    data=HelpData,
    place=90,
)
