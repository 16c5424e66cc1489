"""The recorded orchestrator, alive on a local port."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.sources.octollm.asking import Asker
from tests.sources.octollm.replay import Replay, replaying


@pytest.fixture
def replay() -> Iterator[Replay]:
    """Return the server of the recorded answers."""
    with replaying() as replay:
        yield replay


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    """Return a client."""
    asker = Asker()
    yield asker
    await asker.close()
