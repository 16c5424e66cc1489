"""Parts that answer are ready; others are named, with the reason."""

import asyncio

import anyio
import pytest

from bot.domain.errors import NotConfigured, SourceDown
from bot.slack.readiness import Readiness
from tests.counterparts import PATIENCE
from tests.demo.socket_bot import until
from tests.slack.little_slack import refused


async def well() -> None:
    """Answer."""


def failing(error: Exception) -> Readiness:
    """Return the readiness of one part that fails so."""

    async def look() -> None:
        raise error

    return Readiness({"part": look})


async def test_before_the_first_look_nothing_is_ready() -> None:
    """Nobody knows yet."""
    assert Readiness({"slack": well}).missing() == {"slack": "not looked at yet"}


async def test_what_answered_is_ready() -> None:
    """Each part by itself."""
    readiness = Readiness({"slack": well})
    await readiness.look()

    assert readiness.missing() == {}


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SourceDown("runpod", "cannot be reached"), "runpod cannot be reached"),
        (refused("invalid_auth"), "refused: invalid_auth"),
        (refused(""), "refused: its answer makes no sense"),
        (OSError("no"), "cannot be reached (OSError)"),
    ],
)
async def test_what_failed_is_named(error: Exception, why: str) -> None:
    """In one line, without the error's own text."""
    readiness = failing(error)
    await readiness.look()

    assert readiness.missing() == {"part": why}


async def test_what_is_not_configured_is_left_out() -> None:
    """It can't be down."""
    readiness = failing(NotConfigured("runpod", "RUNPOD_API_KEY"))
    await readiness.look()

    assert readiness.missing() == {}


async def test_one_failure_soon_after_an_answer_is_forgiven() -> None:
    """A look may fail; two in a row tell something."""
    errors: list[Exception] = []

    async def look() -> None:
        if errors:
            raise errors[0]

    readiness = Readiness({"part": look})
    await readiness.look()
    errors.append(OSError())
    await readiness.look()

    assert readiness.missing() == {}


async def test_it_keeps_looking() -> None:
    """Until it is cancelled."""
    looks: list[int] = []

    async def look() -> None:
        looks.append(1)

    readiness = Readiness({"part": look}, every_seconds=0.001)
    with anyio.move_on_after(PATIENCE) as scope:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(readiness.keep_looking())
            await until(lambda: len(looks) > 2)
            looking.cancel()

    assert not scope.cancelled_caught
