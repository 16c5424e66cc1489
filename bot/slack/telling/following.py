"""Messages that are kept current: `watch`, from its first post to its last word.

Of all replicas one keeps them, with a lease (`bot.state.leading`). It looks every ten
seconds while something changes, and ever less often while nothing does; each look is
shown, so that the age in the message is true. Slack takes some 50 edits a minute from
an app (chat.update is of tier 3), so the more is watched, the rarer are the looks.
"""

import asyncio
import contextlib
import logging
import shlex
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.dispatch import Asks
from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.findings import Status
from bot.domain.report import Ask, Outcome, Report, refused
from bot.domain.times import spoken, stamp
from bot.domain.watches import Tempo, Watch, WatchState
from bot.slack.doors.callers import Question
from bot.slack.sending.outbox import Urgency
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Sender
from bot.state.leading import lead
from bot.state.leases import Term, TermOver
from bot.state.posts import Posts
from bot.state.watches import Watches
from formatters import blocks
from formatters.live import likeness, live
from formatters.packing import Message, fallback

log = logging.getLogger("bot.slack.telling.following")

LEASE: Final = "watches"
AT_ONCE: Final = 2
"""So many questions are asked at a time, beside those of people."""
BRISK: Final = 50
MOST: Final = 100
"""After so many looks the rest is spread over the time that is left."""
SLOWER: Final = 1.5
FAREWELL_SECONDS: Final = 2.5

# Slack's words for a message that nobody can change any more.
GONE: Final = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "is_inactive",
    }
)


