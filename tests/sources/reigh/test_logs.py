"""The `system_logs` table, over a network in memory."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.demo.rows import LogRow
from bot.domain.errors import SourceDown
from bot.domain.orchestration import Decision, Orchestration
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import LogSearch
from bot.sources.reigh import logs, project
from bot.sources.reigh.logs import ReighLogs
from bot.sources.reigh.project import Project
from tests.sources.reigh.rest import KEY, URL, Rest, a_log_row, counts, refused, rows
from tests.tools.memory import Memory, Table
from tests.world import NOW, TASK, WORKER, ago

HOUR = Window(since=ago(hours=1), until=NOW)


def _counting(number: int, *found: dict[str, Any]) -> Rest:
    def answer(request: httpx.Request) -> httpx.Response:
        assert counts(request)
        page = rows(*found)
        page.headers["Content-Range"] = f"0-{len(found)}/{number}"
        return page

    return Rest(answer)


async def _asked_for(**given: Any) -> dict[str, str]:
    """Return the filters of a search."""
    rest = _counting(0)
    wanted = LogSearch(window=HOUR, **given)
    await ReighLogs(rest.project()).search(wanted, limit=10)
    [asked] = rest.asked
    others = ("select", "order", "limit", "timestamp")
    return {k: v for k, v in asked.items() if k not in others}


async def test_a_tasks_lines_come_oldest_first_from_the_window() -> None:
    """They are asked for newest first, so that a bound keeps the end of the story."""
    rest = Rest(
        rows(
            a_log_row(id="2", at="2026-01-31T11:59:00Z"),
            a_log_row(id="1", at="2026-01-31T11:58:00Z"),
        )
    )

    listing = await ReighLogs(rest.project()).of_task(TASK, HOUR)

    assert [line.id for line in listing.rows] == ["1", "2"]
    assert listing.whole
    [asked] = rest.asked
    assert asked["task_id"] == f"eq.{TASK}"
    assert asked["timestamp"] == (
        "gte.2026-01-31T11:00:00+00:00 & lte.2026-01-31T12:00:00+00:00"
    )
    assert asked["order"] == "timestamp.desc,id.desc"
    assert rest.tables == ["system_logs"]


async def test_reasons_are_asked_for_where_lines_may_have_some() -> None:
    """A worker's own have none and are many (systems/reigh.md, 3.1)."""
    rest = Rest(rows())
    reigh = ReighLogs(rest.project())

    await reigh.of_task(TASK, HOUR)
    await reigh.of_worker(WORKER, HOUR)

    of_task, *of_worker = (asked["select"].split(",") for asked in rest.asked)
    [own] = [asked["select"] for asked in rest.asked if "worker_id" in asked]
    assert {"e:metadata->>error", "x:metadata->>exception"} <= {*of_task}
    assert len(of_worker) == 2
    assert "metadata" not in own


