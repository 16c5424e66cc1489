from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.agent_names import BATCH_ABORTED, AgentKind, Lane
from bot.domain.file_queue import ActiveTask, Agent, FileQueue, Life, Signal
from bot.domain.tasks import TaskPhase
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from tests.file_queues import BATCH, OTHER, a_decision, a_file, a_queue
from tests.world import ago

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ID = "3a333f8c-8470-4efc-81da-07a9419aa14b"


def test_an_agent_tells_its_age_and_what_it_runs() -> None:
    """A heartbeat ahead of us has an age below zero."""
    agent = Agent(
        id=WorkerId("gpu-1"),
        kind=AgentKind.GPU,
        beat_at=NOW + timedelta(hours=1),
        active=(ActiveTask(task_id=ID[:8]),),
    )

    assert agent.age(NOW) == timedelta(hours=-1)
    assert Agent(id=WorkerId("gpu-2"), kind=AgentKind.GPU).age(NOW) is None
    assert agent.runs(ID)
    assert not agent.runs("0206c08f-ab06-46b3-b4c1-56bdd4b67369")


@pytest.mark.parametrize(
    ("lane", "given", "phase"),
    [
        (Lane.PRIVATE, {"success": False}, TaskPhase.WAITING),
        (Lane.QUEUE, {"status": "failed"}, TaskPhase.WAITING),
        (Lane.PROCESSING, {"success": False}, TaskPhase.RUNNING),
        (Lane.COMPLETE, {}, TaskPhase.DONE),
        (Lane.COMPLETE, {"success": True}, TaskPhase.DONE),
        (Lane.COMPLETE, {"ended_because": BATCH_ABORTED}, TaskPhase.DONE),
        (Lane.COMPLETE, {"success": False}, TaskPhase.FAILED),
        (Lane.COMPLETE, {"status": "failed"}, TaskPhase.FAILED),
        (Lane.FAILED, {"success": True}, TaskPhase.FAILED),
        (Lane.FAILED, {"ended_because": BATCH_ABORTED}, TaskPhase.CANCELLED),
    ],
)
def test_a_file_tells_how_far_its_task_is(
    lane: Lane, given: dict[str, Any], phase: TaskPhase
) -> None:
    """By where it lies; among the complete ones by what it says of itself."""
    assert a_file(lane=lane, **given).phase is phase


def test_a_signal_tells_for_how_long_it_lies_there() -> None:
    """If anybody says when it was written."""
    signal = Signal(worker="gpu-1", kind="abort", at=NOW - timedelta(seconds=31))

    assert signal.age(NOW) == timedelta(seconds=31)
    assert Signal(worker="gpu-1", kind="stop").age(NOW) is None


def test_the_agents_that_run_a_task_are_found() -> None:
    """None, where no heartbeat could be read."""
    one = Agent(
        id=WorkerId("gpu-1"), kind=AgentKind.GPU, active=(ActiveTask(task_id=ID),)
    )
    other = Agent(id=WorkerId("gpu-2"), kind=AgentKind.GPU)
    window = Window.before(NOW, hours=1)

    assert FileQueue(window=window, agents=(one, other)).running(ID) == (one,)
    assert FileQueue(window=window).running(ID) == ()


def test_of_a_program_without_lines_no_life_is_known() -> None:
    """Nor where no log was read."""
    life = Life(logger="gpu-1", started_at=NOW)

    assert a_queue(lives={"gpu-1": life}).life("gpu-1") is life
    assert a_queue(lives={"gpu-1": life}).life("gpu-2") == Life(logger="gpu-2")
    assert a_queue(lives=None).life("gpu-1") == Life(logger="gpu-1")


def test_of_the_past_stays_what_ended_in_it_and_what_was_said() -> None:
    """Heartbeats, signals and what waits tell of this moment alone."""
    failed = a_file(lane=Lane.FAILED)
    late = a_file(OTHER, lane=Lane.COMPLETE, ended_at=ago(hours=30))
    said = (a_decision("BATCH_COMPLETE", BATCH),)
    queue = a_queue(tasks=(failed, late, a_file()), told=said)

    assert queue.past == FileQueue(
        window=queue.window, tasks=(failed,), told=said, completed=None
    )
    assert a_queue(tasks=None).past.tasks is None
    assert queue.file(OTHER) is late
    assert queue.file("x") is None
