"""`runpod`."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import SourceDown
from bot.domain.findings import Status
from bot.domain.pods import Pod, PodId
from bot.domain.report import Gap
from bot.domain.workers import Worker
from bot.queries.runpod import RunpodData, RunpodQuery, answer
from tests.world import (
    POD,
    WORKER,
    FakePods,
    FakeWorkers,
    World,
    a_pod,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    table_of,
    titles_of,
    words_of,
)

DOWN = SourceDown("supabase", "cannot be reached")


async def _found(world: World) -> RunpodData:
    return data_of(await answer(RunpodQuery(), world.asked()), RunpodData)


async def test_a_pod_with_its_worker_is_well() -> None:
    """Nothing is orphaned, missing or left alone."""
    world = a_world(pods=[a_pod()], workers=[a_worker()])

    report = await answer(RunpodQuery(), world.asked())

    found = data_of(report, RunpodData)
    [pod] = found.pods
    assert {each.name: getattr(pod, each.name) for each in fields(pod)} == {
        "id": POD,
        "name": WORKER,
        "status": "RUNNING",
        "cost_per_hour_usd": 0.69,
        "age_seconds": 3600.0,
    }
    assert (found.orphaned, found.missing, found.left_alone) == ((), (), ())
    assert found.wasted_usd_per_hour == 0.0
    assert found.cost_per_hour_usd == 0.69
    assert (
        report.summary
        == "1 pod, the running ones at $0.69/h: 0 orphaned; 0 workers without a pod"
    )
    assert report.findings == ()
    assert titles_of(report) == ["All pods"]


async def test_an_orphan_that_stands_still_costs_its_volume() -> None:
    """Nobody tells what that is."""
    pod = a_pod("other1", name="gpu-other", status="EXITED")
    world = a_world(pods=[pod])
    world.workers = FakeWorkers([])

    report = await answer(RunpodQuery(), world.asked())

    told = "1 orphaned ($0.00/h wasted, and the volumes of 1 that stand still)"
    assert told in report.summary


async def test_an_orphan_is_shown_with_its_cost() -> None:
    """By the hour, by the day and in 30 days."""
    world = a_world(pods=[a_pod(), a_pod("other1", name="gpu-other")])
    world.workers = FakeWorkers([a_worker()])

    report = await answer(RunpodQuery(), world.asked())

    found = data_of(report, RunpodData)
    assert found.orphaned is not None
    [orphan] = found.orphaned
    assert {each.name: getattr(orphan, each.name) for each in fields(orphan)} == {
        "id": "other1",
        "name": "gpu-other",
        "status": "RUNNING",
        "cost_per_hour_usd": 0.69,
        "age_seconds": 3600.0,
        "why": "no worker has its id or its name",
    }
    assert found.wasted_usd_per_hour == 0.69
    assert found.cost_per_hour_usd == 1.38
    assert facts_of(report, "What the orphans cost") == {
        "an hour": "$0.69",
        "a day": "$16.56",
        "30 days": "$496.80",
    }
    assert "1 orphaned ($0.69/h wasted)" in report.summary
    assert [each.rule for each in report.findings] == ["orphaned-pod"]
    assert words_of(report)[0] == "runpod terminate"
    assert len(table_of(report, "Orphaned pods")) == 1


@pytest.mark.parametrize(
    ("pod", "why"),
    [
        ({"name": "somebody's own"}, "its name is not one of ours"),
        ({"named_at": ago(minutes=9)}, "it is only 9 min old"),
        ({"named_at": None}, "nothing tells its age"),
    ],
)
async def test_what_may_be_somebodys_is_left_alone(
    pod: dict[str, Any], why: str
) -> None:
    """And it says why."""
    world = a_world(pods=[a_pod(**pod)])

    report = await answer(RunpodQuery(), world.asked())

    found = data_of(report, RunpodData)
    assert found.orphaned == ()
    assert found.left_alone is not None
    [left] = found.left_alone
    assert (left.id, left.why) == (POD, why)
    assert table_of(report, "Left alone")[0][2] == why


async def test_a_newborn_row_claims_its_pod_by_name() -> None:
    """It has no pod's id yet."""
    worker = a_worker(status="inactive", runpod_id=None)
    world = a_world(pods=[a_pod()], workers=[worker])

    found = await _found(world)

    assert found.orphaned == ()
    assert found.left_alone is not None
    assert found.left_alone[0].why == f"its worker {WORKER} is inactive"


