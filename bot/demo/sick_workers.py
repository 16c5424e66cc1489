"""What can go wrong with workers: each function lets one of them fail.

Each writes rows, lines and pods of one failure into a fleet, notes which findings the
product owes for it, and returns what it planted. They don't need each other.
"""

from datetime import timedelta
from typing import Final

from bot.demo.day import work_until
from bot.demo.fleet import Fleet
from bot.demo.labours import busy, claim, generate, load, step, submit
from bot.demo.lives import alive, boot, given_up, hire, jwt, launch, rent
from bot.demo.rows import EVE, FAY, Held, Worker


def plant_crash(
    fleet: Fleet, *, loading: bool = False, pod: str = "RUNNING", minutes: float = 6
) -> Held:
    """Let a worker's process vanish: its last lines are lost, its task stays.

    *loading* lets it die before a model switch is completed. *pod* is what RunPod
    calls its pod; empty when there is none any more.
    """
    tier = (48, "EUR-IS-1") if loading else None
    worker = hire(fleet, fleet.ago(minutes=minutes + 38), tier=tier)
    free = work_until(
        fleet, worker, boot(fleet, worker), fleet.ago(minutes=minutes + 14)
    )
    died = fleet.ago(minutes=minutes, seconds=fleet.random.uniform(2, 40))
    start = max(free, died - timedelta(minutes=4))
    # Whatever it did before took its time: what it began last was still written down.
    died = max(died, start + timedelta(minutes=2))
    task = submit(fleet, start - timedelta(seconds=31), "i2v_22", whose=FAY)
    if loading:
        # Whatever it holds, it has to switch.
        held = worker.loaded == task.params["model_name"]
        worker.loaded = "wan_2_2_t2v_14B" if held else worker.loaded
        begun = claim(fleet, worker, task, start, loads=False)
        memory = "Process=38120MB, System=91.4% used"
        said = f"TRAVEL: [RAM] Orchestrator start: {memory}"
        worker.say(begun, said, task=task.id)
        load(fleet, worker, task, begun + timedelta(seconds=1), ends=False)
    else:
        worker.loaded = str(task.params["model_name"])
        begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
        number = 1
        while begun + timedelta(seconds=24 * number) < died:
            step(worker, task, begun + timedelta(seconds=24 * number), number)
            number += 1
    alive(fleet, worker, died)
    worker.cut_at = died - timedelta(seconds=11)
    worker.status = "crashed"
    if pod:
        rent(fleet, worker, status=pod)
    else:
        fleet.owe("worker-without-pod", worker.id)
    if pod == "EXITED":
        fleet.owe("stopped-pod", str(worker.pod_id))
        fleet.owe("worker-without-pod", worker.id)
    fleet.owe("crashed-worker", worker.id)
    fleet.owe("orphaned-task", task.id)
    return Held(worker, task)


def plant_stale(fleet: Fleet, *, minutes: float = 8) -> Held:
    """Let an active worker fall silent in the middle of a task."""
    held = _silent(fleet, timedelta(minutes=minutes, seconds=4), since=190)
    said = f"[WORKER_HEALTH] Worker {held.worker.id}: stale heartbeat, 1 active task"
    for cycles in range(3):
        fleet.orchestrator.say(
            fleet.ago(seconds=95 - 30 * cycles),
            ("WARNING", said),
            by="worker_lifecycle.check_health",
        )
    fleet.owe("heartbeat-stale", held.worker.id)
    fleet.owe("orphaned-task", held.task.id)
    return held


def plant_ageing(fleet: Fleet, *, seconds: float = 130) -> Held:
    """Let an active worker be late with its heartbeat, not yet lost."""
    held = _silent(fleet, timedelta(seconds=seconds), since=120)
    fleet.owe("heartbeat-ageing", held.worker.id)
    return held


def _silent(fleet: Fleet, silence: timedelta, *, since: float) -> Held:
    """Return a worker that took a task *since* seconds before it fell silent."""
    worker = hire(fleet, fleet.now - silence - timedelta(minutes=31))
    rent(fleet, worker)
    before = fleet.now - silence - timedelta(minutes=12)
    work_until(fleet, worker, boot(fleet, worker), before)
    taken = silence + timedelta(seconds=since)
    task = busy(fleet, worker, "vace_22", whose=EVE, since=taken)
    alive(fleet, worker, fleet.now - silence)
    return Held(worker, task)


