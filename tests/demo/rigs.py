"""Rigs that tests of the demo share, and the real adapter that reads them."""

from pathlib import Path
from zoneinfo import ZoneInfo

from bot.demo.rig import Rig
from bot.demo.rig_files import Shared
from bot.domain.file_queue import FileQueue
from bot.domain.times import Window
from bot.settings import AgentsFolder
from bot.sources.agents import agents
from tests.demo.times import NOON


def a_rig(**given: object) -> Rig:
    """Return a rig without anything, as of noon."""
    return Rig(NOON, **given)  # type: ignore[arg-type]


def owed(rig: Rig) -> set[str]:
    """Return the rules of which findings are owed."""
    return {each.rule for each in rig.expected}


async def read(rig: Rig, root: Path) -> FileQueue:
    """Return the rig as the product reads its folder."""
    Shared(root).bring(rig)
    return await queue(root, rig.zone)


async def queue(root: Path, zone: ZoneInfo) -> FileQueue:
    """Return what the product reads there."""
    system = agents(AgentsFolder(root=root, zone=zone))
    assert system.scene is not None
    found = await system.scene(Window.before(NOON, hours=2))
    assert isinstance(found, FileQueue)
    return found
