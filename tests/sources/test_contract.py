"""The fakes of `tests/world.py` and the real adapters, asked the same questions.

The adapters read a real PostgREST that holds the same small world.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest

from bot.demo import pods
from bot.demo.gateway import key
from bot.demo.postgres import Postgres
from bot.demo.stack import Stack
from bot.domain.cases import Thresholds
from bot.domain.errors import NotFound, SourceDown
from bot.domain.logs import LogLine
from bot.domain.orchestration import Cycle, Orchestration
from bot.domain.tasks import Task, TaskId
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Listing, LogSearch, System, TaskSearch
from bot.sources.reigh import Project, reigh
from bot.sources.runpod import RunPod
from tests.world import (
    NOW,
    POD,
    TASK,
    WORKER,
    World,
    a_line,
    a_pod,
    a_task,
    a_worker,
    a_world,
    ago,
)

pytestmark = pytest.mark.postgrest

PROJECT = "00000000-0000-4000-8000-000000000001"
DAY = Window(since=ago(days=1), until=NOW)
HOUR = Window(since=ago(hours=1), until=NOW)
ONGOING = Window.before(NOW, hours=1)
AHEAD = NOW + timedelta(minutes=2)


def _id(number: int) -> TaskId:
    return TaskId(f"41345358-0000-4000-8000-{number:012d}")


DOOMED, CHILD, GONE, DEAD = _id(2), _id(3), _id(4), WorkerId("gpu-old_1")
LONGER = WorkerId(WORKER + "-second")
ORCHESTRATOR: dict[str, Any] = {
    "source": "orchestrator_gpu",
    "source_id": "orchestrator_gpu-main",
    "worker_id": None,
}


def _task(number: int, **given: Any) -> Task:
    values: dict[str, Any] = {"project_id": PROJECT} | given
    return a_task(_id(number), **values)


def _worker(id: str, **given: Any) -> Worker:
    return a_worker(id, **({"instance_type": "NVIDIA GeForce RTX 4090"} | given))


def _lines(*given: dict[str, Any]) -> list[LogLine]:
    found = []
    for n, each in enumerate(given):
        values: dict[str, Any] = {"at": ago(minutes=n // 2 + 1), "id": _id(900 + n)}
        found.append(a_line(**(values | each)))
    return found


ODD_TEXTS = (
    "Loss 100% done",
    "Loss 1000 done",
    "file_name.py",
    "fileXname.py",
    "2 * 3 = 6",
    "2 ** 3 = 8",
    r"C:\temp\x",
    'said "no, (never): a.b"',
    "[edge] {json: 1} ^$|?+",
    "grün — ✓",
)


def _the_world() -> World:
    """Return tasks, workers and lines with every oddity that adapters have to bear."""
    tasks = [
        _task(1, worker_id=WORKER, updated_at=ago(minutes=1)),
        _task(
            2,
            status="Failed",
            error="CUDA out of memory",
            processed_at=ago(minutes=1),
            created_at=ago(minutes=30),
            attempts=3,
        ),
        _task(
            3,
            status="Queued",
            dependencies=(DOOMED,),
            parent=_id(5),
            created_at=ago(minutes=4),
        ),
        _task(5, task_type="travel_orchestrator", created_at=ago(hours=2)),
        _task(
            6,
            status="Complete",
            output="https://files.example/a.mp4",
            note="Reset - gone",
            worker_id=WORKER,
            created_at=ago(hours=3),
        ),
        _task(7, status="Queued", dependencies=(_id(6), _id(1))),
        _task(8, status="Queued", dependencies=(GONE,), created_at=ago(minutes=1)),
        _task(9, status="Queued", task_type="vace"),
        _task(10, status="Cancelled", created_at=ago(days=3)),
        _task(
            11,
            status="Failed",
            error=f"Cascaded failed from related task {DOOMED}",
            cascaded_from=DOOMED,
            task_type="vace",
            worker_id=DEAD,
        ),
        a_task("5" + _id(12)[1:], status="Queued", project_id=PROJECT),
        _task(13, task_type="vace", created_at=AHEAD, started_at=AHEAD),
    ]
    workers = [
        _worker(
            WORKER,
            ram_tier=72,
            storage_volume="EU-NO-1",
            current_model="wan_2_2",
            vram_total_mb=24564,
            vram_used_mb=20000,
            orchestrator_status="active",
            promoted_at=ago(minutes=50),
        ),
        _worker(LONGER, status="spawning", last_heartbeat_at=None, runpod_id=None),
        _worker(
            DEAD,
            status="terminated",
            created_at=ago(days=3),
            error_reason="Idle timeout (600s)",
            error_at=ago(days=2),
            terminated_at=ago(days=2),
            runpod_id="oldpod1",
        ),
        _worker("gpuXold_1", status="error", created_at=ago(days=5), runpod_id="p,(2)"),
        _worker("gpu-new", status="terminated", created_at=ago(hours=2)),
        _worker("gpu-ahead", status="inactive", created_at=AHEAD),
        _worker("api-worker-main", runs_on_gpu=False, runpod_id=None),
    ]
    lines = _lines(
        {"message": "own, with a task", "task_id": TASK},
        {"message": "own, of its time", "level": "ERROR"},
        {"message": "written by it, without its id", "worker_id": None},
        {"message": f"edge about {WORKER}", "source": "edge_function"},
        {"message": f"MARKING AS ERROR: {WORKER}!", **ORCHESTRATOR},
        {"message": f"made {LONGER}", **ORCHESTRATOR},
        {"message": "routine", "level": "CRITICAL", **ORCHESTRATOR},
        {
            "message": "fault",
            "level": "CRITICAL",
            "source": "edge_function",
            "source_id": "claim-next-task",
            "task_id": TASK,
            "worker_id": None,
        },
        {"message": "old", "at": ago(hours=5)},
        {"message": "on the edge of the window", "at": ago(hours=1)},
        {"message": "by a clock that is ahead", "at": AHEAD},
        *({"message": text, "source_id": "odd"} for text in ODD_TEXTS),
        {
            "message": "Starting orchestrator cycle",
            "cycle": 7,
            "at": ago(seconds=31),
            **ORCHESTRATOR,
        },
        {
            "message": "Orchestrator cycle completed in 1.5s",
            "cycle": 7,
            "at": ago(seconds=29),
            **ORCHESTRATOR,
        },
    )
    world = a_world(tasks=tasks, workers=workers, lines=lines)
    world.logs.life = Orchestration(
        last_line=lines[-1],
        cycles=(
            Cycle(
                number=7,
                started_at=ago(seconds=31),
                completed_at=ago(seconds=29),
                took=timedelta(seconds=1.5),
            ),
        ),
    )
    return world


# --- the same world in SQL ----------------------------------------------------------


def _json(**values: object) -> str:
    return json.dumps({name: each for name, each in values.items() if each is not None})


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _seed(database: Postgres, world: World) -> None:
    database.empty()
    database.copy(
        "workers",
        (
            *("id", "status", "created_at", "last_heartbeat", "instance_type"),
            *("current_model", "metadata"),
        ),
        [
            (
                each.id,
                each.status,
                each.created_at,
                each.last_heartbeat_at,
                each.instance_type,
                each.current_model,
                _json(
                    runpod_id=each.runpod_id,
                    ram_tier=each.ram_tier,
                    storage_volume=each.storage_volume,
                    orchestrator_status=each.orchestrator_status,
                    error_reason=each.error_reason,
                    error_time=_iso(each.error_at),
                    promoted_to_active_at=_iso(each.promoted_at),
                    terminated_at=_iso(each.terminated_at),
                    vram_total_mb=each.vram_total_mb,
                    vram_used_mb=each.vram_used_mb,
                    ssh_details={"password": "made up"},
                ),
            )
            for each in world.workers.rows
        ],
    )
    database.copy(
        "tasks",
        (
            *("id", "task_type", "status", "created_at", "worker_id", "attempts"),
            *("updated_at", "generation_started_at", "generation_processed_at"),
            *("dependant_on", "project_id", "error_message", "output_location"),
            "params",
        ),
        [
            (
                each.id,
                each.task_type,
                each.status,
                each.created_at,
                each.worker_id,
                each.attempts,
                each.updated_at,
                each.started_at,
                each.processed_at,
                list(each.dependencies) or None,
                each.project_id,
                each.error if each.cascaded_from else each.note,
                each.output if each.cascaded_from else each.error or each.output,
                _json(orchestrator_task_id_ref=each.parent),
            )
            for each in world.tasks.rows
        ],
    )
    database.copy(
        "system_logs",
        (
            *("id", "timestamp", "log_level", "source_type", "source_id", "message"),
            *("task_id", "worker_id", "cycle_number"),
        ),
        [
            (
                each.id,
                each.at,
                each.level,
                each.source,
                each.source_id,
                each.message,
                each.task_id,
                each.worker_id,
                each.cycle,
            )
            for each in world.logs.rows
        ],
    )


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Return the counterparts, with the world in the database."""
    with Stack(postgres=True, slack=False) as stack:
        if stack.missing or stack.postgres is None:
            pytest.skip("; ".join(each.reason for each in stack.missing))
        _seed(stack.postgres, _the_world())
        yield stack


