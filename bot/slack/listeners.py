"""What Slack may send, each acknowledged at once and handed on as a question."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.slack.callers import Question, of_command, of_event, of_press
from bot.slack.deliveries import Deliveries
from bot.slack.metrics import Metrics

log = logging.getLogger("bot.slack.listeners")

_ANY: Final = re.compile("")


def listen(
    app: AsyncApp,
    deliveries: Deliveries,
    metrics: Metrics,
    take: Callable[[Question, float], None],
) -> None:
    """Hand every new question to *take*, with the time at which it came.

    *take* must return at once: it is called before the next payload is read.
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

    @app.action(re.compile(r"^ask:"))
    async def _press(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        begin(of_press(body))

    # Whatever else an app may be sent: an old button, a shortcut, an event that
    # somebody subscribed to. Unacknowledged, it would show as a fault.
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
