"""One sentence about a worker: what became of it, how sure, what is left with it."""

from typing import Any

import pytest

from bot.domain.findings import Finding
from bot.domain.logs import LogLine
from bot.domain.worker_verdicts import logging_state, of_worker, state
from bot.domain.workers import Worker
from tests.domain.test_verdicts import a_finding
from tests.world import NOW, TASK, WORKER, a_line, a_task, a_worker, ago

GENERATES = a_line(f"QUEUE: {WORKER} executing generation for task {TASK}")
ORPHAN = a_finding("orphaned-task", "task 41345358 is orphaned: no worker")
DEAD = a_worker(status="crashed")
CRASHED = a_finding("crashed-worker", f"{WORKER} crashed", about=WORKER)


def told(
    worker: Worker,
    *findings: Finding,
    lines: tuple[LogLine, ...] | None = (a_line(),),
    held: int = 0,
    hours: float = 24,
) -> str:
    tasks = [a_task(f"{number}" + TASK[1:]) for number in range(held)]
    return of_worker(
        worker,
        findings,
        tasks=[*tasks, a_task(status="Complete")],
        lines=lines,
        now=NOW,
        otherwise="it stands",
        hours=hours,
    )


def test_a_worker_of_which_nothing_is_found_stands_where_it_stands() -> None:
    """What is wrong beside it is added."""
    assert told(a_worker()) == "it stands"
    assert told(a_worker(), ORPHAN) == (
        "it stands; task 41345358 is orphaned: no worker (likely)"
    )


@pytest.mark.parametrize(
    ("held", "left"),
    [
        (0, ""),
        (1, "; task 01345358 is left with it"),
        (2, "; 2 tasks are left with it"),
    ],
)
def test_a_dead_worker_leaves_tasks(held: int, left: str) -> None:
    """Those in progress alone."""
    verdict = told(DEAD, CRASHED, lines=(GENERATES,), held=held)

    assert verdict == f"{WORKER} crashed, at generation (likely){left}"


def test_a_living_worker_leaves_nothing() -> None:
    """It works on them."""
    found = a_finding("gpu-driver", f"{WORKER} cannot use its GPU", about=WORKER)

    assert told(a_worker(), found, held=1) == f"{WORKER} cannot use its GPU (likely)"


@pytest.mark.parametrize(
    ("lines", "hours", "missing"),
    [
        (None, 24, "its lines were not read: ask again"),
        (
            (),
            24,
            f"no line of the last 24 h is its own: worker {WORKER} --hours 72",
        ),
        ((), 72, "no line of the last 72 h is its own"),
    ],
)
def test_what_cannot_be_told_says_what_is_missing(
    lines: tuple[LogLine, ...] | None, hours: float, missing: str
) -> None:
    """And how it can be had, where it can."""
    verdict = told(DEAD, CRASHED, lines=lines, hours=hours)

    assert verdict == (f"{WORKER} crashed (likely); cannot tell why, because {missing}")


def test_a_reason_in_the_row_is_why() -> None:
    """Without a line as well."""
    worker = a_worker(status="error", error_reason="Pod failed")
    found = a_finding(
        "failed-worker", f"{WORKER} was given up: Pod failed", about=WORKER
    )

    assert (
        told(worker, found, lines=()) == f"{WORKER} was given up: Pod failed (likely)"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "is active, last heartbeat 10 s ago, working on 41345358"),
        ({"last_heartbeat_at": None}, "is called active and has never beaten"),
        ({"status": "spawning"}, "is spawning, made 1 h ago"),
        (
            {"status": "error", "error_reason": "Stuck task"},
            "is error: Stuck task, still holding 41345358",
        ),
    ],
)
def test_a_worker_is_told_by_its_state(given: dict[str, Any], said: str) -> None:
    """Where nothing is wrong with it."""
    assert state(a_worker(**given), [a_task()], NOW) == f"{WORKER} {said}"


@pytest.mark.parametrize(
    ("last", "logging", "said"),
    [
        (None, None, f"cannot tell whether {WORKER} is logging: its lines were not"),
        (None, False, f"{WORKER} is not logging: no line of the window is its own"),
        (a_line(), True, f"{WORKER} is logging: its newest line is 1 min old"),
        (
            a_line(at=ago(minutes=9)),
            False,
            f"{WORKER} is not logging any more: its newest line is 9 min old",
        ),
    ],
)
def test_whether_lines_arrive(
    last: LogLine | None, logging: bool | None, said: str
) -> None:
    """By the newest of its own."""
    assert logging_state(a_worker(), last, logging, NOW).startswith(said)


def test_a_reason_is_cut_to_fit_into_a_sentence() -> None:
    """It may be a whole traceback."""
    worker = a_worker(status="error", error_reason="A" * 5000)

    assert len(state(worker, (), NOW)) < 300
