"""What can go wrong with the orchestrator and the fleet as a whole.

Of `plant_*` the product owes findings, which each notes; `spare_*` are near misses.
What the orchestrator does not write any more is an option of `Fleet`: `silent`.
"""

from datetime import timedelta
from typing import Final

from bot.demo.fleet import Fleet
from bot.demo.labours import submit
from bot.demo.lives import boot, given_up, hire, scale_down
from bot.demo.odd_pods import plant_newborn
from bot.demo.rows import Task, Worker

ORCHESTRATOR: Final = "orchestrator"
FLEET: Final = "fleet"
NO_CAPACITY: Final = (
    "There are no longer any instances available with the requested specifications."
)
REFUSED: Final = "Failed to spawn Runpod instance"
ERROR: Final = "'NoneType' object has no attribute 'get'"


def plant_silence(fleet: Fleet, *, lives: bool = False) -> None:
    """Let the orchestrator have fallen silent while a task waits.

    Made with `silent`. If it *lives* its log alone is broken: it goes on renting.
    """
    submit(fleet, fleet.ago(minutes=4), "t2v_22", whose=fleet.person())
    if lives:
        newborn = plant_newborn(fleet, seconds=75)
        fleet.spare(newborn.worker.id, newborn.pod.id)
    fleet.owe("orchestrator-silent", ORCHESTRATOR)


def plant_api_silence(fleet: Fleet) -> Task:
    """Let the API orchestrator be gone, and a task wait that only it can do."""
    since = fleet.ago(minutes=29)
    fleet.logs[:] = [
        row
        for row in fleet.logs
        if row.source_type != "orchestrator_api" or row.timestamp < since
    ]
    at = fleet.ago(minutes=27)
    task = submit(fleet, at, "qwen_image_edit", whose=fleet.person())
    fleet.owe("waiting-task", task.id)
    return task


def plant_failing_cycles(fleet: Fleet, *, minutes: float = 6) -> None:
    """Let each cycle end with an error instead of its sum."""
    fleet.orchestrator.break_off(since=fleet.ago(minutes=minutes), error=ERROR)
    fleet.owe("orchestrator-failing", ORCHESTRATOR)


def plant_endless_cycles(fleet: Fleet) -> None:
    """Let cycles begin and never end."""
    fleet.orchestrator.break_off(since=fleet.ago(minutes=20))
    fleet.owe("orchestrator-failing", ORCHESTRATOR)


def plant_restarts(fleet: Fleet) -> None:
    """Let the service be started anew twice within an hour."""
    for minutes in (41, 13):
        fleet.orchestrator.count_anew(fleet.ago(minutes=minutes))
    fleet.owe("orchestrator-failing", ORCHESTRATOR)


def spare_stumbles(fleet: Fleet) -> None:
    """Let two cycles fail, and one deployment count them anew: that is no pattern."""
    fleet.orchestrator.break_off(since=fleet.ago(minutes=9), error=ERROR, most=2)
    fleet.orchestrator.count_anew(fleet.ago(minutes=31))


def plant_no_counts(fleet: Fleet) -> None:
    """Let the function that counts tasks be broken; it is counted simply instead."""
    for minutes in (4, 3, 2):
        fleet.orchestrator.say(
            fleet.ago(minutes=minutes),
            ("ERROR", "Task counts endpoint returned status 500"),
            (
                "WARNING",
                "Failed to get detailed task counts, falling back to simple counting",
            ),
            by="database.get_detailed_task_counts",
        )
    fleet.owe("counts-endpoint", ORCHESTRATOR)


def plant_no_capacity(fleet: Fleet, *, minutes: float = 8) -> Worker:
    """Let RunPod have no machine to rent; the row made for it never has a pod."""
    at = fleet.orchestrator.next(fleet.ago(minutes=minutes))
    worker = _refused(fleet, minutes)
    fleet.orchestrator.say(
        at,
        ("CRITICAL", "🚀 SCALING UP: Spawning 1 workers"),
        f"🚀 Creating worker: {worker.id} (Storage: Peter, RAM: 72GB)",
        ("ERROR", f"Error creating pod: {NO_CAPACITY}"),
        ("WARNING", "72GB RAM not available in any storage"),
        ("ERROR", f"❌ Failed to create pod for worker {worker.id}"),
        ("ERROR", "❌ Failed to spawn worker 1/1"),
        by="runpod_client.spawn_worker",
    )
    fleet.owe("no-capacity", FLEET)
    fleet.owe("failed-worker", worker.id)
    return worker


