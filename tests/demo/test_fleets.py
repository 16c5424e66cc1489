"""Fleets of any size."""

from datetime import timedelta

import pytest

from bot.demo.fleets import make_fleet
from bot.demo.owed import Expected
from tests.demo.times import NOON


def test_the_same_seed_makes_the_same_fleet() -> None:
    """To the last line; another seed makes another."""
    one, two, other = (make_fleet(NOON, seed) for seed in (5, 5, 6))

    assert one.expected == two.expected
    assert one.lines() == two.lines()
    assert set(one.workers) != set(other.workers)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_healthy_fleet_owes_nothing(seed: int) -> None:
    """It has exactly as many workers and tasks as were asked for."""
    fleet = make_fleet(NOON, seed, workers=30, tasks=130, failures=())

    ours = [each for each in fleet.workers if not each.startswith("api-worker-")]
    assert (len(ours), len(fleet.tasks)) == (30, 130)
    assert fleet.expected == []
    assert fleet.innocent == set(ours)
    assert set(fleet.workers_by_status()) == {"active", "terminated"}
    assert set(fleet.tasks_by_status()) == {"Complete", "In Progress"}


def test_a_big_fleet_lives_for_two_days() -> None:
    """Its workers come and go all the time."""
    span = timedelta(hours=48)
    fleet = make_fleet(NOON, 3, workers=200, tasks=400, span=span, failures=())

    made = sorted(each.created_at for each in fleet.workers.values())
    quarters = {int((at - fleet.begin) / span * 4) for at in made if at > fleet.begin}
    assert quarters == {0, 1, 2, 3}
    assert fleet.lines()[0].timestamp < fleet.begin + timedelta(minutes=5)


def test_what_is_asked_for_is_planted_and_no_more() -> None:
    """By name."""
    fleet = make_fleet(NOON, 1, failures=["vlm hang, talking"])

    assert {each.rule for each in fleet.expected} == {"vlm-hang"}


def test_seeds_mix_failures_and_clocks() -> None:
    """Of twenty, most have something wrong, some have clocks that are off."""
    fleets = [make_fleet(NOON, seed) for seed in range(20)]

    rules = {each.rule for fleet in fleets for each in fleet.expected}
    assert len(rules) > 12
    assert {fleet.skewed for fleet in fleets} == {True, False}
    assert all(
        not fleet.innocent & {each.subject for each in fleet.expected}
        for fleet in fleets
    )


def test_an_abandoned_queue_has_no_living_worker() -> None:
    """Else it would not be abandoned."""
    fleet = make_fleet(NOON, 1, workers=9, failures=["abandoned queue"])

    ours = [it for it in fleet.workers.values() if it.pod_id is not None]
    assert {each.status for each in ours} == {"terminated"}


def test_what_the_mixture_amounts_to_is_left_open() -> None:
    """Two failures beside a third are a spree, though nobody planted one."""
    fleet = make_fleet(
        NOON, 1, workers=0, tasks=0, failures=["two made", "no capacity", "no credits"]
    )

    [waiting] = [each for each in fleet.expected if each.rule == "waiting-task"]
    assert fleet.open == {Expected("spawn-loop", ""), waiting}
