"""What the rules say holds for any log: shuffled, with gaps, by clocks that are off.

Lines come from several writers, each with a clock of its own, which puts its own lines
in their true order; they may be lost on the way, and be read in part. What is
confirmed or likely has to be true all the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding
from bot.domain.fleet import Claim, Lost, PodFate
from bot.domain.logs import LogLine
from bot.domain.orchestration import Orchestration
from bot.domain.tasks import Task, TaskId, Wait
from bot.domain.workers import Worker
from bot.rules.book import book, judge
from tests.world import NOW, TASK, WORKER, a_case, a_line, a_pod, a_task, a_worker, ago

EDGE: Final[Mapping[str, Any]] = {"source": "edge_function", "worker_id": None}
OURS: Final[Mapping[str, Any]] = {"source": "orchestrator_gpu", "worker_id": None}
LATER: Final = TaskId("52345358-0000-4000-8000-000000000002")

# A worker that came up, loaded a model, used the VLM and completed a task, and then
# began another one a minute ago: nothing is wrong with it.
HEALTHY: Final = tuple(
    a_line(message, at=ago(seconds=seconds), id=str(n), **{"task_id": TASK, **given})
    for n, (seconds, message, given) in enumerate(
        (
            (3000, f"HEADLESS: Worker {WORKER} started. Polling every 10s.", {}),
            (2900, "Task claimed successfully", EDGE),
            (2899, f"HEADLESS: Processing vace task {TASK}", {}),
            (2898, f"MODEL: 🔄 MODEL SWITCH: {WORKER} switching to a", {}),
            (2864, "MODEL: Loaded model: a", {}),
            (2864, "QUEUE: Model switch completed in 34.0s", {}),
            (2863, f"QUEUE: {WORKER} executing generation for task {TASK}", {}),
            (2862, "TRAVEL: [RAM] Before VLM loading: System=50.0% used", {}),
            (2700, "TRAVEL: [RAM] After VLM cleanup: System=50.0% used", {}),
            (2500, f"QUEUE: Task {TASK} completed in 363.0s", {}),
            (2490, "Task completed successfully", EDGE),
            (2489, f"HEADLESS: Finished task {TASK} (Success: True)", {}),
            (90, "Task claimed successfully", {**EDGE, "task_id": LATER}),
            (89, "HEADLESS: Processing vace task", {"task_id": LATER}),
            (60, "STORAGE_HEALTH [Peter] 54% used", {**OURS, "task_id": None}),
            (58, "✅ SUCCESS: gpu-2 -> pod2", {**OURS, "task_id": None}),
        )
    )
)
# Rules that speak of the log; what the others say rests on rows alone.
OF_THE_LOG: Final = frozenset(
    {
        *("init-crash", "model-load-death", "vlm-hang", "claim-not-started"),
        *("gpu-driver", "disk-full", "no-capacity", "counts-endpoint", "spawn-loop"),
        *("reset-loop", "unclosed-task", "out-of-memory", "not-logging"),
    }
)

skews = st.one_of(st.sampled_from([30, -30, 0]), st.floats(-30, 30)).map(
    lambda seconds: timedelta(seconds=seconds)
)


@st.composite
def seen(
    draw: st.DrawFn, lines: tuple[LogLine, ...]
) -> tuple[tuple[LogLine, ...], bool]:
    """Return lines as somebody may read them, and whether all of them are there."""
    writers = dict.fromkeys((line.source, line.writer) for line in lines)
    clocks = {writer: draw(skews) for writer in writers}
    moved = [
        replace(line, at=line.at + clocks[line.source, line.writer]) for line in lines
    ]
    kept = [line for line in moved if draw(st.booleans())]
    if draw(st.booleans()):
        kept = moved
    return tuple(draw(st.permutations(kept))), len(kept) == len(moved)


def the_case(
    lines: tuple[LogLine, ...], worker: Worker, *tasks: Task, whole: bool
) -> Case:
    return a_case(
        workers=(worker,),
        holders=(worker,),
        tasks=tasks,
        lines=lines,
        logs_read=frozenset({worker.id} if whole else ()),
        task_logs_read=frozenset({TASK, LATER} if whole else ()),
        lines_since=ago(hours=1),
    )


def claimed(case: Case) -> list[Finding]:
    """Return what the log's rules claim, beyond what is merely possible."""
    return [
        found
        for found in judge(case)
        if found.rule in OF_THE_LOG and found.confidence is not Confidence.POSSIBLE
    ]


