"""What can go wrong before and while a model is loaded, and what only looks so.

Of `plant_*` the product owes findings, which each notes; `spare_*` are near misses.
"""

from datetime import timedelta
from typing import Final

from bot.demo.day import seasoned
from bot.demo.fleet import Fleet
from bot.demo.labours import claim, generate, load, step, submit
from bot.demo.lives import alive, hire, launch, rent
from bot.demo.rows import Held, Task, Worker
from bot.demo.sick_workers import plant_crash

MODEL: Final = "wan_2_2_i2v_lightning_baseline_3_3"
OTHER: Final = "wan_2_2_t2v_14B"
VLM: Final = "Process=14210MB, System={system}% used"


def plant_init_crash(
    fleet: Fleet, *, seconds: float = 150, killed: bool = False
) -> Worker:
    """Let a program die while it imports: its guardian beat, it never spoke.

    On an orderly exit the row stays active; one that is *killed* is called crashed.
    """
    worker = _woken(fleet, seconds)
    if killed:
        worker.status = "crashed"
        fleet.owe("crashed-worker", worker.id)
    else:
        late = "heartbeat-stale" if seconds > 300 else "heartbeat-ageing"
        fleet.owe(late, worker.id)
    fleet.owe("init-crash", worker.id)
    return worker


def spare_waking(fleet: Fleet, *, seconds: float = 11) -> Worker:
    """Let a program be importing still: its guardian beats, it has not spoken yet.

    Its first heartbeat promoted it, so the orchestrator's word lags behind.
    """
    worker = _woken(fleet, seconds)
    fleet.spare(worker.id)
    return worker


def _woken(fleet: Fleet, silence: float) -> Worker:
    worker = hire(fleet, fleet.ago(seconds=silence + 175))
    rent(fleet, worker)
    launch(fleet, worker)
    worker.first_beat = worker.active_at = worker.created_at + timedelta(seconds=96)
    alive(fleet, worker, fleet.ago(seconds=silence))
    worker.status = "active"
    return worker


def plant_load_death(fleet: Fleet, *, crashed: bool = True, minutes: float = 7) -> Held:
    """Let a worker die within a model switch; *crashed* tells whether a row says so."""
    if crashed:
        held = plant_crash(fleet, loading=True, minutes=minutes)
    else:
        worker = seasoned(fleet, free=minutes + 4, tier=(48, "EUR-IS-1"))
        held = _switching(fleet, worker, seconds=60 * minutes + 100)
        alive(fleet, worker, fleet.ago(minutes=minutes))
        fleet.owe("heartbeat-stale", worker.id)
        fleet.owe("orphaned-task", held.task.id)
    fleet.owe("model-load-death", held.worker.id, or_on=held.task.id)
    return held


def spare_load(fleet: Fleet, *, seconds: float = 200) -> Held:
    """Let a load be under way on a worker that beats; 30 to 300 s are normal."""
    held = _switching(fleet, seasoned(fleet, free=7), seconds=seconds)
    alive(fleet, held.worker)
    fleet.spare(held.worker.id, held.task.id)
    return held


def spare_loaded(fleet: Fleet) -> Held:
    """Let a load have ended well; other words about switches come after it.

    They stand in lower case in its own line, and in another program's.
    """
    worker = seasoned(fleet, free=7)
    worker.loaded = OTHER
    start = fleet.ago(seconds=260)
    task = submit(fleet, start, "i2v_22", whose=fleet.person())
    begun = generate(fleet, worker, task, claim(fleet, worker, task, start))
    worker.say(begun, "MODEL: model switch: nothing to do, it is held", task=task.id)
    _steps(fleet, worker, task, after=begun - start)
    alive(fleet, worker)
    _dump(fleet, worker, seconds=70)
    fleet.spare(worker.id, task.id)
    return Held(worker, task)


def plant_crash_after_load(fleet: Fleet) -> Held:
    """Let a worker crash long after its load: that load is not what it died of."""
    held = plant_crash(fleet)
    worker, task = held
    said = "MODEL: model switch: not needed, the model is held"
    at = (worker.cut_at or fleet.now) - timedelta(seconds=45)
    worker.say(at, said, task=task.id)
    _dump(fleet, worker, seconds=300)
    return held


def _dump(fleet: Fleet, worker: Worker, *, seconds: float) -> None:
    """Let the orchestrator quote the marker of a load: no word of the worker."""
    fleet.orchestrator.say(
        fleet.ago(seconds=seconds),
        f"📊 Worker {worker.id} system status: last log: MODEL SWITCH: {worker.id}",
        by="worker_lifecycle.check_startup",
    )


def _switching(fleet: Fleet, worker: Worker, *, seconds: float) -> Held:
    """Let it take a task and begin the switch so long ago, without an end."""
    worker.loaded = OTHER
    start = fleet.ago(seconds=seconds + 2)
    asked = start - timedelta(seconds=9)
    task = submit(fleet, asked, "i2v_22", whose=fleet.person())
    begun = claim(fleet, worker, task, start, loads=False)
    load(fleet, worker, task, begun, ends=False)
    return Held(worker, task)


def _steps(fleet: Fleet, worker: Worker, task: Task, *, after: timedelta) -> None:
    """Let it write the steps of a generation until now."""
    at, number = (task.started_at or fleet.now) + after, 1
    while at < fleet.now:
        step(worker, task, at, min(number, 6))
        at, number = at + timedelta(seconds=33), number + 1


def plant_vlm_hang(
    fleet: Fleet, *, minutes: float = 8, dead: bool = False, talks: bool = False
) -> Held:
    """Let the enhancing of a prompt never end; *dead* lets the worker fall silent.

    One that *talks* still writes of its progress, so that its log is not starved.
    """
    held = _enhancing(fleet, seconds=60 * minutes)
    worker, task = held
    if talks:
        said = "TRAVEL: [VLM_BATCH] Processing batch 2/6"
        worker.say(fleet.ago(seconds=140), said, level="DEBUG", task=task.id)
    if dead:
        alive(fleet, worker, fleet.ago(seconds=min(60 * minutes - 25, 370)))
        fleet.owe("heartbeat-stale", worker.id)
        fleet.owe("orphaned-task", task.id)
    else:
        alive(fleet, worker)
        if not talks:
            fleet.owe("silent-worker", worker.id)
    fleet.owe("vlm-hang", worker.id, or_on=task.id)
    return held


def spare_vlm(fleet: Fleet, *, seconds: float = 240, ends: bool = False) -> Held:
    """Let a prompt be enhanced for a normal time, 3 to 6 min; or let that *end*."""
    held = _enhancing(fleet, seconds=seconds)
    worker, task = held
    if ends:
        system = VLM.format(system=62)
        at = fleet.ago(seconds=seconds - 170)
        worker.say(at, f"TRAVEL: [RAM] After VLM cleanup: {system}", task=task.id)
        _steps(fleet, worker, task, after=at - (task.started_at or at))
    alive(fleet, worker)
    fleet.spare(worker.id, task.id)
    return held


def _enhancing(fleet: Fleet, *, seconds: float) -> Held:
    worker = seasoned(fleet, free=seconds / 60 + 3)
    worker.loaded = MODEL
    start = fleet.ago(seconds=seconds + 6)
    params = {"enhance_prompt": True}
    task = submit(fleet, start, "i2v_22", whose=fleet.person(), params=params)
    begun = claim(fleet, worker, task, start)
    said = f"TRAVEL: [RAM] Before VLM loading: {VLM.format(system=71)}"
    worker.say(max(begun, fleet.ago(seconds=seconds)), said, task=task.id)
    return Held(worker, task)
