"""What can go wrong with an OctoLLM, by name."""

from datetime import timedelta

import pytest

from bot.demo.sick_octo import CLASHING, OCTO_SCENARIOS, STORED, make_octo
from bot.rules.book import book
from tests.demo.times import NOON


@pytest.mark.parametrize("name", sorted(OCTO_SCENARIOS))
def test_each_owes_what_the_rules_know_or_nothing(name: str) -> None:
    """Each can be planted by its name alone; near misses owe nothing."""
    octo = make_octo(NOON, 1, failures=(name,))

    owed = {each.rule for each in octo.expected}
    assert owed <= {*book("octollm").rules}
    assert bool(owed) is not (name.startswith(("nearly", "few")) or "just" in name)


def test_the_same_seed_makes_the_same_deployment() -> None:
    """To the last line; another seed makes another."""
    one, two, other = (make_octo(NOON, seed) for seed in (5, 5, 6))

    assert (one.log(), one.expected) == (two.log(), two.expected)
    assert one.log() != other.log()


def test_seeds_mix_failures_and_forms() -> None:
    """What can't be true at the same time is not drawn together."""
    made = [make_octo(NOON, seed) for seed in range(40)]

    assert {each.structured for each in made} == {True, False}
    assert len({it.rule for each in made for it in each.expected}) > 10
    assert len(CLASHING) == 2
    for octo in made:
        rules = [it.rule for it in octo.expected]
        assert rules.count("reflex-unavailable") <= 1


def test_a_healthy_one_owes_nothing() -> None:
    """And leaves nothing open."""
    octo = make_octo(NOON, 3, failures=())

    assert octo.expected == []
    assert octo.open == set()


def test_what_needs_a_database_has_one() -> None:
    """Others have one now and then; one that is down is not read."""
    for name in STORED:
        assert make_octo(NOON, 1, failures=(name,)).rows is not None
    made = [make_octo(NOON, seed, failures=()) for seed in range(20)]
    assert {each.rows is None for each in made} == {True, False}
    down = [make_octo(NOON, it, failures=("database down",)) for it in range(9)]
    assert all(each.rows is None for each in down)


def test_of_what_cannot_be_true_together_one_is_drawn() -> None:
    """Of an orchestrator that is down nothing else is told."""
    for seed in range(60):
        octo = make_octo(NOON, seed)
        owed = {each.rule for each in octo.expected}
        assert not owed >= {"memory-growing", "service-restarted"}
        assert not owed >= {"queue-without-workers", "stuck-task"}
        if octo.refusing >= {"orchestrator"}:
            assert owed == {"startup-failed", "service-down"}


def test_what_others_plant_is_never_taken_up_either() -> None:
    """Whichever is drawn first."""
    octo = make_octo(NOON, 1, failures=("never taken up", "no arm", "personal data"))

    assert {row["status"] for row in octo.rows or ()} == {"PENDING"}


def test_an_open_breaker_lets_nothing_through_until_it_tries_again() -> None:
    """A minute later one may try, and the third that goes well closes it."""
    octo = make_octo(NOON, 1, failures=("breaker",))
    opened = octo.opened_at
    assert opened is not None
    for seconds in (25, 75, 125, 175):
        octo.submit(octo.ago(seconds=-seconds))

    ours = [line for line in octo.lines if line.at > opened]
    answered = [line.at for line in ours if line.event.endswith("request_success")]
    turns = [it for it in ours if it.event.startswith("circuit_breaker.")]
    assert all(at - opened >= timedelta(seconds=60) for at in answered)
    assert [it.event.partition(".")[2] for it in turns] == ["half_open", "closed"]
    assert turns[0].at < answered[0]
    assert turns[1].at > answered[2]
