"""The desk: words in, report out. Known errors become reports here and nowhere else."""

import asyncio
import functools
import logging
import shlex
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot import tracing
from bot.action import Gated
from bot.addressing import Addresses
from bot.command import DEFAULT_HOURS, MOST_HOURS, Asked, Command, nothing_told
from bot.domain.access import Access, Caller, Door
from bot.domain.asks import MOST, label
from bot.domain.errors import (
    Ambiguous,
    Known,
    Lacks,
    Misread,
    Missing,
    NotFound,
    OutOfTime,
    SourceDown,
    Unnamed,
)
from bot.domain.excerpts import end_of
from bot.domain.figures import listed
from bot.domain.findings import Status, status_of
from bot.domain.redaction import redacted_value
from bot.domain.report import Ask, Outcome, Report
from bot.domain.spelling import bounded
from bot.domain.times import HOUR, Window
from bot.gate.offering import settled
from bot.phrasing import refreshed, spelled
from bot.sources import Gaps
from bot.sources.patience import answering
from bot.words import Common, Reading, read

if TYPE_CHECKING:  # a question needs no gate
    from bot.domain.notices import Notice
    from bot.domain.offers import Press, Record
    from bot.domain.pins import Pinned
    from bot.gate.carrying import Tell
    from bot.gate.gate import Gate

log = logging.getLogger("bot.dispatch")

ASKING_SECONDS: Final = 8.0  # for all questions of one answer: it is due within 10
RECORDS: Final = 10_000  # of the audit, for one answer
ANSWER_SECONDS: Final = 8.8  # a calm line is better than a person who waits


async def _nothing_pinned(window: Window, channel: str | None) -> "tuple[Pinned, ...]":
    del window, channel
    return ()


class Asks(Protocol):
    """The desk, as those know it who only ask."""

    async def answer(
        self, words: Sequence[str], caller: Caller, now: datetime
    ) -> Report:
        """Return the answer to the words; never raises."""
        ...


