"""The services of a made-up OctoLLM, as the real adapter asks them."""

from pathlib import Path

from bot.demo.octo import Octo
from bot.demo.octo_server import NOBODY, served, settings
from bot.demo.recorded import Recorded
from bot.domain.service_names import Outcome
from bot.domain.services import ServiceScene
from bot.domain.times import Window
from bot.settings import Settings
from bot.sources.octollm import Deployment
from tests.demo.times import NOON


async def scene(octo: Octo, folder: Path) -> ServiceScene:
    """Return what the product reads of it."""
    octo.write(folder)
    with served(octo) as url:
        given = Settings.of(settings(octo, url, folder)).octo
        assert given is not None
        deployment = Deployment(given, clock=lambda: octo.now)
        found = await deployment.scene(Window.before(NOON, hours=1))
        await deployment.close()
    return found


async def test_the_product_reads_what_was_meant(tmp_path: Path) -> None:
    """Every service answers, and each submit was found in the lines."""
    octo = Octo(NOON, structured=False, zone="America/New_York")

    found = await scene(octo, tmp_path)

    assert {each.service: each.outcome for each in found.probes or ()} == dict.fromkeys(
        octo.answers, Outcome.OK
    )
    assert all(each.ready for each in found.readiness or ())
    assert found.told is not None
    assert found.told.cache is not None
    assert found.told.cache.checks == 60
    assert [each.requests for each in found.told.http] == [120]


async def test_who_refuses_has_an_address_where_nobody_listens(tmp_path: Path) -> None:
    """Whoever else asks for what is not there hears 404."""
    octo = Octo(NOON)
    octo.refusing.add("judge")

    told = settings(octo, "http://127.0.0.1:1", tmp_path)
    found = await scene(octo, tmp_path)

    assert f"judge={NOBODY}" in told["OCTOLLM_ARMS"]
    [judge] = [each for each in found.probes or () if each.service == "judge"]
    assert judge.outcome is Outcome.REFUSED


async def test_what_prometheus_recorded_is_told(tmp_path: Path) -> None:
    """By the same address, where anything was."""
    octo = Octo(NOON)
    for minutes in (40, 20, 0):
        at = octo.ago(minutes=minutes)
        octo.recorded.append(Recorded(at, 2e8 - minutes * 1e6, octo.ago(hours=9)))

    found = await scene(octo, tmp_path)

    assert found.memory is not None
    assert (found.memory.scrapes, found.memory.growth) == (3, 0.25)
    assert "OCTOLLM_PROMETHEUS_URL" not in settings(Octo(NOON), "http://x", tmp_path)


async def test_arms_tell_what_they_can_do(tmp_path: Path) -> None:
    """Orchestrator and reflex layer do not."""
    found = await scene(Octo(NOON), tmp_path)

    able = {each.service: each.capabilities for each in found.probes or ()}
    assert able["judge"] == frozenset({"validation"})
    assert able["orchestrator"] is None
