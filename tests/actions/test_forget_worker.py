"""`worker forget`."""

import shlex
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.actions.forget_worker import ACTION, ForgetWorkerQuery
from bot.domain.cures import by_namesake
from bot.domain.errors import NotFound, SourceDown, Uncertain
from bot.domain.offers import Ended, Fate, Item, Plan
from bot.domain.pods import Pod, PodId
from bot.domain.workers import Worker, WorkerId
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    FakeWorkerPower,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

DOWN = SourceDown("supabase", "cannot be reached")
STOPPED = "debug-bot was stopped while it did this"
LOST = a_worker(status="crashed", last_heartbeat_at=ago(minutes=30))
PODLESS = a_worker(
    status="inactive",
    runpod_id=None,
    last_heartbeat_at=None,
    created_at=ago(minutes=10),
)
LATER = NOW + timedelta(seconds=60)


async def _plan(world: World, id: str = WORKER, **limits: Any) -> Plan:
    plan: Plan = await ACTION.plan(ForgetWorkerQuery(id=id), world.planning(**limits))
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


# --- the plan ------------------------------------------------------------------------


async def test_a_worker_whose_pod_is_gone_may_be_forgotten() -> None:
    """It is due since it last beat, and ends no pod."""
    item = await _only(a_world(workers=[LOST]))

    assert (item.target, item.action, item.pods) == (WORKER, "mark terminated", 0)
    assert item.why == (
        f"its status is crashed, beat 30 min ago, and its pod {POD} is gone"
    )
    assert item.since == ago(minutes=30)
    assert item.seen == {"status": "crashed", "pod": POD}


async def test_a_worker_that_never_had_a_pod_may_be_forgotten() -> None:
    """Once it is old enough."""
    item = await _only(a_world(workers=[PODLESS]))

    assert item.why == ("its status is inactive, it never beat, and it never had a pod")
    assert item.since == ago(minutes=10)


async def test_a_young_worker_whose_pod_is_gone_may_be_forgotten() -> None:
    """Its age matters only while its pod may yet come."""
    young = replace(LOST, created_at=ago(minutes=5), last_heartbeat_at=None)

    item = await _only(a_world(workers=[young]))

    assert item.since == ago(minutes=5)


async def test_a_worker_whose_pod_is_listed_as_terminated_may_be_forgotten() -> None:
    """Such a pod is as good as gone."""
    item = await _only(a_world(workers=[LOST], pods=[a_pod(status="TERMINATED")]))

    assert item.target == WORKER


async def test_a_worker_may_be_named_by_how_it_begins() -> None:
    """The plan names it in full."""
    plan = await _plan(a_world(workers=[LOST]), "gpu-2026")

    assert [item.target for item in plan.items] == [WORKER]


async def test_a_worker_whose_pod_is_there_is_left_alone() -> None:
    """Stopped or not; what ends both is named."""
    world = a_world(workers=[LOST], pods=[a_pod(status="EXITED")])

    assert await _why_spared(world) == (
        f"its pod {POD} is there (EXITED): worker terminate ends both"
    )


async def test_what_ends_a_worker_with_its_pod_is_named_where_it_may() -> None:
    """Whatever its row says: an ended one's pod may bill all the same."""
    ended = a_worker(status="terminated")

    for worker in (LOST, ended):
        [there] = (await _plan(a_world(workers=[worker], pods=[a_pod()]))).left_alone
        [gone] = (await _plan(a_world(workers=[a_worker()]))).left_alone
        assert (there.instead, gone.instead) == (f"worker terminate {WORKER}", "")


async def test_a_worker_of_any_name_is_forgotten_by_it() -> None:
    """And what ends it instead names it so that it is read again."""
    id = WorkerId('my "worker" 1')
    lost, ended = replace(LOST, id=id), a_worker(id, status="terminated")

    plan = await _plan(a_world(workers=[lost]), id)
    [there] = (await _plan(a_world(workers=[ended], pods=[a_pod()]), id)).left_alone

    assert [item.target for item in plan.items] + [there.target] == [id, id]
    assert shlex.split(there.instead) == ["worker", "terminate", id]


@pytest.mark.parametrize(
    ("locks", "limits", "stays"),
    [
        ({POD}, {}, f"pod {POD} is locked"),
        (None, {}, f"nobody can tell whether pod {POD} is locked"),
        (
            (),
            {"protected": ("gpu-*",)},
            f"the policy protects the name of pod {POD}",
        ),
    ],
    ids=["locked", "locks unread", "protected"],
)
async def test_what_would_be_refused_as_well_is_not_named(
    locks: Iterable[PodId] | None, limits: dict[str, Any], stays: str
) -> None:
    """How long it would be is said."""
    world = a_world(workers=[LOST], pods=[a_pod()])

    async def locked() -> frozenset[PodId] | None:
        return None if locks is None else frozenset(locks)

    planning = replace(world.planning(**limits), locked=locked)
    [spared] = (await ACTION.plan(ForgetWorkerQuery(id=WORKER), planning)).left_alone

    assert spared.instead == ""
    assert spared.why == (
        f"its pod {POD} is there (RUNNING): worker terminate ends both, but not while"
        f" {stays}"
    )


