from pathlib import Path

import pytest

from bot.domain.folds import folded
from bot.domain.startup import of_startup
from bot.domain.times import Window
from bot.domain.workers import WorkerId
from bot.sources.agents.logs import AgentsLogs
from bot.sources.agents.vocabulary import WORDS
from tests.sources.agents.files import running
from tests.world import a_line


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("GPU agent initialized: gpu-1 (GPU 1), port 21435", True),
        ("GPU agent gpu-1 starting", True),
        ("Worker worker-1 starting main loop", True),
        ("[STARTUP] Brain ready (total: 11.1s)", True),
        ("GPU agent crashed: 'model_name'", True),
        ("Claimed script task: 9e622f3d... (transcribe_v03)", False),
        ("Queue empty", False),
    ],
)
def test_lines_of_a_start_are_told_from_lines_of_work(text: str, starts: bool) -> None:
    """In the words of all generations."""
    assert of_startup(a_line(text), WORDS.startup) is starts


async def test_a_real_agents_day_folds_to_what_happened(tmp_path: Path) -> None:
    """No claim, end or fault is lost in it."""
    folder, now = running(tmp_path)
    found = await AgentsLogs(folder).of_worker(
        WorkerId("gpu-1"), Window.before(now, hours=24)
    )
    lines = folded(found.rows, WORDS.routine)

    assert len(lines) < len(found.rows) / 2
    kept = [each.message for each in lines]
    news = [
        each.message
        for each in found.rows
        if not each.message.startswith(WORDS.routine)
    ]
    assert [each for each in kept if each in news] == news
