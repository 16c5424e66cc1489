"""`task ID`."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime

import pytest

from bot.domain.agent_names import AgentKind, Lane
from bot.domain.errors import (
    Ambiguous,
    Misread,
    NotConfigured,
    NotFound,
    OutOfTime,
    SourceDown,
)
from bot.domain.findings import Severity, Status
from bot.domain.offers import Decision, Fate, Record
from bot.domain.report import Gap, Outcome, Report, Text, Timeline
from bot.domain.services import Backlog, Lost, ServiceScene
from bot.domain.tasks import Task, TaskId
from bot.domain.times import Window
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import Worker, WorkerId
from bot.queries.task import TaskData, TaskFacts, TaskQuery, answer
from bot.sources import Listing, Queue, QueueEntry
from bot.sources.agents.vocabulary import WORDS as AGENTS_WORDS
from tests.file_queues import OTHER as OTHER_FILE
from tests.file_queues import a_file, a_queue, an_agent
from tests.service_scenes import a_scene, a_served_world, told
from tests.world import (
    NOW,
    TASK,
    WORKER,
    FakeTasks,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
    data_of,
    facts_of,
    table_of,
    titles_of,
    words_of,
)

OTHER = TaskId("52345358-0000-4000-8000-000000000002")
THIRD = TaskId("63345358-0000-4000-8000-000000000003")
DOWN = SourceDown("supabase", "cannot be reached")


def row_of(report: Report) -> TaskFacts:
    """Return what JSON tells of the task's row."""
    row = data_of(report, TaskData).task
    assert row is not None
    return row


async def test_data_holds_what_the_row_says() -> None:
    """A complete task tells its times, its spans and where its result lies."""
    task = a_task(
        status="Complete",
        worker_id=WORKER,
        attempts=1,
        created_at=ago(minutes=10),
        started_at=ago(minutes=8),
        processed_at=ago(minutes=3),
        output="https://files.example/a.mp4",
        note="Reset - worker gone",
    )
    world = a_world(tasks=[task], workers=[a_worker()])

    report = await answer(TaskQuery(id=TASK), world.asked())

    found = row_of(report)
    assert {each.name: getattr(found, each.name) for each in fields(found)} == {
        "id": TASK,
        "task_type": "travel_segment",
        "status": "Complete",
        "worker_id": WORKER,
        "attempts": 1,
        "created_at": ago(minutes=10),
        "started_at": ago(minutes=8),
        "processed_at": ago(minutes=3),
        "queue_seconds": 120.0,
        "processing_seconds": 300.0,
        "running_seconds": None,
        "error": None,
        "output": "https://files.example/a.mp4",
        "note": "Reset - worker gone",
    }
    assert report.summary == "travel_segment 41345358 is complete, in 5 min"
    assert report.findings == ()
    assert facts_of(report, "Task")["worked"] == "5 min"


async def test_what_is_not_known_is_none() -> None:
    """A task that never started has no spans and no worker."""
    world = a_world(tasks=[a_task(status="Queued")])

    report = await answer(TaskQuery(id=TASK), world.asked())

    found = data_of(report, TaskData)
    assert row_of(report).queue_seconds is None
    assert row_of(report).worker_id is None
    assert found.worker_status is None
    assert found.related.parent is None
    assert found.related.root is None
    assert report.summary == (
        "travel_segment 41345358 has been waiting for 10 min: no worker is alive,"
        " 0 live workers, 0 starting (confirmed)"
    )
    assert "queue" in words_of(report)
    assert facts_of(report, "Task")["started"] == "never"


async def test_the_whole_id_is_in_the_arguments() -> None:
    """A shortened id is answered with the id that it stands for."""
    world = a_world(tasks=[a_task()])

    report = await answer(TaskQuery(id="4134"), world.asked())

    assert report.arguments == {"id": TASK, "logs_only": False, "hours": 24.0}


async def test_an_id_is_taken_in_capitals() -> None:
    """Ids are copied from everywhere."""
    world = a_world(tasks=[a_task()])

    report = await answer(TaskQuery(id=TASK.upper()), world.asked())

    assert row_of(report).id == TASK


async def test_a_prefix_of_two_tasks_lists_both() -> None:
    """Nobody is left to guess which one was meant."""
    other = TaskId(TASK[:-1] + "2")
    world = a_world(tasks=[a_task(), a_task(other, created_at=ago(hours=1))])

    with pytest.raises(Ambiguous) as raised:
        await answer(TaskQuery(id="4134"), world.asked())

    assert raised.value.candidates == (TASK, other)


@pytest.mark.parametrize("id", ["4134", TASK])
async def test_a_task_that_does_not_exist_is_not_found(id: str) -> None:
    """The hint says how to find recent ones."""
    with pytest.raises(NotFound) as raised:
        await answer(TaskQuery(id=id), a_world().asked())

    assert id in raised.value.message
    assert "tasks --hours 2" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("gpu-20260131", "a worker? try: worker gpu-20260131"),
        ("xyz1", "a task's id is a UUID: the digits 0-9 and a-f"),
    ],
)
async def test_what_cannot_be_a_task_is_refused_before_any_question(
    text: str, hint: str
) -> None:
    """A worker's id is recognised."""
    world = a_world()
    world.tasks.down = DOWN

    with pytest.raises(Misread) as raised:
        await answer(TaskQuery(id=text), world.asked())

    assert raised.value.hint == hint


async def test_the_timeline_is_complete_for_the_window() -> None:
    """Lines of the window that carry the id, oldest first, and no others."""
    lines = [
        a_line("second", task_id=TASK, at=ago(minutes=1)),
        a_line("first", task_id=TASK, at=ago(minutes=2)),
        a_line("too old", task_id=TASK, at=ago(hours=2)),
        a_line("another's", task_id=OTHER),
    ]
    world = a_world(tasks=[a_task()], lines=lines)

    report = await answer(TaskQuery(id=TASK, hours=1), world.asked())

    timeline = data_of(report, TaskData).timeline
    assert [line.message for line in timeline] == ["first", "second"]
    assert report.window is not None
    assert report.window.since == ago(hours=1)
    assert not report.truncated


