"""What can be planted into a rig, by name."""

import pytest

from bot.demo.rig import Rig
from bot.demo.rig_scenarios import (
    ALONE,
    ELDER,
    ELDER_ONLY,
    RIG_SCENARIOS,
    SINGLY,
    WHOLE,
)
from bot.rules.book import book
from tests.demo.rigs import a_rig


def _planted(name: str) -> Rig:
    rig = a_rig()
    rig.spare(*(rig.gpu().name for _ in range(3)))
    RIG_SCENARIOS[name](rig)
    return rig


@pytest.mark.parametrize("name", sorted(RIG_SCENARIOS))
def test_the_guilty_are_not_innocent(name: str) -> None:
    """Each can be planted by its name alone, and owes or spares something real."""
    rig = _planted(name)

    guilty = {each.subject for each in rig.expected}
    real = {*rig.agents, *rig.tasks, *rig.unstarted, *(it.id for it in rig.batches)}
    logs = {f"logs/cpu_workers/cpu-agent-{name}.log" for name in rig.agents}
    assert not guilty & rig.innocent
    assert guilty | rig.innocent <= real | logs | {"brain", "queue"}
    assert len(set(rig.expected)) == len(rig.expected)


def test_every_rule_of_the_page_is_there() -> None:
    """What systems/agents.md lets the product say, some scenario owes."""
    owed = {each.rule for name in RIG_SCENARIOS for each in _planted(name).expected}

    assert owed == {*book("agents").rules}


def test_names_are_told_apart() -> None:
    """No failure hides another one of its name."""
    assert len(RIG_SCENARIOS) == len(SINGLY) + len(WHOLE) + len(ELDER_ONLY)
    assert {*SINGLY, *ELDER_ONLY} >= {*ELDER}
    assert {*WHOLE} >= ALONE
