"""When a task may go back into the queue, and how it does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.action import Action
from bot.actions import requeue_orphans, requeue_task, requeueing
from bot.domain.errors import SourceDown, Uncertain
from bot.domain.offers import Ended, Fate, Item
from bot.domain.pods import Pod
from bot.domain.tasks import Task
from bot.domain.workers import Worker
from tests.world import (
    NOW,
    TASK,
    WORKER,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

RUNPOD_DOWN = SourceDown("runpod", "cannot be reached")
DOWN = SourceDown("supabase", "cannot be reached")
HELD = a_task(worker_id=WORKER)
FAILED = a_task(status="Failed", worker_id=WORKER)
DEAD = a_worker(status="crashed", last_heartbeat_at=ago(minutes=30))
API = a_worker(
    "api-worker-1", runs_on_gpu=False, runpod_id=None, last_heartbeat_at=None
)
NOT_DONE = "not done, as it could not be looked at again: supabase cannot be reached"
LATER = NOW + timedelta(seconds=60)


def _why(
    task: Task, worker: Worker | None = None, pods: tuple[Pod, ...] | None = ()
) -> str | None:
    return requeueing.why_kept(task, worker, pods, NOW)


# --- may it go back? -----------------------------------------------------------------


@pytest.mark.parametrize("action", [requeue_orphans.ACTION, requeue_task.ACTION])
def test_what_holds_here_holds_of_whatever_puts_a_task_back(action: Action) -> None:
    """One task or all orphans: only the plans differ."""
    ours = (requeueing.look, requeueing.do, requeueing.settle)

    assert (action.look, action.do, action.settle) == ours


def test_a_task_of_a_dead_worker_without_a_pod_may_go_back() -> None:
    """Nobody works on it any more."""
    assert _why(HELD, DEAD) is None


def test_a_failed_task_may_go_back() -> None:
    """Nobody works on it, whatever its worker does, and whoever can tell."""
    failed = a_task(status="Failed", worker_id=WORKER)

    assert _why(failed, a_worker(), None) is None


def test_a_task_that_nobody_took_up_may_go_back() -> None:
    """After a quarter of an hour, which is what the orchestrator waits."""
    assert _why(a_task(started_at=ago(minutes=16)), None, None) is None


def test_a_late_task_of_an_outside_api_may_go_back() -> None:
    """It has no pod that could still be at it."""
    task = a_task(worker_id="api-worker-1", started_at=ago(minutes=8))

    assert _why(task, API, None) is None


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (a_task(status="Queued"), "it waits in the queue already"),
        (a_task(status="Complete"), "it is Complete"),
        (a_task(status="Cancelled"), "it is Cancelled"),
        (a_task(status="Paused"), "it is Paused"),
    ],
    ids=["waiting", "complete", "cancelled", "odd"],
)
def test_a_task_that_is_neither_held_nor_failed_stays(task: Task, why: str) -> None:
    """A status that nobody knows included."""
    assert _why(task) == why


@pytest.mark.parametrize("status", ["Failed", "In Progress"])
def test_a_task_that_was_tried_too_often_stays(status: str) -> None:
    """It would most likely fail again."""
    task = a_task(status=status, worker_id=WORKER, attempts=3)

    assert _why(task, DEAD) == "it was tried 3 times, which is all it gets"


def test_a_coordinator_in_progress_stays() -> None:
    """It only waits for others, with or without a worker."""
    task = a_task(task_type="travel_orchestrator", started_at=ago(hours=1))

    assert _why(task) == "it coordinates other tasks"


def test_a_task_of_a_living_worker_stays() -> None:
    """What would end the worker is named."""
    why = _why(HELD, a_worker())

    assert why == (
        f"its worker {WORKER} may still finish it (worker terminate ends it)"
    )


def test_a_task_that_nobody_has_taken_up_yet_stays() -> None:
    """Somebody may."""
    assert _why(a_task()) == "it was started a short while ago"


def test_a_task_whose_dead_workers_pod_runs_stays() -> None:
    """The process there may still be at it: a heartbeat is not all there is."""
    why = _why(HELD, DEAD, (a_pod(),))

    assert why == (
        "the pod of its worker still runs, and it could be done twice:"
        f" worker terminate {WORKER} gives it back"
    )


def test_a_task_whose_workers_row_is_gone_stays_while_its_pod_runs() -> None:
    """The pod bears the worker's name; without a row only the pod can be ended."""
    why = _why(HELD, None, (a_pod("x1", name="gpu-2"), a_pod()))

    assert why == (
        "the pod of its worker still runs, and it could be done twice:"
        " runpod terminate abc123def456gh ends it"
    )


