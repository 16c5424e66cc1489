"""The agents: a brain, GPU agents and workers around a folder of task files."""

from collections.abc import Iterator, Sequence

from bot.domain.errors import NotConfigured
from bot.settings import AgentsFolder, Setting
from bot.sources import Named, NoPods, System
from bot.sources.agents.clock import Clock
from bot.sources.agents.config_file import config
from bot.sources.agents.declared import settings
from bot.sources.agents.folder import NAME, Folder
from bot.sources.agents.logs import AgentsLogs
from bot.sources.agents.meanings import Meanings
from bot.sources.agents.scene import AgentsScene
from bot.sources.agents.shelf import Shelf
from bot.sources.agents.sweep import files
from bot.sources.agents.tasks import AgentsTasks
from bot.sources.agents.vocabulary import WORDS
from bot.sources.agents.workers import AgentsWorkers
from bot.sources.asking import Gaps

__all__ = ["NAME", "agents"]


def _named(folder: Folder, where: AgentsFolder) -> Iterator[Named]:
    """Yield whether what more settings name than the folder can be read."""
    if where.config is not None:
        try:
            fault = folder.fault(folder.root / where.config)
            wrong = f"the file {fault}" if fault else ""
        except FileNotFoundError:
            wrong = "no file is there"
        yield Named(setting="AGENTS_CONFIG", what="configuration", wrong=wrong)
    if where.log_globs:
        wrong = "" if files(folder, where.log_globs).consoles else "no file is there"
        yield Named(setting="AGENTS_LOG_GLOBS", what="console logs", wrong=wrong)


def agents(where: AgentsFolder | None, programs: Sequence[Setting] = ()) -> System:
    """Return the system whose files are there.

    Raises:
        NotConfigured: no setting says where, or in which time zone they are written.
    """
    if where is None:
        raise NotConfigured(NAME, "AGENTS_ROOT")
    if where.zone is None:
        raise NotConfigured(NAME, "AGENTS_TZ")
    folder = Folder(where.root, Clock(where.zone))
    shelf = Shelf(folder)
    scene = AgentsScene(folder, shelf, globs=where.log_globs, config=where.config).scene

    with Gaps().hearing():  # not of the question that opens it: `reach` names it
        configured = config(folder, where.config)

    async def reach() -> None:
        await folder.ask(lambda: config(folder, where.config))

    async def named() -> Sequence[Named]:
        return await folder.ask(lambda: tuple(_named(folder, where)))

    return System(
        name=NAME,
        source=NAME,
        tasks=AgentsTasks(folder, shelf, where.config),
        workers=AgentsWorkers(folder, where.config, where.log_globs),
        logs=AgentsLogs(folder, where.log_globs),
        pods=NoPods(NAME),
        scene=scene,
        vocabulary=WORDS,
        meanings=Meanings(folder, shelf).of,
        settings=settings(programs, configured),
        reach=reach,
        named=named,
    )