@pytest.fixture
def database(stack: Stack) -> Postgres:
    """Return the database that PostgREST reads."""
    assert stack.postgres is not None
    return stack.postgres


@pytest.fixture
async def project(stack: Stack) -> AsyncIterator[Project]:
    """Return the project with a service key."""
    settings = stack.environment
    project = Project(settings["SUPABASE_URL"], settings["SUPABASE_SERVICE_ROLE_KEY"])
    yield project
    await project.close()


@pytest.fixture
def real(project: Project) -> System:
    """Return the real adapters."""
    return reigh(project, RunPod(None), thresholds=Thresholds(), settings=())


@pytest.fixture
def fake() -> System:
    """Return the fakes with the same world."""
    return _the_world().system


# --- the questions ------------------------------------------------------------------

Question: TypeAlias = Callable[[System], Awaitable[Any]]
SEARCHES: dict[str, TaskSearch] = {
    "all": TaskSearch(window=DAY),
    "failed": TaskSearch(window=DAY, status="Failed"),
    "type": TaskSearch(window=DAY, task_type="vace"),
    "worker": TaskSearch(window=DAY, worker_id=WORKER),
    "hour": TaskSearch(window=HOUR),
    "now": TaskSearch(window=ONGOING),
    "none": TaskSearch(window=DAY, task_type="none, (such)"),
}
LOG_SEARCHES: dict[str, LogSearch] = {
    "all": LogSearch(window=HOUR),
    "level": LogSearch(window=HOUR, level="ERROR"),
    "kind": LogSearch(window=HOUR, source="edge_function"),
    "name": LogSearch(window=HOUR, source="claim-next-task"),
    "kind in capitals": LogSearch(window=HOUR, source="Worker"),
    "task": LogSearch(window=HOUR, task_id=TASK),
    "worker": LogSearch(window=HOUR, worker_id=WORKER),
    "no worker": LogSearch(window=HOUR, worker_id=WorkerId('a",b')),
    "together": LogSearch(window=DAY, worker_id=WORKER, text="OWN", level="INFO"),
}
TEXTS = (
    *("100%", "LOSS 100%", "file_name", "2 * 3", "**", "* 3", r"C:\temp", "\\"),
    *('"no, (never)', "a.b", "{json: 1}", "^$|?+", "[edge]", "GRÜN", "✓", "%", "_"),
    *("nothing such", "e_n", "0% d", "loss*"),
)


