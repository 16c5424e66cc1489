"""Messages to Slack, so that one always arrives: blocks, else text, else one line."""

import functools
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.offers import Where
from bot.slack.client import SECONDS, quiet
from bot.slack.metrics import Metrics
from bot.slack.sending.files import File, handed_over
from bot.slack.sending.outbox import Outbox, Ticket, Urgency
from bot.slack.sending.pace import Manners
from bot.slack.sending.posting import Posting
from bot.slack.sending.refusals import (
    Payload,
    Unfit,
    Unknown,
    Unsent,
    at_fault,
    of_status,
    reached,
    refusal,
    repeated,
    retry_after,
    translated,
    word_of,
)
from formatters.bare import bare, offer_of
from formatters.limits import escaped
from formatters.packing import Message

log = logging.getLogger("bot.slack.sending.sender")

RESPONSE_URL_USES: Final = 5  # Slack's documentation; within 30 minutes
_PERSON: Final = frozenset("UW")  # how ids of people begin

T = TypeVar("T")
Before: TypeAlias = Callable[[], Awaitable[object]]


async def nothing() -> None:
    """Leave nothing to be asked before it is sent."""


@dataclass(slots=True)
class Hook:
    """A response_url, which takes five messages."""

    url: str
    left: int = RESPONSE_URL_USES


