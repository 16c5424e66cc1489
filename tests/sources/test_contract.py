"""The fakes of `tests/world.py` and the real adapters, asked the same questions.

The adapters read a real PostgREST that holds the same small world.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import httpx
import pytest

from bot.demo import pods
from bot.demo.clickhouse import ClickHouse
from bot.demo.gateway import key
from bot.demo.postgres import Postgres
from bot.demo.rest_stand_in import RestStandIn
from bot.demo.stack import Stack
from bot.domain.cases import Thresholds
from bot.domain.errors import NotFound, Refused, SourceDown, Uncertain
from bot.domain.logs import LogLine
from bot.domain.orchestration import Cycle, Orchestration
from bot.domain.pages import Border
from bot.domain.pods import PodId
from bot.domain.tasks import Task, TaskId, TaskPhase
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId
from bot.sources import Listing, LogSearch, System, TaskSearch
from bot.sources.clickhouse import reigh_logs
from bot.sources.powers import Powers
from bot.sources.reigh import Project, reigh
from bot.sources.reigh.powers import ReighTaskPower, ReighWorkerPower
from bot.sources.runpod import RunPod, RunPodPower
from tests.counterparts import standing
from tests.engines import insert, made, reading
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

# systems/reigh.md, 1.3: any text. What a filter or a pattern could take for its own.
ODD_IDS = (
    'my "worker"),id.neq.(x',
    "it's 100% of\\it",
    "rack/7:größe",
    "rack/7:gröxe_",
    "a*b",
    "acb",
)
ODD_PARTS = (
    *('my "worker"),', "),id.neq.(x", "it's 100%", "it's%", "of\\it", "of\\\\it"),
    *("rack/7:grö", "größ_", "e_", "%"),
)
PROJECT = "00000000-0000-4000-8000-000000000001"
DAY = Window(since=ago(days=1), until=NOW)
HOUR = Window(since=ago(hours=1), until=NOW)
ONGOING = Window.before(NOW, hours=1)
AHEAD = NOW + timedelta(minutes=2)
API_WROTE_AT = ago(minutes=9)


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
            processed_at=ago(minutes=5),
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
            updated_at=ago(minutes=1),
        ),
        a_task("5" + _id(12)[1:], status="Queued", project_id=PROJECT),
        _task(13, task_type="vace", created_at=AHEAD, started_at=AHEAD),
        _task(14, status="Queued", task_type="qwen_image_edit"),
        _task(15, status="Queued", task_type="qwen_image_edit", dependencies=(GONE,)),
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
        _worker(
            "gpu-failed",
            status="terminated",
            created_at=ago(days=4),
            last_heartbeat_at=ago(hours=3),
            error_reason="Stuck task",
            error_at=ago(hours=2),
        ),
        _worker(
            "gpu-ended",
            status="terminated",
            created_at=ago(days=4),
            last_heartbeat_at=ago(minutes=50),
            terminated_at=ago(minutes=40),
        ),
        _worker(
            "gpu-unborn",
            status="terminated",
            created_at=ago(minutes=70),
            last_heartbeat_at=None,
            error_at=ago(minutes=59),
        ),
        _worker("gpuXold_1", status="error", created_at=ago(days=5), runpod_id="p,(2)"),
        _worker("gpu-new", status="terminated", created_at=ago(hours=2)),
        _worker("gpu-ahead", status="inactive", created_at=AHEAD),
        _worker("api-worker-main", runs_on_gpu=False, runpod_id=None),
        *(
            _worker(
                id, status="error", created_at=ago(days=6, minutes=n), runpod_id=None
            )
            for n, id in enumerate(ODD_IDS)
        ),
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
        *(
            {
                "message": "[WORKER_LOOP] Loop #7: Active tasks: 0",
                "source": "orchestrator_api",
                "at": API_WROTE_AT - timedelta(seconds=seconds),
                "worker_id": None,
            }
            for seconds in (0, 10)
        ),
        *({"message": "own, of an odd one", "worker_id": id} for id in ODD_IDS),
        *({"message": f"MARKING {id} AS ERROR", **ORCHESTRATOR} for id in ODD_IDS),
    )
    world = a_world(tasks=tasks, workers=workers, lines=lines)
    world.tasks.of_api = frozenset({"qwen_image_edit"})
    world.tasks.api_wrote_at = API_WROTE_AT
    world.tasks.generations = frozenset({"travel_segment", "extract_frame", "vace"})
    world.logs.life = Orchestration(
        last_line=next(line for line in lines if line.at == ago(seconds=29)),
        cycles=(
            Cycle(
                number=7,
                started_at=ago(seconds=31),
                completed_at=ago(seconds=29),
                took=timedelta(seconds=1.5),
                instance=str(ORCHESTRATOR["source_id"]),
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
    with standing(postgres=True, slack=False) as stack:
        assert stack.postgres is not None
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
    "errors": LogSearch(window=HOUR, level="ERROR"),
    "errors of a task": LogSearch(window=HOUR, level="ERROR", task_id=TASK),
    "errors of a worker": LogSearch(window=HOUR, level="ERROR", worker_id=WORKER),
    "errors before": LogSearch(
        window=HOUR, level="ERROR", before=Border(at=ago(minutes=4), id=_id(0))
    ),
    "routine too": LogSearch(window=HOUR, level="CRITICAL"),
    "level": LogSearch(window=HOUR, level="INFO"),
    "kind": LogSearch(window=HOUR, source="edge_function"),
    "name": LogSearch(window=HOUR, source="claim-next-task"),
    "kind in capitals": LogSearch(window=HOUR, source="Worker"),
    "task": LogSearch(window=HOUR, task_id=TASK),
    "worker": LogSearch(window=HOUR, worker_id=WORKER),
    "no worker": LogSearch(window=HOUR, worker_id=WorkerId('a",b')),
    "before": LogSearch(window=HOUR, before=Border(at=ago(minutes=6), id=_id(912))),
    "before a tie": LogSearch(
        window=HOUR, before=Border(at=ago(minutes=6), id=_id(911))
    ),
    "after": LogSearch(window=HOUR, after=Border(at=ago(minutes=6), id=_id(910))),
    "after a tie": LogSearch(window=HOUR, after=Border(at=ago(minutes=6), id=_id(911))),
    "before and else": LogSearch(
        window=HOUR,
        before=Border(at=ago(minutes=3), id=_id(0)),
        worker_id=WORKER,
        text="own",
    ),
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


def worker_of(id: str) -> Question:
    return lambda system: system.workers.get(WorkerId(id))


def workers_by(part: str) -> Question:
    return lambda system: system.workers.find(part)


def lines_of(id: str) -> Question:
    return lambda system: system.logs.of_worker(WorkerId(id), HOUR)


def lines_naming(id: str) -> Question:
    return lambda system: system.logs.naming(WorkerId(id), HOUR)


QUESTIONS: dict[str, Question] = {
    "task": lambda system: system.tasks.get(TASK),
    "failed task": lambda system: system.tasks.get(DOOMED),
    "complete task": lambda system: system.tasks.get(_id(6)),
    "cascaded task": lambda system: system.tasks.get(_id(11)),
    "tasks by prefix": lambda system: system.tasks.find("4134"),
    "tasks by long prefix": lambda system: system.tasks.find(str(_id(1))[:35]),
    "tasks by capitals": lambda system: system.tasks.find("41345358-0000-4000-8"),
    "no tasks by prefix": lambda system: system.tasks.find("ffff"),
    "types that generate": lambda system: system.tasks.generating(
        ["travel_segment", "travel_orchestrator", "extract_frame", "lora_training", "x"]
    ),
    "count": lambda system: system.tasks.count("Queued"),
    "counts": lambda system: system.tasks.counts(),
    "ended": lambda system: system.tasks.ended(DAY, made=DAY),
    "ended lately": lambda system: system.tasks.ended(
        Window(since=ago(minutes=2), until=NOW), made=DAY
    ),
    "ended, of the new": lambda system: system.tasks.ended(HOUR, made=HOUR),
    "worker": lambda system: system.workers.get(WORKER),
    "worker without heartbeat": lambda system: system.workers.get(LONGER),
    "ended worker": lambda system: system.workers.get(DEAD),
    "workers by prefix": lambda system: system.workers.find("gpu-"),
    "workers by prefix with _": lambda system: system.workers.find("gpu-old_"),
    "workers by odd prefix": lambda system: system.workers.find("gpu_old"),
    **{f"worker {id}": worker_of(id) for id in ODD_IDS},
    **{f"workers by {part}": workers_by(part) for part in (*ODD_IDS, *ODD_PARTS)},
    **{f"lines of {id}": lines_of(id) for id in ODD_IDS},
    **{f"lines naming {id}": lines_naming(id) for id in ODD_IDS},
    "workers known by odd ids": lambda system: system.workers.known_as(ODD_IDS, ()),
    "workers by end": lambda system: system.workers.find("0a1b2c3d"),
    "workers by end with _": lambda system: system.workers.find("old_1"),
    "workers by odd end": lambda system: system.workers.find("oldx1"),
    "workers by end of pod": lambda system: system.workers.of_pod("56gh"),
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
    "writers": lambda system: system.logs.writers(HOUR),
    "writers of a day": lambda system: system.logs.writers(DAY),
    "alarms": lambda system: system.logs.alarms(DAY, limit=100),
    "alarms without scale-downs": lambda system: system.logs.alarms(
        DAY, limit=100, scale_downs=False
    ),
    "one alarm": lambda system: system.logs.alarms(DAY, limit=1),
    "first alarm": lambda system: system.logs.first_alarm(DAY),
    "no first alarm": lambda system: system.logs.first_alarm(
        replace(
            DAY,
            since=DAY.since - timedelta(days=9),
            until=DAY.since - timedelta(days=8),
            ongoing=False,
        )
    ),
    "orchestration": lambda system: system.logs.orchestration(HOUR),
    **{f"lines: {name}": _lines_of(wanted) for name, wanted in LOG_SEARCHES.items()},
    **{f"text: {text}": _lines_of(LogSearch(window=HOUR, text=text)) for text in TEXTS},
    "newest lines": lambda system: system.logs.search(
        LogSearch(window=DAY, level="INFO"), limit=3
    ),
}

LOG_QUESTIONS: dict[str, Question] = {
    name: ask
    for name, ask in QUESTIONS.items()
    if name.startswith(("lines", "text", "writers", "newest lines", "orchestration"))
    or "alarm" in name
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


@pytest.fixture(scope="module")
def table(clickhouse: ClickHouse) -> str:
    """Return a table of the engine that holds the lines of the same world."""
    table = made(clickhouse)
    insert(clickhouse, table, "reigh", _the_world().logs.rows)
    return table


@pytest.mark.clickhouse
@pytest.mark.parametrize("question", LOG_QUESTIONS)
async def test_an_engine_answers_the_same(
    clickhouse: ClickHouse, table: str, fake: System, question: str
) -> None:
    """It may hold the lines instead."""
    ask = LOG_QUESTIONS[question]
    async with reading(clickhouse, table) as kept:
        there = replace(fake, logs=reigh_logs(kept.engine))

        assert await ask(there) == await ask(fake)


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


@pytest.mark.parametrize("now", [NOW, ago(minutes=4)], ids=["silent", "alive"])
async def test_both_tell_the_same_reasons_to_wait(
    real: System, fake: System, now: datetime
) -> None:
    """Dependencies, then whether the API orchestrator still writes."""

    async def reasons(system: System) -> list[object]:
        queue = await system.tasks.queue(now)
        assert queue.untold == ()
        entries = queue.entries.rows
        return [
            [task.id for task in queue.running or ()],
            *(
                (each.task.id, each.reason, each.detail, each.by_api)
                for each in entries
            ),
            queue.for_workers,
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
    assert real.workers.may_bound(text) == fake.workers.may_bound(text)


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


async def test_a_function_that_names_a_worker_beside_its_text_is_read(
    real: System, database: Postgres
) -> None:
    """Among the worker's lines, with why it wrote (systems/reigh.md, 3.4)."""
    window = Window(since=ago(days=12), until=ago(days=11))
    database.sql(
        "insert into system_logs (timestamp, source_type, source_id, log_level,"
        " message, metadata) select %s::timestamptz + make_interval(secs => n),"
        " 'edge_function', 'claim-next-task', 'ERROR', 'Claim RPC error',"
        " jsonb_build_object('worker_id', 'gpu-many,' || n, 'error', 'no luck')"
        " from generate_series(1, 3) n",
        [window.since],
    )

    listing = await real.logs.of_worker(WorkerId("gpu-many,2"), window)

    [line] = listing.rows
    assert line.message == "Claim RPC error: no luck"
    assert line.worker_id == "gpu-many,2"


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


