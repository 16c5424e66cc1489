from typing import Any

import pytest

from bot.domain.deaths import (
    Death,
    Deaths,
    Toll,
    cause,
    death,
    deaths,
    died_at,
    lost,
    tolls,
    vanished,
)
from tests.world import NOW, WORKER, a_worker, ago


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"last_heartbeat_at": ago(seconds=300)},
        {"last_heartbeat_at": None, "created_at": ago(minutes=10)},
        {"status": "spawning", "last_heartbeat_at": None, "created_at": ago(minutes=9)},
        {"status": "crashed", "runs_on_gpu": False},
        {"status": "new", "last_heartbeat_at": None, "created_at": ago(minutes=9)},
    ],
)
def test_the_living_did_not_die(given: dict[str, Any]) -> None:
    """Nor those that are only late, may still start, or are no machine of ours."""
    assert death(a_worker(**given), NOW) is None


@pytest.mark.parametrize(
    ("given", "way"),
    [
        ({"status": "crashed"}, Death.CRASHED),
        ({"status": "terminated"}, Death.SCALED_DOWN),
        ({"status": "error", "error_reason": "Idle timeout (9s)"}, Death.SCALED_DOWN),
        ({"last_heartbeat_at": ago(seconds=301)}, Death.STALE),
        ({"last_heartbeat_at": None}, Death.NEVER_STARTED),
        ({"status": "inactive", "last_heartbeat_at": None}, Death.NEVER_STARTED),
        ({"status": "error"}, Death.GIVEN_UP),
        ({"status": "new", "last_heartbeat_at": None}, Death.NEVER_STARTED),
        ({"status": "spawning", "last_heartbeat_at": ago(minutes=6)}, Death.STALE),
    ],
)
def test_a_row_tells_how_it_died(given: dict[str, Any], way: Death) -> None:
    """By status, by heartbeat, or by its being scaled down."""
    assert death(a_worker(**given), NOW) is way


@pytest.mark.parametrize("status", ["error", "terminated"])
@pytest.mark.parametrize(
    ("reason", "way"),
    [
        ("Spawning timeout", Death.NEVER_STARTED),
        ("Failed to spawn Runpod instance", Death.NEVER_STARTED),
        ("No Runpod ID", Death.NEVER_STARTED),
        ("Stale heartbeat with active tasks (700s old)", Death.STALE),
        ("No heartbeat or activity", Death.STALE),
        ("Pod externally terminated - not found in RunPod", Death.EXTERNAL),
        ("Pod terminated", Death.EXTERNAL),
        ("Pod failed", Death.GIVEN_UP),
        ("FATAL cuda: no device", Death.FATAL),
        ("Idle with tasks queued", Death.GIVEN_UP),
        ("Stuck task 41345358 (timeout: 1200s)", Death.GIVEN_UP),
    ],
)
def test_a_reason_tells_how_it_died(status: str, reason: str, way: Death) -> None:
    """Whether the row has been cleaned up since or not."""
    assert death(a_worker(status=status, error_reason=reason), NOW) is way


def test_lines_may_tell_that_it_was_loading() -> None:
    """Without them a crash is a crash."""
    loading = frozenset({WORKER})

    assert death(a_worker(status="crashed"), NOW, loading=loading) is Death.LOADING
    assert death(a_worker("gpu-2", status="crashed"), NOW, loading=loading) is (
        Death.CRASHED
    )


