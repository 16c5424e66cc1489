"""Private answers that their asker may share: the same answer, not a new one.

Kept as long as Slack's response_url lives, drawn, in few messages each.
"""

import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.errors import SourceDown
from bot.domain.findings import Status
from bot.domain.report import Ask, Outcome, Report, refused
from bot.slack.doors.answers import drawn_apart, hook_of
from bot.slack.doors.callers import Place, Question, of_presser
from bot.slack.doors.payloads import pressed, text
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook, Sender
from bot.state.answers import PrivateAnswers, Refusal
from formatters import blocks, sharing
from formatters.packing import Message

log = logging.getLogger("bot.slack.doors.sharing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer to one person, drawn as it is when they shared it."""

    verdict: Message
    rest: Sequence[Message]
    shown: Message
    """The private message that had the button."""
    last: str
    """One short text that Slack takes when it took nothing else."""


class Shares:
    """Keeps private answers for a while, and shares one when its asker says so."""

    def __init__(self, sender: Sender, answers: Callable[[], PrivateAnswers]) -> None:
        """Have them kept in *answers*."""
        self._sender = sender
        self._answers = answers

    def offered(
        self, user: str, report: Report, messages: Sequence[Message]
    ) -> tuple[Sequence[Message], Callable[[], Awaitable[None]]]:
        """Return the private answer with a button that shares it, and what keeps it.

        The latter raises SourceDown when that could not be done.
        """
        *before, last = messages
        verdict, rest = drawn_apart(report)
        id = os.urandom(8).hex()
        kept = Kept(
            verdict=sharing.shared_by(user, report, verdict),
            rest=rest,
            shown=sharing.told_shared(last),
            last=blocks.last_resort(report),
        )
        shown = (*before, sharing.with_block(last, sharing.share_button(id, report)))
        return shown, lambda: self._answers().keep(id, user, asdict(kept))

    async def forget(self) -> None:
        """Forget what is too old to be shared.

        Raises:
            SourceDown: that could not be done.
        """
        await self._answers().forget()

    async def share(self, body: Mapping[str, Any]) -> tuple[Place, Report] | None:
        """Share what a pressed button names, once.

        Return what is to be said to the presser alone, and where; None when all is
        said.
        """
        question = of_presser(body)
        if question is None:
            return None
        id, _, words = text(pressed(body), "value").partition(" ")
        place = question.place
        try:  # before anything is posted: a double press comes too
            found = await self._answers().claim(id, place.user)
        except SourceDown as error:
            log.warning("an answer was not shared: %s", error.message)
            return place, _again("this answer can't be shared just now", words)
        if isinstance(found, Refusal):
            return place, _refused(found, words)
        kept, hook = _kept(found), hook_of(place)
        try:
            await self._post(kept, question, hook)
        except Unsent as problem:
            log.warning("an answer was not shared", extra={"error": problem.error})
            await self._release(id)
            hint = "invite me to this channel, and press again: /invite @debug"
            return place, refused("this answer could not be shared here", hint)
        if hook is not None:
            with contextlib.suppress(Unsent):
                await self._sender.respond(hook, kept.shown, kept.last, replaces=True)
        return None

    async def _release(self, id: str) -> None:
        try:
            await self._answers().release(id)
        except SourceDown as error:
            log.warning("an answer can't be shared again: %s", error.message)

    async def _post(self, kept: Kept, question: Question, hook: Hook | None) -> None:
        """Post it where the button was pressed; what is behind it in a thread.

        Raises:
            Unsent: none of it could be posted.
        """
        place = question.place
        verdict, last = kept.verdict, kept.last
        try:
            ts = await self._sender.post(
                place.channel, verdict, last, thread_ts=place.whisper_ts
            )
        except Unsent:
            if hook is None:
                raise
            await self._sender.respond(
                hook, verdict, last, thread_ts=place.whisper_ts, public=True
            )
            return
        for message in kept.rest:
            with contextlib.suppress(Unsent):
                await self._sender.post(
                    place.channel, message, last, thread_ts=place.whisper_ts or ts
                )


def _kept(answer: Mapping[str, Any]) -> Kept:
    return Kept(
        verdict=_message(answer["verdict"]),
        rest=[*map(_message, answer["rest"])],
        shown=_message(answer["shown"]),
        last=answer["last"],
    )


def _message(drawn: Mapping[str, Any]) -> Message:
    return Message(blocks=tuple(drawn["blocks"]), text=drawn["text"])


def _refused(why: Refusal, words: str) -> Report:
    if why is Refusal.ANOTHERS:
        return refused("only who asked can share this answer")
    if why is Refusal.SHARED:
        return refused("this answer is shared already")
    return _again("this answer is kept no more, so it can't be shared", words)


def _again(summary: str, words: str) -> Report:
    asks = (Ask(label="Ask again", words=words),) if words else ()
    return Report(
        summary=summary,
        hint="the question can be asked again, and the new answer shared",
        status=Status.UNKNOWN,
        outcome=Outcome.NOT_FOUND,
        asks=asks,
        private=True,
    )
