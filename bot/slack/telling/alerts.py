"""Be told: look at the system every minute, and keep the channel true to what is seen.

Of all replicas one looks and posts. What a notice has to tell and how far that was told
stand in the database, so whoever leads next goes on where this one ended. A press may
come to any replica: it is written down and shown at once, and the leader's next round
draws the message again, so that nothing older stays.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.dispatch import Asks
from bot.domain.errors import SourceDown
from bot.domain.notices import Mark, Notice, Posting, acknowledged, muted
from bot.settings import Alerting
from bot.slack.metrics import Metrics
from bot.slack.sending.outbox import Urgency
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Before, Sender, nothing
from bot.slack.telling.cares import Care, Wish
from bot.slack.telling.digests import Digests
from bot.slack.telling.errands import Errands
from bot.slack.telling.looks import CALLER, WORDS, look_of
from bot.slack.telling.once import Once
from bot.slack.telling.pressers import Pressers, Whisper
from bot.state.alerts import LEASE, AlertBook
from bot.state.leading import lead
from bot.state.leases import Leases, Term
from bot.state.posts import Posts
from bot.wiring import Wired
from formatters import alerts as drawn
from formatters.packing import Message

log = logging.getLogger("bot.slack.telling.alerts")

HOUR: Final = timedelta(hours=1)
# Slack's words for a message that is no longer there to be changed.
_GONE: Final = frozenset({"message_not_found", "thread_not_found"})


class Admits(Protocol):
    """Who may press, and what of it is written down."""

    async def admits(self, care: Care) -> bool:
        """Tell whether they may; who may not is told so, and it is written down."""
        ...

    async def noted(self, care: Care, notice: Notice) -> None:
        """Write down what was done.

        Raises:
            SourceDown: it could not be written.
        """
        ...


def _now() -> datetime:
    return datetime.now(UTC)


class Alerts:
    """Looks, tells, and takes what people press."""

    def __init__(  # noqa: PLR0913  what it is made of
        self,
        desk: Asks,
        leases: Leases,
        once: Once,
        sender: Sender,
        metrics: Metrics,
        *,
        alerting: Alerting,
        pressers: Admits,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Ask *desk*, remember in the leases' database, post by *once*."""
        self._pressers = pressers
        self._desk = desk
        self._leases = leases
        self._book = AlertBook(leases)
        self._digests = Digests(desk, self._book, leases, once, alerting)
        self._once = once
        self._sender = sender
        self._metrics = metrics
        self._alerting = alerting
        self._clock = clock
        self._errands = Errands()

    async def keep_watching(self) -> None:
        """Look, for as long as this process leads; never returns."""
        await lead(self._leases, LEASE, self._watch)

    async def _watch(self, term: Term) -> None:
        loop = asyncio.get_running_loop()
        every = self._alerting.every.total_seconds()
        try:
            while True:
                began = loop.time()
                try:
                    await self.round(term)
                except SourceDown as error:
                    log.warning("no look: %s %s", error.source, error.message)
                await asyncio.sleep(max(0.0, began + every - loop.time()))
        finally:
            await self._errands.give_up()

    async def round(self, term: Term) -> None:
        """Look once, and begin to tell what there is to tell.

        What Slack keeps waiting does not hold up the next look: it goes on beside it,
        and what has changed meanwhile is told after it.

        Raises:
            TermOver: another process leads.
            SourceDown: the state database can't be used.
        """
        at = self._clock()
        report = await self._desk.answer(WORDS, CALLER, at)
        look = look_of(report, self._alerting, at)
        self._metrics.count("alert_looks_total", blind=str(bool(look.untold)).lower())
        notices = await self._book.look(term, look)
        for notice in sorted(filter(_untold, notices), key=_urgency):
            self._errands.run(notice.id, partial(self._tell, term, notice))
        due = await self._digests.add(term, report, at)
        if due is not None:
            self._errands.run("digest", partial(self._digests.tell, term, due, at))

    async def settle(self) -> None:
        """Return when all is told that a round began to tell."""
        await self._errands.settle()

    async def pressed(self, care: Care) -> None:
        """Write down what somebody pressed who may, and show it."""
        if not await self._pressers.admits(care):
            return
        at, ours = self._clock(), self._once.channel
        change = partial(_cared, care=care, ours=ours, at=at)
        notice = await self._book.change(care.id, change)
        if notice is None or not _counts(notice, care, ours):
            log.info("a press on no alert", extra={"id": care.id})
            return
        # It may come before we heard from Slack that the message stands.
        posting = notice.posting or Posting(channel=care.place.channel, ts=care.ts)
        self._metrics.count("alert_presses_total", wish=care.wish.value)
        try:
            await self._pressers.noted(care, notice)
        except SourceDown as error:
            log.error("a press is not recorded", extra={"why": error.message})  # noqa: TRY400  the word says it all
        try:
            await self._update(notice, posting, urgency=Urgency.ANSWER)
        except Unsent as problem:  # the leader draws it again
            log.warning("a press is not shown yet", extra={"error": problem.error})

    async def _tell(self, term: Term, notice: Notice) -> None:
        """Bring message and thread up to date; what Slack does not take waits."""
        posting, told = notice.posting, 0
        # When it is its turn: who was frozen until now sends nothing.
        leads = partial(self._leases.check, term)
        try:
            if posting is None:
                posting = await self._post(term, notice)
            if posting.shown != notice.revision:
                await self._update(notice, posting, first=leads)
                posting = replace(posting, shown=notice.revision)
            for line in notice.lines:
                await self._once.post(
                    term,
                    f"alert {notice.id}/{line.number}",
                    partial(drawn.line, notice, line),
                    drawn.last_resort(notice),
                    block_id=drawn.identity(notice, line),
                    under=posting,
                )
                told = line.number
        except Unsent as problem:
            log.warning(
                "an alert waits for Slack",
                extra={"id": notice.id, "error": problem.error},
            )
            if posting is not None and problem.error in _GONE:  # somebody deleted it
                posting = replace(posting, shown=notice.revision)
                told = notice.numbered
        if posting is not None and (told or posting != notice.posting):
            await self._book.shown(notice.id, posting, lines=told)

    async def _post(self, term: Term, notice: Notice) -> Posting:
        """Post the message; one that was found to stand shows what it may."""
        fresh = False

        def draw(doubtful: bool) -> Message:
            nonlocal fresh
            fresh = True
            return drawn.notice(notice, doubtful=doubtful)

        ts = await self._once.post(
            term,
            f"alert {notice.id}",
            draw,
            drawn.last_resort(notice),
            block_id=drawn.identity(notice),
        )
        shown = notice.revision if fresh else 0
        return Posting(channel=self._once.channel, ts=ts, shown=shown)

    async def _update(
        self,
        notice: Notice,
        posting: Posting,
        *,
        urgency: Urgency = Urgency.ALERT,
        first: Before = nothing,
    ) -> None:
        message, last = drawn.notice(notice), drawn.last_resort(notice)
        await self._sender.update(
            posting.channel, posting.ts, message, last, urgency=urgency, first=first
        )


