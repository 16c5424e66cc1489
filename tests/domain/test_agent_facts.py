from typing import Any

import pytest

from bot.domain.agent_facts import AgentFacts, agent_facts
from bot.domain.agent_limits import BeatAge
from bot.domain.agent_lives import Way
from bot.domain.agent_names import AgentKind, Lane
from bot.domain.file_queue import ActiveTask, Agent, Locks, Signal, ThermalPause
from bot.domain.workers import WorkerId
from tests.file_queues import (
    BRAIN,
    FILE,
    OTHER,
    a_file,
    a_life,
    a_queue,
    an_agent,
    busy,
)
from tests.world import NOW, a_line, ago

GPU = WorkerId("gpu-1")


def facts(id: str = GPU, lines: Any = (), **given: Any) -> AgentFacts:
    found = agent_facts(a_queue(**given), WorkerId(id), lines, NOW)
    assert found is not None
    return found


def waiting(id: str = OTHER, **given: Any) -> Any:
    return a_file(id, lane=Lane.QUEUE, **given)


def test_an_agent_that_never_beat_is_told_by_its_lines() -> None:
    """Alone; one that never wrote any tells nothing."""
    lines = [a_line("Claimed cpu task: 3a333f8c")]
    found = facts("cpu-pi9", lines, lives=a_life("cpu-pi9"), tasks=(waiting(),))

    assert (found.kind, found.heartbeat) == (AgentKind.CPU, None)
    assert found.begun_at == ago(hours=1)
    assert found.claims is not None
    assert found.claims.claimed == 1
    assert found.idle_because == "cpu-pi9 never beat"


def test_of_an_agent_whose_heartbeat_could_not_be_read_nothing_is_told() -> None:
    """It may be any of those that could not."""
    unread = a_queue(unread=("gpus/gpu_9/heartbeat.json",))

    assert agent_facts(a_queue(agents=None), GPU, (), NOW) is None
    assert agent_facts(unread, WorkerId("gpu-9"), (), NOW) is None
    assert agent_facts(unread, GPU, (), NOW) is not None


def test_what_its_heartbeat_says_is_told() -> None:
    """And what it runs, with the time that it has run."""
    agent = busy(
        FILE,
        hot=True,
        model="qwen",
        claimed_mb=4800,
        budget_mb=115,
        completed=4,
        failed=1,
        error_code="load_exception",
        error_detail="no memory",
        pause=ThermalPause(reasons=("82C",), until=NOW, attempts=2),
        beat_at=ago(seconds=61),
    )
    found = facts(agents=(agent,))

    assert (found.heartbeat, found.hot, found.model) == (BeatAge.AGEING, True, "qwen")
    assert (found.claimed_vram_mb, found.budget_mb) == (4800, 115)
    assert (found.tasks_completed, found.tasks_failed) == (4, 1)
    assert found.error == "load_exception: no memory"
    assert found.pause is not None
    assert (found.pause.attempts, found.pause.reasons) == (2, ("82C",))
    [task] = found.running
    assert (task.task_id, task.running_seconds) == (FILE, 120.0)


def test_a_task_without_a_start_runs_for_an_unknown_time() -> None:
    """Old heartbeats tell none."""
    agent = an_agent(active=(ActiveTask(task_id=FILE),), beat_at=None)
    found = facts(agents=(agent,))

    assert found.running[0].running_seconds is None
    assert (found.heartbeat, found.pause, found.error) == (None, None, None)
    assert not found.undated


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-30, BeatAge.AHEAD),
        (30, BeatAge.WELL),
        (31, BeatAge.AGEING),
        (121, BeatAge.STALE),
        (601, BeatAge.GONE),
    ],
)
def test_a_brain_is_late_sooner(seconds: int, age: BeatAge) -> None:
    """It writes every few seconds, and claims nothing."""
    brain = an_agent("brain", kind=AgentKind.BRAIN, beat_at=ago(seconds=seconds))
    found = facts("brain", agents=(brain,), tasks=(waiting(),))

    assert found.heartbeat is age
    assert (found.claims, found.idle_because) == (None, None)
    assert found.should_claim is None
    assert found.louder == "BRAIN_LOG_LEVEL"


def test_how_it_began_is_told_by_its_last_lines() -> None:
    """Ready counts only after that beginning."""
    life = a_life(
        initialized_at=ago(hours=2), started_at=ago(hours=1), ready_at=ago(minutes=59)
    )
    before = a_life(started_at=ago(hours=1), ready_at=ago(hours=2))

    found, late, none = facts(lives=life), facts(lives=before), facts()

    assert (found.begun_at, found.up_at) == (ago(hours=1), ago(minutes=59))
    assert (late.begun_at, late.up_at) == (ago(hours=1), None)
    assert (none.begun_at, none.up_at) == (None, None)