async def test_logs_only_shows_nothing_else() -> None:
    """The data stays the same."""
    world = a_world(tasks=[a_task()], lines=[a_line(task_id=TASK)])

    report = await answer(TaskQuery(id=TASK, logs_only=True), world.asked())

    assert titles_of(report) == ["Timeline"]
    assert row_of(report).id == TASK
    assert not any("--logs-only" in words for words in words_of(report))


async def test_a_cut_timeline_says_so() -> None:
    """A stated bound never cuts silently."""
    world = a_world(tasks=[a_task()], lines=[a_line(task_id=TASK)])
    world.logs.whole = False

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.truncated
    assert "older log lines were cut at the stated bound" in report.notes


async def test_unread_logs_are_a_gap_and_not_a_cut() -> None:
    """The row is answered all the same."""
    world = a_world(tasks=[a_task()])
    world.logs.down = DOWN
    asked = world.asked()

    report = await answer(TaskQuery(id=TASK), asked)

    assert asked.gaps.all == (Gap(source="supabase", reason="cannot be reached"),)
    assert not report.truncated
    assert report.notes == ()
    assert data_of(report, TaskData).timeline == ()


async def test_no_line_at_all_is_said() -> None:
    """An empty timeline is a fact, and a hint that the window may be too short."""
    world = a_world(tasks=[a_task()])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.notes == ("no log line of the last 24 h carries its id",)


@pytest.mark.parametrize(("hours", "told"), [(24, True), (72, False)])
async def test_a_task_older_than_the_window_is_said(
    hours: float, *, told: bool
) -> None:
    """Unless the window reaches as far as logs are kept."""
    task = a_task(created_at=ago(days=5))
    world = a_world(tasks=[task], lines=[a_line(task_id=TASK)])

    report = await answer(TaskQuery(id=TASK, hours=hours), world.asked())

    assert any("before the window" in note for note in report.notes) is told


async def test_a_running_task_tells_its_worker_and_for_how_long() -> None:
    """Where it is now is the second question people ask."""
    world = a_world(tasks=[a_task(worker_id=WORKER)], workers=[a_worker()])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary == (
        f"travel_segment 41345358 has been in progress for 2 min on {WORKER} (active)"
    )
    assert row_of(report).running_seconds == 120.0
    assert data_of(report, TaskData).worker_status == "active"
    assert facts_of(report, "Task")["worked"] == "2 min"
    held_by = f"{WORKER} (active), last heartbeat 10 s ago"
    assert facts_of(report, "Task")["worker"] == held_by
    assert report.findings == ()


async def test_a_worker_that_beats_this_very_moment_has_no_silence() -> None:
    """A silence of zero is not worth a word."""
    worker = a_worker(last_heartbeat_at=NOW)
    world = a_world(tasks=[a_task(worker_id=WORKER)], workers=[worker])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert facts_of(report, "Task")["worker"] == f"{WORKER} (active)"


@pytest.mark.parametrize(
    ("worker_id", "where"),
    [
        (None, " has been in progress, on no worker"),
        (
            WORKER,
            (
                f" is orphaned: its worker {WORKER} has no row (confirmed); held by"
                f" {WORKER}"
            ),
        ),
    ],
)
async def test_a_running_task_without_a_worker_says_so(
    worker_id: WorkerId | None, where: str
) -> None:
    """Never assigned, or to a worker whose row is gone."""
    task = a_task(worker_id=worker_id, started_at=None)
    world = a_world(tasks=[task])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary == f"travel_segment 41345358{where}"


async def test_an_orphan_is_found() -> None:
    """The worker's state decides, and its finding is shown with the task's."""
    worker = a_worker(status="crashed")
    world = a_world(tasks=[a_task(worker_id=WORKER)], workers=[worker])

    report = await answer(TaskQuery(id=TASK), world.asked())

    rules = {found.rule for found in report.findings}
    assert {"orphaned-task", "crashed-worker"} <= rules
    assert f"worker {WORKER}" in words_of(report)


async def test_a_failed_task_shows_its_error_first() -> None:
    """The first line is in the sentence, the whole text in the first section."""
    error = "CUDA out of memory\nTraceback: …"
    world = a_world(tasks=[a_task(status="Failed", error=error)])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary == (
        "travel_segment 41345358 failed: CUDA out of memory (confirmed)"
    )
    assert report.sections[0] == Text(title="Error", text=error, quoted=True)
    [found] = report.findings
    assert found.rule == "out-of-memory"
    assert found.severity is Severity.CRITICAL
    assert f"task requeue {TASK}" in words_of(report)


@pytest.mark.parametrize(
    ("error", "first"),
    [
        ("CUDA out of memory", f"worker {WORKER}"),
        ("ValueError: no frames", f"task requeue {TASK}"),
    ],
)
async def test_what_would_fail_again_is_not_the_first_to_be_done(
    error: str, first: str
) -> None:
    """It can be queued again all the same, once its cause is mended."""
    task = a_task(status="Failed", error=error, worker_id=WORKER)

    report = await answer(
        TaskQuery(id=TASK), a_world(tasks=[task], workers=[a_worker()]).asked()
    )

    assert words_of(report)[0] == first
    assert f"task requeue {TASK}" in words_of(report)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("no frames. " + "x" * 200, "no frames"),
        ("x" * 200, "x" * 139 + "…"),
    ],
)
async def test_an_error_is_cut_to_fit_into_a_sentence(
    error: str, sentence: str
) -> None:
    """Whatever the system wrote."""
    world = a_world(tasks=[a_task(status="Failed", error=error)])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary == f"travel_segment 41345358 failed: {sentence} (confirmed)"


