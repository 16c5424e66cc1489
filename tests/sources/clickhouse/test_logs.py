import asyncio
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from bot.demo.clickhouse import ClickHouse
from bot.demo.faults import Fault
from bot.domain.errors import OutOfTime, SourceDown
from bot.domain.line_fields import line_field
from bot.domain.logs import LogLine
from bot.domain.pages import Border
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources import LogSearch
from bot.sources.clickhouse import Engine, reigh_logs
from bot.sources.clickhouse import logs as module
from bot.sources.clickhouse.logs import EngineLogs
from bot.sources.clickhouse.octollm import OctoEngineLogs
from tests.engines import Kept, Listening, made, settings_of
from tests.sources.clickhouse.test_engine import SETTINGS
from tests.world import NOW, TASK, WORKER, a_line, ago

pytestmark = pytest.mark.clickhouse
HOUR: Final = Window(since=ago(hours=1), until=NOW)
DAY: Final = Window(since=ago(days=1), until=NOW)


@pytest.fixture
def logs(kept: Kept) -> EngineLogs:
    """Return the logs of a system of which the table holds nothing yet."""
    return reigh_logs(kept.engine)


def many(count: int, **given: Any) -> list[Any]:
    """Return so many lines of the last hour, several of each time."""
    return [
        a_line(f"line {n}", at=ago(seconds=n // 3), id=f"{n % 7}-{n:05d}", **given)
        for n in range(count)
    ]


async def test_an_empty_table_is_an_empty_answer(logs: EngineLogs) -> None:
    """To every question."""
    found = await logs.search(LogSearch(window=HOUR), limit=5)

    assert (found.rows, found.whole, found.total) == ((), True, 0)
    assert (await logs.of_task(TASK, HOUR)).rows == ()
    assert (await logs.writers(HOUR)).rows == ()
    assert await logs.first_alarm(HOUR) is None
    assert (await logs.orchestration(HOUR)).last_line is None


async def test_lines_of_other_systems_are_not_read(
    kept: Kept, logs: EngineLogs
) -> None:
    """They share a table."""
    kept.insert("agents", many(3))
    kept.insert("reigh", [a_line("ours", id="a")])

    found = await logs.search(LogSearch(window=HOUR), limit=5)

    assert [line.message for line in found.rows] == ["ours"]


async def test_pages_are_all_lines_in_their_order(
    kept: Kept, logs: EngineLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small they are: none twice, none left out, times that repeat too."""
    monkeypatch.setattr(module, "PAGE", 10)
    lines = sorted(many(101), key=lambda line: line.order)
    kept.insert("reigh", lines)

    found = await logs.of_worker(WORKER, HOUR)

    assert list(found.rows) == lines
    assert found.whole
    assert len(kept.network.asked) == 11


@pytest.mark.parametrize("back", [True, False])
async def test_turned_pages_are_all_lines_too(
    kept: Kept, logs: EngineLogs, *, back: bool
) -> None:
    """From either end, by the borders that an answer shows."""
    lines = sorted(many(50), key=lambda line: line.order)
    kept.insert("reigh", lines)
    first = Border(at=HOUR.end, id="z") if back else Border(at=HOUR.since, id="0")
    border = first
    seen: list[LogLine] = []

    while True:
        given: Any = {"before" if back else "after": border}
        page = await logs.search(LogSearch(window=HOUR, **given), limit=7)
        if not page.rows:
            break
        assert page.total == 50 - len(seen)
        seen = [*page.rows, *seen] if back else [*seen, *page.rows]
        edge = page.rows[0 if back else -1]
        border = Border(at=edge.at, id=edge.id)

    assert seen == lines


async def test_what_is_left_out_is_counted(kept: Kept, logs: EngineLogs) -> None:
    """Where a page is all there is, nothing is asked twice."""
    kept.insert("reigh", many(30))

    part = await logs.search(LogSearch(window=HOUR), limit=10)
    whole = await logs.search(LogSearch(window=HOUR), limit=31)

    assert (len(part.rows), part.whole, part.total) == (10, False, 30)
    assert (len(whole.rows), whole.whole, whole.total) == (30, True, 30)
    assert len(kept.network.asked) == 3


async def test_a_bound_ends_a_list_at_its_newest(
    kept: Kept, logs: EngineLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it says so."""
    kept.insert("reigh", many(30))

    found = await logs.all(HOUR, bound=12)

    assert not found.whole
    assert [line.order for line in found.rows] == sorted(
        line.order for line in many(30)
    )[-12:]


async def test_what_came_before_time_ran_out_is_an_answer(
    kept: Kept, logs: EngineLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page, when the second takes too long; it is not all, and says so."""
    monkeypatch.setattr(module, "PAGE", 10)
    kept.insert("reigh", many(30))
    kept.server.faults(
        Fault(match="page_id", status=408, body="Code: 159. DB::Exception: x")
    )

    found = await logs.of_worker(WORKER, HOUR)

    assert (len(found.rows), found.whole) == (10, False)


async def test_no_page_in_time_is_no_answer(kept: Kept, logs: EngineLogs) -> None:
    """Nothing is made up."""
    kept.server.faults(Fault(status=408, body="Code: 159. DB::Exception: x"))

    with pytest.raises(OutOfTime):
        await logs.of_worker(WORKER, HOUR)


async def test_a_page_without_its_count_is_an_answer(
    kept: Kept, logs: EngineLogs
) -> None:
    """Counting reads more than a page does."""
    kept.insert("reigh", many(30))
    kept.server.faults(
        Fault(match=r"count\(\)", status=408, body="Code: 159. DB::Exception: x")
    )

    found = await logs.search(LogSearch(window=HOUR), limit=10)

    assert (len(found.rows), found.whole, found.total) == (10, False, None)


async def test_no_time_at_all_is_no_answer(
    kept: Kept, logs: EngineLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than an empty one."""
    monkeypatch.setattr(module, "LISTING_SECONDS", 0.0)
    kept.insert("reigh", many(30))

    with pytest.raises(OutOfTime):
        await logs.of_worker(WORKER, HOUR)


@pytest.mark.parametrize(
    "body", [b'{"lines":7}\n', b'{"lines":"x"}\n', b"", b'{"a":1}\n']
)
async def test_a_count_that_is_none_is_nonsense(body: bytes) -> None:
    """It is never taken for zero."""
    row = (
        b'{"at":1769860799123456,"id":"a","level":"INFO","source":"worker",'
        b'"message":"m"}\n'
    )

    def answer(request: httpx.Request) -> httpx.Response:
        counts = b"count()" in request.content
        return httpx.Response(200, content=body if counts else row)

    engine = Engine(SETTINGS, transport=httpx.MockTransport(answer))
    with pytest.raises(SourceDown, match="answered what it should not"):
        await reigh_logs(engine).search(LogSearch(window=HOUR), limit=1)
    await engine.close()


async def test_writers_beyond_a_bound_are_not_all(
    kept: Kept, logs: EngineLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be thousands of pods."""
    kept.insert("reigh", [a_line(id=str(n), source_id=f"gpu-{n}") for n in range(9)])
    assert (await logs.writers(HOUR)).whole
    monkeypatch.setattr(module, "WRITERS_BOUND", 5)

    found = await logs.writers(HOUR)

    assert (len(found.rows), found.whole) == (5, False)


async def test_questions_may_be_asked_at_the_same_time(
    kept: Kept, logs: EngineLogs
) -> None:
    """As an answer does."""
    kept.insert("reigh", many(30))

    found = await asyncio.gather(*(logs.of_worker(WORKER, HOUR) for _ in range(8)))

    assert {len(each.rows) for each in found} == {30}


def test_every_filter_is_pushed_down() -> None:
    """One that is new would be passed over in silence: add its condition, then it."""
    assert {each.name for each in fields(LogSearch)} == {
        *("window", "text", "level", "source", "task_id", "worker_id"),
        *("fields", "before", "after"),
    }


async def test_text_is_looked_for_in_fields_as_well(
    kept: Kept, logs: EngineLogs
) -> None:
    """In any case; but not in what people wrote."""
    held = {"path": "/Submit", "goal": "private words", "status_code": 503}
    kept.insert("reigh", [a_line("http.request", id="a", fields=held)])

    async def total(text: str) -> int | None:
        return (await logs.search(LogSearch(window=HOUR, text=text), limit=5)).total

    assert await total("http.REQUEST path=/submit") == 1
    assert await total("STATUS_CODE=503") == 1
    assert await total("private") == 0


# --- at scale -----------------------------------------------------------------------

LINES: Final = 1_000_000
BLOCK: Final = 8192  # rows of a granule, the least that ClickHouse reads
BEGAN: Final = datetime(2026, 1, 31, tzinfo=UTC)
DAY_OF_MANY: Final = Window(
    since=BEGAN, until=BEGAN + timedelta(days=1) - timedelta(seconds=1)
)
BUSY: Final = TaskId("00000003-0000-4000-8000-000000000000")


@pytest.fixture(scope="module")
def million(clickhouse: ClickHouse) -> str:
    """Return a table of a million lines of one day, made by the engine itself.

    Each hundred-thousandth begins twenty lines of one task; five are errors.
    """
    table = made(clickhouse)
    clickhouse.execute(
        f"""INSERT INTO {table} (system, timestamp, id, level, source, source_id,
                                 message, task_id, worker_id, request_id, fields)
        SELECT 'octollm', toDateTime64('2026-01-31 00:00:00', 6, 'UTC')
                 + toIntervalMillisecond(number * 86),
               leftPad(toString(number), 8, '0'),
               if(number % 200000 = 150000, 'ERROR', 'INFO'),
               'orchestrator', 'app.main', 'http.request',
               if(number % 100000 < 20,
                  concat('0000000', toString(intDiv(number, 100000)),
                         '-0000-4000-8000-000000000000'), ''),
               if(number = 777777, 'coder', ''),
               concat('req-', toString(intDiv(number, 10))),
               map('method', 'POST', 'path', '/submit', 'status_code',
                   if(number % 333333 = 7, '503', '202'),
                   'error', if(number = 654321, 'Zero-day in the flux capacitor', ''))
        FROM numbers({LINES})"""
    )
    return table


@pytest.fixture
async def scaled(clickhouse: ClickHouse, million: str) -> Any:
    """Return the logs of that table, and the network that tells what was read."""
    network = Listening()
    engine = Engine(settings_of(clickhouse, table=million), transport=network)
    yield OctoEngineLogs(engine), network
    await engine.close()


FILTERS: Final[dict[str, tuple[dict[str, Any], int, int]]] = {
    "a task": ({"task_id": BUSY}, 20, 2),
    "a text": ({"text": "Flux Capacitor"}, 1, 4),
    "a field": (
        {"fields": (line_field("error=zero-day in the flux CAPACITOR"),)},
        1,
        4,
    ),
    "errors": ({"level": "ERROR"}, 5, 10),
    "errors of a task": ({"task_id": BUSY, "level": "ERROR"}, 0, 2),
    "nothing such": ({"source": "reflex-layer"}, 0, 4),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_is_answered_from_one_page_without_reading_the_rest(
    scaled: tuple[OctoEngineLogs, Listening], name: str
) -> None:
    """By what the engine says that it read: of 123 granules those that hold a match.

    Or their neighbours, and now and then one of which the index is not sure.
    """
    logs, network = scaled
    given, total, granules = FILTERS[name]

    found = await logs.search(LogSearch(window=DAY_OF_MANY, **given), limit=100)

    assert (len(found.rows), found.whole, found.total) == (total, True, total)
    [(_, read)] = network.asked
    assert 0 <= read <= granules * BLOCK


async def test_the_newest_of_all_are_read_alone(
    scaled: tuple[OctoEngineLogs, Listening],
) -> None:
    """Counting all of a window reads no line at all."""
    logs, network = scaled

    found = await logs.search(LogSearch(window=DAY_OF_MANY), limit=100)

    assert (len(found.rows), found.total) == (100, LINES)
    (_, page), (_, count) = network.asked
    assert page <= 2 * BLOCK
    assert count <= BLOCK


@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_page_in_the_middle_reads_no_more_than_the_newest(
    scaled: tuple[OctoEngineLogs, Listening], side: str
) -> None:
    """Wherever somebody has turned to."""
    logs, network = scaled
    middle: Any = {side: Border(at=BEGAN + timedelta(hours=12), id="00502325")}

    found = await logs.search(LogSearch(window=DAY_OF_MANY, **middle), limit=100)

    assert len(found.rows) == 100
    assert 490_000 < (found.total or 0) < 510_000
    assert network.asked[0][1] <= 3 * BLOCK


async def test_timelines_and_traces_read_their_granules_alone(
    scaled: tuple[OctoEngineLogs, Listening],
) -> None:
    """Of a task, a request and an arm."""
    logs, network = scaled

    task = await logs.of_task(BUSY, DAY_OF_MANY)
    request = await logs.bearing(["req-5000", "req-99"], DAY_OF_MANY)
    arm = await logs.of_tasks([BUSY], DAY_OF_MANY)
    around = await logs.every(
        Window(since=BEGAN + timedelta(hours=6), until=BEGAN + timedelta(hours=6.01))
    )
    worker = await logs.of_worker(WorkerId("coder"), DAY_OF_MANY)

    assert (len(task.rows), len(request.rows), len(arm.rows)) == (20, 20, 20)
    assert len(around.rows) == 419
    assert len(worker.rows) == 1
    read = [rows for _, rows in network.asked]
    assert max(read[:4]) <= 8 * BLOCK
