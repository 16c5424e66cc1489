"""What lies beside a task's file."""

from bot.domain.agent_names import Lane
from bot.domain.file_facts import beside
from bot.domain.file_queue import BrainState, Escalation, Incident, Signal
from tests.file_queues import FILE, OTHER, a_file, a_queue, busy
from tests.world import NOW, ago


def test_all_that_lies_beside_a_task_is_told() -> None:
    """In the order in which one would look."""
    file = a_file(
        plan="night", attempted=("gpu-4", "gpu-1"), incident="inc_1", escalation="e1"
    )
    queue = a_queue(
        tasks=(file, a_file(OTHER)),
        agents=(busy(FILE),),
        signals=(
            Signal(worker="gpu-1", kind="abort", at=ago(seconds=31), task_id=FILE[:8]),
            Signal(worker="gpu-1", kind="kill", task_id=FILE, reason="stuck"),
            Signal(worker="gpu-1", kind="stop"),
        ),
        state=BrainState(
            incidents=(
                Incident(
                    id="inc_1",
                    fixes_tried=2,
                    events=((ago(minutes=1), "stuck_abort"), (None, "seen")),
                ),
            )
        ),
        escalations=(
            Escalation(id="e1", status="open", title="help", advice="look"),
            Escalation(id="e2", status="open", title="more", task_id=FILE),
            Escalation(id="e3", task_id=OTHER),
        ),
    )

    assert beside(queue, FILE, NOW) == (
        ("batch", "20260131_115000 of night"),
        ("tried on", "gpu-4, gpu-1"),
        ("sidecar", "of 2026-01-31 11:59:55Z, 5 s ago"),
        ("runs on", "gpu-1, by its heartbeat"),
        ("signal", "abort to gpu-1, unread for 31 s"),
        ("signal", "kill to gpu-1, not read yet (stuck)"),
        ("incident", "inc_1: 2 attempts of the brain to mend it"),
        ("11:59:00", "stuck abort"),
        ("once", "seen"),
        ("escalation", "e1, open: help, advice look"),
        ("escalation", "e2, open: more"),
    )


def test_of_a_task_without_a_file_nothing_is_told() -> None:
    """And of one that only waits, its batch if it is of any."""
    waits = a_file(lane=Lane.QUEUE, batch="")

    assert beside(a_queue(), FILE, NOW) == ()
    assert beside(a_queue(tasks=(waits,)), FILE, NOW) == ()