@pytest.mark.parametrize("error", [None, "  \n "])
@pytest.mark.parametrize(
    ("whole", "hours", "missing"),
    [
        (True, 24, "no line of the last 24 h tells of it: task 41345358 --hours 72"),
        (True, 72, "no line of the last 72 h tells of it"),
        (False, 24, "its lines were not read: ask again"),
    ],
)
async def test_a_failure_without_a_trace_says_what_is_missing(
    error: str | None, whole: bool, hours: float, missing: str
) -> None:
    """And how it can be had."""
    world = a_world(tasks=[a_task(status="Failed", error=error)])
    world.logs.whole = whole

    report = await answer(TaskQuery(id=TASK, hours=hours), world.asked())

    assert report.summary == (
        "cannot tell why travel_segment 41345358 failed, because it left no error text"
        f" and {missing}"
    )


async def test_a_cascade_is_followed_to_the_task_that_failed_by_itself() -> None:
    """However many steps there are."""
    tasks = [
        a_task(TASK, status="Failed", error="Cascaded", cascaded_from=OTHER),
        a_task(OTHER, status="Failed", error="Cascaded", cascaded_from=THIRD),
        a_task(THIRD, status="Failed", error="LoRA missing"),
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root == THIRD
    assert report.summary.endswith(
        "failed because 63345358 did: LoRA missing (confirmed)"
    )
    assert words_of(report)[0] == f"task {THIRD}"
    rows = table_of(report, "Related tasks")
    assert rows[0][:2] == ("root cause", THIRD)


@pytest.mark.parametrize("status", ["Failed", "Cancelled"])
async def test_a_cascade_in_a_circle_has_no_root(status: str) -> None:
    """Broken rows must not keep anybody waiting; who failed by itself nobody knows."""
    tasks = [
        a_task(TASK, status=status, cascaded_from=OTHER),
        a_task(OTHER, status=status, cascaded_from=TASK),
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root is None


async def test_a_cascade_through_a_later_circle_has_none_either() -> None:
    """The circle need not hold the task itself."""
    tasks = [
        a_task(TASK, status="Failed", cascaded_from=OTHER),
        a_task(OTHER, status="Failed", cascaded_from=THIRD),
        a_task(THIRD, status="Failed", cascaded_from=OTHER),
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root is None


async def test_a_cascade_is_followed_for_ten_steps_at_most() -> None:
    """Real ones have two or three."""
    ids = [TaskId(f"41345358-0000-4000-8000-{n:012d}") for n in range(1, 14)]
    tasks = [
        a_task(id, status="Failed", cascaded_from=following)
        for id, following in zip(ids, [*ids[1:], None], strict=True)
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root is None


async def test_a_cause_that_no_longer_exists_is_no_root() -> None:
    """The task's own words are then all there is."""
    task = a_task(status="Failed", error="Cascaded failed", cascaded_from=OTHER)
    world = a_world(tasks=[task])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root is None
    assert report.summary.endswith("failed: Cascaded failed (confirmed)")


async def test_a_coordinator_fell_with_its_first_child_that_failed_by_itself() -> None:
    """Children that fell with another, or did not fail, are no causes."""
    parent = a_task(
        status="Failed",
        task_type="travel_orchestrator",
        error="1 of 3 segments failed",
        sums_up=True,
    )
    first = a_task(
        OTHER,
        status="Failed",
        error="no disk",
        parent=TASK,
        processed_at=ago(minutes=3),
    )
    later = a_task(
        THIRD, status="Failed", error="same", parent=TASK, updated_at=ago(minutes=1)
    )
    fell = replace(first, id=TaskId("7" + OTHER[1:]), cascaded_from=OTHER)
    well = a_task("8" + OTHER[1:], status="Complete", parent=TASK)
    world = a_world(tasks=[parent, later, first, fell, well])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root == OTHER
    assert set(data_of(report, TaskData).related.children) == {
        OTHER,
        THIRD,
        fell.id,
        well.id,
    }
    assert report.summary.endswith("failed because 52345358 did: no disk (confirmed)")


async def test_a_cascade_from_a_coordinator_goes_on_to_its_children() -> None:
    """The coordinator is only the messenger."""
    tasks = [
        a_task(TASK, status="Failed", cascaded_from=OTHER),
        a_task(OTHER, status="Failed", task_type="join_clips_orchestrator"),
        a_task(THIRD, status="Failed", error=None, parent=OTHER),
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root == THIRD
    assert report.summary.endswith(
        "failed because 63345358 did: no error text (confirmed)"
    )


async def test_a_coordinator_whose_children_are_gone_has_no_root() -> None:
    """Its own words are then all there is."""
    world = a_world(tasks=[a_task(status="Failed", task_type="travel_orchestrator")])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).related.root is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "was cancelled"),
        ({"error": "by the user"}, "was cancelled: by the user"),
    ],
)
async def test_a_cancelled_task_says_why_if_anything_does(
    given: dict[str, str], sentence: str
) -> None:
    """Cancelling is no failure."""
    world = a_world(tasks=[a_task(status="Cancelled", **given)])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary == f"travel_segment 41345358 {sentence}"
    assert report.findings == ()


async def test_a_task_cancelled_with_another_names_it() -> None:
    """The other is the root."""
    tasks = [
        a_task(status="Cancelled", cascaded_from=OTHER),
        a_task(OTHER, status="Cancelled"),
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary.endswith("was cancelled with 52345358")


async def test_a_status_that_is_not_known_is_quoted() -> None:
    """The system may learn new words before this program does."""
    world = a_world(tasks=[a_task(status="Paused")])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary.endswith("has the status 'Paused', which is not known here")


async def test_a_complete_task_without_times_is_just_complete() -> None:
    """No span is better than a wrong one."""
    world = a_world(tasks=[a_task(status="Complete", started_at=None)])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary == "travel_segment 41345358 is complete"
    assert "worked" not in facts_of(report, "Task")


async def test_relatives_are_listed_with_their_states() -> None:
    """Parent, children, dependencies and those that wait for it."""
    parent = a_task(OTHER, task_type="travel_orchestrator")
    waits = a_task(THIRD, status="Queued", dependencies=(TASK,))
    before = a_task("7" + OTHER[1:], status="Complete")
    gone = TaskId("8" + OTHER[1:])
    task = a_task(parent=OTHER, dependencies=(before.id, gone))
    world = a_world(tasks=[parent, waits, before, task])

    report = await answer(TaskQuery(id=TASK), world.asked())

    related = data_of(report, TaskData).related
    assert related.parent == OTHER
    assert related.dependencies == (before.id, gone)
    assert related.dependants == (THIRD,)
    assert [row[:4] for row in table_of(report, "Related tasks")] == [
        ("parent", OTHER, "travel_orchestrator", "In Progress"),
        ("waits for it", THIRD, "travel_segment", "Queued"),
        ("dependency", before.id, "travel_segment", "Complete"),
    ]
    assert f"task {OTHER}" in words_of(report)


async def test_a_coordinator_with_a_parent_reads_both() -> None:
    """Relatives in both directions are read at the same time."""
    tasks = [
        a_task(task_type="travel_orchestrator", dependencies=(OTHER,)),
        a_task(OTHER, status="Complete"),
        a_task(THIRD, parent=TASK),
    ]
    world = a_world(tasks=tasks)

    report = await answer(TaskQuery(id=TASK), world.asked())

    related = data_of(report, TaskData).related
    assert related.children == (THIRD,)
    assert related.dependencies == (OTHER,)


async def test_relatives_that_cannot_be_read_are_a_gap() -> None:
    """The task itself is answered all the same."""

    class Alone(FakeTasks):
        async def named(self, ids: object) -> Sequence[Task]:
            raise DOWN

        async def dependants(self, id: TaskId) -> Sequence[Task]:
            raise DOWN

        async def children(self, parent: Task) -> Sequence[Task]:
            raise DOWN

    world = a_world()
    world.tasks = Alone([a_task(task_type="travel_orchestrator", parent=OTHER)])
    asked = world.asked()

    report = await answer(TaskQuery(id=TASK), asked)

    assert len(asked.gaps.all) == 1
    assert data_of(report, TaskData).related.parent == OTHER


async def test_parameters_that_tell_something_are_shown() -> None:
    """Long ones are cut, empty and unknown ones left out, of a mapping its names."""
    parameters = {
        "model_name": "wan_2_2",
        "seed": 7,
        "prompt": "p" * 200,
        "additional_loras": {"https://a.example/x": 1, "https://a.example/y": 1},
        "base_prompt": "",
        "api_secret": "no",
    }
    world = a_world(tasks=[a_task(parameters=parameters)])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert facts_of(report, "Parameters") == {
        "model_name": "wan_2_2",
        "seed": "7",
        "additional_loras": "https://a.example/x https://a.example/y",
        "prompt": "p" * 99 + "…",
    }


async def test_each_next_question_is_offered_once() -> None:
    """The finding's question is the worker's, which is there already."""
    worker = a_worker(status="error", error_reason="gone")
    world = a_world(tasks=[a_task(worker_id=WORKER)], workers=[worker])

    report = await answer(TaskQuery(id=TASK), world.asked())

    words = words_of(report)
    assert len(words) == len(set(words))
    assert words == [
        f"task requeue {TASK}",
        f"worker {WORKER}",
        f"watch task {TASK}",
        f"logs --task {TASK} --hours 72",
    ]


async def test_errors_are_offered_alone_where_there_are_some() -> None:
    """And from the lines alone there is a way back, and one up to the parent."""
    world = a_world(
        tasks=[a_task(parent=OTHER)], lines=[a_line(level="ERROR", task_id=TASK)]
    )

    report = await answer(TaskQuery(id=TASK, logs_only=True), world.asked())

    assert words_of(report) == [
        f"task {TASK}",
        f"logs --task {TASK} --hours 72 --level ERROR",
        f"logs --task {TASK} --hours 72",
        f"task {OTHER}",
    ]


async def test_a_task_that_waits_for_a_failed_one_never_runs() -> None:
    """The verdict says so, and a finding names the other."""
    cause = a_task(OTHER, status="Failed", error="no frames")
    waiting = a_task(status="Queued", dependencies=(OTHER,))
    world = a_world(tasks=[waiting, cause])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary.endswith(
        f"and never runs: it waits for {OTHER[:8]}, which is Failed (confirmed)"
    )
    assert [each.rule for each in report.findings] == ["blocked-task"]


async def test_a_waiting_task_leads_to_what_its_dependency_fell_with() -> None:
    """The root cause is named, shown and offered first."""
    first, fallen = TaskId("5" + TASK[1:]), TaskId("6" + TASK[1:])
    tasks = [
        a_task(status="Queued", dependencies=(fallen,)),
        a_task(fallen, status="Failed", error="Cascaded", cascaded_from=first),
        a_task(first, status="Failed", error="CUDA out of memory"),
    ]

    report = await answer(TaskQuery(id=TASK), a_world(tasks=tasks).asked())

    assert data_of(report, TaskData).related.root == first
    assert words_of(report)[0] == f"task {first}"
    assert table_of(report, "Related tasks")[0][:2] == ("root cause", first)
    [found] = [each for each in report.findings if each.rule == "blocked-task"]
    assert found.ask == f"task {first}"


async def test_a_task_that_is_related_twice_is_listed_once() -> None:
    """The dependency that failed by itself is the root cause as well."""
    tasks = [
        a_task(status="Queued", dependencies=(OTHER,)),
        a_task(OTHER, status="Failed", error="CUDA out of memory"),
    ]

    report = await answer(TaskQuery(id=TASK), a_world(tasks=tasks).asked())

    [row] = table_of(report, "Related tasks")
    assert row[:2] == ("root cause, dependency", OTHER)


async def test_a_failed_task_tells_when_its_row_last_changed() -> None:
    """Failing sets no end; where there is one, it says enough."""
    failed = a_task(status="Failed", updated_at=ago(minutes=1))
    ended = replace(failed, processed_at=ago(minutes=2))

    told = await answer(TaskQuery(id=TASK), a_world(tasks=[failed]).asked())
    enough = await answer(TaskQuery(id=TASK), a_world(tasks=[ended]).asked())

    assert facts_of(told, "Task")["row last changed"] == ago(minutes=1)
    assert "row last changed" not in facts_of(enough, "Task")


async def test_a_dependency_that_is_gone_never_lets_a_task_run() -> None:
    """As the queue says."""
    world = a_world(tasks=[a_task(status="Queued", dependencies=(OTHER,))])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.summary.endswith("52345358, which no longer exists (confirmed)")
    assert [each.rule for each in report.findings] == ["blocked-task"]


async def test_a_dependency_that_was_not_read_may_exist() -> None:
    """Nothing is made up."""

    class Forgetful(FakeTasks):
        async def named(self, ids: object) -> list[Task]:
            raise DOWN

    world = a_world()
    world.tasks = Forgetful([a_task(status="Queued", dependencies=(OTHER,))])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.findings == ()


async def test_a_task_that_waits_for_another_is_not_its_child() -> None:
    """It names no coordinator."""
    tasks = [a_task(), a_task(OTHER, status="Queued", dependencies=(TASK,))]

    report = await answer(TaskQuery(id=TASK), a_world(tasks=tasks).asked())

    related = data_of(report, TaskData).related
    assert (related.children, related.dependants) == ((), (OTHER,))


async def test_a_task_that_failed_may_be_queued_again() -> None:
    """The button only plans."""
    world = a_world(tasks=[a_task(status="Failed", error="CUDA out of memory")])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert f"task requeue {TASK}" in words_of(report)


async def test_a_task_that_runs_well_is_not_to_be_queued_again() -> None:
    """It would be done twice."""
    task = a_task(worker_id=WORKER)
    world = a_world(tasks=[task], workers=[a_worker()])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert not [words for words in words_of(report) if "requeue" in words]


@pytest.mark.parametrize("counts", [{"pending": 1}, None])
async def test_no_queue_is_offered_where_nobody_counts_it(
    counts: Mapping[str, int] | None,
) -> None:
    """As `health` offers none then."""
    backlog = counts and Backlog(counts=counts, pending=None, processing=None)
    world = a_served_world(a_scene(backlog=backlog), tasks=[a_task(status="Queued")])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert ("queue" in words_of(report)) is (counts is not None)


async def test_a_waiting_task_is_told_why_it_waits() -> None:
    """By the queue and the workers; what was not judged of it is a gap."""
    gap = Gap(source="supabase", reason="users: credits are not judged")
    world = a_world(
        tasks=[a_task(status="Queued"), a_task("2", status="Queued")],
        workers=[a_worker(status="spawning")],
    )
    world.tasks.untold = (gap,)
    asked = world.asked()

    [found] = (await answer(TaskQuery(id=TASK), asked)).findings

    assert found.title == "task 41345358 waits: workers are starting"
    assert asked.gaps.all == (gap,)


@pytest.mark.parametrize("part", ["queue", "fleet"])
async def test_a_waiting_task_is_answered_without_its_reason(part: str) -> None:
    """What cannot be read is not judged."""
    world = a_world(tasks=[a_task(status="Queued")])
    if part == "queue":

        async def down(now: object) -> None:
            raise SourceDown("supabase", "cannot be reached")

        world.tasks.queue = down  # type: ignore[assignment,method-assign]
    else:
        world.workers.whole = False

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.findings == ()
    waits = "travel_segment 41345358 has been waiting for 10 min"
    missing = "queue was" if part == "queue" else "workers were"
    why = f"; cannot tell why, because the {missing} not all read: ask again"
    assert report.summary == waits + why


async def test_a_complete_task_without_a_generation_is_found() -> None:
    """Of a type whose results become generations."""
    task = a_task(status="Complete", output="https://store.test/a.mp4")
    world = a_world(tasks=[task])
    without = await answer(TaskQuery(id=TASK), world.asked())
    world.tasks.generations = frozenset({task.task_type})

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert without.findings == ()
    assert [found.rule for found in report.findings] == ["missing-generation"]


async def test_a_coordinator_whose_tasks_have_ended_is_stuck() -> None:
    """Its children are read anyway; if they could not be, it may wait rightly."""
    parent = a_task(task_type="travel_orchestrator", parameters={"num_joins": 2})
    parent = replace(parent, started_at=ago(minutes=20))
    child = a_task("2", status="Complete", parent=TASK, processed_at=ago(minutes=9))
    world = a_world(tasks=[parent, child])

    report = await answer(TaskQuery(id=TASK), world.asked())

    [found] = report.findings
    assert found.rule == "parent-stuck"
    assert "it wants 2 segments, of which 1 exist" in found.evidence[0]


async def test_children_that_were_not_read_are_not_missing() -> None:
    """Not read is not none."""

    async def down(parent: object) -> None:
        raise SourceDown("supabase", "cannot be reached")

    parent = a_task(task_type="travel_orchestrator", parameters={"num_joins": 2})
    world = a_world(tasks=[replace(parent, started_at=ago(minutes=20))])
    world.tasks.children = down  # type: ignore[assignment,method-assign]

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert report.findings == ()


@pytest.mark.parametrize(
    ("task", "worker", "said"),
    [
        (a_task(worker_id=WORKER), a_worker(), None),
        (a_task(status="Failed", worker_id=WORKER), a_worker(status="crashed"), None),
        (
            a_task(worker_id=WORKER),
            a_worker(status="crashed", last_heartbeat_at=ago(minutes=4)),
            (
                "the orchestrator queues it again at about 2026-01-31 12:06:30Z, in"
                " 6 min 30 s, once it gives the worker up"
            ),
        ),
        (
            a_task(worker_id=WORKER, attempts=3),
            a_worker(status="crashed"),
            "no: after 3 attempts nothing queues it again by itself",
        ),
        (
            a_task(task_type="travel_orchestrator"),
            None,
            "no: nothing queues a coordinator again by itself: no rule covers it",
        ),
        (
            a_task(status="Queued"),
            a_worker(),
            "it is queued, and runs once a free worker asks, as each does every 10 s",
        ),
    ],
)
async def test_whether_the_system_tries_it_again_by_itself(
    task: Task, worker: Worker | None, said: str | None
) -> None:
    """Only where it is in doubt; with the time, or why not."""
    world = a_world(tasks=[task], workers=[worker] if worker else [])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).retry == said
    assert facts_of(report, "Task").get("will be retried") == said


async def test_a_late_api_worker_is_alive_and_its_task_comes_back() -> None:
    """It has no heartbeat that would tell."""
    worker = a_worker("api-worker-main", runs_on_gpu=False, last_heartbeat_at=None)
    task = a_task(worker_id=worker.id, started_at=ago(minutes=8))
    world = a_world(tasks=[task], workers=[worker])

    report = await answer(TaskQuery(id=TASK), world.asked())

    retry = data_of(report, TaskData).retry or ""
    assert retry.startswith("the orchestrator was due to queue it again")


async def test_a_waiting_task_is_not_retried_past_a_dependency_that_failed() -> None:
    """Nor before what it waits for is complete."""
    cause = a_task(OTHER, status="Failed")
    waiting = a_task(status="Queued", dependencies=(OTHER,))
    world = a_world(tasks=[waiting, cause])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).retry == (
        "no: it waits for 52345358, which is Failed"
    )


