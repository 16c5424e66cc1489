"""Settings → clients → systems → desk. The only module that names adapters."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from bot.command import Command
from bot.dispatch import Desk
from bot.queries import book
from bot.settings import Settings
from bot.sources import System

REIGH = "reigh"


class Wired:
    """A desk and what has to be closed after it."""

    def __init__(self, settings: Settings) -> None:
        """Connect and import nothing yet: a system is made for its first question."""
        self._settings = settings
        self._closes: list[Callable[[], Awaitable[None]]] = []
        self.systems: Mapping[str, Callable[[], System]] = {REIGH: cache(self._reigh)}
        self.desk = Desk(
            systems=self.systems,
            commands=commands(),
            default_system=settings.system,
        )

    async def close(self) -> None:
        """Let go of all connections."""
        for close in self._closes:
            await close()

    def _reigh(self) -> System:
        # Imported here: the models and the client behind them cost a quarter second.
        from bot.sources.reigh import Project, reigh
        from bot.sources.runpod import RunPod

        settings = self._settings
        project = Project(settings.supabase_url, settings.supabase_key)
        self._closes.append(project.close)
        return reigh(
            project,
            RunPod(settings.runpod_api_key),
            thresholds=settings.thresholds,
            settings=settings.orchestrator,
        )


def commands() -> dict[str, Command]:
    """Return every command by its name."""
    return dict(book())
