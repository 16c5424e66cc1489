"""OctoLLM: services with structured logs, metrics, health endpoints and a database."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from bot.domain.cases import Thresholds
from bot.domain.errors import SourceDown
from bot.domain.services import ServiceScene
from bot.domain.times import Window
from bot.settings import Octo, Setting
from bot.sources.lacking import NoPods
from bot.sources.octollm.answers import ORCHESTRATOR
from bot.sources.octollm.asking import Asker
from bot.sources.octollm.database import Database
from bot.sources.octollm.files import found, lacking
from bot.sources.octollm.logs import OctoLogs
from bot.sources.octollm.requests import Lines, OctoRequests
from bot.sources.octollm.scenes import Noted, scene
from bot.sources.octollm.services import REFLEX, Addresses, Services
from bot.sources.octollm.tasks import OctoTasks
from bot.sources.octollm.vocabulary import WORDS
from bot.sources.octollm.workers import OctoWorkers
from bot.sources.protocols import Logs, Named, System

NAME = "octollm"
_SETTINGS: Final = {ORCHESTRATOR: "OCTOLLM_URL", REFLEX: "OCTOLLM_REFLEX_URL"}
_PROMETHEUS: Final = "OCTOLLM_PROMETHEUS_URL"
_LOGS: Final = "OCTOLLM_LOG_GLOBS"

__all__ = ["NAME", "Deployment", "octollm"]


class Kept(Logs, Lines, Noted, Protocol):
    """Where the services' lines are kept."""


class Deployment:
    """One OctoLLM: its services, its database and its log files.

    Made without a connection; the first question opens what it needs.
    """

    def __init__(
        self,
        settings: Octo,
        *,
        clock: Callable[[], datetime],
        logs: Kept | None = None,
    ) -> None:
        """Remember where all is; *clock* tells when services were asked.

        *logs* are read instead of the services' files.
        """
        self._settings = settings
        self._own_logs = logs is None
        self._asker = Asker()
        self._clock = clock
        addresses = Addresses(
            orchestrator=settings.url,
            reflex=settings.reflex_url,
            arms=settings.arms,
            prometheus=settings.prometheus_url,
        )
        self._database = Database(settings.database_url)
        self.services = Services(addresses, self._asker, clock=clock)
        self.logs: Kept = logs or OctoLogs(settings.log_globs, settings.zone)
        self.tasks = OctoTasks(self._database, self.services)
        self.workers = OctoWorkers(self.services, clock=clock)

    async def scene(self, window: Window) -> ServiceScene:
        """Return all that the deployment tells of the window and of this moment."""
        return await scene(
            window,
            services=self.services,
            tasks=self.tasks,
            logs=self.logs,
            database=self._database,
            now=self._clock(),
        )

    async def named(self) -> Sequence[Named]:
        """Return each service, Prometheus and each service's files, as they are now."""
        settings, every = self._settings, list[Named]()
        if settings.url or settings.reflex_url or settings.arms:
            for probe in await self.services.probes():
                wrong = "" if probe.well else probe.said
                setting = _SETTINGS.get(probe.service, "OCTOLLM_ARMS")
                every.append(Named(setting=setting, what=probe.service, wrong=wrong))
        if settings.prometheus_url:
            every.append(await self._prometheus())
        if settings.log_globs and self._own_logs:
            every += await asyncio.to_thread(_files, settings.log_globs)
        return every

    async def _prometheus(self) -> Named:
        try:
            await self.services.memory()
            wrong = ""
        except SourceDown as error:
            wrong = error.message
        return Named(setting=_PROMETHEUS, what="Prometheus", wrong=wrong)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._asker.close()
        await self._database.close()


def _files(globs: Sequence[tuple[str, str]]) -> list[Named]:
    """Return the services some of whose files can't be found; none if none can."""
    try:
        files = found(globs)
    except SourceDown:  # the question for lines tells it
        return []
    return [
        Named(setting=_LOGS, what="log files", wrong=gap.reason)
        for gap in lacking(globs, files)
    ]


def octollm(deployment: Deployment, programs: Sequence[Setting] = ()) -> System:
    """Return the system that reads the deployment; it rents no pods.

    *programs* is what its programs are set to, as far as this environment tells.
    """
    return System(
        name=NAME,
        source=NAME,
        tasks=deployment.tasks,
        workers=deployment.workers,
        logs=deployment.logs,
        pods=NoPods(NAME),
        requests=OctoRequests(deployment.logs),
        vocabulary=WORDS,
        scene=deployment.scene,
        thresholds=Thresholds(),
        settings=programs,
        named=deployment.named,
    )