def plant_stuck(fleet: Fleet, *, minutes: float = 23) -> Held:
    """Let a worker beat on while its task has stood still for too long."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 38))
    rent(fleet, worker)
    work_until(fleet, worker, boot(fleet, worker), fleet.ago(minutes=minutes + 9))
    start = fleet.ago(minutes=minutes)
    task = submit(fleet, start - timedelta(seconds=12), "t2v_22", whose=EVE)
    worker.loaded = str(task.params["model_name"])
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    for number in (1, 2):
        step(worker, task, begun + timedelta(seconds=40 * number), number)
    alive(fleet, worker)
    fleet.owe("stuck-task", task.id)
    return Held(worker, task)


def plant_beatless(fleet: Fleet, *, minutes: float = 4) -> Worker:
    """Let a worker be promoted that has never beaten, but is still young."""
    worker = hire(fleet, fleet.ago(minutes=minutes))
    rent(fleet, worker)
    worker.active_at = launch(fleet, worker)
    worker.status = "active"
    worker.note(orchestrator_status="active")
    fleet.owe("heartbeat-missing", worker.id)
    return worker


BROKEN_STARTUP: Final = """\
📋 Startup logs for {id}:
=========================================
WORKER STARTUP SCRIPT EXECUTION BEGIN
=========================================
=== GIT PULL ===
Already up to date.
=== INSTALLING DEPENDENCIES ===
=== STARTING WORKER ===
python worker.py --worker {id} --supabase-access-token {key} --debug
Traceback (most recent call last):
  File "/workspace/Headless-Wan2GP/worker.py", line 31, in <module>
    import wgp
  File "/workspace/Headless-Wan2GP/Wan2GP/wgp.py", line 18, in <module>
    from mmgp import offload, safetensors2, profile_type
ModuleNotFoundError: No module named 'mmgp'
worker process 512 died immediately!
STARTUP SCRIPT COMPLETED SUCCESSFULLY"""


def plant_never_started(fleet: Fleet, *, minutes: float = 14) -> Worker:
    """Let a worker's program die before its first heartbeat; only a dump tells why."""
    worker = hire(fleet, fleet.ago(minutes=minutes))
    rent(fleet, worker)
    launched = launch(fleet, worker)
    key = fleet.secret("b3BlbnNzaC1rZXktdjEAAAA" + f"{fleet.random.getrandbits(64):x}")
    begins = f"-----BEGIN OPENSSH PRIVATE KEY----- {key}"
    said = f"🔐 SSH_AUTH [Pod {worker.pod_id}] Private key starts with: {begins}"
    fleet.orchestrator.say(
        launched + timedelta(seconds=5),
        ("WARNING", said),
        f"Worker {worker.id} is now logging - retrieving startup logs",
        BROKEN_STARTUP.format(id=worker.id, key=jwt(fleet)),
        ("WARNING", f"Potential errors in {worker.id} startup: ModuleNotFoundError"),
        by="worker_lifecycle.check_startup",
    )
    fleet.owe("never-started", worker.id)
    return worker


def plant_revived(fleet: Fleet, *, minutes: float = 35) -> Held:
    """Let a terminated worker live on: its pod was never ended, its beats revive it."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 50))
    free = work_until(
        fleet, worker, boot(fleet, worker), fleet.ago(minutes=minutes + 25)
    )
    key = fleet.secret(f"rpa_{fleet.random.getrandbits(160):X}")
    said = f"Error terminating pod {worker.pod_id}: 502 (RUNPOD_API_KEY={key})"
    fleet.orchestrator.say(
        fleet.ago(minutes=minutes),
        ("ERROR", said),
        by="runpod_client.terminate_worker",
    )
    given_up(fleet, worker, fleet.ago(minutes=minutes), "Failed basic health check")
    rent(fleet, worker)
    free = work_until(fleet, worker, free, fleet.ago(minutes=11))
    task = busy(fleet, worker, "i2v_22", whose=EVE, since=timedelta(seconds=170))
    alive(fleet, worker)
    worker.status = "active"  # as every heartbeat writes
    fleet.owe("revived-worker", worker.id)
    return Held(worker, task)


def plant_given_up(fleet: Fleet, reason: str, *, minutes: float) -> Worker:
    """Let the orchestrator give a worker up for a real reason."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 16))
    boot(fleet, worker)
    at = fleet.ago(minutes=minutes)
    alive(fleet, worker, at - timedelta(seconds=9))
    given_up(fleet, worker, at, reason)
    fleet.owe("failed-worker", worker.id)
    return worker
