"""What Slack may send, each acknowledged at once and handed on as a question."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.slack.callers import (
    Pressed,
    Question,
    names_gate,
    of_command,
    of_event,
    of_gate,
    of_press,
)
from bot.slack.cares import PREFIX, Care, of_care
from bot.slack.deliveries import Deliveries
from bot.slack.metrics import Metrics

log = logging.getLogger("bot.slack.listeners")

_ANY: Final = re.compile("")


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
    care: Callable[[Care], None] = _unheard,
) -> None:
    """Hand every new question to *take*, with the time at which it came.

    *redeem* gets what was pressed of an offer, and whether it comes for the first time:
    a repetition goes to the gate as well, which writes it down. Both must return at
    once: they are called before the next payload is read.
    """

    def begin(question: Question | None) -> None:
        if question is None:
            return
        came = time.monotonic()
        if deliveries.first(question.keys, came):
            take(question, came)
            return
        metrics.count("duplicates_total")
        log.info("a delivery came again", extra={"door": question.caller.door.value})

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
        begin(of_press(body))

    _hear_cares(app, deliveries, care)
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


def _ignore_the_rest(app: AsyncApp) -> None:
    """Acknowledge whatever else an app may be sent: it would show as a fault.

    An old button, a shortcut, an event that somebody subscribed to.
    """

    @app.event(_ANY)
    async def _other_event() -> None:
        pass

    @app.action(_ANY)
    @app.shortcut(_ANY)
    @app.view(_ANY)
    @app.view_closed(_ANY)
    @app.options(_ANY)
    async def _other(ack: AsyncAck) -> None:
        await ack()


async def _about_an_offer(body: dict[str, Any]) -> bool:
    return names_gate(body)