@pytest.mark.parametrize("worker", [DEAD, None], ids=["dead", "without a row"])
@pytest.mark.parametrize(
    "pods",
    [(a_pod(status="EXITED"),), (a_pod("x1", name="gpu-2"),)],
    ids=["stopped", "another"],
)
def test_a_pod_that_cannot_be_at_it_is_no_hindrance(
    worker: Worker | None, pods: tuple[Pod, ...]
) -> None:
    """It stands still, or is somebody else's."""
    assert _why(HELD, worker, pods) is None


@pytest.mark.parametrize("worker", [DEAD, None], ids=["dead", "without a row"])
def test_where_nobody_can_tell_a_task_stays(worker: Worker | None) -> None:
    """A pod that nobody sees may run."""
    why = _why(HELD, worker, None)

    assert why == f"nobody can tell whether the pod of {WORKER} still runs"


def test_an_item_says_what_the_task_was_like() -> None:
    """It is due since the task was started, and ends no pod."""
    item = requeueing.item(HELD, "its worker is crashed")

    assert item == Item(
        target=TASK,
        action="requeue task",
        why="its worker is crashed",
        since=ago(minutes=2),
        seen={"status": "In Progress", "worker_id": WORKER, "attempts": 0},
    )


# --- before it is done ---------------------------------------------------------------

ITEM = requeueing.item(HELD, "its worker is crashed")


async def _left(world: World, item: Item = ITEM) -> str | None:
    """Return why the task is left alone; None when it is to go back."""
    ended = await requeueing.look(item, world.hands(now=LATER))
    if ended is None:
        return None
    assert (ended.target, ended.outcome) == (TASK, Fate.LEFT_ALONE)
    assert world.task_power.asked == []
    return ended.detail


async def test_what_is_as_it_was_is_done() -> None:
    """The worker is still dead, and its pod gone."""
    assert await _left(a_world(tasks=[HELD], workers=[DEAD])) is None


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"status": "Complete"}, f"it is Complete by {WORKER}"),
        ({"status": "Queued", "worker_id": None}, "it is Queued"),
        ({"worker_id": "gpu-2"}, "it is In Progress by gpu-2"),
        ({"attempts": 1}, f"it is In Progress by {WORKER}"),
    ],
    ids=["complete", "reset", "taken", "tried"],
)
async def test_a_task_that_changed_since_the_plan_is_left_alone(
    now: dict[str, Any], why: str
) -> None:
    """It is said what it is now, and whose."""
    task = a_task(**({"worker_id": WORKER} | now))

    left = await _left(a_world(tasks=[task], workers=[DEAD]))

    assert left == f"it changed since the plan: {why}"


async def test_a_task_whose_worker_beats_again_is_left_alone() -> None:
    """Only the heartbeat has changed."""
    silent = a_worker(last_heartbeat_at=ago(minutes=30))
    item = requeueing.item(HELD, "its worker has been silent for 30 min")

    back = replace(silent, last_heartbeat_at=ago(seconds=-50))

    assert await _left(a_world(tasks=[HELD], workers=[back]), item) == (
        f"its worker {WORKER} may still finish it (worker terminate ends it)"
    )


