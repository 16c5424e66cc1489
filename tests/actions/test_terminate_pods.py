"""`runpod terminate`."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.actions.terminate_pods import ACTION, TerminatePodsQuery
from bot.domain.errors import Misread, NotFound, Refused, SourceDown, Uncertain
from bot.domain.offers import Ended, Fate, Item, Plan
from bot.domain.pods import Pod
from bot.domain.workers import Worker, WorkerId
from bot.sources import Gaps
from tests.world import (
    NOW,
    POD,
    WORKER,
    FakePodPower,
    FakePods,
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
LATER = NOW + timedelta(seconds=60)
STOPPED = "debug-bot was stopped while it did this"
ENDED = a_worker(
    status="terminated",
    created_at=ago(hours=3),
    terminated_at=ago(hours=2),
    last_heartbeat_at=ago(hours=2),
)
GIVEN_UP = a_worker(
    status="error",
    created_at=ago(hours=3),
    error_at=ago(minutes=30),
    last_heartbeat_at=ago(minutes=40),
)


async def _plan(
    world: World, *named: str, gaps: Gaps | None = None, **limits: Any
) -> Plan:
    planning = world.planning(gaps=gaps, **limits)
    plan: Plan = await ACTION.plan(TerminatePodsQuery(pods=named), planning)
    return plan


async def _only(world: World, *named: str) -> Item:
    """Return the one item that is planned."""
    [item] = (await _plan(world, *named)).items
    return item


async def _spared(world: World, *named: str, **limits: Any) -> list[tuple[str, str]]:
    """Return what is left alone; nothing else is in the plan."""
    plan = await _plan(world, *named, **limits)
    assert plan.items == ()
    return [(each.target, each.why) for each in plan.left_alone]


# --- the plan ------------------------------------------------------------------------


async def test_where_every_pod_has_its_worker_there_is_nothing_to_do() -> None:
    """Nor is there anything to be said."""
    world = a_world(pods=[a_pod()], workers=[a_worker()])

    assert await _plan(world) == Plan(items=())


async def test_without_pods_there_is_nothing_to_do() -> None:
    """An empty list is an answer."""
    assert await _plan(a_world(workers=[a_worker()])) == Plan(items=())


async def test_a_pod_without_any_row_is_ended() -> None:
    """It has cost money since it was made, for all that is known."""
    item = await _only(a_world(pods=[a_pod()]))

    assert (item.target, item.label, item.action) == (POD, WORKER, "terminate pod")
    assert item.why == "no worker has its id or its name"
    assert item.since == ago(hours=1)
    assert (item.cost_per_hour_usd, item.cost_so_far_usd, item.pods) == (0.69, 0.69, 1)


async def test_a_pod_whose_worker_ended_is_ended() -> None:
    """It has cost money for nothing since then."""
    item = await _only(a_world(pods=[a_pod()], workers=[ENDED]))

    assert item.why == f"its worker {WORKER} is terminated"
    assert (item.since, item.cost_so_far_usd) == (ago(hours=2), 1.38)


async def test_a_pod_whose_worker_was_given_up_is_ended() -> None:
    """Once the orchestrator had its time to do so."""
    item = await _only(a_world(pods=[a_pod()], workers=[GIVEN_UP]))

    assert item.why == f"its worker {WORKER} failed past the grace period"
    assert (item.since, item.cost_so_far_usd) == (ago(minutes=30), 0.34)


async def test_of_several_ends_the_last_one_counts() -> None:
    """Until then the pod was of use to somebody."""
    first = replace(ENDED, id=WorkerId("gpu-first"), terminated_at=ago(hours=5))

    item = await _only(a_world(pods=[a_pod()], workers=[ENDED, first]))

    assert item.since == ago(hours=2)


async def test_an_end_that_lies_ahead_has_cost_nothing() -> None:
    """Clocks differ."""
    worker = replace(ENDED, terminated_at=ago(seconds=-20))

    item = await _only(a_world(pods=[a_pod()], workers=[worker]))

    assert item.cost_so_far_usd == 0.0


async def test_a_pod_that_only_its_uptime_dates_is_as_old_as_that() -> None:
    """Its name tells no time."""
    pod = a_pod(name="gpu-odd", named_at=None, uptime=timedelta(hours=2))

    item = await _only(a_world(pods=[pod]))

    assert (item.since, item.cost_so_far_usd) == (ago(hours=2), 1.38)


async def test_a_cost_that_nobody_tells_is_not_invented() -> None:
    """Of the pod, and of the plan."""
    world = a_world(pods=[a_pod(cost_per_hour_usd=None)])

    plan = await _plan(world)

    [item] = plan.items
    assert item.cost_per_hour_usd is item.cost_so_far_usd is None
    assert plan.cost_per_hour_usd is None


async def test_a_stopped_pod_is_ended_as_well() -> None:
    """Its disk is billed; how much it has cost nobody tells."""
    item = await _only(a_world(pods=[a_pod(status="EXITED")]))

    assert item.why == "no worker has its id or its name; it is EXITED"
    assert (item.since, item.cost_so_far_usd) == (ago(hours=1), None)


async def test_a_stopped_pod_of_unknown_age_is_left_alone() -> None:
    """It may be younger than the policy's minimum."""
    pod = a_pod(name="gpu-odd", status="EXITED", named_at=None)

    plan = await _plan(a_world(pods=[pod]))

    assert [each.why for each in plan.left_alone] == ["nothing tells its age"]


