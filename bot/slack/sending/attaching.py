"""The whole of a long answer, as a file below what was posted of it."""

import asyncio
import logging
import re
from contextlib import suppress
from typing import Final

from bot.domain.report import Report
from bot.slack.doors.callers import Place
from bot.slack.sending.files import File
from bot.slack.sending.refusals import Unsent
from bot.slack.sending.sender import Sender
from formatters import digest, document, text
from formatters.length import long
from formatters.limits import clip, escaped
from formatters.packing import Message
from formatters.visible import one_line

log = logging.getLogger("bot.slack.sending.attaching")

_WORDS: Final = 200
PRIVATE: Final = "files can't be shown to one person alone, so it stands here"
STRANGER: Final = "I may post there but not attach files, so it stands here"
ASIDE: Final = "the whole answer is a file in our direct messages"


async def attach(
    sender: Sender, place: Place, report: Report, ts: str | None, *, public: bool
) -> None:
    """Attach the whole of a long answer in the thread *ts*; never raises.

    Where it isn't *public*, or we can't, the asker gets it as a direct message.
    """
    if not long(report):
        return
    try:
        file = await asyncio.to_thread(whole, report)
        await _bring(sender, place, report, file, ts if public else None, public=public)
    except Exception as problem:
        why = problem.error if isinstance(problem, Unsent) else type(problem).__name__
        log.exception("a whole answer was not attached", extra={"error": why})
        note = f"the whole answer could not be attached ({why})"
        with suppress(Unsent):
            await _aside(sender, place, note)


async def _bring(  # noqa: PLR0913  what, from where, and where to
    sender: Sender,
    place: Place,
    report: Report,
    file: File,
    ts: str | None,
    *,
    public: bool,
) -> None:
    comment, why = f"the whole answer to {_asked(report)}", PRIVATE
    if public:
        try:
            await sender.upload(place.channel, file, thread_ts=ts, comment=comment)
        except Unsent as refused:
            if place.direct:
                raise
            log.info("not attached there", extra={"error": refused.error})
            why = STRANGER
        else:
            return
    await sender.upload(place.user, file, comment=f"{comment}: {why}")
    with suppress(Unsent):
        await _aside(sender, place, ASIDE)


async def _aside(sender: Sender, place: Place, words: str) -> None:
    note = Message(blocks=(), text=escaped(words))
    if place.direct:
        await sender.post(place.channel, note, words, thread_ts=place.thread_ts)
        return
    await sender.whisper(
        place.channel, place.user, note, words, thread_ts=place.whisper_ts
    )


def whole(report: Report) -> File:
    """Return all of the report as a file.

    That is JSON where it was asked for, Markdown where it is to be kept, and else text.
    """
    title = f"{_asked(report)}, whole"
    if report.as_json:
        content, ending, form = "".join(document.chunks(report)), "json", "JSON"
    elif report.attachment:
        content, ending, form = digest.digest(report), "md", "Markdown"
        title = one_line(report.attachment)
    else:
        lines = text.lines(report, width=0, colour=False)
        content, ending, form = "\n".join(lines) + "\n", "txt", "text"
    command = re.sub(r"[^a-z0-9]+", "-", report.command.lower()) or "answer"
    request = re.sub(r"[^A-Za-z0-9]+", "", report.request_id)
    count = content.count("\n")
    return File(
        name=f"{'-'.join(filter(None, (command, request)))}.{ending}",
        content=content.encode(),
        title=title,
        alt=f"the whole answer to {_asked(report)}, as {form}: {count:,} lines",
    )


def _asked(report: Report) -> str:
    return clip(one_line(report.words) or "your question", _WORDS)
