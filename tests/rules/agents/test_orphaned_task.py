from dataclasses import replace
from typing import Any

import pytest

from bot.domain.file_queue import Configured
from bot.domain.findings import Severity
from bot.domain.workers import WorkerId
from tests.file_queues import (
    BRAIN,
    FILE,
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

RULE = "orphaned-task"
GONE = busy(FILE, beat_at=ago(seconds=175))
OLD = a_sidecar(updated_at=ago(seconds=175))


def orphan(**given: Any) -> Any:
    values: dict[str, Any] = {"started_at": ago(minutes=9), "sidecar": OLD}
    return a_file(**(values | given))


@pytest.mark.parametrize(
    ("task", "agent"),
    [
        (orphan(), busy(FILE)),
        (orphan(), busy(FILE[:8])),
        (orphan(), an_agent(meta_task=FILE)),
        (orphan(), busy(FILE, beat_at=ago(seconds=120))),
        (orphan(), an_agent(runtime_state=None)),
        (orphan(sidecar=a_sidecar(updated_at=ago(seconds=30))), an_agent()),
        (
            orphan(sidecar=a_sidecar(updated_at=ago(seconds=100))),
            an_agent(beat_at=ago(seconds=80)),
        ),
        (a_file(started_at=ago(seconds=3), sidecar=None), an_agent()),
        (orphan(), an_agent(beat_at=ago(seconds=160))),
        (orphan(worker="gpu-9", sidecar=a_sidecar()), an_agent()),
        (a_file(worker="gpu-9", started_at=ago(seconds=30), sidecar=None), an_agent()),
        (orphan(worker=None, executor="brain"), an_agent()),
        (orphan(started_at=None, sidecar=None), GONE),
    ],
    ids=[
        *("listed", "cut id", "loads", "120 s", "of february", "30 s", "not yet"),
        *("just claimed", "late", "other's sidecar is fresh", "other took it now"),
        *("the brain's", "no time"),
    ],
)
def test_a_task_on_which_somebody_may_work(task: Any, agent: Any) -> None:
    """A heartbeat lists a new task with its next beat; old ids are cut."""
    case = a_folder(tasks=(task,), agents=(agent,))
    listed = [each for each in found(RULE, case) if "does not list" in each.title]

    assert not listed
    assert agent is GONE or agent.beat_at == ago(seconds=160) or not found(RULE, case)


def test_nothing_is_said_of_what_was_not_read() -> None:
    """Neither folder nor heartbeats."""
    assert not found(RULE, of_queue(None))
    assert not found(RULE, a_folder(tasks=(orphan(),), agents=None))
    assert not found(RULE, a_folder(tasks=(orphan(),), agents=(), unread=("gpu_1",)))


def test_a_task_whose_agent_does_not_beat() -> None:
    """The brain was due to give it back."""
    [one] = found(RULE, a_folder(tasks=(orphan(),), agents=(GONE,)))

    assert one.title == (
        "task 22d25838 is orphaned: gpu-1 has not beaten for 2 min 55 s"
    )
    assert one.severity is Severity.CRITICAL
    assert one.remedy.startswith("the brain was due to queue it again 55 s ago")


def test_the_countdown_to_the_queue() -> None:
    """A crash is known at once; two minutes exactly are the brain's limit."""
    task = orphan(sidecar=a_sidecar(updated_at=ago(seconds=50)))
    lives = a_life(crashed_at=ago(seconds=50))
    agent = busy(FILE, beat_at=ago(seconds=50))

    [one] = found(RULE, a_folder(tasks=(task,), agents=(agent,), lives=lives))

    assert one.title == "task 22d25838 is orphaned: gpu-1 crashed"
    assert one.severity is Severity.WARNING
    assert one.remedy == "the brain queues it again in 1 min 10 s"


def test_a_task_of_a_stopped_agent() -> None:
    """Unless it began after that, as others' clocks say."""
    at = ago(seconds=50)
    lives = a_life(stopped_at=at)
    later = orphan(started_at=ago(seconds=40), sidecar=None)
    case = a_folder(tasks=(orphan(),), agents=(busy(FILE, beat_at=at),), lives=lives)

    [one] = found(RULE, case)

    assert one.title.endswith("gpu-1 was stopped")
    assert not found(
        RULE, a_folder(tasks=(later,), agents=(busy(FILE, beat_at=at),), lives=lives)
    )


def test_a_living_agent_that_does_not_know_of_it() -> None:
    """Though it has beaten since the sidecar was written."""
    [one] = found(RULE, a_folder(tasks=(orphan(),)))

    assert one.title.endswith("gpu-1 does not list it among its tasks")


def test_an_agent_without_a_heartbeat() -> None:
    """Or with one that tells no time."""
    [one] = found(RULE, a_folder(tasks=(orphan(),), agents=(an_agent(beat_at=None),)))

    assert one.title.endswith("gpu-1 has no heartbeat")


def test_an_agent_that_never_beat_works_on_nothing() -> None:
    """Whether config.json names it or nobody knows it."""
    due = Configured(agents={WorkerId("gpu-9"): None})
    task = orphan(worker="gpu-9")
    [unknown] = found(RULE, a_folder(tasks=(task,)))
    [absent] = found(RULE, a_folder(tasks=(task,), configured=due))

    assert unknown.title == "task 22d25838 is orphaned: gpu-9 has no heartbeat"
    assert unknown.severity is Severity.CRITICAL
    assert (unknown.ask, absent.ask) == ("workers", "worker gpu-9")
    assert unknown.evidence[-1] == "no heartbeat.json is that of gpu-9"
    assert absent.evidence[-1].endswith(", though config.json names gpu-9")


def test_a_task_in_progress_that_nobody_took() -> None:
    """Its file names no worker, nor is it one that the brain runs itself."""
    [one] = found(RULE, a_folder(tasks=(orphan(worker=None, sidecar=None),)))

    assert one.title == "task 22d25838 is orphaned: its file names no worker"
    assert one.ask == "workers"


def test_the_brain_of_february_beats_never() -> None:
    """So what it runs itself is no orphan for that."""
    task = orphan(worker="brain", executor="brain")
    old = an_agent("gpu-2", runtime_state=None)

    assert not found(RULE, a_folder(tasks=(task,), agents=(old,), brain=None))


@pytest.mark.parametrize("brain", [None, replace(BRAIN, beat_at=ago(seconds=121))])
def test_without_a_brain_nobody_gives_it_back(brain: Any) -> None:
    """So the brain has to be started first."""
    [one] = found(RULE, a_folder(tasks=(orphan(),), agents=(GONE,), brain=brain))

    assert "start the brain first" in one.remedy


def test_an_old_brain_knows_no_orphans() -> None:
    """Somebody has to move the file."""
    gone = replace(GONE, runtime_state=None)

    [one] = found(RULE, a_folder(tasks=(orphan(),), agents=(gone,), brain=None))

    assert one.remedy.startswith("its brain knows no orphans")
