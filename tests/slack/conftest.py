"""A little Slack for the tests of single parts."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.demo.stack import Stack
from bot.slack.metrics import Metrics
from bot.slack.sending.sender import Sender
from tests.slack.bot_thread import BotThread
from tests.slack.little_slack import LittleSlack, a_sender, little_slack


@pytest.fixture
async def little() -> AsyncIterator[LittleSlack]:
    """Return a Slack that takes everything."""
    async with little_slack() as slack:
        yield slack


@pytest.fixture
def metrics() -> Metrics:
    """Return counters at nothing."""
    return Metrics()


@pytest.fixture
def unpressable() -> list[str]:
    """Return the offers whose buttons were not taken; none yet."""
    return []


@pytest.fixture
async def sender(
    little: LittleSlack, metrics: Metrics, unpressable: list[str]
) -> AsyncIterator[Sender]:
    """Return what sends to the little Slack."""
    async with a_sender(little, metrics, unpressable=unpressable.append) as sender:
        yield sender


@pytest.fixture(scope="module")
def socket_bot(stack: Stack) -> Iterator[BotThread]:
    """Return a bot in Socket Mode."""
    with BotThread(stack.environment) as bot:
        yield bot


@pytest.fixture(scope="module")
def http_bot(stack: Stack) -> Iterator[BotThread]:
    """Return a bot that is called over HTTP."""
    with BotThread(stack.http_environment) as bot:
        yield bot
