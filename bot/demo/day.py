"""A whole day on which nothing went wrong, seen from its last second."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.demo.fleet import Fleet
from bot.demo.labours import (
    API,
    API_WORKER,
    SINGLE,
    api_loop,
    api_work,
    busy,
    submit,
    work,
)
from bot.demo.lives import alive, boot, hire, rent, scale_down
from bot.demo.rows import ADA, BEN, DAN, EVE, FAY, Person, Task, Worker

LANES: Final = 5  # workers that live at the same time, on average
LIVING: Final = (BEN, BEN, BEN, BEN, BEN, ADA, ADA)  # whose tasks run now
CHANGES_OF_MIND: Final = 0.01
API_TASKS: Final = 36
QUIET: Final = timedelta(minutes=21)  # the last scale-down is settled before now


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the day left behind; nothing of it deserves a finding."""

    scaled_down: tuple[Worker, ...]
    living: tuple[Worker, ...]
    busy_with: tuple[Task, ...]


def healthy_day(fleet: Fleet, *, lanes: int = LANES) -> Day:
    """Let *lanes* workers at a time come, work and go, and some be there now."""
    living = len(LIVING)
    starts = [fleet.ago(minutes=25 + 145 * index / living) for index in range(living)]
    gone: list[Worker] = []
    for lane in range(lanes):
        end = starts[lane] if lane < living else fleet.now - QUIET
        begin = fleet.begin + timedelta(minutes=fleet.random.uniform(0.5, 9) + lane)
        gone += _generations(fleet, begin, min(end, fleet.now - QUIET))
    there, tasks = [], []
    for start, whose in zip(starts, LIVING, strict=True):
        worker, task = living_worker(fleet, start, whose=whose)
        there.append(worker)
        tasks.append(task)
    api_day(fleet, API_TASKS)
    return Day(scaled_down=tuple(gone), living=tuple(there), busy_with=tuple(tasks))


def living_worker(
    fleet: Fleet, start: datetime, *, whose: Person, prefix: str = "gpu-"
) -> tuple[Worker, Task]:
    """Let a worker made at *start* have worked since; return it and its task."""
    worker = hire(fleet, start, prefix=prefix)
    rent(fleet, worker)
    return worker, keep_working(fleet, worker, boot(fleet, worker), whose=whose)


def keep_working(
    fleet: Fleet,
    worker: Worker,
    free: datetime,
    *,
    whose: Person,
    kind: str = "",
    **more: Any,
) -> Task:
    """Let the worker work from *free* on until now; return its present task.

    *kind* and *more* are the present task's type and fields.
    """
    work_until(fleet, worker, free, fleet.ago(minutes=11))
    since = timedelta(seconds=fleet.random.uniform(60, 230))
    kind = kind or fleet.random.choice(SINGLE)
    task = busy(fleet, worker, kind, whose=whose, since=since, **more)
    alive(fleet, worker)
    return task


def seasoned(
    fleet: Fleet, *, free: float, tier: tuple[int, str] | None = None
) -> Worker:
    """Return a worker that has worked for half an hour and is free *free* min ago.

    Its pod runs; it holds the model that most tasks need; its guardian last beat when
    it was promoted, so that what becomes of it is still to be told.
    """
    worker = hire(fleet, fleet.ago(minutes=free + 38), tier=tier)
    rent(fleet, worker)
    work_until(fleet, worker, boot(fleet, worker), fleet.ago(minutes=free + 8))
    return worker


def work_until(
    fleet: Fleet, worker: Worker, free: datetime, latest: datetime
) -> datetime:
    """Let the worker take one task after the other, none after *latest*.

    Returns:
        When it is free, at most six minutes after *latest*.
    """
    while free < latest:
        free = work(fleet, worker, _single(fleet, free), free, seconds=(60, 200))
        free += timedelta(seconds=fleet.random.uniform(60, 700))
    return free


def _generations(fleet: Fleet, begin: datetime, end: datetime) -> list[Worker]:
    """Let one worker after the other live a whole life between *begin* and *end*."""
    gone = []
    at = begin
    while at < end - timedelta(minutes=29):
        worker = hire(fleet, at)
        free = boot(fleet, worker)
        latest = end - timedelta(minutes=12)
        for _ in range(fleet.random.choice((1, 1, 2, 2))):
            if free > latest - timedelta(minutes=9):
                break
            free = work(fleet, worker, _single(fleet, free), free)
            free += timedelta(seconds=fleet.random.uniform(1, 9))
        at = scale_down(fleet, worker, free)
        at += timedelta(seconds=fleet.random.uniform(60, 900))
        gone.append(worker)
    return gone


def _single(fleet: Fleet, free: datetime) -> Task:
    """Return a task that waits when a worker is free."""
    waited = timedelta(seconds=fleet.random.uniform(3, 70))
    kind = fleet.random.choice(SINGLE)
    params = {"enhance_prompt": True} if fleet.random.random() < 0.15 else {}
    whose = fleet.random.choice((ADA, BEN, DAN, EVE, FAY))
    task = submit(fleet, free - waited, kind, whose=whose, params=params)
    if fleet.random.random() < CHANGES_OF_MIND:
        # Somebody changed their mind; another one is done instead.
        task.status, task.updated_at = "Cancelled", free - waited / 2
        task = submit(fleet, free - waited / 3, kind, whose=whose)
    return task


def api_day(fleet: Fleet, count: int) -> None:
    """Let the API orchestrator live beside the GPU workers; its row is none of them."""
    made = fleet.ago(days=9)
    worker = Worker(id=API_WORKER, created_at=made, status="active", metadata=None)
    worker.instance_type = "external"
    fleet.workers[API_WORKER] = worker
    span = (fleet.now - fleet.begin) - timedelta(minutes=30)
    for number in range(count):
        at = fleet.begin + span * ((number + fleet.random.random()) / count)
        kind = fleet.random.choice(API)
        waited = timedelta(seconds=fleet.random.uniform(1, 11))
        task = submit(fleet, at, kind, whose=fleet.random.choice((ADA, EVE)))
        api_work(fleet, task, at + waited)
    api_loop(fleet, timedelta(seconds=60))
