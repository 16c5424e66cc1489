"""Workers and pods that are out of the ordinary: most of them well, some a waste."""

from datetime import timedelta
from typing import NamedTuple

from bot.demo.day import keep_working, living_worker, work_until
from bot.demo.fleet import Fleet
from bot.demo.labours import busy
from bot.demo.lives import COST, alive, boot, given_up, hire, jwt, rent
from bot.demo.pods import Pod
from bot.demo.rows import ADA, FAY, Worker


class Newborn(NamedTuple):
    """A row that does not know its pod yet, and that pod."""

    worker: Worker
    pod: Pod


def plant_newborn(fleet: Fleet, *, seconds: float = 50) -> Newborn:
    """Let a pod have been rented a moment ago; its row is inactive and names no pod."""
    at = fleet.ago(seconds=seconds)
    worker = Worker(
        id=f"gpu-{at:%Y%m%d_%H%M%S}-{fleet.random.getrandbits(32):08x}",
        created_at=at,
        pod_id=fleet.pod_id(),
        metadata={
            "orchestrator_status": "spawning",
            "ram_tier": 72,
            "storage_volume": "Peter",
        },
    )
    fleet.workers[worker.id] = worker
    fleet.orchestrator.say(
        at - timedelta(seconds=30),
        ("CRITICAL", "🚀 SCALING UP: Spawning 1 workers"),
        f"🚀 Creating worker: {worker.id} (Storage: Peter, RAM: 72GB)",
    )
    return Newborn(worker, rent(fleet, worker))


def plant_veteran(fleet: Fleet, *, hours: float = 30) -> Worker:
    """Let a worker be older than the usual window, and well."""
    worker = hire(fleet, fleet.ago(hours=hours))
    rent(fleet, worker)
    free = boot(fleet, worker)
    work_until(fleet, worker, free, free + timedelta(minutes=9))
    later = fleet.ago(hours=3)
    keep_working(fleet, worker, later, whose=ADA)
    return worker


def plant_manual(fleet: Fleet) -> Worker:
    """Let somebody have started a worker by hand; it is well and has its row."""
    worker, _ = living_worker(
        fleet, fleet.ago(minutes=88), whose=FAY, prefix="manual-gpu-"
    )
    return worker


def plant_bare(fleet: Fleet) -> Worker:
    """Let a worker outside RunPod be known by its heartbeats alone: NULL metadata."""
    worker = Worker(
        id="studio-desk-4090",
        created_at=fleet.ago(hours=2),
        instance_type="external",
        status="active",
        first_beat=fleet.ago(hours=2),
    )
    fleet.workers[worker.id] = worker
    up = fleet.ago(minutes=119)
    worker.say_at_once(up, f"HEADLESS: Worker {worker.id} started. Polling every 10s.")
    free = work_until(fleet, worker, up, fleet.ago(minutes=90))
    work_until(fleet, worker, free + timedelta(minutes=40), fleet.ago(minutes=11))
    busy(fleet, worker, "wan_2_2_t2i", whose=FAY, since=timedelta(seconds=95))
    worker.last_heartbeat = fleet.ago(seconds=fleet.random.uniform(1, 19))
    worker.metadata = None
    return worker


def plant_orphaned_pod(fleet: Fleet, *, minutes: float = 205, row: bool = True) -> Pod:
    """Let a pod run on that no living worker claims.

    With a *row*, that one is terminated: ending the pod failed and was called a
    success. Without, the row could not be written when the pod was rented.
    """
    if row:
        worker = hire(fleet, fleet.ago(minutes=minutes + 30))
        boot(fleet, worker)
        at = fleet.ago(minutes=minutes)
        alive(fleet, worker, at)
        given_up(fleet, worker, at, "Idle timeout (604s) with no work available")
        pod = rent(fleet, worker)
    else:
        at = fleet.orchestrator.next(fleet.ago(minutes=minutes))
        name = f"gpu-{at:%Y%m%d_%H%M%S}-{fleet.random.getrandbits(32):08x}"
        pod = Pod(
            id=fleet.pod_id(),
            name=name,
            created_at=at,
            cost_per_hour_usd=0.74,
            gpu_percent=0,
            environment={"SUPABASE_SERVICE_ROLE_KEY": jwt(fleet)},
        )
        fleet.pods[pod.id] = pod
        failed = f"CRITICAL: Failed to update worker {name}"
        fleet.orchestrator.say(
            at,
            ("ERROR", f"{failed} after RunPod pod {pod.id} was created"),
            ("ERROR", f"MANUAL INTERVENTION REQUIRED: Orphaned pod {pod.id}"),
            by="control_loop._spawn_worker",
        )
    fleet.owe("orphaned-pod", pod.id)
    return pod


def plant_foreign_pod(fleet: Fleet, *, name: str = "miras-notebook") -> Pod:
    """Let somebody have a pod of their own in the same account."""
    pod = Pod(
        id=fleet.pod_id(),
        name=name,
        created_at=fleet.ago(hours=51),
        cost_per_hour_usd=COST / 2,
        gpu="NVIDIA RTX A4000",
        image="example/notebook:3",
    )
    fleet.pods[pod.id] = pod
    return pod
