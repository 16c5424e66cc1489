import os
from datetime import timedelta
from pathlib import Path

from bot.domain.file_queue import LoadLock, Locks
from bot.sources.agents.signals import (
    brain_state,
    escalations,
    load_lock,
    locks,
    signals,
)
from tests.sources.agents.files import (
    NOW,
    a_folder,
    ago,
    naive,
    snapshot,
    untold_by,
    write,
)


def test_signals_are_read_whatever_they_hold(tmp_path: Path) -> None:
    """JSON, a time as plain text, or nothing; the oldest first."""
    base = tmp_path / "signals"
    write(
        base / "gpu-1.abort",
        {"task_id": "t", "timestamp": naive(ago(seconds=40)), "reason": "no_progress"},
    )
    write(base / "gpu-2.stop", naive(ago(seconds=30)))
    write(base / "gpu-3.stop", "", at=ago(seconds=20))
    write(base / "gpu-4.kill", "{", at=ago(seconds=10))
    write(base / "model_load.global.lock", "")
    write(tmp_path / "brain" / "restart_workers.signal", {"timestamp": naive(NOW)})
    os.mkfifo(base / "gpu-5.stop")
    os.utime(base / "gpu-5.stop", (NOW.timestamp(), NOW.timestamp()))

    found = signals(a_folder(tmp_path))

    assert [(each.worker, each.kind, each.age(NOW)) for each in found] == [
        ("gpu-1", "abort", timedelta(seconds=40)),
        ("gpu-2", "stop", timedelta(seconds=30)),
        ("gpu-3", "stop", timedelta(seconds=20)),
        ("gpu-4", "kill", timedelta(seconds=10)),
        ("all", "restart_workers", timedelta(0)),
        ("gpu-5", "stop", timedelta(0)),
    ]
    assert (found[0].task_id, found[0].reason) == ("t", "no_progress")


def test_what_is_torn_is_named(tmp_path: Path) -> None:
    """The signal is one all the same; who loads a model is not known."""
    write(tmp_path / "signals" / "gpu-1.kill", "{")
    write(tmp_path / "signals" / "model_load.global.json", "")
    write(tmp_path / "brain" / "escalations" / "a.json", "[]")
    write(tmp_path / "brain" / "state.json", "[")
    folder = a_folder(tmp_path)

    def every() -> None:
        signals(folder)
        load_lock(folder)
        escalations(folder)
        brain_state(folder)

    assert untold_by(every) == [
        f"{name} holds no JSON object: is it half written?"
        for name in (
            "signals/gpu-1.kill",
            "signals/model_load.global.json",
            "brain/escalations/a.json",
            "brain/state.json",
        )
    ]


def test_without_signals_there_are_none() -> None:
    """A marker of a reset is none, nor is a lock."""
    folder, _ = snapshot("5_agents_back")

    assert signals(folder) == ()
    assert load_lock(folder) is None


def test_who_loads_a_model_is_read(tmp_path: Path) -> None:
    """Only one may at a time."""
    doc = {
        "worker": "gpu-2",
        "phase": "loading",
        "acquired_at": naive(ago(seconds=90)),
        "heartbeat_at": naive(ago(seconds=50)),
    }
    write(tmp_path / "signals" / "model_load.global.json", doc)

    assert load_lock(a_folder(tmp_path)) == LoadLock(
        worker="gpu-2",
        phase="loading",
        since=ago(seconds=90),
        beat_at=ago(seconds=50),
    )


def test_leftover_locks_are_counted() -> None:
    """They stay after a claim, and all can be written."""
    counts = [
        locks(snapshot(name)[0]) for name in ("1_gpu4_just_killed", "5_agents_back")
    ]

    assert counts == [Locks(total=14, unwritable=0)] * 2


def test_a_lock_that_nobody_may_write_is_told(tmp_path: Path) -> None:
    """By its mode: we may see it by a mount that lets nobody write."""
    path = write(tmp_path / "tasks" / "queue" / "t.json.lock", "")
    os.chmod(path, 0o444)  # noqa: PTH101  as a person would

    assert locks(a_folder(tmp_path)) == Locks(total=1, unwritable=1)


def test_escalations_are_read_by_their_time(tmp_path: Path) -> None:
    """What is not JSON is left out."""
    base = tmp_path / "brain" / "escalations"
    write(base / "20261123_085640_f3703d01.json", {"title": "GPU agent missing"})
    write(
        base / "20261123_084828_279e461d.json",
        {
            "escalation_id": "20261123_084828_279e461d",
            "created_at": naive(NOW),
            "status": "pending",
            "type": "verification_failure",
            "title": "Task exhausted retries",
            "recommended_action": "diagnose_and_resubmit_plan",
            "source_task": {"task_id": "t"},
        },
    )
    write(base / "x.json", "{")

    first, second = escalations(a_folder(tmp_path))

    assert (first.id, first.at, first.task_id) == (
        "20261123_084828_279e461d",
        NOW,
        "t",
    )
    assert (first.kind, first.status) == ("verification_failure", "pending")
    assert first.advice == "diagnose_and_resubmit_plan"
    assert (second.id, second.title) == (
        "20261123_085640_f3703d01",
        "GPU agent missing",
    )


def test_the_brains_state_is_read() -> None:
    """Three incidents, one of them a task that it could not stop."""
    folder, now = snapshot("5_agents_back")
    state = brain_state(folder)

    assert state is not None
    assert state.saved_at is not None
    assert now - state.saved_at < timedelta(seconds=1)
    assert [(each.id, each.plan) for each in state.batches] == [
        ("20261123_085214", "long_script_b"),
        ("20261123_085219", "long_script_d"),
    ]
    assert [each.escalation for each in state.incidents] == [
        "20261123_084828_279e461d",
        "20261123_084853_710e2709",
        None,
    ]
    stuck = state.incidents[2]
    assert (stuck.task_name, stuck.aborts) == ("render_long", 2)
    assert stuck.killed_at is not None
    assert stuck.task_ids == ("3a333f8c-8470-4efc-81da-07a9419aa14b",)
    assert [what for _, what in stuck.events] == [
        "stuck_abort_sent",
        "stuck_abort_sent_repeat",
        "stuck_force_kill_sent",
        "stuck_requeued_after_force_kill_timeout",
    ]


def test_missed_agents_are_read() -> None:
    """While gpu-4 was away."""
    folder, _ = snapshot("3_gpu1_stuck_requeued")
    state = brain_state(folder)

    assert state is not None
    [missing] = state.missing
    assert missing.worker == "gpu-4"
    assert missing.escalation == "20261123_085640_f3703d01"
    assert missing.since is not None


def test_without_a_state_nothing_is_known(tmp_path: Path) -> None:
    """Not that there are no incidents."""
    assert brain_state(a_folder(tmp_path)) is None