class Desk:
    """Where questions are answered."""

    def __init__(
        self,
        *,
        addresses: Addresses,
        commands: Mapping[str, Command],
        gate: "Callable[[], Gate]",
        pinned: "Callable[[Window, str | None], Awaitable[tuple[Pinned, ...]]]" = (
            _nothing_pinned
        ),
        told: "Callable[[Window], Awaitable[tuple[Notice, ...]]]" = nothing_told,
    ) -> None:
        """Know the systems, the commands, and the ways to the gate and to marks.

        *pinned* returns the marked messages of a channel, or of all for None, *told*
        the problems that were told of unasked.
        """
        self._pins = pinned
        self._told = told
        self._gate = gate
        self.commands = commands
        self._addresses = addresses

    async def answer(
        self,
        words: Sequence[str],
        caller: Caller,
        now: datetime,
        *,
        first: Callable[[Common], object] = lambda _: None,
    ) -> Report:
        """Return the answer to the words; never raises.

        Every text in it has passed redaction: nothing secret leaves this desk. *first*
        hears the common flags before anything is asked, and may raise a Misread.
        """
        with tracing.request() as request_id:
            report = await self._answer(words, caller, now, first)
            log.info(
                "answered",
                extra={
                    "request_id": request_id,
                    "command": report.command,
                    "door": caller.door.value,
                    "user": caller.user_id,
                    "outcome": report.outcome.name.lower(),
                    "gaps": len(report.gaps),
                },
            )
        report = replace(report, generated_at=now, request_id=request_id)
        return redacted_value(report)

    async def press(
        self, press: "Press", *, cancels: bool, tell: "Tell", now: datetime
    ) -> Report:
        """Return what became of an offer pressed *now*; *tell* hears how it goes on.

        Never raises, and every text has passed redaction, as with `answer`.
        """
        with tracing.request() as request_id:
            return await self._press(press, tell, request_id, cancels=cancels, now=now)

    async def _press(
        self,
        press: "Press",
        tell: "Tell",
        request_id: str,
        *,
        cancels: bool,
        now: datetime,
    ) -> Report:
        def completed(report: Report) -> Report:
            done = replace(report, generated_at=now, request_id=request_id)
            return redacted_value(done)

        async def heard(report: Report) -> None:
            await tell(completed(report))

        try:
            gate = self._gate()
            if cancels:
                report = await gate.cancel(press)
            else:
                report = await gate.redeem(press, heard)
        except Known as error:
            report = replace(_ended(error, Gaps()), private=True)
        except Exception:
            log.exception("a press failed")
            report = Report(
                summary="debug-bot itself failed on this; `audit` tells what was done",
                status=Status.UNKNOWN,
                outcome=Outcome.FAILED,
                private=True,
            )
        log.info(
            "pressed",
            extra={
                "request_id": request_id,
                "user": press.caller.who,
                "outcome": report.outcome.name.lower(),
            },
        )
        return completed(report)

    async def _barred(self, caller: Caller) -> frozenset[str]:
        """Return the commands that the caller may not use; a shell holds all keys."""
        if caller.door is Door.SHELL:
            return frozenset()
        changing = [
            each.name for each in self.commands.values() if each.access is Access.CHANGE
        ]
        if not changing:
            return frozenset()
        return await self._gate().rights.barred(changing, caller)

    async def _records(self, system: str, window: Window) -> "tuple[Record, ...]":
        """Return the audit of a window; a handler holds no gate.

        It has none of a system that is only read, but for the usual one, whose alerts
        people mute.
        """
        gate = self._gate()
        if system != self._addresses.default and not gate.changes(system):
            return ()
        return (*await gate.records(window, limit=RECORDS),)

    async def _told_of(self, system: str, window: Window) -> "tuple[Notice, ...]":
        """Return the problems that were told of unasked: the usual system's alone."""
        return await self._told(window) if system == self._addresses.default else ()

    async def _pinned(self, caller: Caller, window: Window) -> "tuple[Pinned, ...]":
        """Return the marked messages that may be shown where the caller asks.

        In Slack those of that channel alone: others may not be in another one. Whoever
        has the shell has the database.
        """
        if caller.door is Door.SHELL:
            return await self._pins(window, None)
        return await self._pins(window, caller.channel_id or "")

    async def _answer(
        self,
        words: Sequence[str],
        caller: Caller,
        now: datetime,
        first: Callable[[Common], object],
    ) -> Report:
        gaps = Gaps()
        reading: Reading | None = None
        before: tuple[str, ...] = ()
        try:
            reading = self._addresses.named(read(words, self.commands, now))
            draws = self._draws(reading, caller)
            first(reading.common)
            before = await self._settled(reading, caller)
            with answering(ASKING_SECONDS), gaps.hearing():
                async with asyncio.timeout(ANSWER_SECONDS):
                    reading = await self._addresses.located(reading, now)
                    reading = await self._addresses.meant(reading, self.commands, now)
                    system = reading.common.system or self._addresses.default
                    asked = Asked(
                        opens=functools.partial(
                            self._addresses.open, reading.common.system
                        ),
                        caller=caller,
                        now=now,
                        words=" ".join(reading.words),
                        of_system=_of_system(reading.common),
                        commands=self.commands,
                        gaps=gaps,
                        barred=self._barred,
                        records=functools.partial(self._records, system),
                        pinned=self._pinned,
                        told=functools.partial(self._told_of, system),
                        told_of=self._addresses.default
                        if system != self._addresses.default
                        else "",
                        draws=draws,
                    )
                    report = await reading.command.handler(reading.query, asked)
        except Known as error:
            report = _ended(self._listable(error), gaps)
            if isinstance(error, Ambiguous) and reading is not None:
                report = replace(report, asks=_meant(error.candidates, reading))
        except TimeoutError:
            report = _too_late(tracing.given_up(), gaps)
        except Exception:
            log.exception("a command failed", extra={"words": " ".join(words)})
            report = Report(
                summary="debug-bot itself failed on this; its log tells more",
                status=Status.UNKNOWN,
                outcome=Outcome.FAILED,
            )
        report = replace(report, notes=(*before, *report.notes))
        return self._completed(report, reading, gaps, caller, now)

    def _listable(self, error: Known) -> Known:
        """Return the error, without words that list tasks where none can be listed."""
        if not isinstance(error, Missing) or not error.listed_by.startswith("tasks"):
            return error
        try:
            listed = self._addresses.open(None).tasks.listed
        except Known:  # whoever asks on is told of it
            return error
        if listed:
            return error
        return Misread(error.message, hint="lines bear the ids of tasks: logs")

    def _draws(self, reading: Reading, caller: Caller) -> bool:
        """Tell whether the answer is to have a picture: a shell asks for it.

        Raises:
            Misread: none can be had.
        """
        common, command = reading.common, reading.command
        if common.chart is None:
            hidden = common.no_chart or common.json or common.private
            seen = caller.door not in (Door.SHELL, Door.CLOCK)
            return seen and command.charts and not hidden
        if caller.door is not Door.SHELL:
            msg = "--chart writes a file, for which a shell is needed"
            raise Misread(msg, hint="here a picture comes by itself")
        if not command.charts:
            known = [
                each.name
                for each in self.commands.values()
                if each.charts and not each.hidden
            ]
            msg = f"{command.name} has no picture to draw"
            raise Misread(msg, hint=f"these have one: {', '.join(known)}")
        return True

    async def _settled(self, reading: Reading, caller: Caller) -> tuple[str, ...]:
        """Settle, before an action, what a killed shell left; a bot does so by itself.

        It has its own time: to see what became of a pod can take longer than an answer.
        """
        if caller.door is not Door.SHELL or not isinstance(reading.query, Gated):
            return ()
        return await settled(self._gate(), dry_run=reading.query.dry_run)

    def _completed(
        self,
        report: Report,
        reading: Reading | None,
        gaps: Gaps,
        caller: Caller,
        now: datetime,
    ) -> Report:
        """Return the report with what the desk knows of the question."""
        every = tuple(dict.fromkeys((*report.gaps, *gaps.all)))
        report = replace(report, gaps=every)
        if report.outcome is Outcome.ANSWERED and any(gap.failed for gap in every):
            report = replace(report, outcome=Outcome.SOURCE_DOWN)
        if report.findings and report.status is Status.OK:
            report = replace(report, status=status_of(report.findings))
        if reading is None:
            return replace(report, private=True)
        command = report.command or reading.command.name
        words = report.words or " ".join(reading.words)
        arguments = report.arguments or _arguments(reading.query)
        system = reading.common.system or self._addresses.default
        here = {words, command, f"{command} {arguments.get('id')}"}
        far = {
            each.ask: self._as_far(each.ask, report, now) for each in report.findings
        }
        report = replace(
            report,
            asks=tuple(
                replace(each, words=far.get(each.words, each.words))
                for each in report.asks
            ),
        )
        return replace(
            report,
            command=command,
            words=words + self._elsewhere(words, system),
            arguments=arguments,
            asks=(
                *self._others(report.asks, (command, arguments), reading.common, now),
                *_again(report, reading, caller),
            ),
            findings=tuple(
                replace(each, ask=_asked(each.ask, far[each.ask], here, reading.common))
                for each in report.findings
            ),
            system=system,
            notes=(*report.notes, *reading.notes),
            private=report.private or reading.common.private,
            shareable=reading.common.private and not report.private,
            as_json=reading.common.json,
        )

    def _as_far(self, words: str, report: Report, now: datetime) -> str:
        """Return a finding's next words, to look as far back as its answer did.

        A rule knows no window; what it saw may be older than what they look at by
        themselves.
        """
        if not words or report.window is None:
            return words
        hours = min(ceil((now - report.window.since) / HOUR), int(MOST_HOURS))
        reading = self._understood(words, now)
        if reading is None or hours <= DEFAULT_HOURS:
            return words
        asked = _arguments(reading.query)
        usual = asked.get("hours") == DEFAULT_HOURS and asked.get("since") is None
        return f"{words} --hours {hours}" if usual else words

    def _elsewhere(self, words: str, system: str) -> str:
        """Return what words lack, to ask again a system that is not the usual one."""
        usual = system == self._addresses.default or " --system " in f"{words} "
        return "" if usual else f" --system {system}"

    def _others(
        self,
        asks: Sequence[Ask],
        here: tuple[str, Mapping[str, object]],
        common: Common,
        now: datetime,
    ) -> tuple[Ask, ...]:
        """Return the questions that are not the one just answered, of its system."""
        return tuple(
            replace(each, words=each.words + _of_system(common))
            for each in asks
            if self._meaning(each.words, now) != here
        )

    def _meaning(
        self, words: str, now: datetime
    ) -> tuple[str, Mapping[str, object]] | None:
        """Return the command and its arguments; None for words not understood."""
        reading = self._understood(words, now)
        if reading is None:
            return None
        return reading.command.name, _arguments(reading.query)

    def _understood(self, words: str, now: datetime) -> Reading | None:
        """Return the words as read; None for words not understood."""
        try:
            return read(shlex.split(words), self.commands, now)
        except (Misread, ValueError):
            return None


