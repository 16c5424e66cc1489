"""Files, as Slack takes them: an address, then the bytes, then where to show them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.sending.refusals import Unsent, of_status, retry_after

UPLOAD_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What is attached."""

    name: str
    """With its ending, by which Slack tells how to show it."""
    content: bytes = field(repr=False)
    title: str
    alt: str = ""
    """What it shows, for those who can't see it."""


class Repeats(Protocol):
    """Sends what does no harm when it is sent twice, patiently."""

    async def __call__(self, method: str, send: Callable[[], Awaitable[Any]], /) -> Any:
        """Return what *send* returns."""
        ...


async def handed_over(
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    file: File,
    repeating: Repeats,
) -> str:
    """Bring the file to Slack, where nobody sees it yet; return its id.

    Raises:
        Unsent: Slack does not take it.
    """
    if not file.content:
        raise Unsent("empty_file")  # Slack would say invalid_arguments

    async def ask() -> tuple[str, str]:
        answer = await client.files_getUploadURLExternal(
            filename=file.name, length=len(file.content), alt_txt=file.alt or None
        )
        return str(answer["upload_url"]), str(answer["file_id"])

    url, id = await repeating("files.getUploadURLExternal", ask)

    async def upload() -> None:
        patience = aiohttp.ClientTimeout(total=UPLOAD_SECONDS)
        async with session.post(url, data=file.content, timeout=patience) as answer:
            if answer.status != 200:
                raise of_status(answer.status, retry_after(answer.headers))

    await repeating("upload", upload)
    return str(id)