# --- what changes it ----------------------------------------------------------------


class Meanwhile(httpx.AsyncHTTPTransport):
    """A network on which somebody else writes right before us."""

    def __init__(self, write: Callable[[], object]) -> None:
        super().__init__()
        self._write = write

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            self._write()
        return await super().handle_async_request(request)


class Forgetful(httpx.AsyncHTTPTransport):
    """A network that does what it is told, and loses the answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if request.method == "PATCH":
            await response.aread()
            msg = "reset"
            raise httpx.ReadError(msg)
        return response


def _powers(project: Project, stack: Stack) -> Powers:
    key = stack.runpod.key if stack.runpod else None
    return Powers(
        pods=RunPodPower(key),
        workers=ReighWorkerPower(project),
        tasks=ReighTaskPower(project),
    )


@pytest.fixture
def powers(project: Project, stack: Stack) -> Powers:
    """Return the real ones."""
    return _powers(project, stack)


@pytest.fixture
def changing(database: Postgres) -> Iterator[Postgres]:
    """Return the database, which is afterwards as it was."""
    yield database
    _seed(database, _the_world())


@pytest.fixture
async def over(stack: Stack) -> AsyncIterator[Callable[..., Powers]]:
    """Return what makes the real ones over another network."""
    opened = []

    def make(network: httpx.AsyncBaseTransport) -> Powers:
        where = stack.environment
        key = where["SUPABASE_SERVICE_ROLE_KEY"]
        opened.append(Project(where["SUPABASE_URL"], key, transport=network))
        return _powers(opened[-1], stack)

    yield make
    for each in opened:
        await each.close()


def _row(database: Postgres, table: str, id: str) -> Any:
    found = database.sql(f"select to_jsonb(t) from {table} t where id::text = %s", [id])
    return found[0][0] if found else None


@pytest.mark.parametrize("id", [WORKER, LONGER, "gpuXold_1", "api-worker-main"])
async def test_both_end_the_same_worker(
    real: System, powers: Powers, changing: Postgres, id: WorkerId
) -> None:
    """What is read of it afterwards is the same, value by value."""
    world = _the_world()
    seen = await world.workers.get(id)

    assert await powers.workers.end(seen, now=NOW)
    assert await world.powers.workers.end(seen, now=NOW)

    ended = await real.workers.get(id)
    assert ended == await world.workers.get(id)
    assert (ended.status, ended.terminated_at) == ("terminated", NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "error"},
        {"last_heartbeat_at": ago(seconds=11)},
        {"last_heartbeat_at": None},
        {"id": "gpu-none"},
    ],
    ids=["status", "heartbeat", "no heartbeat", "gone"],
)
async def test_neither_ends_a_worker_that_is_not_as_it_was_seen(
    powers: Powers, changing: Postgres, change: dict[str, Any]
) -> None:
    """Its row stays as it is."""
    world = _the_world()
    before = _row(changing, "workers", WORKER)
    seen = replace(await world.workers.get(WORKER), **change)

    for each in (powers, world.powers):
        assert not await each.workers.end(seen, now=NOW)

    assert _row(changing, "workers", WORKER) == before
    assert world.workers.rows == _the_world().workers.rows


@pytest.mark.parametrize("number", [1, 2, 5, 11])
async def test_both_requeue_the_same_task(
    real: System, powers: Powers, changing: Postgres, number: int
) -> None:
    """What is read of it afterwards is the same, value by value."""
    world = _the_world()
    seen, _ = await world.tasks.get(_id(number))

    assert await powers.tasks.requeue(seen)
    assert await world.powers.tasks.requeue(seen)

    requeued, _ = await real.tasks.get(_id(number))
    assert requeued == (await world.tasks.get(_id(number)))[0]
    assert requeued.phase is TaskPhase.WAITING
    assert requeued.attempts == (seen.attempts or 0) + 1


async def test_both_leave_attempts_alone_that_were_not_read(
    real: System, powers: Powers, changing: Postgres
) -> None:
    """They could only be guessed."""
    world = _the_world()
    seen = replace((await world.tasks.get(DOOMED))[0], attempts=None)

    assert await powers.tasks.requeue(seen)
    assert await world.powers.tasks.requeue(seen)

    assert (await real.tasks.get(DOOMED))[0].attempts == 3
    assert (await world.tasks.get(DOOMED))[0].attempts == 3


@pytest.mark.parametrize(
    "change",
    [
        {"status": "Queued"},
        {"worker_id": DEAD},
        {"worker_id": None},
        {"attempts": 1},
        {"started_at": ago(minutes=2) + timedelta(microseconds=1)},
        {"started_at": None},
        {"id": GONE},
    ],
    ids=str,
)
async def test_neither_requeues_a_task_that_is_not_as_it_was_seen(
    powers: Powers, changing: Postgres, change: dict[str, Any]
) -> None:
    """Its row stays as it is."""
    world = _the_world()
    before = _row(changing, "tasks", TASK)
    seen = replace((await world.tasks.get(TASK))[0], **change)

    for each in (powers, world.powers):
        assert not await each.tasks.requeue(seen)

    assert _row(changing, "tasks", TASK) == before
    assert world.tasks.rows == _the_world().tasks.rows


async def test_neither_requeues_a_task_whose_result_is_there(
    powers: Powers, changing: Postgres
) -> None:
    """It would be made twice (systems/reigh.md, F15)."""
    world = _the_world()
    seen, _ = await world.tasks.get(TASK)
    world.task_power.made.add(TASK)
    changing.sql("update tasks set generation_created = true where id = %s", [TASK])

    for each in (powers, world.powers):
        assert not await each.tasks.requeue(seen)

    assert _row(changing, "tasks", TASK)["status"] == "In Progress"


async def test_both_end_the_same_pods(
    stack: Stack, powers: Powers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a locked one, nor one that is gone, nor two by a crafted id."""
    assert stack.runpod is not None
    monkeypatch.setenv("RUNPOD_API_BASE_URL", stack.runpod.url)
    stack.runpod.calm()
    shut, crafted = PodId("shut1"), PodId('xyz2"}) b: podTerminate(input: {podId: "o')
    world = a_world(pods=[a_pod(), a_pod("xyz2"), a_pod(shut)])
    world.pod_power.locks.add(shut)
    stack.runpod.load(
        *(
            pods.Pod(id=each.id, name=each.name, created_at=NOW, locked=each.id == shut)
            for each in world.pods.rows
        )
    )

    for each in (powers, world.powers):
        await each.pods.terminate(POD)
        with pytest.raises(Refused, match="said no: pod is locked"):
            await each.pods.terminate(shut)
        with pytest.raises(Refused, match="said no: pod not found"):
            await each.pods.terminate(POD)
        with pytest.raises(SourceDown):
            await each.pods.terminate(crafted)
        assert await each.pods.locked() == {shut}

    assert stack.runpod.left() == {"xyz2", shut}
    assert {pod.id for pod in world.pods.rows} == {"xyz2", shut}
    sent = [each["body"].count("podTerminate") for each in stack.runpod.requests()]
    assert sent == [1, 1, 1, 0]