async def test_a_workers_lines_are_those_that_carry_or_were_written_by_it() -> None:
    """Each once, in one order."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "or" in request.url.params:
            return rows(a_log_row(id="2", at="2026-01-31T11:58:30Z"))
        return rows(
            a_log_row(id="3", at="2026-01-31T11:59:00Z"),
            a_log_row(id="1", at="2026-01-31T11:58:00Z"),
        )

    rest = Rest(answer)

    listing = await ReighLogs(rest.project()).of_worker(WorkerId("gpu,1"), HOUR)

    assert [line.id for line in listing.rows] == ["1", "2", "3"]
    [written] = [asked for asked in rest.asked if "or" in asked]
    assert written["or"] == (
        '(and(source_type.eq.worker,source_id.eq."gpu,1",'
        'or(worker_id.is.null,worker_id.neq."gpu,1")),'
        "and(source_type.eq.edge_function,"
        "source_id.in.(claim-next-task,update-worker-model),"
        'metadata->>worker_id.eq."gpu,1"))'
    )


async def test_lines_that_all_carry_its_id_need_no_joining() -> None:
    """That is how most workers write."""

    def answer(request: httpx.Request) -> httpx.Response:
        return rows() if "or" in request.url.params else rows(a_log_row())

    listing = await ReighLogs(Rest(answer).project()).of_worker(WORKER, HOUR)

    assert len(listing.rows) == 1


async def test_lines_that_name_a_worker_name_it_whole() -> None:
    """A pattern finds longer ids too; its own lines are no news."""
    rest = Rest(
        rows(
            a_log_row(id="4", message=f"MARKING AS ERROR: {WORKER}"),
            a_log_row(id="3", message=f"about {WORKER}-second"),
            a_log_row(id="2", message=f"its own {WORKER}", worker_id=WORKER),
            a_log_row(id="1", message=WORKER.replace("_", "x")),
        )
    )

    listing = await ReighLogs(rest.project()).naming(WORKER, HOUR)

    assert [line.id for line in listing.rows] == ["4"]
    [asked] = rest.asked
    assert asked["source_type"] == "eq.orchestrator_gpu"
    assert asked["message"] == r"like.*gpu-20260131\_110000-0a1b2c3d*"


async def test_wildcards_in_a_name_match_themselves() -> None:
    """A star cannot be escaped: any sign stands in for it, and the text decides."""
    rest = Rest(rows(a_log_row(message="on a*b%c"), a_log_row(message="on axb%c")))

    listing = await ReighLogs(rest.project()).naming(WorkerId("a*b%c"), HOUR)

    assert [line.message for line in listing.rows] == ["on a*b%c"]
    assert rest.asked[0]["message"] == "like.*a_b_c*"


@pytest.mark.parametrize(
    ("given", "filters"),
    [
        ({}, {}),
        ({"level": "CRITICAL"}, {"log_level": "eq.CRITICAL"}),
        (
            {"level": "ERROR"},
            {
                "or": "(log_level.eq.ERROR,"
                "and(log_level.eq.CRITICAL,source_type.neq.orchestrator_gpu))"
            },
        ),
        ({"source": "worker"}, {"source_type": "eq.worker"}),
        ({"source": "claim-next-task"}, {"source_id": "eq.claim-next-task"}),
        ({"task_id": TaskId("t1")}, {"task_id": "eq.t1"}),
        (
            {"worker_id": WorkerId('a"b')},
            {"or": r'(worker_id.eq."a\"b",source_id.eq."a\"b")'},
        ),
        ({"text": "plain, (text)"}, {"message": "ilike.%plain, (text)%"}),
        ({"text": "100%"}, {"message": r"ilike.%100\%%"}),
        ({"text": "a_b"}, {"message": r"ilike.%a\_b%"}),
        ({"text": "a\\b"}, {"message": r"ilike.%a\\b%"}),
        ({"text": "2 * 3 (x)"}, {"message": r"imatch.2 \* 3 \(x\)"}),
    ],
)
async def test_a_search_asks_for_what_was_typed(
    given: dict[str, Any], filters: dict[str, str]
) -> None:
    """Text is found literally (TESTBED, 1.4)."""
    assert await _asked_for(**given) == filters


async def test_a_search_keeps_the_newest_and_counts_all() -> None:
    """A limit is no silence about the rest."""
    rest = _counting(50, a_log_row(id="2"), a_log_row(id="1"))
    logs = ReighLogs(rest.project())

    listing = await logs.search(LogSearch(window=HOUR), limit=2)

    assert [line.id for line in listing.rows] == ["1", "2"]
    assert listing.total == 50
    assert not listing.whole
    assert rest.asked[0]["limit"] == "2"


async def test_a_total_is_never_below_what_was_read() -> None:
    """Later pages may hold lines that were written after the first one counted."""
    rest = _counting(0, a_log_row())

    listing = await ReighLogs(rest.project()).search(LogSearch(window=HOUR), limit=9)

    assert listing.total == 1
    assert listing.whole


async def test_alarms_leave_out_the_orchestrators_routine() -> None:
    """It marks ordinary lines CRITICAL (systems/reigh.md, 0.3)."""
    rest = _counting(3, a_log_row(level="ERROR"))

    listing = await ReighLogs(rest.project()).alarms(HOUR, limit=1)

    assert listing.total == 3
    assert rest.asked[0]["or"] == (
        "(log_level.eq.ERROR,and(log_level.eq.CRITICAL,source_type.neq.orchestrator_gpu))"
    )


async def test_alarms_leave_out_scale_downs_where_they_do_not_count() -> None:
    """The orchestrator calls each of them an error (systems/reigh.md, 3.3)."""
    rest = _counting(1, a_log_row(level="ERROR"))

    await ReighLogs(rest.project()).alarms(HOUR, limit=1, scale_downs=False)

    assert rest.asked[0]["message"] == "not.like.*MARKING AS ERROR: Idle timeout*"


async def test_its_newest_line_is_read_whatever_the_window() -> None:
    """An outage of a day must not look like no line at all."""
    rest = Rest(rows(a_log_row(source="orchestrator_gpu", cycle=7)), rows())

    life = await ReighLogs(rest.project()).orchestration(HOUR)

    assert life.last_line is not None
    assert life.last_line.cycle == 7
    assert "timestamp" not in rest.asked[0]
    assert rest.asked[0]["limit"] == "1"


async def test_without_any_line_there_is_no_last_one() -> None:
    """That is an answer."""
    life = await ReighLogs(Rest(rows()).project()).orchestration(HOUR)

    assert life == Orchestration(last_line=None)


async def test_a_project_without_cycle_numbers_is_read_without_them() -> None:
    """The column came late."""
    missing = refused("42703", "column system_logs.cycle_number does not exist")
    row = a_log_row()
    del row["cycle"]
    rest = Rest(missing, rows(row))

    listing = await ReighLogs(rest.project()).of_task(TASK, HOUR)

    assert len(listing.rows) == 1
    assert "cycle" not in rest.asked[1]["select"]


async def test_a_search_that_takes_too_long_is_said() -> None:
    """Text has no index (systems/reigh.md, 1.4)."""
    rest = Rest(refused("57014", "canceling statement", status=500))

    with pytest.raises(SourceDown, match="took too long"):
        await ReighLogs(rest.project()).naming(WORKER, HOUR)


# --- the orchestrator's life --------------------------------------------------------


async def _life(
    *told: tuple[str, int | None], by: tuple[str, ...] = ()
) -> Orchestration:
    """Return the life that lines tell, written a second apart, the last at NOW.

    *by* names the instance that wrote each.
    """
    found = [
        a_log_row(
            source_id=by[n] if by else "orchestrator_gpu-a",
            id=str(n),
            at=ago(seconds=len(told) - 1 - n).isoformat(),
            message=message,
            cycle=cycle,
        )
        for n, (message, cycle) in enumerate(told)
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        if "or" in request.url.params:
            return rows(*reversed(found))
        return rows(*found[-1:])

    return await ReighLogs(Rest(answer).project()).orchestration(HOUR)


STARTING = "Starting orchestrator cycle"
DONE = "Orchestrator cycle completed in 2.50s"
BROKEN = "Error in orchestrator cycle: no disk"


async def test_a_cycle_is_told_by_its_first_and_last_line() -> None:
    """How long it took it says itself."""
    life = await _life((STARTING, 7), (DONE, 7))

    [cycle] = life.cycles
    assert cycle.number == 7
    assert cycle.started_at == ago(seconds=1)
    assert cycle.completed_at == NOW
    assert cycle.took == timedelta(seconds=2.5)
    assert cycle.error is None
    assert life.last_line is not None
    assert (life.errors, life.restarts) == ((), ())


async def test_a_cycle_that_fails_is_not_complete() -> None:
    """Its line is kept as proof."""
    life = await _life((STARTING, 7), (BROKEN, 7))

    [cycle] = life.cycles
    assert (cycle.started_at, cycle.completed_at) == (ago(seconds=1), None)
    assert cycle.error == BROKEN
    assert [line.message for line in life.errors] == [BROKEN]


async def test_a_cycle_that_runs_is_open() -> None:
    """Its end is not known yet."""
    life = await _life((STARTING, 7), (DONE, 7), (STARTING, 8))

    assert [cycle.number for cycle in life.cycles] == [7, 8]
    assert life.cycles[1].completed_at is None


async def test_a_cycle_whose_start_is_before_the_window_is_kept() -> None:
    """Its start is not known."""
    life = await _life((DONE, 7), (BROKEN, 8))

    assert [(each.number, each.started_at) for each in life.cycles] == [
        (7, None),
        (8, None),
    ]


async def test_a_number_that_falls_is_a_restart() -> None:
    """It counts from one after each deployment; old starts stay open for ever."""
    life = await _life((STARTING, 7), (STARTING, 1), (DONE, 1))

    assert life.restarts == (ago(seconds=1),)
    assert [each.completed_at for each in life.cycles] == [None, NOW]


async def test_each_instance_counts_its_own_cycles() -> None:
    """Two that overlap are no restarts, and each one's cycles are completed."""
    told = ((STARTING, 540), (STARTING, 7), (DONE, 540), (DONE, 7))
    more = ((STARTING, 541), (STARTING, 8), (DONE, 541), (DONE, 8))

    life = await _life(*told, *more, by=("a", "b") * 4)

    assert life.restarts == ()
    assert all(each.completed_at and each.started_at for each in life.cycles)
    assert [(each.instance, each.number) for each in life.cycles] == [
        *(("a", 540), ("b", 7)),
        *(("a", 541), ("b", 8)),
    ]


