"""How much there is to do."""

from bot.demo.labours import claim, submit
from bot.demo.lives import boot, hire
from bot.demo.load import Load
from tests.demo.told import a_fleet


def test_it_counts_who_is_there_and_what_waits() -> None:
    """A worker spawns, then is active; a task waits, then runs."""
    fleet = a_fleet()
    worker = hire(fleet, fleet.ago(minutes=30))
    boot(fleet, worker)
    task = submit(fleet, fleet.ago(minutes=12), "t2v_22")
    claim(fleet, worker, task, fleet.ago(minutes=10), loads=False)

    load = Load(fleet.workers.values(), fleet.tasks.values())

    assert load.at(fleet.ago(minutes=60)) == (0, 0, 0, 0)
    assert load.at(fleet.ago(minutes=29)) == (1, 0, 0, 0)
    assert load.at(fleet.ago(minutes=11)) == (0, 1, 1, 0)
    assert load.at(fleet.ago(minutes=9)) == (0, 1, 0, 1)