@pytest.mark.parametrize("does_it", [True, False])
async def test_a_fake_can_leave_it_uncertain(*, does_it: bool) -> None:
    """As the real ones do; it may have been done all the same."""
    world = _the_world()
    world.pods.rows.append(a_pod())
    for power in (world.pod_power, world.worker_power, world.task_power):
        power.uncertain = Uncertain("fake", "nobody knows")
        power.does_it = does_it
    worker, (task, _) = await world.workers.get(WORKER), await world.tasks.get(TASK)

    with pytest.raises(Uncertain):
        await world.powers.pods.terminate(POD)
    with pytest.raises(Uncertain):
        await world.powers.workers.end(worker, now=NOW)
    with pytest.raises(Uncertain):
        await world.powers.tasks.requeue(task)

    assert (await world.pods.get(POD) is None) is does_it
    assert (await world.workers.get(WORKER) != worker) is does_it
    assert ((await world.tasks.get(TASK))[0] != task) is does_it
    assert (world.pod_power.asked, world.worker_power.asked) == ([POD], [WORKER])


@pytest.mark.parametrize(
    "knob",
    [
        {"down": SourceDown("fake", "down")},
        {"refuses": Refused("fake", "said no")},
    ],
    ids=["down", "refuses"],
)
async def test_a_fake_can_fail(knob: dict[str, SourceDown]) -> None:
    """Then it has changed nothing, and keeps what it was asked."""
    world = a_world(pods=[a_pod()])
    [(name, error)] = knob.items()
    setattr(world.pod_power, name, error)

    with pytest.raises(type(error)):
        await world.powers.pods.terminate(POD)

    assert world.pods.rows == [a_pod()]
    assert world.pod_power.asked == [POD]


