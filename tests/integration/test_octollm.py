"""OctoLLM as it is wired: whose an id is, what is said of a real run of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.postgres import Postgres
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome, Report
from bot.settings import Settings
from bot.wiring import Wired
from tests.databases import server as server  # noqa: PLC0414  a fixture
from tests.sources.octollm.bases import seed
from tests.sources.octollm.replay import Replay, replaying
from tests.sources.octollm.samples import JSON, at

pytestmark = pytest.mark.postgrest

NOW = at("09:01")
FAILED = "21301d81-3dcd-491d-a4d4-94fee10323e0"


class Rig:
    """A desk that asks the real run's answers, rows and lines, as of its end."""

    def __init__(self, wired: Wired, replay: Replay) -> None:
        self.wired = wired
        self.replay = replay

    async def ask(self, words: str) -> Report:
        shell = Caller(door=Door.SHELL)
        return await self.wired.desk.answer(words.split(), shell, NOW)


@pytest.fixture
async def rig(server: Postgres, tmp_path: Path) -> AsyncIterator[Rig]:
    """The usual system is another one, which is not set up."""
    seed(server)
    with replaying() as replay:
        wired = Wired(
            Settings.of(
                {
                    "OCTOLLM_URL": replay.url,
                    "OCTOLLM_REFLEX_URL": "http://127.0.0.1:9",
                    "OCTOLLM_DATABASE_URL": server.uri,
                    "OCTOLLM_LOG_GLOBS": f"orchestrator={JSON}",
                    "DEBUG_BOT_STATE_URL": f"sqlite:///{tmp_path}/state.sqlite3",
                }
            ),
            clock=lambda: NOW,
        )
        yield Rig(wired, replay)
        await wired.close()


@pytest.mark.parametrize(
    "words",
    [
        f"task {FAILED}",
        f"{FAILED}",
        "task 21301d81",
        "octollm:21301d81",
        "worker orchestrator",
        "worker reflex-layer",
        "trace req-abc123",
        "req-abc123",
        "trace octollm:req-abc123",
        "health --system octollm",
    ],
)
async def test_an_id_tells_that_it_is_theirs(rig: Rig, words: str) -> None:
    """Nobody has to say which system; a name before the id or a flag may."""
    report = await rig.ask(words)

    assert report.outcome is Outcome.ANSWERED
    assert report.system == "octollm"
    assert [read.source for read in report.reads] == ["octollm"]


@pytest.mark.parametrize(
    ("words", "summary", "hint"),
    [
        (
            "runpod --system octollm",
            "octollm has no pods",
            "what runs there is listed by: workers --system octollm",
        ),
        (
            f"task requeue {FAILED}",
            "octollm has no actions: it is only read",
            "what people can do stands beside each finding: health --system octollm",
        ),
    ],
)
async def test_what_it_cannot_answer_names_what_can(
    rig: Rig, words: str, summary: str, hint: str
) -> None:
    """In one line."""
    report = await rig.ask(words)

    assert (report.summary, report.hint) == (summary, hint)
    assert report.outcome is Outcome.MISREAD
