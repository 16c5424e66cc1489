"""The services and arms as workers: what each answers, asked at this moment."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.domain.errors import NotFound, SourceDown
from bot.domain.service_names import Outcome
from bot.domain.services import Probe
from bot.domain.times import Window
from bot.domain.workers import Worker, WorkerId, WorkerPhase
from bot.sources.octollm.answers import ORCHESTRATOR
from bot.sources.octollm.services import REFLEX, Services
from bot.sources.protocols import Listing

HEALTHY: Final = "healthy"
NOT_READY: Final = "not_ready"
STATUSES: Final[Mapping[Outcome, str]] = {
    Outcome.OK: HEALTHY,
    Outcome.STATUS: "unhealthy",
    Outcome.REFUSED: "refused",
    Outcome.TIMEOUT: "timeout",
    Outcome.UNREACHABLE: "unreachable",
    Outcome.NONSENSE: "nonsense",
}
_MOST: Final = 11


class OctoWorkers:
    """Fulfils `bot.sources.Workers`."""

    statuses = (*STATUSES.values(), NOT_READY)

    def __init__(self, services: Services, *, clock: Callable[[], datetime]) -> None:
        """Ask the *services*; *clock* tells when."""
        self._services = services
        self._clock = clock

    def is_id(self, text: str) -> bool:
        """Tell whether the text is the name of a service or arm that settings name."""
        return text in self._names()

    def may_bound(self, text: str) -> bool:
        """Tell whether some name could begin or end with the text."""
        return bool(text) and text.replace("-", "").replace("_", "").isalnum()

    async def find(self, part: str) -> Sequence[WorkerId]:
        """Return the names that begin or end with *part*, at most eleven."""
        if not self.may_bound(part):
            return ()
        found = [it for it in self._names() if it.startswith(part) or it.endswith(part)]
        found.sort(key=lambda name: name != part)
        return [WorkerId(name) for name in found[:_MOST]]

    async def of_pod(self, part: str) -> Sequence[WorkerId]:
        """Return none: no service runs in a pod that we know."""
        del part
        return ()

    async def get(self, id: WorkerId) -> Worker:
        """Return the service as it answers now."""
        for found in await self._all():
            if found.id == id:
                return found
        msg = f"no worker is called {id}"
        raise NotFound(msg, hint="services and arms are those of OCTOLLM_ARMS: workers")

    async def fleet(self, window: Window) -> Listing[Worker]:
        """Return all services and arms as they are now; nobody recorded earlier ones.

        None for a window that ended before.
        """
        if window.end < self._clock():
            return Listing(())
        return Listing(await self._all())

    async def known_as(
        self, names: Iterable[str], pod_ids: Iterable[str]
    ) -> Sequence[Worker]:
        """Return the services of these names."""
        del pod_ids
        wanted = {*names} & {*self._names()}
        if not wanted:
            return ()
        return [each for each in await self._all() if each.id in wanted]

    async def _all(self) -> tuple[Worker, ...]:
        probes, unready = await asyncio.gather(
            self._services.probes(), self._not_ready()
        )
        return tuple(worker(each, ready=each.service not in unready) for each in probes)

    async def _not_ready(self) -> frozenset[str]:
        """Return the services that say that they lack something they need."""
        try:
            told = await self._services.readiness()
        except SourceDown:  # what they answer of their health says more
            return frozenset()
        return frozenset(each.service for each in told if not each.ready)

    def _names(self) -> tuple[str, ...]:
        addresses = self._services.addresses
        named = [name for name, _ in addresses.arms]
        if addresses.orchestrator:
            named.append(ORCHESTRATOR)
        if addresses.reflex:
            named.append(REFLEX)
        return tuple(dict.fromkeys(named))


def worker(probe: Probe, *, ready: bool = True) -> Worker:
    """Return a service as a worker; it has no heartbeat but the answer just given.

    One that says that it is well, and then that it is not *ready*, is called so.
    Its creation is the time since when it runs, where it tells that, else that of the
    question.
    """
    well = probe.well
    return Worker(
        id=WorkerId(probe.service),
        status=STATUSES[probe.outcome] if ready or not well else NOT_READY,
        phase=WorkerPhase.ACTIVE if well else WorkerPhase.FAILED,
        created_at=probe.begun_at or probe.at,
        last_heartbeat_at=probe.at if well else None,
        error_reason=None if well else probe.said,
        error_at=None if well else probe.at,
        runs_on_gpu=False,
    )
