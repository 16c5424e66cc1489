"""A bare id."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.errors import Ambiguous, Misread, NotConfigured, NotFound, SourceDown
from bot.domain.findings import Status, status_of
from bot.domain.logs import LogLine
from bot.domain.report import Report
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import WorkerId
from bot.queries import book
from bot.queries.runpod import RunpodData
from bot.queries.task import TaskData
from bot.queries.trace import TraceData
from bot.queries.what import WhatQuery, answer
from bot.queries.worker import WorkerData
from bot.sources import Listing, NoPods
from tests.world import (
    POD,
    TASK,
    WORKER,
    FakeTasks,
    FakeWorkers,
    World,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
)


async def _answered(world: World, id: str, hours: float = 24.0) -> Report:
    asked = world.asked(commands=book())
    return await answer(WhatQuery(id=id, hours=hours), asked)


@pytest.mark.parametrize("id", [TASK, "41345358", "4134"])
async def test_a_task_is_investigated(id: str) -> None:
    """As if `task` had been typed."""
    world = a_world(tasks=[a_task()], workers=[a_worker()])

    report = await _answered(world, id, hours=2)

    row = data_of(report, TaskData).task
    assert row is not None
    assert row.id == TASK
    assert report.command == "task"
    assert report.words.startswith("task ")
    assert report.words.endswith(" --hours 2")
    assert report.arguments["id"] == TASK
    assert report.window is not None
    assert report.window.since == ago(hours=2)


@pytest.mark.parametrize(
    "id", [WORKER, "gpu-2026", WORKER[-8:], POD, POD.upper(), POD[:5], POD[-5:]]
)
async def test_a_worker_is_investigated(id: str) -> None:
    """By its id, the beginning or the end of it, or its pod."""
    world = a_world(tasks=[a_task()], workers=[a_worker()], pods=[a_pod()])

    report = await _answered(world, id)

    assert data_of(report, WorkerData).worker.id == WORKER
    assert report.command == "worker"


@pytest.mark.parametrize(
    "id", ["freepod1", "gpu-stranger", "free", "FREEp", "gpu-s", "pod1", "ranger"]
)
async def test_a_pod_without_a_worker_leads_to_all_pods(id: str) -> None:
    """By its id or its name, or the beginning of either."""
    world = a_world(pods=[a_pod("freepod1", name="gpu-stranger"), a_pod("other")])

    report = await _answered(world, id)

    assert data_of(report, RunpodData).pods[0].id == "freepod1"
    assert report.command == "runpod"
    assert report.words == "runpod"
    assert report.arguments == {"id": id, "hours": 24.0}


async def test_what_is_the_matter_with_the_pod_is_told_first() -> None:
    """And only an orphan can be ended from there."""
    pods = [
        a_pod("other1"),
        a_pod("freepod1"),
        a_pod("fresh1", named_at=ago(minutes=1)),
    ]
    world = a_world(pods=pods)

    orphan = await _answered(world, "freepod1")
    young = await _answered(world, "fresh1")

    assert orphan.summary == orphan.findings[0].title
    assert [each.subject.id for each in orphan.findings] == ["freepod1", "other1"]
    assert orphan.asks[0].words == "runpod terminate freepod1"
    assert "runpod terminate fresh1" not in {each.words for each in young.asks}


@pytest.mark.parametrize("id", ["w1", "rack/7", "größe 2"])
async def test_a_worker_may_be_called_anything(id: str) -> None:
    """Also what is too short for a part of an id."""
    world = a_world(workers=[a_worker(id), a_worker(f"{id}-more")])

    report = await _answered(world, id)

    assert report.command == "worker"
    assert report.arguments["id"] == id
    with pytest.raises(Misread, match="'w' is too short for an id"):
        await _answered(world, "w")


async def test_an_id_of_nothing_is_not_found() -> None:
    """All three kinds were looked for."""
    with pytest.raises(NotFound, match="nothing is called abcd"):
        await _answered(a_world(), "abcd")


@pytest.mark.parametrize(
    ("id", "hint"),
    [
        ("brain", "by its form it is of agents: brain --system agents"),
        ("judge", "by its form it is of octollm: judge --system octollm"),
        ("abcd", "recent ones: tasks --hours 2, workers --hours 2"),
        (WORKER, "recent ones: workers --hours 2"),
    ],
)
async def test_an_id_of_another_system_tells_where_to_ask(id: str, hint: str) -> None:
    """Where its form alone tells, and nothing here is called so."""
    with pytest.raises(NotFound, match=f"nothing is called {id}: no task, no w") as it:
        await _answered(a_world(), id)

    assert it.value.hint == hint


async def test_a_worker_that_left_no_row_is_investigated() -> None:
    """As the brain, which no heartbeat need tell of."""
    world = a_world(workers=[a_worker()])

    async def found(part: str) -> Sequence[WorkerId]:
        return ()

    world.workers.find = found  # type: ignore[method-assign]
    report = await _answered(world, WORKER)

    assert data_of(report, WorkerData).worker.id == WORKER


async def test_what_may_be_several_things_lists_them() -> None:
    """With their kinds."""
    worker = a_worker(WorkerId("4134-worker"), runpod_id=None)
    world = a_world(tasks=[a_task()], workers=[worker])

    with pytest.raises(Ambiguous) as raised:
        await _answered(world, "4134")

    assert raised.value.candidates == (f"task {TASK}", "worker 4134-worker")


async def test_several_pods_may_begin_alike() -> None:
    """None is picked."""
    world = a_world(pods=[a_pod("freepod1"), a_pod("freepod2")])

    with pytest.raises(Ambiguous) as raised:
        await _answered(world, "freep")

    assert raised.value.candidates == ("pod freepod1", "pod freepod2")


async def test_an_exact_id_wins_over_longer_ones() -> None:
    """A worker may be called by what begins another's name."""
    workers = [
        a_worker(WorkerId("gpu-main"), runpod_id=None),
        a_worker(WorkerId("gpu-main-2"), runpod_id=None),
    ]

    report = await _answered(a_world(workers=workers), "gpu-main")

    assert data_of(report, WorkerData).worker.id == "gpu-main"


