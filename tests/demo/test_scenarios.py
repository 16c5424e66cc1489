"""What can be planted, by name."""

from datetime import timedelta

import pytest

from bot.demo.fleet import Fleet
from bot.demo.owed import Expected
from bot.demo.scenarios import ALONE, SCENARIOS, SILENT, SINGLY, WHOLE
from tests.demo.times import NOON


def _planted(name: str) -> Fleet:
    fleet = Fleet(NOON, span=timedelta(hours=5), silent=SILENT.get(name))
    SCENARIOS[name](fleet)
    return fleet


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_guilty_are_not_innocent(name: str) -> None:
    """Each can be planted by its name alone, and owes or spares something real."""
    fleet = _planted(name)

    real = {*fleet.workers, *fleet.tasks, *fleet.pods, *fleet.unlisted}
    guilty = {each.subject for each in fleet.expected}
    assert not guilty & fleet.innocent
    assert fleet.innocent - real <= {"orchestrator"}
    assert guilty - real <= {"orchestrator", "fleet", "queue", "EU-CZ-1", "32"}
    assert len(set(fleet.expected)) == len(fleet.expected)


def test_every_failure_mode_of_the_page_is_there() -> None:
    """F1 to F32 of systems/reigh.md, section 5."""
    owed = {each.rule for name in SCENARIOS for each in _planted(name).expected}

    assert owed == {
        *("heartbeat-stale", "heartbeat-ageing", "heartbeat-missing"),
        *("never-started", "init-crash", "model-load-death", "vlm-hang"),
        *("out-of-memory", "crashed-worker", "revived-worker", "orphaned-task"),
        *("stuck-task", "claim-not-started", "blocked-task", "waiting-task"),
        *("queue-without-workers", "reset-loop", "missing-generation"),
        *("unclosed-task", "orphaned-pod", "worker-without-pod", "stopped-pod"),
        *("idle-worker", "spawn-loop", "no-capacity", "orchestrator-silent"),
        *("orchestrator-failing", "counts-endpoint", "disk-full", "gpu-driver"),
        *("upload-failure", "failed-task", "parent-stuck", "missing-lora"),
        *("tier-failures", "silent-worker", "failed-worker"),
    }


def test_a_stuck_worker_is_silent_too() -> None:
    """It has written nothing for as long."""
    fleet = _planted("stuck")

    assert {each.rule for each in fleet.expected} == {"stuck-task", "silent-worker"}


def test_some_things_happen_alone() -> None:
    """What is silent could not tell of anything else."""
    assert set(SILENT) <= ALONE <= {*WHOLE}
    assert len(SCENARIOS) == len(SINGLY) + len(WHOLE)
    assert (
        Expected("orchestrator-silent", "orchestrator") in _planted("silence").expected
    )
