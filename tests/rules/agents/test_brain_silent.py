from dataclasses import replace
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.findings import Confidence, Severity
from bot.rules.book import judge
from tests.file_queues import (
    BRAIN,
    OTHER,
    a_decision,
    a_file,
    a_folder,
    a_life,
    a_sidecar,
    an_agent,
    busy,
    found,
    of_queue,
)
from tests.world import ago

RULE = "brain-silent"
DEAD = replace(BRAIN, beat_at=ago(seconds=121))


@pytest.mark.parametrize(
    "brain",
    [
        BRAIN,
        replace(BRAIN, beat_at=ago(seconds=30)),
        replace(BRAIN, beat_at=None),
        None,
    ],
    ids=["alive", "30 s", "no time", "of february"],
)
def test_a_brain_that_beats_or_never_did(brain: Any) -> None:
    """Older ones write no heartbeat; thirty seconds exactly are well."""
    assert not found(RULE, a_folder(brain=brain))
    assert not found(RULE, of_queue(None))


def test_a_brain_that_may_be_thinking() -> None:
    """For up to two minutes."""
    brain = replace(BRAIN, beat_at=ago(seconds=120), state="")

    [one] = found(RULE, a_folder(brain=brain, lanes={Lane.QUEUE: 3}))

    assert one.title == "the brain beats late, after 2 min"
    assert one.severity is Severity.WARNING
    assert one.confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("lanes", "severity"),
    [
        (None, Severity.CRITICAL),
        ({Lane.PRIVATE: 1}, Severity.CRITICAL),
        ({Lane.COMPLETE: 9}, Severity.WARNING),
    ],
)
def test_a_brain_that_is_down(lanes: Any, severity: Severity) -> None:
    """It matters while anything is to do, or while nobody knows."""
    [one] = found(RULE, a_folder(brain=DEAD, lanes=lanes))

    assert one.title == "the brain has not beaten for 2 min 1 s"
    assert one.severity is severity


def test_a_brain_that_was_stopped() -> None:
    """Its last heartbeat says so."""
    [one] = found(RULE, a_folder(brain=replace(DEAD, state="stopping")))

    assert one.title == "the brain was stopped 2 min 1 s ago"


def test_a_brain_that_is_down_stands_before_what_waits_for_it() -> None:
    """And tells that its monitor stalled."""
    gone = busy(agent="gpu-1", beat_at=ago(minutes=9))
    case = a_folder(
        brain=DEAD,
        monitor_at=ago(minutes=3),
        agents=(gone,),
        tasks=(a_file(sidecar=a_sidecar(updated_at=ago(minutes=9))),),
    )

    rules = [each.rule for each in judge(case)]

    assert rules == [RULE, "heartbeat-stale", "orphaned-task"]
    assert "MONITOR" in found(RULE, case)[0].evidence[2]


def test_what_is_down_goes_before_what_failed_once() -> None:
    """A brain concerns everybody, an agent its tasks, a failed task itself."""
    brain = replace(BRAIN, beat_at=ago(hours=1))
    gone = an_agent("gpu-2", beat_at=ago(minutes=5))
    failed = a_file(lane=Lane.FAILED, attempts=3, error="moov atom not found")
    waits = a_file(OTHER, lane=Lane.QUEUE)
    agents = (an_agent(), gone)

    order = judge(a_folder(brain=brain, agents=agents, tasks=(failed, waits)))

    assert [each.rule for each in order][:3] == [
        *("brain-silent", "heartbeat-stale", "bad-input")
    ]
    assert {each.severity for each in order[:3]} == {Severity.CRITICAL}


@pytest.mark.parametrize(
    "given",
    [
        {"lanes": {Lane.COMPLETE: 9}},
        {"told": None},
        {"agents": None},
        {"unread": ("brain/heartbeat.json",)},
        {"monitor_at": ago(minutes=1)},
        {"told": (a_decision("RETRY", OTHER),)},
        {"lives": a_life("brain")},
        {"agents": (an_agent(runtime_state=None),)},
    ],
    ids=[
        *("nothing to do", "no decisions read", "no heartbeats read", "one unread"),
        *("it looked", "it decided", "it wrote", "of february"),
    ],
)
def test_a_brain_that_may_live_without_a_heartbeat(given: dict[str, Any]) -> None:
    """Something tells of it, or was not read, or nobody needs it."""
    values: dict[str, Any] = {"brain": None, "told": (), "lanes": {Lane.PRIVATE: 1}}

    assert not found(RULE, a_folder(**(values | given)))


@pytest.mark.parametrize(("work", "says"), [(1, "1 task is"), (3, "3 tasks are")])
def test_a_brain_that_never_started(work: int, says: str) -> None:
    """Neither a heartbeat nor a decision nor a line of one is there."""
    lanes = {Lane.PRIVATE: work}

    [one] = found(RULE, a_folder(brain=None, told=(), lanes=lanes))

    assert one.title == "the brain never started, as far as the folder tells"
    assert one.evidence[1] == f"{says} not done"