def test_the_dead_are_counted_with_the_reasons_of_their_rows() -> None:
    """In the order of the ways; one still called active is told apart."""
    workers = [
        a_worker("gpu-1"),
        a_worker("gpu-2", status="error", error_reason="Stuck task 41345358 (9s)"),
        a_worker("gpu-3", status="error", error_reason="Stuck task 52345358 (8s)"),
        a_worker("gpu-4", status="error", error_reason="Stale heartbeat (700s old)"),
        a_worker("gpu-5", last_heartbeat_at=ago(minutes=6)),
        a_worker("gpu-6", status="crashed"),
    ]

    assert deaths(workers, NOW) == (
        Deaths(way=Death.CRASHED, total=1, reasons={"its process vanished": 1}),
        Deaths(
            way=Death.STALE,
            total=2,
            reasons={"Stale heartbeat": 1, "not given up yet": 1},
        ),
        Deaths(way=Death.GIVEN_UP, total=2, reasons={"Stuck task": 2}),
    )


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        ({}, False),
        ({"last_heartbeat_at": ago(minutes=5)}, False),
        ({"last_heartbeat_at": ago(minutes=5, seconds=1)}, True),
        ({"last_heartbeat_at": None, "created_at": ago(minutes=10)}, False),
        ({"last_heartbeat_at": None, "created_at": ago(minutes=11)}, True),
        ({"last_heartbeat_at": None, "runs_on_gpu": False}, False),
        ({"status": "crashed"}, True),
        ({"status": "error", "runs_on_gpu": False}, True),
        ({"status": "spawning", "last_heartbeat_at": ago(minutes=6)}, True),
        ({"status": "terminated"}, True),
    ],
)
def test_whether_a_worker_is_lost(given: dict[str, Any], gone: bool) -> None:
    """Five minutes of silence exactly are not the end, nor ten of a start."""
    assert lost(a_worker(**given), NOW) is gone


@pytest.mark.parametrize(
    ("given", "died"),
    [
        ({}, False),
        ({"last_heartbeat_at": ago(seconds=301)}, True),
        ({"last_heartbeat_at": ago(seconds=301), "runs_on_gpu": False}, False),
        ({"status": "crashed"}, True),
        ({"status": "spawning", "last_heartbeat_at": ago(minutes=9)}, False),
        ({"status": "error", "error_at": ago(seconds=5)}, False),
        ({"status": "error", "last_heartbeat_at": ago(minutes=9)}, True),
        ({"status": "terminated", "last_heartbeat_at": ago(minutes=9)}, False),
    ],
)
def test_some_died_in_the_midst_of_their_work(
    given: dict[str, Any], died: bool
) -> None:
    """Those that were ended alive did not, nor those that were scaled down."""
    assert vanished(a_worker(**given), NOW) is died


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"error_at": ago(minutes=3)}, None),
        ({"status": "error", "error_at": ago(minutes=3)}, ago(minutes=3)),
        ({"status": "terminated", "terminated_at": ago(minutes=4)}, ago(minutes=4)),
        ({"status": "crashed"}, ago(seconds=10)),
        ({"status": "terminated", "last_heartbeat_at": None}, None),
    ],
)
def test_the_time_of_death_is_the_best_that_is_known(
    given: dict[str, Any], at: object
) -> None:
    """The living have none, and the failsafe writes none down."""
    assert died_at(a_worker(**given)) == at


def test_a_cause_goes_without_its_numbers() -> None:
    """So that equal ones can be counted together."""
    reason = "Idle timeout (600s) with no work available"

    assert cause(a_worker(error_reason=reason)) == "Idle timeout"
    assert cause(a_worker()) == "no reason written down"


def test_a_rate_is_of_five_workers_at_least() -> None:
    """Scale-downs count among all, and not among those that failed."""
    big = [a_worker(f"gpu-{n}", ram_tier=72) for n in range(3)]
    big += [a_worker("gpu-4", ram_tier=72, status="crashed")]
    big += [a_worker("gpu-5", ram_tier=72, status="terminated")]
    few = [a_worker(f"gpu-few-{n}", status="crashed", ram_tier=48) for n in range(4)]
    rest = [
        *(a_worker(f"gpu-untold-{n}") for n in range(6)),
        a_worker("api-worker-main", runs_on_gpu=False),
    ]

    found = tolls([*few, *rest, *big], lambda worker: worker.tier)

    assert found == (
        Toll(kind="72 GB", total=5, failed=1, scaled_down=1, failure_rate=0.2),
        Toll(kind="48 GB", total=4, failed=4, scaled_down=0, failure_rate=None),
        Toll(kind=None, total=6, failed=0, scaled_down=0, failure_rate=0.0),
    )