@settings(max_examples=150)
@given(read=seen(HEALTHY), silent=st.sampled_from([10, 90, 400]), data=st.data())
def test_nothing_untrue_is_said_of_a_worker_that_worked(
    read: tuple[tuple[LogLine, ...], bool], silent: int, data: st.DataObject
) -> None:
    """It loaded, generated, completed; whether it beats now says a row, no line."""
    lines, whole = read
    status = data.draw(st.sampled_from(["active", "crashed", "error"]))
    worker = a_worker(status=status, last_heartbeat_at=ago(seconds=silent))
    tasks = (
        a_task(status="Complete", worker_id=WORKER, generation_created=True),
        a_task(LATER, worker_id=WORKER, started_at=ago(seconds=89)),
    )

    assert not claimed(the_case(lines, worker, *tasks, whole=whole))


# It died 400 s ago, 40 s after it began to load; a load before ended 5 s earlier.
DYING: Final = (
    *HEALTHY[:1],
    a_line("MODEL: MODEL SWITCH: to a", at=ago(seconds=450), task_id=TASK, id="8"),
    a_line("QUEUE: Model switch completed", at=ago(seconds=446), task_id=TASK, id="9"),
    a_line("HEADLESS: Processing", at=ago(seconds=445), task_id=TASK, id="a"),
    a_line("MODEL: MODEL SWITCH: to b", at=ago(seconds=440), task_id=TASK, id="b"),
)


@settings(max_examples=100)
@given(read=seen(DYING))
def test_what_killed_a_worker_is_found_or_not_but_never_another_thing(
    read: tuple[tuple[LogLine, ...], bool],
) -> None:
    """Where all was read, it is found whatever the clocks say."""
    lines, whole = read
    worker = a_worker(status="crashed", last_heartbeat_at=ago(seconds=400))
    task = a_task(worker_id=WORKER, started_at=ago(seconds=445))

    found = claimed(the_case(lines, worker, task, whole=whole))

    assert {each.rule for each in found} <= {"model-load-death"}
    if whole:
        assert [each.rule for each in found] == ["model-load-death"]


# It began a phase 420 s ago and is in it still; a short one ended 2 s before.
HANGING: Final = (
    *HEALTHY[:1],
    a_line("HEADLESS: Processing", at=ago(seconds=440), task_id=TASK, id="a"),
    a_line("[RAM] Before VLM loading", at=ago(seconds=430), task_id=TASK, id="b"),
    a_line("[RAM] After VLM cleanup", at=ago(seconds=422), task_id=TASK, id="c"),
    a_line("[RAM] Before VLM loading", at=ago(seconds=420), task_id=TASK, id="d"),
)


@settings(max_examples=100)
@given(
    read=seen(HANGING),
    status=st.sampled_from(["active", "crashed"]),
    silent=st.sampled_from([10, 90, 310]),
)
def test_where_a_worker_hangs_is_found_or_not_but_never_another_thing(
    read: tuple[tuple[LogLine, ...], bool], status: str, silent: int
) -> None:
    """Where all was read, it is found whatever the clocks say."""
    lines, whole = read
    worker = a_worker(status=status, last_heartbeat_at=ago(seconds=silent))
    task = a_task(worker_id=WORKER, started_at=ago(seconds=445))

    found = claimed(the_case(lines, worker, task, whole=whole))

    assert {each.rule for each in found} <= {"vlm-hang"}
    if whole:
        assert [each.rule for each in found] == ["vlm-hang"]