async def test_a_task_that_is_held_back_says_by_what() -> None:
    """A dependency that still runs may complete."""
    cause = a_task(OTHER)
    waiting = a_task(status="Queued", dependencies=(OTHER,))
    world = a_world(tasks=[waiting, cause])

    report = await answer(TaskQuery(id=TASK), world.asked())

    retry = data_of(report, TaskData).retry or ""
    assert retry.startswith("it is queued, and held back: ")


async def test_a_task_that_may_be_done_twice_is_freed_with_its_worker() -> None:
    """While its dead worker's pod runs, nothing puts the task back alone."""
    task, dead = a_task(worker_id=WORKER), a_worker(status="crashed")
    there = a_world(tasks=[task], workers=[dead], pods=[a_pod()])
    spent = replace(task, attempts=3)
    unseen = a_world(tasks=[spent], workers=[dead], pods=[a_pod()])

    free = await answer(TaskQuery(id=TASK), there.asked())
    stays = await answer(TaskQuery(id=TASK), unseen.asked())

    assert words_of(free)[0] == f"worker terminate {WORKER}"
    assert not any("requeue" in words for words in words_of(free))
    assert words_of(stays)[0] == f"worker {WORKER}"
    assert [read.source for read in free.reads] == ["supabase", "runpod"]


