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
from bot.slack.sending.sender import Hook, Sender
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
ELSEWHERE: Final = "the attached file is in the direct messages of whoever asked"
UNINVITED: Final = "I am not in this channel, so I can't attach here: /invite me"
_STRANGER: Final = frozenset({"not_in_channel", "channel_not_found"})


async def attach(  # noqa: PLR0913  what, from where, and where to
    sender: Sender,
    place: Place,
    report: Report,
    ts: str | None,
    *,
    public: bool,
    hook: Hook | None = None,
) -> None:
    """Attach the whole of a long answer in the thread *ts*; never raises.

    Where the answer isn't *public*, or we can't, the asker gets it as a direct message,
    and where the answer stands that is said: through *hook* if we may not post there.
    """
    if not long(report):
        return
    ts = ts if public else None
    try:
        file = await asyncio.to_thread(whole, report)
        words = await _brought(sender, place, report, file, ts, public=public)
    except Exception as problem:
        why = problem.error if isinstance(problem, Unsent) else type(problem).__name__
        log.exception("a whole answer was not attached", extra={"error": why})
        words = f"the whole answer could not be attached ({why})"
    if words:
        await _say(sender, place, words, ts, hook, public=public)


async def _brought(  # noqa: PLR0913  what, from where, and where to
    sender: Sender,
    place: Place,
    report: Report,
    file: File,
    ts: str | None,
    *,
    public: bool,
) -> str:
    """Bring the file; return what is to be said where the answer promises it."""
    comment, why, words = f"the whole answer to {_asked(report)}", PRIVATE, ASIDE
    if public:
        try:
            await sender.upload(place.channel, file, thread_ts=ts, comment=comment)
        except Unsent as refused:
            if place.direct:
                raise
            log.info("not attached there", extra={"error": refused.error})
            stranger = refused.error in _STRANGER
            taken = f"Slack did not take it %s ({refused.error})"
            why = STRANGER if stranger else f"{taken % 'there'}, so it stands here"
            words = f"{ELSEWHERE}: {UNINVITED if stranger else taken % 'here'}"
        else:
            return ""
    went_to = await sender.upload(place.user, file, comment=f"{comment}: {why}")
    return "" if went_to == place.channel else words


async def _say(  # noqa: PLR0913  what, and where to
    sender: Sender,
    place: Place,
    words: str,
    ts: str | None,
    hook: Hook | None,
    *,
    public: bool,
) -> None:
    """Say it to all who see the answer, or at least to the asker."""
    note = Message(blocks=(), text=escaped(words))
    channel, user, thread = place.channel, place.user, place.whisper_ts

    async def post() -> None:
        await sender.post(channel, note, words, thread_ts=ts)

    async def respond() -> None:
        if hook is None:
            raise Unsent("no_url")
        await sender.respond(hook, note, words, thread_ts=thread, public=public)

    async def whisper() -> None:
        await sender.whisper(channel, user, note, words, thread_ts=thread)

    for_all = public or place.direct
    for way in (post, respond, whisper) if for_all else (whisper, respond):
        with suppress(Unsent):
            await way()
            return


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
