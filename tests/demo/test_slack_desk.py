"""What handlers of the front share: local-slack's page, and work beside requests."""

import asyncio

import aiohttp
import pytest

from bot.demo.local_slack import LocalSlack
from bot.demo.slack_desk import Desk
from bot.demo.slack_memory import Memory

pytestmark = pytest.mark.slack


async def test_the_page_tells_which_modals_are_open(slack: LocalSlack) -> None:
    """None, at first."""
    async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as tasks:
        desk = Desk(upstream=slack.url, memory=Memory(), tasks=tasks, client=client)

        assert (await desk.page())["modalStack"] == []


async def test_work_that_fails_beside_is_noted(slack: LocalSlack) -> None:
    """And ends nothing else."""

    async def fail() -> None:
        raise ValueError

    async with aiohttp.ClientSession() as client:
        async with asyncio.TaskGroup() as tasks:
            desk = Desk(upstream=slack.url, memory=Memory(), tasks=tasks, client=client)
            desk.spawn(fail())

        assert desk.memory.notes == [
            {"what": "delivery failed", "error": "ValueError()"}
        ]
