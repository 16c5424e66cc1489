"""How tasks live when nothing is wrong: queued, claimed, generated, completed.

Every step writes what the real worker, edge functions and API orchestrator write for
it (systems/reigh.md, 3). `bot.demo.sick_tasks` breaks them off.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bot.demo.fleet import Fleet
from bot.demo.rows import ADA, Person, Task, Worker

MODELS: Final[Mapping[str, str]] = {
    "individual_travel_segment": "wan_2_2_vace_lightning_baseline_2_2_2",
    "travel_segment": "wan_2_2_vace_lightning_baseline_2_2_2",
    "travel_stitch": "wan_2_2_vace_lightning_baseline_2_2_2",
    "join_clips_segment": "wan_2_2_vace_lightning_baseline_2_2_2",
    "vace_22": "wan_2_2_vace_lightning_baseline_2_2_2",
    "i2v_22": "wan_2_2_i2v_lightning_baseline_3_3",
    "t2v_22": "wan_2_2_t2v_14B",
    "wan_2_2_t2i": "wan_2_2_t2v_14B",
}
SINGLE: Final = (
    *("individual_travel_segment", "vace_22", "i2v_22", "t2v_22", "wan_2_2_t2i"),
    "join_clips_segment",
)
API: Final = ("qwen_image_edit", "qwen_image_style", "image-upscale", "z_image_turbo")
API_WORKER: Final = "api-worker-main"
STORE: Final = "https://store.example.test/object/public/outputs"
PROMPTS: Final = (
    "a lighthouse in fog, slow dolly in",
    "ink wash mountains turning into waves",
    "a paper boat crossing a puddle, macro",
    "two dancers, long exposure, red light",
    "a fox in tall grass at dawn",
)


def submit(
    fleet: Fleet,
    at: datetime,
    kind: str,
    *,
    whose: Person = ADA,
    id: str = "",
    **more: Any,
) -> Task:
    """Put a task into the queue; *more* are fields of Task, *id* may be a beginning."""
    params: dict[str, Any] = {
        "prompt": fleet.random.choice(PROMPTS),
        "seed": fleet.random.randrange(2**31),
        "parsed_resolution_wh": "902x508",
        "num_frames": fleet.random.choice((33, 49, 61, 81)),
        **more.pop("params", {}),
    }
    if kind in MODELS:
        params.setdefault("model_name", MODELS[kind])
    task = Task(
        id=fleet.id(id),
        task_type=kind,
        created_at=at,
        project_id=whose.project_id,
        params=params,
        **more,
    )
    fleet.tasks[task.id] = task
    return task


def claim(
    fleet: Fleet, worker: Worker, task: Task, at: datetime, *, loads: bool = True
) -> datetime:
    """Let the worker take the task and load what it needs; return when it generates.

    *loads* False leaves the load to the caller.
    """
    task.status, task.worker_id = "In Progress", worker.id
    task.started_at = task.updated_at = at
    about = {"worker_id": worker.id, "task_type": task.task_type, "run_type": "gpu"}
    fleet.edge(
        at,
        "claim-next-task",
        ("INFO", "Authenticated via service-role key"),
        ("INFO", "Claiming task (service-role, GPU path)"),
        **about,
    )
    fleet.edge(
        at + timedelta(milliseconds=31),
        *("claim-next-task", ("INFO", "Task claimed successfully")),
        task=task.id,
        **about,
    )
    at += timedelta(seconds=fleet.random.uniform(0.2, 1.1))
    id = task.id
    worker.say(at, f"HEADLESS: Processing {task.task_type} task {id}", task=id)
    at += timedelta(milliseconds=40)
    worker.say(at, f"QUEUE: Task submitted: {id}", task=id)
    worker.say(at, f"QUEUE: {worker.id} processing task {id}", task=id)
    at += timedelta(seconds=0.3)
    return load(fleet, worker, task, at) if loads else at


def load(
    fleet: Fleet, worker: Worker, task: Task, at: datetime, *, ends: bool = True
) -> datetime:
    """Let it switch to the task's model if it holds another one.

    *ends* says whether the load comes to its end. The row's start is then set anew,
    for billing (systems/reigh.md, 1.2).
    """
    id, wanted = task.id, str(task.params.get("model_name", "wan_2_2_t2v_14B"))
    if worker.loaded == wanted:
        return at
    if worker.loaded is None:
        worker.say(at, "QUEUE: [LAZY_INIT] Initializing WanOrchestrator", task=id)
        at += timedelta(seconds=fleet.random.uniform(6, 12))
        said = "QUEUE: [CUDA_DEBUG] torch.cuda.is_available(): True"
        worker.say(at, said, level="DEBUG", task=id)
        worker.say(
            at, "QUEUE: [LAZY_INIT] WanOrchestrator initialized successfully", task=id
        )
    state = f"(current: {worker.loaded})" if worker.loaded else "(no model loaded)"
    worker.say(
        at,
        f"MODEL: 🔄 MODEL SWITCH: {worker.id} switching from {state} to {wanted}",
        task=id,
    )
    worker.say(
        at + timedelta(seconds=0.4),
        "MODEL: Edge function returned 400 while updating the worker's model",
        level="WARNING",
        task=id,
    )
    fleet.edge(
        at + timedelta(seconds=0.3),
        "update-worker-model",
        ("WARNING", "Missing required field: current_model"),
        worker_id=worker.id,
    )
    if not ends:
        return at
    took = fleet.random.uniform(34, 110)
    at += timedelta(seconds=took)
    before = worker.loaded or "None"
    worker.say(at, f"MODEL: Loaded model: {wanted}", task=id)
    worker.say(at, f"QUEUE: Model switch completed in {took:.1f}s", task=id)
    worker.say(at, f"QUEUE: {worker.id} switched model: {before} → {wanted}", task=id)
    worker.loaded = wanted
    task.started_at = task.updated_at = at
    fleet.edge(
        at,
        "update-task-status",
        ("INFO", "Processing status update"),
        ("INFO", "Task status updated successfully"),
        task=id,
        old_status="In Progress",
        new_status="In Progress",
    )
    return at


def generate(fleet: Fleet, worker: Worker, task: Task, at: datetime) -> datetime:
    """Let it begin the generation itself; return when the first step is done."""
    id = task.id
    worker.say(at, f"QUEUE: {worker.id} executing generation for task {id}", task=id)
    if task.params.get("enhance_prompt"):
        system = fleet.random.uniform(41, 68)
        memory = f"Process={fleet.random.randrange(9000, 15000)}MB"
        worker.say(
            at,
            f"TRAVEL: [RAM] Before VLM loading: {memory}, System={system:.1f}% used",
            task=id,
        )
        at += timedelta(seconds=fleet.random.uniform(45, 140))
        worker.say(
            at,
            f"TRAVEL: [RAM] After VLM cleanup: {memory}, System={system:.1f}% used",
            task=id,
        )
    return at


def step(worker: Worker, task: Task, at: datetime, number: int) -> None:
    """Write the line of one step of a generation; --debug is always on."""
    said = f"GENERATION: denoising step {number}/6 of {task.id[:8]}"
    worker.say(at, said, level="DEBUG", task=task.id)


def work(
    fleet: Fleet,
    worker: Worker,
    task: Task,
    at: datetime,
    *,
    seconds: tuple[float, float] = (70, 320),
) -> datetime:
    """Let the worker take the task at *at* and complete it; return when it is free."""
    begun = claim(fleet, worker, task, at)
    begun = generate(fleet, worker, task, begun)
    took = fleet.random.uniform(*seconds)
    for number in range(1, 7):
        step(worker, task, begun + timedelta(seconds=took * number / 7), number)
    return complete(fleet, worker, task, begun, begun + timedelta(seconds=took))


def complete(
    fleet: Fleet, worker: Worker, task: Task, begun: datetime, at: datetime
) -> datetime:
    """Let a generation end well at *at*; return when the worker is free."""
    id, took = task.id, (at - begun).total_seconds()
    name = f"{id}_{task.params['seed']}.mp4"
    worker.say(at, f"QUEUE: Task {id} completed in {took:.1f}s", task=id)
    worker.say(at, f"HEADLESS: Moving WGP output {name}", task=id)
    at += timedelta(seconds=fleet.random.uniform(0.1, 0.4))
    worker.say(at, f"HEADLESS: Moved WGP output to /workspace/outputs/{name}", task=id)
    closed = at + timedelta(seconds=fleet.random.uniform(1.5, 6))
    about: dict[str, Any] = {
        "mode": "signed_upload",
        "filename": name,
        "has_thumbnail": True,
    }
    fleet.edge(
        closed - timedelta(seconds=1),
        *("complete-task", ("INFO", "Processing task")),
        task=id,
        **about,
    )
    task.output_location = f"{STORE}/{id[:8]}/{name}"
    fleet.edge(
        closed,
        *("complete-task", ("INFO", "Task completed successfully")),
        task=id,
        output_location=task.output_location,
        **about,
    )
    fleet.edge(
        closed + timedelta(milliseconds=90),
        *("calculate-task-cost", ("INFO", f"Cost calculated for {took:.0f}s")),
        task=id,
    )
    task.status, task.generation_created = "Complete", True
    task.processed_at = task.updated_at = closed
    used = fleet.random.uniform(1.1, 2.4)
    worker.say(
        closed + timedelta(seconds=0.2),
        f"HEADLESS: [MEMORY_CLEANUP] Task {id[:8]} VRAM allocated: {used:.2f}GB",
        task=id,
    )
    worker.say(
        closed + timedelta(seconds=0.2),
        f"HEADLESS: Finished task {id} (Success: True)",
        task=id,
    )
    return closed + timedelta(seconds=0.5)


def fail(  # noqa: PLR0913 - who, what, when, why
    fleet: Fleet,
    worker: Worker,
    task: Task,
    begun: datetime,
    at: datetime,
    *,
    error: str,
) -> datetime:
    """Let a generation end badly at *at*: the error goes to output_location."""
    id, took = task.id, (at - begun).total_seconds()
    said = f"QUEUE: Task {id} failed after {took:.1f}s: {error}"
    worker.say(at, said, level="ERROR", task=id)
    worker.say(at, f"HEADLESS: Finished task {id} (Success: False)", task=id)
    closed = at + timedelta(seconds=fleet.random.uniform(0.6, 1.6))
    fleet.edge(
        closed,
        "update-task-status",
        ("INFO", "Processing status update"),
        ("INFO", "Task status updated successfully"),
        task=id,
        old_status="In Progress",
        new_status="Failed",
    )
    # No generation_processed_at: the failing path does not set it.
    task.status, task.output_location, task.updated_at = "Failed", error, closed
    return closed


def busy(
    fleet: Fleet,
    worker: Worker,
    kind: str,
    *,
    whose: Person,
    since: timedelta,
    **more: Any,
) -> Task:
    """Let the worker hold a task it took *since* ago and still works on well."""
    start = fleet.now - since
    task = submit(
        fleet,
        start - timedelta(seconds=fleet.random.uniform(4, 40)),
        *(kind,),
        whose=whose,
        **more,
    )
    worker.loaded = MODELS.get(kind, worker.loaded)
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    number = 1
    at = begun + timedelta(seconds=31)
    while at < fleet.now:
        step(worker, task, at, min(number, 6))
        number += 1
        at += timedelta(seconds=47)
    return task


def api_work(fleet: Fleet, task: Task, at: datetime, *, done: bool = True) -> None:
    """Let the API orchestrator do a task; None of it takes a GPU."""

    def say(at: datetime, message: str) -> None:
        fleet.log(
            *(at, "orchestrator_api", "orchestrator-api-main", "INFO", message),
            task=task.id,
        )

    task.status, task.worker_id = "In Progress", API_WORKER
    task.started_at = task.updated_at = at
    fleet.edge(
        at,
        *("claim-next-task", ("INFO", "Task claimed successfully")),
        task=task.id,
        worker_id=API_WORKER,
        task_type=task.task_type,
        run_type="api",
    )
    say(at, f"[TASK_CLAIM] Loop: Successfully claimed task {task.id}")
    say(at, f"Starting task {task.id}")
    if done:
        ended = at + timedelta(seconds=fleet.random.uniform(8, 60))
        task.status, task.generation_created = "Complete", True
        task.processed_at = task.updated_at = ended
        task.output_location = f"{STORE}/{task.id[:8]}/{task.id}.png"
        say(ended, f"Task {task.id} completed successfully")


def api_loop(fleet: Fleet, every: timedelta) -> None:
    """Let the API orchestrator write that it lives."""
    at, number = fleet.begin, 1
    while at < fleet.now:
        fleet.log(
            *(at, "orchestrator_api", "orchestrator-api-main", "INFO"),
            f"[WORKER_LOOP] Loop #{number}: Active tasks: {number % 3}",
        )
        at, number = at + every, number + 6
