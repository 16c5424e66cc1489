"""Question to answer: ask the desk, and bring what it says to where it belongs."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol, TypeAlias

from bot import tracing
from bot.dispatch import Asks
from bot.domain.access import Caller, Door
from bot.domain.figures import listed
from bot.domain.redaction import redacted
from bot.domain.report import Outcome, Report
from bot.slack.doors.callers import Place, Question
from bot.slack.metrics import Metrics
from bot.slack.sending.attaching import attach
from bot.slack.sending.pictures import Pictures, Spot
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook, Sender
from formatters import blocks, sharing
from formatters.limits import clip, escaped
from formatters.packing import Block, Message
from formatters.visible import one_line

log = logging.getLogger("bot.slack.doors.answers")

PATIENCE_SECONDS: Final = 2.5
STILL_ASKING: Final = "still asking"
BUSY: Final = "busy with other questions just now: ask again in a minute"
ENDING: Final = "debug-bot was stopped before it could answer: ask again in a minute"
FAREWELL_SECONDS: Final = 1.0
_ASKED: Final = 100
FAILED: Final = "debug-bot itself failed on this; its log tells more"
UNINVITED: Final = (
    "I am not in this channel, so only you see the answer: /invite @debug brings me in"
)


Follow: TypeAlias = Callable[[Question, Report], Awaitable[Report | None]]
Naming: TypeAlias = Callable[[str], Awaitable[str]]
"""What people call whom an id stands for; empty where that can't be told."""


class Keeps(Protocol):
    """What becomes of an answer besides that it is given."""

    def remember(self, caller: Caller, report: Report) -> None:
        """Remember what was answered to whom."""
        ...

    def offered(
        self, user: str, report: Report, messages: Sequence[Message]
    ) -> Sequence[Message]:
        """Return a private answer with the means to share it."""
        ...