# --- what others write meanwhile ----------------------------------------------------

ON_WORKER: dict[str, str] = {
    "a heartbeat": "last_heartbeat = now(), status = 'active',"
    """ metadata = metadata || '{"vram_used_mb": 7}'""",
    "a heartbeat's time": "last_heartbeat = now()",
    "an error": "status = 'error', metadata ="
    """ metadata || '{"orchestrator_status": "error", "error_reason": "Stuck task"}'""",
    "a status": "status = 'terminated'",
    "another key": """metadata = metadata || '{"error_time": "now"}'""",
    "an unknown key": """metadata = metadata || '{"": null}'""",
    "another value": """metadata = metadata || '{"ram_tier": 48}'""",
    "a value deep inside": "metadata = jsonb_set(metadata, '{deep,list,0}', '2')",
    "another kind of value": """metadata = metadata || '{"ram_tier": "72"}'""",
    "a value more deep inside": "metadata = jsonb_set(metadata, '{deep,list,2}', '1')",
    "a key more deep inside": "metadata = jsonb_set(metadata, '{deep,new}', '1')",
    "a key less": "metadata = metadata - 'ram_tier'",
    "a key for another": "metadata = metadata - 'ram_tier' || '{\"ram\": 72}'",
    "more ssh details": "metadata = jsonb_set(metadata, '{ssh_details,port}', '1')",
    "other ssh details": "metadata = jsonb_set(metadata, '{ssh_details,ip}', '1')",
    "no more password": "metadata = metadata #- '{ssh_details,password}'"
    " || '{\"once\": 1}'",
    "another word for it": "metadata = jsonb_set(metadata #- '{ssh_details,password}',"
    " '{ssh_details,secret}', '1')",
    "no ssh details": "metadata = metadata - 'ssh_details'",
    "no metadata": "metadata = null",
    "empty metadata": "metadata = '{}'",
}


