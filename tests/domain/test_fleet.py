from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.fleet import (
    Claim,
    Lost,
    PodFate,
    claims,
    missing,
    ours,
    unknown,
    wasted,
)
from bot.domain.pods import Pod
from bot.domain.workers import Worker
from tests.world import NOW, POD, WORKER, a_pod, a_worker, ago

PREFIXES = ("gpu-", "gpu_", "manual-gpu-")


def the_claim(pod: Pod, workers: Iterable[Worker]) -> Claim:
    [claim] = claims(
        [pod],
        workers,
        prefixes=PREFIXES,
        minimum_age=timedelta(minutes=10),
        error_grace=timedelta(minutes=10),
        now=NOW,
    )
    return claim


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("gpu-20260131_110000-0a1b2c3d", True),
        ("gpu_old", True),
        ("manual-gpu-1", True),
        ("my-gpu-1", False),
        ("jupyter", False),
    ],
)
def test_our_pods_are_known_by_their_names(name: str, *, is_ours: bool) -> None:
    """Only the beginning of a name counts."""
    assert ours(a_pod(name=name), PREFIXES) is is_ours


def test_a_pod_that_a_worker_has_is_not_unknown() -> None:
    """By its id, or by its name."""
    by_id = a_pod("p1", name="gpu-x")
    by_name = a_pod("p2", name=WORKER)

    assert unknown([by_id, by_name], [a_worker(runpod_id="p1")], PREFIXES) == ()


def test_a_stranger_s_pod_is_not_looked_up() -> None:
    """A name that is none of ours is nobody's question."""
    assert unknown([a_pod(name="jupyter")], [], PREFIXES) == ()


def test_a_pod_of_ours_that_no_worker_has_is_unknown() -> None:
    """A worker without any pod claims none."""
    pod = a_pod("p1", name="gpu-x")

    assert unknown([pod], [a_worker(runpod_id=None)], PREFIXES) == (pod,)


def test_an_active_worker_claims_its_pod_by_id() -> None:
    """Whatever the pod is called."""
    claim = the_claim(a_pod(name="jupyter"), [a_worker()])

    assert claim.fate is PodFate.CLAIMED
    assert claim.why == f"its worker {WORKER} is active"


def test_a_newborn_row_claims_its_pod_by_name() -> None:
    """A row has no pod id before the pod exists."""
    claim = the_claim(a_pod(), [a_worker(status="inactive", runpod_id=None)])

    assert claim.fate is PodFate.STARTING


def test_a_crashed_worker_s_pod_is_still_claimed() -> None:
    """Nobody gave that worker up: crashed-worker tells of it."""
    assert the_claim(a_pod(), [a_worker(status="crashed")]).fate is PodFate.CLAIMED


def test_a_status_that_nobody_knows_claims_the_pod() -> None:
    """What we do not understand we do not call waste."""
    assert the_claim(a_pod(), [a_worker(status="hibernating")]).fate is PodFate.CLAIMED


def test_one_living_worker_is_enough() -> None:
    """A pod may have been passed on by a worker that was given up."""
    workers = [
        a_worker("gpu-old", status="error", error_at=ago(hours=2)),
        a_worker("gpu-new"),
    ]

    assert the_claim(a_pod(name="gpu-pod"), workers).fate is PodFate.CLAIMED


def test_a_stranger_s_pod_is_foreign() -> None:
    """Its name is not one of ours and no worker has it."""
    claim = the_claim(a_pod(name="jupyter"), [])

    assert (claim.fate, claim.why) == (PodFate.FOREIGN, "its name is not one of ours")


def test_a_stranger_s_pod_that_an_ended_worker_had_is_foreign() -> None:
    """An ended row gives us no say over a pod of another name."""
    claim = the_claim(a_pod(name="jupyter"), [a_worker(status="terminated")])

    assert claim.fate is PodFate.FOREIGN


def test_a_stranger_s_pod_that_a_failed_worker_has_is_claimed() -> None:
    """We never judge a pod of another name."""
    worker = a_worker(status="error", error_at=ago(hours=2))

    assert the_claim(a_pod(name="jupyter"), [worker]).fate is PodFate.CLAIMED


def test_a_failed_worker_s_pod_is_spared_within_the_grace_period() -> None:
    """Exactly at its end the orchestrator may still be about to end it."""
    worker = a_worker(status="error", error_at=ago(minutes=10))

    claim = the_claim(a_pod(), [worker])

    assert claim.fate is PodFate.SPARED
    assert (
        claim.why == f"its worker {WORKER} failed 10 min ago, within the grace period"
    )


def test_a_failure_in_the_future_is_a_recent_one() -> None:
    """The orchestrator's clock may be ahead of ours."""
    worker = a_worker(status="error", error_at=NOW + timedelta(seconds=20))

    assert "failed 20 s ahead of the clock here" in the_claim(a_pod(), [worker]).why


def test_a_failed_worker_s_pod_is_spared_when_nobody_knows_since_when() -> None:
    """Without a time nobody can tell that the grace period is over."""
    claim = the_claim(a_pod(), [a_worker(status="error", error_at=None)])

    assert claim.fate is PodFate.SPARED
    assert claim.why == f"its worker {WORKER} failed at an unknown time"