def _ids(found: Any) -> Any:
    """Return the ids of tasks, workers or lines: some questions leave texts behind."""
    if isinstance(found, Listing):
        return _ids(found.rows), found.whole
    return [each.id for each in found]


def _lines_of(wanted: LogSearch) -> Question:
    return lambda system: system.logs.search(wanted, limit=100)


def _tasks_of(wanted: TaskSearch) -> Question:
    return lambda system: system.tasks.search(wanted)


def _failed_of(wanted: TaskSearch) -> Question:
    return lambda system: system.tasks.failed(wanted)


QUESTIONS: dict[str, Question] = {
    "task": lambda system: system.tasks.get(TASK),
    "failed task": lambda system: system.tasks.get(DOOMED),
    "complete task": lambda system: system.tasks.get(_id(6)),
    "cascaded task": lambda system: system.tasks.get(_id(11)),
    "tasks by prefix": lambda system: system.tasks.find("4134"),
    "tasks by long prefix": lambda system: system.tasks.find(str(_id(1))[:35]),
    "tasks by capitals": lambda system: system.tasks.find("41345358-0000-4000-8"),
    "no tasks by prefix": lambda system: system.tasks.find("ffff"),
    "count": lambda system: system.tasks.count("Queued"),
    "counts": lambda system: system.tasks.counts(),
    "worker": lambda system: system.workers.get(WORKER),
    "worker without heartbeat": lambda system: system.workers.get(LONGER),
    "ended worker": lambda system: system.workers.get(DEAD),
    "workers by prefix": lambda system: system.workers.find("gpu-"),
    "workers by prefix with _": lambda system: system.workers.find("gpu-old_"),
    "workers by odd prefix": lambda system: system.workers.find("gpu_old"),
    "workers by pod": lambda system: system.workers.of_pod("oldp"),
    "workers by pods": lambda system: system.workers.of_pod("abc1"),
    "no workers by pod": lambda system: system.workers.of_pod("zzzz"),
    "workers by odd pod": lambda system: system.workers.of_pod("p,(2)"),
    "fleet": lambda system: system.workers.fleet(DAY),
    "fleet of an hour": lambda system: system.workers.fleet(HOUR),
    "fleet of the past": lambda system: system.workers.fleet(
        Window(since=ago(days=4), until=ago(hours=3))
    ),
    "fleet of now": lambda system: system.workers.fleet(ONGOING),
    "lines of now": lambda system: system.logs.of_worker(WORKER, ONGOING),
    "lines of a task": lambda system: system.logs.of_task(TASK, HOUR),
    "lines of a worker": lambda system: system.logs.of_worker(WORKER, HOUR),
    "lines of a day": lambda system: system.logs.of_worker(WORKER, DAY),
    "lines that name it": lambda system: system.logs.naming(WORKER, HOUR),
    "lines that name another": lambda system: system.logs.naming(LONGER, HOUR),
    "alarms": lambda system: system.logs.alarms(DAY, limit=100),
    "one alarm": lambda system: system.logs.alarms(DAY, limit=1),
    "orchestration": lambda system: system.logs.orchestration(HOUR),
    **{f"lines: {name}": _lines_of(wanted) for name, wanted in LOG_SEARCHES.items()},
    **{f"text: {text}": _lines_of(LogSearch(window=HOUR, text=text)) for text in TEXTS},
    "newest lines": lambda system: system.logs.search(
        LogSearch(window=DAY, level="INFO"), limit=3
    ),
}

