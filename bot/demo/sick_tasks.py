"""What can go wrong with tasks: each function lets one thing fail.

Each writes rows and lines of one failure into a fleet, notes which findings the product
owes for it, and returns what it planted. They don't need each other.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from bot.demo.day import keep_working, work_until
from bot.demo.fleet import Fleet
from bot.demo.labours import STORE, claim, fail, generate, step, submit, work
from bot.demo.lives import alive, boot, given_up, hire, jwt, rent, scale_down
from bot.demo.rows import ADA, FAY, Held, Person, Task

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
    "TRAVEL: prompt of segment 1: \x1b[31mred alert\x1b[0m \u202etxt.exe\u202c | a |",
)


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
    free = fail(fleet, worker, task, begun, ended, error=OUT_OF_MEMORY)
    keep_working(fleet, worker, free + timedelta(seconds=14), whose=whose)
    fleet.owe("out-of-memory", task.id)
    return Held(worker, task)


def plant_failed_upload(fleet: Fleet, *, minutes: float = 22) -> Held:
    """Let a result be made and lost: the function that stores it answered 503."""
    worker = hire(fleet, fleet.ago(minutes=minutes + 29))
    free = work_until(
        fleet, worker, boot(fleet, worker), fleet.ago(minutes=minutes + 14)
    )
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
    free = fail(fleet, worker, task, begun, ended + timedelta(seconds=12), error=UPLOAD)
    scale_down(fleet, worker, free)
    fleet.owe("upload-failure", task.id)
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
    closed = fail(
        fleet, worker, root, begun, begun + timedelta(seconds=19), error=error
    )
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
    fleet.owe("missing-lora", root.id)
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
