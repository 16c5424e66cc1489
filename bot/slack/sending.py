"""Messages to Slack, so that one always arrives: blocks, else text, else one line."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.client import SECONDS, quiet
from bot.slack.metrics import Metrics
from bot.slack.refusals import (
    Payload,
    Unfit,
    Unsent,
    at_fault,
    refusal,
    translated,
    word_of,
)
from formatters.packing import Message

log = logging.getLogger("bot.slack.sending")

RESPONSE_URL_USES: Final = 5  # Slack's documentation; within 30 minutes

T = TypeVar("T")


@dataclass(slots=True)
class Hook:
    """A response_url, which takes five messages."""

    url: str
    left: int = RESPONSE_URL_USES


class Sender:
    """Posts messages. Lives in one loop, whose first message opens its connections."""

    def __init__(self, client: AsyncWebClient, metrics: Metrics) -> None:
        """Send with the client's token and manners."""
        self._client = client
        self._metrics = metrics

    async def post(
        self, channel: str, message: Message, last: str, *, thread_ts: str | None = None
    ) -> str:
        """Post in a channel or a thread; return the message's ts.

        *last* is the short text for when Slack takes neither blocks nor their text.

        Raises:
            Unsent: we can't post there.
        """

        async def send(payload: Payload) -> str:
            answer = await self._client.chat_postMessage(
                channel=channel, thread_ts=thread_ts, link_names=False, **payload
            )
            return str(answer["ts"])

        return await self._climb("chat.postMessage", send, message, last)

    async def update(self, channel: str, ts: str, message: Message, last: str) -> None:
        """Put another message in the place of one of ours.

        Raises:
            Unsent: we can't change that one.
        """

        async def send(payload: Payload) -> None:
            # What is left out would stay: buttons that work no more, for one.
            kept = {"blocks": [], **payload}
            kept = {name: kept[name] for name in ("text", "blocks")}
            await self._client.chat_update(channel=channel, ts=ts, **kept)

        await self._climb("chat.update", send, message, last)

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

        async def send(payload: Payload) -> None:
            # The method knows no others; an ephemeral message never unfurls.
            kept = {
                name: payload[name] for name in ("text", "blocks") if name in payload
            }
            await self._client.chat_postEphemeral(
                channel=channel, user=user, thread_ts=thread_ts, **kept
            )

        await self._climb("chat.postEphemeral", send, message, last)

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
            if hook.left <= 0:
                raise Unsent("used_url")
            hook.left -= 1
            body = {
                "response_type": "in_channel" if public else "ephemeral",
                "replace_original": replaces,
                **({"thread_ts": thread_ts} if thread_ts else {}),
                **payload,
            }
            webhook = AsyncWebhookClient(
                hook.url,
                timeout=SECONDS,
                session=self._session(),
                logger=quiet,
                retry_handlers=self._client.retry_handlers,
            )
            answer = await webhook.send_dict(body)
            if answer.status_code != 200:
                error = word_of(answer.body) or f"status {answer.status_code}"
                raise refusal(error)

        await self._climb("response_url", send, message, last)

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
        for rung in better:
            try:
                return await self._try(method, send, rung)
            except Unfit:
                continue
        try:
            return await self._try(method, send, final)
        except Unfit as refused:
            raise Unsent(refused.error) from refused

    async def _try(
        self, method: str, send: Callable[[Payload], Awaitable[T]], payload: Payload
    ) -> T:
        """Send one form; count and log a refusal."""
        try:
            return await translated(send, payload)
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
                    "block": at_fault(payload, refused.why),
                },
            )
            raise


def _rungs(message: Message, last: str) -> tuple[Payload, ...]:
    """Return the message's forms, the best one first."""
    calm = {"unfurl_links": False, "unfurl_media": False}
    plain = {**calm, "mrkdwn": False}
    whole = {**calm, "text": message.text, "blocks": list(message.blocks)}
    texts: tuple[Payload, ...] = (
        {**plain, "text": message.text},
        {**plain, "text": last},
    )
    return (whole, *texts) if message.blocks else texts
