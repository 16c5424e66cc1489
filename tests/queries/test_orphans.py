"""`orphans`."""

from dataclasses import fields
from typing import Never

import pytest

from bot.domain.errors import Absent, NotConfigured, SourceDown
from bot.domain.findings import Status
from bot.domain.tasks import Task, TaskId
from bot.queries.orphans import OrphansData, OrphansQuery, answer
from tests.file_queues import FILE, a_file, a_queue, a_sidecar
from tests.service_scenes import a_scene, a_served_world
from tests.world import (
    TASK,
    WORKER,
    FakeTasks,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
    table_of,
    words_of,
)

OTHER = TaskId("52345358-0000-4000-8000-000000000002")


class Counted(FakeTasks):
    """Tasks of services without a database."""

    async def running(self) -> Never:
        """Raise: no endpoint lists them."""
        raise NotConfigured("octollm", "OCTOLLM_DATABASE_URL")


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        (0, Status.OK, "no task is in progress, so that none is orphaned"),
        (
            1,
            Status.UNKNOWN,
            "1 task is in progress; whether one is orphaned can't be told",
        ),
        (
            2,
            Status.UNKNOWN,
            "2 tasks are in progress; whether one is orphaned can't be told",
        ),
    ],
)
async def test_where_tasks_cannot_be_listed_none_in_progress_is_an_answer(
    number: int, status: Status, said: str
) -> None:
    """Any more is not."""
    world = a_world()
    world.tasks = Counted(rows=[a_task(f"{n}") for n in range(number)])

    report = await answer(OrphansQuery(), world.asked())

    assert (report.summary, report.status) == (said, status)
    assert data_of(report, OrphansData).in_progress == number


async def test_what_can_be_neither_listed_nor_counted_is_no_answer() -> None:
    """The setting is named."""
    world = a_world()
    world.tasks = Counted(down=SourceDown("octollm", "is down"))

    with pytest.raises(Absent, match="OCTOLLM_DATABASE_URL is not set"):
        await answer(OrphansQuery(), world.asked())


async def test_tasks_on_a_living_worker_are_no_orphans() -> None:
    """Nor are those that wait."""
    tasks = [a_task(worker_id=WORKER), a_task(OTHER, status="Queued")]
    world = a_world(tasks=tasks, workers=[a_worker()])

    report = await answer(OrphansQuery(), world.asked())

    assert data_of(report, OrphansData) == OrphansData(orphans=(), in_progress=1)
    assert report.summary == "the one task in progress is not orphaned"
    assert report.sections == ()
    assert report.findings == ()
    assert report.window is None


async def test_where_no_task_is_in_progress_none_is_orphaned() -> None:
    """Nor of two that run."""
    idle = await answer(OrphansQuery(), a_world().asked())
    two = [a_task(worker_id=WORKER), a_task(OTHER, worker_id=WORKER)]
    busy = await answer(
        OrphansQuery(), a_world(tasks=two, workers=[a_worker()]).asked()
    )

    assert idle.summary == "no task is in progress, so that none is orphaned"
    assert busy.summary == "none of the 2 tasks in progress is orphaned"


async def test_data_holds_each_orphan_and_why() -> None:
    """With what the system will do about it by itself."""
    world = a_world(
        tasks=[a_task(worker_id=WORKER)], workers=[a_worker(status="crashed")]
    )

    report = await answer(OrphansQuery(), world.asked())

    [orphan] = data_of(report, OrphansData).orphans
    assert {each.name: getattr(orphan, each.name) for each in fields(orphan)} == {
        "task_id": TASK,
        "worker_id": WORKER,
        "task_type": "travel_segment",
        "reason": "its worker is crashed",
        "started_at": ago(minutes=2),
        "running_seconds": 120.0,
        "attempts": 0,
        "next": "the orchestrator queues it again at about 2026-01-31 12:10:20Z, in"
        " 10 min 20 s, once it gives the worker up",
        "kept": None,
    }
    assert report.summary == (
        "1 of 1 tasks in progress is orphaned; all of them can be queued again now"
    )
    assert [found.rule for found in report.findings] == ["orphaned-task"]
    assert table_of(report, "Orphans") == [
        (TASK, WORKER, "its worker is crashed", "2 min", "yes", orphan.next)
    ]
    assert words_of(report) == [
        "orphans requeue",
        f"task {TASK}",
        f"worker {WORKER}",
        "queue",
    ]


