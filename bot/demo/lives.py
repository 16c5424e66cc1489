"""How workers live when nothing is wrong: hired, started, scaled down.

Every step writes what the real orchestrator, guardian and worker write for it
(systems/reigh.md, 3). `bot.demo.sick_workers` breaks them off.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.demo.fleet import Fleet
from bot.demo.pods import Pod
from bot.demo.rows import Worker

TIERS: Final = ((72, "Peter"), (72, "EU-CZ-1"), (72, "EU-NO-1"), (60, "Peter"))
COST: Final = 0.69
BOOT: Final = timedelta(seconds=95)  # from the offer to the first heartbeat
IDLE_TIMEOUT: Final = timedelta(seconds=600)  # GPU_IDLE_TIMEOUT_SEC
GRACE: Final = timedelta(seconds=600)  # ERROR_CLEANUP_GRACE_PERIOD_SEC


def hire(
    fleet: Fleet,
    at: datetime,
    *,
    prefix: str = "gpu-",
    tier: tuple[int, str] | None = None,
) -> Worker:
    """Let the orchestrator rent a pod for a new worker in the cycle after *at*."""
    ram, volume = tier or fleet.random.choice(TIERS)
    at = fleet.orchestrator.next(at) + timedelta(seconds=1.2)
    worker = Worker(
        id=f"{prefix}{at:%Y%m%d_%H%M%S}-{fleet.random.getrandbits(32):08x}",
        created_at=at,
        pod_id=fleet.pod_id(),
        status="spawning",
        metadata={
            "orchestrator_status": "spawning",
            "ram_tier": ram,
            "storage_volume": volume,
        },
    )
    fleet.workers[worker.id] = worker
    worker.note(
        runpod_id=worker.pod_id,
        pod_details={
            "id": worker.pod_id,
            "desiredStatus": "PROVISIONING",
            "name": worker.id,
            "gpu_type_id": worker.instance_type,
            "created": True,
        },
    )
    if prefix == "gpu-":
        fleet.orchestrator.say(
            at - timedelta(seconds=2),
            ("CRITICAL", "🚀 SCALING UP: Spawning 1 workers"),
            f"🚀 Creating worker: {worker.id} (Storage: {volume}, RAM: {ram}GB)",
            f"✅ SUCCESS: {worker.id} -> {worker.pod_id}",
            ("CRITICAL", "✅ Worker 1/1 spawned successfully"),
            did="workers_spawned",
        )
    return worker


def rent(fleet: Fleet, worker: Worker, **more: Any) -> Pod:
    """Let the worker's pod run until now; *more* are fields of Pod."""
    given: dict[str, Any] = {
        "id": worker.pod_id,
        "name": worker.id,
        "created_at": worker.created_at,
        "cost_per_hour_usd": COST,
        "environment": {
            "SUPABASE_SERVICE_ROLE_KEY": jwt(fleet),
            "REPLICATE_API_TOKEN": fleet.secret(
                f"r8_{fleet.random.getrandbits(144):x}"
            ),
        },
        "logs": ("starting worker", "worker.py is up"),
    }
    pod = Pod(**{**given, **more})
    fleet.pods[pod.id] = pod
    return pod


def jwt(fleet: Fleet) -> str:
    """Return a made-up key of the database's kind."""
    part = f"{fleet.random.getrandbits(240):x}"
    return fleet.secret(f"eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoi{part[:24]}.{part[24:]}")


def launch(fleet: Fleet, worker: Worker) -> datetime:
    """Let the orchestrator start the worker's program over SSH; return when it did."""
    at = worker.created_at + timedelta(seconds=fleet.random.uniform(28, 45))
    address = f"203.0.113.{fleet.random.randrange(2, 250)}"
    port = fleet.random.randrange(20000, 60000)
    password = fleet.secret(f"pw-{fleet.random.getrandbits(48):012x}")
    worker.note(
        ssh_details={"ip": address, "port": port, "password": password},
        startup_script_launched=True,
        startup_script_launched_at=at.isoformat(),
    )
    return fleet.orchestrator.say(
        at,
        f"🔐 SSH_EXEC [Pod {worker.pod_id}] connected to {address}:{port}",
        f"🚀 Launched startup script for {worker.id}: startup script launched in"
        f" background (PID: {fleet.random.randrange(300, 900)})",
        by="runpod_client.start_worker_process",
    )


STARTUP: Final = """\
📋 Startup logs for {id}:
=========================================
WORKER STARTUP SCRIPT EXECUTION BEGIN
=========================================
=== GIT PULL ===
Already up to date.
=== INSTALLING DEPENDENCIES ===
Requirement already satisfied: torch==2.6.0
=== STARTING WORKER ===
worker process {pid} is still running after 2 seconds
STARTUP SCRIPT COMPLETED SUCCESSFULLY"""


