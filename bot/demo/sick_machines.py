"""What can go wrong with machines and their pods, and what only looks so.

Of `plant_*` the product owes findings, which each notes; `spare_*` are near misses.
"""

from datetime import timedelta
from typing import Final

from bot.demo.day import seasoned, work_until
from bot.demo.fleet import Fleet
from bot.demo.labours import busy, claim, fail, generate, step, submit, work
from bot.demo.lives import alive, boot, given_up, hire, launch, rent
from bot.demo.rows import Held, Worker

FULL: Final = (
    "Filesystem      Size  Used Avail Use% Mounted on\n"
    "overlay          50G   50G     0 100% /\n"
    "mfs#pool        500G  271G  229G  55% /workspace"
)
NO_SPACE: Final = "[Errno 28] No space left on device: '/workspace/outputs/x.mp4'"


def plant_full_disk(fleet: Fleet, *, starts: bool = True) -> Worker:
    """Let a pod's disk be full; without *starts* its program never came up for that."""
    worker = hire(fleet, fleet.ago(minutes=13))
    rent(fleet, worker)
    at = boot(fleet, worker) if starts else launch(fleet, worker)
    fleet.orchestrator.say(
        at,
        ("ERROR", f"❌ DISK SPACE ISSUE on {worker.id}: {FULL}"),
        by="worker_lifecycle.check_startup",
    )
    if starts:
        busy(
            fleet, worker, "vace_22", whose=fleet.person(), since=timedelta(seconds=100)
        )
        alive(fleet, worker)
    else:
        fleet.owe("never-started", worker.id)
    fleet.owe("disk-full", worker.id)
    return worker


def plant_full_volume(fleet: Fleet, *, volume: str = "EU-CZ-1") -> str:
    """Let a network volume be full, as the orchestrator's check says."""
    said = f"📦 STORAGE_HEALTH [{volume}] CRITICAL: 98% used, 10 GB free of 500 GB"
    for minutes in (9, 4):  # each time it looks
        fleet.orchestrator.say(
            fleet.ago(minutes=minutes),
            ("ERROR", said),
            by="control_loop._check_storage",
        )
    fleet.owe("disk-full", volume)
    return volume


def plant_no_space(fleet: Fleet) -> Held:
    """Let a task fail because nothing can be written any more."""
    held = _failed(fleet, f"Generation failed: {NO_SPACE}")
    fleet.owe("disk-full", held.worker.id, or_on=held.task.id)
    return held


def spare_roomy(fleet: Fleet) -> Worker:
    """Let a pod's disk be filled to 89 %: one short of a warning."""
    worker = seasoned(fleet, free=5)
    table = FULL.replace("50G     0 100%", "44G    6G  89%")
    fleet.orchestrator.say(
        fleet.ago(minutes=3), f"📊 Worker {worker.id} system status:\n{table}"
    )
    busy(fleet, worker, "vace_22", whose=fleet.person(), since=timedelta(seconds=100))
    alive(fleet, worker)
    fleet.spare(worker.id)
    return worker


def plant_no_driver(fleet: Fleet, *, says: bool = True) -> Worker:
    """Let a pod have no GPU that answers: its program *says* so, or VRAM is 0."""
    worker = seasoned(fleet, free=5)
    since = timedelta(seconds=130)
    task = busy(fleet, worker, "i2v_22", whose=fleet.person(), since=since)
    alive(fleet, worker)
    if says:
        at = fleet.ago(seconds=75)
        said = "QUEUE: [CUDA_DEBUG] torch.cuda.is_available() returned False"
        worker.say(at, said, level="WARNING", task=task.id)
        said = "QUEUE: Fatal-pattern error detected (1/2): nvml"
        worker.say(at, said, level="WARNING", task=task.id)
    else:
        worker.note(vram_total_mb=0, vram_used_mb=0)
    fleet.owe("gpu-driver", worker.id, or_on=task.id)
    return worker


def plant_starved(fleet: Fleet) -> Held:
    """Let a busy worker beat on while its lines are dropped on their way."""
    worker = seasoned(fleet, free=12)
    since = timedelta(minutes=11)
    worker.loaded = "wan_2_2_t2v_14B"
    start = fleet.now - since
    task = submit(fleet, start, "t2v_22", whose=fleet.person())
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    step(worker, task, begun + timedelta(seconds=41), 1)
    alive(fleet, worker)
    fleet.owe("silent-worker", worker.id)
    return Held(worker, task)


