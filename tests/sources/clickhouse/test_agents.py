"""The real agents' lines, asked of their files and of the engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest

from bot.demo.clickhouse import ClickHouse
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Listing, Logs, LogSearch
from bot.sources.agents.folder import Folder
from bot.sources.agents.logs import AgentsLogs
from bot.sources.clickhouse import agents_logs
from tests.engines import insert, made, reading
from tests.sources.agents.files import running

pytestmark = pytest.mark.clickhouse
RENDER: Final = TaskId("3a333f8c-8470-4efc-81da-07a9419aa14b")

QUESTIONS: Final[dict[str, Callable[[Logs, Window], Awaitable[Any]]]] = {
    "a task": lambda logs, window: logs.of_task(RENDER, window),
    "an agent": lambda logs, window: logs.of_worker(WorkerId("gpu-4"), window),
    "its subprocess": lambda logs, window: logs.of_worker(
        WorkerId("gpu-4-w0-3a333f8c"), window
    ),
    "the brain": lambda logs, window: logs.of_worker(WorkerId("brain"), window),
    "who names it": lambda logs, window: logs.naming(WorkerId("gpu-4"), window),
    "who names the brain": lambda logs, window: logs.naming(WorkerId("brain"), window),
    "writers": lambda logs, window: logs.writers(window),
    "alarms": lambda logs, window: logs.alarms(window, limit=1000),
    "some alarms": lambda logs, window: logs.alarms(window, limit=2),
    "first alarm": lambda logs, window: logs.first_alarm(window),
    "life": lambda logs, window: logs.orchestration(window),
}
SEARCHES: Final[dict[str, dict[str, Any]]] = {
    "all": {},
    "a level": {"level": "WARNING"},
    "a kind": {"source": "decision"},
    "a name": {"source": "GPU-1"},
    "a task": {"task_id": RENDER},
    "a task by its beginning": {"task_id": TaskId(RENDER[:8])},
    "an agent": {"worker_id": WorkerId("gpu-1")},
    "the brain": {"worker_id": WorkerId("brain")},
    "a text": {"text": "CLAIMED script"},
    "together": {"worker_id": WorkerId("gpu-1"), "task_id": RENDER, "text": "spawned"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Window]:
    """Return the real files, and the hour of which they tell."""
    folder, now = running(tmp_path_factory.mktemp("agents"))
    return folder, Window.before(now, hours=1)


@pytest.fixture(scope="module")
def table(clickhouse: ClickHouse, folder: tuple[Folder, Window]) -> str:
    """Return a table that holds the lines of the files."""
    table = made(clickhouse)
    files, window = AgentsLogs(folder[0]), LogSearch(window=folder[1])
    every = asyncio.run(files.search(window, limit=100_000))
    assert every.whole
    assert len(every.rows) > 500
    insert(clickhouse, table, "agents", every.rows)
    return table


@pytest.fixture
async def both(
    clickhouse: ClickHouse, table: str, folder: tuple[Folder, Window]
) -> AsyncIterator[tuple[Logs, Logs]]:
    """Return the logs that read the files, and those that read the table."""
    files = AgentsLogs(folder[0])
    async with reading(clickhouse, table) as kept:
        yield files, agents_logs(kept.engine, files)


def shown(found: Any) -> Any:
    """Return an answer without a total that only some lists tell."""
    return (found.rows, found.whole) if isinstance(found, Listing) else found


@pytest.mark.parametrize("name", QUESTIONS)
async def test_both_answer_the_same(
    both: tuple[Logs, Logs], folder: tuple[Folder, Window], name: str
) -> None:
    """Line by line, in the same order."""
    files, engine = both
    of_files = await QUESTIONS[name](files, folder[1])

    assert shown(await QUESTIONS[name](engine, folder[1])) == shown(of_files)


@pytest.mark.parametrize("limit", [5, 100_000])
@pytest.mark.parametrize("name", SEARCHES)
async def test_both_find_the_same(
    both: tuple[Logs, Logs], folder: tuple[Folder, Window], name: str, limit: int
) -> None:
    """And count the same."""
    files, engine = both
    wanted = LogSearch(window=folder[1], **SEARCHES[name])
    of_files = await files.search(wanted, limit=limit)

    assert await engine.search(wanted, limit=limit) == of_files
    assert of_files.rows
