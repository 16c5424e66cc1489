"""`tasks`."""

import shlex
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.errors import Lacks, Misread, NotConfigured, NotFound, SourceDown
from bot.domain.findings import Status
from bot.domain.pages import Border
from bot.domain.report import Gap, Outcome, Report
from bot.domain.services import Waiting
from bot.domain.tasks import Task, TaskId
from bot.domain.vocabulary import Vocabulary
from bot.domain.workers import WorkerId
from bot.queries import book
from bot.queries.tasks import TasksData, TasksQuery, answer
from bot.sources import Listing, TaskSearch
from bot.words import read
from tests.file_queues import FILE, a_file, a_queue, a_sidecar, busy
from tests.service_scenes import a_backlog, a_scene, a_served_world, down
from tests.world import (
    NOW,
    TASK,
    WORKER,
    FakeTasks,
    World,
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

CANNOT = SourceDown("supabase", "cannot be reached")


def _id(number: int) -> str:
    return f"41345358-0000-4000-8000-{number:012d}"


def _asked_by(report: Report, label: str) -> TasksQuery:
    """Return what the button asks."""
    [words] = [each.words for each in report.asks if each.label == label]
    query = read(shlex.split(words), book(), NOW).query
    assert isinstance(query, TasksQuery)
    return query


async def test_data_holds_each_task_of_the_page() -> None:
    """Without the error text, which `failures` has."""
    task = a_task(
        status="Failed",
        worker_id=WORKER,
        created_at=ago(minutes=10),
        started_at=ago(minutes=8),
        processed_at=ago(minutes=3),
        error="out of memory",
    )
    world = a_world(tasks=[task])

    report = await answer(TasksQuery(), world.asked())

    found = data_of(report, TasksData)
    [entry] = found.tasks
    assert {each.name: getattr(entry, each.name) for each in fields(entry)} == {
        "id": TASK,
        "task_type": "travel_segment",
        "title": None,
        "status": "Failed",
        "worker_id": WORKER,
        "attempts": 0,
        "created_at": ago(minutes=10),
        "started_at": ago(minutes=8),
        "processed_at": ago(minutes=3),
        "queue_seconds": 120.0,
        "processing_seconds": 300.0,
    }
    assert [(each.id, each.error) for each in found.failures] == [
        (TASK, "out of memory")
    ]
    assert [found.rule for found in report.findings] == ["out-of-memory"]
    assert table_of(report, "Failures") == [(TASK, "out of memory")]


async def test_counts_and_times_are_of_all_that_match_and_not_of_the_page() -> None:
    """The page is cut at --limit, and says so."""
    tasks = [
        a_task(
            _id(n),
            status="Complete",
            task_type="vace" if n else "flux",
            created_at=ago(minutes=60 + n),
            started_at=ago(minutes=60),
            processed_at=ago(minutes=59),
        )
        for n in range(4)
    ]
    world = a_world(tasks=tasks)

    report = await answer(TasksQuery(limit=2), world.asked())

    found = data_of(report, TasksData)
    assert found.total == 4
    assert found.by_status == {"Complete": 4}
    assert found.by_type == {"vace": 3, "flux": 1}
    assert found.queue_seconds.median == 90.0
    assert found.queue_seconds.max == 180.0
    assert found.processing_seconds.p95 == 60.0
    assert [each.id for each in found.tasks] == [_id(0), _id(1)]
    assert report.truncated
    assert report.notes == ("2 tasks not listed: turn the page, or use --limit",)
    assert report.summary == "4 tasks: 4 Complete"
    assert facts_of(report, "By type") == {"vace": 3, "flux": 1}
    assert table_of(report, "Times")[0] == ("waiting", "1 min 30 s", "3 min", "3 min")


async def test_a_whole_list_is_not_truncated() -> None:
    """As many as the limit are still all."""
    world = a_world(tasks=[a_task(), a_task(_id(2))])

    report = await answer(TasksQuery(limit=2), world.asked())

    assert not report.truncated
    assert report.notes == ()


async def test_what_was_never_measured_has_no_times() -> None:
    """Waiting tasks have started nothing."""
    world = a_world(tasks=[a_task(status="Queued")])

    report = await answer(TasksQuery(), world.asked())

    found = data_of(report, TasksData)
    assert found.queue_seconds.median is None
    assert table_of(report, "Times") == [
        ("waiting", None, None, None),
        ("working", None, None, None),
    ]
    assert found.failures == ()


@pytest.mark.parametrize(
    "given",
    [
        {"status": "in-progress"},
        {"type": "vace"},
        {"worker": WORKER},
        {"worker": "gpu-2026"},
        {"hours": 0.5},
    ],
)
async def test_each_flag_narrows_the_search(given: dict[str, Any]) -> None:
    """A task that differs in just that respect is left out."""
    wanted = a_task(task_type="vace", worker_id=WORKER)
    others = [
        a_task(_id(2), status="Complete", task_type="flux", created_at=ago(hours=2))
    ]
    world = a_world(tasks=[wanted, *others], workers=[a_worker()])

    report = await answer(TasksQuery(**given), world.asked())

    assert [each.id for each in data_of(report, TasksData).tasks] == [TASK]


async def test_a_system_without_batches_says_so() -> None:
    """Before anything is asked."""
    world = a_world()
    world.tasks.down = SourceDown("supabase", "cannot be reached")

    with pytest.raises(Lacks, match="has no batches of tasks") as raised:
        await answer(TasksQuery(batch="20261123_084557"), world.asked())

    assert raised.value.hint.startswith("the agents have them")


async def test_a_status_that_does_not_exist_is_refused() -> None:
    """People know other words for them (systems/reigh.md, 0.5)."""
    with pytest.raises(Misread) as raised:
        await answer(TasksQuery(status="Completed"), a_world().asked())

    assert "did you mean 'Complete'?" in raised.value.hint


async def test_what_cannot_be_a_worker_is_refused() -> None:
    """Before anything is asked."""
    world = a_world()
    world.tasks.down = SourceDown("supabase", "cannot be reached")

    with pytest.raises(Misread, match="cannot be the id of a worker"):
        await answer(TasksQuery(worker="-x"), world.asked())


async def test_no_task_at_all_is_an_answer() -> None:
    """There is then nothing to show."""
    report = await answer(TasksQuery(), a_world().asked())

    assert report.summary == "no task of the window matches"
    assert report.sections == ()
    assert words_of(report) == ["queue"]


@pytest.mark.parametrize(
    ("given", "summary", "words"),
    [
        (
            {"type": "travl_segment"},
            (
                "no task of the window is of type 'travl_segment': did you mean"
                " 'travel_segment'?"
            ),
            ["tasks --type travel_segment"],
        ),
        (
            {"type": "xyzzy", "status": "In Progress"},
            "no task of the window that matches else is of type 'xyzzy'",
            [],
        ),
    ],
)
async def test_a_type_that_no_task_is_of_is_told_with_those_there_are(
    given: dict[str, Any], summary: str, words: list[str]
) -> None:
    """An empty list would look like peace."""
    report = await answer(TasksQuery(**given), a_world(tasks=[a_task()]).asked())

    assert report.summary == summary
    assert facts_of(report, "Types there are") == {"travel_segment": 1}
    assert words_of(report) == words
    assert data_of(report, TasksData).total == 0
    assert report.notes == ()


async def test_types_of_a_search_that_was_cut_are_called_so() -> None:
    """Others may be among the older tasks."""
    world = a_world(tasks=[a_task()])
    world.tasks.whole = False

    report = await answer(TasksQuery(type="xyzzy"), world.asked())

    assert report.notes == ("types are those of the newest tasks",)


async def test_of_no_task_at_all_no_type_is_told() -> None:
    """The window is empty, whatever the type."""
    report = await answer(TasksQuery(type="xyzzy"), a_world().asked())

    assert report.summary == "no task of the window matches"


async def test_a_search_that_was_cut_counts_at_least() -> None:
    """Silence about the rest would be a wrong count."""
    world = a_world(tasks=[a_task()])
    world.tasks.whole = False

    report = await answer(TasksQuery(), world.asked())

    assert report.truncated
    assert report.summary == "at least 1 task: 1 In Progress"
    assert report.notes == ("counts are of the newest 1 tasks: more match",)


async def test_a_total_that_the_source_counted_is_taken() -> None:
    """It may know more than it gave."""

    class Counting(FakeTasks):
        async def search(self, wanted: TaskSearch) -> Listing[Task]:
            return Listing((a_task(),), whole=False, total=7000)

    world = a_world()
    world.tasks = Counting()

    report = await answer(TasksQuery(), world.asked())

    assert data_of(report, TasksData).total == 7000


async def test_unread_error_texts_are_a_gap_and_not_a_cut() -> None:
    """The list is answered all the same."""

    class Mute(FakeTasks):
        async def failed(self, wanted: TaskSearch) -> Listing[Task]:
            raise SourceDown("supabase", "cancelled the query: it took too long")

    world = a_world()
    world.tasks = Mute([a_task(status="Failed", error="no")])
    asked = world.asked()

    report = await answer(TasksQuery(), asked)

    reason = "cancelled the query: it took too long"
    assert asked.gaps.all == (Gap(source="supabase", reason=reason),)
    assert not report.truncated
    assert data_of(report, TasksData).by_status == {"Failed": 1}


async def test_of_many_failures_the_newest_are_judged() -> None:
    """It says of how many the findings speak."""
    tasks = [
        a_task(_id(n), status="Failed", error=None, created_at=ago(minutes=n + 1))
        for n in range(22)
    ]
    world = a_world(tasks=tasks)

    report = await answer(TasksQuery(), world.asked())

    assert len(data_of(report, TasksData).failures) == 22
    assert len(report.findings) == 20
    assert report.notes == ("findings speak of the newest 20 of 22 failures",)
    assert table_of(report, "Failures")[0] == (_id(0), "no error text")
    assert words_of(report) == [f"task {_id(0)}", "tasks --status Failed", "queue"]


async def test_pages_go_to_the_oldest_and_back() -> None:
    """Over a fixed window; each says where it stands, and counts are of all."""
    tasks = [
        a_task(_id(n), status="Queued", created_at=ago(minutes=5)) for n in range(5)
    ]
    world = a_world(tasks=tasks)

    first = await answer(TasksQuery(limit=2, status="queued"), world.asked())
    second = await answer(_asked_by(first, "Older"), world.asked())
    last = await answer(_asked_by(second, "Older"), world.asked())
    back = await answer(_asked_by(last, "Newer"), world.asked())

    pages = [[t.id for t in data_of(r, TasksData).tasks] for r in (first, second, last)]
    assert pages == [[_id(4), _id(3)], [_id(2), _id(1)], [_id(0)]]
    assert data_of(back, TasksData).tasks == data_of(second, TasksData).tasks
    assert data_of(last, TasksData).total == 5
    assert "Older" not in [each.label for each in last.asks]
    assert "1 tasks after the newest 4 of 5" in titles_of(last)
    assert words_of(second)[0] == (
        "tasks --status queued --limit 2 --since 2026-01-30T12:00:00Z"
        f" --until 2026-01-31T12:00:00Z --before 2026-01-31T11:55:00Z/{_id(1)}"
    )


async def test_every_status_is_offered_again() -> None:
    """Where one was asked for."""
    report = await answer(TasksQuery(status="Failed"), a_world().asked())

    assert words_of(report) == ["tasks", "queue"]


async def test_two_borders_are_one_too_many() -> None:
    """They lead two ways."""
    border = Border(at=ago(minutes=1), id="a")

    with pytest.raises(Misread, match="give one of them"):
        await answer(TasksQuery(before=border, after=border), a_world().asked())


async def test_a_worker_that_nobody_knows_is_not_found() -> None:
    """That none of its tasks matches would pass for one that there is."""
    gone = WorkerId(WORKER[:-1] + "e")
    world = a_world(workers=[a_worker()], tasks=[a_task(worker_id=WORKER)])

    with pytest.raises(NotFound, match=f"no worker is called {gone}"):
        await answer(TasksQuery(worker=gone), world.asked())


@pytest.mark.parametrize("status", [None, "Failed"])
async def test_a_worker_that_is_known_may_have_no_task_that_matches(
    status: str | None,
) -> None:
    """By its own row, or by those of tasks that it held."""
    held = a_task(worker_id=WORKER, created_at=ago(hours=30))
    for given in ({"workers": [a_worker()]}, {"tasks": [held]}):
        world = a_world(**given)

        report = await answer(TasksQuery(worker=WORKER, status=status), world.asked())

        assert report.summary == "no task of the window matches"
        assert report.outcome is Outcome.ANSWERED


class Forgetful(FakeTasks):
    """Does not tell what a worker held."""

    async def of_worker(self, id: WorkerId) -> Listing[Task]:
        raise CANNOT


@pytest.mark.parametrize("dark", ["workers", "tasks"])
async def test_whether_there_is_such_a_worker_may_not_be_told(dark: str) -> None:
    """Where neither its row nor what it held can be read."""
    world = a_world()
    if dark == "workers":
        world.workers.down = CANNOT
    else:
        world.tasks = Forgetful()

    report = await answer(TasksQuery(worker=WORKER), world.asked())

    assert report.summary == (
        f"no task of the window matches; whether there is a worker {WORKER} cannot be"
        " told"
    )


async def test_a_worker_without_a_row_may_still_have_tasks() -> None:
    """A whole id is taken as it is."""
    gone = WorkerId(WORKER[:-1] + "e")
    world = a_world(tasks=[a_task(worker_id=gone)])

    report = await answer(TasksQuery(worker=gone), world.asked())

    assert data_of(report, TasksData).total == 1


def a_folders_world() -> World:
    """Return a world whose system keeps a file queue, with a task long in progress."""
    world = a_world(
        tasks=[a_task(FILE, started_at=ago(minutes=6)), a_task(status="Failed")]
    )
    world.scene = a_queue(
        lanes={Lane.PROCESSING: 1},
        tasks=(
            a_file(
                started_at=ago(minutes=12),
                sidecar=a_sidecar(updated_at=ago(minutes=11)),
            ),
        ),
        agents=(busy(FILE),),
    )
    return world


async def test_what_lies_in_a_folder_now_comes_first() -> None:
    """With what is long in progress; other systems tell neither."""
    report = await answer(TasksQuery(), a_folders_world().asked())
    plain = await answer(TasksQuery(), a_world(tasks=[a_task()]).asked())

    data = data_of(report, TasksData)
    assert titles_of(report)[:4] == [
        *("Now", "By worker", "In progress for over 5 min", "By status"),
    ]
    assert data.now is not None
    assert data.now.running == {"script": 1}
    assert [each.id for each in data.long or ()] == [FILE]
    assert "tasks --stuck" in words_of(report)
    nothing = data_of(plain, TasksData)
    assert (nothing.now, nothing.long) == (None, None)


async def test_of_a_folder_only_what_was_asked_for_is_told() -> None:
    """Findings about other tasks are left out, and so is what lies there now."""
    world = a_folders_world()
    query = TasksQuery(status="Failed")

    report = await answer(query, world.asked())

    assert data_of(report, TasksData).now is None
    assert FILE not in {each.subject.id for each in report.findings}


@pytest.mark.parametrize("query", [TasksQuery(), TasksQuery(status="Failed", hours=2)])
async def test_of_a_folder_without_a_task_of_the_window_the_older_are_counted(
    query: TasksQuery,
) -> None:
    """With the words that show them; that nothing is new is no fault."""
    old = [
        a_task(FILE, status="Failed", created_at=ago(hours=80)),
        a_task(status="Failed", created_at=ago(hours=99, minutes=10)),
    ]
    world = a_world(tasks=old)
    world.scene = a_queue()

    report = await answer(query, world.asked())

    assert report.summary == (
        "no task of the window matches; 2 older ones, the newest 3 d 8 h old"
    )
    assert report.findings == ()
    again = await answer(_asked_by(report, "The older ones"), world.asked())
    assert data_of(again, TasksData).total == 2


async def test_failures_alone_are_asked_for_by_the_word_for_all_of_them() -> None:
    """Where a system has one; else by the status that most of them have."""
    world = a_world(tasks=[a_task(status="Failed")])
    plain = await answer(TasksQuery(), world.asked())
    world.vocabulary = Vocabulary(failures="Failed whatever")
    report = await answer(TasksQuery(), world.asked())

    assert "tasks --status Failed" in words_of(plain)
    assert "tasks --status 'Failed whatever'" in words_of(report)


async def test_an_empty_folder_has_no_older_tasks() -> None:
    """Those that could not all be read are at least so many."""
    world = a_world()
    world.scene = a_queue()
    empty = await answer(TasksQuery(), world.asked())
    world = a_world(tasks=[a_task(created_at=ago(hours=80))])
    world.scene = a_queue()
    world.tasks.whole = False
    cut = await answer(TasksQuery(), world.asked())

    assert empty.summary == "no task of the window matches"
    assert "at least 1 older one," in cut.summary


async def test_batches_of_a_folder_are_told_with_all_of_their_tasks() -> None:
    """Not where only some of these were asked for, nor without any of them."""
    world = a_folders_world()
    world.name = "agents"
    plans = [
        a_file(batch="20261123_085214", plan=plan, id=TaskId(f"{n}{FILE[1:]}"))
        for n, plan in enumerate(("one", "two"))
    ]
    world.scene = a_queue(tasks=(*plans,))
    rows = [a_task(each.id, status="In Progress") for each in plans]
    every = a_world(tasks=rows)
    every.name, every.scene = world.name, world.scene

    told = await answer(TasksQuery(), every.asked())
    some = await answer(TasksQuery(status="In Progress"), every.asked())
    none = await answer(TasksQuery(), world.asked())

    assert "shared-batch-id" in {each.rule for each in told.findings}
    assert "shared-batch-id" not in {each.rule for each in some.findings}
    assert "about the rest" in some.notes[-1]
    assert "shared-batch-id" not in {each.rule for each in none.findings}


async def test_those_long_in_progress_can_be_asked_for_alone() -> None:
    """Whatever system they are of."""
    query = TasksQuery(stuck=True)
    folder = await answer(query, a_folders_world().asked())
    rows = [
        a_task(started_at=ago(minutes=30), worker_id=WORKER),
        a_task("6" + TASK[1:]),
    ]
    world = a_world(tasks=rows, workers=[a_worker()])
    plain = await answer(query, world.asked())
    none = await answer(query, a_world().asked())

    assert folder.summary.startswith(
        "1 of 1 task in progress runs for over 5 min, 1 past"
    )
    [long] = data_of(plain, TasksData).long or ()
    assert (long.id, long.stuck) == (TASK, True)
    assert {each.subject.id for each in plain.findings} == {TASK}
    assert words_of(plain)[0] == f"task {TASK}"
    assert none.summary == "none of 0 tasks in progress runs for over 5 min"
    assert none.sections == ()


async def test_the_limit_of_a_services_task_is_its_budget() -> None:
    """As the finding has it; without a word of budgets it is the usual one."""
    task = a_task(started_at=ago(minutes=2))
    minute = timedelta(minutes=1)
    late = Waiting(task_id=task.id, since=ago(minutes=2), allowed=minute)
    backlog = a_backlog(running=(late,))
    world = a_served_world(a_scene(backlog=backlog), tasks=[task])
    untold = a_served_world(a_scene(backlog=None), tasks=[task])

    report = await answer(TasksQuery(stuck=True), world.asked())
    usual = await answer(TasksQuery(stuck=True), untold.asked())

    [long] = data_of(report, TasksData).long or ()
    assert (long.stuck, long.limit_seconds) == (True, 60.0)
    assert [each.rule for each in report.findings] == ["stuck-task"]
    assert data_of(usual, TasksData).long == ()


async def test_tasks_with_titles_are_told_by_them() -> None:
    """Failures also by who had them, and when; findings are those about tasks."""
    failed = a_task(
        status="Failed",
        title="sort a list",
        error="No suitable arm found",
        processed_at=ago(minutes=3),
    )
    scene = a_scene(probes=(down(),))
    world = a_served_world(scene, tasks=[failed])

    report = await answer(TasksQuery(), world.asked())

    assert table_of(report, "Failures") == [
        (TASK, "No suitable arm found", "sort a list", "none", ago(minutes=3))
    ]
    assert table_of(report, "Newest 1 of 1") == [
        (TASK, "sort a list", "Failed", ago(minutes=10))
    ]
    assert {each.subject.kind for each in report.findings} <= {"task"}
    assert data_of(report, TasksData).tasks[0].title == "sort a list"


async def test_tasks_that_cannot_be_listed_are_counted() -> None:
    """It is said what would mend it, and not that a bound had cut anything."""

    class Counted(FakeTasks):
        async def search(self, wanted: TaskSearch) -> Listing[Task]:
            raise NotConfigured("octollm", "OCTOLLM_DATABASE_URL")

    world = a_world()
    world.tasks = Counted(rows=[a_task(status="Queued")])
    asked = world.asked()

    report = await answer(TasksQuery(), asked)

    assert report.summary == "tasks can be counted and not listed: 1 Queued"
    assert data_of(report, TasksData).total == 1
    assert not report.truncated
    assert "OCTOLLM_DATABASE_URL" in report.notes[0]
    assert [gap.failed for gap in asked.gaps.all] == [False]

    world.tasks.rows = []
    empty = await answer(TasksQuery(), world.asked())
    assert empty.summary.endswith("there are none")


async def test_tasks_that_took_long_are_listed_where_that_has_a_limit() -> None:
    """The slowest first, and not without end; those just at the limit are not."""
    world = a_world(
        tasks=[
            a_task(
                f"{n}1345358-0000-4000-8000-000000000001",
                status="completed",
                title="sort",
                started_at=ago(seconds=60 + n),
                processed_at=ago(seconds=60),
            )
            for n in range(9, 22)
        ]
    )
    unlimited = await answer(TasksQuery(), world.asked())
    world.vocabulary = replace(world.vocabulary, slow=timedelta(seconds=10))

    report = await answer(TasksQuery(), world.asked())

    rows = table_of(report, "Took over 10 s: 11 tasks, the slowest 10")
    assert [row[1:] for row in rows[:2]] == [
        ("sort", "21 s", ago(seconds=60)),
        ("sort", "20 s", ago(seconds=60)),
    ]
    assert len(rows) == 10
    assert not any(title.startswith("Took") for title in titles_of(unlimited))


async def test_tasks_of_one_status_are_counted_alone() -> None:
    """And what lines tell of failures is led to, where they have fields."""

    class Counted(FakeTasks):
        async def search(self, wanted: TaskSearch) -> Listing[Task]:
            raise NotConfigured("octollm", "OCTOLLM_DATABASE_URL")

    world = a_world()
    world.tasks = Counted(rows=[a_task(status="Queued"), a_task("2", status="Failed")])

    failed = await answer(TasksQuery(status="failed"), world.asked())

    assert failed.summary == "tasks can be counted and not listed: 1 Failed"
    assert data_of(failed, TasksData).by_status == {"Failed": 1}
    assert "logs --field event=task.failed" in words_of(failed)
    world.logs.fielded = False
    fieldless = await answer(TasksQuery(), world.asked())
    assert "logs --field event=task.failed" not in words_of(fieldless)


async def test_what_can_be_neither_listed_nor_counted_is_no_answer() -> None:
    """The setting is named."""
    world = a_world()
    world.tasks = FakeTasks(down=NotConfigured("octollm", "OCTOLLM_DATABASE_URL"))

    with pytest.raises(NotConfigured):
        await answer(TasksQuery(), world.asked())


@pytest.mark.parametrize("zone", ["", "AGENTS_TZ"])
async def test_tasks_made_later_by_a_wrong_zone_are_told_of(zone: str) -> None:
    """They are in no window; where there are no others, nothing is known."""
    later = [
        a_task(_id(n), created_at=ago(hours=-n), updated_at=ago(hours=-n))
        for n in (6, 5)
    ]
    world, mixed = a_world(tasks=later), a_world(tasks=[*later, a_task()])
    world.vocabulary = mixed.vocabulary = Vocabulary(zone=zone)

    none = await answer(TasksQuery(), world.asked())
    some = await answer(TasksQuery(), mixed.asked())

    told = "left out: 2 tasks made up to 6 h ahead of the clock here: see AGENTS_TZ"
    assert none.summary.removeprefix("no task of the window matches") == (
        f"; {told}" if zone else ""
    )
    assert none.status is (Status.UNKNOWN if zone else Status.OK)
    assert data_of(some, TasksData).total == 1
    assert some.notes == ((told,) if zone else ())


async def test_a_batch_of_after_the_window_is_not_said_to_be_none() -> None:
    """Those of before it and of after it are counted apart, as far as was read."""
    made = [a_task(_id(n), created_at=ago(hours=n)) for n in (1, 2, 9)]
    world, cut = a_world(tasks=made), a_world(tasks=made)
    cut.tasks.whole = False
    query = TasksQuery(batch="20261123_085214", since=ago(hours=8), until=ago(hours=4))
    for each in (world, cut):
        each.vocabulary = Vocabulary(batches=True, zone="AGENTS_TZ")
        each.scene = a_queue()

    report = await answer(query, world.asked())
    bounded = await answer(query, cut.asked())

    assert report.summary == (
        "no task of the window matches; 1 older one, the newest 9 h old; 2 later ones,"
        " the oldest 2 h old"
    )
    assert bounded.summary == (
        "no task of the window matches; at least 1 older one, the newest 9 h old;"
        " at least 2 later ones, the oldest 2 h old"
    )


async def test_a_batch_that_may_lie_elsewhere_is_not_said_to_be_none() -> None:
    """Its tasks bear times of later, or lie where nobody may look."""
    words = Vocabulary(batches=True, zone="AGENTS_TZ")
    query = TasksQuery(batch="20261123_085214")
    ahead = a_world(tasks=[a_task(created_at=ago(hours=-6))])
    hidden, none = a_world(), a_world()
    hidden.tasks.whole = False
    for world in (ahead, hidden, none):
        world.vocabulary, world.scene = words, a_queue()

    assert "left out: 1 task made" in (await answer(query, ahead.asked())).summary
    report = await answer(query, hidden.asked())
    assert report.summary == "no task of the window matches"
    with pytest.raises(NotFound, match="no task is of batch 20261123_085214"):
        await answer(query, none.asked())


@pytest.mark.parametrize("zone", ["", "AGENTS_TZ"])
async def test_starts_of_later_are_not_said_to_be_lately(zone: str) -> None:
    """Nobody knows for how long these tasks run."""
    tasks = [a_task(_id(n), started_at=ago(hours=-n)) for n in (6, 5)]
    tasks.append(a_task(_id(1), started_at=ago(minutes=1)))
    world = a_world(tasks=tasks)
    world.vocabulary = Vocabulary(zone=zone)

    report = await answer(TasksQuery(stuck=True), world.asked())

    told = "left out: 2 tasks started up to 6 h ahead of the clock here: see AGENTS_TZ"
    assert report.notes == ((told,) if zone else ())


async def test_a_setting_of_lines_alone_is_not_named_for_tasks() -> None:
    """It would mend nothing."""
    later = a_task(created_at=ago(hours=-6), started_at=ago(hours=-6))
    world = a_world(tasks=[later])
    world.vocabulary = Vocabulary(zone="OCTOLLM_TZ", zoned_tasks=False)

    for query in (TasksQuery(), TasksQuery(stuck=True)):
        report = await answer(query, world.asked())
        assert "OCTOLLM_TZ" not in " ".join((report.summary, *report.notes))
