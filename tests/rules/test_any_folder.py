"""What rules say, and answers tell, holds for any folder: half read, by any clock.

Files vanish, are half written, and bear the times of a host whose zone may be set
wrongly; agents and brains of three generations write different parts.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import agent_levels, agent_telling, long_tasks
from bot.domain.agent_facts import agent_facts
from bot.domain.agent_names import AgentKind, Lane
from bot.domain.agent_shares import shares
from bot.domain.cases import Case
from bot.domain.file_queue import (
    Agent,
    BrainState,
    Configured,
    Double,
    Escalation,
    FileQueue,
    Incident,
    LoadLock,
    Locks,
    LogSize,
    Missing,
    Signal,
    TaskFile,
    ThermalPause,
)
from bot.domain.file_tally import file_tally, lanes_told, work_told
from bot.domain.findings import Confidence
from bot.domain.tasks import Wait
from bot.domain.workers import WorkerId
from bot.rules.book import book, judge
from tests.file_queues import (
    BATCH,
    BRAIN,
    FILE,
    OTHER,
    a_decision,
    a_file,
    a_life,
    a_queue,
    a_sidecar,
    an_agent,
    busy,
    of_queue,
)
from tests.world import NOW, a_line, a_task, a_worker, ago

WORKERS: Final = ("gpu-1", "gpu-2", "cpu-pi1", "worker-1", "brain")
KINDS: Final = (
    *("BATCH_COMPLETE", "RETRY", "ABANDON", "BATCH_ABORTED", "PLAN_CLEANUP"),
    *("GPU_MISSING", "GPU_RECOVERED", "TASK_REQUEUED_TIMEOUT", "DEFERRED_MODEL_LOAD"),
)

times = st.one_of(
    st.none(),
    st.sampled_from([30, 60, 120, 180, 300, 600, 1200]).map(lambda n: ago(seconds=n)),
    st.integers(-7200, 200_000).map(lambda n: ago(seconds=n)),
)
known_times = times.map(lambda at: at or NOW)
skews = st.sampled_from([-3600, -30, 0, 1, 30, 3600]).map(
    lambda n: timedelta(seconds=n)
)
ids = st.sampled_from([FILE, OTHER, FILE[:8], "", "x"])
words = st.one_of(st.none(), st.text(max_size=5))
sidecars = st.builds(
    a_sidecar, updated_at=times, peak_vram_mb=st.sampled_from([None, 0, 900])
)
files = st.builds(
    a_file,
    st.sampled_from([FILE, OTHER, "9bdb254e-c86d-4178-82ad-2b6e69b514f8"]),
    lane=st.sampled_from(Lane),
    read=st.sampled_from([True, True, False]),
    name=st.sampled_from(["", "render", "probe"]),
    task_class=st.sampled_from(["", "script", "llm", "cpu", "meta", "brain", "odd"]),
    status=st.sampled_from(["", "pending", "failed", "blocked_cloud", "abandoned"]),
    executor=st.sampled_from(["", "worker", "brain"]),
    created_at=times,
    started_at=times,
    ended_at=times,
    requeued_at=times,
    worker=st.sampled_from([None, *WORKERS, "gpu-2-w0-22d25838"]),
    attempts=st.sampled_from([None, 0, 3]),
    attempted=st.sampled_from([(), ("gpu-1",), ("gpu-1", "gpu-1"), ("gpu-1", "gpu-2")]),
    plan=st.sampled_from(["", "a", "b"]),
    depends_on=st.sampled_from([(), ("probe",), ("x_{ITEM.id}",)]),
    vram_estimate_mb=st.sampled_from([None, 0, 9000]),
    command=st.sampled_from([None, "load_llm", "unload_llm"]),
    candidates=st.sampled_from([(), ("gpu-2",)]),
    success=st.sampled_from([None, True, False]),
    action=st.sampled_from([None, "allowed", "blocked", "needs_approval"]),
    error=st.one_of(words, st.sampled_from(["CUDA out of memory", "timed out"])),
    runtime_error=words,
    requeue_reason=st.sampled_from([None, "orphan_recovered", "force_kill_timeout"]),
    incident=st.sampled_from([None, "inc_1"]),
    ended_because=st.sampled_from([None, "batch_aborted_after_fatal_task"]),
    sidecar=st.one_of(st.none(), sidecars),
)
agents = st.builds(
    replace,
    st.sampled_from([busy(FILE, agent=id) for id in WORKERS[:-1]]),
    kind=st.sampled_from([AgentKind.GPU, AgentKind.CPU, AgentKind.WORKER]),
    beat_at=times,
    runtime_state=st.sampled_from([None, "cold", "wedged", "loading_single", "odd"]),
    hot=st.sampled_from([None, True, False]),
    pause=st.sampled_from([None, ThermalPause(), ThermalPause(until=NOW)]),
    constrained=st.sampled_from([None, (), ("hot",)]),
    reserved_for=st.sampled_from([None, "", "bench"]),
    budget_mb=st.sampled_from([None, 0, 4800]),
    meta_task=st.sampled_from([None, FILE]),
    gpu=st.sampled_from([None, 1]),
    active=st.sampled_from([(), busy(FILE).active, busy(OTHER[:8]).active]),
)
lives = st.builds(
    a_life,
    st.sampled_from(WORKERS),
    started_at=times,
    crashed_at=times,
    stopped_at=times,
    exception=words,
    last_line=st.one_of(st.none(), known_times.map(lambda at: a_line(at=at))),
)
decisions = st.builds(
    a_decision,
    st.sampled_from(KINDS),
    st.sampled_from([FILE[:8], OTHER[:8], BATCH, "gpu-1", ""]),
    at=known_times,
    batch=st.sampled_from([None, BATCH]),
    plan=st.sampled_from([None, "a", "c"]),
)
states = st.builds(
    lambda incident, missing: BrainState(incidents=(incident,), missing=(missing,)),
    st.builds(
        Incident,
        id=st.just("inc_1"),
        task_ids=st.sampled_from([(), (FILE,)]),
        aborts=st.integers(0, 3),
        aborted_at=times,
        killed_at=times,
    ),
    st.builds(Missing, worker=st.sampled_from(WORKERS), since=times),
)


def some(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return none that was read, or a few."""
    return st.one_of(st.none(), st.lists(of, max_size=4).map(tuple))


