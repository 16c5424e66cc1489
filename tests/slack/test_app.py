"""The bot starts with what it has, says what it lacks, and ends when told."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from bot.demo.ground import free_port
from bot.domain.errors import Misread, SourceDown
from bot.domain.offers import Offer
from bot.domain.report import Report
from bot.gate.reports import late
from bot.settings import Settings
from bot.slack.app import Bot, run
from bot.slack.doors.answers import BUSY
from bot.slack.doors.callers import Pressed
from bot.slack.workbench import Workbench
from tests.counterparts import PATIENCE, patient
from tests.demo.socket_bot import until
from tests.slack.doors.test_answers import a_question
from tests.slack.doors.test_callers import a_gate_press, pressed
from tests.slack.doors.test_changes import DONE, OFFER
from tests.slack.little_slack import LittleSlack
from tests.slack.test_http import FORM, PRESS

NOWHERE = "http://127.0.0.1:9/api"


def settings(little: LittleSlack | None = None, **given: str) -> Settings:
    """Return the settings of a bot in HTTP mode, at the little Slack or nowhere."""
    values = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "shh",
        "SLACK_API_URL": f"{little.url}/api" if little else NOWHERE,
        "DEBUG_BOT_PORT": str(free_port()),
        "DEBUG_BOT_STATE_URL": "sqlite:///:memory:",
    }
    return Settings.of({**values, **given})


@asynccontextmanager
async def running(of: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run a bot for a while; return a client of its listener."""
    over = asyncio.Event()
    task = asyncio.get_running_loop().create_task(run(of, over))
    async with patient(f"http://{of.host}:{of.port}") as client:
        yield client
    over.set()
    await task


async def answers(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """Return the answer as soon as somebody listens."""
    deadline = time.monotonic() + PATIENCE
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


@dataclass
class FakeChanges:
    """Remembers what it is told."""

    redeemed: list[tuple[Pressed, bool]] = field(default_factory=list)
    settled: list[Report] = field(default_factory=list)
    expired: list[Report] = field(default_factory=list)

    async def redeem(self, pressed: Pressed, *, first: bool) -> None:
        """Remember the press."""
        self.redeemed.append((pressed, first))

    async def recovered(self, offer: Offer, report: Report) -> None:
        """Remember the report."""
        self.settled.append(report)

    async def lapsed(self, offer: Offer, report: Report) -> None:
        """Remember the report."""
        self.expired.append(report)


class FakeGate:
    """Settles what it is given, and raises what it is given."""

    def __init__(self, *turns: Sequence[tuple[Offer, Report]] | Exception) -> None:
        self.turns = list(turns)
        self.expired: Sequence[tuple[Offer, Report]] = ()

    async def lapsed(self) -> Sequence[tuple[Offer, Report]]:
        """Return what expired."""
        expired, self.expired = self.expired, ()
        return expired

    async def recover(self) -> Sequence[tuple[Offer, Report]]:
        """Return or raise what is next."""
        turn = self.turns.pop(0) if self.turns else ()
        if isinstance(turn, Exception):
            raise turn
        return turn


async def test_a_press_is_redeemed_when_all_places_are_taken(
    little: LittleSlack,
) -> None:
    """Questions can be asked again; who pressed believes that it is done."""
    bot = Bot(settings(little))
    changes = FakeChanges()
    bot._changes = changes  # type: ignore[assignment]
    bot._bench = Workbench(at_once=0, waiting=0)
    bot._bench.start()
    bot._redeem(pressed(a_gate_press()), True)
    await until(lambda: len(changes.redeemed) == 1)
    await asyncio.to_thread(bot._bench.stop)

    [(found, first)] = changes.redeemed
    assert found.press.offer_id == "an-offer"
    assert first


async def test_a_press_that_comes_when_all_ends_is_logged(
    little: LittleSlack, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing was done for it."""
    bot = Bot(settings(little))
    changes = FakeChanges()
    bot._changes = changes  # type: ignore[assignment]
    bot._redeem(pressed(a_gate_press()), True)

    assert changes.redeemed == []
    assert "a press was not taken" in caplog.text


async def test_what_dead_processes_left_is_settled_again_and_again(
    little: LittleSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that is down, or a fault of ours, ends that only until the next time."""
    monkeypatch.setattr("bot.slack.app.RECOVERY_SECONDS", 0.01)
    bot = Bot(settings(little, DEBUG_BOT_POLICY="/a/policy.toml"))
    changes = FakeChanges()
    bot._changes = changes  # type: ignore[assignment]
    gate = FakeGate(SourceDown("ledger", "is down"), IndexError(), [(OFFER, DONE)])
    gate.expired = [(OFFER, late(OFFER))]
    bot._wired.gate = lambda: gate  # type: ignore[assignment,return-value]
    settling = asyncio.get_running_loop().create_task(bot._keep_settling())
    await until(lambda: len(changes.expired) == 1)
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)

    assert changes.settled == [DONE]
    assert changes.expired == [late(OFFER)]


async def test_without_a_policy_there_is_nothing_to_settle(
    little: LittleSlack,
) -> None:
    """Nobody could have begun anything."""
    bot = Bot(settings(little))
    async with asyncio.timeout(PATIENCE):
        await bot._keep_settling()


async def test_a_forged_press_stands_in_the_audit(
    little: LittleSlack, tmp_path: Path
) -> None:
    """As nobody's: what an unsigned request says of itself is not believed."""
    ledger = tmp_path / "ledger.sqlite3"
    of = settings(little, DEBUG_BOT_STATE_URL=f"sqlite:///{ledger}")
    async with running(of) as client:
        await answers(client, "/healthz")
        kind = {"Content-Type": FORM}
        answer = await client.post("/slack/events", content=PRESS, headers=kind)
    # The bot has ended, and whatever it began to write is written.
    with sqlite3.connect(ledger) as audit:
        rows = audit.execute("select who, decision, reason from audit").fetchall()
    audit.close()

    assert answer.status_code == 401
    [(who, decision, reason)] = rows
    assert (who, decision) == ("nobody known", "refused")
    assert "signature" in reason


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
        async with patient(url) as client:
            await answers(client, "/healthz")
        process.send_signal(sign)
        _, said = await asyncio.to_thread(process.communicate, None, PATIENCE)

    assert process.returncode == 0
    assert "stopping" in said
    assert "Traceback" not in said
    assert "xoxb-1" not in said
