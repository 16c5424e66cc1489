from dataclasses import replace
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import Double
from bot.domain.tasks import TaskId
from bot.domain.workers import WorkerId
from bot.rules.book import judge
from tests.file_queues import (
    FILE,
    a_decision,
    a_file,
    a_folder,
    a_queue,
    a_sidecar,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import ago

RULE = "double-run"
DONE = a_file(lane=Lane.COMPLETE)


def double(*agents: str, lanes: tuple[Lane, ...] = (Lane.COMPLETE,)) -> Double:
    return Double(
        task_id=TaskId(FILE),
        lanes=lanes,
        agents=tuple(WorkerId(each) for each in agents),
    )


@pytest.mark.parametrize(
    ("file", "agent"),
    [
        (DONE, busy(FILE, agent="gpu-4", beat_at=ago(minutes=9))),
        (
            a_file(lane=Lane.COMPLETE, ended_at=ago(seconds=9)),
            busy(FILE, agent="gpu-4"),
        ),
        (DONE, an_agent()),
        (DONE, an_agent("gpu-4")),
    ],
    ids=["gone", "just ended", "another", "read since"],
)
def test_a_heartbeat_that_is_behind(file: Any, agent: Any) -> None:
    """A lost agent runs nothing; a living one's next beat will tell."""
    case = a_folder(tasks=(file,), agents=(agent,), doubles=(double("gpu-4"),))

    assert not found(RULE, case)
    assert not found(RULE, a_folder(doubles=None, tasks=None))
    assert not found(RULE, of_queue(None))


def test_a_task_that_ended_and_runs_again() -> None:
    """After a forced requeue; who did what, and when."""
    told = (
        a_decision("TASK_REQUEUED_TIMEOUT", FILE[:8]),
        a_decision("RETRY", FILE[:8]),
    )
    case = a_folder(
        tasks=(DONE,),
        agents=(busy(FILE, agent="gpu-4"),),
        doubles=(double("gpu-4"),),
        told=told,
    )

    [one] = found(RULE, case)
    ghost = replace(case.file_queue or a_queue(), sidecars=(a_sidecar(),))

    assert [each.rule for each in judge(replace(case, scene=ghost))] == [RULE]
    assert one.title == (
        "task 22d25838 runs twice: gpu-1 ended it, and gpu-4 runs it again"
    )
    assert len(one.evidence) == 3
    assert one.ask == "worker gpu-4"


def test_a_task_in_two_lanes() -> None:
    """That nobody runs at present."""
    lanes = (Lane.QUEUE, Lane.PROCESSING)

    [one] = found(RULE, a_folder(doubles=(double(lanes=lanes),), agents=None))

    assert one.title.endswith("its file lies in queue and processing")
    assert one.ask == f"task {FILE}"


def test_a_task_in_the_queue_that_somebody_runs() -> None:
    """It replaces that it was orphaned; the agent may tell no start."""
    lanes = (Lane.QUEUE, Lane.PROCESSING)
    file = a_file(started_at=ago(minutes=9), worker=None)
    agent = busy(FILE[:8])
    blank = an_agent("gpu-2", active=(type(agent.active[0])(task_id=FILE),))
    case = a_folder(
        tasks=(file,),
        agents=(agent, blank),
        doubles=(double("gpu-1", "gpu-2", lanes=lanes),),
    )

    [one] = judge(case)

    assert one.title.endswith(
        "gpu-1, gpu-2 run it, and its file lies in queue and processing"
    )
    assert one.evidence[-1] == "gpus/gpu_1/heartbeat.json lists it"


def test_a_file_without_a_worker() -> None:
    """Somebody ended it."""
    file = a_file(lane=Lane.FAILED, worker=None, ended_at=None)
    case = a_folder(
        tasks=(file,),
        agents=(busy(FILE),),
        doubles=(double("gpu-1", lanes=(Lane.FAILED,)),),
    )

    [one] = found(RULE, case)

    assert "one worker ended it" in one.title


def test_a_task_that_is_done_and_waits_again_does_not_run_yet() -> None:
    """Whoever takes it next runs it a second time."""
    lanes = (Lane.QUEUE, Lane.COMPLETE)

    [one] = found(RULE, a_folder(tasks=(DONE,), doubles=(double(lanes=lanes),)))

    assert one.title == (
        "task 22d25838 would run twice: its file lies in queue and complete"
    )