async def test_where_nothing_is_orphaned_the_others_are_offered() -> None:
    """And an orphan that no worker holds leads to none."""
    well = a_world(tasks=[a_task(worker_id=WORKER)], workers=[a_worker()])
    held_by_none = a_world(tasks=[a_task(started_at=ago(minutes=20))])

    calm = await answer(OrphansQuery(), well.asked())
    alone = await answer(OrphansQuery(), held_by_none.asked())

    assert words_of(calm) == ["tasks --status 'In Progress'", "queue"]
    assert words_of(alone) == ["orphans requeue", f"task {TASK}", "queue"]


@pytest.mark.parametrize(
    ("tasks", "status", "asks"),
    [
        ([], Status.OK, ["queue"]),
        ([a_task(worker_id=WORKER)], Status.UNKNOWN, ["tasks --stuck", "queue"]),
    ],
)
async def test_of_services_nothing_tells_of_orphans(
    tasks: list[Task], status: Status, asks: list[str]
) -> None:
    """No row says who works on a task: none is called well for that."""
    world = a_served_world(a_scene(), tasks=tasks)

    report = await answer(OrphansQuery(), world.asked())

    assert (report.status, words_of(report)) == (status, asks)
    assert data_of(report, OrphansData).in_progress == len(tasks)
    note = "octollm does not tell whether who took a task still works on it"
    assert report.notes == (note,) * len(tasks)


async def test_the_longest_running_comes_first() -> None:
    """One that never started comes last, and is offered as well."""
    tasks = [
        a_task(OTHER, started_at=None, created_at=ago(hours=1)),
        a_task(worker_id=WORKER, started_at=ago(hours=5)),
    ]
    world = a_world(tasks=tasks, workers=[a_worker(status="terminated")])

    report = await answer(OrphansQuery(), world.asked())

    found = data_of(report, OrphansData).orphans
    assert [each.task_id for each in found] == [TASK, OTHER]
    assert found[1].running_seconds is None
    assert table_of(report, "Orphans")[1] == (
        OTHER,
        "none",
        "no worker is assigned",
        None,
        "yes",
        found[1].next,
    )


@pytest.mark.parametrize(("hours", "number"), [(1, 0), (6, 1), (None, 1)])
async def test_hours_narrow_it_to_tasks_that_started_then(
    hours: float | None, number: int
) -> None:
    """Without it all are looked at: an old orphan is the worst."""
    task = a_task(worker_id=WORKER, started_at=ago(hours=5), created_at=ago(hours=7))
    world = a_world(tasks=[task], workers=[a_worker(status="error")])

    report = await answer(OrphansQuery(hours=hours), world.asked())

    assert len(data_of(report, OrphansData).orphans) == number
    assert (report.window is None) == (hours is None)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "the one task in progress is not known to be orphaned"),
        (2, "none of the 2 tasks in progress is known to be orphaned"),
    ],
)
async def test_a_list_that_was_cut_says_so(number: int, said: str) -> None:
    """There may be more."""
    tasks = [a_task(f"{each}", worker_id=WORKER) for each in range(number)]
    world = a_world(tasks=tasks, workers=[a_worker()])
    world.tasks.whole = False

    report = await answer(OrphansQuery(), world.asked())

    assert report.truncated
    assert report.summary == said