async def test_the_rows_and_tasks_behind_a_pod_are_named() -> None:
    """They change, too, when it is gone; a namesake with another pod does not."""
    dead = a_worker(status="error", error_at=ago(minutes=30))
    dead = replace(dead, last_heartbeat_at=ago(minutes=40))
    done = a_task(OTHER, status="Complete", worker_id=WORKER)
    held = a_task(worker_id=WORKER)

    item = await _only(a_world(pods=[a_pod()], workers=[dead], tasks=[held, done]))

    assert item.then == (
        f"task 41345358 goes back into the queue; row {WORKER} is marked terminated"
    )


async def test_the_dearest_comes_first() -> None:
    """One confirmation may not hold all; one of unknown cost comes last."""
    costs = {"cheap1": 0.2, "untold": None, "dear01": 2.5}
    pods = [
        a_pod(id, name=f"gpu-{id}", cost_per_hour_usd=cost)
        for id, cost in costs.items()
    ]

    plan = await _plan(a_world(pods=pods))

    assert [item.target for item in plan.items] == ["dear01", "cheap1", "untold"]


async def test_what_was_seen_can_be_told_from_what_comes() -> None:
    """The pod, and the heartbeats of those who once had it."""
    silent = a_worker("gpu-silent", status="terminated", last_heartbeat_at=None)
    pod = a_pod(uptime=timedelta(hours=1))

    item = await _only(a_world(pods=[pod], workers=[ENDED, silent]))

    assert item.seen == {
        "pod": POD,
        "pod_name": WORKER,
        "pod_running": True,
        "pod_uptime_seconds": 3600.0,
        "pod_seen_at": "2026-01-31T12:00:00+00:00",
        f"heartbeat {WORKER}": "2026-01-31T10:00:00+00:00",
    }


# --- what the plan leaves alone ------------------------------------------------------


@pytest.mark.parametrize(
    ("pod", "why"),
    [
        ({"named_at": ago(minutes=9)}, "it is only 9 min old"),
        ({"named_at": None}, "nothing tells its age"),
        ({"name": "keep-this"}, "its name is not one of ours"),
        ({"status": "TERMINATED"}, "it is terminated already"),
    ],
)
async def test_what_may_be_somebodys_is_left_alone(
    pod: dict[str, Any], why: str
) -> None:
    """And it says why."""
    pods = [a_pod(**pod)]

    assert await _spared(a_world(pods=pods)) == [(POD, why)]


async def test_a_pod_without_a_name_is_not_ours() -> None:
    """It can be told by its id."""
    found = await _spared(a_world(pods=[a_pod(name="")]))

    assert found == [(POD, "its name is not one of ours")]


@pytest.mark.parametrize(
    ("worker", "why"),
    [
        (
            a_worker(status="inactive", runpod_id=None),
            f"its worker {WORKER} is inactive",
        ),
        (
            replace(GIVEN_UP, error_at=ago(minutes=10)),
            f"its worker {WORKER} failed 10 min ago, within the grace period",
        ),
        (
            replace(ENDED, last_heartbeat_at=ago(seconds=60)),
            f"its worker {WORKER} is terminated, yet beat 1 min ago",
        ),
        (
            replace(GIVEN_UP, last_heartbeat_at=ago(seconds=5)),
            f"its worker {WORKER} is error, yet beat 5 s ago",
        ),
    ],
    ids=["starting", "grace", "terminated but beats", "given up but beats"],
)
async def test_a_pod_whose_worker_may_need_it_is_left_alone(
    worker: Worker, why: str
) -> None:
    """Whatever the row says of its status."""
    found = await _spared(a_world(pods=[a_pod()], workers=[worker]))

    assert found == [(POD, why)]


