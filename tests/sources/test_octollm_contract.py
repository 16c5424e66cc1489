"""What `bot.sources.protocols` promises, asked of a whole OctoLLM.

As tests/sources/test_contract.py asks of the other system, as far as it applies.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.demo.postgres import Postgres
from bot.domain.errors import Absent, Lacks, NotFound
from bot.domain.pages import Border
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.settings import Octo
from bot.sources import LogSearch, System, TaskSearch
from bot.sources.octollm import Deployment, octollm
from tests.databases import server as server  # noqa: PLC0414  a fixture
from tests.sources.octollm.bases import seed
from tests.sources.octollm.replay import replaying
from tests.sources.octollm.samples import CONSOLE, JSON, LOST, at

pytestmark = pytest.mark.postgrest

DAY = Window(since=at("08:00"), until=at("10:00"))
GONE = TaskId("00000000-0000-4000-8000-000000000000")
FAILED = TaskId("21301d81-3dcd-491d-a4d4-94fee10323e0")


@pytest.fixture
async def system(server: Postgres) -> AsyncIterator[System]:
    """Return the system of the real runs: its answers, its rows, its lines."""
    seed(server)
    with replaying() as replay:
        settings = Octo(
            url=replay.url,
            database_url=server.uri,
            log_globs=(("orchestrator", str(JSON)), ("orchestrator", str(CONSOLE))),
        )
        deployment = Deployment(settings, clock=lambda: at("10:00"))
        yield octollm(deployment)
        await deployment.close()


async def test_counts_agree_with_lists(system: System) -> None:
    """By each status, and of all."""
    counts = await system.tasks.counts()
    every = await system.tasks.search(TaskSearch(window=DAY))

    for status in system.tasks.statuses:
        listed = await system.tasks.search(TaskSearch(window=DAY, status=status))
        assert len(listed.rows) == counts[status] == await system.tasks.count(status)
    assert len(every.rows) == sum(counts.values()) == 24
    assert counts[system.tasks.waiting_status] == 20


async def test_pages_of_lines_are_all_lines(system: System) -> None:
    """Page after page, backwards and forwards: none twice, none left out."""
    every = await system.logs.search(LogSearch(window=DAY), limit=1000)

    async def pages(*, back: bool) -> list[str]:
        seen: list[str] = []
        border = None
        while True:
            given: Any = {"before" if back else "after": border} if border else {}
            if not border and not back:
                first = every.rows[0]
                border = Border(at=first.at, id="a-0-000000000000")
                continue
            page = await system.logs.search(LogSearch(window=DAY, **given), limit=50)
            if not page.rows:
                return seen
            ids = [line.id for line in page.rows]
            seen = [*ids, *seen] if back else [*seen, *ids]
            edge = page.rows[0 if back else -1]
            border = Border(at=edge.at, id=edge.id)

    ids = [line.id for line in every.rows]
    assert len(ids) == 311
    assert await pages(back=True) == ids
    assert await pages(back=False) == ids


async def test_alarms_are_the_lines_that_alarm(system: System) -> None:
    """The first of them is the first alarm."""
    every = await system.logs.search(LogSearch(window=DAY), limit=1000)
    alarms = await system.logs.alarms(DAY, limit=1000)
    alarming = tuple(line for line in every.rows if line.alarming)

    assert alarms.rows == alarming
    assert await system.logs.first_alarm(DAY) == alarming[0]
    assert (await system.logs.alarms(DAY, limit=1)).rows == alarming[-1:]


async def test_lines_of_a_task_are_those_that_carry_its_id(system: System) -> None:
    """As searching for it finds them."""
    id = TaskId(LOST)
    found = await system.logs.search(LogSearch(window=DAY, task_id=id), limit=1000)

    assert (await system.logs.of_task(id, DAY)).rows == found.rows
    assert len(found.rows) == 1


async def test_what_does_not_exist_is_missed_in_the_same_words(system: System) -> None:
    """As of every other system."""
    with pytest.raises(NotFound, match=f"no task is called {GONE}"):
        await system.tasks.get(GONE)
    with pytest.raises(NotFound, match="no worker is called gpu-none"):
        await system.workers.get(WorkerId("gpu-none"))
    assert await system.tasks.named([GONE]) == ()


async def test_a_whole_id_and_a_part_of_it_find_the_same(system: System) -> None:
    """A task by its beginning, a service by either end."""
    assert system.tasks.is_id(FAILED)
    assert await system.tasks.find(FAILED[:9]) == [FAILED]
    assert system.workers.is_id("orchestrator")
    assert await system.workers.find("orch") == await system.workers.find("rator")


async def test_there_are_no_pods_in_one_line(system: System) -> None:
    """Which fails no answer."""
    for question in (system.pods.all(), system.pods.get("x")):  # type: ignore[arg-type]
        with pytest.raises(Lacks, match="has no pods") as caught:
            await question
        assert isinstance(caught.value, Absent)


async def test_nothing_secret_and_no_match_leaves(system: System) -> None:
    """Neither the database's address nor what the injection check matched."""
    every = await system.logs.search(LogSearch(window=DAY), limit=1000)
    tasks = await system.tasks.search(TaskSearch(window=DAY))
    scene = await system.scene(DAY)

    told = f"{every} {tasks} {scene} {system.tasks}".lower()
    assert "ignore all previous" not in told
    assert "postgresql://" not in told
