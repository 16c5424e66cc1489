"""How a pod is ended, its rows are settled, and its tasks are given back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.actions import ending
from bot.domain.errors import Refused, SourceDown, Uncertain
from bot.domain.offers import Ended, Fate, Item
from bot.domain.pods import Pod, PodId
from bot.domain.tasks import Task
from bot.domain.workers import Worker
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    FakePodPower,
    FakePods,
    FakeTaskPower,
    FakeWorkerPower,
    FakeWorkers,
    World,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

RUNPOD_DOWN = SourceDown("runpod", "cannot be reached")
DOWN = SourceDown("supabase", "cannot be reached")
SLOW = SourceDown("supabase", "did not answer in time")
LOST = Uncertain("supabase", "did not answer in time")
MAYBE = Uncertain("runpod", "did not say whether it ended the pod")
NO = Refused("runpod", "said no: pod is locked")
ROW = f"row {WORKER}"
OTHER = "51345358-0000-4000-8000-000000000002"


def _deaf() -> FakePodPower:
    """Return a power that says yes, and ends a pod of which nobody here knows."""
    return FakePodPower(pods=FakePods([a_pod()]))


@dataclass
class _Watched(FakePods):
    """Pods that go, or come back, one answer after the other."""

    answers: list[Pod | SourceDown | None] = field(default_factory=list)

    async def get(self, id: PodId) -> Pod | None:
        answer = self.answers.pop(0)
        if isinstance(answer, SourceDown):
            raise answer
        return answer


# --- items ---------------------------------------------------------------------------


def test_an_item_is_left_alone_for_a_reason() -> None:
    """The reason is all that is said."""
    item = Item(target=POD, action="terminate pod", why="")

    left = ending.left(item, f"pod {POD} is locked")

    assert left == Ended(
        target=POD, outcome=Fate.LEFT_ALONE, detail=f"pod {POD} is locked"
    )


def test_what_could_not_be_looked_at_is_not_done() -> None:
    """It failed, and whose fault it was is said."""
    item = Item(target=POD, action="terminate pod", why="")

    failed = ending.unseen(item, RUNPOD_DOWN)

    assert failed.outcome is Fate.FAILED
    assert failed.detail == (
        "not done, as it could not be looked at again: runpod cannot be reached"
    )


# --- pods ----------------------------------------------------------------------------


def test_what_was_seen_of_a_pod_can_be_stored() -> None:
    """As JSON, and nothing of it is lost."""
    seen = ending.pod_seen(a_pod(uptime=timedelta(hours=1)), NOW)

    assert json.loads(json.dumps(seen)) == {
        "pod": POD,
        "pod_name": WORKER,
        "pod_running": True,
        "pod_uptime_seconds": 3600.0,
        "pod_seen_at": "2026-01-31T12:00:00+00:00",
    }


LATER = timedelta(seconds=90)
HOUR = timedelta(hours=1)
STOPPED = {"status": "EXITED"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"uptime": HOUR}, {"uptime": HOUR + LATER}),
        ({"uptime": HOUR}, {"uptime": HOUR + LATER - timedelta(seconds=60)}),
        ({"uptime": HOUR}, {"uptime": HOUR + LATER + timedelta(minutes=5)}),
        ({"uptime": None}, {"uptime": None}),
        ({"uptime": None}, {"uptime": HOUR}),
        ({"uptime": HOUR}, STOPPED),
        (STOPPED, STOPPED),
    ],
    ids=["ran on", "rounded", "clock off", "untold", "unknown", "stopped", "stands"],
)
def test_a_pod_that_was_not_started_anew(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Where nothing tells, it is not claimed."""
    seen = ending.pod_seen(a_pod(**before), NOW)

    assert ending.restarted(seen, a_pod(**after), NOW + LATER) is None


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        (STOPPED, {}, "it was started again since the plan: it is RUNNING"),
        (
            {"uptime": HOUR},
            {"uptime": timedelta(seconds=45)},
            "it was started anew 45 s ago, since the plan",
        ),
        (
            {"uptime": timedelta(0)},
            {"uptime": timedelta(seconds=29)},
            "it was started anew 29 s ago, since the plan",
        ),
        (
            {"uptime": None},
            {"uptime": timedelta(seconds=29)},
            "it was started anew 29 s ago, since the plan",
        ),
        (
            {"uptime": HOUR},
            {"uptime": None},
            "it may have been started anew: its uptime is gone",
        ),
    ],
    ids=["ran again", "shorter", "just past", "told only now", "told no more"],
)
def test_a_pod_that_was_started_anew(
    before: dict[str, Any], after: dict[str, Any], how: str
) -> None:
    """Somebody wants it."""
    seen = ending.pod_seen(a_pod(**before), NOW)

    assert ending.restarted(seen, a_pod(**after), NOW + LATER) == how