class Sender:
    """Posts messages. Lives in one loop, whose first message opens its connections.

    Each call returns when Slack has taken the message. What goes to a channel waits for
    its turn, by *urgency*; what is for one person alone doesn't. A caller who gives up
    before that sends nothing.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        metrics: Metrics,
        manners: Manners | None = None,
        *,
        shown: Callable[[str, Where], object] = lambda *_: None,
        unpressable: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Send with the client's token; it must not repeat anything by itself.

        *shown* hears where each offer was posted, and *unpressable* of each one whose
        red button Slack did not take.
        """
        self._client = client
        self._metrics = metrics
        self._outbox = Outbox(metrics, manners)
        self._shown = shown
        self._unpressable = unpressable
        self._direct: dict[str, str] = {}  # person → the channel we share

    async def post(  # noqa: PLR0913  how, besides what
        self,
        channel: str,
        message: Message,
        last: str,
        *,
        thread_ts: str | None = None,
        urgency: Urgency = Urgency.ANSWER,
        first: Before = nothing,
    ) -> str:
        """Post in a channel or a thread; return the message's ts.

        *last* is the short text for when Slack takes neither blocks nor their text.
        *first* is called when it is its turn, and may raise to leave it at that.

        Raises:
            Unsent: we can't post there, or too many wait for it.
        """
        lane = self._outbox.posts(channel)
        ticket = Ticket(urgency=urgency, thread=thread_ts)

        async def send(payload: Payload) -> str | None:
            posting = Posting(
                self._client,
                channel,
                thread_ts,
                payload,
                reads=self._direct.get(channel, channel),
                look_seconds=self._outbox.manners.look_seconds,
                doubted=functools.partial(self._doubted, "chat.postMessage"),
            )

            async def now() -> str:
                await first()
                return await posting.send()

            ts = await lane.send(ticket, now, self._note_to(channel))
            if posting.went_to != channel:
                self._direct[channel] = posting.went_to
            return ts

        ts = str(await self._climb("chat.postMessage", send, message, last))
        if offer_id := offer_of(message):
            stands = self._direct.get(channel, channel)
            where = Where(channel=stands, message_ts=ts, thread_ts=thread_ts or "")
            self._shown(offer_id, where)
        return ts

    async def update(  # noqa: PLR0913  how, besides what
        self,
        channel: str,
        ts: str,
        message: Message,
        last: str,
        *,
        urgency: Urgency = Urgency.ANSWER,
        first: Before = nothing,
    ) -> bool:
        """Put another message in the place of one of ours; *first* is as with `post`.

        False: while it waited a later one came for that place, and was sent instead.

        Raises:
            Unsent: we can't change that one.
        """
        lane = self._outbox.updates(channel)
        ticket = Ticket(urgency=urgency, subject=ts)

        async def send(payload: Payload) -> bool | None:
            # What is left out would stay: buttons that work no more, for one.
            kept = {"blocks": [], **payload}
            kept = {name: kept[name] for name in ("text", "blocks")}

            async def change() -> bool:
                await self._client.chat_update(channel=channel, ts=ts, **kept)
                return True

            async def now() -> bool:
                await first()
                return await repeated(change)

            return await lane.send(ticket, now)

        return await self._climb("chat.update", send, message, last) is not None

    async def whisper(
        self,
        channel: str,
        user: str,
        message: Message,
        last: str,
        *,
        thread_ts: str | None = None,
    ) -> None:
        """Post for one person's eyes.

        Raises:
            Unsent: we can't post there, or the person isn't there.
        """
        method = "chat.postEphemeral"

        async def send(payload: Payload) -> None:
            # The method knows no others; an ephemeral message never unfurls.
            kept = {
                name: payload[name] for name in ("text", "blocks") if name in payload
            }
            once = functools.partial(
                self._client.chat_postEphemeral,
                channel=channel,
                user=user,
                thread_ts=thread_ts,
                **kept,
            )
            await self._outbox.patiently(method, functools.partial(reached, once))

        await self._climb(method, send, message, last)

    async def respond(  # noqa: PLR0913  how, besides what
        self,
        hook: Hook,
        message: Message,
        last: str,
        *,
        thread_ts: str | None = None,
        public: bool = False,
        replaces: bool = False,
    ) -> None:
        """Post through a response_url, for the asker alone or for all.

        One that *replaces* takes the place of the message whose button was pressed.

        Raises:
            Unsent: it is used up or has expired.
        """

        async def send(payload: Payload) -> None:
            body = {
                "response_type": "in_channel" if public else "ephemeral",
                "replace_original": replaces,
                **({"thread_ts": thread_ts} if thread_ts else {}),
                **payload,
            }
            once = functools.partial(self._through, hook, body)
            await self._outbox.patiently(
                "response_url", functools.partial(reached, once)
            )

        await self._climb("response_url", send, message, last)

    async def upload(
        self,
        channel: str,
        file: File,
        *,
        thread_ts: str | None = None,
        comment: str = "",
    ) -> str:
        """Show a file in a channel or a thread, below the words of the *comment*.

        For a person in place of a channel the comment is posted as a direct message,
        which tells the channel, and the file after it. Returns the channel.

        Raises:
            Unsent: Slack does not take it, or we aren't in the channel.
        """
        with self._noting("files.getUploadURLExternal"):
            id = await handed_over(self._client, self._session(), file, self._repeating)
        above: str | None = None
        if channel[:1] in _PERSON:
            words = escaped(comment or file.title)
            above = await self.post(channel, Message(blocks=(), text=words), words)
            channel, comment, thread_ts = self._direct.get(channel, channel), "", None
        method = "files.completeUploadExternal"
        ticket = Ticket(urgency=Urgency.ANSWER, thread=thread_ts, method=method)

        async def show() -> None:
            await self._client.files_completeUploadExternal(
                files=[{"id": id, "title": file.title}],
                channel_id=channel,
                thread_ts=thread_ts,
                initial_comment=escaped(comment) or None,
            )

        try:
            with self._noting(method):
                # It is a message like any other, and might be shown twice as well.
                await self._outbox.posts(channel).send(
                    ticket, functools.partial(reached, show), self._note_to(channel)
                )
        except Unsent:
            if above is not None:  # it would promise what does not follow
                with suppress(Unsent):
                    await self.delete(channel, above)
            raise
        return channel

    async def delete(self, channel: str, ts: str) -> None:
        """Take one of our messages away.

        Raises:
            Unsent: that can't be done.
        """
        once = functools.partial(self._client.chat_delete, channel=channel, ts=ts)
        await self._outbox.patiently("chat.delete", functools.partial(repeated, once))

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client.session is not None:
            await self._client.session.close()

    def _session(self) -> aiohttp.ClientSession:
        """Return the connections that all messages share."""
        if self._client.session is None or self._client.session.closed:
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            self._client.session = aiohttp.ClientSession(timeout=timeout)
        return self._client.session

    async def _through(self, hook: Hook, body: Payload) -> None:
        """Use the response_url once."""
        if hook.left <= 0:
            raise Unsent("used_url")
        hook.left -= 1
        webhook = AsyncWebhookClient(
            hook.url,
            timeout=SECONDS,
            session=self._session(),
            logger=quiet,
            retry_handlers=[],
        )
        answer = await webhook.send_dict(body)
        if answer.status_code == 429:
            hook.left += 1  # Slack took nothing
            raise of_status(429, retry_after(answer.headers))
        if answer.status_code != 200:
            error = word_of(answer.body) or f"status {answer.status_code}"
            raise refusal(error)

    def _note_to(self, channel: str) -> Callable[[str], Awaitable[None]]:
        """Return what says a line about our own messages there."""

        async def note(words: str) -> None:
            say = functools.partial(
                self._client.chat_postMessage, channel=channel, text=words
            )
            with suppress(Unsent, Unfit):
                await translated(say)

        return note

    async def _repeating(self, method: str, send: Callable[[], Awaitable[Any]]) -> Any:
        return await self._outbox.patiently(method, functools.partial(repeated, send))

    def _doubted(self, method: str, lost: Unknown) -> None:
        self._metrics.count("unknown_total", method=method)
        log.warning(
            "Slack did not say whether it took a message",
            extra={"method": method, "error": lost.error},
        )

    async def _climb(
        self,
        method: str,
        send: Callable[[Payload], Awaitable[T]],
        message: Message,
        last: str,
    ) -> T:
        """Send the best form that Slack takes."""
        self._session()
        *better, final = _rungs(message, last)

        async def sent(rung: Payload) -> T:
            with self._noting(method, rung):
                told = await send(rung)
            if "blocks" not in rung and (offer_id := offer_of(message)):
                self._unpressable(offer_id)
            return told

        for rung in better:
            try:
                return await sent(rung)
            except Unfit:
                continue
        try:
            return await sent(final)
        except Unfit as refused:
            raise Unsent(refused.error) from refused

    @contextmanager
    def _noting(self, method: str, payload: Payload | None = None) -> Iterator[None]:
        """Count and log a refusal."""
        try:
            yield
        except Unsent as refused:
            self._metrics.count("refusals_total", error=refused.error)
            log.info("not sent", extra={"method": method, "error": refused.error})
            raise
        except Unfit as refused:
            self._metrics.count("refusals_total", error=refused.error)
            log.warning(
                "Slack refused a message",
                extra={
                    "method": method,
                    "error": refused.error,
                    "why": refused.why or None,
                    "block": at_fault(payload or {}, refused.why),
                },
            )
            if payload is None:  # a file has one form
                raise Unsent(refused.error) from refused
            raise


def _rungs(message: Message, last: str) -> tuple[Payload, ...]:
    """Return the message's forms, the best one first."""
    calm = {"unfurl_links": False, "unfurl_media": False}
    plain = {**calm, "mrkdwn": False}
    whole = {**calm, "text": message.text, "blocks": list(message.blocks)}
    texts: tuple[Payload, ...] = (
        {**plain, "text": bare(message, message.text)},
        {**plain, "text": bare(message, last)},
    )
    return (whole, *texts) if message.blocks else texts
