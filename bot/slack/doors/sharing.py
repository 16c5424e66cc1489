"""Private answers that their asker may share: the same answer, not a new one.

Kept in memory for as long as Slack's response_url lives, in few messages each. Of
several replicas the one that answered has it; the others offer to ask again.
"""

import contextlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bot.domain.findings import Status
from bot.domain.report import Ask, Outcome, Report, refused
from bot.slack.doors.answers import hook_of
from bot.slack.doors.callers import Place, Question, of_presser
from bot.slack.doors.payloads import pressed, text
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook, Sender
from formatters import blocks, sharing
from formatters.packing import Message

log = logging.getLogger("bot.slack.doors.sharing")

KEEP: Final = timedelta(minutes=30)  # as long as a response_url works
MOST: Final = 300


@dataclass(slots=True, kw_only=True)
class Kept:
    """An answer as it was given to one person."""

    user: str
    report: Report
    verdict: Message
    rest: Sequence[Message]
    shown: Message
    """The private message that has the button, without it."""
    at: float
    shared: bool = False


Whisper = Callable[..., Any]


class Shares:
    """Keeps private answers for a while, and shares one when its asker says so."""

    def __init__(
        self,
        sender: Sender,
        *,
        keep: timedelta = KEEP,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Forget after *keep*, and the oldest first beyond *most*."""
        self._sender = sender
        self._keep = keep.total_seconds()
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def offered(
        self, user: str, report: Report, messages: Sequence[Message]
    ) -> Sequence[Message]:
        """Return the private answer with a button that shares it."""
        *before, last = messages
        # A report may hold a hundred thousand lines; what Slack shows of it is small.
        small = Report(
            summary=report.summary,
            words=report.words,
            generated_at=report.generated_at,
            request_id=report.request_id,
        )
        id = os.urandom(8).hex()
        self._kept[id] = Kept(
            user=user,
            report=small,
            verdict=blocks.verdict(report),
            rest=blocks.investigation(report),
            shown=last,
            at=self._clock(),
        )
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return (*before, sharing.with_block(last, sharing.share_button(id, report)))

    async def share(self, body: Mapping[str, Any]) -> tuple[Place, Report] | None:
        """Share what a pressed button names, once.

        Return what is to be said to the presser alone, and where; None when all is
        said.
        """
        question = of_presser(body)
        if question is None:
            return None
        id, _, words = text(pressed(body), "value").partition(" ")
        kept = self._known(id)
        place = question.place
        if kept is None:
            return place, _gone(words)
        if kept.user != place.user:
            return place, refused("only who asked can share this answer")
        if kept.shared:
            return place, refused("this answer is shared already")
        kept.shared = True  # before anything is waited for: a double press comes too
        hook = hook_of(place)
        try:
            await self._post(kept, question, hook)
        except Unsent as problem:
            kept.shared = False
            log.warning("an answer was not shared", extra={"error": problem.error})
            hint = "invite me to this channel, and press again: /invite @debug"
            return place, refused("this answer could not be shared here", hint)
        if hook is not None:
            with contextlib.suppress(Unsent):
                last = blocks.last_resort(kept.report)
                shown = sharing.told_shared(kept.shown)
                await self._sender.respond(hook, shown, last, replaces=True)
        return None

    async def _post(self, kept: Kept, question: Question, hook: Hook | None) -> None:
        """Post it where the button was pressed; what is behind it in a thread.

        Raises:
            Unsent: none of it could be posted.
        """
        place = question.place
        last = blocks.last_resort(kept.report)
        verdict = sharing.shared_by(place.user, kept.report, kept.verdict)
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

    def _known(self, id: str) -> Kept | None:
        now = self._clock()
        while self._kept:
            oldest = next(iter(self._kept))
            if now - self._kept[oldest].at <= self._keep:
                break
            del self._kept[oldest]
        return self._kept.get(id)


def _gone(words: str) -> Report:
    asks = (Ask(label="Ask again", words=words),) if words else ()
    return Report(
        summary="this answer is kept no more, so it can't be shared",
        hint="the question can be asked again, and the new answer shared",
        status=Status.UNKNOWN,
        outcome=Outcome.NOT_FOUND,
        asks=asks,
        private=True,
    )
