"""Pressed offers: redeem them at the gate, and keep their message true.

What Slack does with a message changes nothing about what is done: changing it has
little time, and a failure to is logged and made up for in the thread.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from bot.domain.offers import Offer, Press, Where
from bot.domain.report import Report
from bot.gate.carrying import Tell
from bot.slack.doors.answers import Answers, drawn, drawn_apart
from bot.slack.doors.callers import Place, Pressed
from bot.slack.metrics import Metrics
from bot.slack.sending.attaching import attach
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Hook, Sender
from formatters import blocks
from formatters.packing import Message

log = logging.getLogger("bot.slack.doors.changes")

SHOWING_SECONDS: Final = 5.0
UPDATE_SECONDS: Final = 3.0  # between two updates of one message (SLACK.md, 3.11)
RECOVERY_SECONDS: Final = 5.0
HOOK_KEPT: Final = 2  # of a response_url's five uses, for the end and for a whisper


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a message may change, and how long Slack has for it, in seconds."""

    update: float = UPDATE_SECONDS
    showing: float = SHOWING_SECONDS


class Redeems(Protocol):
    """The desk."""

    async def press(
        self, press: Press, *, cancels: bool, tell: Tell, now: datetime
    ) -> Report:
        """Return what became of a pressed offer; never raises."""
        ...


class Changes:
    """Carries presses to the gate, and what becomes of them to Slack."""

    def __init__(
        self,
        desk: Redeems,
        answers: Answers,
        sender: Sender,
        metrics: Metrics,
        *,
        pace: Pace | None = None,
    ) -> None:
        """Redeem at *desk*."""
        self._desk = desk
        self._answers = answers
        self._sender = sender
        self._metrics = metrics
        self._pace = pace or Pace()

    async def redeem(self, pressed: Pressed, *, first: bool) -> None:
        """Redeem one press; a repetition of the *first* delivery is told nobody."""
        place, where = pressed.place, pressed.press.where
        hook = None if place.response_url is None else Hook(place.response_url)
        sign = _Sign(self._sender, self._pace, where, hook, ephemeral=place.ephemeral)
        report = await self._desk.press(
            pressed.press,
            cancels=pressed.cancels,
            tell=sign.progress,
            now=datetime.now(UTC),
        )
        self._metrics.count("presses_total", outcome=report.outcome.name.lower())
        if report.private and not first:
            return
        if report.private:
            await self._whisper(place, report, hook)
            return
        if await sign.final(report):
            pass
        elif place.ephemeral:
            await self._whisper(place, report, None)
        else:
            await sign.thread(drawn(report), report)
        await self._attach(place, where, report)
        await self._copy(report)

    async def _attach(self, place: Place, where: Where | None, report: Report) -> None:
        """Attach the whole of a long outcome below the message that shows it."""
        ts = place.thread_ts
        if where is not None:
            ts = where.thread_ts or where.message_ts or None
        await attach(self._sender, place, report, ts, public=not place.ephemeral)

    async def recovered(self, offer: Offer, report: Report) -> None:
        """Say what became of an offer that a dead process had begun."""
        where = offer.where
        if where is not None:
            sign = _Sign(self._sender, self._pace, where, None)
            await sign.final(report)
            # People look at the thread; nobody looks whether a message changed.
            await sign.thread(drawn(report), report)
            asker = offer.caller.user_id or ""
            place = Place(channel=where.channel, user=asker, thread_ts=where.thread_ts)
            await self._attach(place, where, report)
        await self._copy(report)

    async def lapsed(self, offer: Offer, report: Report) -> None:
        """Show in its message that an offer has expired."""
        await _Sign(self._sender, self._pace, offer.where, None).final(report)

    async def _whisper(self, place: Place, report: Report, hook: Hook | None) -> None:
        try:
            await self._answers.whisper(place, report, hook)
        except Unsent as problem:
            log.warning(
                "a presser was not told",
                extra={"channel": place.channel, "error": problem.error},
            )

    async def _copy(self, report: Report) -> None:
        """Post it in the audit's channel as well, if there is one."""
        if report.copy_to is None:
            return
        message, _ = drawn_apart(report)
        try:
            await self._sender.post(report.copy_to, message, blocks.last_resort(report))
        except Unsent as problem:
            log.error(  # noqa: TRY400  the word says it all
                "the audit's channel was not told",
                extra={"channel": report.copy_to, "error": str(problem)},
            )


class _Sign:
    """The message that shows an offer, and the ways to change it."""

    def __init__(
        self,
        sender: Sender,
        pace: Pace,
        where: Where | None,
        hook: Hook | None,
        *,
        ephemeral: bool = False,
    ) -> None:
        self._sender = sender
        self._pace = pace
        self._ephemeral = ephemeral
        self._where = where
        self._hook = hook
        self._shown_at: float | None = None

    async def progress(self, report: Report) -> None:
        """Show how far it has come, unless that was shown a moment ago.

        Never raises: whoever tells it is in the middle of a change.
        """
        now = time.monotonic()
        if self._shown_at is not None and now - self._shown_at < self._pace.update:
            return
        self._shown_at = now
        try:
            first, *_ = drawn(report)
            shown = await self._show(first, report, keep=HOOK_KEPT)
        except Exception:
            log.exception("progress can't be shown")
            return
        if not shown:
            log.warning("progress is not shown", extra={"summary": report.summary})

    async def final(self, report: Report) -> bool:
        """Show the end in the message, what it can't hold below it; tell whether."""
        first, *more = drawn(report)
        shown = await self._show(first, report, keep=0)
        if shown and more and not self._ephemeral:
            await self.thread(more, report)
        return shown

    async def thread(self, messages: Sequence[Message], report: Report) -> None:
        """Post the messages, which show the report, in the message's thread."""
        where = self._where
        if where is None or not where.channel:
            return
        last = blocks.last_resort(report)
        ts = where.thread_ts or where.message_ts or None
        try:
            for message in messages:  # each waits for its turn, however long that is
                await self._sender.post(where.channel, message, last, thread_ts=ts)
        except Unsent as problem:
            log.error(  # noqa: TRY400  the word says it all
                "an outcome reached nobody",
                extra={"channel": where.channel, "error": str(problem)},
            )

    async def _show(self, message: Message, report: Report, *, keep: int) -> bool:
        """Change the message; tell whether that worked."""
        last = blocks.last_resort(report)
        for way in self._ways(message, last, keep):
            try:
                async with asyncio.timeout(self._pace.showing):
                    await way()
            except (Unsent, TimeoutError):
                continue
            except Exception:
                log.exception("a message could not be changed")
                continue
            return True
        return False

    def _ways(
        self, message: Message, last: str, keep: int
    ) -> Sequence[Callable[[], Awaitable[object]]]:
        where, hook = self._where, self._hook
        ways: list[Callable[[], Awaitable[object]]] = []
        if where is not None and where.message_ts and not self._ephemeral:
            ways.append(
                lambda: self._sender.update(
                    where.channel, where.message_ts, message, last
                )
            )
        if hook is not None and hook.left > keep:
            ways.append(
                lambda: self._sender.respond(hook, message, last, replaces=True)
            )
        return ways
