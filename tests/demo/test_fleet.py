"""A made-up fleet."""

import uuid
from datetime import timedelta

import pytest

from bot.demo.fleet import Fleet
from bot.demo.owed import Expected
from bot.demo.postgres import Postgres
from bot.demo.rows import Worker
from bot.demo.sick_tasks import plant_out_of_memory
from tests.demo.times import NOON
from tests.demo.told import a_fleet


def _beating(seconds: float) -> Worker:
    fleet = a_fleet()
    worker = Worker(id="w", created_at=fleet.ago(minutes=10))
    worker.first_beat = fleet.ago(minutes=9)
    worker.last_heartbeat = fleet.ago(minutes=9) + timedelta(seconds=seconds)
    return worker


def test_an_id_is_a_uuid_and_may_begin_as_wished() -> None:
    """So that a demo can name a task beforehand."""
    fleet = a_fleet()

    id = uuid.UUID(fleet.id("41345358"))

    assert str(id).startswith("41345358-")
    assert id.version == 4
    assert fleet.id() != fleet.id()


def test_the_last_lines_die_with_the_worker() -> None:
    """What no heartbeat carried away is lost."""
    fleet, worker = a_fleet(), _beating(40)
    assert worker.first_beat is not None
    for second in (5, 25, 39, 41, 55):
        worker.say(worker.first_beat + timedelta(seconds=second), f"at {second}")
    fleet.workers[worker.id] = worker

    told = [row.message for row in fleet.lines() if row.source_type == "worker"]

    assert told == ["at 5", "at 25", "at 39"]


def test_a_beat_carries_a_hundred_lines() -> None:
    """Of 250 lines at once, the third hundred waits for the third beat."""
    fleet, worker = a_fleet(), _beating(30)
    assert worker.first_beat is not None
    worker.say_at_once(worker.first_beat, *(f"line {n}" for n in range(250)))
    fleet.workers[worker.id] = worker

    told = [row for row in fleet.lines() if row.source_type == "worker"]

    assert len(told) == 200


def test_a_last_beat_without_lines_carries_none() -> None:
    """The guardian's final one, of a crash, comes with an empty list."""
    fleet, worker = a_fleet(), _beating(60)
    assert worker.first_beat is not None
    worker.cut_at = worker.first_beat + timedelta(seconds=20)
    worker.say(worker.first_beat + timedelta(seconds=30), "lost")
    fleet.workers[worker.id] = worker

    assert not [row for row in fleet.lines() if row.source_type == "worker"]


def test_lines_are_oldest_first_and_none_is_of_the_future() -> None:
    """As a table has them that is read by time."""
    fleet = a_fleet()
    plant_out_of_memory(fleet)

    times = [row.timestamp for row in fleet.lines()]

    assert times == sorted(times)
    assert times[-1] <= fleet.now


def test_edge_functions_have_milliseconds_only() -> None:
    """So lines of one request often share a time."""
    fleet = a_fleet()
    fleet.edge(fleet.ago(seconds=3.123456), "claim-next-task", ("INFO", "a"))

    [row] = fleet.logs

    assert row.timestamp.microsecond % 1000 == 0


@pytest.mark.postgrest
def test_it_can_be_loaded(postgres: Postgres) -> None:
    """The schema takes every row; people are there but once."""
    fleet = a_fleet()
    plant_out_of_memory(fleet)

    count = fleet.load(postgres)

    assert postgres.sql("select count(*) from system_logs") == [(count,)]
    assert postgres.sql("select count(*) from tasks") == [(len(fleet.tasks),)]
    postgres.empty()
    assert fleet.load(postgres) == count


def test_a_workers_clock_may_be_off() -> None:
    """All its lines by the same span, its heartbeats not at all."""
    fleet, worker = Fleet(NOON, skewed=True), _beating(40)
    assert worker.first_beat is not None
    spoken = [worker.first_beat + timedelta(seconds=second) for second in (5, 25)]
    for at in spoken:
        worker.say(at, "a line")
    fleet.workers[worker.id] = worker

    told = [row.timestamp for row in fleet.lines() if row.source_type == "worker"]

    off = {after - before for before, after in zip(spoken, told, strict=True)}
    assert len(off) == 1
    assert timedelta(0) < abs(off.pop()) <= timedelta(seconds=30)


def test_a_fast_clocks_line_has_arrived_all_the_same() -> None:
    """Though it is dated a few seconds ahead; the future itself has not."""
    fleet = Fleet(NOON, skewed=True)
    ahead = next(
        name for name in map(str, range(99)) if fleet._skew(_named(name)).days >= 0
    )
    worker = _named(ahead)
    worker.first_beat, worker.last_heartbeat = fleet.ago(minutes=9), NOON
    worker.say(fleet.ago(seconds=0.001), "just now")
    worker.say(NOON + timedelta(seconds=1), "not yet")
    fleet.workers[worker.id] = worker

    told = [row.message for row in fleet.lines() if row.source_type == "worker"]

    assert told == ["just now"]


def _named(id: str) -> Worker:
    return Worker(id=id, created_at=NOON - timedelta(minutes=10))


def test_a_new_person_is_nobody_else() -> None:
    """Each has credits and a project of their own, unless told otherwise."""
    fleet = a_fleet()
    one, two = fleet.person(), fleet.person(credits=0)

    assert len({each.project_id for each in fleet.people}) == len(fleet.people)
    assert (one.credits, two.credits) == (500, 0)


def test_what_is_owed_may_be_said_of_either() -> None:
    """Of a task or its worker; what is spared is innocent."""
    fleet = a_fleet()
    fleet.owe("vlm-hang", "worker", or_on="task")
    fleet.spare("one", "two")
    fleet.leave_open("spawn-loop", "")

    assert fleet.same == {Expected("vlm-hang", "task"): Expected("vlm-hang", "worker")}
    assert fleet.innocent == {"one", "two"}
    assert fleet.open == {Expected("spawn-loop", "")}