async def test_a_new_instance_that_counts_from_one_is_one_restart() -> None:
    """A deployment may have another name, and overlap the one before it."""
    told = ((STARTING, 540), (STARTING, 1), (STARTING, 541), (STARTING, 2))

    life = await _life(*told, by=("a", "b", "a", "b"))

    assert life.restarts == (ago(seconds=2),)


async def test_a_restart_leaves_the_cycles_of_others_open() -> None:
    """Only those of the instance that began anew never end."""
    told = ((STARTING, 540), (STARTING, 7), (STARTING, 1), (DONE, 540), (DONE, 7))

    life = await _life(*told, by=("a", "b", "b", "a", "b"))

    assert [(each.number, each.completed_at) for each in life.cycles] == [
        *((540, ago(seconds=1)), (7, None), (1, None), (7, NOW))
    ]


async def test_lines_without_numbers_are_paired_in_order() -> None:
    """A project without that column has no restarts either."""
    life = await _life((STARTING, None), (DONE, None), (STARTING, None))

    assert [each.completed_at is not None for each in life.cycles] == [True, False]
    assert life.restarts == ()


async def test_a_sentence_that_ends_with_its_number_is_read() -> None:
    """The full stop is no part of it."""
    life = await _life((STARTING, 1), ("orchestrator cycle completed in 3. s", 1))

    assert life.cycles[0].took == timedelta(seconds=3)


