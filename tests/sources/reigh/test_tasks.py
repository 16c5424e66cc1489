"""The `tasks` table, over a network in memory."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.domain.errors import NotFound, SourceDown
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Endings, TaskSearch
from bot.sources.reigh.tasks import ReighTasks
from tests.sources.reigh.rest import (
    Rest,
    a_task_row,
    a_worker_row,
    counted,
    refused,
    rows,
)
from tests.world import NOW, TASK, WORKER, a_task, ago

OTHER = TaskId("52345358-0000-4000-8000-000000000002")
DAY = Window(since=ago(days=1), until=NOW)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (TASK, True),
        ("ABCDEF01-0000-4000-8000-0000000000aB", True),
        (TASK[:-1], False),
        (TASK + "0", False),
    ],
)
def test_a_whole_id_is_a_uuid(text: str, *, whole: bool) -> None:
    """In either case."""
    assert ReighTasks(Rest(rows()).project()).is_id(text) is whole


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("4134", True),
        ("ABCD", True),
        ("41345358-0000", True),
        ("41345358-", True),
        ("413453580000", True),
        ("4134-5358", False),
        ("gpu-", False),
        ("-", False),
        ("", False),
        ("0" * 33, False),
        ("0" * 32, True),
    ],
)
def test_what_may_begin_a_uuid_is_hexadecimal(text: str, *, may: bool) -> None:
    """Dashes may be left out, but not stand elsewhere."""
    assert ReighTasks(Rest(rows()).project()).may_begin(text) is may


async def test_a_prefix_is_looked_for_between_two_ids() -> None:
    """A uuid column knows no `like` (TESTBED, 1.4)."""
    rest = Rest(rows({"id": TASK}))

    found = await ReighTasks(rest.project()).find("4134")

    assert found == [TASK]
    [asked] = rest.asked
    assert asked["id"] == (
        "gte.41340000-0000-0000-0000-000000000000"
        " & lte.4134ffff-ffff-ffff-ffff-ffffffffffff"
    )
    assert asked["limit"] == "11"


async def test_what_can_begin_no_id_is_not_asked_for() -> None:
    """Nobody has it."""
    rest = Rest(rows())

    assert await ReighTasks(rest.project()).find("gpu-") == ()
    assert rest.requests == []


async def test_a_task_comes_with_the_worker_that_holds_it() -> None:
    """In one request, with its parameters, and of the metadata no secret."""
    row = a_task_row(
        worker_id=WORKER, params={"seed": 7}, worker=a_worker_row(runpod_id="pod1")
    )
    rest = Rest(rows(row))

    task, worker = await ReighTasks(rest.project()).get(TASK)

    assert (task.id, task.parameters) == (TASK, {"seed": 7})
    assert worker is not None
    assert (worker.id, worker.runpod_id) == (WORKER, "pod1")
    [asked] = rest.asked
    assert asked["id"] == f"eq.{TASK}"
    assert ",worker:workers(id,status," in asked["select"]
    assert "metadata)" not in asked["select"]


async def test_a_task_without_a_worker_has_none() -> None:
    """Not taken yet, or the row was deleted."""
    rest = Rest(rows(a_task_row(worker=None)))

    _, worker = await ReighTasks(rest.project()).get(TASK)

    assert worker is None


async def test_a_task_that_does_not_exist_is_not_found() -> None:
    """With its id."""
    with pytest.raises(NotFound, match=TASK):
        await ReighTasks(Rest(rows()).project()).get(TASK)


async def test_named_tasks_are_read_in_portions() -> None:
    """An address has room for no more than some hundred ids."""
    rest = Rest(rows())
    ids = [TaskId(f"41345358-0000-4000-8000-{n:012d}") for n in range(150)]

    await ReighTasks(rest.project()).named([*ids, *ids])

    assert sorted(asked["id"].count(",") + 1 for asked in rest.asked) == [50, 100]


async def test_no_names_are_no_question() -> None:
    """A filter for nothing would still be a request."""
    rest = Rest(rows())

    assert await ReighTasks(rest.project()).named([]) == ()
    assert rest.requests == []


async def test_a_search_leaves_long_texts_behind() -> None:
    """Every filter that was given, and no other."""
    rest = Rest(rows(a_task_row()))
    wanted = TaskSearch(
        window=DAY, status="Failed", task_type="a,b", worker_id=WorkerId(WORKER)
    )

    listing = await ReighTasks(rest.project()).search(wanted)

    assert [task.id for task in listing.rows] == [TASK]
    [asked] = rest.asked
    assert asked["status"] == "eq.Failed"
    assert asked["task_type"] == "eq.a,b"
    assert asked["worker_id"] == f"eq.{WORKER}"
    assert asked["created_at"] == (
        "gte.2026-01-30T12:00:00+00:00 & lte.2026-01-31T12:00:00+00:00"
    )
    assert asked["order"] == "created_at.desc,id.desc"
    assert "output_location" not in asked["select"]


async def test_a_search_without_filters_has_none() -> None:
    """Only the window is always there."""
    rest = Rest(rows())

    await ReighTasks(rest.project()).search(TaskSearch(window=DAY))

    assert set(rest.asked[0]) == {"select", "created_at", "order", "limit"}


async def test_failures_come_with_their_texts_and_links() -> None:
    """Whether or not the status was named."""
    rest = Rest(rows())
    tasks = ReighTasks(rest.project())

    await tasks.failed(TaskSearch(window=DAY))
    await tasks.failed(TaskSearch(window=DAY, status="Failed"))

    assert all("output_location" in asked["select"] for asked in rest.asked)
    assert all("parent_ref" in asked["select"] for asked in rest.asked)
    assert all("eq.Failed" in asked["status"] for asked in rest.asked)


async def test_no_other_status_has_failures() -> None:
    """Then nothing is asked."""
    rest = Rest(rows())

    listing = await ReighTasks(rest.project()).failed(
        TaskSearch(window=DAY, status="Complete")
    )

    assert (listing.rows, listing.whole) == ((), True)
    assert rest.requests == []


async def test_ends_are_counted_of_the_rows_that_tell_them() -> None:
    """Without its last change a failed task does not tell its end: not known."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "updated_at" in str(request.url):
            return refused("42703", "column tasks.updated_at does not exist")
        return counted(3)

    found = await ReighTasks(Rest(answer).project()).ended(DAY, made=DAY)

    assert found == Endings(completed=3, failed=None)


