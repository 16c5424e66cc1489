from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.domain.agent_lives import (
    End,
    Way,
    agents,
    beats,
    disowns,
    elder,
    end,
    held,
    holder,
    long_gone,
    loss,
    pending,
    progress_at,
    running,
    stale,
    with_ends,
)
from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import Configured
from bot.domain.findings import Severity
from bot.domain.workers import WorkerPhase
from tests.file_queues import (
    BRAIN,
    FILE,
    OTHER,
    a_file,
    a_life,
    a_queue,
    a_sidecar,
    an_agent,
    busy,
)
from tests.world import NOW, a_line, a_worker, ago


@pytest.mark.parametrize(
    "life",
    [
        {},
        {"crashed_at": ago(hours=2)},
        {"stopped_at": ago(minutes=5), "initialized_at": ago(minutes=4)},
        {"crashed_at": ago(seconds=36)},
    ],
    ids=["no end", "started since", "initialized since", "beat since"],
)
def test_an_agent_that_came_back_has_not_ended(life: dict[str, Any]) -> None:
    """Its last line of that kind is of an earlier life."""
    assert end(a_queue(lives=a_life(**life)), an_agent()) is None


def test_of_an_agent_without_lines_no_end_is_known() -> None:
    """Nor of one whose log was not read."""
    assert end(a_queue(lives=None), an_agent(beat_at=ago(hours=1))) is None
    assert end(a_queue(lives=a_life("gpu-2")), an_agent(beat_at=None)) is None


def test_a_crash_counts_more_than_the_shutdown_that_follows_it() -> None:
    """The agent writes both."""
    at = ago(minutes=5)
    lives = a_life(crashed_at=at, stopped_at=at, exception="KeyError")

    found = end(a_queue(lives=lives), an_agent(beat_at=at))

    assert found == End(way=Way.CRASHED, at=at, exception="KeyError")


def test_a_clean_stop_has_no_exception() -> None:
    """Whatever an earlier life ended by; a beat at the same time belongs to it."""
    at = ago(minutes=5)
    lives = a_life(stopped_at=at, exception="old", started_at=None)

    assert end(a_queue(lives=lives), an_agent(beat_at=None)) == End(
        way=Way.STOPPED, at=at
    )


@pytest.mark.parametrize(
    ("beat_at", "lost"),
    [(ago(seconds=120), False), (ago(seconds=121), True), (None, True)],
)
def test_an_agent_is_stale_past_two_minutes(beat_at: datetime, lost: bool) -> None:
    """Exactly 120 s are still well; one that never beat is lost."""
    agent = an_agent(beat_at=beat_at)

    assert stale(agent, NOW) is lost
    assert beats(a_queue(), agent, NOW) is not lost


def test_an_agent_that_ended_a_moment_ago_does_not_beat() -> None:
    """Though its heartbeat is fresh."""
    queue = a_queue(lives=a_life(stopped_at=ago(seconds=4)))

    assert not beats(queue, an_agent(), NOW)


def test_the_brain_is_no_agent() -> None:
    """Wherever it stands."""
    assert agents(a_queue(agents=(BRAIN, an_agent()))) == (an_agent(),)
    assert agents(a_queue(agents=None)) == ()


def test_old_folders_are_told_by_what_they_lack() -> None:
    """No heartbeat of the brain, and no runtime state of any agent."""
    old = an_agent(runtime_state=None)

    assert elder(a_queue(brain=None, agents=(old,)))
    assert elder(a_queue(brain=None, agents=None))
    assert not elder(a_queue(brain=None))
    assert not elder(a_queue(agents=(old,)))


def test_a_task_is_held_by_the_agent_of_its_subprocess() -> None:
    """`gpu-1` is no beginning of `gpu-10`."""
    ten = an_agent("gpu-10")
    task = a_file(worker="gpu-10-w0-22d25838")
    queue = a_queue(tasks=(task,), agents=(an_agent(), ten))

    assert holder(queue, task) == ten
    assert held(queue, ten) == (task,)
    assert held(queue, an_agent()) == ()


def test_a_task_without_a_known_worker_is_held_by_nobody() -> None:
    """The brain holds its own."""
    assert holder(a_queue(), a_file(worker=None)) is None
    assert holder(a_queue(agents=None, brain=None), a_file()) is None
    assert holder(a_queue(), a_file(worker="brain")) == BRAIN
    assert held(a_queue(tasks=(a_file(worker=None),)), an_agent()) == ()


def test_an_agent_disowns_what_it_does_not_list() -> None:
    """By a whole or a cut id, or as its load; some kinds list nothing."""
    cpu = an_agent("cpu-pi1", kind=AgentKind.CPU, runtime_state=None)

    assert disowns(an_agent(), a_file())
    assert disowns(cpu, a_file())
    assert not disowns(busy(FILE[:8]), a_file())
    assert not disowns(an_agent(meta_task=FILE), a_file())
    assert not disowns(an_agent(runtime_state=None), a_file())


def test_what_could_not_be_read_neither_runs_nor_waits() -> None:
    """Nor does the brain's work wait for agents."""
    half = a_file(read=False)
    queued = a_file("1", lane=Lane.QUEUE, read=False)
    plan = a_file("2", lane=Lane.QUEUE, executor="brain")
    queue = a_queue(tasks=(half, queued, plan))

    assert running(queue) == ()
    assert pending(queue) == ()
    assert pending(a_queue(tasks=None)) == running(a_queue(tasks=None)) == ()