async def test_a_task_whose_workers_pod_appeared_is_left_alone() -> None:
    """It could be done twice."""
    left = await _left(a_world(tasks=[HELD], workers=[DEAD], pods=[a_pod()]))

    assert left is not None
    assert left.startswith("the pod of its worker still runs")


async def test_a_task_that_is_gone_is_left_alone() -> None:
    """There is nothing to put back."""
    assert await _left(a_world(workers=[DEAD])) == "it no longer exists"


async def test_without_pods_an_orphan_is_left_alone() -> None:
    """Nobody can tell what still runs."""
    world = a_world(tasks=[HELD], workers=[DEAD])
    world.pods.down = RUNPOD_DOWN

    assert await _left(world) == (
        f"nobody can tell whether the pod of {WORKER} still runs"
    )


async def test_without_pods_a_failed_task_still_goes_back() -> None:
    """They have no part in it."""
    failed = a_task(status="Failed", worker_id=WORKER)
    world = a_world(tasks=[failed])
    world.pods.down = RUNPOD_DOWN

    assert await _left(world, requeueing.item(failed, "it failed")) is None


async def test_what_cannot_be_looked_at_is_not_done() -> None:
    """Which source is to blame is said."""
    world = a_world(tasks=[HELD])
    world.tasks.down = DOWN

    ended = await requeueing.look(ITEM, world.hands(now=LATER))

    assert ended == Ended(target=TASK, outcome=Fate.FAILED, detail=NOT_DONE)


# --- doing it ------------------------------------------------------------------------


async def _done(world: World, item: Item = ITEM) -> tuple[Fate, str]:
    ended = await requeueing.do(item, world.hands(now=LATER))
    assert ended.target == TASK
    return ended.outcome, ended.detail


async def test_a_task_goes_back() -> None:
    """And counts as tried once more."""
    world = a_world(tasks=[HELD], workers=[DEAD])

    found = await _done(world)

    assert found == (Fate.DONE, "back in the queue")
    assert (world.tasks.rows[0].status, world.tasks.rows[0].attempts) == ("Queued", 1)


async def test_a_failed_task_goes_back() -> None:
    """Without its error."""
    failed = a_task(status="Failed", worker_id=WORKER, error="out of memory")
    world = a_world(tasks=[failed])

    found = await _done(world, requeueing.item(failed, "it failed"))

    assert found == (Fate.DONE, "back in the queue")
    assert (world.tasks.rows[0].status, world.tasks.rows[0].error) == ("Queued", None)


async def test_a_task_that_changed_at_the_last_moment_is_left() -> None:
    """Between the look and the deed."""
    world = a_world(tasks=[a_task(worker_id="gpu-2")])

    found = await _done(world)

    why = "it changed since the plan: it is In Progress by gpu-2"
    assert found == (Fate.LEFT_ALONE, why)
    assert world.task_power.asked == []


async def test_a_task_whose_result_exists_is_left() -> None:
    """The database knows, though the task does not say so."""
    world = a_world(tasks=[HELD])
    world.task_power.made = {TASK}

    found = await _done(world)

    why = "it changed meanwhile, or its result exists"
    assert found == (Fate.LEFT_ALONE, why)


async def test_a_task_that_cannot_be_read_is_not_put_back() -> None:
    """Nothing was asked of the database."""
    world = a_world(tasks=[HELD])
    world.tasks.down = DOWN

    found = await _done(world)

    assert found == (Fate.FAILED, "not done: cannot be reached")
    assert world.task_power.asked == []


async def test_a_task_that_vanished_is_not_put_back() -> None:
    """At the last moment, too."""
    found = await _done(a_world())

    assert found == (Fate.FAILED, f"not done: no task is called {TASK}")


async def test_an_answer_that_was_lost_is_looked_up() -> None:
    """The row says that it went back."""
    world = a_world(tasks=[HELD])
    world.task_power.uncertain = Uncertain("supabase", "did not answer in time")
    world.task_power.does_it = True

    assert await _done(world) == (Fate.DONE, "it went back, and is Queued now")


