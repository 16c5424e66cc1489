"""The real counterparts, started once, and the shell as a user runs it."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from tests.counterparts import standing
from tests.slack.bot_thread import BotThread

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What one run of the shell gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The answer as JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def shell(
    *words: str,
    environment: dict[str, str],
    module: str = "tests.integration.unhurried",
) -> Said:
    """Run the shell with these words and nothing but this environment."""
    run = subprocess.run(
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": os.environ.get("HOME", "/"),
            **environment,
        },
        check=False,
    )
    return Said(run.returncode, run.stdout, run.stderr)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """PostgreSQL behind PostgREST, and the RunPod double; both empty."""
    with standing(postgres=True, runpod=True, slack=False) as stack:
        yield stack


@pytest.fixture(scope="module")
def bot(stack: Stack) -> Iterator[BotThread]:
    """A bot in Socket Mode."""
    with BotThread(stack.environment) as bot:
        yield bot


@pytest.fixture
async def slack(stack: Stack, bot: BotThread) -> AsyncIterator[LocalSlack]:
    """A Slack in which nobody said anything, with a bot in it."""
    assert stack.slack is not None
    await stack.slack.reset()
    yield stack.slack
    bot.rest()


@pytest.fixture
def front(stack: Stack, slack: LocalSlack) -> SlackFront:
    """A front without memories."""
    assert stack.front is not None
    stack.front.calm()
    stack.front.forget()
    stack.front.steer(rate=0, public=True, missing_scopes=[], ratelimited={})
    return stack.front