@pytest.mark.parametrize(
    ("given", "spared"),
    [
        ({"last_heartbeat_at": ago(minutes=20)}, True),
        ({"last_heartbeat_at": ago(minutes=20, seconds=1)}, False),
        ({"last_heartbeat_at": None, "created_at": ago(minutes=20)}, True),
        ({"last_heartbeat_at": None, "created_at": ago(minutes=20, seconds=1)}, False),
    ],
)
def test_a_silence_bounds_a_failure_whose_time_was_lost(
    given: dict[str, Any], *, spared: bool
) -> None:
    """Ten minutes until it is given up, and the grace period."""
    claim = the_claim(a_pod(), [a_worker(status="error", **given)])

    why = f"its worker {WORKER} failed at an unknown time"
    assert claim.fate is (PodFate.SPARED if spared else PodFate.ORPHANED)
    assert claim.why == why + ", and has not beaten for 20 min 1 s" * (not spared)


def test_a_young_pod_is_spared() -> None:
    """Its row may be about to be written."""
    claim = the_claim(a_pod(named_at=ago(minutes=9, seconds=59)), [])

    assert (claim.fate, claim.why) == (PodFate.SPARED, "it is only 9 min 59 s old")


def test_a_running_pod_whose_age_nobody_tells_is_spared() -> None:
    """It may be young."""
    claim = the_claim(a_pod(named_at=None, uptime=None), [])

    assert (claim.fate, claim.why) == (PodFate.SPARED, "nothing tells its age")


def test_a_terminated_pod_is_spared() -> None:
    """It is still listed, but there is nothing left to end."""
    claim = the_claim(a_pod(status="TERMINATED"), [])

    assert (claim.fate, claim.why) == (PodFate.SPARED, "it is terminated already")


def test_a_pod_that_nobody_has_is_orphaned() -> None:
    """Ten minutes old is old enough."""
    claim = the_claim(a_pod(named_at=ago(minutes=10)), [])

    assert claim.fate is PodFate.ORPHANED
    assert claim.why == "no worker has its id or its name"


def test_the_pod_of_an_ended_worker_is_orphaned() -> None:
    """The row says terminated and the pod bills on."""
    claim = the_claim(a_pod(), [a_worker(status="terminated")])

    assert claim.fate is PodFate.ORPHANED
    assert claim.why == f"its worker {WORKER} is terminated"


def test_a_failed_worker_s_pod_is_orphaned_past_the_grace_period() -> None:
    """The orchestrator should have ended it by then."""
    worker = a_worker(status="error", error_at=ago(minutes=10, seconds=1))

    claim = the_claim(a_pod(), [worker])

    assert claim.fate is PodFate.ORPHANED
    assert claim.why == f"its worker {WORKER} failed past the grace period"


def test_a_stopped_pod_of_unknown_age_is_spared() -> None:
    """It may be younger than the minimum."""
    claim = the_claim(a_pod(status="EXITED", named_at=None, uptime=None), [])

    assert (claim.fate, claim.why) == (PodFate.SPARED, "nothing tells its age")


def test_a_worker_with_a_running_pod_has_lost_nothing() -> None:
    """Nor has one that never had a pod, nor one that ended."""
    workers = [
        a_worker(),
        a_worker("gpu-2", runpod_id=None),
        a_worker("gpu-3", status="terminated", runpod_id="gone"),
    ]

    assert missing(workers, [a_pod()], ended=frozenset()) == ()


def test_a_pod_that_is_not_listed_may_still_exist() -> None:
    """Until it was asked for by itself, nothing is said."""
    assert missing([a_worker()], [], ended=frozenset()) == ()


def test_a_worker_whose_pod_is_gone_has_lost_it() -> None:
    """The list lacks it, and asking for it by its id confirmed that."""
    worker = a_worker()

    lost = missing([worker], [], ended=frozenset({POD}))

    why = f"its pod {POD} no longer exists"
    assert lost == (Lost(worker=worker, why=why, gone=True),)


def test_a_worker_whose_pod_stands_still_has_lost_it() -> None:
    """A stopped pod runs no worker."""
    worker = a_worker()

    lost = missing([worker], [a_pod(status="EXITED")], ended=frozenset())

    assert lost == (Lost(worker=worker, why=f"its pod {POD} is EXITED"),)


@pytest.mark.parametrize(
    ("pods", "cost"),
    [
        ([], 0.0),
        ([a_pod(cost_per_hour_usd=0.5), a_pod(cost_per_hour_usd=0.25)], 0.75),
        ([a_pod(cost_per_hour_usd=0.5), a_pod(cost_per_hour_usd=None)], 0.5),
        ([a_pod(cost_per_hour_usd=None)], None),
        ([a_pod(cost_per_hour_usd=0.5, status="EXITED")], 0.0),
    ],
)
def test_running_orphans_are_a_waste(pods: list[Pod], cost: float | None) -> None:
    """What nobody tells is not free."""
    orphans = [Claim(pod=pod, fate=PodFate.ORPHANED, why="") for pod in pods]
    claimed = Claim(pod=a_pod(), fate=PodFate.CLAIMED, why="")

    assert wasted([*orphans, claimed]) == cost
