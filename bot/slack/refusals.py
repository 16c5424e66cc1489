"""What Slack says when it does not take a message, and which block it means."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from slack_sdk.errors import SlackApiError

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
    }
)
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


def refusal(word: str, why: str = "") -> Unfit | Unsent:
    """Return the error that Slack's word means."""
    return Unfit(word, why) if word in _UNFIT else Unsent(word)


async def translated(send: Callable[[Payload], Awaitable[T]], payload: Payload) -> T:
    """Send it; turn the SDK's errors into our two.

    Raises:
        Unfit: another form may be taken.
        Unsent: none will be.
    """
    try:
        return await send(payload)
    except SlackApiError as error:
        answer = answered(error)
        status = getattr(error.response, "status_code", 200)
        odd = "no sense" if status == 200 else f"status {status}"
        word = str(answer.get("error") or odd)
        raise refusal(word, _why(answer)) from error
    except (Unfit, Unsent):
        raise
    except Exception as error:  # a network's, or the SDK's at an odd answer
        raise Unsent(type(error).__name__) from error


def _why(answer: Mapping[str, Any]) -> str:
    about = answer.get("response_metadata")
    messages = about.get("messages") if isinstance(about, Mapping) else None
    found = messages or answer.get("errors") or ()
    return "; ".join(map(str, found))[:500] if isinstance(found, list) else ""


def at_fault(payload: Payload, why: str) -> str | None:
    """Return the block that Slack points at, cut short."""
    found = _POINTER.search(why)
    blocks = payload.get("blocks") or ()
    if found is None or int(found[1]) >= len(blocks):
        return None
    return json.dumps(blocks[int(found[1])], ensure_ascii=False)[:400]


def word_of(body: str) -> str:
    """Return the error word of a response_url's answer, plain or in JSON."""
    try:
        said = json.loads(body)
    except ValueError:
        said = body
    if isinstance(said, Mapping):
        said = said.get("error")
    return said.strip()[:60] if isinstance(said, str) else ""
