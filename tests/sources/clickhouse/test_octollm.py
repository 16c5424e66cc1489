"""The real OctoLLM's lines, sent as documented, asked of files and of the engine."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import pytest

from bot.demo.clickhouse import ClickHouse
from bot.domain.logs import LogLine
from bot.domain.tasks import TaskId
from bot.domain.times import Window
from bot.domain.traces import traced
from bot.domain.workers import WorkerId
from bot.sources import Listing, LogSearch
from bot.sources.clickhouse import OctoEngineLogs
from bot.sources.octollm import Kept as Logs
from bot.sources.octollm.logs import OctoLogs
from bot.sources.octollm.requests import OctoRequests
from bot.sources.octollm.tally import tally
from tests.engines import TABLES, Kept, made, reading
from tests.sources.octollm.samples import JSON, LOST, RUN, at, logs

pytestmark = pytest.mark.clickhouse
DAY: Final = Window(since=at("08:00"), until=at("10:00"))


def send(server: ClickHouse, table: str, service: str, lines: Sequence[str]) -> None:
    """Send raw lines into a table, through the view of docs/many-logs.md."""
    text = (TABLES / "octollm.sql").read_text().replace("TO logs", f"TO {table}")
    for statement in text.replace("octollm_", f"{table}_octollm_").split(";"):
        if statement.strip():
            server.execute(statement)
    server.insert(
        f"{table}_octollm_lines",
        [{"service": service, "line": line} for line in lines],
    )


@pytest.fixture(scope="module")
def table(clickhouse: ClickHouse) -> str:
    """Return a table that was sent the lines of the real run."""
    table = made(clickhouse)
    send(clickhouse, table, "orchestrator", JSON.read_text().splitlines())
    return table


@pytest.fixture
async def run(clickhouse: ClickHouse, table: str) -> AsyncIterator[Logs]:
    """Return the logs that read that table."""
    async with reading(clickhouse, table) as kept:
        yield OctoEngineLogs(kept.engine)


def bare(found: Any) -> Any:
    """Return it without the ids of lines, which differ, and fields in one order.

    The engine reads 10.0 as 10.
    """
    if isinstance(found, Listing):
        return replace(found, rows=tuple(bare(each) for each in found.rows))
    if isinstance(found, LogLine):
        message = found.message.replace("timeout=10.0 ", "timeout=10 ")
        fields = dict(sorted(found.fields.items()))
        return replace(found, id="", message=message, fields=fields)
    return found


QUESTIONS: Final[dict[str, Callable[[Logs], Awaitable[Any]]]] = {
    "all": lambda logs: logs.search(LogSearch(window=DAY), limit=1000),
    "the newest": lambda logs: logs.search(LogSearch(window=DAY), limit=7),
    "errors": lambda logs: logs.search(LogSearch(window=DAY, level="ERROR"), limit=99),
    "warnings": lambda logs: logs.search(
        LogSearch(window=DAY, level="WARNING"), limit=99
    ),
    "a text": lambda logs: logs.search(
        LogSearch(window=DAY, text="STATUS_CODE=503"), limit=99
    ),
    "a logger": lambda logs: logs.search(
        LogSearch(window=DAY, source="app.database"), limit=99
    ),
    "a service": lambda logs: logs.search(
        LogSearch(window=DAY, source="Orchestrator"), limit=5
    ),
    "a task": lambda logs: logs.of_task(TaskId(LOST), DAY),
    "worker": lambda logs: logs.of_worker(WorkerId("orchestrator"), DAY),
    "who names it": lambda logs: logs.naming(WorkerId("reflex"), DAY),
    "writers": lambda logs: logs.writers(DAY),
    "alarms": lambda logs: logs.alarms(DAY, limit=1000),
    "first alarm": lambda logs: logs.first_alarm(DAY),
    "a request": lambda logs: logs.bearing(["req-recover-1"], DAY),
    "tasks": lambda logs: logs.of_tasks([LOST], DAY),
    "every": lambda logs: logs.every(RUN),
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_both_answer_the_same(run: Logs, name: str) -> None:
    """Line by line, with all their fields."""
    ask = QUESTIONS[name]

    assert bare(await ask(run)) == bare(await ask(logs()))


async def test_both_tell_the_same_life(run: Logs) -> None:
    """Of the orchestrator."""
    of_engine = await run.orchestration(DAY)
    of_files = await logs().orchestration(DAY)

    assert bare(of_engine.last_line) == bare(of_files.last_line)
    assert of_engine.restarts == of_files.restarts
    assert len(of_engine.errors) == len(of_files.errors) > 0


async def test_both_tell_the_same_of_a_window(run: Logs) -> None:
    """What a scene is made of: counts, turns, and what went missing."""

    async def ask(logs: Logs) -> Any:
        read = await logs.of_note(DAY, bound=1000)
        return tally(read.rows, DAY, whole=read.whole)

    of_files, of_engine = await ask(logs()), await ask(run)

    assert of_engine == of_files
    assert of_files.lost
    assert of_files.breaker


@pytest.mark.parametrize(
    "id", ["req-recover-1", "req-dbdown-1", "req-down-0", "req-abc123", "req-get-1"]
)
async def test_both_trace_the_same_way(run: Logs, id: str) -> None:
    """Of each real request: its lines, by what they are known, its end."""

    async def ask(logs: Logs) -> Any:
        read = await OctoRequests(logs).of(id, RUN)
        trace = traced(id, read.rows)
        assert read.whole
        assert trace is not None
        steps = [(bare(step.line), step.join) for step in trace.steps]
        return steps, trace.task_ids, trace.ended, trace.took, trace.gaps != ()

    of_files, of_engine = await ask(logs()), await ask(run)

    assert of_engine == of_files


async def test_the_reflex_layer_s_lines_are_read_as_well(
    kept: Kept, tmp_path: Path
) -> None:
    """They have objects inside, one of them with the request's id."""
    line = json.dumps(
        {
            "timestamp": "2026-11-23T08:55:00.5Z",
            "level": "WARN",
            "fields": {"message": "Rate limit exceeded", "retry_after": 2.5},
            "target": "reflex_layer::handlers",
            "span": {"request_id": "4f0c", "name": "process"},
        }
    )
    file = tmp_path / "reflex.log"
    file.write_text(line + "\n")
    send(kept.server, kept.table, "reflex-layer", [line, "no JSON", ""])

    of_files = await OctoLogs([("reflex-layer", str(file))], UTC).every(DAY)
    of_engine = await OctoEngineLogs(kept.engine).every(DAY)

    assert bare(of_engine) == bare(of_files)
    assert of_engine.rows[0].request_id == "4f0c"


