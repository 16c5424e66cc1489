"""What can go wrong between queue and worker, and what only looks so.

Of `plant_*` the product owes findings, which each notes; `spare_*` are near misses.
"""

from datetime import datetime, timedelta
from typing import Final

from bot.demo.day import seasoned
from bot.demo.fleet import Fleet
from bot.demo.labours import (
    API_WORKER,
    api_work,
    busy,
    claim,
    generate,
    step,
    submit,
    work,
)
from bot.demo.lives import alive, boot, given_up, hire
from bot.demo.rows import Held, Person, Task, Worker
from bot.demo.sick_tasks import plant_second_try

MODEL: Final = "wan_2_2_t2v_14B"
SWITCHED_OFF: Final = "ltxv"  # a kind of task that nobody else uses here


def plant_unassigned(fleet: Fleet, *, seconds: float = 960) -> Task:
    """Let a task be in progress on no worker; after 15 min it is an orphan."""
    start = fleet.ago(seconds=seconds)
    task = submit(fleet, start - timedelta(seconds=8), "t2v_22", whose=fleet.person())
    task.status, task.started_at, task.updated_at = "In Progress", start, start
    if seconds > 900:
        fleet.owe("orphaned-task", task.id)
    else:
        fleet.spare(task.id)
    return task


def plant_api_late(fleet: Fleet, *, seconds: float = 450) -> Task:
    """Let a task of the API orchestrator take too long; 7 min are allowed."""
    start = fleet.ago(seconds=seconds)
    task = submit(fleet, start, "qwen_image_edit", whose=fleet.person())
    api_work(fleet, task, start, done=False)
    fleet.workers.setdefault(API_WORKER, _api_worker(fleet))
    if seconds > 420:
        fleet.owe("orphaned-task", task.id)
    else:
        fleet.spare(task.id)
    return task


def _api_worker(fleet: Fleet) -> Worker:
    made = fleet.ago(days=9)
    return Worker(
        id=API_WORKER,
        created_at=made,
        status="active",
        metadata=None,
        instance_type="external",
    )


def plant_hopeless(fleet: Fleet) -> Held:
    """Let a worker be given up while its task has no try left: nobody resets it."""
    at = fleet.ago(minutes=5)
    worker = hire(fleet, at - timedelta(minutes=30))
    boot(fleet, worker)
    worker.loaded = MODEL
    start = at - timedelta(minutes=12)
    task = submit(fleet, start, "t2v_22", whose=fleet.person(), attempts=3)
    generate(fleet, worker, task, claim(fleet, worker, task, start))
    alive(fleet, worker, at - timedelta(seconds=601))
    beat = worker.last_heartbeat
    given_up(fleet, worker, at, "Stale heartbeat with active tasks (601s old)")
    worker.last_heartbeat = beat
    fleet.owe("failed-worker", worker.id)
    fleet.owe("orphaned-task", task.id)
    return Held(worker, task)


def plant_unheard_claim(fleet: Fleet, *, seconds: float = 230) -> Held:
    """Let the answer to a claim be lost: the row names a worker that knows nothing.

    For 120 s after the claim that is no finding yet.
    """
    worker = _just_free(fleet, seconds)
    task = submit(
        fleet, fleet.ago(seconds=seconds + 15), "t2v_22", whose=fleet.person()
    )
    _claimed(fleet, worker, task, fleet.ago(seconds=seconds))
    alive(fleet, worker)
    if seconds > 120:
        fleet.owe("claim-not-started", task.id, or_on=worker.id)
    else:
        fleet.spare(worker.id, task.id)
    return Held(worker, task)


def spare_late_start(fleet: Fleet) -> Held:
    """Let a worker write that it begins only 90 s after its claim."""
    worker = _just_free(fleet, 230)
    task = submit(fleet, fleet.ago(seconds=240), "t2v_22", whose=fleet.person())
    at = fleet.ago(seconds=230)
    _claimed(fleet, worker, task, at)
    at += timedelta(seconds=90)
    said = f"HEADLESS: Processing {task.task_type} task {task.id}"
    worker.say(at, said, task=task.id)
    begun = generate(fleet, worker, task, at + timedelta(seconds=1))
    for number in (1, 2, 3):
        step(worker, task, begun + timedelta(seconds=30 * number), number)
    alive(fleet, worker)
    fleet.spare(worker.id, task.id)
    return Held(worker, task)


def _just_free(fleet: Fleet, seconds: float) -> Worker:
    """Return a worker that ended a task so many seconds ago."""
    worker = seasoned(fleet, free=seconds / 60 + 4)
    worker.loaded = MODEL
    at = fleet.ago(seconds=seconds + 75)
    task = submit(fleet, at, "t2v_22", whose=fleet.person())
    work(fleet, worker, task, at, seconds=(60, 61))
    return worker