async def test_a_cycle_tells_what_it_wanted_and_did() -> None:
    """One that is not known to have begun, or is worded otherwise, tells nothing."""
    decided = "🎯 SCALING DECISION (Cycle #7): Current=3+1, Desired=6"
    did = f"{DONE}: {{'workers_spawned': 2, 'workers_terminated': 0}}"

    life = await _life(
        (decided, 6),
        (STARTING, 7),
        (decided, 7),
        (did, 7),
        (STARTING, 8),
        ("SCALING DECISION: none", 8),
        (DONE, 8),
    )

    first, second = life.cycles
    assert first.decision == Decision(active=3, starting=1, wanted=6)
    assert (first.workers_started, first.workers_ended) == (2, 0)
    assert (second.decision, second.workers_started) == (None, None)


async def test_a_cycle_tells_what_scaling_counts() -> None:
    """One that is not known to have begun, or is worded otherwise, tells nothing."""
    counted = "🔢 TASK COUNT (Cycle #7): Queued=3, Active=1, Total=4"

    life = await _life(
        (counted, 6),
        (STARTING, 7),
        (counted, 7),
        (STARTING, 8),
        ("TASK COUNT (Cycle #8): none", 8),
    )

    assert [each.saw for each in life.cycles] == [
        {"queued": "3", "active": "1", "total": "4"},
        {},
    ]


async def test_what_no_rule_judges_and_people_should_see_stands_apart() -> None:
    """Rules do not read it."""
    events = (
        "Cycle took 41.20s, longer than the poll interval of 30s",
        "🚨 ANOMALY DETECTED: Task count spike 3 to 90",
        "🚨 ANOMALY DETECTED: Task count jumped from 0 to 12",
        "❌ HEALTH CHECK: Database log handler thread is DEAD",
        "Database logging error rate high: 12 %",
        "CRITICAL: Failed to update worker w1, RunPod pod p1 was created",
        "MANUAL INTERVENTION REQUIRED: Orphaned pod p1",
        "❌ Failed to spawn worker 1/2",
        "Error checking worker w1 startup status: No module named 'database'",
    )

    life = await _life((STARTING, 7), *((each, 7) for each in events), (DONE, 7))

    assert [line.message for line in life.decisions] == [*events]
    assert life.notable == ()
    assert len(life.cycles) == 1