def test_urgent_tasks_come_first() -> None:
    """As the agents take them."""
    calm = a_file(FILE, lane=Lane.QUEUE)
    urgent = a_file(OTHER, lane=Lane.QUEUE, priority=10)

    assert pending(a_queue(tasks=(calm, urgent))) == (urgent, calm)


@pytest.mark.parametrize(
    ("minutes", "tasks", "grave"),
    [
        (5, (a_file(),), Severity.CRITICAL),
        (60, (a_file(lane=Lane.QUEUE),), Severity.CRITICAL),
        (10, (), Severity.CRITICAL),
        (11, (), Severity.CRITICAL),
    ],
)
def test_a_loss_is_bad_however_long_since(
    minutes: int, tasks: Any, grave: Severity
) -> None:
    """Whether or not anything waits."""
    agent = an_agent(beat_at=ago(minutes=minutes))

    assert loss(a_queue(tasks=tasks), agent) is grave
    assert long_gone(agent, NOW) is (minutes > 10)


def test_one_that_was_taken_out_of_the_configuration_is_a_warning() -> None:
    """Of no work; cpu agents stand in no configuration."""
    silent, other = an_agent(beat_at=ago(minutes=11)), an_agent("gpu-2")
    cpu = an_agent("cpu-1", kind=AgentKind.CPU, beat_at=ago(minutes=11))
    due = Configured(agents={other.id: None})

    assert loss(a_queue(configured=due), silent) is Severity.WARNING
    assert loss(a_queue(configured=due), other) is Severity.CRITICAL
    assert loss(a_queue(configured=due), cpu) is Severity.CRITICAL
    assert loss(a_queue(configured=due, tasks=(a_file(),)), silent) is Severity.CRITICAL
    assert not long_gone(an_agent(beat_at=None), NOW)


def test_the_newer_of_start_and_sidecar_counts_as_progress() -> None:
    """A sidecar may be left over from an earlier attempt."""
    old = a_sidecar(updated_at=ago(hours=1))

    assert progress_at(a_file(sidecar=old)) == ago(minutes=2)
    assert progress_at(a_file()) == ago(seconds=5)
    assert progress_at(a_file(sidecar=None, started_at=None)) is None


def test_who_lives_stays_what_its_heartbeat_says() -> None:
    """So does who is not in the folder, who never beat, and all where there is none."""
    fleet = [a_worker("gpu-1"), a_worker("brain")]
    absent = a_worker("gpu-1", last_heartbeat_at=None)
    never = a_queue(agents=(an_agent(beat_at=None),))

    for queue in (None, a_queue(), a_queue(lives=a_life()), a_queue(agents=None)):
        assert with_ends(fleet, queue, NOW) == (*fleet,)
    assert with_ends([absent], never, NOW) == (absent,)


def test_who_was_stopped_has_ended_and_did_not_fail() -> None:
    """Whatever its heartbeat goes on to say."""
    queue = a_queue(
        agents=(an_agent(beat_at=ago(minutes=5)),),
        lives=a_life(stopped_at=ago(minutes=5)),
    )

    [one] = with_ends(
        [a_worker("gpu-1", status="active", error_reason="odd")], queue, NOW
    )

    assert (one.status, one.said, one.phase) == ("stopped", "active", WorkerPhase.ENDED)
    assert one.benign_end


@pytest.mark.parametrize("lives", [None, {}], ids=["unread", "no lines"])
def test_who_is_silent_and_left_no_line_is_stale(lives: Any) -> None:
    """Whether it ended nothing tells; the brain is told as agents are."""
    silent = an_agent(beat_at=ago(minutes=5))
    brain = replace(BRAIN, beat_at=ago(minutes=5))
    queue = a_queue(agents=(silent, brain), brain=brain, lives=lives)

    found = with_ends([a_worker("gpu-1"), a_worker("brain")], queue, NOW)

    assert [(each.status, each.said) for each in found] == 2 * [("stale", "active")]
    assert {each.phase for each in found} == {WorkerPhase.ACTIVE}


def test_who_crashed_has_failed() -> None:
    """With the exception as the reason, and when."""
    queue = a_queue(
        agents=(an_agent(beat_at=ago(minutes=5)),),
        lives=a_life(crashed_at=ago(minutes=5), exception="OSError: gone"),
    )

    [one] = with_ends([a_worker("gpu-1")], queue, NOW)

    assert (one.status, one.phase) == ("crashed", WorkerPhase.FAILED)
    assert (one.error_reason, one.error_at) == ("OSError: gone", ago(minutes=5))


def test_who_fell_silent_without_a_word_has_failed_as_well() -> None:
    """That is what the finding says of it; when, its last heartbeat tells."""
    last = a_line("Cycle: active 1", at=ago(minutes=5))
    queue = a_queue(
        agents=(an_agent(beat_at=ago(minutes=5)),), lives=a_life(last_line=last)
    )

    [one] = with_ends([a_worker("gpu-1")], queue, NOW)

    assert (one.status, one.phase) == ("lost", WorkerPhase.FAILED)
    assert one.error_reason == "No heartbeat and no exit line"
    assert one.error_at is None
