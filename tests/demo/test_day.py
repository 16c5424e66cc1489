"""A day on which nothing went wrong."""

from bot.demo.day import healthy_day, seasoned
from tests.demo.told import a_fleet


def test_nothing_is_owed() -> None:
    """Every worker either lives and works, or was scaled down."""
    fleet = a_fleet(hours=6)

    day = healthy_day(fleet)

    assert fleet.expected == []
    assert {each.status for each in day.scaled_down} == {"terminated"}
    assert {each.status for each in day.living} == {"active"}
    assert {each.status for each in day.busy_with} == {"In Progress"}
    assert set(fleet.tasks_by_status()) <= {"Complete", "Cancelled", "In Progress"}


def test_the_living_have_their_pods_and_fresh_heartbeats() -> None:
    """The pods of the others are gone."""
    fleet = a_fleet(hours=6)
    day = healthy_day(fleet)

    assert {pod.name for pod in fleet.pods.values()} == {it.id for it in day.living}
    for worker in day.living:
        assert worker.last_heartbeat is not None
        assert worker.last_heartbeat > fleet.ago(seconds=20)


def test_a_seasoned_worker_is_free_in_time() -> None:
    """It has done something, holds nothing, and its pod runs."""
    fleet = a_fleet()

    worker = seasoned(fleet, free=6, tier=(48, "Peter"))

    done = [each for each in fleet.tasks.values() if each.worker_id == worker.id]
    ended = [each.processed_at for each in done if each.processed_at is not None]
    assert len(ended) == len(done) > 0
    assert max(ended) < fleet.ago(minutes=6)
    assert worker.pod_id in fleet.pods
    assert (worker.metadata or {})["ram_tier"] == 48
