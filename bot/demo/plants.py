"""What can go wrong with workers and tasks: each function lets one thing fail.

Each writes rows, lines and pods of one failure into a fleet, notes which findings the
product owes for it, and returns what it planted. They don't need each other.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bot.demo.day import keep_working, work_until
from bot.demo.fleet import ADA, EVE, FAY, Fleet, Person, Task, Worker
from bot.demo.labours import STORE, busy, claim, fail, generate, load, step, submit, work
from bot.demo.lives import alive, boot, given_up, hire, jwt, launch, rent, scale_down

OUT_OF_MEMORY: Final = (
    "CUDA out of memory. Tried to allocate 1.53 GiB. GPU 0 has a total capacity of"
    " 23.65 GiB of which 812.69 MiB is free. Including non-PyTorch memory, this process"
    " has 22.84 GiB memory in use."
)
UPLOAD: Final = (
    "Upload failed: [EDGE_FAIL:complete_task:5XX] 503 Service Unavailable after 3"
    " attempts"
)
HOSTILE: Final = (
    "TRAVEL: prompt of segment 0: <!channel> <@U0ALICE> ```fox``` *bold* & <b>",
    "TRAVEL: prompt of segment 1: \x1b[31mred alert\x1b[0m \u202etxt.exe\u202c | a | b |",
)


class Held(NamedTuple):
    """A worker and the task that it holds, or that ended with it."""

    worker: Worker
    task: Task


class Cascade(NamedTuple):
    """A family of tasks that fell because one of them failed by itself."""

    parent: Task
    root: Task
    fallen: tuple[Task, ...]


def plant_out_of_memory(
    fleet: Fleet, *, id: str = "", minutes: float = 47, whose: Person = FAY
) -> Held:
    """Let a task fail for memory; its error stands in output_location alone."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 41))
    rent(fleet, worker)
    free = work_until(
        fleet, worker, boot(fleet, worker), fleet.ago(minutes=minutes + 14)
    )
    start = max(free, fleet.ago(minutes=minutes + 6))
    params = {
        "model_name": "wan_2_2_i2v_lightning_baseline_3_3",
        "parsed_resolution_wh": "1280x720",
        "num_frames": 121,
        "prompt": "a fox <!channel> in `tall` grass \u202eat dawn\u202c",
    }
    asked = start - timedelta(seconds=22)
    task = submit(fleet, asked, "individual_travel_segment", id=id, params=params)
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    for message in HOSTILE:
        worker.say(begun, message, task=task.id)
    for number in range(1, 4):
        step(worker, task, begun + timedelta(seconds=38 * number), number)
    ended = begun + timedelta(seconds=131)
    free = fail(fleet, worker, task, begun, ended, OUT_OF_MEMORY)
    keep_working(fleet, worker, free + timedelta(seconds=14), whose=whose)
    fleet.owe("failed-task", task.id)
    return Held(worker, task)


def plant_failed_upload(fleet: Fleet, *, minutes: float = 22) -> Held:
    """Let a result be made and lost: the function that stores it answered 503."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 29))
    free = work_until(fleet, worker, boot(fleet, worker), fleet.ago(minutes=minutes + 14))
    start = max(free, fleet.ago(minutes=minutes + 6))
    task = submit(fleet, start - timedelta(seconds=9), "vace_22", whose=FAY)
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    ended = begun + timedelta(seconds=154)
    fleet.edge(
        ended,
        *("complete-task", ("INFO", "Processing task")),
        ("ERROR", "Storage upload failed: 503 Service Unavailable"),
        task=task.id,
        mode="signed_upload",
    )
    free = fail(fleet, worker, task, begun, ended + timedelta(seconds=12), UPLOAD)
    scale_down(fleet, worker, free)
    fleet.owe("failed-task", task.id)
    return Held(worker, task)


def plant_cascade(fleet: Fleet, *, minutes: float = 300) -> Cascade:
    """Let one of four segments fail for a missing LoRA, and its family fall with it."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 25))
    free = boot(fleet, worker)
    run = f"run-{fleet.random.getrandbits(40):010x}"
    address = f"{STORE}/loras/ink_wash_v2.safetensors?token={jwt(fleet)}"
    parent = submit(
        fleet,
        free - timedelta(seconds=15),
        "travel_orchestrator",
        whose=FAY,
        params={
            "run_id": run,
            "orchestrator_details": {"num_new_segments_to_generate": 4, "run_id": run},
        },
    )
    begun = claim(fleet, worker, parent, free)
    said = f"TRAVEL: Starting travel orchestrator task {parent.id}"
    worker.say(begun, said, task=parent.id)
    about = {
        "orchestrator_task_id_ref": parent.id,
        "orchestrator_run_id": run,
        "additional_loras": {address: 0.9},
    }
    segments = [
        submit(
            fleet,
            begun + timedelta(milliseconds=300 * index),
            "travel_segment",
            whose=FAY,
            params={**about, "segment_index": index},
        )
        for index in range(4)
    ]
    stitch = submit(
        fleet,
        begun + timedelta(seconds=2),
        "travel_stitch",
        whose=FAY,
        params=about,
        dependant_on=[each.id for each in segments],
    )
    free = work(fleet, worker, segments[0], begun + timedelta(seconds=5))
    root = segments[1]
    begun = claim(fleet, worker, root, free + timedelta(seconds=4))
    error = f"Generation failed: could not load LoRA weights from {address}: 404"
    closed = fail(fleet, worker, root, begun, begun + timedelta(seconds=19), error)
    fallen = (segments[2], segments[3], stitch)
    fleet.edge(
        closed + timedelta(milliseconds=40),
        "update-task-status",
        ("INFO", "Processing cascading failure"),
        ("INFO", "Cascading failure to related tasks"),
        ("INFO", "Cascade complete"),
        task=root.id,
        orchestrator_task_id=parent.id,
        related_task_ids=[each.id for each in fallen],
    )
    ended = closed + timedelta(milliseconds=120)
    for task in fallen:
        task.status, task.updated_at = "Failed", ended
        task.error_message = f"Cascaded failed from related task {root.id}"
        fleet.owe("failed-task", task.id)
    parent.status, parent.updated_at = "Failed", ended
    parent.error_message = "1 of 4 segments failed"
    fleet.owe("failed-task", parent.id)
    fleet.owe("failed-task", root.id)
    scale_down(fleet, worker, ended + timedelta(seconds=3))
    return Cascade(parent, root, fallen)


