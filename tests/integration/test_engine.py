"""A bot whose systems' lines are kept in ClickHouse, asked as a user asks it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.demo.clickhouse import ClickHouse
from bot.demo.faults import Fault
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.domain.times import Window
from bot.settings import Settings
from bot.sources.agents.logs import AgentsLogs
from bot.sources.protocols import LogSearch
from bot.wiring import Wired
from tests.engines import clickhouse as clickhouse  # noqa: PLC0414  a fixture
from tests.engines import insert, made
from tests.sources.agents.files import running
from tests.sources.clickhouse.test_octollm import send
from tests.sources.octollm.samples import JSON, LOST, at

pytestmark = pytest.mark.clickhouse

NOW = at("09:01")
RENDER = "3a333f8c-8470-4efc-81da-07a9419aa14b"
SHELL = Caller(door=Door.SHELL)


@pytest.fixture(scope="module")
def table(clickhouse: ClickHouse) -> str:
    """Return a table with the lines of a real run of OctoLLM's orchestrator."""
    table = made(clickhouse)
    send(clickhouse, table, "orchestrator", JSON.read_text().splitlines())
    return table


def settings(server: ClickHouse, table: str, **given: str) -> Settings:
    """Return settings that name the engine and nothing that holds lines besides."""
    return Settings.of(
        {
            "OCTOLLM_URL": "http://127.0.0.1:9",
            "CLICKHOUSE_URL": server.url,
            "CLICKHOUSE_USER": server.user,
            "CLICKHOUSE_PASSWORD": server.password,
            "CLICKHOUSE_TABLE": table,
            "CLICKHOUSE_SYSTEMS": "octollm,agents",
            **given,
        }
    )


@pytest.fixture
async def wired(
    clickhouse: ClickHouse, table: str, tmp_path: Path
) -> AsyncIterator[Wired]:
    """Return a bot as it is set up."""
    state = f"sqlite:///{tmp_path}/state.sqlite3"
    wired = Wired(
        settings(clickhouse, table, DEBUG_BOT_STATE_URL=state), clock=lambda: NOW
    )
    yield wired
    await wired.close()


async def ask(wired: Wired, words: str) -> Report:
    """Return what the bot answers."""
    return await wired.desk.answer(words.split(), SHELL, NOW)


def data(report: Report) -> Any:
    """Return what an answer holds."""
    return report.data


async def test_lines_are_searched_and_their_origin_is_told(wired: Wired) -> None:
    """All that match, though no log file is known."""
    found = await ask(wired, "logs --search STATUS_CODE=503 --system octollm")

    assert found.outcome is Outcome.ANSWERED
    assert data(found).total == len(data(found).entries) > 0
    assert [read.source for read in found.reads] == ["octollm and clickhouse"]


async def test_pages_are_turned_by_the_words_of_their_buttons(wired: Wired) -> None:
    """To the last line and no further."""
    seen: list[str] = []
    words: str | None = "logs --limit 40 --system octollm"
    while words is not None:
        page = await ask(wired, words)
        seen = [line.id for line in data(page).entries] + seen
        words = next((each.words for each in page.asks if "Older" in each.label), None)

    assert len(seen) == len({*seen}) == 165


async def test_lines_are_found_by_their_fields(wired: Wired) -> None:
    """By those of the services, and by the names that they have here."""
    found = await ask(
        wired,
        "logs --field event=http.request --field duration_seconds>1 --system octollm",
    )

    assert data(found).total == 4
    assert {line.fields["status_code"] for line in data(found).entries} == {503}


async def test_lines_that_could_not_be_counted_are_told_as_such(
    wired: Wired, clickhouse: ClickHouse
) -> None:
    """The page is an answer all the same."""
    clickhouse.faults(
        Fault(
            match=r"count\(\)", times=9, status=408, body="Code: 159. DB::Exception: x"
        )
    )

    found = await ask(wired, "logs --limit 5 --system octollm")
    clickhouse.calm()

    assert len(data(found).entries) == 5
    assert found.truncated
    assert found.notes[0].startswith("not all lines could be read in time")


async def test_a_request_is_traced(wired: Wired) -> None:
    """Through lines that lack its id, too."""
    found = await ask(wired, "trace req-down-0 --system octollm")

    assert found.outcome is Outcome.ANSWERED
    assert "ended with 503" in found.summary
    assert [read.source for read in found.reads] == ["octollm and clickhouse"]


async def test_a_timeline_is_made_of_its_lines(wired: Wired) -> None:
    """Of a service; what it answers itself is beside it."""
    found = await ask(wired, "worker orchestrator --system octollm")

    assert "clickhouse" not in {gap.source for gap in found.gaps}
    assert len(data(found).timeline) > 0


async def test_lines_of_a_lost_task_are_found(wired: Wired) -> None:
    """Of which no row is left."""
    found = await ask(wired, f"logs --task {LOST} --system octollm")

    assert data(found).total == 1


async def test_an_engine_that_is_away_is_a_gap(
    clickhouse: ClickHouse, tmp_path: Path
) -> None:
    """Named as such, and nobody takes it for silence."""
    wired = Wired(
        settings(
            clickhouse,
            "logs",
            CLICKHOUSE_URL="http://127.0.0.1:9",
            DEBUG_BOT_STATE_URL=f"sqlite:///{tmp_path}/state.sqlite3",
        ),
        clock=lambda: NOW,
    )

    found = await ask(wired, "logs --system octollm")
    await wired.close()

    assert found.outcome is Outcome.SOURCE_DOWN
    assert found.summary == (
        "clickhouse cannot be reached at the address in CLICKHOUSE_URL"
    )


async def test_the_agents_lines_are_read_there_as_well(
    clickhouse: ClickHouse, tmp_path: Path
) -> None:
    """A task of the folder has them in its timeline; here the folder's are gone."""
    folder, now = running(tmp_path / "agents")
    window = Window.before(now, hours=1)
    every = await AgentsLogs(folder).search(LogSearch(window=window), limit=100_000)
    table = made(clickhouse)
    insert(clickhouse, table, "agents", every.rows)
    for path in (tmp_path / "agents" / "logs").rglob("*.log"):
        path.unlink()
    wired = Wired(
        settings(
            clickhouse,
            table,
            AGENTS_ROOT=str(tmp_path / "agents"),
            AGENTS_TZ="UTC",
            DEBUG_BOT_STATE_URL=f"sqlite:///{tmp_path}/state.sqlite3",
        ),
        clock=lambda: now,
    )

    found = await wired.desk.answer(
        f"task {RENDER} --system agents".split(), SHELL, now
    )
    await wired.close()

    told = [line.message for line in data(found).timeline]
    assert "Claimed script task: 3a333f8c..." in " ".join(told)