async def test_a_person_s_wish_is_told_from_the_systems_resets() -> None:
    """The audit is asked only where a task was claimed repeatedly; it may be down."""
    claims = [
        a_line("Task claimed successfully", source="edge_function", task_id=TASK, at=at)
        for at in (ago(minutes=30), ago(minutes=5))
    ]
    done = Record(
        at=ago(minutes=9),
        who="ann",
        action="task requeue",
        decision=Decision.ALLOWED,
        target=TASK,
        outcome=Fate.DONE,
    )

    async def records(window: Window) -> tuple[Record, ...]:
        return (done,)

    async def down(window: Window) -> tuple[Record, ...]:
        raise SourceDown("ledger", "cannot be reached")

    world = a_world(
        tasks=[a_task(worker_id=WORKER)], workers=[a_worker()], lines=claims
    )
    known = replace(world.asked(), records=records)
    unknown = replace(world.asked(), records=down)

    told = await answer(TaskQuery(id=TASK), known)
    untold = await answer(TaskQuery(id=TASK), unknown)

    assert "reset-loop" not in [each.rule for each in told.findings]
    assert "reset-loop" in [each.rule for each in untold.findings]
    assert [gap.failed for gap in unknown.gaps.all] == [False]


def _lost() -> ServiceScene:
    """Return services that took the task in and never stored it."""
    lost = Lost(task_id=TASK, at=ago(minutes=5), request_id="req-1", error=None)
    return a_scene(told=told(lost=(lost,)))


