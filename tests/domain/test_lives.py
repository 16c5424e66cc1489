"""The stages of a dead worker's life."""

from datetime import datetime
from typing import Any

import pytest

from bot.domain.lives import Stage, life
from bot.domain.logs import LogLine
from bot.domain.workers import Worker
from tests.world import POD, TASK, WORKER, a_line, a_pod, a_task, a_worker, ago

DEAD = a_worker(
    status="error",
    ram_tier=72,
    error_at=ago(minutes=1),
    error_reason="Stale heartbeat",
    last_heartbeat_at=ago(minutes=9),
)


def orchestrated(message: str, at: datetime) -> LogLine:
    return a_line(
        message, at=at, source="orchestrator_gpu", source_id="", worker_id=None
    )


LINES = (
    orchestrated(f"✅ SUCCESS: {WORKER} -> {POD}", ago(minutes=60, seconds=1)),
    orchestrated(f"🚀 Launched startup script for {WORKER}", ago(minutes=59)),
    a_line(
        f"HEADLESS: Worker {WORKER} started. Polling every 10s.", at=ago(minutes=58)
    ),
    orchestrated(f"🚀 Worker {WORKER} detected as active via logging", ago(minutes=57)),
    a_line(f"MODEL: 🔄 MODEL SWITCH: {WORKER} switching to wan", at=ago(minutes=11)),
    a_line("MODEL: Loaded model: wan", at=ago(minutes=10)),
)


def whats(
    worker: Worker = DEAD, lines: tuple[LogLine, ...] | None = LINES, **given: Any
) -> list[str]:
    values: dict[str, Any] = {"tasks": (), "pods": ()}
    return [each.what for each in life(worker, lines=lines, **(values | given))]


def test_a_life_is_told_from_its_creation_to_its_end() -> None:
    """With the time since the stage before; clocks that differ make no negative one."""
    task = a_task(started_at=ago(minutes=12))

    stages = life(DEAD, (task,), LINES, ())

    assert [(each.what, each.after) for each in stages] == [
        ("created, for 72 GB of RAM", ""),
        (f"pod {POD} rented, gone now", "0 s"),
        ("startup script launched", "1 min 1 s"),
        ("its program came up", "1 min"),
        ("promoted to active", "1 min"),
        ("began task 41345358 (travel_segment)", "45 min"),
        ("began to load wan", "1 min"),
        ("loaded wan", "1 min"),
        ("last own line: MODEL: Loaded model: wan", "0 s"),
        ("last heartbeat", "1 min"),
        ("given up: Stale heartbeat", "8 min"),
        ("not on record: its first heartbeat", ""),
    ]
    assert stages[0].at == ago(hours=1)
    assert stages[-1] == Stage(at=None, what="not on record: its first heartbeat")


def test_many_tasks_and_loads_are_summed_up() -> None:
    """The newest four stages of its work stay, and the whole has at most 15."""
    tasks = [
        a_task(
            f"{number}" + TASK[1:],
            status="Complete",
            started_at=ago(minutes=50 - 3 * number),
            processed_at=ago(minutes=49 - 3 * number),
        )
        for number in range(9)
    ]
    stopped = orchestrated(f"DISK SPACE ISSUE on {WORKER}", ago(minutes=59))
    worker = a_worker(status="terminated", terminated_at=ago(minutes=1))

    found = whats(worker, (*LINES[:4], stopped), tasks=tasks)

    assert "by then: 7 tasks begun, 7 completed, 0 model loads" in found
    assert sum("began task" in each for each in found) == 2
    assert len(found) <= 15


def test_a_task_that_failed_ended() -> None:
    """It was not completed."""
    task = a_task(status="Failed", started_at=None, processed_at=ago(minutes=20))

    assert "ended task 41345358 (travel_segment)" in whats(tasks=(task,))


def test_an_end_by_the_failsafe_is_told_by_its_line() -> None:
    """It leaves no time in the row; one that was given up has its own."""
    line = orchestrated(
        f"FAILSAFE: Worker {WORKER} has stale heartbeat", ago(minutes=1)
    )
    ended = a_worker(status="terminated", last_heartbeat_at=ago(minutes=12))
    end, untold = whats(ended, (line,))[-2:]

    assert end == "ended by the failsafe"
    assert untold.endswith("its promotion, its first heartbeat")
    assert "ended by the failsafe" not in whats(DEAD, (line,))


def test_what_stopped_its_start_is_quoted() -> None:
    """The line of a dump that says so."""
    dump = f"📋 Startup logs for {WORKER}:\nBEGIN\nModuleNotFoundError: mmgp\nEND"

    found = whats(lines=(orchestrated(dump, ago(minutes=59)),))

    assert "its start showed: ModuleNotFoundError: mmgp" in found


@pytest.mark.parametrize(
    ("message", "said"),
    [("hello\nthere", "hello"), (" ", "empty"), ("x" * 101, "x" * 99 + "…")],
)
def test_without_the_line_that_says_it_came_up_its_first_one_is_shown(
    message: str, said: str
) -> None:
    """Cut to one line."""
    assert f"first own line: {said}" in whats(lines=(a_line(message),))


def test_what_is_not_on_record_is_said() -> None:
    """Nothing is made up for it."""
    worker = a_worker(
        status="crashed", last_heartbeat_at=None, runpod_id=None, promoted_at=None
    )

    created, missing = whats(worker, None)
    assert created == "created"
    assert missing == (
        "not on record: its lines, which were not read, a pod of its own, any line of"
        " its own, its promotion, any heartbeat, when it became crashed"
    )


@pytest.mark.parametrize(
    ("pods", "standing"),
    [
        (None, "not looked up now"),
        ((), "gone now"),
        ((a_pod(status="EXITED"),), "EXITED now"),
        ((a_pod("other1"),), "gone now"),
    ],
)
def test_its_pod_is_told_as_it_stands(pods: Any, standing: str) -> None:
    """Also where nobody wrote down when it was rented."""
    found = whats(lines=(), pods=pods)

    assert f"when its pod {POD} ({standing}) was rented" in found[-1]


def test_a_row_that_knows_of_no_end_says_so() -> None:
    """A silent worker is still called active; its promotion stands in its row."""
    worker = a_worker(last_heartbeat_at=ago(minutes=9), promoted_at=ago(minutes=55))

    found = whats(worker, LINES[:3])

    assert "promoted to active" in found
    assert found[-1] == (
        "not on record: its first heartbeat, its end: the row still says active"
    )


def test_a_worker_given_up_without_a_reason() -> None:
    """Says that none was written down."""
    worker = a_worker(status="error", error_at=ago(minutes=1))

    assert "given up: no reason given" in whats(worker)
