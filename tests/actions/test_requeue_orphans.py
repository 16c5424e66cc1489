"""`orphans requeue`."""

import pytest

from bot.actions.requeue_orphans import ACTION, RequeueOrphansQuery
from bot.domain.errors import SourceDown
from bot.domain.offers import Fate, Plan
from bot.domain.tasks import Task
from bot.sources import Gaps
from tests.world import (
    TASK,
    WORKER,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

DOWN = SourceDown("supabase", "cannot be reached")
RUNPOD_DOWN = SourceDown("runpod", "cannot be reached")
HELD = a_task(worker_id=WORKER)
DEAD = a_worker(status="crashed", last_heartbeat_at=ago(minutes=30))
API = a_worker(
    "api-worker-1", runs_on_gpu=False, runpod_id=None, last_heartbeat_at=None
)
OTHER = "51345358-0000-4000-8000-000000000002"
THIRD = "61345358-0000-4000-8000-000000000003"


async def _planned(world: World) -> tuple[Plan, Gaps]:
    planning = world.planning()
    plan: Plan = await ACTION.plan(RequeueOrphansQuery(), planning)
    return plan, planning.gaps


@pytest.mark.parametrize(
    "task",
    [
        HELD,
        a_task(),
        a_task(worker_id="api-worker-1", started_at=ago(minutes=7)),
        a_task(task_type="travel_orchestrator", started_at=ago(hours=1)),
        a_task(status="Queued"),
        a_task(status="Failed", worker_id="gpu-dead"),
    ],
    ids=["alive", "unassigned", "api", "coordinator", "waiting", "failed"],
)
async def test_what_is_no_orphan_is_not_spoken_of(task: Task) -> None:
    """Neither put back nor left alone."""
    dead = a_worker("gpu-dead", status="error", runpod_id=None)
    world = a_world(tasks=[task], workers=[a_worker(), API, dead])

    plan, _ = await _planned(world)

    assert plan == Plan(items=())


async def test_every_orphan_goes_back() -> None:
    """Each for its own reason, the oldest first."""
    tasks = [
        a_task(worker_id="api-worker-1", started_at=ago(minutes=8)),
        a_task(OTHER, worker_id=WORKER, created_at=ago(minutes=20)),
        a_task(THIRD, started_at=ago(minutes=16), created_at=ago(minutes=30)),
    ]
    world = a_world(tasks=tasks, workers=[DEAD, API])

    plan, gaps = await _planned(world)

    assert [(item.target, item.why) for item in plan.items] == [
        (THIRD, "no worker is assigned"),
        (OTHER, "its worker is crashed"),
        (TASK, "the API worker took longer than 7 min"),
    ]
    assert (plan.left_alone, plan.pods, gaps.all) == ((), 0, ())


async def test_an_orphan_that_was_tried_too_often_is_left_alone() -> None:
    """It would most likely fail again."""
    task = a_task(worker_id=WORKER, attempts=3)

    plan, _ = await _planned(a_world(tasks=[task], workers=[DEAD]))

    [spared] = plan.left_alone
    assert (plan.items, spared.target) == ((), TASK)
    assert spared.why == "it was tried 3 times, which is all it gets"


async def test_an_orphan_whose_workers_pod_runs_is_left_alone() -> None:
    """It could be done twice; the others go back all the same."""
    free = a_task(OTHER, started_at=ago(minutes=16))
    world = a_world(tasks=[HELD, free], workers=[DEAD], pods=[a_pod()])

    plan, _ = await _planned(world)

    [spared] = plan.left_alone
    assert spared.target == TASK
    assert spared.why.startswith("the pod of its worker still runs")
    assert [item.target for item in plan.items] == [OTHER]


async def test_without_pods_only_what_has_none_goes_back() -> None:
    """Who could not be asked is a gap."""
    free = a_task(OTHER, started_at=ago(minutes=16))
    world = a_world(tasks=[HELD, free], workers=[DEAD])
    world.pods.down = RUNPOD_DOWN

    plan, gaps = await _planned(world)

    [spared] = plan.left_alone
    assert spared.why == f"nobody can tell whether the pod of {WORKER} still runs"
    assert [item.target for item in plan.items] == [OTHER]
    assert [gap.source for gap in gaps.all] == ["runpod"]


async def test_of_a_list_that_was_cut_nothing_is_planned() -> None:
    """All of them were asked for."""
    world = a_world(tasks=[HELD], workers=[DEAD])
    world.tasks.whole = False

    with pytest.raises(SourceDown, match="did not show all tasks in progress"):
        await _planned(world)


async def test_tasks_that_cannot_be_read_are_not_planned() -> None:
    """The desk turns it into one calm line."""
    world = a_world(tasks=[HELD])
    world.tasks.down = DOWN

    with pytest.raises(SourceDown, match="cannot be reached"):
        await _planned(world)


async def test_what_was_planned_is_done() -> None:
    """Looked at once more, then put back; no pod is touched."""
    world = a_world(tasks=[HELD], workers=[DEAD])
    [item] = (await _planned(world))[0].items

    assert await ACTION.look(item, world.hands()) is None
    ended = await ACTION.do(item, world.hands())

    assert (ended.outcome, ended.detail) == (Fate.DONE, "back in the queue")
    assert world.pod_power.asked == []


async def test_a_task_that_its_worker_finished_since_is_left_alone() -> None:
    """It was not as dead as it seemed."""
    world = a_world(tasks=[HELD], workers=[DEAD])
    [item] = (await _planned(world))[0].items
    world.tasks.rows[0] = a_task(status="Complete", worker_id=WORKER)

    left = await ACTION.look(item, world.hands())

    assert left is not None
    assert left.outcome is Fate.LEFT_ALONE
    assert left.detail == f"it changed since the plan: it is Complete by {WORKER}"