# --- after a death -------------------------------------------------------------------


async def _settled(world: World, item: Item = ITEM) -> tuple[Fate, str]:
    ended = await requeueing.settle(item, world.hands(now=LATER))
    assert ended.target == TASK
    assert world.task_power.asked == world.pod_power.asked == []
    return ended.outcome, ended.detail


STOPPED = "debug-bot was stopped while it did this"


@pytest.mark.parametrize("task", [HELD, FAILED], ids=["held", "failed"])
@pytest.mark.parametrize("status", ["Queued", "Complete"])
async def test_a_task_with_one_more_attempt_went_back(status: str, task: Task) -> None:
    """It may even have been done since."""
    world = a_world(tasks=[a_task(status=status, attempts=1)])

    found = await _settled(world, requeueing.item(task, "it failed"))

    assert found == (Fate.DONE, f"{STOPPED}; it went back, and is {status} now")


@pytest.mark.parametrize("task", [HELD, FAILED], ids=["held", "failed"])
async def test_a_task_that_is_as_it_was_did_not_go_back(task: Task) -> None:
    """It is not put back now, either."""
    world = a_world(tasks=[task])

    found = await _settled(world, requeueing.item(task, "it failed"))

    assert found == (Fate.FAILED, f"{STOPPED}: it was not done")
    assert world.tasks.rows == [task]


@pytest.mark.parametrize("before", [0, None])
@pytest.mark.parametrize("now", [0, None])
async def test_a_task_that_changed_without_an_attempt_tells_nothing(
    before: int | None, now: int | None
) -> None:
    """The orchestrator resets tasks as well, and does not count."""
    item = requeueing.item(replace(HELD, attempts=before), "")

    found = await _settled(a_world(tasks=[a_task(status="Queued", attempts=now)]), item)

    assert found == (Fate.UNKNOWN, f"{STOPPED}; it is Queued now")


async def test_a_task_that_is_gone_afterwards_is_left() -> None:
    """There is nothing more to find out."""
    assert await _settled(a_world()) == (Fate.LEFT_ALONE, "it no longer exists")


@pytest.mark.parametrize("task", [HELD, FAILED], ids=["held", "failed"])
async def test_a_task_that_nobody_can_look_at_afterwards_is_not_known(
    task: Task,
) -> None:
    """Why is said."""
    world = a_world(tasks=[task])
    world.tasks.down = DOWN

    found = await _settled(world, requeueing.item(task, "it failed"))

    assert found == (Fate.UNKNOWN, f"{STOPPED}; nobody could look: cannot be reached")


async def test_a_pod_that_the_list_leaves_out_is_asked_for() -> None:
    """Lists can leave one out, and the task would be done twice."""
    world = a_world(tasks=[HELD], workers=[DEAD])
    world.pods.hidden = [a_pod()]

    ended = await requeueing.look(
        requeueing.item(HELD, "orphaned"), world.hands(now=LATER)
    )

    assert ended is not None
    assert "its worker still runs" in ended.detail


async def test_a_listed_pod_is_not_asked_for_again() -> None:
    """It is there, and stopped: nobody works on the task."""
    world = a_world(tasks=[HELD], workers=[DEAD], pods=[a_pod(status="EXITED")])

    assert (
        await requeueing.look(
            requeueing.item(HELD, "orphaned"),
            world.hands(now=LATER),
        )
        is None
    )


async def test_a_worker_that_never_had_a_pod_needs_no_other_look() -> None:
    """The list has told that no pod bears its name."""
    podless = replace(DEAD, runpod_id=None)
    world = a_world(tasks=[HELD], workers=[podless])

    assert (
        await requeueing.look(
            requeueing.item(HELD, "orphaned"),
            world.hands(now=LATER),
        )
        is None
    )
