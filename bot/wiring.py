"""Settings → clients → systems → desk. The only module that names adapters."""

from bot.command import Command
from bot.dispatch import Desk
from bot.queries import book
from bot.settings import Settings
from bot.sources import System
from bot.sources.reigh import NAME as REIGH
from bot.sources.reigh import Project, reigh
from bot.sources.runpod import RunPod


class Wired:
    """A desk and what has to be closed after it."""

    def __init__(self, settings: Settings) -> None:
        """Connect nothing yet: a client connects at its first request."""
        self.project = Project(settings.supabase_url, settings.supabase_key)
        self.pods = RunPod(settings.runpod_api_key)
        self.systems: dict[str, System] = {REIGH: reigh(self.project, self.pods)}
        self.desk = Desk(
            systems=self.systems,
            commands=commands(),
            default_system=settings.system,
            thresholds=settings.thresholds,
            settings=settings.orchestrator,
        )

    async def close(self) -> None:
        """Let go of all connections."""
        await self.project.close()


def commands() -> dict[str, Command]:
    """Return every command by its name."""
    return dict(book())
