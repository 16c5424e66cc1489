"""What can go wrong with tasks of a rig while they run or wait, and near misses."""

from typing import Final

from bot.demo.rig import Rig
from bot.demo.rig_parts import RigAgent, RigTask
from bot.demo.sick_agents import working

# systems/agents.md, 1A.8: how long a class may go without progress, in seconds.
LIMITS: Final = {"script": 600, "llm": 420, "cpu": 900}


def plant_stuck(rig: Rig, *, kind: str = "script", seconds: float = 25) -> None:
    """Let a task show no progress for longer than its class may (3A, 3).

    *seconds* is by how much; the brain has aborted it once.
    """
    silence = LIMITS[kind] + seconds
    agent, task = _of_kind(rig, kind, silence + 60)
    task.sidecar_at = rig.ago(seconds=silence)
    at = rig.ago(seconds=min(seconds, 12))
    key = f"{task.batch.id}/{task.name}/shell"
    reason = f"no_progress_{LIMITS[kind] + 5}s_threshold_{LIMITS[kind]}s"
    rig.incidents[key] = {
        "incident_id": f"inc_{rig.stamped(at)}_{rig.random.getrandbits(32):08x}",
        "created_at": at,
        "updated_at": at,
        "task_name": task.name,
        "task_type": "shell",
        "task_class": kind,
        "batch_id": task.batch.id,
        "worker_cycles": 0,
        "brain_fix_attempts": 0,
        "cloud_escalated": False,
        "history": [
            {
                "at": at,
                "event": "stuck_abort_sent",
                "task_id": task.id,
                "worker": agent.name,
            }
        ],
        "stuck_abort_sent_at": at,
        "stuck_abort_count": 1,
    }
    rig.decide(
        at,
        "TASK_ABORT_SIGNAL",
        f"Sent graceful abort to {agent.name} for task {task.short} (reason: {reason})",
        worker=agent.name,
        task_id=task.short,
        reason=reason,
    )
    rig.owe("stuck-task", task.id)


def spare_stuck(rig: Rig, *, kind: str = "script", seconds: float = 12) -> None:
    """Let a task be nearly stuck: *seconds* is how much is left."""
    silence = LIMITS[kind] - seconds
    _, task = _of_kind(rig, kind, silence + 20)
    task.sidecar_at = rig.ago(seconds=silence)
    rig.spare(task.id)


def plant_elapsed(rig: Rig, *, seconds: float = 1205, owed: bool = True) -> None:
    """Let a task have begun over 1200 s ago, which in February is stuck (3A, 3)."""
    agent, task = working(rig, seconds=seconds)
    if not owed:
        rig.spare(task.id)
        return
    reason = f"task_timeout_{seconds // 60:.0f}min"
    said = f"Sent abort to {agent.name} for task {task.short} (reason: {reason})"
    rig.decide(
        *(rig.ago(seconds=4), "ABORT_SIGNAL", said),
        worker=agent.name,
        task_id=task.short,
        reason=reason,
    )
    rig.owe("stuck-task", task.id)


def plant_hung(rig: Rig, *, kind: str = "script", seconds: float = 40) -> None:
    """Let a task run over three times its limit, its agent alive (3A, 4)."""
    _, task = _of_kind(rig, kind, 3 * LIMITS[kind] + seconds)
    if kind == "cpu":  # its sidecar measures no memory: the page names no other sign
        rig.leave_open("hung-task", task.id)
    else:
        rig.owe("hung-task", task.id)


def spare_hung(rig: Rig, *, peak_mb: int = 3900) -> None:
    """Let a task run as long, and use the GPU's memory."""
    _, task = _of_kind(rig, "script", 1900)
    task.peak_mb = peak_mb
    rig.spare(task.id)


def plant_long(rig: Rig, *, seconds: float = 302) -> None:
    """Let a task run for over 300 s, which the guide reports (3A, 3)."""
    _, task = _of_kind(rig, "script", seconds)
    rig.owe("long-running-task", task.id)


def spare_long(rig: Rig) -> None:
    """Let a task run for nearly 300 s."""
    _, task = _of_kind(rig, "script", 296)
    rig.spare(task.id)


def plant_disowned(rig: Rig, *, seconds: float = 150) -> None:
    """Let a living agent not list a task that it holds by its file (3A, 5b)."""
    agent, task = working(rig, seconds=seconds + 60)
    agent.running.clear()
    task.sidecar_at = rig.ago(seconds=seconds)
    if seconds > 120:
        rig.owe("orphaned-task", task.id)
    else:  # before 120 s it is told that the brain is about to queue it again
        rig.leave_open("orphaned-task", task.id)


def spare_claimed(rig: Rig) -> None:
    """Let an agent have claimed a task since its last heartbeat."""
    agent, task = working(rig, seconds=3)
    agent.running.clear()
    agent.beat_at = rig.ago(seconds=24)
    task.sidecar_at = None
    rig.spare(task.id, agent.name)


def plant_recovered(rig: Rig, *, reason: str = "orphan_recovered") -> None:
    """Let the brain have queued an orphan again, and another agent run it (3A, 5)."""
    agent = rig.gpu()
    batch = rig.batch(rig.ago(minutes=9), "long_script")
    task = rig.task(batch, "render_long", at=rig.ago(minutes=9))
    task.fields["workers_attempted"] = ["gpu-4"]
    at = rig.ago(minutes=4)
    task.fields |= {"requeued_at": at, "requeue_reason": reason}
    if reason == "orphan_recovered":
        task.fields |= {"orphan_recovered_at": at, "orphan_recovered_from": "gpu-4"}
        rig.decide(
            *(at, "ORPHAN_REQUEUE", "Recovered orphaned processing task render_long"),
            task_id=task.short,
            batch_id=batch.id,
            previous_worker="gpu-4",
            elapsed_sec=177,
        )
    rig.run(agent, task, seconds=200)
    rig.owe("recovered-orphan", task.id)


