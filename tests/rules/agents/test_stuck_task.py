from typing import Any

import pytest

from bot.domain.file_queue import BrainState, Incident, ThermalPause
from bot.rules.book import judge
from tests.file_queues import (
    FILE,
    OTHER,
    a_file,
    a_folder,
    a_sidecar,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import ago

RULE = "stuck-task"
QUIET = a_sidecar(updated_at=ago(seconds=601))


def stuck(**given: Any) -> Any:
    values: dict[str, Any] = {"started_at": ago(minutes=11), "sidecar": QUIET}
    return a_file(**(values | given))


def state(**given: Any) -> BrainState:
    values: dict[str, Any] = {"task_ids": (FILE,), "aborts": 1} | given
    return BrainState(incidents=(Incident(id="inc_1", **values),))


@pytest.mark.parametrize(
    ("tasks", "agent"),
    [
        (stuck(sidecar=a_sidecar(updated_at=ago(seconds=600))), busy(FILE)),
        (stuck(sidecar=a_sidecar()), busy(FILE)),
        (stuck(task_class="cpu"), busy(FILE)),
        (stuck(), busy(FILE, pause=ThermalPause())),
        (stuck(), busy(FILE, beat_at=ago(minutes=10))),
        (stuck(worker=None), busy(FILE)),
        (stuck(started_at=None, sidecar=None), busy(FILE)),
    ],
    ids=["600 s", "fresh", "cpu", "heat", "orphan", "unassigned", "no time"],
)
def test_a_task_that_is_not_stuck(tasks: Any, agent: Any) -> None:
    """Each class has its limit, exactly that is well, and heat explains a lot."""
    assert not found(RULE, a_folder(tasks=(tasks,), agents=(agent,)))
    assert not found(RULE, of_queue(None))


def test_a_stuck_task_that_the_brain_has_not_seen() -> None:
    """It aborts at its next cycle."""
    case = a_folder(tasks=(stuck(),), agents=(busy(FILE),))

    [one] = found(RULE, case)

    assert one.title == "task 22d25838 is stuck on gpu-1: no progress for 10 min 1 s"
    assert one.evidence[2] == "the limit is 10 min for script"
    assert one.remedy.startswith("the brain aborts it at its next cycle")
    assert [each.rule for each in judge(case)] == [RULE]


@pytest.mark.parametrize(
    ("given", "next"),
    [
        ({"task_ids": (OTHER,)}, "the brain aborts it at"),
        ({"aborts": 1, "aborted_at": ago(seconds=9)}, "the brain aborts it again"),
        (
            {"aborts": 1, "aborted_at": ago(minutes=16)},
            "the brain was due to abort it again by 2026-01-31 11:44:30Z, and has not",
        ),
        ({"aborts": 2}, "the brain kills it"),
        ({"killed_at": ago(seconds=20)}, "the brain queues it again at"),
        ({"killed_at": ago(seconds=60)}, "the brain was due to queue it again"),
    ],
)
def test_how_far_the_brain_has_gone(given: dict[str, Any], next: str) -> None:
    """Abort, abort, kill, and a minute later the queue."""
    case = a_folder(tasks=(stuck(),), agents=(busy(FILE),), state=state(**given))

    [one] = found(RULE, case)

    assert one.remedy.startswith(next)


def test_a_frozen_agent_whose_task_the_brain_aborts_already() -> None:
    """Its ladder goes on though the heartbeat is stale; the incident may be named."""
    agent = busy(FILE, beat_at=ago(minutes=11))
    named = stuck(incident="inc_1", task_class="")
    saved = state(task_ids=(), aborted_at=ago(seconds=9), killed_at=ago(seconds=1))
    case = a_folder(tasks=(named,), agents=(agent,), state=saved, brain=None)

    assert not found(RULE, case)  # 900 s are the limit of a class nobody knows

    task = stuck(incident="inc_1")
    [one] = found(RULE, a_folder(tasks=(task,), agents=(agent,), state=saved))

    assert one.evidence[-2:] == (
        "incident inc_1: abort sent 1 time, the last at 2026-01-31 11:59:51Z",
        "kill sent at 2026-01-31 11:59:59Z",
    )


def test_a_brain_that_never_came_to_it_is_told() -> None:
    """Its limit was over long ago."""
    task = stuck(
        started_at=ago(minutes=21), sidecar=a_sidecar(updated_at=ago(minutes=20))
    )

    [one] = found(RULE, a_folder(tasks=(task,), agents=(busy(FILE),)))

    assert one.remedy.startswith("the brain was due to abort it by 2026-01-31 11:50:30")


@pytest.mark.parametrize(("seconds", "many"), [(1200, 0), (1201, 1)])
def test_older_brains_go_by_the_time_since_the_start(seconds: int, many: int) -> None:
    """Whatever the sidecar says, if there is one at all."""
    task = stuck(started_at=ago(seconds=seconds), sidecar=None)
    agent = an_agent(runtime_state=None)
    case = a_folder(tasks=(task,), agents=(agent,), brain=None)

    assert len(found(RULE, case)) == many
