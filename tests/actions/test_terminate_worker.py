"""`worker terminate`."""

from typing import Any

import pytest

from bot.actions.terminate_worker import ACTION, TerminateWorkerQuery
from bot.domain.errors import NotFound, SourceDown
from bot.domain.offers import Fate, Item, Plan, Spared
from bot.domain.workers import Worker
from tests.world import (
    POD,
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


async def _plan(world: World, id: str = WORKER, **limits: Any) -> Plan:
    plan: Plan = await ACTION.plan(
        TerminateWorkerQuery(id=id), world.planning(**limits)
    )
    return plan


async def _only(world: World) -> Item:
    """Return the one item that is planned."""
    [item] = (await _plan(world)).items
    return item


async def _why_spared(world: World, id: str = WORKER, **limits: Any) -> str:
    """Return why the worker is left alone."""
    plan = await _plan(world, id, **limits)
    [spared] = plan.left_alone
    assert (plan.items, spared.target) == ((), id)
    return spared.why


async def test_a_living_worker_may_be_ended() -> None:
    """Somebody asked for it; what it works on is said."""
    world = a_world(
        workers=[a_worker()], pods=[a_pod()], tasks=[a_task(worker_id=WORKER)]
    )

    plan = await _plan(world)

    [item] = plan.items
    assert (item.target, item.action) == (WORKER, "terminate worker")
    assert item.why == "its status is active, beat 10 s ago"
    assert item.then.startswith("task 41345358 goes back into the queue; row ")
    assert (plan.left_alone, plan.pods, plan.cost_per_hour_usd) == ((), 1, 0.69)


async def test_a_worker_may_be_named_by_how_it_begins() -> None:
    """The plan names it in full."""
    world = a_world(workers=[a_worker(), a_worker("gpu-2")], pods=[a_pod()])

    plan = await _plan(world, "gpu-2026")

    assert [item.target for item in plan.items] == [WORKER]


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(status="crashed", last_heartbeat_at=ago(hours=1)),
        a_worker(status="inactive", runpod_id=None, last_heartbeat_at=None),
        a_worker(status="terminated", last_heartbeat_at=ago(hours=1)),
    ],
    ids=["crashed", "newborn", "ended"],
)
async def test_whatever_a_worker_is_its_pod_may_be_ended(worker: Worker) -> None:
    """A row that says terminated may lie, and a young one may be a mistake."""
    item = await _only(a_world(workers=[worker], pods=[a_pod()]))

    assert item.seen["pod"] == POD


@pytest.mark.parametrize(
    ("worker", "why"),
    [
        (
            a_worker(last_heartbeat_at=ago(minutes=2)),
            f"RunPod lists no pod of it (worker forget {WORKER} settles its row)",
        ),
        (
            a_worker(),
            "RunPod lists no pod of it (it beat 10 s ago, and may be alive)",
        ),
        (a_worker(status="terminated"), "it is ended already"),
        (
            a_worker("api-worker-1", runpod_id=None, runs_on_gpu=False),
            "it is a coordinator of outside APIs, which has no pod",
        ),
    ],
    ids=["lost", "alive", "ended", "coordinator"],
)
async def test_a_worker_without_a_pod_is_left_alone(worker: Worker, why: str) -> None:
    """What else can be done is said, if anything can."""
    world = a_world(workers=[worker])
    [spared] = (await _plan(world, worker.id)).left_alone

    assert await _why_spared(world, worker.id) == why
    assert bool(spared.instead) is ("worker forget" in why)


async def test_a_worker_whose_pod_is_locked_is_left_alone() -> None:
    """Somebody wants to keep it."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.pod_power.locks = {POD}

    assert await _why_spared(world) == f"pod {POD} is locked"


async def test_a_worker_whose_pod_is_protected_is_left_alone() -> None:
    """By the name of the pod, not of the worker."""
    world = a_world(workers=[a_worker()], pods=[a_pod(name="keep-this")])

    why = await _why_spared(world, protected=("keep-*",))

    assert why == f"the policy protects the name of pod {POD}"


@pytest.mark.parametrize("id", [WORKER, "gpu-2026"])
async def test_a_worker_that_nobody_knows_is_not_found(id: str) -> None:
    """In full or in part."""
    with pytest.raises(NotFound):
        await _plan(a_world(), id)


@pytest.mark.parametrize("source", ["workers", "pods", "tasks"])
async def test_what_cannot_be_read_is_not_planned(source: str) -> None:
    """Nobody could say what would be ended."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    getattr(world, source).down = DOWN

    with pytest.raises(SourceDown):
        await _plan(world)


async def test_what_was_planned_is_done() -> None:
    """Looked at once more, then ended with its pod."""
    world = a_world(
        workers=[a_worker()], pods=[a_pod()], tasks=[a_task(worker_id=WORKER)]
    )
    item = await _only(world)

    assert await ACTION.look(item, world.hands()) is None
    ended = await ACTION.do(item, world.hands())

    assert (ended.target, ended.outcome) == (WORKER, Fate.DONE)
    assert (world.pod_power.asked, world.task_power.asked) == ([POD], [TASK])


async def test_a_plan_says_so_where_it_has_nothing_to_do() -> None:
    """One thing left alone, and no item."""
    plan = await _plan(a_world(workers=[a_worker(status="terminated")]))

    assert plan == Plan(
        items=(), left_alone=(Spared(target=WORKER, why="it is ended already"),)
    )


async def test_a_row_that_names_another_pod_than_its_namesake_is_left_alone() -> None:
    """Which of both is its own nobody can tell."""
    worker = a_worker(runpod_id="gone1gone1gone")

    why = await _why_spared(a_world(workers=[worker], pods=[a_pod()]))

    assert why == (
        "its row names pod gone1gone1gone, which RunPod does not list, and pod"
        f" {POD} bears its name: end that one in RunPod's console, then worker forget"
        f" {WORKER} settles the row"
    )


async def test_a_plan_says_when_not_all_tasks_were_read() -> None:
    """The others are given back as well."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.tasks.whole = False

    assert (await _plan(world)).notes == ("not all of its tasks could be read",)
