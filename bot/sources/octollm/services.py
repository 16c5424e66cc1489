"""The services themselves: are they alive, what do they say, over HTTP."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bot.domain.errors import Absent, NotConfigured, SourceDown
from bot.domain.service_names import Outcome
from bot.domain.services import (
    HttpLoad,
    Memory,
    Metered,
    Probe,
    Readiness,
    ReflexCounts,
)
from bot.sources.octollm import answers, counters, histograms, metrics
from bot.sources.octollm.answers import ORCHESTRATOR
from bot.sources.octollm.asking import SOURCE, Asker, Reply, down

REFLEX: Final = "reflex-layer"
_NO_DEBUG: Final = "is there only with ORCHESTRATOR_DEBUG=true"
RESIDENT: Final = "process_resident_memory_bytes"
BEGUN: Final = "process_start_time_seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the services are; None and empty where no setting says."""

    orchestrator: str | None = None
    reflex: str | None = None
    arms: Sequence[tuple[str, str]] = ()
    prometheus: str | None = None


class Services:
    """All services of one deployment, asked at the same time."""

    def __init__(
        self,
        addresses: Addresses,
        asker: Asker,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Remember where they are; *clock* tells when they were asked."""
        self.addresses = addresses
        self._asker = asker
        self._clock = clock
        self._came: tuple[datetime, int] | None = None
        self._scrapes: deque[tuple[datetime, float, float | None]] = deque(
            maxlen=metrics.KEPT
        )

    async def probes(self) -> tuple[Probe, ...]:
        """Return the health of the orchestrator, the reflex layer and all arms.

        Raises:
            SourceDown: no setting names any service.
        """
        named = self._services()
        if not named and not self.addresses.arms:
            raise NotConfigured(SOURCE, "OCTOLLM_URL")
        asked: list[Awaitable[Probe]] = [self._probe(*each) for each in named]
        asked += [self._arm(*each) for each in self.addresses.arms]
        probes, registered = await asyncio.gather(
            asyncio.gather(*asked), self._registered()
        )
        return await self._beside(probes, registered)

    async def readiness(self) -> tuple[Readiness, ...]:
        """Return what orchestrator and reflex layer say of the things they need.

        Raises:
            SourceDown: none of them says it.
        """
        named = self._services()
        if not named:
            raise NotConfigured(SOURCE, "OCTOLLM_URL")
        replies = await asyncio.gather(
            *(self._asker.get(f"{url}/ready") for _, url in named)
        )
        told = [
            answers.readiness(name, reply)
            for (name, _), reply in zip(named, replies, strict=True)
        ]
        if not any(told):
            raise down(replies[0], "whether it is ready")
        return tuple(each for each in told if each is not None)

    async def stats(self) -> tuple[Mapping[str, int], ReflexCounts | None]:
        """Return how many tasks there are of each status, and the reflex counters.

        Raises:
            Absent: the orchestrator runs without its debug endpoint.
            SourceDown: it does not tell.
        """
        reply = await self._ask("/debug/stats")
        if reply.status == 404:
            msg = f"tells no counts of its own, for /debug/stats {_NO_DEBUG}"
            raise Absent(SOURCE, msg)
        body = reply.body if isinstance(reply.body, dict) else {}
        counts = body.get("task_counts")
        if reply.outcome is not Outcome.OK or not isinstance(counts, dict):
            raise down(reply, "its counts")
        known = {str(key).lower(): each for key, each in counts.items()}
        told = {key: each for key, each in known.items() if answers.is_count(each)}
        if told != known:  # of what is left out none would be said to be
            raise down(reply, "its counts")
        return told, answers.counters(body.get("reflex_metrics"))

    async def active(self) -> int | None:
        """Return how many tasks the guide's endpoint calls active; None without it."""
        reply = await self._ask("/debug/active-tasks")
        if reply.outcome is not Outcome.OK:
            return None
        held = reply.body
        if isinstance(held, dict):
            held = held.get("tasks", held.get("active_tasks"))
        if isinstance(held, int):
            return held
        return len(held) if isinstance(held, list) else None

    async def task(self, id: str) -> Reply:
        """Return what the orchestrator says of one task, whatever that is."""
        return await self._ask(f"/tasks/{id}")

    async def memory(self) -> Memory:
        """Return how much memory the orchestrator holds, and how that changed.

        From Prometheus where it is set, else from what was seen since this process
        began.

        Raises:
            SourceDown: nobody tells.
        """
        if self.addresses.prometheus is not None:
            return metrics.memory(ORCHESTRATOR, await self._recorded())
        reply = await self._ask("/metrics")
        if reply.outcome is not Outcome.OK:
            raise down(reply, "its metrics")
        found = metrics.samples(reply.text)
        resident = metrics.total(found, RESIDENT)
        if resident is None or not 0 <= resident < metrics.MOST:
            msg = f"tells no {RESIDENT} in its metrics"
            raise SourceDown(SOURCE, msg)
        self._scrapes.append((self._clock(), resident, metrics.total(found, BEGUN)))
        return metrics.memory(ORCHESTRATOR, self._scrapes)

    async def samples(self) -> tuple[metrics.Sample, ...]:
        """Return the orchestrator's metrics as they are now.

        Raises:
            SourceDown: it does not tell them.
        """
        reply = await self._ask("/metrics")
        if reply.outcome is not Outcome.OK:
            raise down(reply, "its metrics")
        return metrics.samples(reply.text)

    async def counted(self) -> Metered:
        """Return what the orchestrator's metrics count, and how fast tasks come in.

        That is told from the second look on.

        Raises:
            SourceDown: it does not tell its metrics.
        """
        found, now = await self.samples(), self._clock()
        told = counters.counted(found, ORCHESTRATOR, at=now, before=self._came)
        if told.submitted is not None:
            self._came = now, told.submitted
        return told

    async def load(self) -> HttpLoad | None:
        """Return the orchestrator's requests since it began; None without any.

        Raises:
            SourceDown: it does not tell its metrics.
        """
        return histograms.load(await self.samples(), ORCHESTRATOR)

    async def _recorded(self) -> list[tuple[datetime, float, float | None]]:
        """Return an hour of what Prometheus recorded of the orchestrator's memory."""
        url = f"{self.addresses.prometheus}/api/v1/query"
        resident, begun = await asyncio.gather(
            self._asker.get(url, query=f"{RESIDENT}[1h]"),
            self._asker.get(url, query=f"{BEGUN}[1h]"),
        )
        held, starts = answers.series(resident), answers.series(begun)
        if not held:
            raise down(resident, "through Prometheus how much memory it holds")
        since = dict(starts or [])
        return [
            (at, value, since.get(seconds))
            for seconds, value in held
            if (at := metrics.moment(seconds)) is not None
        ]

    def _services(self) -> list[tuple[str, str]]:
        named = (
            (ORCHESTRATOR, self.addresses.orchestrator),
            (REFLEX, self.addresses.reflex),
        )
        return [(name, url) for name, url in named if url]

    async def _ask(self, path: str) -> Reply:
        if not self.addresses.orchestrator:
            raise NotConfigured(SOURCE, "OCTOLLM_URL")
        return await self._asker.get(f"{self.addresses.orchestrator}{path}")

    async def _probe(self, name: str, url: str, *, strict: bool = True) -> Probe:
        reply = await self._asker.get(f"{url}/health")
        return answers.probe(name, reply, self._clock(), strict=strict)

    async def _arm(self, name: str, url: str) -> Probe:
        probe, reply = await asyncio.gather(
            self._probe(name, url, strict=False),
            self._asker.get(f"{url}/capabilities"),
        )
        able = answers.capabilities(reply.body) if reply.outcome is Outcome.OK else None
        return replace(probe, capabilities=able)

    async def _registered(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the arms of the registry by their ids; none where there is none."""
        if not self.addresses.orchestrator:
            return {}
        reply = await self._ask("/debug/arm-registry")
        body = reply.body if reply.outcome is Outcome.OK else None
        if isinstance(body, dict):
            body = body.get("arms", body)
        if isinstance(body, dict):
            body = [
                {"arm_id": id, **each}
                for id, each in body.items()
                if isinstance(each, dict)
            ]
        found = {}
        for each in body if isinstance(body, list) else ():
            name = isinstance(each, dict) and (each.get("arm_id") or each.get("id"))
            if isinstance(name, str) and name:
                found[name] = each
        return found

    async def _beside(
        self, probes: Iterable[Probe], registered: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Probe, ...]:
        """Return the probes with what the registry knows, and of arms that it adds."""
        known = {probe.service: probe for probe in probes}
        new = [
            self._arm(name, str(url).rstrip("/"))
            for name, each in registered.items()
            if name not in known
            and str(url := each.get("endpoint") or each.get("url")).startswith("http")
        ]
        known |= {probe.service: probe for probe in await asyncio.gather(*new)}
        for name, each in registered.items():
            probe = known.get(name)
            if probe is not None and probe.capabilities is None:
                known[name] = replace(probe, capabilities=answers.capabilities(each))
        return tuple(known.values())