@pytest.mark.parametrize("password", [True, False], ids=["password", "no password"])
@pytest.mark.parametrize("change", ON_WORKER)
async def test_what_is_written_meanwhile_to_a_worker_is_kept(
    over: Callable[..., Powers], changing: Postgres, change: str, *, password: bool
) -> None:
    """Between our look and our change."""
    changing.sql(
        """update workers set metadata = jsonb_set(metadata, '{deep}',
          '{"list": [1, {"a": null}]}')
          || '{"ssh_details": {"ip": "1.2.3.4"}}' where id = %s""",
        [WORKER],
    )
    if password:
        changing.sql(
            "update workers set metadata = jsonb_set(metadata, '{ssh_details,password}'"
            ", '\"made up\"') where id = %s",
            [WORKER],
        )
    written = []

    def write() -> None:
        changing.sql(f"update workers set {ON_WORKER[change]} where id = %s", [WORKER])
        written.append(_row(changing, "workers", WORKER))

    seen = await _the_world().workers.get(WORKER)

    assert not await over(Meanwhile(write)).workers.end(seen, now=NOW)
    assert [_row(changing, "workers", WORKER)] == written


async def test_a_worker_that_is_deleted_meanwhile_stays_so(
    over: Callable[..., Powers], changing: Postgres
) -> None:
    """It is not written anew."""
    seen = await _the_world().workers.get(LONGER)
    gone = Meanwhile(
        lambda: changing.sql("delete from workers where id = %s", [LONGER])
    )

    assert not await over(gone).workers.end(seen, now=NOW)
    assert _row(changing, "workers", LONGER) is None