@pytest.mark.parametrize(("age", "ends"), [(21, 0), (20, 1), (10, 1)])
async def test_the_policy_says_how_young_is_too_young(age: int, ends: int) -> None:
    """Not the orchestrator's settings."""
    world = a_world(pods=[a_pod(named_at=ago(minutes=20))])

    plan = await _plan(world, minimum_pod_age=timedelta(minutes=age))

    assert (len(plan.items), len(plan.left_alone)) == (ends, 1 - ends)


async def test_a_locked_pod_is_left_alone() -> None:
    """Somebody wants to keep it."""
    world = a_world(pods=[a_pod()])
    world.pod_power.locks = {POD}

    assert await _spared(world) == [(POD, f"pod {POD} is locked")]


async def test_a_pod_of_a_protected_name_is_left_alone() -> None:
    """Even one that is ours."""
    found = await _spared(a_world(pods=[a_pod()]), protected=("keep-*", "gpu-2026*"))

    assert found == [(POD, f"the policy protects the name of pod {POD}")]


# --- pods that are named -------------------------------------------------------------

OTHER = "51345358-0000-4000-8000-000000000002"
TWINS = (a_pod("aaaa11", name="gpu-one"), a_pod("aaaa22", name="gpu-only"))


@pytest.mark.parametrize("name", ["aaaa22", "gpu-only", "aaaa2", "gpu-onl"])
async def test_a_pod_may_be_named_by_how_it_begins(name: str) -> None:
    """Its id or its name; the others are not even spoken of."""
    world = a_world(pods=TWINS)

    plan = await _plan(world, name)

    assert [item.target for item in plan.items] == ["aaaa22"]
    assert plan.left_alone == ()


async def test_a_whole_name_wins_over_one_that_goes_on() -> None:
    """Else it could not be named at all."""
    longer = a_pod("aaaa22", name="gpu-one-more")

    item = await _only(a_world(pods=[TWINS[0], longer]), "gpu-one")

    assert item.target == "aaaa11"


async def test_several_pods_may_be_named() -> None:
    """One that is named twice is ended once."""
    plan = await _plan(a_world(pods=[*TWINS, a_pod()]), "aaaa11", "gpu-only", "gpu-one")

    assert [item.target for item in plan.items] == ["aaaa11", "aaaa22"]


async def test_a_pod_in_use_is_left_alone_though_it_is_named() -> None:
    """Then it is said; a worker is ended by another action."""
    world = a_world(pods=[a_pod()], workers=[a_worker()])

    found = await _spared(world, POD)

    assert found == [(POD, f"its worker {WORKER} is active")]


async def test_a_name_that_means_two_pods_means_none() -> None:
    """Their ids are told."""
    with pytest.raises(Misread, match="2 pods begin or end with aaaa") as caught:
        await _plan(a_world(pods=TWINS), "aaaa")

    assert caught.value.hint == "give more of it: aaaa11, aaaa22"


async def test_a_name_that_id_and_name_share_means_the_one_pod() -> None:
    """It is not two because it fits twice."""
    pod = a_pod("gpux11", name="gpux11-pod")

    plan = await _plan(a_world(pods=[pod]), "gpux")

    assert [each.target for each in plan.left_alone] == ["gpux11"]


async def test_a_pod_that_nobody_knows_is_not_found() -> None:
    """Nor is any other ended in its place."""
    with pytest.raises(NotFound, match="no pod is called zzzz99") as caught:
        await _plan(a_world(pods=TWINS), "aaaa11", "zzzz99")

    assert caught.value.hint == "runpod lists them all"


# --- what must be known for a plan ---------------------------------------------------


class _Forgetful(FakeWorkers):
    async def known_as(self, names: object, pod_ids: object) -> list[Worker]:
        raise DOWN


class _Halting(FakeWorkers):
    """Knows whose pods are whose, and then no more."""

    async def known_as(self, names: object, pod_ids: object) -> list[Worker]:
        if self.down:
            raise self.down
        self.down = DOWN
        return []