async def test_an_old_ended_row_explains_its_orphan() -> None:
    """Such rows are not in the fleet: they are looked up by the pod."""
    worker = a_worker(status="terminated", created_at=ago(days=9))
    world = a_world(pods=[a_pod()], workers=[worker])

    found = await _found(world)

    assert found.orphaned is not None
    assert found.orphaned[0].why == f"its worker {WORKER} is terminated"


async def test_a_cost_that_nobody_tells_is_not_invented() -> None:
    """The sum leaves it out."""
    world = a_world(pods=[a_pod(cost_per_hour_usd=None, named_at=None, uptime=None)])

    found = await _found(world)

    assert found.pods[0].cost_per_hour_usd is None
    assert found.pods[0].age_seconds is None
    assert found.cost_per_hour_usd == 0.0


async def test_an_orphans_unknown_cost_is_not_invented_either() -> None:
    """Its uptime tells its age."""
    pod = a_pod(cost_per_hour_usd=None, named_at=None, uptime=timedelta(hours=3))

    found = await _found(a_world(pods=[pod]))

    assert found.wasted_usd_per_hour is None
    assert found.orphaned is not None
    assert found.orphaned[0].age_seconds == 10800.0


async def test_orphans_of_unknown_cost_are_said_to_be() -> None:
    """Never as free."""
    pod = a_pod(cost_per_hour_usd=None)

    report = await answer(RunpodQuery(), a_world(pods=[pod]).asked())

    assert "1 orphaned (at a cost that RunPod does not tell)" in report.summary
    assert "What the orphans cost" not in titles_of(report)


async def test_a_worker_whose_pod_is_gone_is_missing_it() -> None:
    """Only when the pod does not exist when asked for by itself."""
    world = a_world(workers=[a_worker()])

    report = await answer(RunpodQuery(), world.asked())

    found = data_of(report, RunpodData)
    assert found.missing is not None
    [lost] = found.missing
    assert (lost.worker_id, lost.runpod_id) == (WORKER, POD)
    assert lost.why == f"its pod {POD} no longer exists"
    assert [each.rule for each in report.findings] == ["worker-without-pod"]
    assert words_of(report) == [f"worker {WORKER}", "workers --detailed", "health"]
    assert table_of(report, "Workers without a pod")[0][:2] == (WORKER, POD)


async def test_a_worker_whose_pod_stands_still_has_one_all_the_same() -> None:
    """It is not called a worker without a pod."""
    dead = a_worker(status="crashed", last_heartbeat_at=ago(minutes=40))
    world = a_world(workers=[dead], pods=[a_pod(status="EXITED")])

    report = await answer(RunpodQuery(), world.asked())

    assert report.summary.endswith("; 1 worker without a running pod")


async def test_a_pod_that_the_list_left_out_is_not_gone() -> None:
    """Lists can lag behind."""
    world = a_world(workers=[a_worker()])
    world.pods.hidden = [a_pod()]

    found = await _found(world)

    assert found.missing == ()


async def test_workers_that_ended_or_have_no_pod_miss_none() -> None:
    """Nor do their pods need looking up."""
    workers = [
        a_worker(status="terminated", created_at=ago(minutes=30)),
        a_worker("gpu-2", status="inactive", runpod_id=None),
    ]

    found = await _found(a_world(workers=workers))

    assert found.missing == ()


