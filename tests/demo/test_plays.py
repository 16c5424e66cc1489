"""The incidents that the demo can open, behind one face."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.demo.incident import make_incident
from bot.demo.plays import OctoPlay, ReighPlay, RigPlay
from bot.domain.access import Caller, Door
from bot.domain.report import Outcome
from bot.settings import Settings
from bot.wiring import Wired
from formatters.text import lines
from tests.demo.times import NOON


@pytest.fixture
async def wired(tmp_path: Path) -> AsyncIterator[Wired]:
    """The product, as it is pointed at a rig's folder."""
    wired = Wired(Settings.of(RigPlay.settings(tmp_path)))
    yield wired
    await wired.close()


async def test_what_is_due_is_in_the_answers(wired: Wired, tmp_path: Path) -> None:
    """A minute later as well."""
    play = RigPlay(NOON, tmp_path)
    now = NOON + timedelta(minutes=1)
    play.beat(now)

    for words, due in play.questions.items():
        report = await wired.desk.answer(words.split(), Caller(door=Door.SHELL), now)

        assert report.outcome is Outcome.ANSWERED, words
        assert due in "\n".join(lines(report, width=400, colour=False)), words


async def test_all_that_one_may_type_is_understood(
    wired: Wired, tmp_path: Path
) -> None:
    """A bare id as well; none needs more than is shown."""
    play = RigPlay(NOON, tmp_path)

    for words, why in play.asks:
        bare = words.removeprefix("/debug ").removeprefix("@debug ").split()
        report = await wired.desk.answer(bare, Caller(door=Door.SHELL), NOON)

        assert report.outcome is Outcome.ANSWERED, words
        assert report.system == "agents", words
        assert why
    assert play.secrets == ()
    assert "task files" in play.told


async def test_the_services_answer_and_go_on(tmp_path: Path) -> None:
    """Clients submit tasks meanwhile; what was planted stays true."""
    play = OctoPlay(NOON, tmp_path)
    before = play.told
    now = NOON + timedelta(minutes=5)
    play.beat(now)
    wired = Wired(Settings.of(play.settings), clock=lambda: now)

    for words, due in play.questions.items():
        report = await wired.desk.answer(words.split(), Caller(door=Door.SHELL), now)

        assert due in "\n".join(lines(report, width=400, colour=False)), words
    for words, _ in play.asks:
        bare = words.removeprefix("/debug ").split()
        report = await wired.desk.answer(bare, Caller(door=Door.SHELL), now)

        assert report.outcome is Outcome.ANSWERED, words
        assert report.system == "octollm"
    assert play.told != before
    assert play.secrets == ()
    await wired.close()
    play.close()


def test_the_orchestrator_wants_no_more_than_it_may_have() -> None:
    """Or `config` would contradict what `orchestrator` shows."""
    fleet = make_incident(NOON).fleet

    said = (re.search(r"Desired=(\d+)", line.message) for line in fleet.lines())
    wanted = [int(found[1]) for found in said if found]

    assert max(wanted) <= int(ReighPlay.settings["MAX_ACTIVE_GPUS"])
