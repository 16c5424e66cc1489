"""What goes on beside the looks."""

import asyncio
import logging

import pytest

from bot.domain.errors import SourceDown
from bot.slack.telling.errands import Errands
from bot.state.leases import TermOver


async def test_of_one_name_one_thing_is_done_at_a_time() -> None:
    """A slow Slack piles nothing up; when it is over the next may begin."""
    errands, done, gate = Errands(), list[str](), asyncio.Event()

    async def slow() -> None:
        done.append("begun")
        await gate.wait()

    for _ in range(3):
        errands.run("a", slow)
    await asyncio.sleep(0)
    assert done == ["begun"]

    gate.set()
    await errands.settle()
    await asyncio.sleep(0)
    errands.run("a", slow)
    await errands.settle()
    assert done == ["begun"] * 2


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (TermOver(), logging.INFO),
        (SourceDown("ledger", "is gone"), logging.WARNING),
        (ValueError("a bug"), logging.ERROR),
    ],
)
async def test_one_that_fails_harms_no_other(
    error: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It is written down."""
    errands, done = Errands(), list[str]()

    async def fails() -> None:
        raise error

    async def works() -> None:
        await asyncio.sleep(0)
        done.append("x")

    with caplog.at_level(logging.INFO, "bot.slack.telling.errands"):
        errands.run("a", fails)
        errands.run("b", works)
        await errands.settle()

    assert done == ["x"]
    assert [each.levelno for each in caplog.records] == [level]


async def test_given_up_they_end_where_they_are() -> None:
    """Nothing is sent by who no longer leads."""
    errands, sent = Errands(), list[str]()

    async def waits() -> None:
        await asyncio.sleep(60)
        sent.append("x")

    errands.run("a", waits)
    await asyncio.sleep(0)
    await errands.give_up()

    assert sent == []
