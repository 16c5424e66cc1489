"""The real counterparts, started once, and the shell."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot.cli import main
from bot.demo.local_slack import LocalSlack
from bot.demo.slack_front import SlackFront
from bot.demo.stack import Stack
from bot.sources.runpod import _sdk
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


def shell(*words: str, environment: dict[str, str]) -> Said:
    """Ask in the shell, in this process, with nothing but this environment.

    An answer takes a tenth of a second, and a process of its own several to begin;
    `program` starts one.
    """
    _sdk()  # before its answer's time begins to run: a busy machine loads it for long
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, environment, clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
        ThreadPoolExecutor(1) as pool,  # it runs a loop, and so may its caller
    ):
        code = pool.submit(main, words).result()
    return Said(code, out.getvalue(), err.getvalue())


def program(*words: str, environment: dict[str, str]) -> Said:
    """Run `debug-bot` as a user does, with nothing but this environment."""
    run = subprocess.run(
        [sys.executable, "-m", "bot", *words],
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
