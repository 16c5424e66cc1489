from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import pytest

from bot.demo.postgres import Postgres
from bot.domain.errors import Absent, NotFound, SourceDown
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import Gaps, TaskSearch
from bot.sources.octollm import tasks as module
from bot.sources.octollm.asking import Asker
from bot.sources.octollm.database import Database
from bot.sources.octollm.services import Addresses, Services
from bot.sources.octollm.tasks import OctoTasks
from tests.databases import server as server  # noqa: PLC0414  a fixture
from tests.sources.octollm.bases import TASKS, insert, seed
from tests.sources.octollm.replay import Given, Replay
from tests.sources.octollm.samples import at, rows

pytestmark = pytest.mark.postgrest

FAILED = TaskId("21301d81-3dcd-491d-a4d4-94fee10323e0")
RUN = Window(since=at("08:50"), until=at("10:00"))  # both runs wrote into it
RUNNING = TaskId("23cb6baf-2b12-4c20-a00c-d443ca9174e7")
DONE = TaskId("b862c09d-d354-48e4-b8ab-f445f4625777")
NOBODY = TaskId("00000000-0000-4000-8000-000000000000")


@pytest.fixture(scope="module")
def base(server: Postgres) -> Postgres:
    """Return a server with the rows of the real run."""
    seed(server)
    return server


@pytest.fixture
async def tasks(
    base: Postgres, replay: Replay, asker: Asker
) -> AsyncIterator[OctoTasks]:
    """Return the tasks of the real run."""
    database = Database(base.uri)
    services = Services(
        Addresses(orchestrator=replay.url), asker, clock=lambda: at("10:00")
    )
    yield OctoTasks(database, services)
    await database.close()


@pytest.fixture
def told(replay: Replay, asker: Asker) -> OctoTasks:
    """Return tasks without a database."""
    services = Services(
        Addresses(orchestrator=replay.url), asker, clock=lambda: at("10:00")
    )
    return OctoTasks(Database(None), services)


async def test_the_real_rows_are_listed(tasks: OctoTasks) -> None:
    """24 of them, newest first."""
    found = await tasks.search(TaskSearch(window=RUN))

    assert Counter(each.status for each in found.rows) == {
        "pending": 20, "processing": 1, "completed": 1, "failed": 1, "cancelled": 1
    }  # fmt: skip
    assert found.whole
    assert tasks.listed
    every = sorted(rows("db_tasks.jsonl"), key=lambda it: (it["created_at"], it["id"]))
    assert [each.id for each in found.rows] == [it["id"] for it in every[::-1]]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (TaskSearch(window=RUN, status="PENDING"), 20),
        (TaskSearch(window=RUN, task_type="task"), 24),
        (TaskSearch(window=RUN, task_type="vace"), 0),
        (TaskSearch(window=RUN, worker_id=WorkerId("coder")), 0),
        (TaskSearch(window=Window(since=at("08:55:31"), until=at("08:55:50"))), 5),
        (TaskSearch(window=Window(since=at("07:00"), until=at("08:00"))), 0),
    ],
)
async def test_tasks_are_found_by_what_is_asked(
    tasks: OctoTasks, wanted: TaskSearch, number: int
) -> None:
    """Their window is that of their creation."""
    assert len((await tasks.search(wanted)).rows) == number


async def test_the_failed_one_tells_why(tasks: OctoTasks) -> None:
    """Its error stands in the other table."""
    [found] = (await tasks.failed(TaskSearch(window=RUN))).rows
    done, _ = await tasks.get(DONE)

    assert (found.id, found.error) == (FAILED, "No suitable arm found")
    assert found.processing_time == timedelta(milliseconds=37)
    assert done.processing_time == timedelta(milliseconds=4210)
    assert done.output == '{"code": "def sort(xs): return sorted(xs)", "arm": "coder"}'
    for other in ({"status": "pending"}, {"task_type": "vace"}):
        assert (await tasks.failed(TaskSearch(window=RUN, **other))).rows == ()  # type: ignore[arg-type]


async def test_one_is_told_whole(tasks: OctoTasks) -> None:
    """With what was asked for."""
    found, worker = await tasks.get(RUNNING)

    assert worker is None
    assert found.parameters["goal"] == "Write a sorting function"
    assert found.parameters["budget.max_time_seconds"] == 120
    with pytest.raises(NotFound, match=f"no task is called {NOBODY}"):
        await tasks.get(NOBODY)
    with pytest.raises(NotFound):
        await tasks.get(TaskId("task-123"))


