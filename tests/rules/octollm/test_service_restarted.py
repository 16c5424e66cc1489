from bot.domain.findings import Severity
from tests.service_scenes import a_memory, found, of_scene, services
from tests.world import ago

RULE = "service-restarted"


def test_a_process_that_goes_on() -> None:
    """Or of which nobody tells."""
    assert found(RULE, services()) == []
    assert found(RULE, services(memory=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_one_new_start_is_worth_knowing() -> None:
    """It may have been deployed."""
    [it] = found(RULE, services(memory=a_memory(restarts=(ago(minutes=9),))))

    assert it.severity is Severity.INFO
    assert it.title == "the orchestrator began anew at 2026-01-31 11:51:00Z"
    assert it.evidence == (
        "its process_start_time_seconds changed to 2026-01-31 11:51:00Z, 9 min ago",
    )
    assert it.ask == "logs --source orchestrator"


def test_several_are_a_warning() -> None:
    """It dies again and again; the newest are told."""
    restarts = tuple(ago(minutes=n) for n in range(1, 8))
    [it] = found(RULE, services(memory=a_memory(restarts=restarts)))

    assert it.severity is Severity.WARNING
    assert it.title == "the orchestrator began anew 7 times"
    assert len(it.evidence) == 5
    assert it.evidence[-1].endswith("11:59:00Z, 1 min ago")
