"""`watch health`, `watch worker ID`, `watch task ID`, `watch stop`.

To watch is to ask the same question again and again. The desk answers it once, and
says with which words to ask on; the front door keeps what it shows current.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot import command
from bot.command import Asked, Command, Commands
from bot.domain.access import Door
from bot.domain.errors import Misread
from bot.domain.figures import some
from bot.domain.findings import Status
from bot.domain.report import Outcome, Report

if TYPE_CHECKING:  # to declare a command no database is needed
    from bot.state.watches import Watches

WATCHED: Final = {
    "health": "The fleet in one message that keeps itself current",
    "worker": "Follow a worker until it has ended",
    "task": "Follow a task until it is complete, failed or cancelled",
}
_PLACE: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class StopQuery:
    """What `watch stop` wants to know."""

    id: str | None = command.word(
        "one watch, as its button names it; without, all of yours in this channel",
        meta="WATCH",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StopData:
    """What is watched no more; each is the words that were asked."""

    stopped: tuple[str, ...]
    others: int
    """How many watches of other people are left in the channel."""


def book(queries: Mapping[str, Command], opens: "Callable[[], Watches]") -> Commands:
    """Return the commands that watch; *opens* gives what is watched now."""
    return Commands(
        {f"watch {name}": partial(_watch, queries, name) for name in WATCHED}
        | {"watch stop": partial(_stop, opens)}
    )


def _watch(queries: Mapping[str, Command], name: str) -> Command:
    watched = queries[name]

    async def answer(query: Any, asked: Asked) -> Report:
        report = await watched.handler(query, asked)
        if report.outcome is not Outcome.ANSWERED:
            return replace(report, hint="nothing is watched: ask again later")
        if report.settled:
            note = "it has ended, so there is nothing more to watch"
            return replace(report, notes=(*report.notes, note))
        return replace(report, watched=_words(asked.words, report))

    first, *_ = watched.examples
    return replace(
        watched,
        name=f"watch {name}",
        answers=WATCHED[name],
        handler=answer,
        examples=(f"watch {first}",),
        place=_PLACE,
        charts=False,  # a message that changes has no picture beside it
    )


def _words(words: str, report: Report) -> str:
    """Return what to ask on with, by the whole id: a part may fit others later."""
    _, *watched = shlex.split(words)
    if "id" in report.arguments:
        watched[1] = str(report.arguments["id"])
    return shlex.join(watched)


def _stop(opens: "Callable[[], Watches]") -> Command:
    async def answer(query: StopQuery, asked: Asked) -> Report:
        caller = asked.caller
        if caller.door is Door.SHELL or not caller.channel_id or not caller.user_id:
            msg = "watch stop ends what is watched in a channel of Slack"
            raise Misread(msg, hint="Ctrl-C ends a watch in a shell")
        found = await opens().stop(
            channel=caller.channel_id, user_id=caller.user_id, id=query.id
        )
        stopped = tuple(each.words for each in found.stopped)
        if not stopped:
            return _nothing(query, found.others)
        goes = "goes" if found.others == 1 else "go"
        others = f"; {some(found.others, 'other')} here {goes} on"
        rest = others if found.others else ""
        return Report(
            summary=f"no longer watched: {', '.join(stopped)}{rest}",
            data=StopData(stopped=stopped, others=found.others),
            private=True,
        )

    return Command(
        name="watch stop",
        answers="Stop watching: all that you watch in this channel",
        query=StopQuery,
        handler=answer,
        examples=("watch stop",),
        data=StopData,
        place=_PLACE + 1,
    )


def _nothing(query: StopQuery, others: int) -> Report:
    summary = "you watch nothing in this channel"
    hint = "somebody else does: press Stop on the message" if others else ""
    if query.id is not None:
        summary, hint = "that is no longer watched", ""
    return Report(
        summary=summary,
        hint=hint,
        status=Status.UNKNOWN,
        outcome=Outcome.NOT_FOUND,
        private=True,
    )
