"""What each further system does not answer, as the README's table of systems says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from bot.demo.plays import OctoPlay, RigPlay
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome
from bot.settings import Settings
from bot.wiring import Wired

README: Final = Path(__file__).parents[2] / "README.md"
WORKER: Final = {"agents": "gpu-8", "octollm": "coder"}
# By the words of the README: how one would ask for it.
ASKED: Final = {
    "runpod": ("runpod",),
    "trace": ("trace {request}",),
    "worker --claims": ("worker {worker} --claims",),
    "logs --field": ("logs --field event=http.request",),
    "what changes anything": (
        "task requeue a8acf836",
        "orphans requeue",
        "worker terminate {worker}",
        "worker forget {worker}",
        "workers shutdown",
        "runpod terminate",
    ),
}


@pytest.fixture
async def wired(tmp_path: Path) -> AsyncIterator[tuple[Wired, str]]:
    """A bot to which the demo's incidents of both are set up, and a request's id."""
    now, root = datetime.now(UTC), tmp_path / "rig"
    rig, octo = RigPlay(now, root), OctoPlay(now, tmp_path / "octollm")
    rig.beat(now)
    state = {"DEBUG_BOT_STATE_URL": f"sqlite:///{tmp_path}/state.sqlite3"}
    settings = {**RigPlay.settings(root), **octo.settings, **state}
    wired = Wired(Settings.of(settings))
    traced = next(it for it in octo.questions if it.startswith("trace "))
    yield wired, traced.removeprefix("trace ")
    await wired.close()
    octo.close()


@pytest.mark.parametrize("system", ["agents", "octollm"])
async def test_it_lacks_what_the_readme_says_and_no_more(
    system: str, wired: tuple[Wired, str]
) -> None:
    """Each is refused in a line that names what it lacks; the rest is answered."""
    [row] = [
        it for it in README.read_text().splitlines() if it.startswith(f"| `{system}`:")
    ]
    said = row.partition("but ")[2].partition(";")[0]
    named = {it for it in ASKED if it in said}

    bot, request = wired
    refused = set()
    for it, questions in ASKED.items():
        for words in questions:
            about = words.format(worker=WORKER[system], request=request)
            asked = f"{about} --system {system}"
            report = await bot.desk.answer(
                asked.split(), Caller(door=Door.SHELL), datetime.now(UTC)
            )
            if report.outcome is Outcome.MISREAD:
                assert report.summary.startswith(f"{system} has no "), asked
                refused.add(it)
            else:
                assert report.outcome is Outcome.ANSWERED, asked
    assert refused == named