async def test_ends_that_could_not_be_counted_are_not_none() -> None:
    """A source that is down is no column that lacks."""
    tasks = ReighTasks(Rest(refused("57014", "timeout")).project())

    with pytest.raises(SourceDown, match="took too long"):
        await tasks.ended(DAY, made=DAY)


COUNTS = {"Queued": 1295, "In Progress": 15, "Complete": 70_000, "Failed": 0}


def _counting(view: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if "tasks" not in request.url.path:
            return view
        status = request.url.params["status"].removeprefix("eq.")
        return counted(COUNTS.get(status, 4))

    return answer


async def test_a_view_counts_all_but_what_was_cancelled() -> None:
    """Two requests at the same time; in the order of the statuses."""
    columns = ("queued_tasks", "running_tasks", "completed_tasks", "failed_tasks")
    view = rows(dict(zip(columns, COUNTS.values(), strict=True)))
    rest = Rest(_counting(view))

    found = await ReighTasks(rest.project()).counts()

    assert found == {**COUNTS, "Cancelled": 4}
    assert list(found) == [*COUNTS, "Cancelled"]
    assert len(rest.requests) == 2
    assert {"select": ",".join(columns)} in rest.asked


@pytest.mark.parametrize(
    "view",
    [
        refused("PGRST205", "Could not find the table", status=404),
        refused("42501", "permission denied for view orchestrator_status", status=403),
        refused("42703", "column orchestrator_status.failed_tasks does not exist"),
        rows(),
        rows({"queued_tasks": 1, "running_tasks": None}),
    ],
    ids=["none", "hidden", "other columns", "no row", "no number"],
)
async def test_without_the_view_each_status_is_counted(view: httpx.Response) -> None:
    """Exactly: rows that are read would stop at the cap (systems/reigh.md, 2.5).

    Nor is the view asked for again.
    """
    rest = Rest(_counting(view))
    tasks = ReighTasks(rest.project())

    assert await tasks.counts() == {**COUNTS, "Cancelled": 4}
    asked = len(rest.requests)
    assert await tasks.counts() == {**COUNTS, "Cancelled": 4}
    assert len(rest.requests) - asked == len(tasks.statuses)


async def test_running_tasks_come_with_their_workers() -> None:
    """Each with its own."""
    held = a_task_row(worker=a_worker_row(), worker_id=WORKER)
    free = a_task_row(id=OTHER, worker=None)
    rest = Rest(rows(free, held))

    listing = await ReighTasks(rest.project()).running()

    assert [(task.id, worker and worker.id) for task, worker in listing.rows] == [
        (OTHER, None),
        (TASK, WORKER),
    ]
    assert rest.asked[0]["status"] == "eq.In Progress"


async def test_a_workers_tasks_come_newest_first() -> None:
    """With their texts."""
    rest = Rest(rows(a_task_row(worker_id=WORKER)))

    listing = await ReighTasks(rest.project()).of_worker(WORKER)

    assert len(listing.rows) == 1
    assert rest.asked[0]["worker_id"] == f"eq.{WORKER}"
    assert rest.asked[0]["order"] == "created_at.desc,id.desc"


async def test_dependants_are_those_whose_list_holds_the_task() -> None:
    """Oldest first."""
    rest = Rest(rows(a_task_row(id=OTHER, dependant_on=[TASK])))

    [found] = await ReighTasks(rest.project()).dependants(TASK)

    assert found.dependencies == (TASK,)
    assert rest.asked[0]["dependant_on"] == f"cs.{{{TASK}}}"
    assert rest.asked[0]["order"] == "created_at.asc,id.asc"


@pytest.mark.parametrize("code", ["42883", "22P02"])
async def test_where_the_column_holds_a_single_id_it_is_compared(code: str) -> None:
    """Until 2026-01-21 it did (systems/reigh.md, 1.2)."""
    row = a_task_row(id=OTHER, dependant_on=TASK)
    rest = Rest(refused(code, "operator does not exist"), rows(row))

    [found] = await ReighTasks(rest.project()).dependants(TASK)

    assert found.dependencies == (TASK,)
    assert rest.asked[1]["dependant_on"] == f"eq.{TASK}"


async def test_a_project_without_dependencies_has_no_dependants() -> None:
    """Once that is known it is not asked again."""
    rest = Rest(refused("42703", "column tasks.dependant_on does not exist"))
    tasks = ReighTasks(rest.project())

    assert await tasks.dependants(TASK) == ()
    asked = len(rest.requests)
    assert await tasks.dependants(TASK) == ()
    assert len(rest.requests) == asked


async def test_a_source_that_is_down_has_no_dependants_to_tell() -> None:
    """That is not the same as none."""
    rest = Rest(refused("57014", "canceling"))

    with pytest.raises(SourceDown):
        await ReighTasks(rest.project()).dependants(TASK)


@pytest.mark.parametrize("project", ["p1", None])
async def test_children_name_the_task_in_one_of_four_places(
    project: str | None,
) -> None:
    """Of the same project, if it has one, and never older than the parent."""
    rest = Rest(rows(a_task_row(id=OTHER, parent_ref=TASK)))
    parent = a_task(project_id=project)

    [found] = await ReighTasks(rest.project()).children(parent)

    assert found.parent == TASK
    [asked] = rest.asked
    assert asked["or"].count(f".eq.{TASK}") == 4
    assert asked["created_at"] == "gte.2026-01-31T11:40:00+00:00"
    assert asked["id"] == f"neq.{TASK}"
    assert asked.get("project_id") == (f"eq.{project}" if project else None)


RUN: dict[str, Any] = {"orchestrator_details": {"run_id": 'a, "b"'}}


@pytest.mark.parametrize("parameters", [RUN, {"run_id": 'a, "b"'}])
async def test_children_may_name_the_run_of_the_task(
    parameters: dict[str, Any],
) -> None:
    """Then they name it nowhere; it is asked for in the same request."""
    rest = Rest(rows(a_task_row(id=OTHER)))

    [found] = await ReighTasks(rest.project()).children(a_task(parameters=parameters))

    assert found.parent == TASK
    [asked] = rest.asked
    assert asked["or"].count(r'.eq."a, \"b\""') == 2
    assert rf'params->>0.like."*{TASK}*",params->>0.like."*a, \"b\"*"' in asked["or"]


@pytest.mark.parametrize(
    "row",
    [
        {"params_text": f'{{"orchestrator_task_id_ref": "{TASK}"}}'},
        {"params_text": '{"orchestrator_run_id": "r7"}'},
        {"params_text": '{"orchestrator_details": {"run_id": "r7"}}'},
    ],
)
async def test_children_may_keep_their_parameters_as_a_text(
    row: dict[str, Any],
) -> None:
    """They are read as the others are."""
    rest = Rest(rows(a_task_row(id=OTHER, **row)))
    parent = a_task(parameters={"run_id": "r7"})

    [found] = await ReighTasks(rest.project()).children(parent)

    assert found.parent == TASK


@pytest.mark.parametrize("run", ["r7", "", 7, None])
@pytest.mark.parametrize(
    "row",
    [
        {"params_text": f'{{"based_on": "{TASK}", "orchestrator_run_id": "r77"}}'},
        {"parent_ref": "another"},
        {"parent_ref": "another", "parent_id": TASK},
        {"task_type": "travel_orchestrator"},
    ],
    ids=["mentions it", "another's", "another's first", "another coordinator"],
)
async def test_tasks_of_the_same_run_or_text_may_be_others(
    row: dict[str, Any], run: object
) -> None:
    """The first link counts, and a text may hold an id anywhere."""
    rest = Rest(rows(a_task_row(id=OTHER, **row)))
    parent = a_task(parameters={"run_id": run})

    assert not await ReighTasks(rest.project()).children(parent)


# --- why a task waits ---------------------------------------------------------------


Reading = Callable[[ReighTasks], Any]


@pytest.mark.parametrize(
    "reading",
    [
        lambda tasks: tasks.find("4134"),
        lambda tasks: tasks.get(TASK),
        lambda tasks: tasks.named([TASK]),
        lambda tasks: tasks.children(a_task()),
        lambda tasks: tasks.search(TaskSearch(window=DAY)),
        lambda tasks: tasks.counts(),
        lambda tasks: tasks.running(),
        lambda tasks: tasks.of_worker(WORKER),
    ],
    ids=["find", "get", "named", "kids", "search", "counts", "running", "worker"],
)
async def test_every_question_may_find_the_source_down(reading: Reading) -> None:
    """With the same calm line."""
    tasks = ReighTasks(Rest(httpx.ConnectError("no")).project())

    with pytest.raises(SourceDown, match="cannot be reached"):
        await reading(tasks)


async def test_results_of_some_types_become_generations() -> None:
    """By their category; of what only processes, images do."""
    kinds = [
        ("generation", "video"),
        ("upscale", None),
        ("processing", "image"),
        ("processing", "video"),
        ("orchestration", "video"),
        (None, None),
    ]
    found = [
        {"name": f"{category} {content}", "category": category, "content_type": content}
        for category, content in kinds
    ]

    names = await ReighTasks(Rest(rows(*found)).project()).generating(["any"])

    assert names == {"generation video", "upscale None", "processing image"}