async def test_locked_pods_are_known() -> None:
    """As the power tells them."""
    world = a_world(pods=[a_pod()])
    world.pod_power.locks = {POD}

    assert await ending.locked(world.hands()) == frozenset({POD})


async def test_where_nobody_can_tell_what_is_locked_it_is_not_known() -> None:
    """None is not the same as none."""
    world = a_world()
    world.pod_power.down = RUNPOD_DOWN

    assert await ending.locked(world.hands()) is None


def test_what_has_ended_already_does_not_change() -> None:
    """Neither a row nor a task."""
    row = a_worker(status="terminated")

    assert ending.then([row], [a_task(status="Complete")]) == ""


async def test_a_pod_is_ended() -> None:
    """Asked for once, and seen to be gone."""
    world = a_world(pods=[a_pod()])

    assert await ending.end_pod(POD, world.hands()) is None
    assert world.pod_power.asked == [POD]
    assert world.pods.rows == []


async def test_a_pod_may_take_a_while_to_go() -> None:
    """It is looked at until it is gone, and no more; an answer may be missing."""
    world = a_world()
    watched = _Watched(answers=[a_pod(), RUNPOD_DOWN, None, a_pod()])
    world.pods = watched

    hands = world.hands(looks=(0.0, 0.0, 0.0, 0.0), pods=_deaf())

    assert await ending.end_pod(POD, hands) is None
    assert watched.answers == [a_pod()]


async def test_a_pod_that_is_listed_as_terminated_is_gone() -> None:
    """It stays in some answers for a while."""
    world = a_world(pods=[a_pod(status="TERMINATED")])

    assert await ending.end_pod(POD, world.hands(pods=_deaf())) is None


async def test_a_yes_is_not_believed() -> None:
    """While the pod is there, nobody knows whether it will go."""
    world = a_world(pods=[a_pod()])

    stays = await ending.end_pod(POD, world.hands(pods=_deaf()))

    assert stays == Ended(
        target=POD,
        outcome=Fate.UNKNOWN,
        detail="RunPod was asked to end it; it is still there (RUNNING)",
    )


async def test_a_no_is_believed_while_the_pod_is_there() -> None:
    """One look is enough then."""
    world = a_world()
    watched = _Watched(answers=[a_pod(), None])
    world.pods = watched
    world.pod_power.refuses = NO

    stays = await ending.end_pod(POD, world.hands(looks=(0.0, 0.0)))

    assert stays == Ended(
        target=POD,
        outcome=Fate.FAILED,
        detail="RunPod said no: pod is locked; it is still there (RUNNING)",
    )
    assert watched.answers == [None]


async def test_a_no_to_a_pod_that_is_gone_does_not_matter() -> None:
    """Somebody else was faster."""
    assert await ending.end_pod(POD, a_world().hands()) is None


async def test_a_no_stays_a_no_when_the_look_fails() -> None:
    """The cloud did nothing."""
    world = a_world(pods=[a_pod()])
    world.pod_power.refuses = NO
    world.pods.down = RUNPOD_DOWN

    stays = await ending.end_pod(POD, world.hands())

    assert stays is not None
    assert stays.outcome is Fate.FAILED
    assert stays.detail == (
        "RunPod said no: pod is locked;"
        " the look whether it is gone failed: cannot be reached"
    )


async def test_a_call_that_was_cut_off_may_have_done_it() -> None:
    """The pod itself tells."""
    world = a_world(pods=[a_pod()])
    world.pod_power.uncertain = MAYBE
    world.pod_power.does_it = True

    assert await ending.end_pod(POD, world.hands()) is None


async def test_a_call_that_was_cut_off_may_yet_do_it() -> None:
    """A pod that is there is no proof that it stays."""
    world = a_world(pods=[a_pod()])
    world.pod_power.uncertain = MAYBE

    stays = await ending.end_pod(POD, world.hands())

    assert stays is not None
    assert stays.outcome is Fate.UNKNOWN
    assert stays.detail == (
        "RunPod did not say whether it ended the pod; it is still there (RUNNING)"
    )