async def test_a_pod_that_came_back_and_is_locked_is_told_as_such() -> None:
    """Right before the row would be settled."""
    world = a_world(workers=[LOST])
    item = await _only(world)
    world.pods.rows, world.pod_power.locks = [a_pod()], {POD}

    ended = await ACTION.look(item, world.hands())

    assert ended is not None
    assert ended.detail.endswith(f"ends both, but not while pod {POD} is locked")


async def test_a_worker_whose_pod_the_list_left_out_is_left_alone() -> None:
    """Lists can lag behind."""
    world = a_world(workers=[LOST])
    world.pods.hidden = [a_pod()]

    assert await _why_spared(world) == (
        f"its pod {POD} is there (RUNNING): worker terminate ends both"
    )


async def test_a_worker_whose_namesake_runs_is_left_alone() -> None:
    """It may be its pod, of which the row does not know yet."""
    world = a_world(workers=[PODLESS], pods=[a_pod()])

    assert await _why_spared(world) == (
        f"its pod {POD} is there (RUNNING): worker terminate ends both"
    )


async def test_a_namesake_of_a_worker_whose_pod_is_gone_is_named() -> None:
    """`worker terminate` refuses to end it as well, and is not named."""
    world = a_world(workers=[LOST], pods=[a_pod("other1")])

    assert await _why_spared(world) == by_namesake(LOST, a_pod("other1"))


@pytest.mark.parametrize(
    ("worker", "why"),
    [
        (a_worker(status="terminated"), "it is marked terminated already"),
        (
            a_worker("api-worker-1", runs_on_gpu=False, runpod_id=None),
            "it is a coordinator of outside APIs, which has no pod",
        ),
        (
            replace(PODLESS, created_at=ago(minutes=9)),
            "it is only 9 min old and has no pod yet",
        ),
        (a_worker(), "it beat 10 s ago, and may be alive"),
        (
            replace(PODLESS, last_heartbeat_at=ago(minutes=5)),
            "it beat 5 min ago, and may be alive",
        ),
    ],
    ids=["ended", "coordinator", "young", "alive", "ageing"],
)
async def test_a_worker_that_may_yet_be_of_use_is_left_alone(
    worker: Worker, why: str
) -> None:
    """Though it has no pod."""
    assert await _why_spared(a_world(workers=[worker]), worker.id) == why


async def test_the_policy_says_how_young_is_too_young() -> None:
    """As for pods."""
    world = a_world(workers=[PODLESS])

    why = await _why_spared(world, minimum_pod_age=timedelta(minutes=11))

    assert why == "it is only 10 min old and has no pod yet"


async def test_a_worker_that_nobody_knows_is_not_found() -> None:
    """There is no row to settle."""
    with pytest.raises(NotFound):
        await _plan(a_world())


@pytest.mark.parametrize("source", ["workers", "pods"])
async def test_what_cannot_be_read_is_not_planned(source: str) -> None:
    """No answer is not the same as no pod."""
    world = a_world(workers=[LOST])
    getattr(world, source).down = DOWN

    with pytest.raises(SourceDown):
        await _plan(world)


# --- before it is done ---------------------------------------------------------------


async def _left(worker: Worker | None, *pods: Pod, planned: Worker = LOST) -> str:
    """Return why the row is left alone by now."""
    item = await _only(a_world(workers=[planned]))
    world = a_world(workers=[worker] if worker else [], pods=pods)
    ended = await ACTION.look(item, world.hands(now=LATER))
    assert ended is not None
    assert (ended.target, ended.outcome) == (WORKER, Fate.LEFT_ALONE)
    return ended.detail


@pytest.mark.parametrize("worker", [LOST, PODLESS], ids=["lost", "without a pod"])
async def test_what_is_as_it_was_is_done(worker: Worker) -> None:
    """The pod is still gone, and nothing beats."""
    world = a_world(workers=[worker])
    item = await _only(world)

    assert await ACTION.look(item, world.hands(now=LATER)) is None


async def test_a_row_that_is_gone_is_left_alone() -> None:
    """There is nothing to settle."""
    assert await _left(None) == "its row is gone"


async def test_a_row_that_was_ended_since_is_left_alone() -> None:
    """Somebody was faster."""
    ended = replace(a_worker(status="terminated"), last_heartbeat_at=ago(minutes=30))

    assert await _left(ended) == "it is marked terminated already"


async def test_a_row_whose_pod_came_back_is_left_alone() -> None:
    """Lists can lag behind."""
    assert await _left(LOST, a_pod()) == (
        f"its pod {POD} is there (RUNNING): worker terminate ends both"
    )