def plant_twice(rig: Rig) -> None:
    """Let a task be done by one agent while another one runs it again (3A, 12)."""
    first, second = rig.gpu(), rig.gpu()
    began, made = rig.ago(minutes=18), rig.ago(minutes=18, seconds=5)
    batch = rig.batch(rig.ago(minutes=18, seconds=9), "long_script")
    task = rig.task(batch, "render_long", "script", at=made)
    rig.run(first, task, seconds=18 * 60)
    first.running.remove(task)
    rig.run(second, task, seconds=75)
    rig.decide(
        rig.ago(seconds=200),
        "TASK_REQUEUED_TIMEOUT",
        f"Re-queued task {task.name} after force kill timeout",
        task_id=task.short,
    )
    listed, beside = task.fields["started_at"], rig.ago(seconds=3)
    rig.end(first, task, rig.ago(seconds=60))
    # Its file is the first one's again; the second agent goes on beating for it.
    task.fields |= {"assigned_to": first.name, "started_at": began}
    task.fields["workers_attempted"] = [second.name, first.name]
    task.sidecar_at, task.sidecar_by = beside, second.name
    ghost = RigTask(
        id=task.id,
        name=task.name,
        task_class=task.task_class,
        batch=task.batch,
        created_at=task.created_at,
        fields={"started_at": listed, "vram_estimate_mb": 2200},
    )
    second.running = [ghost]
    rig.owe("double-run", task.id)
    rig.spare(first.name, second.name)


def spare_just_done(rig: Rig) -> None:
    """Let a heartbeat still list a task that ended since."""
    agent, task = working(rig, seconds=70)
    agent.beat_at = rig.ago(seconds=9)
    rig.end(agent, task, rig.ago(seconds=2))
    rig.spare(agent.name, task.id)


def plant_ghost(rig: Rig, *, seconds: float = 4) -> None:
    """Let a fresh run of a plan remove the file of a running task (3A, 13)."""
    _, task = working(rig, seconds=max(200, seconds + 20), plan="video_zim_batch")
    at = rig.ago(seconds=seconds + 10)
    rig.decide(
        *(at, "PLAN_CLEANUP", "Fresh run cleanup for video_zim_batch"),
        stale_batches=1,
        private_removed=0,
        queue_removed=0,
        processing_removed=1,
        orph_lock_removed=3,
    )
    task.lane, task.sidecar_at = "", rig.ago(seconds=seconds)
    rig.owe("ghost-sidecar", task.id)


def plant_left_sidecar(rig: Rig) -> None:
    """Leave the sidecar of a task that nobody runs any more."""
    agent, task = working(rig, seconds=900)
    agent.running.clear()
    task.lane, task.sidecar_at = "", rig.ago(seconds=840)
    rig.owe("ghost-sidecar", task.id)


def plant_blocked(rig: Rig, *, why: str = "failed") -> None:
    """Let a private task wait for one that will never be done (3A, 14)."""
    batch = rig.batch(rig.ago(minutes=6), "publish")
    needs = {"failed": "build", "item": "transcribe_{ITEM.id}", "gone": "no_such_step"}
    task = rig.task(batch, "after", "cpu", lane="private", depends_on=[needs[why]])
    if why == "failed":
        agent = next(rig.living())
        build = rig.task(batch, "build")
        build.fields["workers_attempted"] = [agent.name, agent.name]
        rig.claim(agent, build, rig.ago(minutes=5))
        rig.end(
            *(agent, build, rig.ago(minutes=4)),
            well=False,
            output="\n[stderr: ValueError: no frames\n]",
        )
        build.fields |= {
            "status": "blocked_cloud",
            "cloud_escalated": True,
            "blocked_reason": "awaiting_cloud_review",
        }
        rig.owe("retries-exhausted", build.id)
    rig.owe("blocked-task", task.id)


def spare_blocked(rig: Rig, *, done: bool = True) -> None:
    """Let a private task wait for one that runs, or that was done a moment ago."""
    batch = rig.batch(rig.ago(minutes=4), "publish")
    task = rig.task(batch, "after", "cpu", lane="private", depends_on=["build"])
    agent = rig.gpu()
    build = rig.task(batch, "build")
    if done:
        rig.claim(agent, build, rig.ago(minutes=3))
        rig.end(agent, build, rig.ago(seconds=2))
    else:
        rig.run(agent, build, seconds=100)
    rig.spare(task.id)


def spare_archived(rig: Rig) -> None:
    """Let a private task wait for one that was done, and whose file was put away.

    The batch's own events tell of it.
    """
    batch = rig.batch(rig.ago(minutes=4), "publish")
    task = rig.task(batch, "after", "cpu", lane="private", depends_on=["build"])
    build, agent = rig.task(batch, "build"), rig.gpu()
    rig.claim(agent, build, rig.ago(minutes=3))
    rig.end(agent, build, rig.ago(seconds=40))
    build.lane = ""
    rig.spare(task.id)


def _of_kind(rig: Rig, kind: str, seconds: float) -> tuple[RigAgent, RigTask]:
    """Return an agent that has run a task of that class for so long."""
    if kind != "cpu":
        return working(rig, seconds=seconds, kind=kind, hot=kind == "llm")
    agent = rig.cpu()
    batch = rig.batch(rig.ago(seconds=seconds + 9), "aggregate")
    task = rig.task(batch, "aggregate", "cpu", at=rig.ago(seconds=seconds + 5))
    return agent, rig.run(agent, task, seconds=seconds)