def boot(fleet: Fleet, worker: Worker) -> datetime:
    """Let it come up and be promoted; return when it first asks for work."""
    launch(fleet, worker)
    beat = worker.created_at + BOOT * fleet.random.uniform(0.85, 1.35)
    worker.first_beat = worker.last_heartbeat = beat
    up = beat + timedelta(seconds=fleet.random.uniform(0.4, 3))
    worker.say_at_once(
        up,
        f"HEADLESS: Worker {worker.id} started. Polling every 10s.",
        "QUEUE: HeadlessTaskQueue initialized",
        "QUEUE: Task queue started with 1 workers",
    )
    promoted = fleet.orchestrator.say(
        up + timedelta(seconds=21),
        f"Worker {worker.id} is now logging - retrieving startup logs",
        STARTUP.format(id=worker.id, pid=fleet.random.randrange(400, 900)),
        f"📊 Worker {worker.id} system status:\n{disks(fleet)}",
        f"🚀 Worker {worker.id} detected as active via logging",
        did="workers_promoted",
        by="worker_lifecycle.check_startup",
    )
    worker.active_at = promoted
    worker.status = "active"
    worker.note(
        orchestrator_status="active", promoted_to_active_at=promoted.isoformat()
    )
    return promoted + timedelta(seconds=fleet.random.uniform(0.5, 9))


def disks(fleet: Fleet) -> str:
    """Return what df says on a pod with room."""
    used = fleet.random.randrange(18, 61)
    return (
        "Filesystem      Size  Used Avail Use% Mounted on\n"
        f"overlay          50G   {used // 2}G   {50 - used // 2}G  {used}% /\n"
        "mfs#pool        500G  271G  229G  55% /workspace"
    )


def alive(fleet: Fleet, worker: Worker, until: datetime | None = None) -> None:
    """Let its guardian beat until *until*; None is until a few seconds ago."""
    first = worker.first_beat or worker.created_at
    end = until or fleet.ago(seconds=fleet.random.uniform(1, 19))
    worker.last_heartbeat = max(end, first)
    worker.note(
        vram_total_mb=24564,
        vram_used_mb=fleet.random.randrange(15200, 21900),
        vram_timestamp=worker.last_heartbeat.timestamp(),
    )


def scale_down(fleet: Fleet, worker: Worker, free: datetime) -> datetime:
    """End a worker for which there is no work: benign, though its row says error.

    Every other one is ended early, for over-capacity, which leaves no reason behind.
    """
    if fleet.random.random() < 0.4:
        gone = fleet.orchestrator.say(
            free + timedelta(seconds=fleet.random.uniform(35, 90)),
            "Terminating 1 workers (over-capacity: idle longer than 30s)",
            f"Terminated idle worker {worker.id}",
            did="workers_terminated",
        )
        _gone(fleet, worker, gone, closed=gone)
        return gone
    judged = fleet.orchestrator.next(free + IDLE_TIMEOUT)
    idle = int((judged - free).total_seconds())
    reason = f"Idle timeout ({idle}s) with no work available"
    return given_up(fleet, worker, judged, reason)


def given_up(fleet: Fleet, worker: Worker, at: datetime, reason: str) -> datetime:
    """Let the orchestrator mark the worker as error, and end it after the grace.

    Returns:
        When its pod was ended.
    """
    used = fleet.random.randrange(9000, 21000)
    gone = fleet.orchestrator.say(
        at,
        f"💓 HEALTH_CHECK [Worker {worker.id}] Recent heartbeat",
        (
            "ERROR",
            f"🔄 WORKER_LIFECYCLE [Worker {worker.id}] MARKING AS ERROR: {reason}",
        ),
        f"📋 DIAGNOSTICS [Worker {worker.id}] VRAM: {used}/24564 MB",
        f"🔄 WORKER_LIFECYCLE [Worker {worker.id}] RunPod instance terminated"
        " successfully",
        did="workers_failed",
        by="worker_lifecycle._mark_worker_error",
    )
    worker.note(
        error_reason=reason,
        error_time=gone.isoformat(),
        diagnostics={
            "worker_id": worker.id,
            "error_reason": reason,
            "collection_success": True,
            "vram_total_mb": 24564,
            "vram_used_mb": used,
            "running_tasks_count": 0,
            "git_commit": "50066ea",
        },
    )
    closed = gone + GRACE
    if closed < fleet.now:
        closed = fleet.orchestrator.say(
            closed,
            f"[ERROR_CLEANUP] Worker {worker.id} past grace period",
            f"🔄 WORKER_LIFECYCLE [Worker {worker.id}] Database status updated to"
            " 'terminated'",
            did="workers_terminated",
            by="worker_lifecycle._cleanup_error_workers",
        )
        _gone(fleet, worker, gone, closed=closed)
    else:
        _gone(fleet, worker, gone, closed=None)
    return gone


def _gone(
    fleet: Fleet, worker: Worker, at: datetime, *, closed: datetime | None
) -> None:
    """End the worker's pod at *at*; its row is closed later, or still in its grace."""
    worker.ended_at = at
    worker.status = "error" if closed is None else "terminated"
    worker.note(orchestrator_status=worker.status)
    if closed is not None and worker.metadata and "error_reason" in worker.metadata:
        worker.note(terminated_at=closed.isoformat())
    beat = worker.last_heartbeat
    if worker.first_beat is not None and (beat is None or beat < at):
        alive(fleet, worker, at - timedelta(seconds=fleet.random.uniform(1, 19)))
    if worker.pod_id is not None:
        fleet.pods.pop(worker.pod_id, None)