async def test_without_the_pods_nobody_can_tell() -> None:
    """It may be one of them."""
    world = a_world()
    world.pods.down = SourceDown("runpod", "cannot be reached")

    with pytest.raises(SourceDown, match="no task and no worker is called freepod1"):
        await _answered(world, "freepod1")


@pytest.mark.parametrize(
    "down",
    [
        SourceDown("runpod", "did not answer within 4.8 s"),
        NotConfigured("runpod", "RUNPOD_API_KEY"),
    ],
)
async def test_a_pod_that_was_not_read_is_not_well(down: SourceDown) -> None:
    """A worker's row proves nothing of its pod; of the worker it is all there is."""
    ended = a_worker(status="terminated", last_heartbeat_at=ago(hours=3))
    world = a_world(workers=[ended])
    read = await _answered(world, POD)
    world.pods.down = down

    unread = await _answered(world, POD)
    worker = await _answered(world, WORKER)

    assert (read.status, worker.status) == (Status.OK, Status.OK)
    assert unread.status is Status.UNKNOWN
    assert unread.summary == (
        f"cannot tell whether pod {POD} still runs, as it was not read;"
        f" its row says: {worker.summary}"
    )


async def test_a_pod_that_was_not_read_is_no_better_than_its_worker() -> None:
    """What is wrong with the worker is told as it is; one that beats needs no pod."""
    world = a_world(workers=[a_worker(last_heartbeat_at=ago(minutes=40))])
    world.pods.down = SourceDown("runpod", "cannot be reached")

    silent = await _answered(world, POD)
    world.workers.rows = [a_worker()]
    beating = await _answered(world, POD)

    assert status_of(silent.findings) is Status.CRITICAL
    assert "not read" not in silent.summary
    assert "not read" not in beating.summary