class Following:
    """Begins watches, and keeps all of them while this process leads."""

    def __init__(
        self,
        desk: Asks,
        sender: Sender,
        watches: Callable[[], Watches],
        *,
        tempo: Tempo,
        private: bool = False,
    ) -> None:
        """Ask *desk*; *private* is when slash commands are answered privately."""
        self._desk = desk
        self._sender = sender
        self._watches = watches
        self._private = private
        self.tempo = tempo
        self._news = asyncio.Event()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._answers: dict[tuple[str, str], tuple[float, asyncio.Task[Report]]] = {}

    async def begin(self, question: Question, report: Report) -> Report | None:
        """Post the answer as a message that is kept; else return why not."""
        place, caller = question.place, question.caller
        slash = caller.door is Door.SLASH
        if place.ephemeral or report.private or (slash and self._private):
            hint = "write to the bot directly, without --private"
            return refused("what only you can see can't be kept current", hint)
        if report.as_json:
            hint = "a shell prints an object for each change"
            return refused("a message can't be kept current as JSON", hint)
        watches = self._watches()
        try:
            watch = await watches.begin(
                words=report.watched,
                system=report.system,
                channel=place.channel,
                thread_ts=place.thread_ts,
                user_id=place.user,
                team_id=caller.team_id,
            )
        except SourceDown as error:
            return refused(f"nothing can be watched: {error.source} {error.message}")
        if isinstance(watch, str):
            return refused(watch, "watch stop ends yours, Stop on a message that one")
        return await self._posted(watch, report)

    async def keep(self) -> None:
        """Keep all watches whenever this process leads; never returns."""
        await lead(self._watches().leases, LEASE, self._keep)

    async def ask(self, watch: Watch) -> Report:
        """Return the answer as of now, asked once for all who watch the same."""
        key, now = (watch.words, watch.system), time.monotonic()
        self._answers = {
            key: (asked, answer)
            for key, (asked, answer) in self._answers.items()
            if now - asked < self.tempo.shared
        }
        if key not in self._answers:
            asking = asyncio.get_running_loop().create_task(self._ask(watch))
            self._answers[key] = now, asking
        _, answer = self._answers[key]
        return await asyncio.shield(answer)

    async def _ask(self, watch: Watch) -> Report:
        caller = Caller(
            door=Door.CLOCK,
            user_id=watch.user_id,
            team_id=watch.team_id,
            channel_id=watch.channel,
        )
        words = [*shlex.split(watch.words), "--system", watch.system]
        async with self._turn:
            return await self._desk.answer(words, caller, datetime.now(UTC))

    async def _posted(self, watch: Watch, report: Report) -> Report | None:
        watches = self._watches()
        message = live(
            report,
            f"as of {_time(report)}; begins to watch for {spoken(self.tempo.lasts)}",
            asks=[_stop(watch)],
        )
        last = blocks.last_resort(report)
        try:
            ts = await self._sender.post(
                watch.channel, message, last, thread_ts=watch.thread_ts
            )
        except Unsent as problem:
            with contextlib.suppress(SourceDown):
                await watches.drop(watch)
            hint = "invite the bot, or write to it directly"
            return refused(f"nothing can be posted here: {problem.error}", hint)
        try:
            await watches.posted(watch, ts)
        except SourceDown as error:
            why = f"as of {_time(report)}; not watched: {error.source} {error.message}"
            with contextlib.suppress(Unsent):
                await self._sender.update(watch.channel, ts, live(report, why), last)
        self._news.set()
        return None

    async def _keep(self, term: Term) -> None:
        """Follow each watch in a task of its own, for one term."""
        loop, watches = asyncio.get_running_loop(), self._watches()
        follows: dict[str, tuple[Follow, asyncio.Task[None]]] = {}
        try:
            while True:
                every, now = await watches.kept(term)
                for watch in every:
                    known = follows.get(watch.id)
                    if known is None or known[1].done():
                        left = (watch.until - now).total_seconds()
                        follow = Follow(self, self._sender, watches, term, watch, left)
                        follows[watch.id] = follow, loop.create_task(follow.run())
                    elif watch.state is WatchState.STOPPED:
                        known[0].stop()
                ids = {watch.id for watch in every}
                for id in [id for id, (_, task) in follows.items() if task.done()]:
                    if id not in ids:
                        del follows[id]
                for follow, _ in follows.values():
                    follow.floor = self._floor(follow.watch, every)
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.tempo.glimpse):
                        await self._news.wait()
        finally:
            tasks = [task for _, task in follows.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _floor(self, watch: Watch, every: Sequence[Watch]) -> float:
        """Return how many seconds must lie between two looks of one of so many."""
        here = sum(each.channel == watch.channel for each in every)
        tempo = self.tempo
        return max(here * tempo.per_channel, len(every) * tempo.in_all)


class _Forgotten(Exception):
    """The watch is over, and this is not to be shown."""


class Follow:
    """One watch, while this process keeps it."""

    def __init__(  # noqa: PLR0913, PLR0917  what it works with, and on what
        self,
        asks: Following,
        sender: Sender,
        watches: Watches,
        term: Term,
        watch: Watch,
        left: float,
    ) -> None:
        """Follow for so many seconds."""
        self.watch = watch
        self.floor = 0.0
        """The seconds between two looks that all watches together demand."""
        self._asks = asks
        self._sender = sender
        self._watches = watches
        self._term = term
        self._tempo = asks.tempo
        self._due = time.monotonic() + left
        self._stopped = asyncio.Event()
        self._every = self._tempo.every
        self._looks = watch.looks
        self._good: Report | None = None
        """The last answer that there was."""
        self._stale: datetime | None = None
        """Since when there is none."""
        self._why = ""
        self._without: dict[str, datetime] = {}
        """The sources that the last answer lacks, and since when."""
        self._like = ""
        self._over = False
        """The last word was said, or is being said."""
        if watch.state is WatchState.STOPPED:
            self.stop()

    def stop(self) -> None:
        """Have it end, as somebody stopped it."""
        self._stopped.set()

    async def run(self) -> None:
        """Look again and again, until it is over; then say so."""
        try:
            await self._follow()
        except asyncio.CancelledError:
            with contextlib.suppress(TermOver, SourceDown, Unsent, TimeoutError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await self._farewell()
            raise
        except TermOver:
            log.info("another keeps it", extra={"watch": self.watch.id})
        except Unsent as problem:
            log.info(
                "its message is gone",
                extra={"watch": self.watch.id, "error": problem.error},
            )
            await self._forget()
        except SourceDown as error:  # taken up again, if we still lead by then
            log.warning("a watch is out of reach", extra={"why": error.message})
        except Exception:
            log.exception("a watch failed", extra={"watch": self.watch.id})
            await asyncio.sleep(self._tempo.slowest)

    async def _follow(self) -> None:
        while not self._stopped.is_set():
            began = time.monotonic()
            if began >= self._due:
                await self._end(f"watched for {spoken(self._tempo.lasts)}")
                return
            report = await self._asks.ask(self.watch)
            if report.outcome is Outcome.NOT_FOUND or report.settled:
                await self._close(report)
                return
            self._hear(report)
            if self._stopped.is_set():
                break
            every = self._rhythm()
            state = f"{self._as_of()}, {self._promise(every)}"
            if not await self._show(state, urgency=Urgency.LIVE):
                return
            # From the beginning of the look: it took some time.
            pause = min(began + every, self._due) - time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, pause)):
                    await self._stopped.wait()
        await self._end("stopped")

    def _hear(self, report: Report) -> None:
        """Take in an answer; one that tells nothing makes the last one stale."""
        if report.outcome is Outcome.FAILED or (
            report.outcome is Outcome.SOURCE_DOWN and report.data is None
        ):
            self._stale = self._stale or report.generated_at
            self._why = report.summary
        else:
            self._good, self._stale, self._why = report, None, ""
            at = report.generated_at or datetime.now(UTC)
            failed = [gap.source for gap in report.gaps if gap.failed]
            self._without = {each: self._without.get(each, at) for each in failed}

    def _rhythm(self) -> float:
        """Return the seconds to the next look, as what was heard wants it."""
        like = likeness(self._drawn(""))
        changed, self._like = like != self._like, like
        tempo = self._tempo
        slower = min(self._every * SLOWER, tempo.slowest)
        self._every = tempo.every if changed else slower
        every = max(self._every, min(self.floor, tempo.slowest))
        if self._looks >= BRISK:
            left = max(0.0, self._due - time.monotonic())
            every = max(every, left / max(1, MOST - self._looks))
        return every

    def _promise(self, every: float) -> str:
        return f"every {_seconds(every)} until {self._until}"

    @property
    def _until(self) -> str:
        return stamp(self.watch.until)

    def _as_of(self) -> str:
        if self._good is None:
            return "nothing was seen yet"
        without = (
            f", without {source} since {stamp(at)}"
            for source, at in self._without.items()
        )
        return f"as of {_time(self._good)}{''.join(without)}"

    def _drawn(self, state: str, *asks: Ask) -> Message:
        report = self._good or Report(
            summary=f"{self.watch.words}: nothing could be read yet",
            status=Status.UNKNOWN,
            words=self.watch.words,
        )
        trouble = ""
        if self._stale is not None:
            trouble = f"old: since {stamp(self._stale)} {self._why}"
        return live(report, state, trouble=trouble, asks=asks)

    async def _show(
        self,
        state: str,
        *,
        asks: Sequence[Ask] | None = None,
        urgency: Urgency = Urgency.ANSWER,
    ) -> bool:
        """Edit the message; tell whether the watch is still there.

        Without other *asks* it can be stopped. A live one was seen to be true.

        Raises:
            TermOver: it is no longer this process's to keep.
            Unsent: the message is gone for good.
        """
        going = asks is None
        message = self._drawn(state, *([_stop(self.watch)] if asks is None else asks))
        is_live = urgency is Urgency.LIVE
        seen = self._good.generated_at if self._good and is_live else None

        async def first() -> None:
            # When it is its turn: who was frozen until now sends nothing.
            stands = await self._watches.look(self._term, self.watch, seen)
            if stands is None:
                raise _Forgotten
            if stands is WatchState.STOPPED and going:
                self._stopped.set()
                raise _Forgotten

        watch, last = self.watch, fallback(f"{self.watch.words}: {state}")
        try:
            await self._sender.update(
                watch.channel,
                watch.ts or "",
                message,
                last,
                urgency=urgency,
                first=first,
            )
        except _Forgotten:
            return self._stopped.is_set() and going
        except Unsent as problem:
            if problem.error in GONE:
                raise
            log.warning("a watch is not shown", extra={"error": problem.error})
        self._looks += is_live
        return True

    async def _end(self, why: str) -> None:
        """Say the last word in the message."""
        if self._good is None:
            self._hear(await self._asks.ask(self.watch))
        self._over = True
        at = stamp(datetime.now(UTC))
        again = Ask(label="Watch on", words=f"watch {self.watch.words}")
        await self._show(
            f"{self._as_of()}; {why} at {at}, no longer kept current", asks=[again]
        )
        await self._forget()

    async def _close(self, heard: Report) -> None:
        """Say the last word when nothing will change any more, in the thread as well.

        There it is said once: nobody is told of an edit.
        """
        self._over = True
        if heard.outcome is Outcome.NOT_FOUND:
            self._stale, self._why = heard.generated_at, heard.summary
            why = "it is gone"
        else:
            self._hear(heard)
            why = "it has ended"
        over = f"{self._as_of()}; {why}, so this is no longer kept current"
        if await self._show(over, asks=[]):
            await self._tell(heard)
            await self._forget()

    async def _tell(self, heard: Report) -> None:
        watch, posts = self.watch, Posts(self._watches.leases)
        key = f"watch/{watch.id}"
        claim = await posts.claim(self._term, key, watch.channel)
        if not claim.first:
            # It stands there, or whoever began it died: the message says it anyway.
            return
        text = fallback(heard.summary)
        note, thread = Message(blocks=(), text=text), watch.thread_ts or watch.ts
        try:
            ts = await self._sender.post(
                watch.channel,
                note,
                text,
                thread_ts=thread,
                urgency=Urgency.ALERT,
                first=lambda: self._watches.leases.check(self._term),
            )
        except Unsent as problem:
            log.info("an end is not told", extra={"error": problem.error})
            return
        await posts.posted(self._term, key, ts)

    async def _farewell(self) -> None:
        """Say that nobody looks for now; whoever leads next goes on."""
        if self._good is not None and not self._over:
            at = stamp(datetime.now(UTC))
            await self._show(
                f"{self._as_of()}; debug-bot was stopped at {at}, and goes on when it"
                f" runs again, until {self._until}"
            )

    async def _forget(self) -> None:
        with contextlib.suppress(TermOver, SourceDown):
            await self._watches.forget(self._term, self.watch)


def _stop(watch: Watch) -> Ask:
    return Ask(label="Stop", words=f"watch stop {watch.id}")


def _time(report: Report) -> str:
    return stamp(report.generated_at or datetime.now(UTC))


def _seconds(span: float) -> str:
    return f"{span:.0f} s" if span >= 1 else f"{span:.1f} s"
