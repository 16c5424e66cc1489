"""The keeper; what it keeps true for hours is looked at in test_incident."""

from datetime import timedelta

import pytest

from bot.demo.incident import make_incident
from bot.demo.keeper import EVERY, Keeper
from bot.demo.postgres import Postgres
from bot.demo.runpod_double import RunpodDouble
from tests.demo.times import NOON

FRESH = "select count(*) from workers where last_heartbeat > %s"
pytestmark = pytest.mark.postgrest


@pytest.fixture
def keeper(postgres: Postgres, runpod: RunpodDouble) -> Keeper:
    """Return the keeper of a small incident that was loaded a moment ago."""
    incident = make_incident(NOON, lanes=1)
    incident.fleet.load(postgres, runpod)
    return Keeper(incident, postgres, runpod)


def _count(postgres: Postgres, where: str) -> int:
    [[number]] = postgres.sql(f"select count(*) from {where}")
    return int(number)


def test_the_living_beat_and_the_late_stay_late(
    keeper: Keeper, postgres: Postgres
) -> None:
    """A minute later as many are fresh, and as many are silent."""
    later = NOON + timedelta(minutes=10)
    [[before]] = postgres.sql(FRESH, (NOON - timedelta(seconds=20),))

    keeper.beat(later)

    [[after]] = postgres.sql(FRESH, (later - timedelta(seconds=20),))
    assert after == before


def test_the_dead_do_not_die_anew(keeper: Keeper, postgres: Postgres) -> None:
    """Half an hour later the same ones are silent, each since the same moment."""
    dead = (
        "select id, last_heartbeat from workers where last_heartbeat < %s"
        " and status in ('active', 'crashed') order by id"
    )
    before = postgres.sql(dead, (NOON - timedelta(minutes=4),))

    for minutes in range(1, 31, 2):
        keeper.beat(NOON + timedelta(minutes=minutes))

    later = NOON + timedelta(minutes=29 - 4)
    assert len(before) == 3
    assert postgres.sql(dead, (later,)) == before


def test_cycles_go_on_counting(keeper: Keeper, postgres: Postgres) -> None:
    """Two a minute, each with the next number."""
    newest = "select max(cycle_number) from system_logs where timestamp > %s"
    [[before]] = postgres.sql(newest, (NOON - timedelta(hours=1),))

    for beats in range(1, 7):
        keeper.beat(NOON + beats * EVERY)

    [[after]] = postgres.sql(newest, (NOON - timedelta(hours=1),))
    assert after == before + 4


def test_tasks_are_finished_and_others_taken(
    keeper: Keeper, postgres: Postgres
) -> None:
    """The queue keeps its length, and the oldest that may run is taken first."""
    complete = _count(postgres, "tasks where status = 'Complete'")
    queued = _count(postgres, "tasks where status = 'Queued'")
    running = _count(postgres, "tasks where status = 'In Progress'")

    keeper.beat(NOON + timedelta(minutes=7))

    assert _count(postgres, "tasks where status = 'Complete'") > complete
    assert _count(postgres, "tasks where status = 'Queued'") == queued
    assert _count(postgres, "tasks where status = 'In Progress'") == running


def test_what_was_ended_stays_ended(
    keeper: Keeper, postgres: Postgres, runpod: RunpodDouble
) -> None:
    """A pod that somebody terminated does not come back with the next newborn."""
    before = runpod.left()
    ended = next(id for id, pod in keeper.pods.items() if pod.name in keeper.alive)
    runpod.load(*(pod for id, pod in keeper.pods.items() if id != ended))

    keeper.beat(NOON + timedelta(minutes=6))

    assert ended not in runpod.left()
    assert len(runpod.left()) == len(before) - 1