def spare_hiccup(fleet: Fleet) -> None:
    """Let one pod not be made for another reason than that none is to be had."""
    fleet.orchestrator.say(
        fleet.ago(minutes=8),
        ("ERROR", "Error creating pod: 502 Bad Gateway"),
        ("ERROR", "❌ Failed to spawn worker 1/1"),
        by="runpod_client.spawn_worker",
    )


def _refused(fleet: Fleet, minutes: float) -> Worker:
    at = fleet.orchestrator.next(fleet.ago(minutes=minutes)) + timedelta(seconds=1)
    worker = Worker(
        id=f"gpu-{at:%Y%m%d_%H%M%S}-{fleet.random.getrandbits(32):08x}",
        created_at=at,
        ended_at=at,
        status="error",
        metadata={
            "orchestrator_status": "error",
            "ram_tier": 72,
            "storage_volume": "Peter",
            "error_reason": REFUSED,
            "error_time": (at + timedelta(seconds=3)).isoformat(),
        },
    )
    fleet.workers[worker.id] = worker
    return worker


def plant_spawn_loop(fleet: Fleet, *, count: int = 4, minutes: float = 11) -> None:
    """Let workers be made again and again, and each be given up at once."""
    for number in range(count):
        worker = hire(fleet, fleet.ago(minutes=minutes - 1.5 * number))
        given_up(fleet, worker, worker.created_at + timedelta(seconds=70), "Pod failed")
        fleet.owe("failed-worker", worker.id)
    fleet.orchestrator.say(
        fleet.ago(minutes=minutes - 5),
        ("WARNING", "🚨 ANOMALY DETECTED: Rapid scale-up: 4 workers in one cycle"),
    )
    fleet.owe("spawn-loop", FLEET)


def spare_two(fleet: Fleet) -> None:
    """Let two workers be made in ten minutes, and fail: one short of a loop."""
    for minutes in (9.0, 5.5):
        worker = hire(fleet, fleet.ago(minutes=minutes))
        given_up(fleet, worker, worker.created_at + timedelta(seconds=70), "Pod failed")
        fleet.owe("failed-worker", worker.id)


def spare_ebb(fleet: Fleet, *, minutes: float = 60) -> tuple[Worker, ...]:
    """Let four workers be made in ten minutes, and be ended for want of work."""
    gone = []
    for number in range(4):
        worker = hire(fleet, fleet.ago(minutes=minutes + 2 * number))
        scale_down(fleet, worker, boot(fleet, worker))
        gone.append(worker)
    fleet.spare(*(each.id for each in gone))
    return tuple(gone)


def plant_weak_tier(fleet: Fleet, *, count: int = 8) -> None:
    """Let half of the workers with little memory be given up.

    Fewer than five prove nothing.
    """
    for number in range(count):
        start = fleet.ago(minutes=40 + 16 * number)
        worker = hire(fleet, start, tier=(32, "EU-NO-1"))
        free = boot(fleet, worker)
        if number % 2:
            reason = "Failed basic health check"
            given_up(fleet, worker, free + timedelta(minutes=3), reason)
            fleet.owe("failed-worker", worker.id)
        else:
            scale_down(fleet, worker, free)
            fleet.spare(worker.id)
    if count >= 5:
        fleet.owe("tier-failures", "32")


def plant_abandoned_queue(fleet: Fleet) -> None:
    """Let tasks wait where no worker lives; they are all that this fleet has."""
    for minutes in (9, 6, 2):
        task = submit(fleet, fleet.ago(minutes=minutes), "t2v_22", whose=fleet.person())
        fleet.owe("waiting-task", task.id)
    fleet.owe("queue-without-workers", "queue")
