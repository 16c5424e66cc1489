from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.file_queue import BrainState, FileQueue, Incident, ThermalPause
from bot.domain.long_tasks import LongTask, of_files, of_rows, summary, table
from bot.domain.workers import WorkerId
from tests.file_queues import (
    FILE,
    OTHER,
    a_file,
    a_queue,
    a_sidecar,
    an_agent,
    busy,
)
from tests.world import NOW, a_task, a_worker, ago

LONG = a_file(started_at=ago(minutes=6))


def a_long_queue(task: Any = LONG, agent: Any = None, **given: Any) -> FileQueue:
    return a_queue(tasks=(task,), agents=(agent or busy(FILE),), **given)


def one(queue: FileQueue) -> LongTask:
    [found] = of_files(queue, NOW)
    return found


def test_five_minutes_are_not_long_yet() -> None:
    """Nor is a task whose start nobody tells."""
    brief = a_file(started_at=ago(minutes=5))
    untold = a_file(OTHER, started_at=None)

    assert of_files(a_queue(tasks=(brief, untold)), NOW) == ()


def test_a_long_task_is_told_with_its_last_sign_and_limit() -> None:
    """Longest first."""
    longer = a_file(OTHER, started_at=ago(minutes=9), name="", worker=WorkerId("gpu-2"))
    queue = a_queue(
        tasks=(LONG, longer), agents=(busy(FILE), busy(OTHER, agent="gpu-2"))
    )
    first, second = of_files(queue, NOW)

    assert (first.id, first.name, first.running_seconds) == (OTHER, "script", 540.0)
    assert second == LongTask(
        id=FILE,
        name="render",
        worker_id="gpu-1",
        running_seconds=360.0,
        sign_seconds=5.0,
        limit_seconds=600.0,
        stuck=False,
        told="within its limit",
    )


STUCK = a_file(
    started_at=ago(minutes=12), sidecar=a_sidecar(updated_at=ago(minutes=11))
)


@pytest.mark.parametrize(
    ("queue", "told", "stuck"),
    [
        (
            a_long_queue(STUCK),
            "the brain aborts it at its next cycle, within 30 s",
            True,
        ),
        (
            a_long_queue(
                state=BrainState(
                    incidents=(Incident(id="inc_1", task_ids=(FILE,), aborts=1),)
                )
            ),
            "the brain aborts it again at its next cycle, within 30 s",
            False,
        ),
        (
            a_long_queue(agent=busy(FILE, pause=ThermalPause())),
            "waits: gpu-1 pauses for heat",
            False,
        ),
        (
            a_long_queue(agent=busy(FILE, beat_at=ago(minutes=3))),
            "its worker is lost: the brain queues it again",
            False,
        ),
        (
            a_long_queue(replace(LONG, worker=WorkerId("gpu-9"))),
            "nothing tells whether its worker lives",
            False,
        ),
        (
            a_long_queue(replace(STUCK, worker=None)),
            "it has no worker: the brain queues it again",
            True,
        ),
        (
            a_long_queue(agent=busy(FILE, beat_at=ago(minutes=3)), brain=None),
            "its worker is lost",
            False,
        ),
        (
            a_long_queue(agent=an_agent()),
            "gpu-1 does not run it: the brain queues it again",
            False,
        ),
        (
            a_long_queue(a_file(started_at=ago(minutes=31))),
            "hangs perhaps: its sidecar proves its agent alone",
            False,
        ),
    ],
)
def test_what_holds_of_a_long_task_is_told(
    queue: FileQueue, told: str, stuck: bool
) -> None:
    """The first of its worker's troubles, or its own."""
    found = one(queue)

    assert (found.told, found.stuck) == (told, stuck)


def test_older_generations_go_by_the_time_since_the_start() -> None:
    """Whatever the sidecar says."""
    old = an_agent(runtime_state=None)
    brief = a_long_queue(agent=old, brain=None)
    late = a_long_queue(a_file(started_at=ago(minutes=21)), agent=old, brain=None)

    assert (one(brief).limit_seconds, one(brief).stuck) == (1200.0, False)
    assert one(late).stuck


def test_of_other_systems_rows_tell() -> None:
    """The worker's heartbeat is the last sign."""
    task = a_task(started_at=ago(minutes=6))
    later = a_task(OTHER, started_at=ago(minutes=30))
    brief = a_task("6", started_at=ago(minutes=5))
    untold = a_task("7", started_at=None)
    pairs = [(task, a_worker()), (later, None), (brief, None), (untold, None)]
    first, second = of_rows(pairs, ago(minutes=0) - ago(minutes=20), NOW)

    assert (first.id, first.stuck, first.sign_seconds) == (OTHER, True, None)
    assert first.told == "past its limit"
    assert (second.sign_seconds, second.told) == (10.0, "within its limit")


def test_a_task_may_have_a_limit_of_its_own() -> None:
    """It counts as long once it is past that, however early."""
    brief = a_task(started_at=ago(minutes=2))
    long = a_task(OTHER, started_at=ago(minutes=6))
    usual, own = timedelta(minutes=20), timedelta(minutes=1)
    pairs = [(brief, None), (long, None)]
    allowed = {brief.id: own, long.id: 10 * own}

    late, well = of_rows(pairs, usual, NOW, allowed=allowed)[::-1]

    assert (late.id, late.stuck, late.limit_seconds) == (brief.id, True, 60.0)
    assert (well.id, well.stuck, well.limit_seconds) == (OTHER, False, 600.0)
    assert summary((well, late), 2) == (
        "2 of 2 tasks in progress run for over 5 min, or past a limit of their own, 1"
        " past the limit"
    )
    assert table((late,)).title == (
        "In progress for over 5 min, or past a limit of their own"
    )
    assert of_rows(pairs, usual, NOW, allowed={brief.id: 3 * own})[0].id == OTHER


def test_a_coordinator_is_past_no_limit() -> None:
    """It waits for others: systems/reigh.md exempts it from stuck checks."""
    parent = a_task(task_type="travel_orchestrator", started_at=ago(minutes=48))
    [found] = of_rows([(parent, a_worker())], timedelta(minutes=20), NOW)
    [row] = table((found,)).rows

    assert (found.stuck, found.limit_seconds) == (False, None)
    assert row[-2:] == ("none", "waits for its tasks")
    assert summary((found,), 1).endswith(", 0 past the limit")
    early = replace(parent, started_at=ago(minutes=4))
    assert of_rows([(early, a_worker())], timedelta(minutes=1), NOW) == ()


def test_a_sentence_says_how_many_are_long() -> None:
    """Of all that are in progress."""
    found = one(a_long_queue(STUCK))

    assert summary((), 3) == "none of 3 tasks in progress runs for over 5 min"
    assert summary((found,), 1) == (
        "1 of 1 task in progress runs for over 5 min, 1 past the limit"
    )
    assert summary((found, found), 3).startswith("2 of 3 tasks in progress run for")


def test_each_is_a_row() -> None:
    """What nobody tells is empty."""
    untold = LongTask(
        id=OTHER,
        name="x",
        worker_id=None,
        running_seconds=360,
        sign_seconds=None,
        limit_seconds=600,
        stuck=False,
        told="within its limit",
    )

    found = table((one(a_long_queue()), untold))

    assert found.rows[0] == (
        *("22d25838", "render", "gpu-1", "6 min", "5 s", "10 min", "within its limit"),
    )
    assert found.rows[1][2:5] == (None, "6 min", None)