async def test_what_nobody_could_look_at_is_not_known() -> None:
    """It was asked for, and that is said."""
    world = a_world(pods=[a_pod()])
    world.pods.down = RUNPOD_DOWN

    stays = await ending.end_pod(POD, world.hands())

    assert stays is not None
    assert stays.outcome is Fate.UNKNOWN
    assert stays.detail == (
        "RunPod was asked to end it;"
        " the look whether it is gone failed: cannot be reached"
    )


async def test_what_was_not_asked_was_not_done() -> None:
    """There is no need to look."""
    world = a_world()
    world.pods = _Watched(answers=[])
    world.pod_power.down = RUNPOD_DOWN

    stays = await ending.end_pod(POD, world.hands())

    assert stays == Ended(
        target=POD, outcome=Fate.FAILED, detail="not done: runpod cannot be reached"
    )


# --- rows ----------------------------------------------------------------------------


async def test_a_pods_rows_are_found_by_its_id_and_its_name() -> None:
    """Of any status."""
    by_name = a_worker(status="terminated", runpod_id=None)
    by_id = a_worker("gpu-2", status="error")
    world = a_world(workers=[by_name, by_id, a_worker("gpu-3", runpod_id="other1")])

    assert await ending.owners(POD, WORKER, world.hands()) == [by_name, by_id]


async def test_a_pod_without_a_name_is_nobodys_namesake() -> None:
    """Its id alone counts."""
    world = a_world(workers=[a_worker("", runpod_id=None)])

    assert await ending.owners(POD, "", world.hands()) == []


async def _given_back(
    world: World, *workers: Worker, **powers: Any
) -> tuple[Fate, Sequence[str]]:
    """Return what comes of it, and all that is said."""
    rows = workers or world.workers.rows
    after = await ending.give_back(rows, world.hands(**powers))
    ended = after.ended(POD, "the pod is gone")
    first, *said = ended.detail.split("; ")
    assert (ended.target, first) == (POD, "the pod is gone")
    return ended.outcome, said


async def test_a_pod_that_nobody_had_leaves_nothing_behind() -> None:
    """That it is gone is all there is to say."""
    assert await _given_back(a_world()) == (Fate.DONE, [])


@pytest.mark.parametrize("status", ["active", "error", "crashed", "spawning", "odd"])
async def test_a_row_is_marked_as_ended(status: str) -> None:
    """Whatever it says, unless it says so already."""
    world = a_world(workers=[a_worker(status=status)])

    outcome, said = await _given_back(world)

    assert (outcome, said) == (Fate.DONE, [f"{ROW} marked terminated"])
    assert world.workers.rows[0].status == "terminated"
    assert world.workers.rows[0].terminated_at == NOW


async def test_an_ended_row_is_not_written_again() -> None:
    """Its tasks may be waiting all the same."""
    world = a_world(
        workers=[a_worker(status="terminated")], tasks=[a_task(worker_id=WORKER)]
    )

    found = await _given_back(world)

    assert found == (Fate.DONE, ["1 task back in the queue"])
    assert world.worker_power.asked == []
    assert world.tasks.rows[0].status == "Queued"


async def test_a_row_that_changed_meanwhile_is_left() -> None:
    """It is said, and what finishes it."""
    world = a_world(workers=[a_worker()])
    earlier = a_worker(last_heartbeat_at=ago(seconds=30))

    outcome, said = await _given_back(world, earlier)

    assert outcome is Fate.FAILED
    assert said == [
        (
            f"{ROW} still says active: it changed meanwhile and was left as it is"
            f" (worker forget {WORKER} finishes it)"
        ),
    ]
    assert world.workers.rows == [a_worker()]


async def test_a_row_that_somebody_else_ended_meanwhile_is_well() -> None:
    """It is as it should be."""
    world = a_world(workers=[a_worker(status="terminated")])

    found = await _given_back(world, a_worker())

    assert found == (Fate.DONE, [f"{ROW} marked terminated"])


async def test_a_row_that_is_gone_needs_no_end() -> None:
    """It is said."""
    found = await _given_back(a_world(), a_worker())

    assert found == (Fate.DONE, [f"{ROW} is gone"])


async def test_a_row_that_was_written_without_an_answer_is_looked_at() -> None:
    """It says that it was done."""
    world = a_world(workers=[a_worker()])
    power = FakeWorkerPower(workers=world.workers, uncertain=LOST, does_it=True)

    found = await _given_back(world, workers=power)

    assert found == (Fate.DONE, [f"{ROW} marked terminated"])


