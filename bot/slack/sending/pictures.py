"""The picture of an answer, posted beside it when the answer stands."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from bot.domain.report import Chart, Report
from bot.slack.metrics import Metrics
from bot.slack.sending.drawing import NotDrawn, drawn
from bot.slack.sending.files import File
from bot.slack.sending.refusals import Unfit, Unsent
from bot.slack.sending.sender import Sender
from formatters.limits import clip
from formatters.packing import Message
from formatters.visible import one_line

log = logging.getLogger("bot.slack.sending.pictures")

WAITING: Final = 8  # each takes a second or two, one after the other
_TITLE: Final = 200
_ALT: Final = 1_000  # Slack's limit of an image's text is 2000

# What Slack may say, and what then helps.
_REFUSED: Final = {
    "not_in_channel": "I am not in this channel, so I may post but not attach: /invite"
    " me, or ask with --no-chart",
    "missing_scope": "the app may not attach files: give it files:write",
}
FAILED: Final = "no picture: it could not be drawn; the bot's log says why"
TOO_MANY: Final = "no picture: too many others are being drawn just now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an answer stands, for all to see; None as thread is the channel itself."""

    channel: str
    thread_ts: str | None


class Pictures:
    """Draws and posts pictures, one at a time."""

    def __init__(
        self,
        sender: Sender,
        metrics: Metrics,
        draw: Callable[[Chart], Awaitable[bytes]] = drawn,
    ) -> None:
        """Post with *sender* what *draw* draws."""
        self._sender = sender
        self._metrics = metrics
        self._draw = draw
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def follow(self, report: Report, spot: Spot) -> None:
        """Post the report's picture, if it has one, or why there is none.

        Never raises: the answer stands already.
        """
        chart = report.chart
        if chart is None or not chart.panels or report.as_json:
            return
        if self._waiting >= WAITING:
            self._metrics.count("pictures_total", outcome="left out")
            log.warning("a picture was left out: too many at once")
            await self._note(spot, TOO_MANY)
            return
        self._waiting += 1
        try:
            await self._posted(report, chart, spot)
        except NotDrawn as problem:
            await self._failed(report, spot, str(problem), FAILED)
        except (Unsent, Unfit) as refused:
            why = _REFUSED.get(refused.error, f"Slack did not take it: {refused.error}")
            await self._failed(report, spot, refused.error, f"no picture: {why}")
        except Exception:
            self._metrics.count("failures_total")
            log.exception("a picture failed", extra={"request_id": report.request_id})
        finally:
            self._waiting -= 1

    async def _posted(self, report: Report, chart: Chart, spot: Spot) -> None:
        async with self._turn:
            content = await self._draw(chart)
        file = File(
            name=_name(report),
            content=content,
            title=clip(one_line(chart.title), _TITLE),
            alt=clip(one_line(chart.alt), _ALT),
        )
        await self._sender.upload(spot.channel, file, thread_ts=spot.thread_ts)
        self._metrics.count("pictures_total", outcome="posted")

    async def _failed(self, report: Report, spot: Spot, why: str, words: str) -> None:
        self._metrics.count("pictures_total", outcome="failed")
        log.warning(
            "no picture of an answer",
            extra={"request_id": report.request_id, "error": why},
        )
        await self._note(spot, words)

    async def _note(self, spot: Spot, words: str) -> None:
        note = Message(blocks=(), text=words)
        with contextlib.suppress(Unsent):
            await self._sender.post(spot.channel, note, words, thread_ts=spot.thread_ts)


def _name(report: Report) -> str:
    """Return a file's name that says what it shows."""
    words = re.sub(
        r"[^\w-]+", "-", f"{report.command} {report.arguments.get('id', '')}"
    )
    return f"{words.strip('-')[:80] or 'answer'}.png"