def test_a_cpu_agent_is_ready_when_it_begins() -> None:
    """It writes one line of its start, and none of levels."""
    agent = an_agent("cpu-pi1", kind=AgentKind.CPU, runtime_state=None)
    found = facts("cpu-pi1", agents=(agent,), lives=a_life("cpu-pi1"))

    assert found.up_at == ago(hours=1)
    assert found.louder is None


def test_signals_that_it_has_not_read_are_told() -> None:
    """Those for others are not."""
    signals = (
        Signal(worker="gpu-1", kind="abort", at=ago(seconds=40)),
        Signal(worker="gpu-1", kind="kill"),
        Signal(worker="gpu-2", kind="stop"),
    )

    assert facts(signals=signals).signals == ("abort, unread for 40 s", "kill")
    assert facts(signals=None).signals == ()


def test_its_lines_are_counted_by_level() -> None:
    """And tell of its claims, where they were read."""
    lines = [a_line("Claimed script task: 3a333f8c"), a_line("x", level="DEBUG")]
    found, unread = facts(lines=lines), facts(lines=None)

    assert found.levels == {"DEBUG": 1, "INFO": 1}
    assert found.claims is not None
    assert found.claims.claimed == 1
    assert (unread.levels, unread.claims) == ({}, None)


def test_the_first_true_reason_why_it_takes_nothing_more_is_told() -> None:
    """What holds it back comes before what it refuses."""
    agent = an_agent(budget_mb=115)
    work = (waiting(vram_estimate_mb=4800),)
    stop = (Signal(worker="gpu-1", kind="stop"),)

    assert facts(agents=(agent,)).idle_because == "nothing waits for an agent"
    assert facts(agents=(agent,), tasks=None).idle_because is None
    assert facts(agents=(agent,), tasks=work).idle_because == (
        "needs 4800 MB, gpu-1 has 115 MB left (3a333f8c)"
    )
    assert facts(agents=(agent,), tasks=work, signals=stop).idle_because == (
        "gpu-1 has a stop signal"
    )


def test_there_is_no_reason_where_it_should_claim_something() -> None:
    """Though it passes over something else."""
    work = (waiting(priority=9, task_class="llm"), waiting(FILE))

    found = facts(tasks=work)

    assert (found.idle_because, found.should_claim) == (None, FILE)
    assert facts(tasks=work[:1]).should_claim is None
    assert facts(tasks=work[:1]).idle_because == (
        "gpu-1 is cold: it takes meta and script, after load_llm llm (3a333f8c)"
    )


def test_locks_that_cannot_be_written_are_the_last_reason() -> None:
    """Only where nothing else holds it back."""
    locks = Locks(total=2, unwritable=2)
    found = facts(tasks=(waiting(),), locks=locks)
    none = facts(tasks=(waiting(task_class="llm"),), locks=locks)

    assert found.idle_because == "2 lock files in tasks/queue cannot be written"
    assert found.should_claim is None
    assert str(none.idle_because).startswith("gpu-1 is cold")


@pytest.mark.parametrize(
    ("agent", "why"),
    [
        (busy(FILE), None),
        (busy(FILE, kind=AgentKind.CPU), "gpu-1 works on 22d25838"),
        (an_agent(meta_task=FILE), "gpu-1 works on 22d25838"),
        (an_agent(kind=AgentKind.WORKER), "gpu-1 works on 22d25838"),
    ],
)
def test_only_a_gpu_agent_takes_a_task_beside_another(
    agent: Agent, why: str | None
) -> None:
    """Unless it loads a model; of a worker the task's file tells what it runs."""
    kind = "cpu" if agent.kind is AgentKind.CPU else "script"
    work = (waiting(task_class=kind), a_file())
    found = facts(agents=(agent,), tasks=work)

    assert found.idle_because == why
    assert found.should_claim == (OTHER if why is None else None)


@pytest.mark.parametrize(
    ("life", "way", "why"),
    [
        ({"stopped_at": ago(seconds=5)}, Way.STOPPED, "gpu-1 was stopped"),
        ({"crashed_at": ago(seconds=5)}, Way.CRASHED, "gpu-1 crashed"),
    ],
)
def test_one_that_ended_takes_nothing_for_that(
    life: dict[str, Any], way: Way, why: str
) -> None:
    """Though its heartbeat is fresh."""
    found = facts(lives=a_life(**life), agents=(an_agent(),), brain=BRAIN)

    assert (found.ended, found.idle_because) == (way, why)


def test_who_won_its_races_is_told_by_the_tasks_files() -> None:
    """As far as they are there, and say so."""
    lines = [
        a_line("Lost race: 22d25838 (claimed by another worker)"),
        a_line("Lost race: 3a333f8c (claimed by another worker)"),
        a_line("Lost race: 00000000 (claimed by another worker)"),
    ]
    tasks = (a_file(FILE, worker=WorkerId("gpu-2")), waiting())

    assert facts(lines=lines, tasks=tasks).lost_to == {"gpu-2": 1}
    assert facts(lines=lines, tasks=None).lost_to == {}
    assert facts(lines=None).lost_to == {}