@pytest.mark.parametrize("id", [TASK, TASK[:8]])
async def test_a_task_that_services_never_stored_is_told_by_their_lines(
    id: str,
) -> None:
    """By a part of its id as well; its request can be traced."""
    line = a_line("task.passed_reflex_check", task_id=TASK, worker_id=None)
    world = a_served_world(_lost(), lines=[line])

    report = await answer(TaskQuery(id=id), world.asked())

    assert report.outcome is Outcome.NOT_FOUND
    assert report.summary == (
        "task 41345358 was accepted by the reflex layer and never stored"
    )
    assert [each.rule for each in report.findings] == ["lost-task"]
    assert report.status is Status.CRITICAL
    assert words_of(report)[0] == "trace req-1"
    assert report.arguments["id"] == TASK


async def test_lines_of_a_task_that_no_row_holds_are_told() -> None:
    """Whatever became of it; where there is none, there is no such task."""
    world = a_served_world(a_scene(), lines=[a_line(task_id=TASK)])

    report = await answer(TaskQuery(id=TASK), world.asked())
    with pytest.raises(NotFound):
        await answer(TaskQuery(id=TASK), a_served_world(a_scene()).asked())
    with pytest.raises(NotFound):
        await answer(TaskQuery(id=TASK), a_world(lines=[a_line(task_id=TASK)]).asked())

    assert report.summary == (
        f"no task is called {TASK}; 1 line of the window bears its id"
    )
    assert (report.outcome, report.status) == (Outcome.NOT_FOUND, Status.UNKNOWN)
    assert data_of(report, TaskData).task is None
    assert len(data_of(report, TaskData).timeline) == 1
    assert words_of(report)[0] == f"logs --task {TASK}"


