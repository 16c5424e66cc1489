"""`workers shutdown`."""

from typing import Any

import pytest

from bot.actions.shutdown_workers import ACTION, ShutdownWorkersQuery
from bot.domain.errors import SourceDown
from bot.domain.offers import Fate, Item, Plan
from tests.world import (
    POD,
    WORKER,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

DOWN = SourceDown("supabase", "cannot be reached")


async def _plan(world: World, **limits: Any) -> Plan:
    plan: Plan = await ACTION.plan(ShutdownWorkersQuery(), world.planning(**limits))
    return plan


async def _only(world: World) -> Item:
    """Return the one item that is planned."""
    [item] = (await _plan(world)).items
    return item


async def _spared(world: World, **limits: Any) -> list[tuple[str, str]]:
    """Return what is left alone; nothing else is in the plan."""
    plan = await _plan(world, **limits)
    assert plan.items == ()
    return [(each.target, each.why) for each in plan.left_alone]


async def test_without_workers_there_is_nothing_to_do() -> None:
    """Pods of nobody are another action's."""
    assert await _plan(a_world(pods=[a_pod()])) == Plan(items=())


async def test_every_worker_with_a_pod_is_ended() -> None:
    """At work or not, whatever its status; what each works on is said."""
    statuses = ("active", "spawning", "error", "crashed", "odd")
    workers = [a_worker(f"gpu-{s}", status=s, runpod_id=f"pod{s}") for s in statuses]
    pods = [a_pod(f"pod{s}", name=f"gpu-{s}") for s in statuses]
    task = a_task(worker_id="gpu-active")

    plan = await _plan(a_world(workers=workers, pods=pods, tasks=[task]))

    assert {item.target for item in plan.items} == {each.id for each in workers}
    assert plan.left_alone == ()
    assert [item.target for item in plan.items if "41345358" in item.then] == [
        "gpu-active"
    ]


async def test_the_dearest_comes_first() -> None:
    """One confirmation may not hold all; one of unknown cost comes last."""
    costs = {"cheap1": 0.2, "untold": None, "dear01": 2.5}
    workers = [a_worker(f"gpu-{id}", runpod_id=id) for id in costs]
    pods = [
        a_pod(id, name=f"gpu-{id}", cost_per_hour_usd=cost)
        for id, cost in costs.items()
    ]

    plan = await _plan(a_world(workers=workers, pods=pods))

    assert [item.seen["pod"] for item in plan.items] == ["dear01", "cheap1", "untold"]


async def test_a_newborn_worker_is_ended_with_its_namesake() -> None:
    """It has no pod's id yet."""
    newborn = a_worker(status="inactive", runpod_id=None, last_heartbeat_at=None)

    item = await _only(a_world(workers=[newborn], pods=[a_pod()]))

    assert (item.target, item.seen["pod"]) == (WORKER, POD)


async def test_a_second_pod_of_a_workers_name_is_named() -> None:
    """It is left: only what the row names is surely its own."""
    pods = [a_pod(), a_pod("twin", name=WORKER)]

    plan = await _plan(a_world(workers=[a_worker()], pods=pods))

    assert [item.seen["pod"] for item in plan.items] == [POD]
    assert [(each.target, each.why) for each in plan.left_alone] == [
        (
            "twin",
            (
                f"worker {WORKER} has pod {POD} as well; once that is gone, runpod"
                " terminate twin ends this one"
            ),
        )
    ]


async def test_an_ended_worker_is_not_spoken_of() -> None:
    """Though it ended only just now, and its pod is there."""
    ended = a_worker(status="terminated", created_at=ago(minutes=30))

    assert await _plan(a_world(workers=[ended], pods=[a_pod()])) == Plan(items=())


async def test_a_worker_without_a_pod_is_left_alone() -> None:
    """One that has lost it, and one that never has any."""
    api = a_worker("api-worker-1", runs_on_gpu=False, runpod_id=None)

    found = await _spared(a_world(workers=[a_worker(), api]))

    assert dict(found) == {
        WORKER: "RunPod lists no pod of it",
        "api-worker-1": "it has no pod",
    }


async def test_a_worker_whose_pod_is_locked_is_left_alone() -> None:
    """In an emergency, too."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.pod_power.locks = {POD}

    assert await _spared(world) == [(WORKER, f"pod {POD} is locked")]


async def test_a_worker_whose_pod_is_protected_is_left_alone() -> None:
    """By the name of the pod, not of the worker."""
    world = a_world(workers=[a_worker()], pods=[a_pod(name="keep-this")])

    found = await _spared(world, protected=("keep-*",))

    assert found == [(WORKER, f"the policy protects the name of pod {POD}")]


@pytest.mark.parametrize("source", ["workers", "tasks"])
async def test_of_a_list_that_was_cut_nothing_is_planned(source: str) -> None:
    """Nobody can tell what would be ended."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    getattr(world, source).whole = False

    with pytest.raises(SourceDown, match="did not show everything"):
        await _plan(world)


@pytest.mark.parametrize("source", ["workers", "pods", "tasks"])
async def test_what_cannot_be_read_is_not_planned(source: str) -> None:
    """Nothing is ended on half a picture."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    getattr(world, source).down = DOWN

    with pytest.raises(SourceDown, match="cannot be reached"):
        await _plan(world)


def test_two_people_are_needed() -> None:
    """However small the fleet is."""
    assert ACTION.always_second


async def test_what_was_planned_is_done() -> None:
    """Looked at once more, then ended with its pod."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    item = await _only(world)

    assert await ACTION.look(item, world.hands()) is None
    ended = await ACTION.do(item, world.hands())

    assert (ended.target, ended.outcome) == (WORKER, Fate.DONE)
    assert world.pod_power.asked == [POD]
