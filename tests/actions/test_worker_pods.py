"""A worker and its pod, ended together."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.action import Action
from bot.actions import shutdown_workers, terminate_worker, worker_pods
from bot.domain.errors import Refused, SourceDown, Uncertain
from bot.domain.offers import Ended, Fate, Item
from bot.domain.pods import Pod
from bot.domain.tasks import Task
from bot.domain.workers import Worker
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    FakePodPower,
    FakePods,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

RUNPOD_DOWN = SourceDown("runpod", "cannot be reached")
DOWN = SourceDown("supabase", "cannot be reached")
BUSY = a_task(worker_id=WORKER)
DEAD = a_worker(status="crashed", last_heartbeat_at=ago(minutes=30))
LATER = NOW + timedelta(seconds=60)
OTHER = "51345358-0000-4000-8000-000000000002"


def _item(
    worker: Worker | None = None, pod: Pod | None = None, tasks: Iterable[Task] = ()
) -> Item:
    """Return what the plan, made at NOW, says of the worker."""
    worker, pod = worker or a_worker(), pod or a_pod()
    return worker_pods.item(worker, pod, tuple(tasks), NOW)


@pytest.mark.parametrize("action", [shutdown_workers.ACTION, terminate_worker.ACTION])
def test_what_holds_here_holds_of_whatever_ends_a_worker(action: Action) -> None:
    """One worker or all of them: only the plans differ."""
    ours = (worker_pods.look, worker_pods.do, worker_pods.settle)

    assert (action.look, action.do, action.settle) == ours


@pytest.mark.parametrize(
    ("beat", "lives"),
    [
        (ago(seconds=10), True),
        (ago(seconds=60), True),
        (ago(seconds=-5), True),
        (ago(seconds=61), False),
        (None, False),
    ],
)
def test_a_worker_lives_while_it_beats(beat: datetime | None, lives: bool) -> None:
    """Up to a minute ago, whatever its row says."""
    worker = a_worker(status="terminated", last_heartbeat_at=beat)

    assert worker_pods.alive(worker, NOW) is lives


def test_tasks_are_sorted_by_their_worker() -> None:
    """Those of nobody are nobody's."""
    other = a_task(OTHER, worker_id="gpu-2")
    again = a_task("9", worker_id=WORKER)

    found = worker_pods.by_worker([BUSY, a_task("8"), other, again])

    assert found == {WORKER: [BUSY, again], "gpu-2": [other]}


# --- the item ------------------------------------------------------------------------


def test_a_living_worker_may_be_ended() -> None:
    """It is not due since any time; the money is all that its pod has cost."""
    item = _item(pod=a_pod(named_at=ago(hours=2)))

    assert (item.target, item.action, item.pods) == (WORKER, "terminate worker", 1)
    assert item.why == "its status is active, beat 10 s ago"
    assert item.since is None
    assert (item.cost_per_hour_usd, item.cost_so_far_usd) == (0.69, 1.38)
    assert (item.spent_usd, item.wasted_usd) == (1.38, None)


def test_a_dead_worker_has_cost_money_since_it_died() -> None:
    """Its last heartbeat tells when that was."""
    item = _item(DEAD)

    assert item.why == "its status is crashed, beat 30 min ago"
    assert item.since == ago(minutes=30)
    assert (item.cost_per_hour_usd, item.cost_so_far_usd) == (0.69, 0.34)
    assert (item.spent_usd, item.wasted_usd) == (None, 0.34)


def test_a_worker_that_never_beat_has_cost_money_since_it_was_made() -> None:
    """It never was of any use."""
    item = _item(a_worker(status="spawning", last_heartbeat_at=None))

    assert item.why == "its status is spawning, never beat in 1 h"
    assert item.since == ago(hours=1)
    assert item.cost_so_far_usd == 0.69


def test_a_row_from_the_future_is_no_time_old() -> None:
    """Clocks differ."""
    worker = a_worker(last_heartbeat_at=None, created_at=ago(seconds=-20))

    item = _item(worker)

    assert item.why == "its status is active, never beat in 0 s"
    assert item.cost_so_far_usd == 0.0


