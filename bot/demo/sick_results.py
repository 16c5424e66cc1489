"""What can go wrong with results and families of tasks, and what only looks so.

Of `plant_*` the product owes findings, which each notes; `spare_*` are near misses.
"""

from datetime import timedelta
from typing import Final

from bot.demo.day import seasoned
from bot.demo.fleet import Fleet
from bot.demo.labours import STORE, busy, claim, complete, fail, generate, submit, work
from bot.demo.lives import alive
from bot.demo.rows import Held, Task
from bot.demo.sick_tasks import (
    plant_cascade,
    plant_failed_upload,
    plant_out_of_memory,
    plant_running_family,
)

MODEL: Final = "wan_2_2_t2v_14B"
UPLOADS: Final = (
    "Completion failed: [EDGE_FAIL:complete_task:TIMEOUT] no answer within 60 s",
    "Upload failed: [EDGE_FAIL:generate-upload-url:NETWORK] connection reset by peer",
    "Upload failed: [EDGE_FAIL:complete_task:HTTP_413] payload too large",
)
MEMORY: Final = (
    "CUDA error: out of memory",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.20 GiB",
)
LORAS: Final = (
    "Generation failed: Failed to load LoRA:",
    "Generation failed: ink_wash_v2.safetensors: 404 Client Error: Not Found",
)
# Words that hold "oom" and nothing that the page names.
PLAIN: Final = "Generation failed: no frame to zoom into the room was found"


def plant_failure(
    fleet: Fleet, error: str = PLAIN, *, rule: str = "failed-task", said: str = ""
) -> Held:
    """Let a task fail with the text, which *rule* knows.

    *said* is what the worker's line says, where it is not the row's text.
    """
    worker = seasoned(fleet, free=8)
    worker.loaded = MODEL
    start = fleet.ago(minutes=7)
    task = submit(fleet, start, "t2v_22", whose=fleet.person())
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    ended = begun + timedelta(seconds=52)
    fail(fleet, worker, task, begun, ended, error=said or error)
    task.output_location = error
    _go_on(fleet, Held(worker, task))
    fleet.owe(rule, task.id)
    return Held(worker, task)


def plant_memory(fleet: Fleet, *, variant: int = 0) -> Held:
    """Let a task fail for memory: its row says so, or the worker's line alone."""
    if variant == 0:
        return plant_out_of_memory(fleet, whose=fleet.person())
    text = MEMORY[variant % len(MEMORY)]
    if variant == 1:
        return plant_failure(fleet, text, rule="out-of-memory")
    row = "Generation failed: No output generated"
    return plant_failure(fleet, row, rule="out-of-memory", said=text)


def plant_upload(fleet: Fleet, *, variant: int = 0) -> Held:
    """Let a result be made and not be stored."""
    if variant == 0:
        return plant_failed_upload(fleet)
    return plant_failure(fleet, UPLOADS[variant - 1], rule="upload-failure")


def plant_lora(fleet: Fleet, *, variant: int = 0) -> Task:
    """Let a LoRA be missing; the first time a whole family falls with it."""
    if variant == 0:
        return plant_cascade(fleet, minutes=130).root
    return plant_failure(fleet, LORAS[variant - 1], rule="missing-lora").task


def spare_second_thoughts(fleet: Fleet) -> Held:
    """Let a task succeed though its lines name memory, a LoRA and an upload."""
    worker = seasoned(fleet, free=8)
    worker.loaded = MODEL
    start = fleet.ago(minutes=7)
    lora = f"{STORE}/loras/ink_wash_v2.safetensors"
    params = {"additional_loras": {lora: 0.8}}
    task = submit(fleet, start, "t2v_22", whose=fleet.person(), params=params)
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    for said in (
        f"MODEL: LoRA loaded from {lora}",
        "GENERATION: CUDA out of memory at full size, tiling the decoder instead",
        "HEADLESS: Upload failed: [EDGE_FAIL:complete_task:5XX] attempt 1/3, retrying",
    ):
        worker.say(begun + timedelta(seconds=9), said, level="WARNING", task=task.id)
    complete(fleet, worker, task, begun, begun + timedelta(seconds=70))
    _go_on(fleet, Held(worker, task))
    fleet.spare(worker.id, task.id)
    return Held(worker, task)


def plant_no_generation(fleet: Fleet) -> Held:
    """Let an old worker close its task at the wrong door: no generation is made."""
    held = _closed_by_itself(fleet, "t2v_22")
    fleet.owe("missing-generation", held.task.id)
    return held