async def test_lines_tell_of_a_task_that_services_cannot_be_asked_about() -> None:
    """By the beginning of its id as well; the answer is not called whole."""
    down = SourceDown("octollm", "answers 500 about it")
    world = a_served_world(a_scene(), lines=[a_line(task_id=TASK)])
    world.tasks.down = down
    asked = world.asked()

    report = await answer(TaskQuery(id=TASK), asked)

    assert report.outcome is Outcome.SOURCE_DOWN
    assert report.summary == (
        "octollm answers 500 about it; 1 line of the window bears its id"
    )
    assert [gap.reason for gap in asked.gaps.all] == ["answers 500 about it"]
    with pytest.raises(SourceDown):
        await answer(TaskQuery(id="4134"), world.asked())

    world.tasks.down = NotConfigured("octollm", "OCTOLLM_DATABASE_URL")
    short = await answer(TaskQuery(id="4134"), world.asked())
    assert short.arguments["id"] == TASK
    assert "1 line of the window bears its id" in short.summary


@pytest.mark.parametrize(
    "down", [None, SourceDown("octollm", "answers 500"), NotConfigured("octollm", "X")]
)
async def test_lines_alone_need_no_row(down: SourceDown | None) -> None:
    """They are all that was asked for; what else there is, is named."""
    world = a_served_world(a_scene(), lines=[a_line(task_id=TASK)])
    world.tasks.down = down
    asked = world.asked()

    report = await answer(TaskQuery(id=TASK, logs_only=True), asked)

    why = f"octollm {down.message}" if down else f"no task is called {TASK}"
    assert report.summary == f"1 line of the window bears its id; {why}"
    assert report.outcome is Outcome.ANSWERED
    assert [it.reason for it in asked.gaps.all] == ([down.message] if down else [])


async def test_a_wider_window_is_kept_by_what_it_leads_to() -> None:
    """Else the lines that were just told would not be found."""
    world = a_served_world(a_scene(), lines=[a_line(task_id=TASK)])

    report = await answer(TaskQuery(id=TASK, hours=200), world.asked())

    assert words_of(report)[0] == f"logs --task {TASK} --hours 200"


async def test_what_agents_say_again_and_again_is_told_once() -> None:
    """Of each, where several wrote of it; with all its lines only where asked for."""
    skipped = "Skipping 41345358: needs 4800MB, only 115MB available"
    lines = [
        a_line(skipped, at=ago(minutes=n), task_id=TASK, source_id=agent)
        for n, agent in ((4, "gpu-1"), (3, "gpu-2"), (2, "gpu-1"))
    ]
    world = a_world(tasks=[a_task()], lines=lines)
    world.vocabulary = AGENTS_WORDS

    report = await answer(TaskQuery(id=TASK), world.asked())
    whole = await answer(TaskQuery(id=TASK, logs_only=True), world.asked())
    timeline, every = report.sections[-1], whole.sections[-1]

    assert isinstance(timeline, Timeline)
    assert [(line.source_id, line.message) for line in timeline.lines] == [
        ("gpu-1", f"{skipped} (2 times until 11:58:00)"),
        ("gpu-2", skipped),
    ]
    assert timeline.writers
    assert "1 line that says the same again is folded: see --json" in report.notes
    assert isinstance(every, Timeline)
    assert len(every.lines) == len(data_of(report, TaskData).timeline) == 3


@pytest.mark.parametrize(("words", "hours"), [(Vocabulary(), 72), (AGENTS_WORDS, 108)])
async def test_an_old_tasks_lines_are_looked_for_as_far_back_as_they_are_kept(
    words: Vocabulary, hours: int
) -> None:
    """In a folder they last as long as their files."""
    world = a_world(tasks=[a_task(created_at=ago(hours=107.5))])
    world.vocabulary = words

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert f"logs --task {TASK} --hours {hours}" in words_of(report)
    assert any(f"task 41345358 --hours {hours} " in note for note in report.notes)


async def test_a_task_of_services_is_told_with_its_title_and_its_routing() -> None:
    """And nothing is offered that can't be done, nor promised."""
    task = a_task(status="Failed", title="sort a list", error="No suitable arm found")
    world = a_served_world(a_scene(), tasks=[task])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert facts_of(report, "Task")["about"] == "sort a list"
    assert "Routing" in titles_of(report)
    assert not [words for words in words_of(report) if "requeue" in words]
    assert data_of(report, TaskData).retry is None


async def test_a_task_is_told_though_its_worker_cannot_be_read() -> None:
    """Nothing is said of a worker that nobody saw, and nothing is offered."""
    began = ago(minutes=8)
    task = a_task(status="In Progress", worker_id=WORKER, started_at=began)
    world = a_world(tasks=[task])
    orphaned = await answer(TaskQuery(id=TASK), world.asked())
    world.tasks.unmet = SourceDown("supabase", "cannot join tasks and workers")
    asked = world.asked()

    report = await answer(TaskQuery(id=TASK), asked)

    assert orphaned.findings
    assert not report.findings
    assert report.summary == (
        f"travel_segment 41345358 has been in progress for 8 min on {WORKER}, which"
        " could not be read"
    )
    assert facts_of(report, "Task")["worker"] == WORKER
    assert data_of(report, TaskData).retry is None
    assert not [each for each in words_of(report) if "requeue" in each]
    assert asked.gaps.all == (
        Gap(source="supabase", reason="cannot join tasks and workers"),
    )


async def test_a_failed_task_is_explained_without_its_worker() -> None:
    """Its row holds the error."""
    task = a_task(status="Failed", worker_id=WORKER, error="ValueError: no frames")
    world = a_world(tasks=[task])
    world.tasks.unmet = DOWN

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert "no frames" in report.summary