def _meant(candidates: Sequence[str], reading: Reading) -> tuple[Ask, ...]:
    """Return the question once for each thing that its shortened id may mean."""
    if reading.command.hidden or all(" " in each for each in candidates):
        # What each is is named.
        return tuple(Ask(label=label(each), words=each) for each in candidates[:MOST])
    query = reading.query
    short = [
        each.name
        for each in fields(query)
        if isinstance(value := getattr(query, each.name), str)
        and all(bounded(id, value) for id in candidates)
    ]
    told = {id[:8] for id in candidates}
    return tuple(
        Ask(
            label=id[:8] if len(told) == len(candidates) else end_of(id, 12),
            words=spelled(reading.command, query, **dict.fromkeys(short, id)),
        )
        for id in candidates[: MOST if short else 0]
    )


def _again(report: Report, reading: Reading, caller: Caller) -> tuple[Ask, ...]:
    """Return the question to be asked again, where what was read may have changed.

    In a shell it is at hand; of a plan there would be two to be confirmed.
    """
    if not report.reads or report.red_button or caller.door is Door.SHELL:
        return ()
    words = refreshed(reading.command, reading.query) + _of_system(reading.common)
    return (Ask(label="Refresh", words=words),)


def _asked(words: str, far: str, here: Collection[str], common: Common) -> str:
    """Return a finding's next words for its system; none that were just answered.

    They look as *far* back as the answer.
    """
    return far + _of_system(common) if words and words not in here else ""