@settings(max_examples=100)
@given(skew=skews, took=st.integers(0, 120))
@example(skew=timedelta(seconds=-30), took=0)
def test_a_load_that_ended_is_no_death_whatever_the_clock_says(
    skew: timedelta, took: int
) -> None:
    """However short it was."""
    lines = (
        a_line("MODEL SWITCH: b", at=ago(seconds=600) + skew, task_id=TASK),
        a_line(
            "Model switch completed", at=ago(seconds=600 - took) + skew, task_id=TASK
        ),
    )
    worker = a_worker(status="crashed", last_heartbeat_at=ago(seconds=400))
    task = a_task(worker_id=WORKER, started_at=ago(seconds=605))

    assert not claimed(the_case(lines, worker, task, whole=True))


@settings(max_examples=100)
@given(skew=skews, late=st.integers(0, 60))
def test_a_phase_that_may_be_normal_hangs_nobody(skew: timedelta, late: int) -> None:
    """Begun up to six minutes ago; what its line says may be 30 s off."""
    begun = ago(minutes=5, seconds=late) + skew
    line = a_line("[RAM] Before VLM loading", at=begun, task_id=TASK)
    task = a_task(worker_id=WORKER, started_at=ago(minutes=7))

    found = claimed(the_case((line,), a_worker(), task, whole=True))

    assert not [each for each in found if "hangs" in each.title]


@settings(max_examples=100)
@given(skew=skews, order=st.permutations(book("reigh").markers))
def test_a_log_of_nothing_but_marks_breaks_no_rule(
    skew: timedelta, order: list[str]
) -> None:
    """Every text that rules look for, by every writer, in any order."""
    lines = tuple(
        a_line(mark, at=ago(seconds=n) + skew, id=str(n), task_id=TASK, **writer)
        for n, mark in enumerate(order)
        for writer in ({}, EDGE, OURS)
    )
    workers = [a_worker(status=each) for each in ("active", "crashed", "terminated")]
    for worker in workers:
        found = judge(the_case(lines, worker, a_task(worker_id=WORKER), whole=True))

        assert not [each for each in found if each.subject.kind == "rule"]
        assert all(len(each.evidence) <= 5 for each in found)


PARTS: Final[Mapping[str, Any]] = {
    "tasks": (
        a_task(worker_id=WORKER, note="Reset - gone", generation_created=True),
        a_task(LATER, status="Queued", dependencies=(TASK,)),
        a_task("3", status="Failed", error="CUDA out of memory"),
        a_task("4", status="Complete", output="https://a.test/b"),
        a_task("5", task_type="travel_orchestrator", parameters={"num_joins": 9}),
    ),
    "workers": tuple(
        a_worker(f"gpu-{n}", status=status, ram_tier=48, vram_total_mb=0)
        for n, status in enumerate(["active", "crashed", "error", "new", "spawning"])
    ),
    "holders": (a_worker(),),
    "lines": HEALTHY,
    "claims": (Claim(pod=a_pod(), fate=PodFate.ORPHANED, why="so"),),
    "lost": (Lost(worker=a_worker(), why="so"),),
    "queued": 3,
    "claimable": 0,
    "waits": {LATER: Wait(reason=None)},
    "children": {TaskId("5"): ()},
    "finished": {"gpu-0": None},
    "generating": frozenset({"travel_segment"}),
    "orchestration": Orchestration(last_line=None),
    "lines_since": ago(hours=2),
}


@settings(max_examples=200)
@given(given=st.sets(st.sampled_from(sorted(PARTS))), skew=skews)
def test_any_parts_may_be_missing(given: set[str], skew: timedelta) -> None:
    """What was not read leaves a rule silent; it never breaks one."""
    known = {name: PARTS[name] for name in given}

    found = judge(a_case(now=NOW + skew, **known))

    assert not [each for each in found if each.subject.kind == "rule"]
