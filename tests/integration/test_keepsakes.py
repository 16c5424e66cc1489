"""Recent questions and private answers outlive a bot, are bounded, and delay nobody.

The bots are called over HTTP, where no other that listens takes what is meant for one.
"""

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.demo.local_slack import LocalSlack, find_action
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.demo.workspace import ALICE, BOB, HTTP_APP, OPS
from bot.state.database import SOON_SECONDS
from tests.counterparts import standing
from tests.databases import Base, base, server
from tests.demo.socket_bot import until
from tests.slack.bot_thread import BotThread

__all__ = ["base", "server"]

pytestmark = [pytest.mark.slack, pytest.mark.postgrest]

WORDS = "tasks --hours 3"
SECRET = "rpa_ABCDEFGH12345678"  # noqa: S105  of RunPod's shape
SHARE = "share:answer"
HOME = "views.publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A workspace, and bots that share a state database."""

    stack: Stack
    slack: LocalSlack
    front: SlackFront
    state_url: str

    @contextlib.contextmanager
    def replica(self) -> Iterator[BotThread]:
        """Run one more bot at the database."""
        state = {"DEBUG_BOT_STATE_URL": self.state_url}
        with BotThread({**self.stack.http_environment, **state}) as bot:
            yield bot

    def turn_to(self, bot: BotThread) -> None:
        """Have Slack deliver to this bot from now on."""
        self.front.steer(request_url=f"{bot.url}/slack/events")

    async def type(self, words: str) -> None:
        """Type a slash command as Alice."""
        await self.slack.command(ALICE, OPS, words, app_id=HTTP_APP.app_id)

    async def first(self, method: str, *holds: str) -> dict[str, Any]:
        """Return the first thing sent by the method that holds these texts."""

        def found() -> list[dict[str, Any]]:
            return [
                it
                for it in self.front.sent()
                if it["method"] == method
                and all(each in json.dumps(it["payload"]) for each in holds)
            ]

        try:
            await until(lambda: bool(found()))
        except TimeoutError:
            pytest.fail(f"no {method}, only {json.dumps(self.front.sent())[:3000]}")
        return found()[0]

    async def press(self, message: dict[str, Any], user: str = ALICE) -> None:
        """Press *Share*."""
        button = find_action(message["payload"], SHARE)
        await self.slack.press(user, OPS, message["ts"], button)

    async def home(self, *holds: str) -> dict[str, Any]:
        """Open Alice's Home tab; return it when it holds these texts."""
        await self.slack.open_home(ALICE, app_id=HTTP_APP.app_id)
        return await self.first(HOME, *holds)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Return a queue with nothing in it, and a Slack."""
    with standing(runpod=False) as stack:
        yield stack


@pytest.fixture
async def at(stack: Stack) -> Callable[[str], Scene]:
    """Return what sets a scene at a state database, in a Slack where nobody spoke."""
    slack, front = stack.slack, stack.front
    assert slack is not None
    assert front is not None
    await slack.reset()
    front.calm()
    front.forget()
    front.steer(rate=0, retry_seconds=[0, 0, 0])
    return lambda url: Scene(stack=stack, slack=slack, front=front, state_url=url)


@pytest.mark.parametrize("restarted", [False, True])
async def test_another_bot_shares_what_the_first_answered(
    at: Callable[[str], Scene], base: Base, restarted: bool
) -> None:
    """A replica beside it or the next after it: once, for its asker; Home knows too."""
    scene = at(base.url)
    with contextlib.ExitStack() as first:
        before = first.enter_context(scene.replica())
        scene.turn_to(before)
        await scene.type(f"{WORDS} --private")
        private = await scene.first("response_url", SHARE)
        await asyncio.to_thread(before.rest)
        if restarted:
            first.close()
        with scene.replica() as other:
            scene.turn_to(other)
            await scene.press(private, BOB)
            await scene.first("response_url", "only who asked")
            for _ in range(2):
                await scene.press(private)
            await scene.first("response_url", "shared already")
            await scene.first("response_url", "shared with all")
            home = await scene.home(WORDS)

    request = private["payload"]["text"].split("request ")[-1][:8]
    [shared] = [
        it
        for it in scene.front.sent()
        if it["method"] == "chat.postMessage" and "thread_ts" not in it["payload"]
    ]
    assert shared["payload"]["text"].startswith(f"<@{ALICE}> shared this answer")
    assert request in shared["payload"]["text"]
    assert find_action(home["payload"]["view"], WORDS)


async def test_a_database_that_is_slow_delays_no_answer(
    at: Callable[[str], Scene], tmp_path: Path
) -> None:
    """What depends on it says so, and an answer can be asked for again."""
    file = tmp_path / "state.sqlite3"
    scene = at(f"sqlite:///{file}")
    with scene.replica() as bot, contextlib.closing(sqlite3.connect(file)) as held:
        scene.turn_to(bot)
        await scene.type("queue --hours 1")
        await scene.first("chat.postMessage", "queue --hours 1")
        await asyncio.to_thread(bot.rest)
        held.execute("begin immediate")
        began = time.monotonic()
        await scene.type(f"{WORDS} --private")
        private = await scene.first("response_url", SHARE)
        answered = time.monotonic() - began
        await scene.press(private)
        refusal = await scene.first("response_url", "can't be shared just now")
        home = await scene.home("not known just now")
        held.rollback()
        await asyncio.to_thread(bot.rest)

    assert answered < SOON_SECONDS  # so it did not wait for the database
    assert find_action(refusal["payload"], "Ask again")["value"] == WORDS
    assert "What you may do" in json.dumps(home["payload"])


async def test_a_database_that_is_missing_costs_only_what_is_in_it(
    at: Callable[[str], Scene], tmp_path: Path
) -> None:
    """Answers come, and so does the Home tab."""
    (tmp_path / "state.sqlite3").mkdir()
    scene = at(f"sqlite:///{tmp_path}/state.sqlite3")
    with scene.replica() as bot:
        scene.turn_to(bot)
        await scene.type(f"{WORDS} --private")
        private = await scene.first("response_url", SHARE)
        await scene.press(private)
        await scene.first("response_url", "can't be shared just now")
        await scene.home("not known just now")
        await asyncio.to_thread(bot.rest)


async def test_no_secret_is_written_down(
    at: Callable[[str], Scene], tmp_path: Path
) -> None:
    """Neither of what was asked nor of what was answered; the rest is there."""
    scene = at(f"sqlite:///{tmp_path}/state.sqlite3")
    with scene.replica() as bot:
        scene.turn_to(bot)
        await scene.type(f"logs --search {SECRET} --private")
        await scene.first("response_url", SHARE)
        await scene.type(f"{WORDS} --private")
        await scene.first("response_url", SHARE, WORDS)
        await asyncio.to_thread(bot.rest)
        files = await asyncio.to_thread(lambda: [*tmp_path.glob("state.sqlite3*")])
        written = b"".join([await asyncio.to_thread(it.read_bytes) for it in files])

    assert WORDS.encode() in written
    assert b"--search" in written
    assert SECRET.encode() not in written
