"""The healthy lives of workers."""

from datetime import timedelta

from bot.demo.lives import alive, boot, given_up, hire, rent, scale_down
from tests.demo.told import a_fleet, lines_of


def test_a_hired_worker_is_named_after_its_pod_and_time() -> None:
    """The orchestrator says so in its text, without worker_id."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=50))
    pod = rent(fleet, worker)

    assert worker.id.startswith(f"gpu-{worker.created_at:%Y%m%d_%H%M%S}-")
    assert pod.name == worker.id
    assert {row.worker_id for row in lines_of(fleet, worker.id)} == {None}


def test_a_booted_worker_says_that_it_polls() -> None:
    """The one line that proves its program is up."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=50))
    boot(fleet, worker)
    alive(fleet, worker)

    said = [row.message for row in lines_of(fleet, worker.id)]

    assert any(" started. Polling every" in it for it in said)
    assert any("detected as active via logging" in it for it in said)
    assert worker.status == "active"


def test_a_scale_down_is_over_after_its_grace() -> None:
    """It is either called an idle timeout, or leaves no reason at all."""
    reasons = set()
    for seed in range(12):
        fleet = a_fleet(seed=seed)
        worker = hire(fleet, fleet.ago(minutes=110))
        scale_down(fleet, worker, boot(fleet, worker))
        reasons.add(str((worker.metadata or {}).get("error_reason"))[:12])
        assert worker.status == "terminated"

    assert reasons == {"None", "Idle timeout"}


def test_within_its_grace_a_given_up_worker_is_an_error() -> None:
    """Its pod is gone at once."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=40))
    boot(fleet, worker)
    rent(fleet, worker)

    gone = given_up(fleet, worker, fleet.ago(minutes=4), "Spawning timeout")

    assert worker.status == "error"
    assert fleet.pods == {}
    assert worker.last_heartbeat is not None
    assert worker.last_heartbeat < gone < fleet.now
    assert fleet.now - gone < timedelta(minutes=4)
