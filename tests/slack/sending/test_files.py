"""A file on its way to Slack, before anybody sees it."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.slack.client import slack_client
from bot.slack.sending.files import File, handed_over
from bot.slack.sending.refusals import Unsent, repeated
from tests.slack.little_slack import TOKEN, LittleSlack


async def over(little: LittleSlack, file: File) -> str:
    """Hand it over."""

    async def repeating(_: str, send: Callable[[], Awaitable[Any]]) -> Any:
        return await repeated(send)

    client = slack_client(TOKEN, f"{little.url}/api", repeats=False)
    async with aiohttp.ClientSession() as session:
        return await handed_over(client, session, file, repeating)


async def test_a_file_gets_an_id(little: LittleSlack) -> None:
    """By which it can be shown."""
    assert await over(little, File(name="a.txt", content=b"a", title="A")) == "F1"
    assert "alt_txt" not in little.payloads[0]


async def test_an_empty_file_is_not_tried(little: LittleSlack) -> None:
    """Slack's word for it would be no help."""
    with pytest.raises(Unsent, match="empty_file"):
        await over(little, File(name="a.txt", content=b"", title="A"))
    assert not little.sent


async def test_bytes_that_were_lost_are_sent_again(little: LittleSlack) -> None:
    """Nobody sees them twice."""
    little.answer("upload", web.Response(status=503))

    assert await over(little, File(name="a.txt", content=b"a", title="A")) == "F1"
    assert little.methods == ["files.getUploadURLExternal", "upload", "upload"]


async def test_bytes_that_are_refused_are_unsent(little: LittleSlack) -> None:
    """Such as too many of them."""
    little.answer("upload", web.Response(status=413))

    with pytest.raises(Unsent, match="status 413"):
        await over(little, File(name="a.txt", content=b"a", title="A"))