# What lists leave out of a row (its texts, its parameters) differs from the fake's.
LISTS: dict[str, Question] = {
    **{f"search: {name}": _tasks_of(wanted) for name, wanted in SEARCHES.items()},
    **{f"failed: {name}": _failed_of(wanted) for name, wanted in SEARCHES.items()},
    "of a worker": lambda system: system.tasks.of_worker(WORKER),
    "dependants": lambda system: system.tasks.dependants(DOOMED),
    "no dependants": lambda system: system.tasks.dependants(CHILD),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_both_answer_the_same(real: System, fake: System, question: str) -> None:
    """Value by value."""
    ask = QUESTIONS[question]

    assert await ask(real) == await ask(fake)


@pytest.mark.parametrize("question", LISTS)
async def test_both_list_the_same(real: System, fake: System, question: str) -> None:
    """In the same order."""
    ask = LISTS[question]

    assert _ids(await ask(real)) == _ids(await ask(fake))


async def test_both_know_the_same_named_tasks(real: System, fake: System) -> None:
    """In no order; those that do not exist are left out."""
    wanted = [TASK, DOOMED, GONE]

    assert {each.id for each in await real.tasks.named(wanted)} == {TASK, DOOMED}
    assert {each.id for each in await fake.tasks.named(wanted)} == {TASK, DOOMED}


async def test_both_know_the_same_children(real: System, fake: System) -> None:
    """The real one finds the link in the parameters."""
    parent, _ = await real.tasks.get(_id(5))

    [found] = await real.tasks.children(parent)
    [expected] = await fake.tasks.children(parent)

    assert (found.id, found.parent) == (expected.id, expected.parent)


async def test_both_tell_the_same_running_tasks(real: System, fake: System) -> None:
    """With the workers that hold them."""

    def pairs(listing: Listing[tuple[Task, Worker | None]]) -> list[Any]:
        return [(task.id, worker) for task, worker in listing.rows]

    assert pairs(await real.tasks.running()) == pairs(await fake.tasks.running())


async def test_both_tell_the_same_reasons_to_wait(real: System, fake: System) -> None:
    """As far as dependencies go."""

    async def reasons(system: System) -> list[object]:
        queue = await system.tasks.queue()
        assert queue.untold == ()
        entries = queue.entries.rows
        return [
            [task.id for task in queue.running or ()],
            *((each.task.id, each.reason, each.detail) for each in entries),
        ]

    assert await reasons(real) == await reasons(fake)


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        ([WORKER, DEAD], []),
        ([], [POD, "oldpod1"]),
        ([DEAD], ["oldpod1", "p,(2)", 'p"']),
        (["gpu-none", 'a,"b"', "(c)"], ["none"]),
        ([], []),
    ],
    ids=["names", "pods", "both", "odd", "nothing"],
)
async def test_both_know_the_same_workers(
    real: System, fake: System, names: list[str], ids: list[str]
) -> None:
    """By name or by pod, each once, in no order."""
    found = await real.workers.known_as(names, ids)
    expected = await fake.workers.known_as(names, ids)

    assert {each.id: each for each in found} == {each.id: each for each in expected}
    assert len(found) == len(expected)