def spare_no_generation(fleet: Fleet, *, child: bool = False) -> Held:
    """Let a task make none because its kind makes none, or its parent does."""
    kind = "travel_segment" if child else "rife_interpolate_images"
    held = _closed_by_itself(fleet, kind)
    if child:
        parent = _coordinator(fleet, 1, worker=held)
        held.task.params["orchestrator_task_id_ref"] = parent.id
        parent.status, parent.processed_at = "Complete", fleet.ago(minutes=5)
        parent.generation_created = True
        fleet.spare(parent.id)
    fleet.spare(held.worker.id, held.task.id)
    return held


def _closed_by_itself(fleet: Fleet, kind: str) -> Held:
    worker = seasoned(fleet, free=10)
    worker.loaded = MODEL
    start = fleet.ago(minutes=9)
    params = {"model_name": MODEL}
    task = submit(fleet, start, kind, whose=fleet.person(), params=params)
    work(fleet, worker, task, start, seconds=(60, 90))
    fleet.logs[:] = [
        row
        for row in fleet.logs
        if row.task_id != task.id or row.source_id != "complete-task"
    ]
    fleet.edge(
        task.processed_at or start,
        *("update-task-status", ("INFO", "Processing status update")),
        ("INFO", "Task status updated successfully"),
        task=task.id,
        old_status="In Progress",
        new_status="Complete",
    )
    task.generation_created = False
    _go_on(fleet, Held(worker, task))
    return Held(worker, task)


def plant_unclosed(fleet: Fleet) -> Held:
    """Let a result race with a reset: it is made, and the task is done again."""
    first = seasoned(fleet, free=16)
    first.loaded = MODEL
    start = fleet.ago(minutes=15)
    task = submit(fleet, start, "t2v_22", whose=fleet.person())
    closed = work(fleet, first, task, start, seconds=(60, 61))
    task.status, task.processed_at = "Queued", None
    _go_on(fleet, Held(first, task))
    fleet.orchestrator.say(
        closed - timedelta(seconds=40),
        ("WARNING", "Reset 1 stale assigned tasks"),
        did="tasks_reset",
    )
    second = seasoned(fleet, free=5)
    second.loaded = MODEL
    generate(fleet, second, task, claim(fleet, second, task, fleet.ago(seconds=140)))
    alive(fleet, second)
    task.error_message = "Reset - no activity for 30 minutes (stale task)"
    task.output_location = None
    fleet.owe("unclosed-task", task.id)
    fleet.owe("reset-loop", task.id)  # by F13's letter: claimed twice, and running
    return Held(second, task)


def plant_stuck_parent(fleet: Fleet, *, found: int = 4) -> Task:
    """Let a family be done and its parent not know; of four some may be missing."""
    worker = seasoned(fleet, free=22)
    worker.loaded = "wan_2_2_vace_lightning_baseline_2_2_2"
    parent = _coordinator(
        fleet,
        4,
        worker=Held(
            worker, Task(id="", task_type="", created_at=fleet.now, project_id="")
        ),
    )
    free = fleet.ago(minutes=20)
    for index in range(found):
        child = submit(
            fleet,
            fleet.ago(minutes=21),
            "travel_segment",
            params={"orchestrator_task_id_ref": parent.id, "segment_index": index},
        )
        child.project_id = parent.project_id
        free = work(fleet, worker, child, free, seconds=(60, 90))
    _go_on(fleet, Held(worker, parent))
    fleet.owe("parent-stuck", parent.id)
    return parent


def spare_family(fleet: Fleet) -> Held:
    """Let a coordinator be in progress for an hour while its children run."""
    held = plant_running_family(fleet, whose=fleet.person())
    begun = fleet.ago(minutes=61)
    held.task.created_at = begun - timedelta(seconds=5)
    held.task.started_at = held.task.updated_at = begun
    fleet.spare(held.worker.id, held.task.id)
    return held


def _coordinator(fleet: Fleet, expected: int, *, worker: Held) -> Task:
    """Return a coordinator that expects so many segments and waits for them."""
    start = fleet.ago(minutes=21, seconds=30)
    details = {"num_new_segments_to_generate": expected}
    parent = submit(
        fleet,
        start,
        "travel_orchestrator",
        whose=fleet.person(),
        params={"orchestrator_details": details},
    )
    worker.worker.loaded = str(parent.params.get("model_name", worker.worker.loaded))
    claim(fleet, worker.worker, parent, start, loads=False)
    return parent


def _go_on(fleet: Fleet, held: Held) -> None:
    """Let the worker have taken another task since, and be well."""
    since = timedelta(seconds=fleet.random.uniform(70, 130))
    busy(fleet, held.worker, "t2v_22", whose=fleet.person(), since=since)
    alive(fleet, held.worker)
