"""One request's way over a made-up OctoLLM, as the product follows it."""

from pathlib import Path

from bot.demo.octo import Octo
from bot.demo.octo_server import settings
from bot.demo.octo_way import follow
from bot.domain.access import Caller, Door
from bot.queries.trace import TraceData
from bot.settings import Settings
from bot.wiring import Wired
from tests.demo.times import NOON
from tests.world import data_of


async def test_its_trace_tells_who_kept_it(tmp_path: Path) -> None:
    """All four services are found, the reflex layer by the id of its own."""
    octo = Octo(NOON)
    request = follow(octo, octo.ago(minutes=8))
    octo.write(tmp_path)
    wired = Wired(Settings.of(settings(octo, "http://127.0.0.1:9", tmp_path)))

    report = await wired.desk.answer(["trace", request], Caller(door=Door.SHELL), NOON)
    await wired.close()

    data = data_of(report, TraceData)
    assert report.summary == (
        f"{request} took 2.43 s in 4 services, ended with 202; the slowest hop:"
        " 2.07 s within judge"
    )
    assert {each.service for each in data.services} == octo.answers.keys()
    assert data.clocks == ()
    assert any("the reflex layer's id" in note for note in report.notes)
