"""One new message on its way, which shall stand there once.

A time-out, a broken connection, a 5xx: then Slack may have taken the message or not,
and `chat.postMessage` knows no key by which it would take a second one for the first.
To leave it at that loses answers; to send it again may double them. So each message
bears a mark in its metadata, and after such an end we look whether it stands there.
Where we may not look (channels need a scope that reads everything people write, which
we don't ask for; direct messages don't), it is sent again, and says so itself: a
doubled answer does less harm than a lost one.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.sending.refusals import Payload, TooFast, Unfit, Unknown, Unsent, reached

EVENT: Final = "debug_bot_message"
TWICE: Final = "Slack did not say whether it took this before: it may stand here twice."
_CLOCKS_APART: Final = 600.0  # seconds between ours and Slack's, at the most


class Posting:
    """Sends one message; called again after Slack put it off."""

    def __init__(  # noqa: PLR0913  where, what, and what to do in doubt
        self,
        client: AsyncWebClient,
        channel: str,
        thread_ts: str | None,
        payload: Payload,
        *,
        reads: str,
        look_seconds: float,
        doubted: Callable[[Unknown], None],
    ) -> None:
        """Send *payload* to *channel*, which is read as *reads*.

        In doubt we look after *look_seconds*: what is late may still arrive.
        """
        self.went_to = channel
        """The channel that Slack put it in: for a person, the one we share."""
        self._client = client
        self._channel = channel
        self._thread_ts = thread_ts
        self._payload = payload
        self._reads = reads
        self._look_seconds = look_seconds
        self._doubted = doubted
        self._mark = uuid.uuid4().hex
        self._in_doubt = False

    async def send(self) -> str:
        """Send it; return its ts.

        Raises:
            TooFast: Slack wants us to wait, and may be asked again.
            Unsent: it does not take it.
        """
        while True:
            try:
                return await reached(self._post)
            except Unknown as lost:
                again, self._in_doubt = self._in_doubt, True
                self._doubted(lost)
                if (ts := await self._found()) is not None:
                    return ts
                if again:
                    raise

    async def _post(self) -> str:
        answer = await self._client.chat_postMessage(
            channel=self._channel,
            thread_ts=self._thread_ts,
            link_names=False,
            metadata={"event_type": EVENT, "event_payload": {"id": self._mark}},
            **self._payload,
        )
        self.went_to = str(answer.get("channel") or self._channel)
        return str(answer["ts"])

    async def _found(self) -> str | None:
        """Return the ts of the message if it stands there.

        Where that can't be told the message is changed, so that it says so.
        """
        await asyncio.sleep(self._look_seconds)
        try:
            return await reached(self._look)
        except (Unsent, Unfit, TooFast):
            self._payload = _doubtful(self._payload)
            return None

    async def _look(self) -> str | None:
        asked: dict[str, Any] = {
            "channel": self._reads,
            "oldest": f"{time.time() - _CLOCKS_APART:.6f}",
            "limit": 200,
            "include_all_metadata": True,
        }
        if self._thread_ts is None:
            answer = await self._client.conversations_history(**asked)
        else:
            answer = await self._client.conversations_replies(
                ts=self._thread_ts, **asked
            )
        for message in answer["messages"]:
            about = message.get("metadata") or {}
            if (about.get("event_payload") or {}).get("id") == self._mark:
                return str(message["ts"])
        return None


def _doubtful(payload: Payload) -> Payload:
    """Return the message with a line that says that it may stand there twice."""
    said = {**payload, "text": f"{payload['text']}\n{TWICE}"}
    if "blocks" in payload:
        line = {"type": "plain_text", "text": TWICE}
        said["blocks"] = [*payload["blocks"], {"type": "context", "elements": [line]}]
    return said
