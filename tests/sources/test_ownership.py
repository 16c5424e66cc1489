import pytest

from bot.domain.cases import Thresholds
from bot.domain.errors import SourceDown
from bot.domain.fleet import PodFate
from bot.domain.workers import Worker
from bot.sources import UNREAD, Gaps, Listing, ownership
from bot.sources.ownership import Ownership, possible_owners
from tests.world import NOW, POD, World, a_pod, a_worker, a_world, ago

DOWN = SourceDown("supabase", "cannot be reached")


async def owned(
    world: World, *fleet: Worker, whole: bool = True, confirm: bool = True
) -> Ownership | None:
    """Return what is whose among the world's pods."""
    return await ownership(
        world.pods.rows,
        Listing(fleet, whole=whole),
        system=world.system,
        gaps=Gaps(),
        thresholds=Thresholds(),
        now=NOW,
        confirm=confirm,
    )


async def test_pods_and_workers_are_matched_both_ways() -> None:
    """A stranger is orphaned, and a worker whose pod does not exist lost it."""
    worker = a_worker(runpod_id="gone1")
    world = a_world(workers=[worker], pods=[a_pod("x1", name="gpu-stranger")])

    found = await owned(world, worker)

    assert found is not None
    assert [claim.fate for claim in found.claims] == [PodFate.ORPHANED]
    assert [lost.worker for lost in found.lost] == [worker]
    assert (found.absent, found.looked_up) == (1, 1)


async def test_without_a_second_look_a_lost_pod_is_not_sure() -> None:
    """Lists can leave one out; who is young, or beats, is not suspected at all."""
    worker = a_worker(runpod_id="hidden1", last_heartbeat_at=ago(minutes=2))
    young = a_worker("gpu-2", status="spawning", created_at=ago(minutes=10))
    crashed = a_worker("gpu-4", status="crashed", created_at=ago(minutes=2))
    world = a_world(workers=[worker, young])
    world.pods.hidden = [a_pod("hidden1")]

    fleet = (worker, young, a_worker("gpu-3"), crashed)
    found = await owned(world, *fleet, confirm=False)

    assert found is not None
    assert [(lost.worker, lost.sure) for lost in found.lost] == [
        (worker, False),
        (crashed, False),
    ]


async def test_half_a_fleet_is_not_looked_into() -> None:
    """No pod is asked for when nothing could be said all the same."""
    world = a_world(workers=[a_worker()])
    world.pods.down = DOWN

    assert await owned(world, a_worker(), whole=False) is None


async def test_pods_of_the_fleet_need_no_look_up() -> None:
    """Nor do those that are not ours."""
    world = a_world(workers=[a_worker()])
    world.workers.down = DOWN
    fleet = Listing((a_worker(),))
    pods = [a_pod(), a_pod("x1", name="mine")]

    owners = await possible_owners(pods, fleet, world.system, Gaps())

    assert owners == fleet.rows


@pytest.mark.parametrize("pod", [a_pod(POD, name="gpu-renamed"), a_pod("x1")])
async def test_a_stranger_may_belong_to_an_ended_worker(pod: object) -> None:
    """By its id or by its name."""
    ended = a_worker(status="terminated", created_at=ago(days=3))
    world = a_world(workers=[ended])

    owners = await possible_owners([pod], Listing(()), world.system, Gaps())  # type: ignore[list-item]

    assert owners == (ended,)


@pytest.mark.parametrize("fleet", [UNREAD, Listing((), whole=False)])
async def test_half_a_fleet_tells_no_owners(fleet: Listing[Worker]) -> None:
    """Nobody can then tell an orphan."""
    assert await possible_owners([a_pod()], fleet, a_world().system, Gaps()) is None


async def test_a_look_up_that_fails_tells_no_owners_either() -> None:
    """It leaves a gap."""
    world = a_world()
    world.workers.down = DOWN
    gaps = Gaps()

    owners = await possible_owners([a_pod()], Listing(()), world.system, gaps)

    assert owners is None
    assert len(gaps.all) == 1