ODD_METADATA: dict[str, Any] = {
    "runpod_id": POD,
    "ssh_details": {"ip": "1.2.3.4", "port": 22, "password": "made up"},
    "vram_timestamp": 1769860799.123456,
    "big": 10**18 + 1,
    "small": 1e-07,
    "text": 'said "no, (never)": a+b & 100% \\ ^$|?*{}[]',
    "words": "grün — ✓ 🚀\n\t",
    "nothing": None,
    "yes": True,
    "": "",
    "odd ->> key.with,signs": [],
    "deep": {"list": [1, [2, {"a": "b"}], 1]},
}


@pytest.mark.parametrize("password", [True, False], ids=["password", "no password"])
async def test_all_other_metadata_survives(
    powers: Powers, changing: Postgres, *, password: bool
) -> None:
    """Whatever signs and numbers are in it."""
    metadata = dict(ODD_METADATA)
    if not password:
        del metadata["ssh_details"]
    changing.sql(
        "update workers set metadata = %s where id = %s",
        [json.dumps(metadata), WORKER],
    )
    seen = await _the_world().workers.get(WORKER)

    assert await powers.workers.end(seen, now=NOW)
    assert _row(changing, "workers", WORKER)["metadata"] == metadata | {
        "orchestrator_status": "terminated",
        "terminated_at": NOW.isoformat(),
        "terminated_by": "debug-bot",
    }


