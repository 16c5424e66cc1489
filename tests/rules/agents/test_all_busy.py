"""All agents work, and more waits."""

from typing import Any

from bot.domain.agent_names import Lane
from bot.domain.findings import Severity
from tests.file_queues import (
    FILE,
    OTHER,
    a_file,
    a_folder,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import ago

RULE = "all-busy"
WAITS = "9bdb254e-0000-4000-8000-000000000003"
DONE = "9bdb254e-0000-4000-8000-000000000004"


def waits(**given: Any) -> Any:
    return a_file(WAITS, **({"lane": Lane.QUEUE} | given))


def test_where_nothing_waits_or_somebody_is_free_nobody_is_too_busy() -> None:
    """Nor where nobody lives, or the folder or a heartbeat was not read."""
    idle = an_agent("gpu-2")
    work = (a_file(), waits())

    assert not found(RULE, a_folder(tasks=(a_file(),), agents=(busy(FILE),)))
    assert not found(RULE, a_folder(tasks=work, agents=(busy(FILE), idle)))
    assert not found(RULE, a_folder(tasks=work, agents=()))
    assert not found(RULE, a_folder(tasks=work, agents=(busy(FILE),), unread=("gpus",)))
    assert not found(RULE, of_queue(None))


def test_what_is_stuck_is_no_work() -> None:
    """Others tell of that."""
    stuck = a_file(started_at=ago(minutes=20), sidecar=None)

    assert not found(RULE, a_folder(tasks=(stuck, waits()), agents=(busy(FILE),)))


def test_all_that_work_are_busy_and_not_stuck() -> None:
    """With the pace of the last five minutes it is told how long that lasts."""
    done = a_file(DONE, lane=Lane.COMPLETE, success=True)
    tasks = (a_file(), waits())
    lanes = dict.fromkeys(Lane, 1)

    [one] = found(
        RULE, a_folder(tasks=(*tasks, done), lanes=lanes, agents=(busy(FILE),))
    )
    [two] = found(
        RULE, a_folder(tasks=tasks, agents=(busy(FILE), busy(OTHER, agent="gpu-2")))
    )

    assert one.severity is Severity.INFO
    assert one.title == (
        "busy, not stuck: the only agent works, 1 waiting, done in about 5 min"
    )
    assert one.evidence == (
        "agents that could take some: 1, at work: 1",
        "0 tasks in progress are past their limit",
        "1 task completed in the last 5 min",
    )
    assert two.title == "busy, not stuck: 2 of 2 agents work, 1 waiting"
    assert two.evidence[2].endswith("is not known")