def plant_slow_task(
    fleet: Fleet, *, seconds: float = 1330, silence: float | None = None
) -> Held:
    """Let a task take too long on a worker that writes of every step of it.

    It counts as stuck while the heartbeat is fresh; *silence* is how old that is.
    """
    worker = seasoned(fleet, free=seconds / 60 + 1)
    worker.loaded = "wan_2_2_t2v_14B"
    since = timedelta(seconds=seconds)
    task = busy(fleet, worker, "t2v_22", whose=fleet.person(), since=since)
    alive(fleet, worker, None if silence is None else fleet.ago(seconds=silence))
    if silence is not None and silence > 60:
        fleet.owe("heartbeat-ageing", worker.id)
    elif seconds > 1200:
        fleet.owe("stuck-task", task.id)
    else:
        fleet.spare(worker.id, task.id)
    return Held(worker, task)


def plant_idle(fleet: Fleet, *, seconds: float = 1260) -> Worker:
    """Let nobody end a worker that has had nothing to do for too long.

    It is well for the first 600 s. More than two must be active, and no task wait.
    """
    worker = hire(fleet, fleet.ago(seconds=seconds + 1500))
    rent(fleet, worker)
    boot(fleet, worker)
    worker.loaded = "wan_2_2_t2v_14B"
    at = fleet.ago(seconds=seconds + 70)
    task = submit(fleet, at, "t2v_22", whose=fleet.person())
    work(fleet, worker, task, at, seconds=(60, 60.5))
    task.processed_at = fleet.ago(seconds=seconds)
    alive(fleet, worker)
    if seconds > 600:
        fleet.owe("idle-worker", worker.id)
    else:
        fleet.spare(worker.id)
    return worker


def spare_beating(fleet: Fleet, *, seconds: float = 58.9) -> Held:
    """Let a busy worker's heartbeat be a second short of late."""
    worker = seasoned(fleet, free=5)
    since = timedelta(seconds=170)
    task = busy(fleet, worker, "i2v_22", whose=fleet.person(), since=since)
    alive(fleet, worker, fleet.ago(seconds=seconds))
    fleet.spare(worker.id, task.id)
    return Held(worker, task)


def spare_young(fleet: Fleet, *, seconds: float = 590) -> Worker:
    """Let a worker install its dependencies, ten seconds short of too long."""
    worker = hire(fleet, fleet.ago(seconds=seconds + 1))
    worker.created_at = fleet.ago(seconds=seconds)
    rent(fleet, worker)
    launch(fleet, worker)
    fleet.spare(worker.id, str(worker.pod_id))
    return worker


def plant_vanished(fleet: Fleet, *, minutes: float = 7) -> Worker:
    """Let RunPod take a worker's pod away; nobody has told its row."""
    worker = seasoned(fleet, free=minutes + 1)
    alive(fleet, worker, fleet.ago(minutes=minutes))
    del fleet.pods[str(worker.pod_id)]
    fleet.owe("heartbeat-stale", worker.id)
    fleet.owe("worker-without-pod", worker.id)
    return worker


def spare_unlisted(fleet: Fleet) -> Held:
    """Let RunPod's list leave out a pod that runs: its worker beats and works."""
    held = spare_beating(fleet, seconds=8)
    fleet.unlisted.add(str(held.worker.pod_id))
    return held


def plant_unended(fleet: Fleet, *, minutes: float = 21) -> Worker:
    """Let a worker be given up, and its pod bill on past the grace period."""
    worker = _in_error(fleet, "Failed basic health check", minutes=minutes)
    fleet.owe("failed-worker", worker.id)
    fleet.owe("orphaned-pod", str(worker.pod_id))
    return worker


def spare_grace(fleet: Fleet, *, seconds: float = 590) -> Worker:
    """Let a scaled-down worker's pod run on, ten seconds short of its grace's end."""
    reason = "Idle timeout (612s) with no work available"
    worker = _in_error(fleet, reason, minutes=seconds / 60)
    fleet.spare(worker.id, str(worker.pod_id))
    return worker


def _in_error(fleet: Fleet, reason: str, *, minutes: float) -> Worker:
    at = fleet.ago(minutes=minutes)
    worker = hire(fleet, at - timedelta(minutes=40))
    work_until(fleet, worker, boot(fleet, worker), at - timedelta(minutes=20))
    alive(fleet, worker, at - timedelta(seconds=9))
    given_up(fleet, worker, at, reason)
    worker.status = "error"
    worker.note(orchestrator_status="error", error_time=at.isoformat())
    if worker.metadata:
        worker.metadata.pop("terminated_at", None)
    worker.last_heartbeat = at - timedelta(seconds=9)
    rent(fleet, worker)
    return worker


def _failed(fleet: Fleet, error: str) -> Held:
    worker = seasoned(fleet, free=8)
    worker.loaded = "wan_2_2_t2v_14B"
    start = fleet.ago(minutes=7)
    task = submit(fleet, start, "t2v_22", whose=fleet.person())
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    fail(fleet, worker, task, begun, begun + timedelta(seconds=40), error=error)
    since = timedelta(seconds=120)
    busy(fleet, worker, "t2v_22", whose=fleet.person(), since=since)
    alive(fleet, worker)
    fleet.owe("failed-task", task.id)
    return Held(worker, task)