async def test_other_columns_survive(powers: Powers, changing: Postgres) -> None:
    """Only the status and the metadata are written, and of that worker."""
    before = changing.sql("select to_jsonb(w) from workers w where id <> %s", [WORKER])
    old = _row(changing, "workers", WORKER)
    seen = await _the_world().workers.get(WORKER)

    assert await powers.workers.end(seen, now=NOW)

    new = _row(changing, "workers", WORKER)
    assert {name for name in new if new[name] != old[name]} == {"status", "metadata"}
    assert before == changing.sql(
        "select to_jsonb(w) from workers w where id <> %s", [WORKER]
    )


async def test_a_worker_without_metadata_is_ended(
    powers: Powers, changing: Postgres
) -> None:
    """A heartbeat of an unknown worker leaves it so (systems/reigh.md, 0.12)."""
    changing.sql("update workers set metadata = null where id = %s", [WORKER])
    seen = await _the_world().workers.get(WORKER)

    assert await powers.workers.end(seen, now=NOW)
    assert set(_row(changing, "workers", WORKER)["metadata"]) == {
        "orchestrator_status",
        "terminated_at",
        "terminated_by",
    }


@pytest.mark.parametrize("metadata", ["{}", '{"runpod_id": "late1"}'])
async def test_metadata_that_comes_meanwhile_is_kept(
    over: Callable[..., Powers], changing: Postgres, metadata: str
) -> None:
    """An empty object is not nothing."""
    changing.sql("update workers set metadata = null where id = %s", [WORKER])
    seen = await _the_world().workers.get(WORKER)
    comes = Meanwhile(
        lambda: changing.sql(
            "update workers set metadata = %s where id = %s", [metadata, WORKER]
        )
    )

    assert not await over(comes).workers.end(seen, now=NOW)
    assert _row(changing, "workers", WORKER)["metadata"] == json.loads(metadata)


@pytest.mark.parametrize("size", [5000, 6000, 100_000])
async def test_metadata_of_any_size_lets_a_worker_be_ended(
    powers: Powers, changing: Postgres, size: int
) -> None:
    """What is too long for an address stays as it is."""
    metadata = {"diagnostics": "x" * size}
    changing.sql(
        "update workers set metadata = %s where id = %s",
        [json.dumps(metadata), WORKER],
    )
    seen = await _the_world().workers.get(WORKER)

    assert await powers.workers.end(seen, now=NOW)

    row = _row(changing, "workers", WORKER)
    assert row["status"] == "terminated"
    assert row["metadata"]["diagnostics"] == "x" * size
    assert ("terminated_by" in row["metadata"]) is (size < 6000)


async def test_a_heartbeat_written_at_creation_does_not_hinder_an_end(
    real: System, powers: Powers, changing: Postgres
) -> None:
    """Such a worker never beat (systems/reigh.md, 1.3)."""
    changing.sql(
        "update workers set last_heartbeat = created_at where id = %s", [WORKER]
    )
    seen = await real.workers.get(WORKER)

    assert seen.last_heartbeat_at is None
    assert await powers.workers.end(seen, now=NOW)


