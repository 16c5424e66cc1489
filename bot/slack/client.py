"""Slack's SDK as we use it: patient, and silent about what it sends."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.excerpts import start_of

SECONDS: Final = 10

quiet: Final = logging.getLogger("bot.slack.sdk")
"""Where the SDK and Bolt write."""


def slack_client(
    token: str | None,
    base_url: str | None,
    *,
    retries: int = 0,
    repeats: bool = True,
) -> AsyncWebClient:
    """Return a client that waits *retries* times when Slack asks for it (429).

    One that *repeats* asks again when the connection breaks: for questions, which may
    be asked twice, and not for messages.
    """
    handlers: list[AsyncRetryHandler] = []
    if repeats:
        handlers.append(AsyncConnectionErrorRetryHandler())
    if retries:
        handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=retries))
    return AsyncWebClient(
        token=token,
        base_url=base_url or AsyncWebClient.BASE_URL,
        timeout=SECONDS,
        logger=quiet,
        retry_handlers=handlers,
    )


def answered(error: SlackApiError) -> Mapping[str, Any]:
    """Return what Slack answered with an error; empty when that was no JSON."""
    data = getattr(error.response, "data", None)
    return data if isinstance(data, Mapping) else {}


class Calm(logging.Filter):
    """Lets the SDK's words pass as one line, without traces and tickets."""

    _QUERY: Final = re.compile(r"((?:wss?|https?)://[^\s?]+)\?\S+")

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; tell whether it is worth a line."""
        words = " ".join(record.getMessage().split())
        if words.startswith("As you gave"):  # two ways to say a token, as is meant
            return False
        record.msg = start_of(self._QUERY.sub(r"\1", words), 300)
        record.args = ()
        record.exc_info = record.exc_text = record.stack_info = None
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


_CALM: Final = Calm()


def hush() -> None:
    """Let the SDK write warnings alone: below those it writes bodies and tokens."""
    quiet.setLevel(logging.WARNING)
    if _CALM not in quiet.filters:
        quiet.addFilter(_CALM)