async def test_ids_are_found_by_their_beginning(tasks: OctoTasks) -> None:
    """In any case; the documents' form begins no uuid."""
    assert await tasks.find("2130") == [FAILED]
    assert await tasks.find(FAILED.upper()) == [FAILED]
    assert await tasks.find("task-12") == []
    assert await tasks.find("%") == ()
    assert [tasks.is_id(it) for it in (FAILED, "task_1", "2130")] == [True, True, False]
    assert [tasks.may_begin(it) for it in ("2130", "ta", "task-", "coder")] == [
        True, True, True, False
    ]  # fmt: skip


async def test_named_ones_are_found(tasks: OctoTasks) -> None:
    """Those that exist."""
    assert {it.id for it in await tasks.named([FAILED, NOBODY])} == {FAILED}
    assert await tasks.named([]) == ()


async def test_counts_are_exact(tasks: OctoTasks) -> None:
    """In any case of the words."""
    assert await tasks.count("Pending") == 20
    assert dict(await tasks.counts()) == {
        "pending": 20, "processing": 1, "completed": 1, "failed": 1, "cancelled": 1
    }  # fmt: skip


async def test_the_ended_are_counted_by_their_last_change(tasks: OctoTasks) -> None:
    """Of those that were created in another window."""
    ended = await tasks.ended(RUN, made=RUN)
    early = await tasks.ended(Window(since=at("08:00"), until=at("08:57")), made=RUN)

    assert (ended.completed, ended.failed) == (1, 1)
    assert (early.completed, early.failed) == (0, 0)


async def test_what_runs_is_listed(tasks: OctoTasks) -> None:
    """No arm has a row of its own."""
    [(found, worker)] = (await tasks.running()).rows

    assert (found.id, worker) == (RUNNING, None)
    assert found.started_at == at("08:57:37.89596")


async def test_what_waits_is_listed_oldest_first(tasks: OctoTasks) -> None:
    """Some task was taken up, so that nothing holds these back."""
    queue = await tasks.queue(at("09:00"))

    created = [each.task.created_at for each in queue.entries.rows]
    assert len(created) == 20
    assert created == sorted(created)
    assert {each.reason for each in queue.entries.rows} == {None}
    assert [task.id for task in queue.running or ()] == [RUNNING]


async def test_a_backlog_tells_since_when_and_how_long(tasks: OctoTasks) -> None:
    """By each task's budget."""
    backlog = await tasks.backlog()

    assert backlog.pending is not None
    assert backlog.processing is not None
    assert len(backlog.pending) == 20
    [running] = backlog.processing
    assert (running.since, running.allowed) == (
        at("08:57:37.89596"), timedelta(seconds=120)
    )  # fmt: skip
    assert backlog.consumed


async def test_where_nothing_was_ever_taken_up_all_wait_for_arms(
    tasks: OctoTasks, base: Postgres
) -> None:
    """As in every deployment of the published code."""
    base.execute("update tasks set status = 'PENDING' where status <> 'CANCELLED'")
    try:
        queue = await tasks.queue(at("09:00"))
    finally:
        seed(base)

    assert {each.reason for each in queue.entries.rows} == {"nothing takes tasks"}
    assert len(queue.entries.rows) == 23


async def test_parents_and_arms_lead_to_tasks(tasks: OctoTasks, base: Postgres) -> None:
    """Both columns are empty in the real run."""
    base.sql("update tasks set parent_task_id = %s, assigned_arm = 'coder'"
             " where id in (%s, %s)", [FAILED, RUNNING, DONE])  # fmt: skip
    try:
        parent, _ = await tasks.get(FAILED)
        children = await tasks.children(parent)
        of_arm = await tasks.of_worker(WorkerId("coder"))
    finally:
        seed(base)

    assert [it.id for it in children] == [RUNNING, DONE]
    assert [it.id for it in of_arm.rows] == [DONE, RUNNING]
    assert await tasks.dependants(FAILED) == ()
    assert await tasks.generating(["task"]) == frozenset()