@pytest.mark.parametrize(
    ("pod", "cost", "so_far"),
    [
        (a_pod(status="EXITED"), None, None),
        (a_pod(cost_per_hour_usd=None), None, None),
        (a_pod(named_at=None, uptime=None), 0.69, None),
    ],
    ids=["stopped", "no price", "no age"],
)
def test_a_cost_that_nobody_tells_is_not_invented(
    pod: Pod, cost: float | None, so_far: float | None
) -> None:
    """Of a living worker."""
    item = _item(pod=pod)

    assert (item.cost_per_hour_usd, item.cost_so_far_usd) == (cost, so_far)


def test_what_it_works_on_is_named() -> None:
    """And nothing that it has done already."""
    done = a_task(OTHER, status="Complete", worker_id=WORKER)

    item = _item(tasks=[done, BUSY])

    assert item.why == "its status is active, beat 10 s ago"
    assert item.then == (
        f"task 41345358 goes back into the queue; row {WORKER} is marked terminated"
    )


def test_a_task_that_stays_is_named() -> None:
    """Each of what it had and what stands in its way."""
    spent = a_task(worker_id=WORKER, attempts=3)
    made = a_task(OTHER, worker_id=WORKER, generation_created=True)

    assert _item(tasks=[spent, made]).then == (
        "task 41345358 stays: it was tried 3 times, which is all it gets;"
        f" task {OTHER[:8]} stays: its result exists already;"
        f" row {WORKER} is marked terminated"
    )


def test_a_pods_name_is_told_where_it_is_another() -> None:
    """Most bear their worker's id, which need not be said twice."""
    labels = [_item(pod=pod).label for pod in (a_pod(), a_pod(name="gpu-odd"))]

    assert labels == ["", "gpu-odd"]


# --- before it is done ---------------------------------------------------------------


async def _left(item: Item, world: World, **given: Any) -> str | None:
    """Return why the item is left alone; None when it is to be done."""
    ended = await worker_pods.look(item, world.hands(now=LATER, **given))
    if ended is None:
        return None
    assert (ended.target, ended.outcome) == (WORKER, Fate.LEFT_ALONE)
    assert world.pod_power.asked == []
    return ended.detail


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(last_heartbeat_at=LATER),
        DEAD,
        a_worker(status="spawning", last_heartbeat_at=None, runpod_id=None),
        a_worker(status="terminated", last_heartbeat_at=ago(hours=1)),
    ],
    ids=["alive", "dead", "newborn", "ended"],
)
async def test_what_is_as_it_was_is_done(worker: Worker) -> None:
    """A living worker is ended as well: somebody asked for that."""
    world = a_world(workers=[worker], pods=[a_pod()], tasks=[BUSY])

    assert await _left(_item(worker, tasks=[BUSY]), world) is None


async def test_a_worker_that_beat_on_is_no_news() -> None:
    """It was alive when the plan was made, and the plan said so."""
    world = a_world(workers=[a_worker(last_heartbeat_at=LATER)], pods=[a_pod()])

    assert await _left(_item(a_worker()), world) is None


async def test_a_task_that_was_finished_meanwhile_is_no_hindrance() -> None:
    """The worker has less to do than the plan says."""
    done = a_task(status="Complete", worker_id=WORKER)
    world = a_world(workers=[a_worker()], pods=[a_pod()], tasks=[done])

    assert await _left(_item(tasks=[BUSY]), world) is None


async def test_a_task_that_came_and_went_meanwhile_is_no_hindrance() -> None:
    """Nothing would be stopped."""
    done = a_task(OTHER, status="Complete", worker_id=WORKER)
    world = a_world(workers=[a_worker()], pods=[a_pod()], tasks=[done])

    assert await _left(_item(), world) is None


async def test_a_worker_with_new_work_is_left_alone() -> None:
    """Nobody has agreed to stop that."""
    new = a_task(OTHER, worker_id=WORKER)
    world = a_world(workers=[a_worker()], pods=[a_pod()], tasks=[BUSY, new])

    assert await _left(_item(tasks=[BUSY]), world) == (
        "it took task 51345358 since the plan"
    )


