"""A connection that comes back, whatever ended it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.domain.errors import Misread
from bot.slack import connection
from bot.slack.client import hush, quiet
from bot.slack.connection import Connection, backoff
from tests.demo.socket_bot import until
from tests.slack.little_slack import LittleSlack

APP_TOKEN = "xapp-1"  # noqa: S105  made up


def a_connection(little: LittleSlack, **given: float) -> Connection:
    """Return a connection to the little Slack, which opens no sockets."""
    hush()
    app = AsyncApp(name="x", logger=quiet, token="xoxb-1", signing_secret="x")
    return Connection(app, APP_TOKEN, f"{little.url}/api", **given)


@asynccontextmanager
async def held(
    subject: Connection, opened: Callable[[], object] = lambda: None
) -> AsyncIterator[None]:
    """Hold it for a while."""
    task = asyncio.get_running_loop().create_task(subject.hold(opened))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_pauses_grow_up_to_half_a_minute() -> None:
    """So that nobody waits long, and nobody is hammered."""
    assert list(islice(backoff(), 7)) == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize("error", ["invalid_auth", "not_allowed_token_type"])
async def test_a_token_that_slack_refuses_ends_it(
    little: LittleSlack, error: str
) -> None:
    """With the setting's name; waiting would mend nothing."""
    little.refuse("apps.connections.open", error)

    with pytest.raises(Misread, match=f"SLACK_APP_TOKEN was refused by Slack: {error}"):
        await a_connection(little).hold(lambda: None)


async def test_slack_may_be_away_for_a_while(
    little: LittleSlack,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is tried again, in one calm line each."""
    monkeypatch.setattr(backoff, "__next__", lambda _: 0.01)
    little.refuse("apps.connections.open", *["internal_error"] * 3)
    little.answer("apps.connections.open", web.Response(status=503, text="no"))
    little.refuse("apps.connections.open", "invalid_auth")

    with pytest.raises(Misread):
        await a_connection(little).hold(lambda: None)
    assert len(little.sent) == 5
    assert caplog.text.count("Slack cannot be reached; trying again") == 4
    assert "Traceback" not in caplog.text


async def test_a_connection_that_never_was_is_not_alive(little: LittleSlack) -> None:
    """Readiness asks."""
    assert not a_connection(little).alive()


async def test_a_dead_connection_is_replaced(
    little: LittleSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK itself would try the same used-up address for ever."""
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(backoff, "__next__", lambda _: 0.01)
    body = {"ok": True, "url": "ws://127.0.0.1:9/used-up"}
    answers = [web.json_response(body) for _ in range(3)]
    little.answer("apps.connections.open", *answers)

    async with held(a_connection(little)):
        await until(lambda: len(little.sent) >= 3)
    assert set(little.methods) == {"apps.connections.open"}
