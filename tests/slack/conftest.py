"""A little Slack for the tests of single parts."""

from collections.abc import AsyncIterator

import pytest

from bot.slack.metrics import Metrics
from bot.slack.sending.sender import Sender
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
async def sender(little: LittleSlack, metrics: Metrics) -> AsyncIterator[Sender]:
    """Return what sends to the little Slack."""
    async with a_sender(little, metrics) as sender:
        yield sender
