from bot.domain.agent_names import Lane
from bot.domain.findings import Severity
from tests.file_queues import (
    FILE,
    a_decision,
    a_file,
    a_folder,
    a_sidecar,
    found,
    of_queue,
)
from tests.world import ago

RULE = "ghost-sidecar"


def test_sidecars_beside_their_tasks() -> None:
    """Are not listed."""
    assert not found(RULE, a_folder(sidecars=()))
    assert not found(RULE, a_folder(sidecars=None))
    assert not found(RULE, of_queue(None))


def test_a_subprocess_whose_task_was_removed() -> None:
    """By a fresh run of the same plan; one of later is not why."""
    told = (
        a_decision("PLAN_CLEANUP", "a", at=ago(minutes=9), message="Fresh run cleanup"),
        a_decision("PLAN_CLEANUP", "a", at=ago(seconds=1)),
        a_decision("RETRY", FILE[:8]),
    )
    ghost = a_sidecar(worker="gpu-1-w0-22d25838")

    [one] = found(RULE, a_folder(sidecars=(ghost,), told=told))

    assert one.title == (
        "gpu-1-w0-22d25838 still works on 22d25838, whose file is gone"
    )
    assert one.evidence[-1] == "2026-01-31 11:51:00Z: Fresh run cleanup"
    assert one.ask == "logs --search 22d25838"


def test_a_subprocess_whose_task_waits_again() -> None:
    """It was queued again while it ran."""
    waits = a_file(lane=Lane.QUEUE)

    [one] = found(RULE, a_folder(sidecars=(a_sidecar(),), tasks=(waits,)))

    assert one.title == "somebody still works on 22d25838, whose file lies in queue"


def test_a_sidecar_that_was_left_behind() -> None:
    """Past two minutes nobody writes it."""
    old = a_sidecar(updated_at=ago(seconds=121))
    blank = a_sidecar(updated_at=None)

    one, two = found(RULE, a_folder(sidecars=(old, blank)))

    assert one.severity is two.severity is Severity.INFO
    assert "an unknown time" in two.evidence[0]