async def test_nothing_private_is_shown_or_found(kept: Kept) -> None:
    """As of a line in a file: a goal is cut, a matched text is hidden."""
    goal = "find out what " + "x" * 200
    line = json.dumps(
        {
            "timestamp": "2026-11-23T08:55:00Z",
            "level": "error",
            "event": "pii.detected",
            "goal": goal,
            "matched_text": "4111-1111",
            "exception": "Traceback\nValueError: value='4111-1111'",
        }
    )
    send(kept.server, kept.table, "orchestrator", [line])
    logs = OctoEngineLogs(kept.engine)

    [found] = (await logs.every(DAY)).rows
    probe = await logs.search(LogSearch(window=DAY, text="x" * 60), limit=5)

    assert "4111" not in str(found)
    assert "x" * 60 not in str(found)
    assert probe.total == 0


async def test_a_worker_that_only_the_row_names_is_told(kept: Kept) -> None:
    """Where a shipper knows it and the line does not."""
    line = LogLine(
        at=at("08:55"),
        level="INFO",
        source="coder",
        message="done",
        worker_id=WorkerId("coder-2"),
        id="a",
    )
    kept.insert("octollm", [line])
    logs = OctoEngineLogs(kept.engine)

    [found] = (await logs.of_worker(WorkerId("coder-2"), DAY)).rows
    assert found.worker_id == "coder-2"