class Answers:
    """Answers one question at a time, each in its own task."""

    def __init__(  # noqa: PLR0913  each has its name at the call
        self,
        desk: Asks,
        sender: Sender,
        metrics: Metrics,
        *,
        private: bool = False,
        follow: Follow | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        keeps: Keeps | None = None,
        pictures: Pictures | None = None,
        naming: Naming | None = None,
    ) -> None:
        """Answer from *desk*; *private* keeps slash commands' answers to the asker.

        *follow* posts what is to be kept current, or returns why that can't be.
        *naming* tells who typed a slash command, which the others can't see.
        """
        self._naming = naming
        self._keeps = keeps
        self._desk = desk
        self._sender = sender
        self._metrics = metrics
        self._private = private
        self._follow = follow
        self._patience = patience_seconds
        self._pictures = pictures or Pictures(sender, metrics)

    async def answer(
        self, question: Question, turn: asyncio.Semaphore, came: float
    ) -> None:
        """Answer the question that came at *came* on the monotonic clock.

        Its picture follows, which no other answer waits for.
        """
        told = await self._answered(question, turn, came)
        if told is not None:
            await self._pictures.follow(*told)

    async def _answered(
        self, question: Question, turn: asyncio.Semaphore, came: float
    ) -> tuple[Report, Spot] | None:
        """Answer; return what was said, and where if all can see it there."""
        hook = hook_of(question.place)
        try:
            async with self._patiently(question, hook, came) as enough:
                async with turn:
                    now = datetime.now(UTC)
                    report = await self._desk.answer(
                        question.words, question.caller, now
                    )
                spot = await self._deliver(question, report, hook, enough)
        except asyncio.CancelledError:  # the bot ends, and no answer will come
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self.tell(question, ENDING, hook)
            raise
        except Unsent as problem:
            self._metrics.count("unsent_total")
            log.error(  # noqa: TRY400  the word says it all
                "an answer reached nobody",
                extra={"error": problem.error, "channel": question.place.channel},
            )
            return None
        except Exception:
            self._metrics.count("failures_total")
            log.exception("an answer failed", extra={"door": question.caller.door})
            await self.tell(question, FAILED, hook)
            return None
        if self._keeps is not None:
            self._keeps.remember(question.caller, report)
        log.info(
            "delivered",
            extra={
                "request_id": report.request_id,
                "delivery": question.keys[0] if question.keys else None,
                "seconds": round(time.monotonic() - came, 3),
            },
        )
        door, command = question.caller.door.value, report.command or "none"
        self._metrics.count(
            "questions_total",
            command=command,
            door=door,
            outcome=report.outcome.name.lower(),
        )
        seconds = time.monotonic() - came
        self._metrics.observe("question_seconds", seconds, command=command)
        return None if spot is None else (report, spot)

    async def say(self, question: Question, report: Report) -> None:
        """Bring a report to where the question's answer went.

        Raises:
            Unsent: that can't be done.
        """
        await self._deliver(question, report, hook_of(question.place), lambda: None)

    async def whisper(
        self,
        place: Place,
        report: Report,
        hook: Hook | None,
        more: Sequence[Block] = (),
    ) -> None:
        """Bring the report to the asker alone, with *more* blocks at its end.

        Raises:
            Unsent: that can't be done.
        """
        *before, last = drawn(report)
        for block in more:
            last = sharing.with_block(last, block)
        await self._privately(place, hook, [*before, last], blocks.last_resort(report))

    async def tell(
        self, question: Question, words: str, hook: Hook | None = None
    ) -> None:
        """Say one calm line to the asker alone; never raises."""
        note = Message(blocks=(), text=words)
        hook = hook or hook_of(question.place)
        with contextlib.suppress(Unsent):
            await self._privately(question.place, hook, [note], words)

    @contextlib.asynccontextmanager
    async def _patiently(
        self, question: Question, hook: Hook | None, came: float
    ) -> AsyncIterator[Callable[[], object]]:
        """Tell who typed a slash command that we still ask, unless that is over soon.

        Gives what to call when something was posted.
        """
        if question.caller.door is not Door.SLASH or hook is None:
            yield lambda: None
            return

        async def remind() -> None:
            await asyncio.sleep(came + self._patience - time.monotonic())
            words = _still_asking(question, sources())
            with contextlib.suppress(Unsent):
                await self._sender.respond(hook, Message(blocks=(), text=words), words)

        with tracing.waiting() as sources:
            # A group would wrap the errors that pass through here.
            reminder = asyncio.get_running_loop().create_task(remind())
            try:
                yield reminder.cancel
            finally:
                reminder.cancel()

    async def _deliver(
        self,
        question: Question,
        report: Report,
        hook: Hook | None,
        posted: Callable[[], object],
    ) -> Spot | None:
        """Bring the report where it belongs; return where that is, if all see it."""
        place = question.place
        slash = question.caller.door is Door.SLASH
        if report.watched and self._follow is not None:
            refused = await self._follow(question, report)
            if refused is None:
                posted()
                return None
            report = replace(refused, words=report.words, request_id=report.request_id)
        last = blocks.last_resort(report)
        if report.private or (slash and self._private) or place.ephemeral:
            messages = self._shareable(place, report)
            await self._privately(place, hook, messages, last, posted)
            public = place.direct and not place.ephemeral
            ts = place.thread_ts
            await attach(self._sender, place, report, ts, public=public, hook=hook)
            return None
        if slash:
            return await self._in_channel(place, report, hook, posted)
        if question.caller.door is Door.SHORTCUT:
            return await self._uninvited(place, hook, drawn(report), last)
        spot = await self._in_place(place, hook, drawn(report), last)
        ts = place.thread_ts
        await attach(self._sender, place, report, ts, public=True, hook=hook)
        return spot

    def _shareable(self, place: Place, report: Report) -> Sequence[Message]:
        """Return the private answer, which its asker may share unless it is private.

        A plan is confirmed where it is shown, so it stays there.
        """
        messages = drawn(report)
        shareable = report.shareable or not report.private
        if not shareable or report.red_button is not None or place.direct:
            return messages
        if self._keeps is None or report.outcome is not Outcome.ANSWERED:
            return messages
        return self._keeps.offered(place.user, report, messages)

    async def _uninvited(
        self, place: Place, hook: Hook | None, messages: Sequence[Message], last: str
    ) -> Spot | None:
        """Post in the thread, or privately where that can't be, and say what to do.

        Return where, if all of it stands there.
        """
        ts = place.thread_ts
        left = await self._posted(place.channel, messages, last, thread_ts=ts)
        if not left:
            return Spot(channel=place.channel, thread_ts=ts)
        left = (Message(blocks=(), text=UNINVITED), *left)
        await self._privately(place, hook, left, last)
        return None

    async def _in_channel(
        self,
        place: Place,
        report: Report,
        hook: Hook | None,
        posted: Callable[[], object],
    ) -> Spot | None:
        """Post the verdict in the channel and the investigation in its thread."""
        if self._naming is not None and report.red_button is None:  # that names them
            report = replace(report, asked_by=await self._naming(place.user))
        last = blocks.last_resort(report)
        head, rest = drawn_apart(report)
        try:
            ts = await self._sender.post(place.channel, head, last)
        except Unsent:
            # A response_url reaches channels that we aren't in, but no threads.
            left = await self._responded(hook, drawn(report), last, posted, public=True)
            await self._aside(place, left, last)
            await attach(self._sender, place, report, None, public=True, hook=hook)
            return None
        posted()
        left = await self._posted(place.channel, rest, last, thread_ts=ts)
        await self._privately(place, hook, left, last)
        await attach(self._sender, place, report, ts, public=True)
        return Spot(channel=place.channel, thread_ts=ts)

    async def _in_place(
        self,
        place: Place,
        hook: Hook | None,
        messages: Sequence[Message],
        last: str,
        *,
        public: bool = True,
    ) -> Spot | None:
        """Post where the question stands, or as near to it as we can.

        Return where, if all of it stands there.
        """
        ts = place.thread_ts
        left = await self._posted(place.channel, messages, last, thread_ts=ts)
        spot = None if left else Spot(channel=place.channel, thread_ts=ts)
        left = await self._responded(hook, left, last, thread_ts=ts, public=public)
        await self._aside(place, left, last)
        return spot

    async def _privately(
        self,
        place: Place,
        hook: Hook | None,
        messages: Sequence[Message],
        last: str,
        posted: Callable[[], object] = lambda: None,
    ) -> None:
        """Post for the asker alone."""
        if place.direct and not place.ephemeral:
            await self._in_place(place, hook, messages, last, public=False)
            return
        ts = place.whisper_ts
        left = await self._responded(hook, messages, last, posted, thread_ts=ts)
        await self._aside(place, left, last)

    async def _posted(
        self,
        channel: str,
        messages: Sequence[Message],
        last: str,
        *,
        thread_ts: str | None,
    ) -> Sequence[Message]:
        """Post as many as can be posted there; return those that are left."""
        for number, message in enumerate(messages):
            try:
                await self._sender.post(channel, message, last, thread_ts=thread_ts)
            except Unsent:
                return messages[number:]
        return ()

    async def _responded(  # noqa: PLR0913  how, besides what
        self,
        hook: Hook | None,
        messages: Sequence[Message],
        last: str,
        posted: Callable[[], object] = lambda: None,
        *,
        thread_ts: str | None = None,
        public: bool = False,
    ) -> Sequence[Message]:
        """Send as many as the response_url takes; return those that are left."""
        if hook is None:
            return messages
        for number, message in enumerate(messages):
            try:
                await self._sender.respond(
                    hook, message, last, thread_ts=thread_ts, public=public
                )
            except Unsent:
                return messages[number:]
            posted()
        return ()

    async def _aside(
        self, place: Place, messages: Sequence[Message], last: str
    ) -> None:
        """Post for the asker alone: there if that works, else as a direct message."""
        channel, user, ts = place.channel, place.user, place.whisper_ts
        for message in messages:
            try:
                await self._sender.whisper(channel, user, message, last, thread_ts=ts)
            except Unsent:
                await self._sender.post(user, message, last)


def _still_asking(question: Question, sources: Sequence[str]) -> str:
    """Return for what we still ask, and of whom where an answer is waited for."""
    asked = one_line(redacted(" ".join(question.words))).replace("`", "'")
    words = " ".join(filter(None, (STILL_ASKING, listed(sources))))
    return escaped(f"{words} for `{clip(asked, _ASKED)}` …")


def hook_of(place: Place) -> Hook | None:
    """Return the response_url that came with it, with all its uses."""
    return None if place.response_url is None else Hook(place.response_url)


def drawn(report: Report) -> Sequence[Message]:
    """Return the whole report, in short where it can't be drawn."""
    try:
        return blocks.whole(report)
    except Exception:
        log.exception("a report can't be drawn", extra={"command": report.command})
        return (Message(blocks=(), text=blocks.last_resort(report)),)


def drawn_apart(report: Report) -> tuple[Message, Sequence[Message]]:
    """Return the verdict and what is behind it, in short where it can't be drawn."""
    try:
        return blocks.verdict(report), blocks.investigation(report)
    except Exception:
        log.exception("a report can't be drawn", extra={"command": report.command})
        return Message(blocks=(), text=blocks.last_resort(report)), ()