async def test_a_dead_worker_that_beats_again_is_left_alone() -> None:
    """Only its heartbeat has changed."""
    back = replace(DEAD, last_heartbeat_at=ago(seconds=-50))
    world = a_world(workers=[back], pods=[a_pod()])

    assert await _left(_item(DEAD), world) == "it beats again since the plan"


async def test_a_worker_whose_row_is_gone_is_left_alone() -> None:
    """Its pod is an orphan now, which is another matter."""
    assert await _left(_item(), a_world(pods=[a_pod()])) == "its row is gone"


async def test_a_worker_that_is_ended_already_is_left_alone() -> None:
    """Row and pod."""
    world = a_world(workers=[a_worker(status="terminated")])

    assert await _left(_item(), world) == "it is ended already"


async def test_a_worker_whose_pod_is_gone_is_left_alone() -> None:
    """Its row is settled by another action, which is named."""
    assert await _left(_item(), a_world(workers=[a_worker()])) == (
        f"its pod is gone already (worker forget {WORKER} settles its row)"
    )


async def test_a_worker_with_another_pod_is_left_alone() -> None:
    """The plan was about the old one."""
    world = a_world(workers=[a_worker(runpod_id="other1")], pods=[a_pod()])

    assert await _left(_item(), world) == "it has another pod now: other1"


async def test_a_worker_whose_pod_was_locked_meanwhile_is_left_alone() -> None:
    """RunPod is not even asked."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.pod_power.locks = {POD}

    assert await _left(_item(), world) == f"pod {POD} is locked"


async def test_where_nobody_knows_what_is_locked_nothing_is_done() -> None:
    """It might be this one."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.pod_power.down = RUNPOD_DOWN

    assert await _left(_item(), world) == (
        f"nobody can tell whether pod {POD} is locked"
    )


async def test_a_worker_whose_pod_bears_a_protected_name_now_is_left_alone() -> None:
    """Somebody wants to keep it."""
    world = a_world(workers=[a_worker()], pods=[a_pod(name="keep-this")])

    assert await _left(_item(), world, protected=("keep-*",)) == (
        f"the policy protects the name of pod {POD}"
    )


async def test_a_worker_whose_pod_was_started_again_is_left_alone() -> None:
    """Somebody wants it."""
    world = a_world(workers=[DEAD], pods=[a_pod()])
    item = _item(DEAD, pod=a_pod(status="EXITED"))

    assert await _left(item, world) == (
        "its pod was started again since the plan: it is RUNNING"
    )


@pytest.mark.parametrize("source", ["pods", "workers", "tasks"])
async def test_what_cannot_be_looked_at_is_not_done(source: str) -> None:
    """Which source is to blame is said."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    getattr(world, source).down = DOWN

    ended = await worker_pods.look(_item(), world.hands(now=LATER))

    assert ended == Ended(
        target=WORKER,
        outcome=Fate.FAILED,
        detail="not done, as it could not be looked at again:"
        " supabase cannot be reached",
    )
    assert world.pod_power.asked == []


# --- doing it ------------------------------------------------------------------------


async def _done(world: World, item: Item | None = None, **powers: Any) -> Ended:
    ended = await worker_pods.do(item or _item(), world.hands(now=LATER, **powers))
    assert ended.target == WORKER
    return ended


async def test_a_worker_is_ended_with_its_pod() -> None:
    """Its row says so, and its task waits again."""
    world = a_world(workers=[a_worker()], pods=[a_pod()], tasks=[BUSY])

    ended = await _done(world)

    assert (ended.outcome, ended.detail) == (
        Fate.DONE,
        f"its pod is gone; row {WORKER} marked terminated; 1 task back in the queue",
    )
    assert world.pods.rows == []
    assert world.workers.rows[0].status == "terminated"
    assert world.tasks.rows[0].status == "Queued"


async def test_a_worker_whose_pod_stays_is_not_touched() -> None:
    """What is known of its pod is said of the worker."""
    world = a_world(workers=[a_worker()], pods=[a_pod()], tasks=[BUSY])
    deaf = FakePodPower(pods=FakePods([a_pod()]))

    ended = await _done(world, pods=deaf)

    assert (ended.outcome, ended.detail) == (
        Fate.UNKNOWN,
        f"pod {POD}: RunPod was asked to end it; it is still there (RUNNING)",
    )
    assert (world.workers.rows, world.tasks.rows) == ([a_worker()], [BUSY])
    assert world.worker_power.asked == world.task_power.asked == []


async def test_a_worker_whose_pod_must_not_be_ended_is_not_touched() -> None:
    """RunPod's own words are handed on."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.pod_power.refuses = Refused("runpod", "said no: not yours")

    ended = await _done(world)

    assert (ended.outcome, ended.detail) == (
        Fate.FAILED,
        f"pod {POD}: RunPod said no: not yours; it is still there (RUNNING)",
    )
    assert world.worker_power.asked == []


