"""Workers and pods out of the ordinary."""

from bot.demo.odd_pods import (
    plant_bare,
    plant_foreign_pod,
    plant_manual,
    plant_newborn,
    plant_orphaned_pod,
    plant_veteran,
)
from tests.demo.told import a_fleet, owed


def test_most_of_them_owe_nothing() -> None:
    """What looks odd may be well."""
    fleet = a_fleet(hours=24)
    newborn, veteran = plant_newborn(fleet), plant_veteran(fleet)
    manual, bare = plant_manual(fleet), plant_bare(fleet)
    foreign = plant_foreign_pod(fleet)

    assert newborn.worker.status == "inactive"
    assert "runpod_id" not in (newborn.worker.metadata or {})
    assert newborn.pod.name == newborn.worker.id
    assert veteran.created_at < fleet.begin
    assert manual.id.startswith("manual-gpu-")
    assert bare.metadata is None
    assert foreign.name not in fleet.workers
    assert fleet.expected == []


def test_orphans_cost_money() -> None:
    """With a terminated row, or with none."""
    fleet = a_fleet(hours=8)
    ended = plant_orphaned_pod(fleet)
    rowless = plant_orphaned_pod(fleet, row=False)

    assert fleet.workers[ended.name].status == "terminated"
    assert rowless.name not in fleet.workers
    assert set(fleet.pods) == {ended.id, rowless.id}
    assert owed(fleet) == {"orphaned-pod"}