@pytest.mark.parametrize(
    "workers",
    [FakeWorkers(whole=False), FakeWorkers(down=DOWN), _Forgetful()],
    ids=["cut", "unread", "forgotten"],
)
async def test_without_all_workers_no_pod_is_ended(workers: FakeWorkers) -> None:
    """Not one; who could not be asked is a gap."""
    world = a_world(pods=[a_pod()])
    world.workers = workers

    why = "cannot be reached" if workers.whole else "did not show all workers"
    with pytest.raises(SourceDown, match=why):
        await _plan(world, gaps=Gaps())


async def test_without_the_rows_behind_a_pod_it_is_not_ended() -> None:
    """Who once had it may still beat."""
    world = a_world(pods=[a_pod()])
    world.workers = _Halting()

    with pytest.raises(SourceDown, match="cannot be reached"):
        await _plan(world)


async def test_without_pods_nothing_is_planned() -> None:
    """The desk turns it into one calm line."""
    world = a_world()
    world.pods.down = RUNPOD_DOWN

    with pytest.raises(SourceDown, match="cannot be reached"):
        await _plan(world)


# --- between the plan and the press --------------------------------------------------


async def _left(world: World, item: Item, **given: Any) -> str | None:
    """Return why the pod is left alone; None when it is to be ended."""
    ended = await ACTION.look(item, world.hands(now=LATER, **given))
    assert world.pod_power.asked == []
    if ended is None:
        return None
    assert (ended.target, ended.outcome) == (POD, Fate.LEFT_ALONE)
    return ended.detail


