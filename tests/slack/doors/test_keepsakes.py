"""What is remembered of answers is written beside them, calmly."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.domain.access import Caller, Door
from bot.domain.report import Report
from bot.slack.doors.keepsakes import Keepsakes
from bot.slack.doors.recent import Recent
from bot.slack.doors.sharing import Shares
from bot.slack.sending.sender import Sender
from bot.slack.workbench import Job
from bot.state import tables
from bot.state.answers import PrivateAnswers
from bot.state.asked import Asked
from bot.state.database import Database
from bot.state.leases import Leases
from bot.wiring import commands
from formatters import blocks
from tests.counterparts import PATIENCE
from tests.gate.toys import Clock
from tests.state.replicas import count_of

ALICE = Caller(door=Door.SLASH, user_id="U0ALICE", team_id="T1")
REPORT = Report(summary="all is well", command="queue", words="queue")


@dataclass
class Scene:
    """Keepsakes of one database, and the jobs that were taken."""

    database: Database
    recent: Recent
    keepsakes: Keepsakes
    jobs: list[Job] = field(default_factory=list)

    def offered(self) -> Sequence[object]:
        """Return a private answer with its button."""
        return self.keepsakes.offered("U0ALICE", REPORT, blocks.whole(REPORT))

    async def rows(self) -> list[int]:
        """Do what was taken; return how many private answers and questions are kept."""
        for job in self.jobs:
            await job()
        return [
            await self.database.do(lambda it, of=table: count_of(of, it))  # type: ignore[misc]
            for table in (tables.answers, tables.asked)
        ]


@pytest.fixture
async def scene(tmp_path: Path, sender: Sender, clock: Clock) -> AsyncIterator[Scene]:
    """Return them, with nothing kept."""
    database = Database(f"sqlite:///{tmp_path}/state.sqlite3", soon_seconds=PATIENCE)
    leases = Leases(database, clock=lambda _: clock.now)
    recent = Recent(lambda: Asked(leases))
    shares, jobs = Shares(sender, lambda: PrivateAnswers(leases)), list[Job]()
    keepsakes = Keepsakes(recent, shares, commands(), take=jobs.append)
    yield Scene(database, recent, keepsakes, jobs)
    await database.close()


@pytest.fixture
def clock() -> Clock:
    """Return a clock that goes on when told to."""
    return Clock()


@pytest.mark.parametrize(
    ("command", "remembered"), [("queue", True), ("runpod terminate", False)]
)
async def test_only_what_looks_is_remembered(
    scene: Scene, command: str, remembered: bool
) -> None:
    """A plan to end pods is not to be one press away."""
    report = Report(summary="so", command=command, words=command)
    scene.keepsakes.remember(ALICE, report)

    assert await scene.rows() == [0, int(remembered)]


async def test_a_private_answer_is_kept_beside_its_posting(scene: Scene) -> None:
    """It is drawn at once, with its button; what keeps it is a job of its own."""
    assert "share:answer" in str(scene.offered())
    assert len(scene.jobs) == 1
    assert await scene.rows() == [1, 0]


async def test_what_can_not_be_kept_is_a_line_in_the_log(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the answer stands already."""
    (tmp_path / "state.sqlite3").mkdir()
    scene.offered()
    scene.keepsakes.remember(ALICE, REPORT)
    for job in scene.jobs:
        await job()

    first, second = caplog.messages
    assert first.startswith("an answer can't be shared: cannot be used")
    assert second.startswith("a question is not remembered: cannot be used")


async def test_what_is_old_is_forgotten_again_and_again(
    scene: Scene, clock: Clock
) -> None:
    """As long as the bot runs, though nobody asks."""
    scene.offered()
    scene.keepsakes.remember(ALICE, REPORT)
    before = await scene.rows()
    scene.jobs.clear()
    clock.advance(seconds=31 * 24 * 3600)
    forgetting = asyncio.get_running_loop().create_task(
        scene.keepsakes.keep_forgetting()
    )
    async with asyncio.timeout(60):
        while await scene.rows() != [0, 0]:  # noqa: ASYNC110  it never says
            await asyncio.sleep(0.01)

    forgetting.cancel()
    assert before == [1, 1]