def plant_running_family(fleet: Fleet, *, whose: Person = ADA) -> Held:
    """Let a family be half done: one segment runs, the others wait. Nothing is wrong.

    Returns:
        The worker and the coordinator.
    """
    worker = hire(fleet, fleet.ago(minutes=52))
    rent(fleet, worker)
    free = boot(fleet, worker)
    parent = submit(
        fleet,
        free - timedelta(seconds=9),
        "travel_orchestrator",
        whose=whose,
        params={"orchestrator_details": {"num_new_segments_to_generate": 4}},
    )
    begun = claim(fleet, worker, parent, free)
    said = f"TRAVEL: Starting travel orchestrator task {parent.id}"
    worker.say(begun, said, task=parent.id)
    about = {"orchestrator_task_id_ref": parent.id}
    first = submit(
        fleet,
        begun,
        "travel_segment",
        whose=whose,
        params={**about, "segment_index": 0},
    )
    free = work(fleet, worker, first, begun + timedelta(seconds=4))
    second = keep_working(
        fleet,
        worker,
        free + timedelta(seconds=5),
        whose=whose,
        kind="travel_segment",
        params={**about, "segment_index": 1},
    )
    second.created_at = begun + timedelta(seconds=0.4)
    before, segments = second, [first, second]
    for index in (2, 3):
        before = submit(
            fleet,
            begun + timedelta(seconds=0.4 * index),
            "travel_segment",
            whose=whose,
            params={**about, "segment_index": index},
            dependant_on=[before.id],
        )
        segments.append(before)
    submit(
        fleet,
        begun + timedelta(seconds=2),
        "travel_stitch",
        whose=whose,
        params=about,
        dependant_on=[each.id for each in segments],
    )
    return Held(worker, parent)


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
    for cycles in range(3):
        fleet.orchestrator.say(
            fleet.ago(seconds=95 - 30 * cycles),
            (
                "WARNING",
                f"[WORKER_HEALTH] Worker {held.worker.id}: stale heartbeat with 1 active"
                " tasks",
            ),
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
    fleet.orchestrator.say(
        launched + timedelta(seconds=5),
        (
            "WARNING",
            f"🔐 SSH_AUTH [Pod {worker.pod_id}] Private key starts with: -----BEGIN"
            f" OPENSSH PRIVATE KEY----- {key}",
        ),
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
    fleet.orchestrator.say(
        fleet.ago(minutes=minutes),
        (
            "ERROR",
            f"Error terminating pod {worker.pod_id}: 502 Bad Gateway"
            f" (RUNPOD_API_KEY={key})",
        ),
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


def plant_second_try(fleet: Fleet, *, minutes: float = 200) -> Held:
    """Let a task succeed at its second claim; the old reset still stands in its row.

    Returns:
        The worker that was given up, and the task that is well.
    """
    worker = hire(fleet, fleet.ago(minutes=minutes + 30))
    free = boot(fleet, worker)
    task = submit(fleet, free - timedelta(seconds=8), "t2v_22", whose=FAY)
    generate(fleet, worker, task, claim(fleet, worker, task, free))
    alive(fleet, worker, free + timedelta(seconds=150))
    silence = timedelta(seconds=612)
    lost = fleet.orchestrator.next(free + timedelta(seconds=150) + silence)
    reason = f"Stale heartbeat with active tasks ({silence.seconds}s old)"
    gone = given_up(fleet, worker, lost, reason)
    worker.last_heartbeat = free + timedelta(seconds=150)
    again = fleet.orchestrator.say(
        *(gone, f"Reset 1 orphaned tasks from workers ['{worker.id}']"),
        did="tasks_reset",
    )
    other = hire(fleet, again)
    ready = boot(fleet, other)
    free = work(fleet, other, task, ready)
    scale_down(fleet, other, free)
    task.error_message = "Reset - orphaned from failed worker"
    fleet.owe("failed-worker", worker.id)
    return Held(worker, task)
