"""A ClickHouse with an empty table for each test, as fixtures."""

import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from bot.demo.clickhouse import SUMMARY, ClickHouse
from bot.demo.ground import Ground, Unavailable
from bot.domain.logs import LogLine, Value
from bot.settings import ClickHouse as Settings
from bot.sources import clickhouse as package
from bot.sources.clickhouse import Engine

TABLES: Final = Path(package.__file__).parent
_COUNT: Final = itertools.count()
_WORDS: Final = {True: "true", False: "false", None: "null"}


class Listening(httpx.AsyncHTTPTransport):
    """The network; it remembers what was asked, and how many rows were read for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        summary = httpx.Response(200, text=answer.headers.get(SUMMARY, "{}")).json()
        question = request.content.decode()
        self.asked.append((question, int(summary.get("read_rows", -1))))
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One table, who reads it, and what was read for that."""

    server: ClickHouse
    table: str
    engine: Engine
    network: Listening

    def insert(self, system: str, lines: Iterable[LogLine]) -> None:
        """Add the lines of a system."""
        insert(self.server, self.table, system, lines)


def insert(
    server: ClickHouse, table: str, system: str, lines: Iterable[LogLine]
) -> None:
    """Add the lines of a system to a table."""
    server.insert(table, [row_of(line, system) for line in lines])


def settings_of(server: ClickHouse, **given: Any) -> Settings:
    """Return the settings that point a bot at a server."""
    values: dict[str, Any] = {
        "url": server.url,
        "user": server.user,
        "password": server.password,
        "systems": ("octollm",),
    }
    return Settings(**(values | given))


def row_of(line: LogLine, system: str) -> dict[str, Any]:
    """Return a line as a row of the table."""
    return {
        "system": system,
        "timestamp": f"{line.at:%Y-%m-%d %H:%M:%S.%f}",
        "id": line.id,
        "level": line.level,
        "source": line.source,
        "source_id": line.source_id,
        "message": line.message,
        "task_id": line.task_id or "",
        "worker_id": line.worker_id or "",
        "request_id": line.request_id or "",
        "cycle": line.cycle,
        "fields": {name: _text(value) for name, value in line.fields.items()},
    }


def _text(value: Value) -> str:
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    return str(value)


def made(server: ClickHouse) -> str:
    """Make an empty table as docs/many-logs.md has it; return its name."""
    name = f"logs_{next(_COUNT)}"
    text = (TABLES / "table.sql").read_text()
    # What tests write is older than what is kept.
    text, kept, _ = text.partition("\nTTL ")
    assert kept
    server.execute(text.replace("CREATE TABLE logs", f"CREATE TABLE {name}"))
    return name


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[ClickHouse]:
    """Return a server that other tests use, too: it takes seconds to start."""
    with Ground() as ground:
        try:
            server = ClickHouse.start(ground)
        except Unavailable as error:
            pytest.skip(str(error))
        yield server


@asynccontextmanager
async def reading(server: ClickHouse, table: str) -> AsyncIterator[Kept]:
    """Yield who reads a table."""
    network = Listening()
    engine = Engine(settings_of(server, table=table), transport=network)
    yield Kept(server=server, table=table, engine=engine, network=network)
    await engine.close()


@pytest.fixture
async def kept(clickhouse: ClickHouse) -> AsyncIterator[Kept]:
    """Return an empty table."""
    table = made(clickhouse)
    async with reading(clickhouse, table) as kept:
        yield kept
    clickhouse.calm()
    clickhouse.execute(f"DROP TABLE {table}")