def _claimed(fleet: Fleet, worker: Worker, task: Task, at: datetime) -> None:
    """Write what the claim function does, and nothing of the worker."""
    task.status, task.worker_id = "In Progress", worker.id
    task.started_at = task.updated_at = at
    fleet.edge(
        at,
        *("claim-next-task", ("INFO", "Authenticated via service-role key")),
        ("INFO", "Claiming task (service-role, GPU path)"),
        ("INFO", "Task claimed successfully"),
        task=task.id,
        worker_id=worker.id,
        task_type=task.task_type,
        run_type="gpu",
    )


def plant_reset_loop(fleet: Fleet) -> Held:
    """Let one task take down two workers, and be tried by a third one now."""
    task = submit(fleet, fleet.ago(minutes=95), "t2v_22", whose=fleet.person())
    for minutes in (92, 48):
        worker = hire(fleet, fleet.ago(minutes=minutes + 6))
        boot(fleet, worker)
        worker.loaded = MODEL
        start = fleet.ago(minutes=minutes)
        generate(fleet, worker, task, claim(fleet, worker, task, start))
        reason = f"Stuck task {task.id} (timeout: 1200s)"
        gone = given_up(fleet, worker, start + timedelta(seconds=1215), reason)
        fleet.orchestrator.say(
            gone, f"Reset 1 orphaned tasks from workers ['{worker.id}']"
        )
        fleet.owe("failed-worker", worker.id)
    last = seasoned(fleet, free=4)
    last.loaded = MODEL
    begun = claim(fleet, last, task, fleet.ago(seconds=130))
    begun = generate(fleet, last, task, begun)
    step(last, task, begun + timedelta(seconds=40), 1)
    alive(fleet, last)
    task.error_message = "Reset - orphaned from failed worker"
    fleet.owe("reset-loop", task.id)
    return Held(last, task)


def spare_second_try(fleet: Fleet) -> Held:
    """Let a task be complete, though it was claimed twice and its row tells of it."""
    held = plant_second_try(fleet, minutes=120)
    fleet.spare(held.task.id)
    return held


def plant_broke(fleet: Fleet) -> Task:
    """Let somebody without credits wait."""
    return _waits(fleet, fleet.person(credits=0))


def plant_off_the_cloud(fleet: Fleet) -> Task:
    """Let somebody wait whose settings keep their work off the cloud."""
    return _waits(fleet, fleet.person(in_cloud=False))


def plant_switched_off(fleet: Fleet) -> Task:
    """Let a task wait whose kind was switched off."""
    fleet.idle_types.add(SWITCHED_OFF)
    return _waits(fleet, fleet.person(), kind=SWITCHED_OFF)


def plant_at_capacity(fleet: Fleet) -> Task:
    """Let somebody wait who has five tasks running."""
    person = fleet.person()
    for _ in range(5):
        worker = seasoned(fleet, free=5)
        since = timedelta(seconds=fleet.random.uniform(60, 130))
        busy(fleet, worker, "t2v_22", whose=person, since=since)
        alive(fleet, worker)
        fleet.spare(worker.id)
    return _waits(fleet, person)


def plant_blocked(fleet: Fleet, *, status: str = "Cancelled") -> Task:
    """Let a task wait for one that will never complete."""
    person = fleet.person()
    other = submit(fleet, fleet.ago(minutes=50), "t2v_22", whose=person)
    other.status, other.updated_at = status, fleet.ago(minutes=44)
    if status == "Failed":
        other.output_location = "Generation failed: no frame was made"
        fleet.owe("failed-task", other.id)
    task = submit(
        fleet,
        fleet.ago(minutes=50),
        "travel_stitch",
        whose=person,
        dependant_on=[other.id],
    )
    fleet.owe("blocked-task", task.id)
    fleet.leave_open("waiting-task", task.id)
    return task


def spare_dependant(fleet: Fleet) -> Held:
    """Let a task wait for one that runs, as it should."""
    person = fleet.person()
    worker = seasoned(fleet, free=5)
    since = timedelta(seconds=100)
    first = busy(fleet, worker, "t2v_22", whose=person, since=since)
    alive(fleet, worker)
    at = fleet.ago(seconds=110)
    task = submit(fleet, at, "travel_stitch", whose=person, dependant_on=[first.id])
    fleet.spare(task.id, first.id, worker.id)
    fleet.leave_open("waiting-task", task.id)
    return Held(worker, task)


def _waits(fleet: Fleet, whose: Person, *, kind: str = "t2v_22") -> Task:
    task = submit(fleet, fleet.ago(minutes=35), kind, whose=whose)
    fleet.owe("waiting-task", task.id)
    return task
