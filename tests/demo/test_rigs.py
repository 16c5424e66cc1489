"""Rigs of any size."""

from collections import Counter
from pathlib import Path

import pytest

from bot.demo.rig_files import written
from bot.demo.rig_scenarios import SINGLY, WHOLE
from bot.demo.rigs import _mix, make_rig, take
from tests.demo.rigs import a_rig, owed, read
from tests.demo.times import NOON


def test_the_same_seed_makes_the_same_rig() -> None:
    """To the last byte of the last file; another seed makes another."""
    one, two, other = (make_rig(NOON, seed) for seed in (5, 5, 6))

    assert one.expected == two.expected
    assert written(one) == written(two)
    assert set(one.tasks) != set(other.tasks)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_healthy_rig_owes_nothing(seed: int, tmp_path: Path) -> None:
    """All agents beat, nothing failed, and each did as much as the others."""
    rig = make_rig(NOON, seed, gpus=6, failures=())

    assert rig.expected == []
    assert len([*rig.living()]) == 6
    found = await read(rig, tmp_path)
    assert found.completed is not None
    scripts = {n for (_, kind), n in found.completed.items() if kind == "script"}
    assert len(scripts) == 1
    assert {each.lane for each in rig.tasks.values()} <= {
        *("private", "queue", "processing", "complete"),
    }


def test_what_is_asked_for_is_planted_and_no_more() -> None:
    """By name; who does all llm tasks is alone in it."""
    rig = make_rig(NOON, 1, failures=["uneven"])

    assert owed(rig) == {"uneven-work"}
    doers = {
        each.fields["assigned_to"]
        for each in rig.tasks.values()
        if each.task_class == "llm"
    }
    assert len(doers) == 1


def test_seeds_mix_failures_and_zones() -> None:
    """Of forty, most have something wrong."""
    rigs = [make_rig(NOON, seed) for seed in range(40)]

    assert len({rule for rig in rigs for rule in owed(rig)}) > 25
    assert len({str(rig.zone) for rig in rigs}) > 2
    assert {rig.debug for rig in rigs} == {True, False}


def test_what_concerns_a_whole_rig_is_drawn_as_often_as_what_does_not() -> None:
    """Of some hundred rigs each has been planted in one or another."""
    chances = (a_rig(seed=seed).random for seed in range(600))
    drawn = Counter(name for chance in chances for name in _mix(chance))

    assert drawn.keys() == SINGLY.keys() | WHOLE.keys()
    whole, singly = (
        sum(drawn[name] for name in names) / len(names) for names in (WHOLE, SINGLY)
    )
    assert 0.85 < whole / singly < 1.15


def test_what_waits_for_long_is_left_open() -> None:
    """So are those that idle beside it, and a clean stop."""
    rig = make_rig(NOON, 1, failures=["stopped", "too large"])

    open = {each.rule for each in rig.open}
    assert {"waiting-task", "not-claiming", "stopped-agent"} <= open


def test_an_agent_takes_what_its_kind_takes() -> None:
    """For as long as is said."""
    rig = make_rig(NOON, 1, gpus=4, failures=())
    agent, batch = rig.gpu(hot=True), rig.batch(rig.ago(minutes=2), "plan")

    task = take(rig, agent, batch, seconds=33)

    assert task.task_class == "llm"
    assert task.fields["started_at"] == rig.ago(seconds=33)