@pytest.mark.parametrize("workers", [(), (ENDED,), (GIVEN_UP,)])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        (
            {"uptime": timedelta(hours=1)},
            {"uptime": timedelta(hours=1, seconds=60)},
        ),
        ({"status": "EXITED"}, {"status": "EXITED"}),
        ({}, {"status": "EXITED"}),
    ],
    ids=["same", "ran on", "stands", "stopped"],
)
async def test_a_pod_that_is_as_it_was_is_ended(
    workers: tuple[Worker, ...], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Whoever had it is as dead as before."""
    item = await _only(a_world(pods=[a_pod(**before)], workers=workers))

    assert await _left(a_world(pods=[a_pod(**after)], workers=workers), item) is None


async def test_a_pod_that_a_worker_adopted_is_left_alone() -> None:
    """An active row has its id now."""
    item = await _only(a_world(pods=[a_pod()]))
    world = a_world(pods=[a_pod()], workers=[a_worker("gpu-new")])

    assert await _left(world, item) == "its worker gpu-new is active"


async def test_a_pod_whose_worker_came_back_is_left_alone() -> None:
    """A heartbeat makes a row active again."""
    item = await _only(a_world(pods=[a_pod()], workers=[ENDED]))
    back = a_world(pods=[a_pod()], workers=[a_worker(last_heartbeat_at=LATER)])

    assert await _left(back, item) == f"its worker {WORKER} is active"


@pytest.mark.parametrize("worker", [ENDED, GIVEN_UP], ids=["ended", "given up"])
@pytest.mark.parametrize("before", [None, ago(hours=2)], ids=["never", "once"])
async def test_a_pod_whose_worker_beat_since_is_left_alone(
    worker: Worker, before: datetime | None
) -> None:
    """Though nothing else of the row has changed."""
    worker = replace(worker, last_heartbeat_at=before)
    item = await _only(a_world(pods=[a_pod()], workers=[worker]))
    beating = replace(worker, last_heartbeat_at=ago(seconds=-30))

    left = await _left(a_world(pods=[a_pod()], workers=[beating]), item)

    assert left == f"its worker {WORKER} beat since the plan"


async def test_a_worker_that_never_beat_is_no_hindrance() -> None:
    """Neither before nor since."""
    silent = replace(ENDED, last_heartbeat_at=None)
    world = a_world(pods=[a_pod()], workers=[silent])

    assert await _left(world, await _only(world)) is None


async def test_a_pod_that_vanished_is_left_alone() -> None:
    """There is nothing to end."""
    item = await _only(a_world(pods=[a_pod()]))

    assert await _left(a_world(), item) == "it is gone already"


async def test_a_pod_that_is_terminated_by_now_is_left_alone() -> None:
    """Some answers still list it."""
    item = await _only(a_world(pods=[a_pod()]))
    world = a_world(pods=[a_pod(status="TERMINATED")])

    assert await _left(world, item) == "it is terminated already"


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        ({"status": "EXITED"}, {}, "again since the plan: it is RUNNING"),
        (
            {"uptime": timedelta(hours=1)},
            {"uptime": timedelta(seconds=30)},
            "anew 30 s ago, since the plan",
        ),
    ],
    ids=["stopped before", "shorter uptime"],
)
async def test_a_pod_that_was_started_since_is_left_alone(
    before: dict[str, Any], after: dict[str, Any], how: str
) -> None:
    """Somebody wants it."""
    item = await _only(a_world(pods=[a_pod(**before)]))

    assert await _left(a_world(pods=[a_pod(**after)]), item) == f"it was started {how}"


async def test_a_pod_that_was_locked_since_is_left_alone() -> None:
    """RunPod is not even asked."""
    world = a_world(pods=[a_pod()])
    item = await _only(world)
    world.pod_power.locks = {POD}

    assert await _left(world, item) == f"pod {POD} is locked"


async def test_where_nobody_knows_what_is_locked_nothing_is_done() -> None:
    """It might be this one."""
    world = a_world(pods=[a_pod()])
    item = await _only(world)
    world.pod_power.down = RUNPOD_DOWN

    assert await _left(world, item) == f"nobody can tell whether pod {POD} is locked"


async def test_a_pod_that_was_renamed_since_is_left_alone() -> None:
    """It is not what the plan showed."""
    item = await _only(a_world(pods=[a_pod()]))

    left = await _left(a_world(pods=[a_pod(name="gpu-mine")]), item)

    assert left == "it has another name now: gpu-mine"


async def test_a_pod_that_the_policy_protects_by_now_is_left_alone() -> None:
    """The policy is read afresh for every press."""
    world = a_world(pods=[a_pod()])
    item = await _only(world)

    left = await _left(world, item, protected=("gpu-*",))

    assert left == f"the policy protects the name of pod {POD}"


@pytest.mark.parametrize("source", ["pods", "workers"])
async def test_a_pod_that_cannot_be_looked_at_is_not_ended(source: str) -> None:
    """Which source is to blame is said."""
    world = a_world(pods=[a_pod()])
    item = await _only(world)
    getattr(world, source).down = DOWN

    ended = await ACTION.look(item, world.hands(now=LATER))

    assert ended == Ended(
        target=POD,
        outcome=Fate.FAILED,
        detail="not done, as it could not be looked at again:"
        " supabase cannot be reached",
    )
    assert world.pod_power.asked == []


# --- doing it ------------------------------------------------------------------------


async def _done(world: World, **powers: Any) -> tuple[Fate, str]:
    item = await _only(world)
    ended = await ACTION.do(item, world.hands(now=LATER, **powers))
    assert ended.target == POD
    return ended.outcome, ended.detail


async def test_a_pod_is_ended() -> None:
    """It is seen to be gone."""
    world = a_world(pods=[a_pod()])

    assert await _done(world) == (Fate.DONE, "the pod is gone")
    assert world.pods.rows == []


async def test_rows_and_tasks_behind_a_pod_are_settled() -> None:
    """Cloud and database agree afterwards."""
    world = a_world(
        pods=[a_pod()], workers=[GIVEN_UP], tasks=[a_task(worker_id=WORKER)]
    )

    found = await _done(world)

    assert found == (
        Fate.DONE,
        f"the pod is gone; row {WORKER} marked terminated; 1 task back in the queue",
    )
    assert world.workers.rows[0].terminated_at == LATER
    assert world.tasks.rows[0].status == "Queued"


async def test_a_row_that_is_ended_already_is_not_written() -> None:
    """Of a pod that outlived its worker."""
    world = a_world(pods=[a_pod()], workers=[ENDED])

    assert await _done(world) == (Fate.DONE, "the pod is gone")
    assert world.worker_power.asked == []


async def test_a_row_that_changed_at_the_last_moment_is_left() -> None:
    """It is said, and what finishes it; the pod is gone all the same."""
    world = a_world(pods=[a_pod()], workers=[GIVEN_UP])

    outcome, said = await _done(world, workers=FakeWorkerPower())

    assert outcome is Fate.FAILED
    assert said == (
        f"the pod is gone; row {WORKER} still says error: it changed meanwhile and was"
        f" left as it is (worker forget {WORKER} finishes it)"
    )
    assert world.workers.rows == [GIVEN_UP]


async def test_a_namesake_with_another_pod_is_left() -> None:
    """It may be at work there."""
    namesake = replace(GIVEN_UP, runpod_id="other1")
    task = a_task(worker_id=WORKER)
    world = a_world(pods=[a_pod()], workers=[namesake], tasks=[task])

    assert await _done(world) == (Fate.DONE, "the pod is gone")
    assert (world.workers.rows, world.tasks.rows) == ([namesake], [task])


async def test_rows_that_cannot_be_read_are_trouble() -> None:
    """That the pod is gone comes first."""
    world = a_world(pods=[a_pod()])
    item = await _only(world)
    world.workers.down = DOWN

    ended = await ACTION.do(item, world.hands(now=LATER))

    assert ended == Ended(
        target=POD,
        outcome=Fate.FAILED,
        detail="the pod is gone; its rows could not be read: cannot be reached",
    )


@pytest.mark.parametrize(
    ("power", "outcome", "said"),
    [
        (
            FakePodPower(pods=FakePods([a_pod()])),
            Fate.UNKNOWN,
            "RunPod was asked to end it; it is still there (RUNNING)",
        ),
        (
            FakePodPower(refuses=Refused("runpod", "said no: not yours")),
            Fate.FAILED,
            "RunPod said no: not yours; it is still there (RUNNING)",
        ),
        (
            FakePodPower(uncertain=Uncertain("runpod", "did not say")),
            Fate.UNKNOWN,
            "RunPod did not say; it is still there (RUNNING)",
        ),
        (
            FakePodPower(down=RUNPOD_DOWN),
            Fate.FAILED,
            "not done: runpod cannot be reached",
        ),
    ],
    ids=["yes", "no", "no answer", "not asked"],
)
async def test_what_is_behind_a_pod_that_stays_is_not_touched(
    power: FakePodPower, outcome: Fate, said: str
) -> None:
    """Whatever RunPod said."""
    task = a_task(worker_id=WORKER)
    world = a_world(pods=[a_pod()], workers=[GIVEN_UP], tasks=[task])

    found = await _done(world, pods=power)

    assert found == (outcome, said)
    assert (world.workers.rows, world.tasks.rows) == ([GIVEN_UP], [task])


async def test_a_pod_that_went_without_an_answer_is_settled() -> None:
    """It is gone, however that came."""
    world = a_world(pods=[a_pod()], workers=[GIVEN_UP])
    world.pod_power.uncertain = Uncertain("runpod", "did not say")
    world.pod_power.does_it = True

    found = await _done(world)

    assert found == (Fate.DONE, f"the pod is gone; row {WORKER} marked terminated")


async def test_a_pod_that_nobody_can_look_at_is_not_known() -> None:
    """It was asked for, and what is behind it is not touched."""
    world = a_world(pods=[a_pod()], workers=[GIVEN_UP])
    item = await _only(world)
    world.pods.down = RUNPOD_DOWN

    ended = await ACTION.do(item, world.hands(now=LATER))

    assert ended.outcome is Fate.UNKNOWN
    assert world.pod_power.asked == [POD]
    assert world.workers.rows == [GIVEN_UP]


# --- after a death -------------------------------------------------------------------


async def _settled(pods: list[Pod], down: SourceDown | None = None) -> tuple[Fate, str]:
    """Return what is found of a pod whose end was begun."""
    item = await _only(a_world(pods=[a_pod()], workers=[GIVEN_UP]))
    world = a_world(pods=pods, workers=[GIVEN_UP])
    world.pods.down = down
    ended = await ACTION.settle(item, world.hands(now=LATER))
    assert ended.target == POD
    assert world.pod_power.asked == []
    done = ended.outcome is Fate.DONE
    assert world.workers.rows[0].status == ("terminated" if done else "error")
    return ended.outcome, ended.detail


async def test_what_was_begun_is_finished_when_the_pod_is_gone() -> None:
    """What is behind it may be all that was left to do."""
    assert await _settled([]) == (
        Fate.DONE,
        f"{STOPPED}; the pod is gone; row {WORKER} marked terminated",
    )


async def test_a_pod_that_is_still_there_is_not_ended_afterwards() -> None:
    """Nobody knows whether it was asked for."""
    assert await _settled([a_pod()]) == (
        Fate.UNKNOWN,
        f"{STOPPED}; it is still there (RUNNING)",
    )


async def test_a_pod_that_nobody_can_look_at_afterwards_is_not_known() -> None:
    """Nor is anything behind it touched."""
    assert await _settled([], RUNPOD_DOWN) == (
        Fate.UNKNOWN,
        f"{STOPPED}; the look whether it is gone failed: cannot be reached",
    )