def _of_system(common: Common) -> str:
    return f" --system {common.system}" if common.system else ""


def _arguments(query: Any) -> dict[str, object]:
    return {each.name: getattr(query, each.name) for each in fields(query)}


def _too_late(sources: Sequence[str], gaps: Gaps) -> Report:
    """Return that an answer's time was up, and which *sources* it waited for then."""
    hint = "ask again, or for a shorter window: --hours 2"
    if not sources:
        msg = (
            f"itself was not done within {ANSWER_SECONDS:g} s: all sources had answered"
        )
        return _ended(OutOfTime("debug-bot", msg, hint=hint), gaps)
    msg = f"did not answer within {ANSWER_SECONDS:g} s"
    late = [OutOfTime(source, msg, hint=hint) for source in sources]
    for error in late[1:]:
        gaps.note(error)
    return replace(_ended(late[0], gaps), summary=f"{listed(sources)} {msg}")


def _ended(error: Known, gaps: Gaps) -> Report:
    """Return the one calm line that an error of ours becomes."""
    if isinstance(error, Misread | Lacks):
        outcome = Outcome.MISREAD
    elif isinstance(error, NotFound):
        outcome = Outcome.NOT_FOUND
    else:
        outcome = Outcome.SOURCE_DOWN
    summary = error.message
    if isinstance(error, SourceDown):
        gaps.note(error)
        summary = f"{error.source} {error.message}"
    asks: tuple[Ask, ...] = ()
    if isinstance(error, Missing) and error.listed_by:
        asks = (Ask(label="Which there are", words=error.listed_by),)
    elif isinstance(error, Misread) and error.meant:
        asks = (Ask(label=error.meant, words=error.meant),)
    elif isinstance(error, Unnamed):
        asks = (
            Ask(label="Is all well?", words="health"),
            Ask(label="Help", words="help"),
        )
    return Report(
        summary=summary,
        asks=asks,
        hint=error.hint,
        status=Status.UNKNOWN,
        outcome=outcome,
        private=outcome is Outcome.MISREAD,
    )
