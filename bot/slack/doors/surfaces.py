"""Shortcuts, Home tabs, forms, shared answers and stray buttons, brought together.

What is called here is called before the next payload is read, so it only hands on: the
work is done at the workbench.
"""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from bot.command import Command
from bot.dispatch import Asks
from bot.domain.report import Report
from bot.slack.doors.answers import BUSY, Answers, hook_of
from bot.slack.doors.callers import Place, Question, of_presser
from bot.slack.doors.choices import Choices
from bot.slack.doors.deliveries import Deliveries
from bot.slack.doors.forms import Forms, home_openers, of_submission
from bot.slack.doors.home import Homes, of_home
from bot.slack.doors.listeners import TWICE
from bot.slack.doors.payloads import pressed, text
from bot.slack.doors.recent import Recent
from bot.slack.doors.sharing import Shares
from bot.slack.doors.shortcuts import NOTHING, Alert, of_shortcut, others
from bot.slack.doors.strays import of_stray, offer
from bot.slack.doors.views import Views
from bot.slack.sending.refusals import Unsent
from bot.slack.workbench import Workbench

log = logging.getLogger("bot.slack.doors.surfaces")

Job: TypeAlias = Callable[[], Awaitable[None]]

_OPENERS: Final = (("Why did a task fail", "task"), ("How did a worker die", "worker"))


class Surfaces:
    """Takes what comes, and has the workbench do it."""

    def __init__(  # noqa: PLR0913  the parts that it ties together
        self,
        bench: Workbench,
        desk: Asks,
        answers: Answers,
        *,
        views: Views,
        recent: Recent,
        shares: Shares,
        commands: Mapping[str, Command],
    ) -> None:
        """Answer through *answers* and *views*."""
        self._bench = bench
        self._commands = commands
        self._answers = answers
        self._shares = shares
        self._choices = Choices(desk)
        self._forms = Forms(commands, desk, answers, views, self._choices)
        self._homes = Homes(desk, views, recent, openers=[home_openers(*_OPENERS)])
        self._presses = Deliveries(keep=TWICE)

    async def answer(
        self, question: Question, turn: asyncio.Semaphore, came: float
    ) -> None:
        """Answer a question, or ask with a form for what it lacks."""
        if not await self._forms.offered(question):
            await self._answers.answer(question, turn, came)

    def shortcut(self, body: dict[str, Any], bot_user_id: str | None) -> None:
        """Investigate what the message names."""
        alert = of_shortcut(body, bot_user_id)
        if alert is not None and self._first(alert.question.twice):
            came = time.monotonic()
            explain = functools.partial(self._explain, alert, came)
            if not self._bench.take(explain):
                busy = functools.partial(self._answers.tell, alert.question, BUSY)
                self._take(busy)

    def home(self, body: dict[str, Any]) -> None:
        """Paint a Home tab."""
        caller = of_home(body)
        if caller is not None:
            self._take(functools.partial(self._homes.open, caller, self._bench.turn))

    def asked_at_home(self, question: Question) -> None:
        """Say in the Home tab where its answer will be."""
        self._take(functools.partial(self._homes.told, question.caller, question.words))

    def form(self, body: dict[str, Any]) -> None:
        """Open a form."""
        if self._first(f"form/{_who(body)}/{text(pressed(body), 'value')}"):
            self._take(functools.partial(self._open_form, body))

    def submitted(self, body: dict[str, Any]) -> Question | None:
        """Return the question of a form that was sent off."""
        return of_submission(body)

    def options(self, body: dict[str, Any]) -> Sequence[dict[str, Any]]:
        """Return what fits, from what is known; have it looked at again beside that."""
        self._take(functools.partial(self._forms.refresh, body))
        return self._forms.options(body)

    def share(self, body: dict[str, Any]) -> None:
        """Share a private answer."""
        self._take(functools.partial(self._share, body))

    def stray(self, body: dict[str, Any]) -> None:
        """Offer to ask again what a button once asked."""
        question = of_stray(body)
        if question is not None and self._first(f"stray/{_who(body)}"):
            self._take(functools.partial(self._offer, question.place, body))

    def _first(self, key: str) -> bool:
        return self._presses.first((key,), time.monotonic())

    def _take(self, job: Job) -> None:
        """Have it done beside all questions."""
        if not self._bench.take(job, aside=True):
            log.warning("not taken: too much at once, or stopping")

    async def _explain(self, alert: Alert, came: float) -> None:
        """Answer for the first id that the message names; offer the others."""
        named = alert.named(self._choices.pods)
        if not named.ids:
            await self._answers.tell(alert.question, NOTHING)
            return
        first = alert.about(named.ids[0])
        await self._answers.answer(first, self._bench.turn, came)
        more = others(named)
        if more is not None:
            with contextlib.suppress(Unsent):
                await self._answers.say(first, more)

    async def _open_form(self, body: dict[str, Any]) -> None:
        if not await self._forms.pressed(body):
            question = of_stray(body)
            if question is not None:
                await self._offer(question.place, body)

    async def _share(self, body: dict[str, Any]) -> None:
        said = await self._shares.share(body)
        if said is not None:
            await self._whisper(*said)

    async def _offer(self, place: Place, body: dict[str, Any]) -> None:
        await self._whisper(place, offer(body, self._commands))

    async def _whisper(self, place: Place, report: Report) -> None:
        try:
            await self._answers.whisper(place, report, hook_of(place))
        except Unsent as problem:
            log.warning("a presser was not told", extra={"error": problem.error})


def _who(body: Mapping[str, Any]) -> str:
    """Return what two presses of one button by one person have in common."""
    question, action = of_presser(body), pressed(body)
    button = f"{text(action, 'block_id')}/{text(action, 'action_id')}"
    return f"{question.twice if question else ''}/{button}"