queues = st.builds(
    a_queue,
    lanes=st.sampled_from([None, {}, {Lane.QUEUE: 3}]),
    tasks=some(files),
    sidecars=some(sidecars),
    doubles=some(
        st.builds(
            Double,
            task_id=st.sampled_from([FILE, OTHER]),
            lanes=st.sampled_from([(Lane.COMPLETE,), (Lane.QUEUE, Lane.PROCESSING)]),
            agents=st.sampled_from([(), ("gpu-1",), ("gpu-1", "gpu-2")]),
        )
    ),
    agents=some(agents),
    brain=st.one_of(st.none(), times.map(lambda at: replace(BRAIN, beat_at=at))),
    state=st.one_of(st.none(), states),
    signals=some(
        st.builds(
            Signal,
            worker=st.sampled_from(WORKERS),
            kind=st.sampled_from(["stop", "abort", "kill", "restart_workers"]),
            at=times,
            task_id=st.sampled_from([None, FILE]),
        )
    ),
    load_lock=st.one_of(
        st.none(),
        st.builds(LoadLock, worker=st.sampled_from([None, "gpu-1"]), beat_at=times),
    ),
    locks=st.sampled_from(
        [None, Locks(total=3, unwritable=2), Locks(total=9999, unwritable=0)]
    ),
    escalations=some(st.just(Escalation(id="e_1", task_id=FILE))),
    configured=st.sampled_from(
        [None, Configured(), Configured(agents={WorkerId("gpu-7"): None})]
    ),
    completed=st.sampled_from([None, {}, {("gpu-1", "llm"): 9, ("brain", "brain"): 9}]),
    lives=st.one_of(st.none(), lives),
    told=some(decisions),
    monitor_at=times,
    logs=some(st.just(LogSize(path="a", size=10**9))),
)


def shown(queue: FileQueue, skew: timedelta = timedelta(0)) -> Case:
    """Return a case of the folder, and of tasks that wait for each reason."""
    tasks = tuple(
        a_task(id, status="Queued", worker_id=None) for id in (FILE, OTHER, "3")
    )
    waits = {
        tasks[0].id: Wait(reason="no VRAM budget"),
        tasks[1].id: Wait(reason=None),
        tasks[2].id: Wait(reason="dead", detail="gpu-1 has not beaten"),
    }
    lines = (a_line("THERMAL SAFETY SHUTDOWN", worker_id=WorkerId("gpu-1")),)
    case = of_queue(queue, tasks=tasks, waits=waits, lines=lines)
    return replace(case, now=case.now + skew)