async def test_a_row_that_has_another_pod_is_left_alone() -> None:
    """Even if RunPod does not tell of it."""
    elsewhere = replace(PODLESS, runpod_id="other1")

    left = await _left(elsewhere, planned=PODLESS)

    assert left == "it has another pod now: other1"


@pytest.mark.parametrize("beat", [NOW, NOW + timedelta(seconds=50)])
async def test_a_worker_that_beats_again_is_left_alone(beat: datetime) -> None:
    """Only its heartbeat has changed."""
    back = replace(LOST, last_heartbeat_at=beat)

    assert str(await _left(back)).endswith(" ago, and may be alive")


@pytest.mark.parametrize("source", ["workers", "pods"])
async def test_what_cannot_be_looked_at_is_not_done(source: str) -> None:
    """Which source is to blame is said."""
    world = a_world(workers=[LOST])
    item = await _only(world)
    getattr(world, source).down = DOWN

    ended = await ACTION.look(item, world.hands(now=LATER))

    assert ended == Ended(
        target=WORKER,
        outcome=Fate.FAILED,
        detail="not done, as it could not be looked at again:"
        " supabase cannot be reached",
    )


# --- doing it ------------------------------------------------------------------------


async def test_a_row_is_settled_with_its_task() -> None:
    """RunPod is asked for nothing."""
    world = a_world(workers=[LOST], tasks=[a_task(worker_id=WORKER)])
    item = await _only(world)

    ended = await ACTION.do(item, world.hands(now=LATER))

    assert (ended.outcome, ended.detail) == (
        Fate.DONE,
        f"its pod is gone; row {WORKER} marked terminated; 1 task back in the queue",
    )
    assert (world.pod_power.asked, world.task_power.asked) == ([], [TASK])


async def test_a_row_that_never_had_a_pod_is_not_said_to_have_lost_it() -> None:
    """Its end says the same as its plan."""
    world = a_world(workers=[PODLESS])
    item = await _only(world)

    ended = await ACTION.do(item, world.hands(now=LATER))

    assert (ended.outcome, ended.detail) == (
        Fate.DONE,
        f"it never had a pod; row {WORKER} marked terminated",
    )


async def test_a_row_that_changed_at_the_last_moment_is_left() -> None:
    """It is said."""
    world = a_world(workers=[LOST])
    item = await _only(world)

    ended = await ACTION.do(item, world.hands(now=LATER, workers=FakeWorkerPower()))

    assert ended.outcome is Fate.FAILED
    assert "still says crashed: it changed meanwhile" in ended.detail
    assert world.workers.rows == [LOST]


async def test_a_row_that_was_written_without_an_answer_is_settled() -> None:
    """It says so itself."""
    world = a_world(workers=[LOST])
    item = await _only(world)
    world.worker_power.uncertain = Uncertain("supabase", "did not answer in time")
    world.worker_power.does_it = True

    ended = await ACTION.do(item, world.hands(now=LATER))

    assert ended.outcome is Fate.DONE
    assert world.workers.rows[0].status == "terminated"


# --- after a death -------------------------------------------------------------------


async def _settled(world: World) -> tuple[Fate, str]:
    item = await _only(a_world(workers=[LOST]))
    ended = await ACTION.settle(item, world.hands(now=LATER))
    assert ended.target == WORKER
    assert world.pod_power.asked == []
    return ended.outcome, ended.detail


async def test_what_was_begun_is_finished_when_the_pod_is_still_gone() -> None:
    """The row may not have been written."""
    found = await _settled(a_world(workers=[LOST]))

    assert found == (
        Fate.DONE,
        f"{STOPPED}; its pod is gone; row {WORKER} marked terminated",
    )


async def test_a_row_that_was_written_leaves_its_tasks_to_be_given_back() -> None:
    """That may be all that was left to do."""
    ended = replace(
        LOST, status="terminated", phase=a_worker(status="terminated").phase
    )
    world = a_world(workers=[ended], tasks=[a_task(worker_id=WORKER)])

    found = await _settled(world)

    assert found == (
        Fate.DONE,
        f"{STOPPED}; its pod is gone; 1 task back in the queue",
    )
    assert world.worker_power.asked == []


async def test_a_row_whose_pod_is_there_afterwards_is_left_alone() -> None:
    """It is not what was to be settled."""
    world = a_world(workers=[LOST], pods=[a_pod()])

    found = await _settled(world)

    assert found == (
        Fate.LEFT_ALONE,
        f"its pod {POD} is there (RUNNING): worker terminate ends both",
    )
    assert world.workers.rows == [LOST]


@pytest.mark.parametrize("source", ["workers", "pods"])
async def test_what_nobody_can_look_at_afterwards_is_not_known(source: str) -> None:
    """It may have been done before; nothing is done now."""
    world = a_world(workers=[LOST])
    getattr(world, source).down = DOWN

    found = await _settled(world)

    why = f"{STOPPED}; nobody could look what became of it"
    assert found == (Fate.UNKNOWN, why)
    assert world.worker_power.asked == []