async def test_pods_that_nobody_set_up_are_left_out() -> None:
    """And named."""
    world = a_world()
    world.pods.down = NotConfigured("runpod", "RUNPOD_API_KEY")
    asked = world.asked(commands=book())

    with pytest.raises(NotFound):
        await answer(WhatQuery(id="freepod1"), asked)

    assert [gap.source for gap in asked.gaps.all] == ["runpod"]


async def test_a_pod_may_be_called_like_a_worker_that_has_no_row() -> None:
    """An orphan at birth."""
    world = a_world(pods=[a_pod("freepod1", name=WORKER)])

    report = await _answered(world, WORKER)

    assert report.command == "runpod"


async def test_what_no_worker_can_be_called_is_not_asked_for() -> None:
    """Nor what no task can be called."""
    world = a_world(pods=[a_pod("freepod1", name="-odd")])

    report = await _answered(world, "-odd")

    assert report.command == "runpod"


def test_it_has_no_name_to_type() -> None:
    """It stands for an id alone."""
    [hidden] = [each for each in book().values() if each.hidden]

    assert hidden.query is WhatQuery
    assert replace(hidden, hidden=False).usage != hidden.usage


class FakeRequests:
    """Fulfils `bot.sources.Requests`: the one line of one request."""

    place = "the log files of orchestrator"

    def __init__(self, id: str) -> None:
        self._id = id

    async def of(self, id: str, window: Window) -> Listing[LogLine]:
        line = a_line(request_id=self._id)
        return Listing((line,) if id == self._id and line.at in window else ())


@pytest.mark.parametrize("id", ["req-abc123", TASK])
async def test_a_request_is_traced(id: str) -> None:
    """Whatever its id looks like, if it is not a task's."""
    world = a_world()
    world.requests = FakeRequests(id)

    report = await _answered(world, id)

    assert data_of(report, TraceData).request_id == id
    assert report.command == "trace"


async def test_where_tasks_cannot_be_listed_lines_tell_of_them() -> None:
    """As they tell `task`; of what no line bears nobody can tell what it is."""
    unlisted = NotConfigured("octollm database", "OCTOLLM_DATABASE_URL")

    class Unlisted(FakeTasks):
        async def find(self, prefix: str) -> Sequence[TaskId]:
            raise unlisted

    world = a_world(lines=[a_line(task_id=TASK)])
    world.tasks = Unlisted([a_task()], listed=False)
    world.requests = FakeRequests("abcd1234")

    assert (await _answered(world, "4134")).command == "task"
    assert (await _answered(world, "abcd1234")).command == "trace"
    with pytest.raises(NotConfigured):
        await _answered(world, "abcd")
    with pytest.raises(NotFound) as raised:
        await _answered(world, "no-id")
    assert raised.value.hint == "recent ones: workers --hours 2"


async def test_what_no_line_bears_is_no_request() -> None:
    """It is said of what there could be, and no more."""
    world = World(vocabulary=Vocabulary(rents=False))
    world.pods = NoPods("octollm")  # type: ignore[assignment]
    world.requests = FakeRequests("req-other")

    with pytest.raises(NotFound, match="no task, no worker, no request"):
        await _answered(world, "req-abc123")
    with pytest.raises(NotFound, match="no task is called"):
        await _answered(world, TASK)


async def test_a_task_is_investigated_though_workers_cannot_be_told() -> None:
    """That is a gap; of what no task is called, nobody can tell."""
    down = SourceDown("supabase", "cannot be reached")

    class Hidden(FakeWorkers):
        async def find(self, part: str) -> Sequence[WorkerId]:
            raise down

    world = a_world(tasks=[a_task(worker_id=None)])
    world.workers = Hidden()
    asked = world.asked(commands=book())

    report = await answer(WhatQuery(id="41345358"), asked)

    assert report.command == "task"
    assert [gap.reason for gap in asked.gaps.all] == ["cannot be reached"]
    with pytest.raises(SourceDown):
        await _answered(world, "90d281bc")