ON_TASK: dict[str, str] = {
    "claimed by another": f"worker_id = '{DEAD}', generation_started_at = now()",
    "claimed anew by the same": "generation_started_at = now()",
    "reset": "status = 'Queued', worker_id = null, generation_started_at = null",
    "reset and counted": "attempts = attempts + 1",
    "completed": "status = 'Complete', output_location = 'https://files.example/a'",
    "its result is made": "generation_created = true",
    "cancelled": "status = 'Cancelled'",
    "its worker deleted": "worker_id = null",
}


@pytest.mark.parametrize("change", ON_TASK)
async def test_what_is_written_meanwhile_to_a_task_is_kept(
    over: Callable[..., Powers], changing: Postgres, change: str
) -> None:
    """Nothing of it is changed."""
    written = []

    def write() -> None:
        changing.sql(f"update tasks set {ON_TASK[change]} where id = %s", [TASK])
        written.append(_row(changing, "tasks", TASK))

    seen, _ = await _the_world().tasks.get(TASK)

    assert not await over(Meanwhile(write)).tasks.requeue(seen)
    assert [_row(changing, "tasks", TASK)] == written


async def test_a_waiting_task_that_is_claimed_meanwhile_runs_on(
    over: Callable[..., Powers], changing: Postgres
) -> None:
    """Its claim is one atomic change (systems/reigh.md, 1.6)."""
    id = _id(9)
    seen, _ = await _the_world().tasks.get(id)
    claimed = Meanwhile(
        lambda: changing.sql(
            "update tasks set status = 'In Progress', worker_id = %s,"
            " generation_started_at = now() where id = %s",
            [WORKER, id],
        )
    )

    assert not await over(claimed).tasks.requeue(seen)
    assert _row(changing, "tasks", id)["worker_id"] == WORKER


async def test_only_what_is_meant_of_a_task_is_written(
    real: System, powers: Powers, changing: Postgres
) -> None:
    """Its microseconds are compared, too; no other task is touched."""
    changing.sql(
        "update tasks set generation_started_at = '2026-01-31T11:58:00.12345Z'"
        " where id = %s",
        [TASK],
    )
    others = "select to_jsonb(t) from tasks t where id <> %s order by id"
    before, old = changing.sql(others, [TASK]), _row(changing, "tasks", TASK)
    seen, _ = await real.tasks.get(TASK)

    assert await powers.tasks.requeue(seen)

    new = _row(changing, "tasks", TASK)
    assert {name for name in new if new[name] != old[name]} == {
        *("status", "worker_id", "generation_started_at", "attempts"),
        "error_message",
    }
    assert changing.sql(others, [TASK]) == before


@pytest.mark.parametrize("column", ["attempts", "error_message", "generation_created"])
async def test_a_project_without_a_newer_column_is_changed_without_it(
    stack: Stack, powers: Powers, changing: Postgres, column: str
) -> None:
    """As PostgREST words it before it has read the schema anew."""
    if column == "error_message" and isinstance(stack.rest, RestStandIn):
        pytest.skip("the stand-in words it otherwise")
    seen, _ = await _the_world().tasks.get(TASK)
    changing.execute(f"alter table tasks rename column {column} to later")
    try:
        done = await powers.tasks.requeue(seen)
        row = _row(changing, "tasks", TASK)
    finally:
        changing.execute(f"alter table tasks rename column later to {column}")

    assert done
    assert (row["status"], row["worker_id"]) == ("Queued", None)
    assert row.get("attempts", 1) == 1


async def test_a_key_that_may_only_read_is_told_so(
    powers: Powers, changing: Postgres
) -> None:
    """As the database words it; nothing is uncertain then."""
    seen = await _the_world().workers.get(WORKER)
    changing.execute("revoke update on workers from service_role")
    try:
        with pytest.raises(SourceDown) as raised:
            await powers.workers.end(seen, now=NOW)
    finally:
        changing.execute("grant update on workers to service_role")

    assert raised.value.message == "does not let this key change workers"
    assert not isinstance(raised.value, Uncertain)


async def test_a_change_whose_answer_is_lost_is_uncertain(
    over: Callable[..., Powers], changing: Postgres
) -> None:
    """It was made."""
    seen, _ = await _the_world().tasks.get(TASK)

    with pytest.raises(Uncertain):
        await over(Forgetful()).tasks.requeue(seen)

    assert _row(changing, "tasks", TASK)["status"] == "Queued"