async def test_what_took_too_long_is_not_asked_for_again() -> None:
    """The answer is due."""
    world = a_world(tasks=[a_task()])
    world.tasks.unmet = OutOfTime("supabase", "did not answer within 6 s")

    with pytest.raises(OutOfTime):
        await answer(TaskQuery(id=TASK), world.asked())


async def test_a_task_that_nobody_tells_alone_is_as_unread_as_before() -> None:
    """The first failure is told."""
    world = a_world(tasks=[])
    world.tasks.unmet = DOWN

    with pytest.raises(SourceDown, match="cannot be reached"):
        await answer(TaskQuery(id=TASK), world.asked())


async def test_of_a_task_without_a_file_what_is_said_again_is_told_once() -> None:
    """With all its lines in JSON, and where its lines alone were asked for."""
    said = "[ABANDON] Task abandoned after 3 attempts"
    lines = [a_line(said, at=ago(minutes=n), task_id=TASK) for n in (4, 3, 2)]
    world = a_world(lines=lines)
    world.name, world.scene, world.vocabulary = "agents", a_queue(), AGENTS_WORDS
    world.tasks.removed = (TASK,)

    report = await answer(TaskQuery(id=TASK), world.asked())
    whole = await answer(TaskQuery(id=TASK, logs_only=True), world.asked())
    timeline, every = report.sections[-1], whole.sections[-1]

    assert isinstance(timeline, Timeline)
    assert [line.message for line in timeline.lines] == [
        f"{said} (3 times until 11:58:00)"
    ]
    assert report.notes == ("2 lines that say the same again are folded: see --json",)
    assert isinstance(every, Timeline)
    assert len(every.lines) == len(data_of(report, TaskData).timeline) == 3


async def test_of_a_task_without_a_file_older_lines_are_told_where_to_find() -> None:
    """With the hours that reach back to the oldest of them."""
    lines = [a_line("[RETRY] 1", at=ago(hours=n), task_id=TASK) for n in (50, 30)]
    world = a_world(lines=lines)
    world.name, world.scene, world.vocabulary = "agents", a_queue(), AGENTS_WORDS
    world.tasks.removed = (TASK,)

    with pytest.raises(NotFound) as raised:
        await answer(TaskQuery(id=TASK), world.asked())
    report = await answer(TaskQuery(id=TASK, hours=51), world.asked())

    assert raised.value.message == (
        "no file of task 41345358 is left, and no line of the window tells of it"
    )
    assert raised.value.hint.endswith(f" and later do: task {TASK} --hours 51")
    assert report.summary.startswith("no file of task 41345358 is left: ")


async def test_of_a_task_without_a_file_or_a_line_nothing_is_known() -> None:
    """Its sidecar alone bears the id."""
    world = a_world()
    world.name, world.scene, world.vocabulary = "agents", a_queue(), AGENTS_WORDS
    world.tasks.removed = (TASK,)

    with pytest.raises(NotFound, match=f"no task is called {TASK}"):
        await answer(TaskQuery(id=TASK), world.asked())


@pytest.mark.parametrize(
    ("attempts", "said"),
    [
        (1, "it is queued, and held back: first is failed, and tried again"),
        (3, "no: it waits for 3a333f8c, which is Failed"),
    ],
)
async def test_a_dependency_that_is_tried_again_blocks_nothing(
    attempts: int, said: str
) -> None:
    """One that was given up does."""
    failed = a_file(
        OTHER_FILE, lane=Lane.FAILED, status="failed", success=False, attempts=attempts
    )
    first = a_task(OTHER_FILE, status="Failed")
    waits = a_task(status="Queued", dependencies=(first.id,))
    world = a_world(tasks=[waits, first])
    brain = an_agent("brain", kind=AgentKind.BRAIN)
    world.name, world.vocabulary = "agents", AGENTS_WORDS
    world.scene = a_queue(tasks=(failed,), brain=brain)
    why = "first is failed, and tried again"

    async def queue(now: datetime) -> Queue:
        del now
        entry = QueueEntry(task=waits, reason="waits for dependency", detail=why)
        return Queue(entries=Listing((entry,)))

    world.tasks.queue = queue  # type: ignore[method-assign]

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert data_of(report, TaskData).retry == said


LOAD = "MODEL: MODEL SWITCH: gpu-1 switching from (current: A), to B"


async def test_a_model_load_that_bears_no_task_s_id_tells_where_a_task_is() -> None:
    """It stands in the timeline as well; what others of its worker's tasks left not."""
    worker, other = a_worker(), TaskId("52345358-0000-4000-8000-000000000002")
    begun = a_line(f"Processing vace task {TASK}", task_id=TASK, at=ago(minutes=4))
    load = a_line(LOAD, at=ago(minutes=2))
    lines = [begun, load, a_line("of another", task_id=other, at=ago(minutes=1))]
    task = a_task(worker_id=worker.id, started_at=ago(minutes=4))
    world = a_world(tasks=[task], workers=[worker], lines=lines)

    report = await answer(TaskQuery(id=TASK), world.asked())
    bare = await answer(TaskQuery(id=TASK, logs_only=True), world.asked())

    assert "has been in progress for 4 min, at a model load on" in report.summary
    assert data_of(report, TaskData).timeline == (begun, load)
    assert data_of(bare, TaskData).timeline == (begun,)
    assert report.findings == ()


async def test_a_worker_that_logs_nothing_at_its_task_is_told_with_it() -> None:
    """As `worker` tells it."""
    worker = a_worker()
    begun = a_line(f"Processing vace task {TASK}", task_id=TASK, at=ago(minutes=9))
    task = a_task(worker_id=worker.id, started_at=ago(minutes=10))
    world = a_world(tasks=[task], workers=[worker], lines=[begun])

    report = await answer(TaskQuery(id=TASK), world.asked())

    assert [each.rule for each in report.findings] == ["not-logging"]