async def test_a_pod_that_went_without_an_answer_is_settled() -> None:
    """It is gone, however that came."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.pod_power.uncertain = Uncertain("runpod", "did not say")
    world.pod_power.does_it = True

    ended = await _done(world)

    assert ended.outcome is Fate.DONE
    assert world.workers.rows[0].status == "terminated"


async def test_a_row_that_vanished_meanwhile_needs_no_end() -> None:
    """It is said."""
    ended = await _done(a_world(pods=[a_pod()]))

    assert (ended.outcome, ended.detail) == (
        Fate.DONE,
        "its pod is gone; its row is gone",
    )


async def test_a_row_that_cannot_be_read_is_trouble() -> None:
    """That the pod is gone comes first."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])
    world.workers.down = DOWN

    ended = await _done(world)

    assert (ended.outcome, ended.detail) == (
        Fate.FAILED,
        "its pod is gone; its row could not be read: cannot be reached",
    )


async def test_a_row_that_has_another_pod_by_now_is_left() -> None:
    """It may be at work there."""
    elsewhere = a_worker(runpod_id="other1")
    world = a_world(workers=[elsewhere], pods=[a_pod()], tasks=[BUSY])

    ended = await _done(world)

    assert (ended.outcome, ended.detail) == (
        Fate.FAILED,
        "its pod is gone; its row has another pod now, and was left: other1",
    )
    assert (world.workers.rows, world.tasks.rows) == ([elsewhere], [BUSY])


# --- after a death -------------------------------------------------------------------


async def _settled(world: World) -> tuple[Fate, str]:
    ended = await worker_pods.settle(_item(), world.hands(now=LATER))
    assert ended.target == WORKER
    assert world.pod_power.asked == []
    return ended.outcome, ended.detail


async def test_what_was_begun_is_finished_when_the_pod_is_gone() -> None:
    """Row and task, which may be all that was left to do."""
    world = a_world(workers=[a_worker()], tasks=[BUSY])

    found = await _settled(world)

    assert found == (
        Fate.DONE,
        (
            "debug-bot was stopped while it did this; its pod is gone;"
            f" row {WORKER} marked terminated; 1 task back in the queue"
        ),
    )
    assert world.task_power.asked == [TASK]


async def test_a_pod_that_is_still_there_is_not_ended_afterwards() -> None:
    """Nobody knows whether it was asked for."""
    world = a_world(workers=[a_worker()], pods=[a_pod()])

    found = await _settled(world)

    assert found == (
        Fate.UNKNOWN,
        (
            f"pod {POD}: debug-bot was stopped while it did this;"
            " it is still there (RUNNING)"
        ),
    )
    assert world.workers.rows == [a_worker()]
    assert world.worker_power.asked == []


async def test_a_pod_that_nobody_can_look_at_afterwards_is_not_known() -> None:
    """Nor is anything behind it touched."""
    world = a_world(workers=[a_worker()])
    world.pods.down = RUNPOD_DOWN

    found = await _settled(world)

    assert found == (
        Fate.UNKNOWN,
        (
            f"pod {POD}: debug-bot was stopped while it did this;"
            " the look whether it is gone failed: cannot be reached"
        ),
    )
    assert world.worker_power.asked == []