def _untold(notice: Notice) -> bool:
    """Tell whether there is something of it that Slack was not told."""
    if notice.opened_at is None:
        return False
    shown = notice.posting.shown if notice.posting else None
    return shown != notice.revision or bool(notice.lines)


def _urgency(notice: Notice) -> tuple[bool, int, datetime]:
    """Return what goes first: what is there, and of that the worst and the oldest."""
    weight = notice.heaviest.problem.weight
    return (notice.closed_at is not None, -weight, notice.since)


def alerts_of(  # noqa: PLR0913  what it is made of
    alerting: Alerting,
    wired: Wired,
    sender: Sender,
    client: AsyncWebClient,
    metrics: Metrics,
    *,
    whisper: Whisper,
) -> Alerts:
    """Return the alerts of a bot; the settings name their channel."""
    leases = wired.leases()
    once = Once(Posts(leases), sender, client, alerting.channel or "")

    pressers = Pressers(wired.gate, whisper)
    return Alerts(
        wired.desk, leases, once, sender, metrics, alerting=alerting, pressers=pressers
    )


def _counts(notice: Notice, care: Care, ours: str) -> bool:
    """Tell whether the press comes from where the notice stands, or is to stand."""
    return care.place.channel == (notice.posting.channel if notice.posting else ours)


def _cared(notice: Notice, *, care: Care, ours: str, at: datetime) -> Notice:
    """Return the notice with what somebody wishes; from elsewhere nothing counts."""
    if not _counts(notice, care, ours):
        return notice
    mark = Mark(by=care.place.user, at=at)
    match care.wish:
        case Wish.ACKNOWLEDGE:
            return notice if notice.acknowledged else acknowledged(notice, mark)
        case Wish.MUTE:
            return muted(notice, replace(mark, until=at + HOUR), at)
        case Wish.SILENCE:
            return notice if notice.closed_at else muted(notice, mark, at)
        case Wish.UNMUTE:
            return muted(notice, None, at)
