from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.errors import NotConfigured, SourceDown
from bot.domain.logs import LogLine
from bot.domain.pods import Pod
from bot.domain.report import Gap
from bot.domain.tasks import Task
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerId
from bot.sources import (
    UNREAD,
    Beside,
    Gaps,
    Listing,
    System,
    beside_idle,
    beside_waiting,
    meanwhile,
    pod_of_living,
    with_pod,
)
from tests.world import (
    NOW,
    POD,
    WORKER,
    World,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

DOWN = SourceDown("runpod", "cannot be reached")
OTHER = WorkerId("gpu-20260131_110000-0a1b2c3e")


async def test_only_what_waits_stands_in_the_queue() -> None:
    """A running task has nothing beside it, and nothing is asked."""
    world = a_world()
    world.tasks.down = world.workers.down = DOWN
    gaps = Gaps()

    assert await beside_waiting(a_task(), world.system, gaps, NOW) == Beside()
    assert gaps.all == ()


async def test_a_waiting_task_has_a_reason_and_possible_takers() -> None:
    """What the queue could not check is a gap."""
    task = a_task(status="Queued")
    world = a_world(tasks=[task], workers=[a_worker()])
    untold = Gap(source="supabase", reason="credits are not judged", failed=False)
    world.tasks.untold = (untold,)
    gaps = Gaps()

    found = await beside_waiting(task, world.system, gaps, NOW)

    assert found.waits is not None
    assert found.waits[task.id].reason is None
    assert found.tasks == (task,)
    assert found.workers == (a_worker(),)
    assert gaps.all == (untold,)


async def test_a_queue_that_was_not_read_tells_no_reason() -> None:
    """Nor do workers of which some are missing tell that none is free."""
    task = a_task(status="Queued")
    world = a_world(tasks=[task])
    world.tasks.down, world.workers.whole = DOWN, False

    found = await beside_waiting(task, world.system, Gaps(), NOW)

    assert (found.waits, found.workers) == ({}, None)


def _idle() -> World:
    return a_world(
        tasks=[a_task(status="Queued")], workers=[a_worker(), a_worker(OTHER)]
    )


async def test_an_idle_worker_has_others_and_work_beside_it() -> None:
    """Whether it may stay depends on both."""
    found = await beside_idle(a_worker(), _idle().system, Gaps(), NOW)

    assert found == ((a_worker(OTHER),), 1)


async def test_a_queue_that_was_cut_does_not_tell_how_much_could_be_taken() -> None:
    """The others stand all the same."""
    world = _idle()
    world.tasks.whole = False

    found = await beside_idle(a_worker(), world.system, Gaps(), NOW)

    assert found == ((a_worker(OTHER),), None)


async def test_a_living_workers_pod_is_not_asked_for() -> None:
    """Its heartbeat tells enough."""
    world = a_world(workers=[a_worker()])
    world.pods.down = DOWN

    assert await with_pod(WORKER, world.system, Gaps(), NOW) == (a_worker(), None)


@pytest.mark.parametrize(
    ("runpod_id", "pods"), [(POD, (a_pod(),)), ("other1", None), (None, None)]
)
async def test_a_living_workers_pod_may_be_asked_for_its_price(
    runpod_id: str | None, pods: tuple[Pod, ...] | None
) -> None:
    """That none is found proves nothing, for something beats."""
    worker = a_worker(runpod_id=runpod_id)
    world = a_world(workers=[worker], pods=[a_pod()])

    assert await pod_of_living(worker, world.system, Gaps()) == pods


async def test_an_answer_is_whole_without_a_price() -> None:
    """The gap is calm."""
    world = a_world(workers=[a_worker()])
    world.pods.down, gaps = DOWN, Gaps()

    assert await pod_of_living(a_worker(), world.system, gaps) is None
    assert [gap.failed for gap in gaps.all] == [False]


async def test_a_dead_workers_pod_is_looked_at() -> None:
    """Calls that end pods are reported as done even when they failed."""
    dead = a_worker(status="error")
    pods = [a_pod()]

    found = await with_pod(
        WORKER, a_world(workers=[dead], pods=pods).system, Gaps(), NOW
    )
    gone = await with_pod(WORKER, a_world(workers=[dead]).system, Gaps(), NOW)

    assert found == (dead, (a_pod(),))
    assert gone == (dead, ())


@pytest.mark.parametrize(
    ("status", "pods"), [("error", (a_pod("other1"),)), ("terminated", ())]
)
async def test_a_namesake_takes_the_place_of_a_pod_that_is_gone(
    status: str, pods: tuple[Pod, ...]
) -> None:
    """What has ended needs none."""
    dead = a_worker(status=status)
    there = [a_pod("other1"), a_pod("other2", name="gpu-2")]

    found = await with_pod(
        WORKER, a_world(workers=[dead], pods=there).system, Gaps(), NOW
    )

    assert found == (dead, pods)


async def test_a_pod_that_could_not_be_read_is_a_failure() -> None:
    """It may still run, and cost."""
    world = a_world(workers=[a_worker(status="error")])
    world.pods.down = DOWN
    gaps = Gaps()

    _, pods = await with_pod(WORKER, world.system, gaps, NOW)

    assert pods is None
    assert [gap.failed for gap in gaps.all] == [True]


async def test_without_a_key_of_runpod_the_gap_is_calm() -> None:
    """That alone fails no answer."""
    world = a_world(workers=[a_worker(status="error")])
    world.pods.down = NotConfigured("runpod", "RUNPOD_API_KEY")
    gaps = Gaps()

    _, pods = await with_pod(WORKER, world.system, gaps, NOW)

    assert pods is None
    assert [gap.failed for gap in gaps.all] == [False]


QUIET = a_task(started_at=ago(minutes=5))


async def _meanwhile(
    task: Task,
    worker: Worker | None,
    told: Sequence[LogLine],
    system: System,
    gaps: Gaps | None = None,
) -> tuple[Listing[LogLine], datetime]:
    window = Window.before(NOW, hours=24)
    return await meanwhile(
        task, worker, told=told, system=system, gaps=gaps or Gaps(), window=window
    )


async def test_what_a_worker_wrote_beside_a_quiet_task_is_read() -> None:
    """From when it began it, by a clock that may be late."""
    old = a_line("before", at=ago(minutes=6, seconds=1))
    load = a_line("a model load", at=ago(minutes=6))
    told = [a_line("of the task", at=ago(seconds=61))]
    world = a_world(workers=[a_worker()], lines=[old, load])

    found, since = await _meanwhile(QUIET, a_worker(), told, world.system)

    assert found.rows == (load,)
    assert found.whole
    assert since == ago(minutes=6)


@pytest.mark.parametrize(
    ("task", "worker", "told"),
    [
        (QUIET, None, ()),
        (replace(QUIET, started_at=None), a_worker(), ()),
        (replace(QUIET, started_at=ago(minutes=61)), a_worker(), ()),
        (replace(QUIET, started_at=ago(minutes=1)), a_worker(), ()),
        (a_task(status="Complete", started_at=ago(minutes=5)), a_worker(), ()),
        (replace(QUIET, task_type="travel_orchestrator"), a_worker(), ()),
        (QUIET, a_worker(last_heartbeat_at=ago(minutes=2)), ()),
        (QUIET, a_worker(), (a_line("just now", at=ago(minutes=1)),)),
    ],
)
async def test_nothing_is_asked_where_a_task_tells_or_nobody_works_on_it(
    task: Task, worker: Worker | None, told: Sequence[LogLine]
) -> None:
    """It would cost another question."""
    world = a_world()
    world.logs.down = DOWN
    gaps = Gaps()

    found, since = await _meanwhile(task, worker, told, world.system, gaps)

    assert found is UNREAD
    assert since == ago(hours=24)
    assert gaps.all == ()


async def test_only_rented_workers_are_heard_beside_a_quiet_task() -> None:
    """Others tell more elsewhere."""
    system = replace(a_world().system, vocabulary=Vocabulary(rents=False))

    found, _ = await _meanwhile(QUIET, a_worker(), (), system)

    assert found is UNREAD


async def test_nothing_is_heard_of_before_the_window() -> None:
    """Though the task was begun earlier."""
    minute = Window.before(NOW, hours=1 / 60)
    late, early = a_line("late"), a_line("early", at=ago(minutes=4))
    world = a_world(lines=[early, late])

    found, since = await meanwhile(
        QUIET, a_worker(), told=(), system=world.system, gaps=Gaps(), window=minute
    )

    assert found.rows == (late,)
    assert since == minute.since
