"""What a rig is made of."""

from bot.demo.rig_parts import RigAgent
from tests.demo.rigs import a_rig
from tests.demo.times import NOON


def test_an_agent_is_of_the_kind_that_its_name_tells() -> None:
    """And says what it is told to."""
    agent = RigAgent(name="cpu-pi1", number=1, started_at=NOON, beat_at=NOON)

    agent.say(NOON, "claimed cpu task cb999d6e (probe_media)")

    assert agent.cpu
    assert agent.said[0].level == "INFO"


def test_an_id_is_cut_as_in_lines() -> None:
    """To eight characters."""
    rig = a_rig()
    task = rig.task(rig.batch(NOON, "plan"), "step")

    assert task.id.startswith(task.short)
    assert len(task.short) == 8
