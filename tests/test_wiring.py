import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.access import Caller, Door
from bot.domain.errors import SourceDown
from bot.domain.report import Outcome
from bot.domain.times import Window
from bot.gate.audit import AuditQuery
from bot.settings import Settings
from bot.sources import Gaps
from bot.wiring import Wired, commands
from tests.world import NOW, a_world

SHELL = Caller(door=Door.SHELL)


def test_all_commands_are_known_by_their_names() -> None:
    """Those of the system and those about it."""
    names = commands()

    assert {"task", "worker", "health", "runpod", "help"} <= names.keys()
    assert all(name == each.name for name, each in names.items())


async def test_an_empty_environment_can_still_be_asked() -> None:
    """Help needs no source."""
    wired = Wired(Settings.of({}))

    report = await wired.desk.answer(["help"], SHELL, NOW)
    await wired.close()

    assert report.outcome is Outcome.ANSWERED


async def test_a_system_is_made_once_and_closed_at_the_end() -> None:
    """All its questions share their connections."""
    wired = Wired(Settings.of({"SUPABASE_URL": "http://127.0.0.1:9"}))

    first, second = wired.systems["reigh"](), wired.systems["reigh"]()
    await wired.close()

    assert first is second
    assert first.name == "reigh"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9"])
def test_what_is_slow_to_import_can_be_imported_before(url: str) -> None:
    """In a process of its own, as tests have imported all of it."""
    code = (
        "import sys; from bot.settings import Settings; from bot.wiring import Wired;"
        "given = {'AGENTS_ROOT': '/tmp', 'AGENTS_TZ': 'UTC'};"
        f"Wired(Settings.of({{**given, 'SUPABASE_URL': '{url}'}})).load();"
        "domain = ('bot.domain.file_queue', 'bot.domain.services');"
        "names = ('supabase', 'sqlalchemy', *domain);"
        "print(*(name in sys.modules for name in names))"
    )
    run = subprocess.run(  # noqa: S603  the code above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert run.stdout.split() == [str(bool(url)), "True", "True", "False"]


@pytest.mark.parametrize(
    ("looked", "needless"),
    [
        ("list(commands().values())", ("domain.file_queue", "domain.services")),
        ("list(commands().values())", ("domain.charts", "domain.traces")),
        ("commands()['task']", ("queries.health", "gate.alerts", "domain.notices")),
        ("commands()['task']", ("domain.service_telling", "domain.file_facts")),
    ],
)
def test_to_look_at_commands_imports_no_more_than_they_need(
    looked: str, needless: tuple[str, ...]
) -> None:
    """A help needs nothing that one system alone tells, nor what a picture holds."""
    code = (
        f"import sys; from bot.wiring import commands; {looked};"
        "print(*(name for name in sys.modules if name.startswith('bot.')))"
    )
    run = subprocess.run(  # noqa: S603  the code above
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    imported = {*run.stdout.split()}

    assert "bot.queries.task" in imported
    assert not imported & {f"bot.{each}" for each in needless}


@pytest.mark.parametrize("words", ["health", "runpod"])
async def test_sources_without_settings_are_named_as_gaps(words: str) -> None:
    """Rather than raised."""
    wired = Wired(Settings.of({}))

    report = await wired.desk.answer([words], SHELL, NOW)
    await wired.close()

    assert report.gaps
    assert not any(gap.failed for gap in report.gaps)


async def test_the_default_system_is_the_one_of_the_settings() -> None:
    """A name that is none of ours is refused at the first question."""
    wired = Wired(Settings.of({"DEBUG_BOT_SYSTEM": "raigh"}))

    report = await wired.desk.answer(["health"], SHELL, NOW)
    await wired.close()

    assert report.summary == "DEBUG_BOT_SYSTEM: no system is called 'raigh'"
    assert report.hint == "did you mean 'reigh'? known: reigh, agents, octollm"


async def test_a_system_that_no_setting_names_says_which_would(tmp_path: Path) -> None:
    """In one line."""
    wired = Wired(Settings.of({"DEBUG_BOT_SYSTEM": "octollm"}))

    report = await wired.desk.answer(["health"], SHELL, NOW)
    await wired.close()

    assert report.summary == "octollm not configured: OCTOLLM_URL is not set"
    assert report.outcome is Outcome.SOURCE_DOWN


@pytest.mark.parametrize(
    ("settings", "present"),
    [
        ({}, {"reigh"}),
        ({"OCTOLLM_LOG_GLOBS": "orchestrator=/x/*.log"}, {"octollm"}),
        ({"DEBUG_BOT_SYSTEM": "octollm"}, {"octollm"}),
        ({"AGENTS_ROOT": "/x"}, {"agents"}),
        ({"AGENTS_ROOT": "/x", "DEBUG_BOT_SYSTEM": "reigh"}, {"reigh", "agents"}),
    ],
)
def test_a_system_is_present_when_a_setting_says_so(
    settings: dict[str, str], present: set[str]
) -> None:
    """Or when it is the usual one."""
    assert Wired(Settings.of(settings)).present == present


async def test_the_gate_is_made_when_it_is_first_needed(tmp_path: Path) -> None:
    """Once, with every action; its ledger is closed at the end."""
    file = tmp_path / "ledger.sqlite3"
    wired = Wired(Settings.of({"DEBUG_BOT_STATE_URL": f"sqlite:///{file}"}))
    assert not file.exists()

    report = await wired.desk.answer(["audit"], SHELL, NOW)
    await wired.close()

    assert report.summary == "nothing was asked for, refused or done"
    assert wired.gate() is wired.gate()
    assert wired.gate().actions.keys() >= {"runpod terminate", "task requeue"}
    assert file.exists()


async def test_the_gate_s_powers_are_those_of_the_system(tmp_path: Path) -> None:
    """Made when they are needed; what is not configured is a gap."""
    file = tmp_path / "ledger.sqlite3"
    wired = Wired(Settings.of({"DEBUG_BOT_STATE_URL": f"sqlite:///{file}"}))
    gaps = Gaps()

    locked = await wired.gate().locked("reigh", gaps)
    await wired.close()

    assert locked is None
    assert [gap.source for gap in gaps.all] == ["runpod"]


def test_commands_can_be_read_without_a_gate() -> None:
    """For the manifest, the schemas and the README; asking one would be a mistake."""
    opens = commands()["audit"].handler

    with pytest.raises(RuntimeError, match="declarations only"):
        asyncio.run(opens(AuditQuery(), a_world().asked()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("system", "given", "source"),
    [
        ("reigh", {"SUPABASE_URL": "http://127.0.0.1:9"}, "supabase"),
        ("agents", {"AGENTS_ROOT": "/nowhere", "AGENTS_TZ": "UTC"}, "agents"),
        ("octollm", {"OCTOLLM_URL": "http://127.0.0.1:9"}, "octollm"),
    ],
)
async def test_a_system_reads_its_lines_where_a_setting_says(
    system: str, given: dict[str, str], source: str
) -> None:
    """From an engine only where it is named; its answers then tell so."""
    there = {**given, "CLICKHOUSE_URL": "http://127.0.0.1:9"}
    others = ",".join({"reigh", "agents", "octollm"} - {system})
    own = Wired(Settings.of(given))
    elsewhere = Wired(Settings.of({**there, "CLICKHOUSE_SYSTEMS": others}))
    kept = Wired(Settings.of({**there, "CLICKHOUSE_SYSTEMS": system}))

    sources = [each.systems[system]().source for each in (own, elsewhere, kept)]
    with pytest.raises(SourceDown) as caught:
        await kept.systems[system]().logs.writers(Window.before(NOW, hours=1))
    for each in (own, elsewhere, kept):
        await each.close()

    assert sources == [source, source, f"{source} and clickhouse"]
    assert caught.value.source == "clickhouse"