@pytest.mark.parametrize("text", [TASK, "4134", "gpu-", WORKER, "zz"])
async def test_both_know_an_id_by_its_form(
    real: System, fake: System, text: str
) -> None:
    """Whole ones, and what may begin one."""
    assert real.tasks.is_id(text) == fake.tasks.is_id(text)
    assert real.tasks.may_begin(text) == fake.tasks.may_begin(text)
    assert real.workers.is_id(text) == fake.workers.is_id(text)
    assert real.workers.may_begin(text) == fake.workers.may_begin(text)


async def test_both_use_the_same_words(real: System, fake: System) -> None:
    """For statuses and levels."""
    assert set(real.tasks.statuses) == set(fake.tasks.statuses)
    assert real.tasks.statuses[0] == fake.tasks.statuses[0]
    assert set(fake.workers.statuses) <= set(real.workers.statuses)
    assert real.logs.levels == fake.logs.levels
    assert real.pods.name_prefixes == fake.pods.name_prefixes


async def test_both_miss_what_does_not_exist(real: System, fake: System) -> None:
    """With the same words."""
    for system in (real, fake):
        with pytest.raises(NotFound, match=f"no task is called {GONE}"):
            await system.tasks.get(GONE)
        with pytest.raises(NotFound, match="no worker is called gpu-none"):
            await system.workers.get(WorkerId("gpu-none"))