async def test_a_look_up_that_fails_proves_nothing() -> None:
    """It is a gap, and the row is not reported."""

    class Blind(FakePods):
        async def get(self, id: PodId) -> Pod | None:
            raise SourceDown("runpod", "did not answer in time")

    world = a_world(workers=[a_worker()])
    world.pods = Blind()
    asked = world.asked()

    report = await answer(RunpodQuery(), asked)

    assert data_of(report, RunpodData).missing is None
    assert report.status is Status.UNKNOWN
    assert report.summary.endswith(
        "0 orphaned; of 1 worker RunPod does not tell whether its pod exists"
    )
    assert asked.gaps.all == (Gap(source="runpod", reason="did not answer in time"),)


async def test_what_other_look_ups_told_stands() -> None:
    """One worker's pod is gone; of two others nobody knows."""

    class HalfBlind(FakePods):
        async def get(self, id: PodId) -> Pod | None:
            if id == POD:
                return None
            raise SourceDown("runpod", "did not answer in time")

    workers = [a_worker(), *(a_worker(f"gpu-{n}", runpod_id=f"p{n}") for n in (2, 3))]
    world = a_world(workers=workers)
    world.pods = HalfBlind()

    report = await answer(RunpodQuery(), world.asked())

    [lost] = data_of(report, RunpodData).missing or ()
    assert lost.worker_id == WORKER
    assert report.summary.endswith(
        "1 worker without a pod; of 2 workers RunPod does not tell whether their pods"
        " exist"
    )


async def test_of_very_many_missing_pods_some_are_looked_up() -> None:
    """It says of how many."""
    workers = [a_worker(f"gpu-{n}", runpod_id=f"pod{n}") for n in range(41)]
    world = a_world(workers=workers)

    report = await answer(RunpodQuery(), world.asked())

    missing = data_of(report, RunpodData).missing
    assert missing is not None
    assert len(missing) == 40
    assert report.truncated
    [note] = report.notes
    assert note == (
        "41 workers name a pod that RunPod does not list;"
        " only 40 of these pods were looked up"
    )


class _Forgetful(FakeWorkers):
    async def known_as(self, names: object, pod_ids: object) -> list[Worker]:
        raise DOWN


@pytest.mark.parametrize(
    "workers", [FakeWorkers(down=DOWN), FakeWorkers(whole=False), _Forgetful()]
)
async def test_without_all_workers_no_pod_is_called_an_orphan(
    workers: FakeWorkers,
) -> None:
    """The pods are listed, and what is not known is None."""
    world = a_world(pods=[a_pod()])
    world.workers = workers
    asked = world.asked()

    report = await answer(RunpodQuery(), asked)

    found = data_of(report, RunpodData)
    assert [each.id for each in found.pods] == [POD]
    assert (found.orphaned, found.missing, found.left_alone) == (None, None, None)
    assert found.wasted_usd_per_hour is None
    assert found.cost_per_hour_usd == 0.69
    assert report.status is Status.UNKNOWN
    assert report.findings == ()
    assert "cannot tell which are orphaned" in report.summary
    cut = not workers.whole
    assert report.truncated is cut
    assert len(asked.gaps.all) == (0 if cut else 1)


async def test_without_pods_there_is_nothing_to_answer() -> None:
    """The desk turns it into one calm line."""
    world = a_world(workers=[a_worker()])
    world.pods.down = SourceDown("runpod", "cannot be reached")

    with pytest.raises(SourceDown):
        await answer(RunpodQuery(), world.asked())


async def test_a_picture_of_the_pods() -> None:
    """Only where one is wanted; of as many hours."""
    world = a_world(pods=[a_pod()], workers=[a_worker()])

    bare = await answer(RunpodQuery(), world.asked())
    report = await answer(RunpodQuery(hours=2), replace(world.asked(), draws=True))

    assert bare.chart is None
    assert report.chart is not None
    assert report.chart.since == ago(hours=2)
    assert report.chart.title == "1 pod at $0.69 an hour"
