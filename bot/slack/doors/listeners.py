"""What Slack may send, each acknowledged at once and handed on as a question."""

import logging
import re
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.domain.access import Door
from bot.slack.doors.callers import (
    Pressed,
    Question,
    names_gate,
    of_command,
    of_event,
    of_gate,
    of_press,
)
from bot.slack.doors.deliveries import Deliveries
from bot.slack.doors.shortcuts import CALLBACK
from bot.slack.metrics import Metrics
from bot.slack.telling.cares import PREFIX, Care, of_care
from formatters import forms
from formatters.home import REFRESH
from formatters.sharing import SHARE

log = logging.getLogger("bot.slack.doors.listeners")

_ANY: Final = re.compile("")
TWICE: Final = timedelta(seconds=3)
"""A second press that comes sooner is the second half of a double click."""


class Surfaces(Protocol):
    """Where people are besides: each returns at once, and answers later."""

    def shortcut(self, body: dict[str, Any], bot_user_id: str | None) -> None:
        """Take the use of a message shortcut."""
        ...

    def home(self, body: dict[str, Any]) -> None:
        """Take the opening of a Home tab, or a press of its button."""
        ...

    def asked_at_home(self, question: Question) -> None:
        """Hear what was asked by a button of a Home tab."""
        ...

    def form(self, body: dict[str, Any]) -> None:
        """Take the press of a button that opens a form."""
        ...

    def submitted(self, body: dict[str, Any]) -> Question | None:
        """Return the question of a form that was sent off."""
        ...

    def options(self, body: dict[str, Any]) -> Sequence[dict[str, Any]]:
        """Return what fits what somebody types in a form."""
        ...

    def share(self, body: dict[str, Any]) -> None:
        """Take the press of a button that shares a private answer."""
        ...

    def stray(self, body: dict[str, Any]) -> None:
        """Take the press of a button that nobody knows."""
        ...


def _unheard(care: Care) -> None:
    """Take what somebody pressed on an alert where there are none."""
    log.info("a press on an alert, of which none are posted", extra={"id": care.id})


def listen(  # noqa: PLR0913  one for each thing that may be pressed or said
    app: AsyncApp,
    deliveries: Deliveries,
    metrics: Metrics,
    take: Callable[[Question, float], None],
    redeem: Callable[[Pressed, bool], None],
    *,
    surfaces: Surfaces,
    care: Callable[[Care], None] = _unheard,
) -> None:
    """Hand every new question to *take*, with the time at which it came.

    *redeem* gets what was pressed of an offer, and whether it comes for the first time:
    a repetition goes to the gate as well, which writes it down. Both must return at
    once: they are called before the next payload is read. So must all of *surfaces*.
    """
    begin = _beginning(deliveries, metrics, take, surfaces)

    @app.command(_ANY)
    async def _command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        begin(of_command(body))

    @app.event("app_mention")
    @app.event("message")
    async def _event(body: dict[str, Any], context: AsyncBoltContext) -> None:
        begin(of_event(body, bot_user_id=context.bot_user_id))

    # First, so that nothing which stands beside such a button hides it.
    @app.action(_ANY, matchers=[_about_an_offer])
    async def _gate(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        pressed = of_gate(body)
        if pressed is not None:
            redeem(pressed, deliveries.first(pressed.keys, time.monotonic()))

    @app.action(re.compile(r"^ask:"))
    async def _press(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        question = of_press(body)
        if question is None:
            surfaces.stray(body)
        begin(question)

    _hear_cares(app, deliveries, care)
    _listen_beside(app, surfaces, begin)
    _ignore_the_rest(app)


def _hear_cares(
    app: AsyncApp, deliveries: Deliveries, care: Callable[[Care], None]
) -> None:
    """Hand on what is pressed on alerts."""

    @app.action(re.compile(f"^{PREFIX}"))
    async def _care(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        pressed = of_care(body)
        if pressed is not None and deliveries.first(pressed.keys, time.monotonic()):
            care(pressed)


def _beginning(
    deliveries: Deliveries,
    metrics: Metrics,
    take: Callable[[Question, float], None],
    surfaces: Surfaces,
) -> Callable[[Question | None], None]:
    """Return what hands on a question, unless it came before."""
    presses = Deliveries(keep=TWICE)

    def begin(question: Question | None) -> None:
        if question is None:
            return
        came = time.monotonic()
        new = deliveries.first(question.keys, came)
        if new and (not question.twice or presses.first((question.twice,), came)):
            take(question, came)
            if question.caller.door is Door.HOME:
                surfaces.asked_at_home(question)
            return
        metrics.count("duplicates_total")
        log.info("a delivery came again", extra={"door": question.caller.door.value})

    return begin


def _listen_beside(
    app: AsyncApp, surfaces: Surfaces, begin: Callable[[Question | None], None]
) -> None:
    """Listen to shortcuts, the Home tab, forms, and buttons that ask nothing."""

    @app.shortcut(CALLBACK)
    async def _shortcut(
        ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        surfaces.shortcut(body, context.bot_user_id)

    @app.event("app_home_opened")
    async def _home(body: dict[str, Any]) -> None:
        surfaces.home(body)

    @app.action(REFRESH)
    async def _look_again(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        surfaces.home(body)

    @app.action(re.compile(f"^{forms.OPEN}"))
    async def _form(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        surfaces.form(body)

    @app.options(forms.CHOICE)
    async def _options(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(options=surfaces.options(body))

    @app.view(forms.CALLBACK)
    async def _submitted(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        begin(surfaces.submitted(body))

    @app.action(SHARE)
    async def _share(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        surfaces.share(body)

    @app.action(_ANY)
    async def _stray(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        surfaces.stray(body)


def _ignore_the_rest(app: AsyncApp) -> None:
    """Acknowledge whatever else an app may be sent: it would show as a fault.

    A shortcut of another version, an event that somebody subscribed to.
    """

    @app.event(_ANY)
    async def _other_event() -> None:
        pass

    @app.shortcut(_ANY)
    @app.view(_ANY)
    @app.view_closed(_ANY)
    @app.options(_ANY)
    async def _other(ack: AsyncAck) -> None:
        await ack()


async def _about_an_offer(body: dict[str, Any]) -> bool:
    return names_gate(body)
