"""What lies beside a task's file."""

from typing import Any

from bot.domain.agent_names import Lane
from bot.domain.file_facts import becoming, beside, left, moments, removal
from bot.domain.file_queue import BrainState, Escalation, Incident, Signal
from bot.domain.logs import Level, LogLine
from bot.domain.times import Window
from tests.file_queues import FILE, OTHER, a_file, a_queue, a_sidecar, busy
from tests.world import NOW, a_line, ago

DAY = Window.before(NOW, hours=24)


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


def test_what_lies_beside_a_task_is_told_as_lines() -> None:
    """Each with its time and what it is from; what tells no time is none."""
    sidecar = a_sidecar(worker="gpu-1-w0", pid=27, peak_vram_mb=4800)
    queue = a_queue(
        tasks=(a_file(sidecar=sidecar, escalation="e1"),),
        signals=(
            Signal(worker="gpu-1", kind="abort", at=ago(seconds=31), task_id=FILE[:8]),
            Signal(
                worker="gpu-1",
                kind="kill",
                at=ago(seconds=1),
                task_id=FILE,
                reason="stuck",
            ),
            Signal(worker="gpu-1", kind="kill", task_id=FILE),
            Signal(worker="gpu-2", kind="kill", at=ago(seconds=1), task_id=OTHER),
        ),
        state=BrainState(
            incidents=(
                Incident(
                    id="inc_1",
                    task_ids=(FILE,),
                    events=(
                        (ago(minutes=2), "stuck_abort_sent"),
                        (ago(minutes=1), "brain_fix_applied"),
                        (ago(days=2), "stuck_abort_sent"),
                        (None, "seen"),
                    ),
                ),
            )
        ),
        escalations=(
            Escalation(id="e1", at=ago(minutes=3), title="help"),
            Escalation(id="e2", task_id=FILE),
        ),
    )
    lines = moments(queue, FILE, DAY)

    assert [(each.level, each.source, each.message) for each in lines] == [
        (
            Level.INFO,
            "sidecar",
            "last refreshed by gpu-1-w0, PID 27, VRAM peak 4800 MB",
        ),
        (Level.WARNING, "signal", "abort sent to gpu-1, not read yet"),
        (Level.WARNING, "signal", "kill sent to gpu-1, not read yet: stuck"),
        (Level.WARNING, "incident", "stuck abort sent (inc_1)"),
        (Level.INFO, "incident", "brain fix applied (inc_1)"),
        (Level.ERROR, "escalation", "help (e1)"),
    ]
    assert [each.at for each in lines][:2] == [ago(seconds=5), ago(seconds=31)]
    assert {each.task_id for each in lines} == {FILE}


def test_of_a_task_without_a_file_what_lies_there_is_told() -> None:
    """A sidecar alone, and an incident that names it."""
    incidents = (
        Incident(id="inc_1", task_ids=(OTHER,), events=((NOW, "a"),)),
        Incident(id="inc_2", task_ids=(FILE,), events=((NOW, "b"),)),
    )
    queue = a_queue(
        sidecars=(a_sidecar(OTHER), a_sidecar()), state=BrainState(incidents=incidents)
    )

    assert [each.message for each in moments(queue, FILE, DAY)] == [
        "last refreshed by somebody",
        "b (inc_2)",
    ]
    assert moments(a_queue(), FILE, DAY) == ()
    assert moments(a_queue(tasks=(a_file(sidecar=None),)), FILE, DAY) == ()
    untimed = a_file(sidecar=a_sidecar(updated_at=None))
    assert moments(a_queue(tasks=(untimed,)), FILE, DAY) == ()


def an_event(event: str, **fields: Any) -> LogLine:
    """Return the line of a batch's event, 3 minutes ago."""
    return a_line(
        event.replace("_", " "),
        source="batch",
        at=ago(minutes=3),
        fields={"event": event} | fields,
    )


def a_cleanup(minutes: int, removed: int = 1) -> LogLine:
    """Return the line of a clean-up so long ago."""
    at = ago(minutes=minutes)
    return a_line("clean", at=at, fields={"queue_removed": removed})


def test_a_fresh_run_removes_what_has_not_ended() -> None:
    """The first one after the task was made that removed something."""
    made = a_line("made", at=ago(minutes=5))
    cleanups = (a_cleanup(1), a_cleanup(2), a_cleanup(4, 0), a_cleanup(6))

    assert removal((made,), cleanups) == a_cleanup(2)
    assert removal((made, an_event("task_started")), cleanups) == a_cleanup(2)
    assert removal((made, an_event("task_succeeded")), cleanups) is None
    assert removal((made,), cleanups[2:]) is None
    assert removal((), cleanups) is None


def test_lines_tell_what_is_left_of_a_task() -> None:
    """And what became of it."""
    fields = {"task_name": "cut", "batch_id": "b", "worker": "gpu-1", "attempts": 1}
    event = an_event("task_started", **fields)
    lines = (event, a_line("more", at=ago(minutes=2)))
    bare = (a_line("made", at=ago(minutes=2)),)

    assert left(lines, None) == (
        ("file", "none, in any folder"),
        ("name", "cut"),
        ("batch", "b"),
        ("worker", "gpu-1"),
        ("last event", "task started, 2026-01-31 11:57:00Z"),
    )
    assert becoming(lines, None) == (
        "the last that is told of it is task started, 2026-01-31 11:57:00Z"
    )
    assert becoming(bare, None).startswith("the last that is told of it is made, ")
    assert left(bare, a_cleanup(1)) == (
        ("file", "none, in any folder"),
        (
            "gone",
            (
                "a fresh run of the same plan probably removed it,"
                " 2026-01-31 11:59:00Z: clean"
            ),
        ),
    )
    assert becoming(bare, a_cleanup(1)) == (
        "a fresh run of the same plan probably removed it, 2026-01-31 11:59:00Z"
    )