@settings(max_examples=300, deadline=None)
@given(queue=queues, skew=skews)
def test_no_rule_breaks_and_every_finding_is_whole(
    queue: FileQueue, skew: timedelta
) -> None:
    """Whatever was read: it has proofs, a remedy, and a rule of the book."""
    found = judge(shown(queue, skew))

    assert not [each for each in found if each.subject.kind == "rule"]
    assert {each.rule for each in found} <= set(book("agents").rules)
    assert all(each.title and each.evidence and each.remedy for each in found)
    assert all(all(each.evidence) for each in found)
    assert all(each.subject.id for each in found)


@settings(max_examples=100, deadline=None)
@given(queue=queues, data=st.data())
def test_the_order_in_which_files_were_read_changes_no_verdict(
    queue: FileQueue, data: st.DataObject
) -> None:
    """Folders are listed in any order; which rules speak, and of what, stays."""
    shuffled: dict[str, Any] = {
        name: tuple(data.draw(st.permutations(part)))
        for name in ("tasks", "agents", "signals", "doubles", "sidecars")
        if (part := getattr(queue, name)) is not None
        and len({getattr(each, "id", each) for each in part}) == len(part)
    }

    found = judge(shown(queue))
    again = judge(shown(replace(queue, **shuffled)))

    told = {(each.rule, each.subject, each.severity) for each in found}
    assert {(each.rule, each.subject, each.severity) for each in again} == told


PARTS: Final = sorted(
    each.name for each in fields(FileQueue) if each.name not in ("window", "gaps")
)


@settings(max_examples=100, deadline=None)
@given(queue=queues, gone=st.sets(st.sampled_from(PARTS)))
def test_any_part_may_be_missing(queue: FileQueue, gone: set[str]) -> None:
    """What could not be read leaves a rule silent; it never breaks one."""
    lost: Mapping[str, Any] = dict.fromkeys(gone)

    found = judge(shown(replace(queue, **lost)))

    assert not [each for each in found if each.subject.kind == "rule"]


def healthy(beat: int, age: int, skew: timedelta) -> FileQueue:
    """Return agents at work of which nothing is wrong, by a clock that is off."""
    at = NOW - timedelta(seconds=beat) + skew
    begun = NOW - timedelta(seconds=age) + skew
    agents: tuple[Agent, ...] = (
        replace(busy(FILE), beat_at=at),
        an_agent("gpu-2", beat_at=at),
    )
    task: TaskFile = a_file(
        started_at=begun, sidecar=a_sidecar(updated_at=max(at, begun))
    )
    return a_queue(
        agents=agents,
        tasks=(task,),
        brain=replace(BRAIN, beat_at=NOW - timedelta(seconds=5) + skew),
        monitor_at=NOW - timedelta(seconds=29) + skew,
        lives=a_life(),
    )


@settings(max_examples=100, deadline=None)
@given(
    beat=st.integers(0, 30),
    age=st.integers(0, 299),
    skew=st.integers(-25, 5).map(lambda n: timedelta(seconds=n)),
)
def test_nothing_is_said_of_agents_that_work(
    beat: int, age: int, skew: timedelta
) -> None:
    """They beat every 30 s, by a clock that may be half a minute behind."""
    found = judge(of_queue(healthy(beat, age, skew)))

    sure = [each for each in found if each.confidence is not Confidence.POSSIBLE]
    assert [each.rule for each in sure if each.rule != "long-running-task"] == []


WORKER = a_worker("gpu-1", last_heartbeat_at=ago(seconds=5))


@settings(max_examples=200, deadline=None)
@given(queue=queues, skew=skews, said=st.lists(st.text(max_size=80), max_size=6))
def test_what_is_told_of_a_folder_holds_for_any(
    queue: FileQueue, skew: timedelta, said: list[str]
) -> None:
    """No section breaks, whatever was read, by whatever clock, or in any words."""
    now = NOW + skew
    lines = tuple(a_line(text, worker_id=WorkerId("gpu-1")) for text in said)
    for agent in queue.agents or ():
        facts = agent_facts(queue, agent.id, lines, now)
        assert facts is not None
        told = agent_telling.sections(facts)
        assert all(value is not None for part in told for _, value in part.rows)
        assert agent_telling.of_start(WORKER, facts, now)[0]
        assert agent_telling.of_claims(WORKER, facts)
        assert agent_telling.standing(WORKER, facts, (), now)
    long = long_tasks.of_files(queue, now)
    assert len(long_tasks.table(long).rows) == len(long)
    tally = file_tally(queue, now)
    if tally is not None:
        lanes_told(tally)
        work_told(tally)
    found = shares(queue, now) or ()
    assert sum(each.share or 0 for each in found) <= 1.01
    agent_levels.table(agent_levels.levels_seen(queue) or ())
