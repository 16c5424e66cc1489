"""Pages over a real PostgREST, walked by pressing buttons while others write."""

import asyncio
import shlex
import threading
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.postgres import Postgres
from bot.demo.stack import Stack
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.queries.logs import LogsData
from bot.queries.tasks import TasksData
from bot.queries.workers import WorkersData
from bot.settings import Settings
from bot.wiring import Wired

pytestmark = pytest.mark.postgrest

ALICE = Caller(door=Door.SLASH, user_id="U01ALICE", channel_id="C01OPS")
TASK = "41345358-0000-4000-8000-000000000001"
LINES = 3_000
TIED = 700  # of them share one time, more than a page holds
COLUMNS = ("id", "timestamp", "log_level", "source_type", "source_id", "message")


def _line(at: datetime, *, task: str | None = TASK) -> tuple[object, ...]:
    id = str(uuid.uuid4())
    return (id, at, "INFO", "worker", "gpu-1", f"line {id}", task)


@pytest.fixture
def database(stack: Stack) -> Postgres:
    """The database behind PostgREST, empty."""
    assert stack.postgres is not None
    stack.postgres.empty()
    return stack.postgres


@pytest.fixture
async def wired(stack: Stack) -> AsyncIterator[Wired]:
    """The whole bot, as a door has it."""
    wired = Wired(Settings.of(stack.environment))
    yield wired
    await wired.close()
    await asyncio.sleep(0)  # transports end in the loop's next turn


async def press(wired: Wired, report: Report, label: str) -> Report | None:
    """Return the answer to the button; None where there is none."""
    words = [each.words for each in report.asks if each.label == label]
    if not words:
        return None
    answer = await wired.desk.answer(shlex.split(words[0]), ALICE, datetime.now(UTC))
    assert answer.outcome is Outcome.ANSWERED, answer.summary
    return answer


async def walk(wired: Wired, report: Report, label: str) -> list[Report]:
    """Return the report and those that follow while the button is there."""
    found = [report]
    while (following := await press(wired, found[-1], label)) is not None:
        found.append(following)
    return found


def lines_of(report: Report) -> list[str]:
    """Return the ids of the lines, oldest first."""
    assert isinstance(report.data, LogsData)
    return [line.id for line in report.data.entries]


class Writer(threading.Thread):
    """Writes lines of now, and late ones with a time of the past, until stopped."""

    def __init__(self, database: Postgres, tied: datetime) -> None:
        """Write to the database; some at the time that many lines share."""
        super().__init__(daemon=True)
        self.database, self.tied = database, tied
        self.written: set[str] = set()
        self.stopped = threading.Event()

    def run(self) -> None:
        """Write, twenty times a second."""
        while not self.stopped.wait(0.05):
            times = (datetime.now(UTC), self.tied, self.tied - timedelta(minutes=30))
            rows = [_line(at) for at in times]
            self.written.update(str(row[0]) for row in rows)
            self.database.copy("system_logs", (*COLUMNS, "task_id"), rows)


@pytest.mark.parametrize("flags", [(), ("--task", TASK), ("--search", "LINE")])
async def test_every_line_is_seen_once_there_and_back_while_others_write(
    wired: Wired, database: Postgres, flags: tuple[str, ...]
) -> None:
    """Hundreds share one time, and lines come in everywhere meanwhile."""
    now = datetime.now(UTC)
    tied = now - timedelta(hours=1)
    rows = [_line(tied) for _ in range(TIED)]
    rows += [_line(now - timedelta(seconds=n)) for n in range(LINES - TIED)]
    database.copy("system_logs", (*COLUMNS, "task_id"), rows)
    every = {str(row[0]) for row in rows}
    writer = Writer(database, tied)

    words = ["logs", *flags, "--limit", "300"]
    first = await wired.desk.answer(words, ALICE, datetime.now(UTC))
    writer.start()
    there = await walk(wired, first, "Older")
    back = await walk(wired, there[-1], "Newer")
    writer.stopped.set()
    await asyncio.to_thread(writer.join)

    for pages in (there, back):
        seen = [id for page in pages for id in lines_of(page)]
        old = [id for id in seen if id in every]
        assert len(old) == len(set(old)) == LINES
        assert len(seen) == len(set(seen))
        assert set(seen) <= every | writer.written
    assert len(writer.written) > 10
    assert len(there) >= LINES / 300
    latest = lines_of(first)[-1]
    assert lines_of(back[-1])[-1] == latest  # what is newer than the walk is not in it
    again = await press(wired, back[-1], "Refresh")
    assert again is not None
    assert lines_of(again)[-1] in writer.written


async def test_tasks_and_workers_are_seen_once_as_well(
    wired: Wired, database: Postgres
) -> None:
    """Many made at one time, and new ones while the pages are turned."""
    now = datetime.now(UTC)
    tied = now - timedelta(hours=1)

    def task(at: datetime) -> tuple[object, ...]:
        return (str(uuid.uuid4()), "vace", "Queued", at)

    def worker(at: datetime) -> tuple[object, ...]:
        return (f"gpu-20260131_110000-{uuid.uuid4().hex[:8]}", "error", at, "{}")

    tasks = [
        *map(task, [tied] * 70),
        *(task(now - timedelta(seconds=n)) for n in range(30)),
    ]
    workers = [*map(worker, [tied] * 70), worker(now - timedelta(days=3))]
    task_columns = ("id", "task_type", "status", "created_at")
    worker_columns = ("id", "status", "created_at", "metadata")
    database.copy("tasks", task_columns, tasks)
    database.copy("workers", worker_columns, workers)

    async def walked(words: list[str]) -> list[list[str]]:
        report = await wired.desk.answer(words, ALICE, datetime.now(UTC))
        database.copy("tasks", task_columns, [task(datetime.now(UTC))])
        database.copy("workers", worker_columns, [worker(datetime.now(UTC))])
        there = await walk(wired, report, "Older")
        back = await walk(wired, there[-1], "Newer")
        return [
            [id for page in pages for id in _listed(page)] for pages in (there, back)
        ]

    for found in await walked(["tasks", "--limit", "15"]):
        assert sorted(found) == sorted(str(row[0]) for row in tasks)
    for found in await walked(["workers", "--limit", "15"]):
        assert set(found) >= {str(row[0]) for row in workers}
        assert len(found) == len(set(found)) <= len(workers) + 1


def _listed(report: Report) -> list[str]:
    assert isinstance(report.data, TasksData | WorkersData)
    if isinstance(report.data, TasksData):
        return [each.id for each in report.data.tasks]
    return [each.id for each in report.data.workers]


async def test_a_border_that_is_no_lines_is_one_calm_line(wired: Wired) -> None:
    """Nothing is asked of the database that it could not read."""
    words = ["logs", "--before", "12:00/abcd"]

    report = await wired.desk.answer(words, ALICE, datetime.now(UTC))

    assert report.outcome is Outcome.MISREAD
    assert report.summary == "'abcd' is not the id of a line"
