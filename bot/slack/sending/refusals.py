"""What Slack says when it does not take a message, and which block it means."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.domain.excerpts import start_of
from bot.slack.client import answered

# Slack's words for a message that another form of it may mend.
_UNFIT: Final = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "invalid_arguments",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
        "markdown_text_conflict",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
    }
)
_TOO_FAST: Final = frozenset({"ratelimited", "rate_limited"})
# "It's possible some aspect of the operation succeeded before the error was raised."
_UNSURE: Final = frozenset({"internal_error", "fatal_error", "service_unavailable"})
_WAIT_SECONDS: Final = 5.0  # where Slack does not say how long
_WAIT_AT_MOST: Final = 300.0
_REACHING_SECONDS: Final = 1.0
_POINTER: Final = re.compile(r"json-pointer:/blocks/(\d+)")

T = TypeVar("T")
Payload: TypeAlias = dict[str, Any]


class Unfit(Exception):
    """Slack did not take this form of a message."""

    def __init__(self, error: str, why: str = "") -> None:
        """Keep Slack's word, and what it says about the place at fault."""
        super().__init__(error)
        self.error = error
        self.why = why


class Unsent(Exception):
    """A message can't be brought there, in whatever form."""

    def __init__(self, error: str) -> None:
        """Keep Slack's word for it."""
        super().__init__(error)
        self.error = error


class Unreached(Unsent):
    """Slack could not be reached: it can't have taken the message."""


class Unknown(Unsent):
    """Slack may have taken the message, or not: its answer was lost or is no answer."""


class TooFast(Exception):
    """Slack took nothing, and tells when it will."""

    def __init__(self, seconds: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"{seconds:g} s")
        self.seconds = seconds


def refusal(word: str, why: str = "") -> Unfit | Unsent:
    """Return the error that Slack's word means."""
    if word in _UNSURE:
        return Unknown(word)
    return Unfit(word, why) if word in _UNFIT else Unsent(word)


def of_status(status: int, seconds: float) -> TooFast | Unsent:
    """Return the error that a status means where no word comes with it."""
    if status == 429:
        return TooFast(seconds)
    error = "no sense" if status == 200 else f"status {status}"
    return Unknown(error) if status == 200 or status >= 500 else Unsent(error)


def retry_after(headers: Mapping[str, str] | None) -> float:
    """Return how many seconds Slack wants us to wait."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    try:
        seconds = float(named["retry-after"])
    except (KeyError, ValueError):
        return _WAIT_SECONDS
    # Neither "nan" nor a day makes sense.
    return min(seconds, _WAIT_AT_MOST) if seconds >= 0 else _WAIT_SECONDS


async def translated(send: Callable[[], Awaitable[T]]) -> T:
    """Send it; turn the SDK's errors into ours.

    Raises:
        TooFast: Slack wants us to wait.
        Unfit: another form may be taken.
        Unsent: none will be; or it is `Unknown` whether this one was.
    """
    try:
        return await send()
    except SlackApiError as error:
        answer = answered(error)
        word = str(answer.get("error") or "")
        status = getattr(error.response, "status_code", 200)
        seconds = retry_after(getattr(error.response, "headers", None))
        if status == 429 or word in _TOO_FAST:
            raise TooFast(seconds) from error
        if word and status < 500:
            raise refusal(word, _why(answer)) from error
        raise of_status(status, seconds) from error
    except (Unfit, Unsent, TooFast):
        raise
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unreached(type(error).__name__) from error
    except Exception as error:  # a network's, or the SDK's at an odd answer
        raise Unknown(type(error).__name__) from error


async def reached(send: Callable[[], Awaitable[T]]) -> T:
    """Send it as `translated` does, and once more where Slack was not reached."""
    try:
        return await translated(send)
    except Unreached:
        await asyncio.sleep(_REACHING_SECONDS)
    return await translated(send)


async def repeated(send: Callable[[], Awaitable[T]]) -> T:
    """Send what may be taken twice, and does no harm then, until that is known."""
    try:
        return await reached(send)
    except Unknown:
        return await reached(send)


def _why(answer: Mapping[str, Any]) -> str:
    about = answer.get("response_metadata")
    messages = about.get("messages") if isinstance(about, Mapping) else None
    found = messages or answer.get("errors") or ()
    return start_of("; ".join(map(str, found)), 500) if isinstance(found, list) else ""


def at_fault(payload: Payload, why: str) -> str | None:
    """Return the block that Slack points at, cut short."""
    found = _POINTER.search(why)
    blocks = payload.get("blocks") or ()
    if found is None or int(found[1]) >= len(blocks):
        return None
    return start_of(json.dumps(blocks[int(found[1])], ensure_ascii=False), 400)


def word_of(body: str) -> str:
    """Return the error word of a response_url's answer, plain or in JSON."""
    try:
        said = json.loads(body)
    except ValueError:
        said = body
    if isinstance(said, Mapping):
        said = said.get("error")
    return start_of(said.strip(), 60) if isinstance(said, str) else ""
