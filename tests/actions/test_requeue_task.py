"""`task requeue`."""

from dataclasses import replace

import pytest

from bot.actions.requeue_task import ACTION, RequeueTaskQuery
from bot.domain.errors import Misread, NotFound, SourceDown
from bot.domain.offers import Fate, Item, Plan
from bot.domain.tasks import Task
from bot.domain.workers import Worker
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
FAILED = a_task(status="Failed", worker_id=WORKER)
DEAD = a_worker(status="crashed", last_heartbeat_at=ago(minutes=30))
API = a_worker(
    "api-worker-1", runs_on_gpu=False, runpod_id=None, last_heartbeat_at=None
)


async def _planned(world: World, id: str = TASK) -> tuple[Plan, Gaps]:
    planning = world.planning()
    plan: Plan = await ACTION.plan(RequeueTaskQuery(id=id), planning)
    return plan, planning.gaps


async def _only(world: World) -> Item:
    """Return the one item that is planned."""
    [item] = (await _planned(world))[0].items
    return item


async def _why_spared(world: World) -> str:
    """Return why the task is left alone."""
    plan, _ = await _planned(world)
    [spared] = plan.left_alone
    assert (plan.items, spared.target) == ((), TASK)
    return spared.why


async def test_a_failed_task_may_go_back() -> None:
    """Though its worker lives, and works on something else."""
    world = a_world(tasks=[FAILED], workers=[a_worker()], pods=[a_pod()])

    plan, _ = await _planned(world)

    [item] = plan.items
    assert (item.target, item.action, item.why) == (TASK, "requeue task", "it failed")
    assert (plan.left_alone, plan.pods) == ((), 0)


async def test_an_orphaned_task_may_go_back() -> None:
    """Why it is one is said."""
    item = await _only(a_world(tasks=[HELD], workers=[DEAD]))

    assert item.why == "its worker is crashed"


async def test_a_late_task_of_an_outside_api_may_go_back() -> None:
    """No pod has a part in it."""
    task = a_task(worker_id="api-worker-1", started_at=ago(minutes=8))
    world = a_world(tasks=[task], workers=[API])
    world.pods.down = RUNPOD_DOWN

    assert (await _only(world)).why == "the API worker took longer than 7 min"


async def test_a_task_may_be_named_by_how_it_begins() -> None:
    """The plan names it in full."""
    plan, _ = await _planned(a_world(tasks=[FAILED]), "41345358")

    assert [item.target for item in plan.items] == [TASK]


@pytest.mark.parametrize(
    ("task", "worker", "why"),
    [
        (a_task(status="Queued"), None, "it waits in the queue already"),
        (a_task(status="Complete"), None, "it is Complete"),
        (a_task(status="Cancelled"), None, "it is Cancelled"),
        (
            a_task(status="Failed", attempts=3),
            None,
            "it was tried 3 times, which is all it gets",
        ),
        (
            a_task(task_type="travel_orchestrator"),
            None,
            "it coordinates other tasks",
        ),
        (
            HELD,
            a_worker(),
            f"its worker {WORKER} may still finish it (worker terminate ends it)",
        ),
        (
            a_task(worker_id="api-worker-1", started_at=ago(minutes=7)),
            API,
            "its worker api-worker-1 may still finish it",
        ),
    ],
    ids=["waiting", "complete", "cancelled", "spent", "coordinator", "alive", "api"],
)
async def test_a_task_that_must_not_go_back_is_left_alone(
    task: Task, worker: Worker | None, why: str
) -> None:
    """And it says why."""
    world = a_world(tasks=[task], workers=[worker] if worker else [])

    assert await _why_spared(world) == why


async def test_a_task_whose_dead_workers_pod_runs_is_left_alone() -> None:
    """It could be done twice."""
    world = a_world(tasks=[HELD], workers=[DEAD], pods=[a_pod()])

    assert await _why_spared(world) == (
        "the pod of its worker still runs, and it could be done twice:"
        f" worker terminate {WORKER} gives it back"
    )


async def test_without_pods_an_orphan_is_left_alone() -> None:
    """Who could not be asked is a gap."""
    world = a_world(tasks=[HELD], workers=[DEAD])
    world.pods.down = RUNPOD_DOWN

    plan, gaps = await _planned(world)

    [spared] = plan.left_alone
    assert spared.why == f"nobody can tell whether the pod of {WORKER} still runs"
    assert [gap.source for gap in gaps.all] == ["runpod"]


async def test_a_task_that_nobody_knows_is_not_found() -> None:
    """There is nothing to put back."""
    with pytest.raises(NotFound):
        await _planned(a_world())


async def test_what_is_no_task_is_misread() -> None:
    """A worker, say."""
    with pytest.raises(Misread):
        await _planned(a_world(), WORKER)


async def test_a_task_that_cannot_be_read_is_not_planned() -> None:
    """The desk turns it into one calm line."""
    world = a_world(tasks=[FAILED])
    world.tasks.down = DOWN

    with pytest.raises(SourceDown):
        await _planned(world)


@pytest.mark.parametrize("task", [FAILED, HELD], ids=["failed", "orphaned"])
async def test_what_was_planned_is_done(task: Task) -> None:
    """Looked at once more, then put back; no pod is touched."""
    world = a_world(tasks=[task], workers=[DEAD])
    item = await _only(world)

    assert await ACTION.look(item, world.hands()) is None
    ended = await ACTION.do(item, world.hands())

    assert (ended.outcome, ended.detail) == (Fate.DONE, "back in the queue")
    assert world.tasks.rows[0].status == "Queued"
    assert world.pod_power.asked == []


async def test_a_failed_task_goes_back_while_runpod_is_down() -> None:
    """From the plan to the deed."""
    world = a_world(tasks=[FAILED])
    world.pods.down = RUNPOD_DOWN
    item = await _only(world)

    assert await ACTION.look(item, world.hands()) is None


async def test_a_task_that_would_fail_again_goes_back_with_a_warning() -> None:
    """The plan names its error, and where it stands what to change."""
    hopeless = a_task(status="Failed", error="CUDA out of memory. Tried to allocate")

    plan, _ = await _planned(a_world(tasks=[hopeless], pods=[]))

    assert len(plan.items) == 1
    assert plan.notes == (
        "its error was: CUDA out of memory. Tried to allocate",
        f"as it is, it would probably fail again: task {TASK} tells what to change",
    )


async def test_what_fell_with_another_would_fall_again() -> None:
    """The plan names the one that failed by itself; of a passing error it is still."""
    fell = a_task(status="Failed", error="Cascaded failed", cascaded_from="2aa14773")
    lora = a_task("2aa14773", status="Failed", error="could not load LoRA weights")
    passing = replace(lora, error="Upload failed: 503")

    plan, _ = await _planned(a_world(tasks=[fell, lora]))
    again, _ = await _planned(a_world(tasks=[fell, passing]))

    assert plan.notes == (
        "it fell with 2aa14773, whose error was: could not load LoRA weights",
        "as it is, it would probably fail again: task 2aa14773 tells what to change",
    )
    assert (len(again.items), again.notes) == (1, ())
