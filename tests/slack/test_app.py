"""The bot starts with what it has, says what it lacks, and ends when told."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from aiohttp import web

from bot.demo.ground import free_port
from bot.domain.errors import Misread
from bot.settings import Settings
from bot.slack.answers import BUSY
from bot.slack.app import Bot, run
from bot.slack.workbench import Workbench
from tests.demo.socket_bot import until
from tests.slack.little_slack import LittleSlack
from tests.slack.test_answers import a_question

NOWHERE = "http://127.0.0.1:9/api"


def settings(little: LittleSlack | None = None, **given: str) -> Settings:
    """Return the settings of a bot in HTTP mode, at the little Slack or nowhere."""
    values = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "shh",
        "SLACK_API_URL": f"{little.url}/api" if little else NOWHERE,
        "DEBUG_BOT_PORT": str(free_port()),
    }
    return Settings.of({**values, **given})


@asynccontextmanager
async def running(of: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run a bot for a while; return a client of its listener."""
    over = asyncio.Event()
    task = asyncio.get_running_loop().create_task(run(of, over))
    async with httpx.AsyncClient(
        base_url=f"http://{of.host}:{of.port}", trust_env=False
    ) as client:
        yield client
    over.set()
    await task


async def answers(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """Return the answer as soon as somebody listens."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return await client.get(path)
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN holds an app-level token"),
        ({"SLACK_BOT_TOKEN": "xoxb-1\nxoxb-2"}, "SLACK_BOT_TOKEN holds a space"),
        ({"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN holds no app-level token"),
        ({"SLACK_SIGNING_SECRET": ""}, "SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET"),
    ],
)
async def test_a_setting_that_is_missing_is_named(
    given: dict[str, str], named: str
) -> None:
    """Before anything is tried."""
    with pytest.raises(Misread, match=named):
        await run(settings(None, **given), asyncio.Event())


async def test_a_token_that_slack_refuses_ends_it(little: LittleSlack) -> None:
    """With the setting's name, never with the token."""
    little.refuse("auth.test", *["invalid_auth"] * 9)

    with pytest.raises(Misread, match="SLACK_BOT_TOKEN was refused") as caught:
        await run(settings(little), asyncio.Event())
    assert "xoxb-1" not in f"{caught.value} {caught.value.hint}"


async def test_it_is_ready_in_one_calm_line(
    little: LittleSlack, caplog: pytest.LogCaptureFixture
) -> None:
    """Which says as whom, and where."""
    caplog.set_level("INFO", "bot.slack")
    body = {"ok": True, "user": "debug", "team": "Testbed"}
    little.answer("auth.test", *(web.json_response(body) for _ in range(9)))
    async with running(settings(little)):
        await until(lambda: "ready: " in caplog.text)

    lines = [record.getMessage() for record in caplog.records]
    assert "ready: http as @debug in Testbed" in lines


async def test_slack_may_be_out_of_reach_at_the_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is tried again, we are healthy but not ready, and can be ended."""
    async with running(settings()) as client:
        health = await answers(client, "/healthz")
        await until(lambda: "trying again" in caplog.text)
        ready = await answers(client, "/readyz")

    assert health.status_code == 200
    assert ready.status_code == 503
    assert ready.text.startswith("slack: ")


async def test_a_taken_port_ends_the_http_mode() -> None:
    """Nothing could reach us."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(Misread, match="DEBUG_BOT_PORT"):
            await run(settings(DEBUG_BOT_PORT=str(port)), asyncio.Event())


async def test_a_taken_port_costs_socket_mode_only_health_and_metrics(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Questions come another way."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        async with running(settings(SLACK_APP_TOKEN="xapp-1", DEBUG_BOT_PORT=port)):
            await until(lambda: "trying again" in caplog.text)

    assert "no health and metrics" in caplog.text


async def test_socket_mode_without_a_connection_is_not_ready() -> None:
    """Even if all else answers."""
    async with running(settings(SLACK_APP_TOKEN="xapp-1")) as client:
        ready = await answers(client, "/readyz")

    assert "socket mode: not connected\n" in ready.text


async def test_one_question_too_many_is_told_to_come_again(
    little: LittleSlack,
) -> None:
    """Privately, and counted."""
    bot = Bot(settings(little))
    closing = (bot._answers._sender.close,)
    bot._bench = Workbench(at_once=0, waiting=0, closing=closing)
    bot._bench.start()
    bot._take(a_question(little), 0.0)
    await until(lambda: len(little.sent) == 1)
    await asyncio.to_thread(bot._bench.stop)

    assert little.payloads[0]["text"] == BUSY
    assert little.payloads[0]["response_type"] == "ephemeral"
    assert "debug_bot_busy_total 1" in bot._metrics.text()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_peace(sign: signal.Signals) -> None:
    """At once, with exit code 0 and no trace."""
    of = settings()
    environment = {
        "PATH": os.defpath,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "shh",
        "SLACK_API_URL": NOWHERE,
        "DEBUG_BOT_PORT": str(of.port),
    }
    with subprocess.Popen(  # noqa: ASYNC220  the real program
        [sys.executable, "-m", "bot", "serve"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url = f"http://{of.host}:{of.port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            await answers(client, "/healthz")
        process.send_signal(sign)
        _, said = await asyncio.to_thread(process.communicate, None, 10)

    assert process.returncode == 0
    assert "stopping" in said
    assert "Traceback" not in said
    assert "xoxb-1" not in said
