"""What the agents' brain does by itself."""

from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.agent_retries import retry
from bot.domain.file_queue import BrainState, Incident
from bot.domain.workers import WorkerId
from tests.file_queues import (
    BRAIN,
    FILE,
    OTHER,
    a_file,
    a_queue,
    a_sidecar,
    an_agent,
    busy,
)
from tests.world import NOW, ago


def told(*, file: dict[str, Any] | None = None, **queue: Any) -> str | None:
    """Return what is told of one task on an agent that lives."""
    values = {"agents": (busy(FILE),), "tasks": (a_file(**(file or {})),)}
    return retry(a_queue(**(values | queue)), FILE, NOW)


def an_incident(**given: Any) -> Incident:
    values: dict[str, Any] = {"id": "inc_1", "task_ids": (FILE,), "aborts": 1}
    return Incident(**(values | given))


def test_nothing_need_be_done_about_a_task_at_work() -> None:
    """Nor about one that waits, is done, was not read, or is nobody's."""
    assert told() is None
    assert told(file={"lane": Lane.QUEUE}) is None
    assert told(file={"lane": Lane.COMPLETE, "success": True}) is None
    assert told(file={"read": False}) is None
    assert told(tasks=()) is None
    assert told(file={"worker": None}) is None
    assert told(file={"started_at": None, "sidecar": None}) is None


def test_an_orphan_is_queued_again_after_two_minutes() -> None:
    """Of silence; then the brain was due to."""
    sidecar = a_sidecar(updated_at=ago(seconds=90))
    lost = (an_agent(beat_at=ago(seconds=121)),)
    first = told(agents=lost, file={"sidecar": sidecar})
    late = told(agents=lost, file={"sidecar": None, "started_at": ago(seconds=150)})

    assert first == "the brain queues it again in 30 s"
    assert late is not None
    assert late.startswith("the brain was due to queue it again 30 s ago")


def test_a_task_of_an_agent_that_never_beat_is_an_orphan() -> None:
    """As is one that names no worker."""
    for worker in (WorkerId("gpu-9"), None):
        task = {"worker": worker, "sidecar": None, "started_at": ago(seconds=150)}
        said = told(file=task)

        assert said is not None
        assert said.startswith("the brain was due to queue it again 30 s ago")


def test_without_a_brain_nothing_is_queued_again() -> None:
    """Neither an orphan nor what failed."""
    lost = (an_agent(beat_at=ago(seconds=121)),)
    dead = an_agent("brain", beat_at=ago(seconds=121))
    orphan = told(agents=lost, brain=dead)
    failed = told(brain=dead, file={"lane": Lane.FAILED, "attempts": 1})

    assert orphan is not None
    assert orphan.startswith("no: the brain would queue it again, and is down")
    assert failed == "no: the brain would try it again, and is down"


def test_an_elder_brain_knows_no_orphans() -> None:
    """It beats never, so that it is down cannot be told either."""
    lost = an_agent(beat_at=ago(minutes=5), runtime_state=None)
    elder: dict[str, Any] = {"brain": None, "agents": (lost,)}
    orphan = told(**elder)
    failed = told(**elder, file={"lane": Lane.FAILED, "attempts": 1})

    assert orphan is not None
    assert orphan.startswith("no: its brain knows no orphans")
    assert failed == "the brain tries it again within 30 s: attempt 2 of 3"


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (None, "the brain aborts it at its next cycle, within 30 s"),
        (an_incident(), "the brain aborts it again at its next cycle, within 30 s"),
        (an_incident(aborts=2), "the brain kills it at its next cycle, within 30 s"),
        (
            an_incident(aborts=2, killed_at=ago(seconds=40)),
            "the brain queues it again at 2026-01-31 12:00:20Z, in 20 s",
        ),
        (
            an_incident(aborts=2, killed_at=ago(seconds=70)),
            (
                "the brain was due to queue it again at 2026-01-31 11:59:50Z, 10 s ago:"
                " see whether it lives"
            ),
        ),
    ],
)
def test_what_shows_no_progress_goes_up_the_ladder(
    incident: Incident | None, expected: str
) -> None:
    """Abort, abort, kill, queue."""
    state = BrainState(incidents=(incident,) if incident else ())
    sidecar = a_sidecar(updated_at=ago(seconds=601))
    silent = {"sidecar": sidecar, "started_at": ago(minutes=20)}

    assert told(file=silent, state=state) == expected


def test_exactly_at_its_limit_a_task_may_still_be_at_work() -> None:
    """And one whose agent pauses for heat waits for that."""
    at = {"sidecar": a_sidecar(updated_at=ago(seconds=600)), "started_at": ago(hours=1)}

    assert told(file=at) is None


def test_an_elder_brain_goes_by_the_time_since_the_start() -> None:
    """Whatever the sidecar says."""
    elder: dict[str, Any] = {
        "brain": None,
        "agents": (an_agent(runtime_state=None),),
    }
    late = {"started_at": ago(seconds=1201)}
    early = {"started_at": ago(seconds=1200)}

    assert told(file=late, **elder) == (
        "the brain aborts it at its next cycle, within 30 s"
    )
    assert told(file=early, **elder) is None


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ({"attempts": 1}, "the brain tries it again within 30 s: attempt 2 of 3"),
        ({"attempts": 3}, "no: the brain gave it up after 3 of 3 attempts"),
        (
            {"attempts": 3, "status": "blocked_cloud", "escalation": "e1"},
            "no: the brain gave it up after 3 of 3 attempts; escalation e1 is open",
        ),
        (
            {"status": "abandoned", "ended_because": "batch_aborted_after_fatal_task"},
            "no: it was given up with its batch",
        ),
        (
            {"lane": Lane.COMPLETE, "status": "failed"},
            "no: it lies among the complete tasks, where the brain leaves it",
        ),
    ],
)
def test_what_failed_is_tried_three_times(file: dict[str, Any], expected: str) -> None:
    """Unless the brain has given it up before."""
    assert told(file={"lane": Lane.FAILED} | file) == expected


def test_what_was_put_off_runs_once_a_model_is_loaded() -> None:
    """However often: that is no failure, unless the brain gives it up all the same."""
    file = {"lane": Lane.FAILED, "error": "deferred_model_load", "attempts": 3}
    dead = an_agent("brain", beat_at=ago(seconds=121))
    late, over = told(file=file, brain=dead), told(file={**file, "status": "abandoned"})

    assert told(file=file) == "it was put off, and runs again once a model is loaded"
    assert late is not None
    assert late.startswith("no: the brain would queue it again, and is down")
    assert over == "no: the brain gave it up after 3 of 3 attempts"


def test_the_brain_remembers_other_tasks_as_well() -> None:
    """What it remembers of those is theirs."""
    state = BrainState(incidents=(an_incident(task_ids=(OTHER,)),))

    assert told(state=state, brain=BRAIN) is None