@pytest.mark.parametrize(
    "power",
    [FakeWorkerPower(down=SLOW), FakeWorkerPower(uncertain=LOST)],
    ids=["not done", "unknown"],
)
async def test_a_row_that_was_not_written_is_said_to_live(
    power: FakeWorkerPower,
) -> None:
    """And why."""
    world = a_world(workers=[a_worker()])

    outcome, said = await _given_back(world, workers=power)

    assert outcome is Fate.FAILED
    assert said == [
        (
            f"{ROW} still says active: supabase did not answer in time"
            f" (worker forget {WORKER} finishes it)"
        ),
    ]


async def test_a_row_that_nobody_could_look_at_may_not_be_marked() -> None:
    """Neither is claimed."""
    world = a_world()
    world.workers = FakeWorkers([a_worker()], down=DOWN)
    power = FakeWorkerPower(uncertain=LOST)

    outcome, said = await _given_back(world, a_worker(), workers=power)

    assert outcome is Fate.FAILED
    assert said == [
        f"{ROW} may not be marked terminated: supabase did not answer in time"
    ]


# --- the tasks behind it -------------------------------------------------------------

ENDED_ROW = a_worker(status="terminated")


async def test_only_what_was_in_progress_goes_back() -> None:
    """All else that the worker held stays as it is."""
    others = [
        a_task(f"{n}{OTHER[1:]}", status=status, worker_id=WORKER)
        for n, status in enumerate(("Queued", "Complete", "Failed", "Cancelled"))
    ]
    foreign = a_task(f"9{OTHER[1:]}", worker_id="gpu-2")
    mine = [a_task(worker_id=WORKER), a_task(OTHER, worker_id=WORKER, attempts=2)]
    world = a_world(workers=[ENDED_ROW], tasks=[*others, foreign, *mine])

    found = await _given_back(world)

    assert found == (Fate.DONE, ["2 tasks back in the queue"])
    assert sorted(world.task_power.asked) == [TASK, OTHER]
    assert world.tasks.rows[:5] == [*others, foreign]
    assert [task.attempts for task in world.tasks.rows[5:]] == [1, 3]


async def test_a_task_that_was_tried_too_often_stays() -> None:
    """Nothing is wrong with that."""
    world = a_world(workers=[ENDED_ROW], tasks=[a_task(worker_id=WORKER, attempts=3)])

    found = await _given_back(world)

    assert found == (
        Fate.DONE,
        ["task 41345358 stays: it was tried 3 times, which is all it gets"],
    )
    assert world.task_power.asked == []


async def test_a_task_whose_result_is_there_stays() -> None:
    """It would be made twice."""
    world = a_world(workers=[ENDED_ROW], tasks=[a_task(worker_id=WORKER)])
    world.task_power.made = {TASK}

    found = await _given_back(world)

    why = "it changed meanwhile, or its result exists"
    assert found == (Fate.DONE, [f"task 41345358 stays: {why}"])


async def test_a_task_that_could_not_be_given_back_is_trouble() -> None:
    """The pod is gone all the same, and that comes first."""
    world = a_world(workers=[a_worker()], tasks=[a_task(worker_id=WORKER)])
    world.task_power.down = DOWN

    found = await _given_back(world)

    assert found == (
        Fate.FAILED,
        [
            f"{ROW} marked terminated",
            "task 41345358: not done: supabase cannot be reached",
        ],
    )


async def test_tasks_that_could_not_be_read_are_trouble() -> None:
    """Nobody knows whether there are any."""
    world = a_world(workers=[ENDED_ROW])
    world.tasks.down = DOWN

    found = await _given_back(world)

    why = "its tasks could not be read: cannot be reached"
    assert found == (Fate.FAILED, [why])


async def test_of_a_list_that_was_cut_the_rest_is_said_to_be_missing() -> None:
    """What was read goes back."""
    world = a_world(workers=[ENDED_ROW], tasks=[a_task(worker_id=WORKER)])
    world.tasks.whole = False

    found = await _given_back(world)

    assert found == (
        Fate.FAILED,
        ["1 task back in the queue", f"not all tasks of {WORKER} could be read"],
    )


async def test_every_worker_of_the_pod_is_settled() -> None:
    """What goes wrong with one does not keep the others."""
    gone = a_worker("gpu-2")
    world = a_world(workers=[a_worker()], tasks=[a_task(worker_id=WORKER)])

    found = await _given_back(world, gone, a_worker())

    assert found == (
        Fate.DONE,
        ["row gpu-2 is gone", f"{ROW} marked terminated", "1 task back in the queue"],
    )


# --- one task ------------------------------------------------------------------------

SEEN = a_task(worker_id=WORKER)


