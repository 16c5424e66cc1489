"""The fakes of `tests/world.py` and the agents' files, asked the same questions.

Both hold the same small world: five tasks of two workers, and a brain.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import Lacks, NotConfigured, NotFound
from bot.domain.file_queue import FileQueue
from bot.domain.pods import PodId
from bot.domain.tasks import Task, TaskPhase
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.settings import AgentsFolder
from bot.sources import Endings, LogSearch, System, TaskSearch
from bot.sources.agents import agents
from bot.sources.asking import Gaps
from tests.sources.agents.files import (
    NOW,
    a_brain,
    a_decision,
    a_gpu,
    a_log,
    a_task,
    ago,
    an_id,
    naive,
    the_decisions,
    write,
)
from tests.world import a_world

DAY = Window.before(NOW, hours=24)
ENDED = ago(minutes=2)
ROWS = (
    (1, Lane.QUEUE, "pending", TaskPhase.WAITING, None, None),
    (2, Lane.PROCESSING, "processing", TaskPhase.RUNNING, "gpu-1", None),
    (3, Lane.COMPLETE, "complete", TaskPhase.DONE, "gpu-1", ENDED),
    (4, Lane.FAILED, "failed", TaskPhase.FAILED, "gpu-2", ENDED),
    (5, Lane.FAILED, "abandoned", TaskPhase.FAILED, "gpu-2", ENDED),
)


def made(number: int) -> datetime:
    return ago(minutes=10 + number)


@pytest.fixture
def fake() -> System:
    tasks = [
        Task(
            id=an_id(number),
            task_type="script",
            status=status,
            phase=phase,
            created_at=made(number),
            started_at=None if phase is TaskPhase.WAITING else ago(minutes=5),
            processed_at=ended,
            worker_id=WorkerId(worker) if worker else None,
            error="it broke" if phase is TaskPhase.FAILED else None,
        )
        for number, _, status, phase, worker, ended in ROWS
    ]
    workers = [
        Worker(
            id=WorkerId(f"gpu-{number}"),
            status="cold",
            phase=WorkerPhase.ACTIVE,
            created_at=NOW,
            last_heartbeat_at=NOW,
        )
        for number in (1, 2)
    ]
    world = a_world(tasks=tasks, workers=workers)
    return System(
        name="fake",
        source="fake",
        tasks=world.tasks,
        workers=world.workers,
        logs=world.logs,
        pods=world.pods,
    )


@pytest.fixture
def real(tmp_path: Path) -> System:
    for number, lane, status, phase, worker, ended in ROWS:
        fields: dict[str, Any] = {"status": status, "created_at": naive(made(number))}
        if worker is not None:
            fields |= {"assigned_to": worker, "started_at": naive(ago(minutes=5))}
        if ended is not None:
            fields["completed_at"] = naive(ended)
        if phase is TaskPhase.FAILED:
            fields["result"] = {"success": False, "error": "it broke"}
        a_task(tmp_path, lane, number, **fields)
    for number in (1, 2):
        a_gpu(tmp_path, number)
    a_brain(tmp_path)
    the_decisions(tmp_path, a_decision("MONITOR", "Agents: 2/2", NOW))
    a_log(tmp_path, "gpu-1.log", "09:00:00 [gpu-1] ERROR: it broke")
    return agents(AgentsFolder(root=tmp_path, zone=ZoneInfo("UTC")))


def facts(tasks: Iterable[Task]) -> list[tuple[object, ...]]:
    """Return what every system has to say alike."""
    return [
        (
            *(each.id, each.task_type, each.status, each.phase, each.worker_id),
            *(each.created_at, each.started_at, each.processed_at, each.error),
        )
        for each in tasks
    ]


async def test_both_list_the_same_tasks(fake: System, real: System) -> None:
    """Newest first, whatever is wanted."""
    for wanted in (
        TaskSearch(window=DAY),
        TaskSearch(window=DAY, status="abandoned"),
        TaskSearch(window=DAY, worker_id=WorkerId("gpu-1")),
        TaskSearch(window=DAY, task_type="llm"),
        TaskSearch(window=Window(since=made(3), until=made(2))),
    ):
        ours, theirs = await real.tasks.search(wanted), await fake.tasks.search(wanted)

        assert [each.id for each in ours.rows] == [each.id for each in theirs.rows]
        assert ours.whole


async def test_both_tell_the_same_of_each_task(fake: System, real: System) -> None:
    """And of none that is not there."""
    for number, *_ in ROWS:
        ours, holder = await real.tasks.get(an_id(number))
        theirs, _ = await fake.tasks.get(an_id(number))

        assert facts([ours]) == facts([theirs])
        assert (holder.id if holder else None) == theirs.worker_id
    for each in (real, fake):
        with pytest.raises(NotFound):
            await each.tasks.get(an_id(9))


async def test_both_have_the_same_failures(fake: System, real: System) -> None:
    """With their errors; what the agents call failed is all that ended ill."""
    failed, abandoned = (
        TaskSearch(window=DAY, status=status) for status in ("failed", "abandoned")
    )
    ours = await real.tasks.failed(failed)
    theirs = [
        *(await fake.tasks.search(failed)).rows,
        *(await fake.tasks.search(abandoned)).rows,
    ]

    assert [each.id for each in ours.rows] == [each.id for each in theirs]
    assert {each.error for each in ours.rows} == {"it broke"}


async def test_both_know_the_same_beginnings(fake: System, real: System) -> None:
    """Of ids of tasks and of workers."""
    for prefix in ("0000", "00000003", "f"):
        ours, theirs = await real.tasks.find(prefix), await fake.tasks.find(prefix)

        assert list(ours) == list(theirs)
    assert set(await fake.workers.find("gpu")) == set(await real.workers.find("gpu"))


async def test_both_hold_the_same_tasks_for_a_worker(
    fake: System, real: System
) -> None:
    """And have the same in progress."""
    for id in (WorkerId("gpu-1"), WorkerId("gpu-2")):
        ours = await real.tasks.of_worker(id)
        theirs = await fake.tasks.of_worker(id)

        assert [each.id for each in ours.rows] == [each.id for each in theirs.rows]
    running, progress = (
        (await real.tasks.running()).rows,
        await fake.tasks.get(an_id(2)),
    )

    assert facts(task for task, _ in running) == facts([progress[0]])


def beats(workers: Iterable[Worker]) -> set[tuple[object, ...]]:
    """Return what is judged of workers."""
    return {
        (each.id, each.status, each.phase, each.pulse(NOW))
        for each in workers
        if each.runs_on_gpu
    }


async def test_both_know_the_same_workers(fake: System, real: System) -> None:
    """The brain is one more, and is not judged by its heartbeat here."""
    ours, theirs = await real.workers.fleet(DAY), await fake.workers.fleet(DAY)

    assert beats(ours.rows) == beats(theirs.rows)
    assert (await real.workers.get(WorkerId("brain"))).phase is WorkerPhase.ACTIVE


async def test_the_real_one_counts_and_ends_exactly(real: System) -> None:
    """Every word of its own is counted, also those that nothing has."""
    counts = await real.tasks.counts()

    assert set(counts) == set(real.tasks.statuses)
    assert sum(counts.values()) == len(ROWS)
    assert real.tasks.waiting_status in real.tasks.statuses
    hour = Window.before(NOW, hours=1)
    assert await real.tasks.ended(hour, made=DAY) == Endings(completed=1, failed=2)


async def test_the_real_one_tells_of_all_its_parts(real: System) -> None:
    """Lines, a cycle, the queue, the scene and the settings."""
    window = Window(since=NOW - timedelta(hours=1), until=NOW)
    queue = await real.tasks.queue(NOW)
    lines = await real.logs.search(LogSearch(window=window), limit=9)
    life = await real.logs.orchestration(window)
    scene = await real.scene(window)

    assert [entry.task.id for entry in queue.entries.rows] == [an_id(1)]
    assert lines.total == 2
    assert len(life.cycles) == 1
    assert isinstance(scene, FileQueue)
    assert len(scene.tasks or ()) == len(ROWS)
    assert real.settings
    with pytest.raises(Lacks, match="has no pods"):
        await real.pods.get(PodId("p"))


async def test_settings_that_cannot_be_read_are_named(
    real: System, tmp_path: Path
) -> None:
    """Whoever asks for them asks whether their file could be there."""
    well, gaps = Gaps(), Gaps()
    with well.hearing():
        await real.reach()
    write(tmp_path / "agents" / "config.json", "{")
    with gaps.hearing():
        await real.reach()

    assert well.all == ()
    assert [gap.reason for gap in gaps.all] == [
        "agents/config.json holds no JSON object: is it half written?"
    ]


def test_without_its_settings_there_is_nothing_to_ask(tmp_path: Path) -> None:
    """Each is named; a folder without a time zone would tell wrong ages."""
    with pytest.raises(NotConfigured, match="AGENTS_ROOT is not set"):
        agents(None)
    with pytest.raises(NotConfigured, match="AGENTS_TZ is not set"):
        agents(AgentsFolder(root=tmp_path))
