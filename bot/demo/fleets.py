"""Fleets of any size, healthy but for what is planted; the same for the same seed.

fleet = make_fleet(now, 7)                          # a mix drawn from the seed
fleet = make_fleet(now, 7, failures=["vlm hang"])   # that alone
fleet.expected, fleet.innocent                      # the truth
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from bot.demo.day import QUIET, api_day
from bot.demo.fleet import Fleet
from bot.demo.labours import SINGLE, busy, submit, work
from bot.demo.lives import alive, boot, hire, rent, scale_down
from bot.demo.rows import Person, Worker
from bot.demo.scenarios import ALONE, SCENARIOS, SILENT, SINGLY, WHOLE

SPAN: Final = timedelta(hours=5)
MOST_LIVING: Final = 40
PER_TASK: Final = timedelta(minutes=8)  # no task with its load takes longer
PER_LIFE: Final = timedelta(minutes=18)  # to come up, and to be ended
API_SHARE: Final = 25
ODDS_OF_WHOLE: Final = 0.3  # that something is the matter with the whole fleet
SPREE: Final = timedelta(minutes=10)  # systems/reigh.md, F20


def make_fleet(  # noqa: PLR0913 - each has its name at the call
    now: datetime,
    seed: int,
    *,
    workers: int | None = None,
    tasks: int | None = None,
    span: timedelta = SPAN,
    failures: Sequence[str] | None = None,
) -> Fleet:
    """Return a fleet as of *now*, with *failures* in it, by their names in SCENARIOS.

    *workers* and *tasks* are how many of them are healthy; what is planted brings its
    own. What is None is drawn from the seed; an empty list of failures plants none.
    """
    chance = Random(seed)
    workers = chance.randrange(7, 20) if workers is None else workers
    tasks = workers * chance.randrange(1, 4) if tasks is None else tasks
    failures = _mix(chance) if failures is None else failures
    fleet = Fleet(
        now,
        seed=seed,
        span=span,
        silent=next((SILENT[name] for name in failures if name in SILENT), None),
        skewed=chance.random() < 0.5,
    )
    living = 0 if "abandoned queue" in failures else min(max(4, workers // 5), workers)
    _people(fleet, workers, tasks, living=min(living, MOST_LIVING))
    for name in failures:
        SCENARIOS[name](fleet)
    _leave_open(fleet)
    return fleet


def _mix(chance: Random) -> list[str]:
    """Return some scenarios that can be true at the same time."""
    found = []
    if chance.random() < ODDS_OF_WHOLE:
        found.append(chance.choice(sorted(WHOLE)))
        if found[0] in ALONE:
            return found
    return found + chance.sample(sorted(SINGLY), chance.randrange(9))


def _people(fleet: Fleet, workers: int, tasks: int, *, living: int) -> None:
    """Let healthy workers come, work and go; *living* of them are there now."""
    of_api = tasks // API_SHARE
    if of_api:
        api_day(fleet, of_api)
    crowd = [fleet.person() for _ in range(living + 5)]
    each, more = divmod(tasks - of_api, max(workers, 1))
    for number in range(workers):
        count = each + (number < more)
        if number < living:
            _living(fleet, max(count, 1), crowd, whose=crowd[number])
        else:
            _gone(fleet, count, crowd)


def _living(
    fleet: Fleet, count: int, crowd: Sequence[Person], *, whose: Person
) -> None:
    """Let a worker have done all but one of its tasks; the last one runs."""
    worker = hire(fleet, fleet.now - count * PER_TASK - PER_LIFE)
    rent(fleet, worker)
    _career(fleet, worker, boot(fleet, worker), count - 1, crowd)
    since = timedelta(seconds=fleet.random.uniform(60, 230))
    busy(fleet, worker, fleet.random.choice(SINGLE), whose=whose, since=since)
    alive(fleet, worker)
    fleet.spare(worker.id)


def _gone(fleet: Fleet, count: int, crowd: Sequence[Person]) -> None:
    """Let a worker do so many tasks, and be ended for want of work."""
    room = fleet.now - QUIET - count * PER_TASK - PER_LIFE - fleet.begin
    start = fleet.begin + max(room, timedelta(0)) * fleet.random.random()
    worker = hire(fleet, start)
    free = _career(fleet, worker, boot(fleet, worker), count, crowd)
    scale_down(fleet, worker, free)
    fleet.spare(worker.id)


def _career(
    fleet: Fleet, worker: Worker, free: datetime, count: int, crowd: Sequence[Person]
) -> datetime:
    """Let the worker do so many tasks; return when it is free."""
    chance = fleet.random
    for _ in range(count):
        waited = timedelta(seconds=chance.uniform(3, 70))
        params = {"enhance_prompt": True} if chance.random() < 0.15 else {}
        task = submit(
            fleet,
            free - waited,
            chance.choice(SINGLE),
            whose=chance.choice(crowd),
            params=params,
        )
        free = work(fleet, worker, task, free, seconds=(70, 200))
        free += timedelta(seconds=chance.uniform(1, 9))
    return free


def _leave_open(fleet: Fleet) -> None:
    """Leave open what the mixture itself may amount to, though nobody planted it.

    Of tiers the page names no rate; a spree of failures is one, however it came; and
    that a task waits may be told of any task that does.
    """
    for task in fleet.tasks.values():
        if task.status == "Queued":
            fleet.leave_open("waiting-task", task.id)
    failed = [each for each in fleet.workers.values() if _failed(each)]
    if not failed:
        return
    made = Counter(_tier(each) for each in fleet.workers.values())
    tiers = {_tier(each) for each in failed if made[_tier(each)] >= 5}
    if tiers:
        fleet.leave_open("tier-failures", "")
    if len(tiers) > 1:  # how much weaker one must be than the other nobody says
        fleet.expected = [
            each for each in fleet.expected if each.rule != "tier-failures"
        ]
    if any(_spree(fleet, each.created_at) for each in fleet.workers.values()):
        fleet.leave_open("spawn-loop", "")


def _spree(fleet: Fleet, since: datetime) -> bool:
    """Tell whether most of the workers made in the ten minutes from then on failed."""
    made = [
        each
        for each in fleet.workers.values()
        if timedelta(0) <= each.created_at - since <= SPREE
    ]
    return len(made) >= 3 and 2 * sum(map(_failed, made)) > len(made)


def _tier(worker: Worker) -> object:
    return (worker.metadata or {}).get("ram_tier")


def _failed(worker: Worker) -> bool:
    reason = str((worker.metadata or {}).get("error_reason", ""))
    ended = worker.status in ("error", "terminated")
    return ended and bool(reason) and not reason.startswith("Idle timeout")