async def test_both_tell_the_same_pods(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an account tells besides, such as the uptime, is not compared."""
    assert stack.runpod is not None
    monkeypatch.setenv("RUNPOD_API_BASE_URL", stack.runpod.url)
    stopped = a_pod("xyz2", name="mine", status="EXITED", named_at=None)
    world = a_world(pods=[a_pod(named_at=ago(hours=1)), stopped])
    stack.runpod.load(
        *(
            pods.Pod(id=each.id, name=each.name, created_at=NOW, status=each.status)
            for each in world.pods.rows
        )
    )
    real = RunPod(stack.runpod.key)

    def told(pod: Any) -> Any:
        return pod and (
            pod.id,
            pod.name,
            pod.status,
            pod.cost_per_hour_usd,
            pod.named_at,
        )

    assert [told(pod) for pod in await real.all()] == [
        told(pod) for pod in await world.pods.all()
    ]
    assert told(await real.get(POD)) == told(await world.pods.get(POD))
    assert await real.get("none") is await world.pods.get("none") is None  # type: ignore[arg-type]


# --- what only a real PostgREST can show --------------------------------------------


async def test_more_lines_than_the_cap_are_read_to_the_end(
    real: System, database: Postgres
) -> None:
    """Seven of them at each moment: none is lost between pages, none comes twice."""
    window = Window(since=ago(days=9), until=ago(days=8))
    database.sql(
        "insert into system_logs (timestamp, source_type, source_id, log_level,"
        " message, worker_id) select %s::timestamptz + make_interval(secs => n / 7),"
        " 'worker', 'gpu-many', 'INFO', n::text, 'gpu-many'"
        " from generate_series(1, 2500) n",
        [window.since],
    )

    listing = await real.logs.of_worker(WorkerId("gpu-many"), window)

    assert {int(line.message) for line in listing.rows} == set(range(1, 2501))
    assert len(listing.rows) == 2500
    assert listing.whole
    assert list(listing.rows) == sorted(
        listing.rows, key=lambda each: (each.at, each.id)
    )


async def test_more_workers_than_the_cap_are_read_to_the_end(
    real: System, database: Postgres
) -> None:
    """They were all made at the same moment."""
    window = Window(since=ago(days=20), until=ago(days=19))
    database.sql(
        "insert into workers (id, status, created_at)"
        " select 'many-' || n, 'terminated', %s from generate_series(1, 1500) n",
        [window.since],
    )

    listing = await real.workers.fleet(window)

    assert len({worker.id for worker in listing.rows}) == 1500
    assert listing.whole


async def test_metadata_that_is_null_harms_nobody(
    real: System, database: Postgres
) -> None:
    """A heartbeat of an unknown worker leaves it so (systems/reigh.md, 0.12)."""
    database.sql(
        "insert into workers (id, created_at, metadata) values ('nul-1', %s, null)",
        [ago(days=30)],
    )

    worker = await real.workers.get(WorkerId("nul-1"))

    assert (worker.runpod_id, worker.ram_tier, worker.error_at) == (None, None, None)
    database.sql("delete from workers where id = 'nul-1'")


async def test_a_project_without_a_newer_column_is_read_without_it(
    real: System, fake: System, database: Postgres
) -> None:
    """By questions that are put at the same time, and within another table's row."""
    database.execute("alter table workers rename column current_model to later")
    try:
        worker = await real.workers.get(WORKER)
        task, holder = await real.tasks.get(TASK)
    finally:
        database.execute("alter table workers rename column later to current_model")

    expected = await fake.workers.get(WORKER)
    assert worker.current_model is None
    assert worker.ram_tier == expected.ram_tier
    assert task.id == TASK
    assert holder == worker


async def test_a_project_whose_tasks_had_one_dependency_is_understood(
    real: System, database: Postgres
) -> None:
    """Until 2026-01-21 it was one id (systems/reigh.md, 1.2)."""
    database.execute(
        "drop index tasks_dependencies; alter table tasks alter column dependant_on"
        " type uuid using dependant_on[1]; notify pgrst, 'reload schema'"
    )
    try:
        found = await real.tasks.dependants(DOOMED)
    finally:
        database.execute(
            "alter table tasks alter column dependant_on type uuid[] using"
            " case when dependant_on is not null then array[dependant_on] end;"
            " create index tasks_dependencies on tasks using gin (dependant_on)"
            " where dependant_on is not null; notify pgrst, 'reload schema'"
        )
        database.sql(
            "update tasks set dependant_on = %s where id = %s",
            [[_id(6), _id(1)], _id(7)],
        )

    assert [each.id for each in found] == [CHILD]
    assert found[0].dependencies == (DOOMED,)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            lambda: key("service_role", expires=1700000001),
            "refused the key in SUPABASE_SERVICE_ROLE_KEY, which has expired",
        ),
        (
            lambda: key("service_role", secret="of somebody else entirely, and long"),
            "refused the key in SUPABASE_SERVICE_ROLE_KEY",
        ),
        (lambda: "sb_secret_of_nobody", "refused the key in SUPABASE_SERVICE_ROLE_KEY"),
    ],
    ids=["expired", "foreign", "unknown"],
)
async def test_a_bad_key_is_named_by_its_setting(
    stack: Stack, made: Callable[[], str], message: str
) -> None:
    """As the gateway and PostgREST word it, for rows and for counts."""
    project = Project(stack.environment["SUPABASE_URL"], made())
    system = reigh(project, RunPod(None), thresholds=Thresholds(), settings=())

    for question in (system.tasks.counts, system.tasks.running):
        with pytest.raises(SourceDown) as raised:
            await question()
        assert raised.value.message == message
    await project.close()


async def test_a_table_that_is_missing_is_named(project: Project) -> None:
    """As PostgREST words it."""
    with pytest.raises(SourceDown, match="has no table nothing"):
        await project.rows(lambda client: client.table("nothing").select("id"))
