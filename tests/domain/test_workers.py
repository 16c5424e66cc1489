from datetime import timedelta
from typing import Any

import pytest

from bot.domain.workers import Pulse, Worker
from tests.world import NOW, a_worker, ago


@pytest.mark.parametrize(
    ("seconds", "pulse"),
    [
        (0, Pulse.HEALTHY),
        (60, Pulse.HEALTHY),
        (61, Pulse.AGEING),
        (300, Pulse.AGEING),
        (301, Pulse.STALE),
    ],
)
def test_what_the_age_of_a_heartbeat_says(seconds: int, pulse: Pulse) -> None:
    """Exactly at a limit is still the milder word."""
    worker = a_worker(last_heartbeat_at=ago(seconds=seconds))

    assert worker.pulse(NOW) is pulse


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ({"last_heartbeat_at": ago(minutes=9)}, 9),
        ({"last_heartbeat_at": ago(minutes=9), "error_at": ago(minutes=8)}, 1),
        ({"last_heartbeat_at": ago(minutes=9), "error_at": ago(minutes=10)}, 0),
        ({"last_heartbeat_at": None, "created_at": ago(minutes=20)}, 20),
    ],
    ids=["by now", "when it was given up", "it beat on", "never beat"],
)
def test_for_how_long_a_worker_was_lost(given: Any, minutes: int) -> None:
    """What came after it was given up does not count."""
    assert a_worker(**given).lost_for(NOW) == timedelta(minutes=minutes)


def test_a_worker_that_never_beat_has_no_silence() -> None:
    """Never is not the same as long ago."""
    worker = a_worker(last_heartbeat_at=None)

    assert worker.silence(NOW) is None
    assert worker.pulse(NOW) is Pulse.MISSING


@pytest.mark.parametrize("given", [{"status": "crashed"}, {"runs_on_gpu": False}])
def test_some_workers_have_no_pulse_to_judge(given: dict[str, Any]) -> None:
    """Nobody expects a heartbeat of them."""
    assert a_worker(**given).pulse(NOW) is None


def test_a_heartbeat_from_the_future_is_fresh() -> None:
    """The database's clock may be ahead of ours."""
    worker = a_worker(last_heartbeat_at=NOW + timedelta(seconds=20))

    assert worker.silence(NOW) == timedelta(0)
    assert worker.pulse(NOW) is Pulse.HEALTHY


def test_a_claim_may_have_named_no_worker() -> None:
    """Then its row bears a name made up."""
    assert a_worker("edge_41345358-0000-4000-8000-000000000001").unnamed
    assert not a_worker().unnamed


@pytest.mark.parametrize(
    ("status", "reason", "benign"),
    [
        ("terminated", None, True),
        ("error", "Idle timeout (600s) with no work available", True),
        ("terminated", "Idle timeout (600s) with no work available", True),
        ("terminated", "Spawning timeout", False),
        ("error", None, False),
        ("crashed", None, False),
        ("active", None, False),
    ],
)
def test_which_ends_are_scale_downs(
    status: str, reason: str | None, *, benign: bool
) -> None:
    """The orchestrator records a scale-down as an error with its own reason."""
    assert a_worker(status=status, error_reason=reason).benign_end is benign


@pytest.mark.parametrize(
    ("given", "beats"),
    [
        ({"last_heartbeat_at": ago(seconds=300)}, True),
        ({"last_heartbeat_at": ago(seconds=301)}, False),
        ({"last_heartbeat_at": None}, False),
        ({"status": "spawning"}, False),
        ({"runs_on_gpu": False}, False),
    ],
    ids=["late", "lost", "never", "starting", "no GPU"],
)
def test_a_worker_beats_while_its_heartbeat_is_not_lost(
    given: dict[str, Any], beats: bool
) -> None:
    """Being late is no death."""
    assert a_worker(**given).beats(NOW) is beats


@pytest.mark.parametrize(
    ("worker", "comes"),
    [
        (a_worker(status="spawning", last_heartbeat_at=None), False),
        (a_worker(status="spawning"), True),
        (a_worker(last_heartbeat_at=None, created_at=ago(minutes=1)), False),
        (
            a_worker(
                status="inactive", last_heartbeat_at=None, created_at=ago(minutes=10)
            ),
            True,
        ),
        (a_worker(status="spawning", runs_on_gpu=False), False),
    ],
)
def test_one_that_starts_comes_up_within_ten_minutes(
    worker: Worker, comes: bool
) -> None:
    """Counted from its last sign; one called active has come up, or never did."""
    assert worker.comes_up(NOW) is comes


@pytest.mark.parametrize(
    ("given", "unborn"),
    [
        ({}, True),
        ({"status": "spawning"}, True),
        ({"status": "error"}, False),
        ({"created_at": ago(minutes=10)}, False),
        ({"last_heartbeat_at": ago(minutes=1)}, False),
        ({"runs_on_gpu": False}, False),
    ],
)
def test_which_worker_never_came_up_by_its_row(
    given: dict[str, Any], *, unborn: bool
) -> None:
    """Ten minutes are still its start."""
    worker = a_worker(**{"last_heartbeat_at": None, **given})

    assert worker.unborn(NOW) is unborn
