"""A day on which nothing went wrong."""

from bot.demo.day import healthy_day
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
