"""Whose pods are these, which workers lost theirs? Asked until nothing is guessed."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.cases import Thresholds
from bot.domain.errors import SourceDown
from bot.domain.fleet import Claim, Lost, claims, missing, unknown
from bot.domain.pods import Pod, PodId
from bot.domain.workers import Pulse, Worker, WorkerPhase
from bot.sources.asking import Gaps
from bot.sources.protocols import Listing, System

CONFIRMED_AT_ONCE: Final = 8  # single look-ups that go out together
MOST_CONFIRMED: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """The fate of every pod, and the rows without one."""

    claims: tuple[Claim, ...]
    lost: tuple[Lost, ...]
    absent: int
    """How many living rows name a pod that the list lacks."""
    looked_up: int
    """How many of these pods were asked for one by one."""
    unanswered: int = 0
    """How many of those that were asked for RunPod did not tell of."""


async def ownership(  # noqa: PLR0913  each has its name at the call
    pods: Sequence[Pod] | None,
    fleet: Listing[Worker] | None,
    *,
    system: System,
    gaps: Gaps,
    thresholds: Thresholds,
    now: datetime,
    confirm: bool,
) -> Ownership | None:
    """Return what is whose; None unless pods and workers were read, and whole.

    What else must be asked goes out at the same time: ended workers that strange pods
    may belong to, and, to *confirm* that they are gone, pods that the list lacks.
    """
    if pods is None or fleet is None:
        return None
    absent = _absent(fleet.rows, pods)
    asked = absent[:MOST_CONFIRMED] if confirm and fleet.whole else []
    owners, found = await asyncio.gather(
        possible_owners(pods, fleet, system, gaps), _exist(asked, system, gaps)
    )
    if owners is None:
        return None
    return Ownership(
        claims=claims(
            pods,
            owners,
            prefixes=system.pods.name_prefixes,
            minimum_age=thresholds.minimum_pod_age,
            error_grace=thresholds.error_grace,
            now=now,
        ),
        lost=missing(
            fleet.rows,
            pods,
            ended=frozenset(id for id, exists in found.items() if exists is False),
        )
        if confirm
        else missing(_suspects(fleet.rows, thresholds, now), pods, ended=None),
        absent=len(absent),
        looked_up=len(asked),
        unanswered=sum(exists is None for exists in found.values()),
    )


async def possible_owners(
    pods: Sequence[Pod], fleet: Listing[Worker], system: System, gaps: Gaps
) -> Sequence[Worker] | None:
    """Return all workers that the pods may belong to, of any status.

    None, and a gap where a source is to blame, unless they were read whole: nobody
    can then tell an orphan.
    """
    if not fleet.whole:
        return None
    strangers = unknown(pods, fleet.rows, system.pods.name_prefixes)
    if not strangers:
        return fleet.rows
    question = system.workers.known_as(
        [pod.name for pod in strangers], [pod.id for pod in strangers]
    )
    more = await gaps.ask(question, None)
    return None if more is None else (*fleet.rows, *more)


def _absent(fleet: Iterable[Worker], pods: Iterable[Pod]) -> Sequence[PodId]:
    """Return the pods that living rows name and the list lacks."""
    listed = {pod.id for pod in pods}
    return [
        PodId(worker.runpod_id)
        for worker in fleet
        if worker.runpod_id
        and worker.runpod_id not in listed
        and worker.phase is not WorkerPhase.ENDED
    ]


def _suspects(
    fleet: Iterable[Worker], thresholds: Thresholds, now: datetime
) -> Sequence[Worker]:
    """Return the workers that a list alone may accuse.

    They don't beat, and are given up or old enough for a list to show their pod.
    """
    return [
        worker
        for worker in fleet
        if worker.pulse(now) is not Pulse.HEALTHY
        and (
            worker.phase is WorkerPhase.FAILED
            or now - worker.created_at > thresholds.minimum_pod_age
        )
    ]


async def _exist(
    absent: Sequence[PodId], system: System, gaps: Gaps
) -> Mapping[PodId, bool | None]:
    """Return of each pod whether it exists, asked for by itself; None: no answer."""
    turn = asyncio.Semaphore(CONFIRMED_AT_ONCE)

    async def exists(id: PodId) -> bool | None:
        async with turn:
            try:
                return await system.pods.get(id) is not None
            except SourceDown as error:
                gaps.note(error)
                return None

    answers = await asyncio.gather(*(exists(id) for id in absent))
    return dict(zip(absent, answers, strict=True))