async def test_lines_about_pods_and_volumes_stand_apart_from_cycles() -> None:
    """Rules read them; a cycle that failed over a pod is a cycle all the same."""
    over_a_pod = "Error in orchestrator cycle: Error creating pod"

    life = await _life(
        (STARTING, 7),
        ("Error creating pod: no longer any instances available", 7),
        ("STORAGE_HEALTH [Peter] 54% used", None),
        (over_a_pod, 7),
    )

    assert [line.message[:15] for line in life.notable] == [
        "Error creating ",
        "STORAGE_HEALTH ",
    ]
    assert [line.message for line in life.errors] == [over_a_pod]
    assert len(life.cycles) == 1


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page hold ten rows."""
    monkeypatch.setattr(logs, "PAGE", 10)
    monkeypatch.setattr(project, "PAGE", 10)


def _written(*seconds: float) -> list[LogRow]:
    """Return a line of so many seconds before now each."""
    return [
        LogRow(
            id=f"{number:04d}",
            timestamp=ago(seconds=each),
            source_type="worker",
            source_id=WORKER,
            log_level="INFO",
            message="a line",
            task_id=TASK,
            worker_id=WORKER,
            cycle_number=None,
            metadata={},
        )
        for number, each in enumerate(seconds)
    ]


def _logs(*rows: LogRow) -> ReighLogs:
    table = Table(LogRow._fields, rows, "timestamp")
    memory = Memory.of({"system_logs": table})
    return ReighLogs(Project(URL, KEY, transport=memory))


@given(
    seconds=st.lists(st.integers(0, 4000), max_size=60),
    again=st.integers(0, 30),
    bound=st.sampled_from([5, 10, 15, 1000]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_many_lines_are_all_there_and_in_order(
    short_pages: None, seconds: list[int], again: int, bound: int
) -> None:
    """However they lie, and however many are of one moment; else it says so."""
    rows = _written(*seconds, *seconds[:1] * again)

    listing = await _logs(*rows)._all(lambda query: query, HOUR, bound=bound)

    every = sorted((row.timestamp, row.id) for row in rows if row.timestamp in HOUR)
    assert [(line.at, line.id) for line in listing.rows] == every[-bound:]
    assert listing.whole or len(every) >= bound
    assert not listing.whole or len(every) <= bound


class Broken(httpx.AsyncBaseTransport):
    """Has the lines, and no answer for the oldest of them but *this*."""

    def __init__(self, memory: Memory, this: httpx.Response | Exception) -> None:
        self.memory, self.this = memory, this

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or not."""
        bounds = request.url.params.get_list("timestamp")
        until = min(each for each in bounds if each.startswith("lte."))
        if until < f"lte.{ago(minutes=40).isoformat()}":
            if isinstance(self.this, Exception):
                raise self.this
            return self.this
        return await self.memory.handle_async_request(request)


def _broken(this: httpx.Response | Exception) -> ReighLogs:
    """Return lines of every half minute of the last hour, the oldest out of reach."""
    table = Table(LogRow._fields, _written(*range(0, 3600, 30)), "timestamp")
    broken = Broken(Memory.of({"system_logs": table}), this)
    return ReighLogs(Project(URL, KEY, transport=broken))


async def test_a_part_that_takes_too_long_leaves_no_hole(short_pages: None) -> None:
    """All that is there has nothing missing in between, and it says that it is cut."""
    broken = _broken(httpx.ReadTimeout("slow"))

    listing = await broken.of_task(TASK, HOUR)

    ages = [(NOW - line.at).total_seconds() for line in listing.rows]
    assert ages == [30.0 * number for number in reversed(range(len(ages)))]
    assert 1800 <= ages[0] < 3000
    assert not listing.whole


async def test_a_part_that_is_refused_fails_the_list(short_pages: None) -> None:
    """As any page does."""
    broken = _broken(refused("57014", "canceling", status=500))

    with pytest.raises(SourceDown, match="it took too long"):
        await broken.of_task(TASK, HOUR)
