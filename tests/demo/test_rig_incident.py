"""The demo's incident on a rig."""

from bot.demo.rig_incident import make_rig_incident
from tests.demo.rigs import owed
from tests.demo.times import NOON


def test_the_same_moment_makes_the_same_incident() -> None:
    """So that what is shown can be typed again."""
    one, two = make_rig_incident(NOON), make_rig_incident(NOON)

    assert one.failed_task == two.failed_task
    assert one.rig.expected == two.rig.expected


def test_what_is_named_is_there() -> None:
    """Each is what it is called."""
    it = make_rig_incident(NOON)

    assert it.rig.tasks[it.failed_task].fields["attempts"] == 3
    assert it.rig.tasks[it.twice].lane == "complete"
    assert it.rig.tasks[it.stuck_task].lane == "processing"
    assert it.rig.agents[it.killed_agent].ended
    assert it.rig.agents[it.paused_agent].fields["thermal_pause_active"]
    assert len(owed(it.rig)) > 10