async def test_a_list_has_a_bound(
    tasks: OctoTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are kept, and it is told that there are more."""
    monkeypatch.setattr(module, "BOUND", 3)
    exact = await tasks._listed(lambda table: [], bound=24)
    cut = await tasks._listed(lambda table: [], bound=23)

    assert (len(exact.rows), exact.whole) == (24, True)
    assert (len(cut.rows), cut.whole) == (23, False)


async def test_tasks_of_one_moment_keep_an_order(
    tasks: OctoTasks, base: Postgres
) -> None:
    """By their ids."""
    base.sql("update tasks set created_at = '2026-11-23 08:55:00+00'")
    try:
        found = (await tasks.search(TaskSearch(window=RUN))).rows
    finally:
        seed(base)

    ids = [each.id for each in found]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 24


async def test_older_and_other_tables_are_read_without_what_they_lack(
    tasks: OctoTasks, base: Postgres
) -> None:
    """Ids as text, times without a zone, no results, few columns."""
    base.execute(
        "drop table task_results; alter table tasks alter id type text,"
        " alter created_at type timestamp using created_at at time zone 'UTC',"
        " drop updated_at, drop goal, drop parent_task_id, drop assigned_arm"
    )
    row = {**rows("db_tasks.jsonl")[0], "id": "task_1", "status": "queued"}
    left = tuple(it for it in TASKS if it not in (
        "updated_at", "goal", "parent_task_id", "assigned_arm"))  # fmt: skip
    insert(base, "tasks", left, [row])
    gaps = Gaps()
    try:
        with gaps.hearing():
            found = await tasks.search(TaskSearch(window=RUN))
        one, _ = await tasks.get(TaskId("task_1"))
        by_prefix = await tasks.find("task_")
        ended = await tasks.ended(RUN, made=RUN)
        children = await tasks.children(one)
    finally:
        seed(base)

    assert len(found.rows) == 25
    assert all(each.unread for each in found.rows)
    assert [each.reason[:32] for each in gaps.all] == [
        "shows no table task_results, wit"
    ]
    assert one.created_at == at("08:55:30.020783")
    assert one.created_at.tzinfo is UTC
    assert by_prefix == ["task_1"]
    assert (ended.completed, ended.failed) == (None, None)
    assert children == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("drop table task_results, tasks", "has no table tasks"),
        ("alter table tasks drop status", "another program's"),
    ],
)
async def test_another_program_s_database_is_a_clear_line(
    tasks: OctoTasks, base: Postgres, change: str, words: str
) -> None:
    """The address may name the wrong one."""
    base.execute(change)
    try:
        with pytest.raises(SourceDown, match=words):
            await tasks.counts()
    finally:
        seed(base)


async def test_without_a_database_lists_are_lacking_in_one_line(
    told: OctoTasks,
) -> None:
    """HTTP has no such endpoint."""
    assert not told.listed
    for question in (
        told.search(TaskSearch(window=RUN)),
        told.failed(TaskSearch(window=RUN)),
        told.running(),
        told.find("2130"),
        told.queue(at("09:00")),
    ):
        with pytest.raises(Absent, match="OCTOLLM_DATABASE_URL is not set") as raised:
            await question
        assert raised.value.source == "octollm database"


async def test_without_a_database_counts_are_the_orchestrator_s(
    told: OctoTasks,
) -> None:
    """And the backlog is counts alone."""
    backlog = await told.backlog()

    assert await told.count("pending") == 5
    assert (backlog.pending, backlog.processing, backlog.consumed) == (
        None,
        None,
        False,
    )


async def test_without_a_database_an_existing_task_shows_the_known_defect(
    told: OctoTasks, replay: Replay
) -> None:
    """The recorded 500; if its database is down, that is why."""
    with pytest.raises(SourceDown, match="as it does about every task that exists"):
        await told.get(RUNNING)
    with pytest.raises(NotFound):
        await told.get(NOBODY)

    replay.answers["/ready"] = Given(
        {"error": {"ready": False, "checks": {"database": False}}}, 503
    )
    with pytest.raises(SourceDown, match="its database is down"):
        await told.get(RUNNING)

    del replay.answers["/ready"]
    with pytest.raises(SourceDown, match="only its database can be asked"):
        await told.get(RUNNING)


async def test_without_a_database_a_mended_orchestrator_tells_the_task(
    told: OctoTasks, replay: Replay
) -> None:
    """In the documented form."""
    replay.answers[f"/tasks/{RUNNING}"] = Given(
        {"task_id": RUNNING, "status": "failed", "goal": "x", "error": "no",
         "created_at": "2026-11-23T08:55:40Z", "updated_at": "2026-11-23T08:56:40Z",
         "processing_time_ms": 30_000}
    )  # fmt: skip
    found, _ = await told.get(RUNNING)

    assert (found.status, found.error) == ("failed", "no")
    assert found.started_at == at("08:56:10")

    replay.answers[f"/tasks/{RUNNING}"] = Given("<html>")
    with pytest.raises(SourceDown, match="does not tell the task"):
        await told.get(RUNNING)