async def _requeued(world: World, seen: Task = SEEN, **powers: Any) -> Ended:
    ended = await ending.requeue(seen, world.hands(**powers))
    assert ended.target == TASK
    return ended


async def test_a_task_goes_back() -> None:
    """With one more attempt, and without its worker."""
    world = a_world(tasks=[SEEN])

    ended = await _requeued(world)

    assert (ended.outcome, ended.detail) == (Fate.DONE, "back in the queue")
    [task] = world.tasks.rows
    assert (task.status, task.worker_id, task.attempts) == ("Queued", None, 1)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"started_at": ago(minutes=1)}, "it changed meanwhile, or its result exists"),
        ({"status": "Complete"}, "it changed meanwhile: it is Complete"),
        ({"worker_id": "gpu-2"}, "it changed meanwhile: it is In Progress"),
        (
            {"status": "Queued", "worker_id": None},
            "it changed meanwhile: it is Queued",
        ),
    ],
    ids=["again", "complete", "elsewhere", "reset"],
)
async def test_a_task_that_changed_meanwhile_is_left(
    now: dict[str, Any], why: str
) -> None:
    """It is said what it is now."""
    rows = [a_task(**({"worker_id": WORKER} | now))]
    world = a_world(tasks=rows)

    ended = await _requeued(world)

    assert (ended.outcome, ended.detail) == (Fate.LEFT_ALONE, why)
    assert world.tasks.rows == rows


async def test_a_task_that_is_gone_is_left() -> None:
    """There is nothing to put back."""
    ended = await _requeued(a_world())

    assert (ended.outcome, ended.detail) == (Fate.LEFT_ALONE, "it no longer exists")


async def test_a_requeue_without_an_answer_may_have_been_done() -> None:
    """The row tells."""
    world = a_world(tasks=[SEEN])
    power = FakeTaskPower(tasks=world.tasks, uncertain=LOST, does_it=True)

    ended = await _requeued(world, tasks=power)

    assert ended.outcome is Fate.DONE
    assert ended.detail == "it went back, and is Queued now"


async def test_a_requeued_task_that_was_taken_at_once_went_back() -> None:
    """Its attempts tell."""
    world = a_world(tasks=[a_task(worker_id="gpu-2", attempts=1)])

    ended = await _requeued(world, tasks=FakeTaskPower(uncertain=LOST))

    assert ended.outcome is Fate.DONE
    assert ended.detail == "it went back, and is In Progress now"


async def test_a_requeue_without_an_answer_may_not_have_been_done() -> None:
    """It failed then, and why is said."""
    world = a_world(tasks=[SEEN])

    ended = await _requeued(world, tasks=FakeTaskPower(uncertain=LOST))

    assert ended.outcome is Fate.FAILED
    assert ended.detail == "not done: supabase did not answer in time"


async def test_without_a_count_a_waiting_task_went_back() -> None:
    """There is nothing else that could tell."""
    seen = replace(SEEN, attempts=None)
    world = a_world(tasks=[seen])
    power = FakeTaskPower(tasks=world.tasks, uncertain=LOST, does_it=True)

    ended = await _requeued(world, seen, tasks=power)

    assert ended.outcome is Fate.DONE
    assert ended.detail == "it went back, and is Queued now"


async def test_without_a_count_a_finished_task_did_not_go_back() -> None:
    """Its worker was faster."""
    world = a_world(tasks=[a_task(status="Complete", attempts=None)])

    ended = await _requeued(world, replace(SEEN, attempts=None))

    assert ended.outcome is Fate.LEFT_ALONE
    assert ended.detail == "it changed meanwhile: it is Complete"


async def test_a_requeue_that_was_not_asked_failed() -> None:
    """The row needs no look."""
    world = a_world(tasks=[SEEN])
    world.task_power.down = DOWN

    ended = await _requeued(world)

    assert ended.outcome is Fate.FAILED
    assert ended.detail == "not done: supabase cannot be reached"


@pytest.mark.parametrize(
    ("power", "first"),
    [
        (FakeTaskPower(), ""),
        (FakeTaskPower(uncertain=LOST), "supabase did not answer in time; "),
    ],
    ids=["left", "lost"],
)
async def test_a_requeue_that_nobody_could_look_at_is_not_known(
    power: FakeTaskPower, first: str
) -> None:
    """Why is said, in the order in which it happened."""
    world = a_world()
    world.tasks.down = DOWN

    ended = await _requeued(world, tasks=power)

    assert ended.outcome is Fate.UNKNOWN
    assert ended.detail == (
        f"{first}nobody could look whether it is back: cannot be reached"
    )