async def test_only_orphans_are_spoken_of() -> None:
    """A stuck task on a living worker is another question."""
    tasks = [
        a_task(worker_id=WORKER, started_at=ago(hours=2)),
        a_task(OTHER, worker_id="gpu-gone"),
    ]
    world = a_world(tasks=tasks, workers=[a_worker()])

    report = await answer(OrphansQuery(), world.asked())

    assert {found.subject.id for found in report.findings} == {OTHER}


async def test_what_the_plan_would_leave_alone_is_said_beforehand() -> None:
    """Both ask the same function, so that as many are offered as are taken."""
    tasks = [
        a_task(TASK, worker_id=WORKER, started_at=ago(minutes=9)),
        a_task(OTHER, worker_id="gpu-2"),
    ]
    workers = [
        a_worker(status="crashed"),
        a_worker("gpu-2", status="terminated", runpod_id="p2"),
    ]
    world = a_world(tasks=tasks, workers=workers, pods=[a_pod()])

    report = await answer(OrphansQuery(), world.asked())

    why = (
        "the pod of its worker still runs, and it could be done twice: worker"
        f" terminate {WORKER} gives it back"
    )
    found = data_of(report, OrphansData).orphans
    assert [each.kept for each in found] == [why, None]
    assert report.summary == (
        "2 of 2 tasks in progress are orphaned; 1 can be queued again now, 1 cannot:"
        f" {why}"
    )
    assert report.asks[0].label == "Queue 1 again …"


async def test_where_none_may_go_back_nothing_is_offered() -> None:
    """Nobody can tell whether a pod runs while RunPod is silent."""
    world = a_world(
        tasks=[a_task(worker_id=WORKER)], workers=[a_worker(status="crashed")]
    )
    world.pods.down = SourceDown("runpod", "cannot be reached")
    asked = world.asked()

    report = await answer(OrphansQuery(), asked)

    assert report.summary.endswith(
        "; none can be queued again now: nobody can tell whether the pod of"
        f" {WORKER} still runs"
    )
    assert words_of(report)[0] == f"task {TASK}"
    assert [gap.failed for gap in asked.gaps.all] == [True]


async def test_of_several_reasons_one_is_told_as_that_of_one() -> None:
    """Each stands beside its task."""
    tasks = [
        a_task(TASK, worker_id=WORKER, started_at=ago(minutes=9)),
        a_task(OTHER, worker_id="gpu-2"),
    ]
    workers = [a_worker(id, status="crashed", runpod_id=id) for id in (WORKER, "gpu-2")]
    pods = [a_pod(id, name=id) for id in (WORKER, "gpu-2")]
    world = a_world(tasks=tasks, workers=workers, pods=pods)

    report = await answer(OrphansQuery(), world.asked())

    assert report.summary == (
        f"2 of 2 tasks in progress are orphaned; none can be queued again now;"
        f" {TASK[:8]}, for one: the pod of its worker still runs, and it could be done"
        f" twice: worker terminate {WORKER} gives it back"
    )


async def test_where_nothing_is_orphaned_no_pod_is_missed() -> None:
    """The answer is whole without them: a calm gap."""
    world = a_world(tasks=[a_task(worker_id=WORKER)], workers=[a_worker()])
    world.pods.down = SourceDown("runpod", "cannot be reached")
    asked = world.asked()

    report = await answer(OrphansQuery(), asked)

    assert report.summary == "the one task in progress is not orphaned"
    assert [gap.failed for gap in asked.gaps.all] == [False]


async def test_of_a_system_that_is_only_read_it_is_said_once() -> None:
    """Not of each orphan that it cannot be queued again."""
    world = a_world(tasks=[a_task(FILE, worker_id=WORKER)])
    world.name = "agents"
    old = a_sidecar(updated_at=ago(minutes=8))
    world.scene = a_queue(tasks=(a_file(started_at=ago(minutes=9), sidecar=old),))

    report = await answer(OrphansQuery(), world.asked())

    assert report.summary.endswith("none can be queued again now: agents is only read")
    [row] = table_of(report, "Orphans")
    assert len(row) == 5
    assert "orphans requeue" not in words_of(report)
