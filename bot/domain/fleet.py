"""Pods against workers: which pod belongs to whom, and which rows lost theirs.

Both lists must have been read whole. An empty list is not the same as no answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.pods import Pod, PodId
from bot.domain.times import ago, spoken
from bot.domain.workers import Worker, WorkerId, WorkerPhase

# By then a silent worker is given up, in any status (systems/reigh.md, F1).
_GIVEN_UP: Final = timedelta(minutes=10)


class PodFate(StrEnum):
    """What a pod is to us."""

    CLAIMED = "claimed"
    STARTING = "starting"
    ORPHANED = "orphaned"
    SPARED = "spared"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A pod, its fate, and why."""

    pod: Pod
    fate: PodFate
    why: str
    owner: WorkerId | None = None
    """The worker that has it, unless that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A living row whose pod is gone or stands still.

    It is not *sure* when a list alone says so: lists can leave a pod out.
    """

    worker: Worker
    why: str
    sure: bool = True
    gone: bool = False
    """Whether its pod surely no longer exists; one that stands still does."""


def ours(pod: Pod, prefixes: Sequence[str]) -> bool:
    """Tell whether the pod's name follows one of our naming schemes."""
    return pod.name.startswith(tuple(prefixes))


def unknown(
    pods: Iterable[Pod], workers: Iterable[Worker], prefixes: Sequence[str]
) -> tuple[Pod, ...]:
    """Return the pods of ours that none of the workers has, by id or by name."""
    names: set[str] = set()
    ids: set[str | None] = set()
    for worker in workers:
        names.add(worker.id)
        ids.add(worker.runpod_id)
    return tuple(
        pod
        for pod in pods
        if pod.name not in names and pod.id not in ids and ours(pod, prefixes)
    )


def claims(  # noqa: PLR0913  each has its name at the call
    pods: Iterable[Pod],
    workers: Iterable[Worker],
    *,
    prefixes: Sequence[str],
    minimum_age: timedelta,
    error_grace: timedelta,
    now: datetime,
) -> tuple[Claim, ...]:
    """Return the fate of every pod (systems/reigh.md, F16).

    *workers* are all that are not terminated, and those of any status that carry the
    name or id of one of the pods. A pod is matched by its id and by its name: a
    newborn row has no pod id yet. A pod is no orphan unless its age is told.
    """
    by_pod: dict[str, list[Worker]] = {}
    by_name: dict[str, Worker] = {}
    for worker in workers:
        by_name[worker.id] = worker
        if worker.runpod_id:
            by_pod.setdefault(worker.runpod_id, []).append(worker)
    found = []
    for pod in pods:
        owners = [*by_pod.get(pod.id, ())]
        if pod.name in by_name:
            owners.append(by_name[pod.name])
        living = [each for each in owners if each.phase is not WorkerPhase.ENDED]
        fate, why = (
            _held(living)
            or (None if ours(pod, prefixes) else _not_ours(living))
            or _within_grace(living, error_grace, now)
            or _spared(pod, minimum_age, now)
            or (PodFate.ORPHANED, _why_orphaned(owners, living, now))
        )
        owner = living[0].id if living else None
        found.append(Claim(pod=pod, fate=fate, why=why, owner=owner))
    return tuple(found)


_Verdict: TypeAlias = tuple[PodFate, str]


def _held(living: Iterable[Worker]) -> _Verdict | None:
    """Return what a worker that was not given up makes of its pod."""
    for worker in living:
        if worker.status != "error":
            starting = worker.phase is WorkerPhase.STARTING
            fate = PodFate.STARTING if starting else PodFate.CLAIMED
            return fate, f"its worker {worker.id} is {worker.status}"
    return None


def _not_ours(living: Sequence[Worker]) -> _Verdict:
    if living:
        return PodFate.CLAIMED, f"its worker {living[0].id} is {living[0].status}"
    return PodFate.FOREIGN, "its name is not one of ours"


def _within_grace(
    given_up: Iterable[Worker], grace: timedelta, now: datetime
) -> _Verdict | None:
    """Return that the orchestrator will end the pod itself, if it may yet.

    Where the time of the failure was lost, the silence bounds it: one that beats is
    active again, and a silent one is given up before long.
    """
    for worker in given_up:
        if worker.error_at is None:
            if worker.lost_for(now) > _GIVEN_UP + grace:
                continue
            return PodFate.SPARED, f"its worker {worker.id} failed at an unknown time"
        span = now - worker.error_at
        if span <= grace:
            failed = f"failed {ago(worker.error_at, now)}"
            why = f"its worker {worker.id} {failed}, within the grace period"
            return PodFate.SPARED, why
    return None


def _spared(pod: Pod, minimum_age: timedelta, now: datetime) -> _Verdict | None:
    """Return why a pod without an owner is left alone all the same, if it is."""
    if pod.status == "TERMINATED":
        return PodFate.SPARED, "it is terminated already"
    age = pod.age(now)
    if age is None:
        return PodFate.SPARED, "nothing tells its age"
    if age < minimum_age:
        return PodFate.SPARED, f"it is only {spoken(age)} old"
    return None


def _why_orphaned(
    owners: Sequence[Worker], living: Sequence[Worker], now: datetime
) -> str:
    if living and all(worker.error_at is None for worker in living):
        silence = spoken(living[0].lost_for(now))
        failed = f"its worker {living[0].id} failed at an unknown time"
        return f"{failed}, and has not beaten for {silence}"
    if living:
        return f"its worker {living[0].id} failed past the grace period"
    if owners:
        return f"its worker {owners[0].id} is {owners[0].status}"
    return "no worker has its id or its name"


def wasted(claims: Iterable[Claim]) -> float | None:
    """Return what the orphans that run cost an hour, in US dollars.

    What a stopped one bills nobody tells. One of unknown cost is left out of the sum,
    which is None when that leaves nothing.
    """
    costs = [
        claim.pod.cost_per_hour_usd
        for claim in claims
        if claim.fate is PodFate.ORPHANED and claim.pod.running
    ]
    told = [cost for cost in costs if cost is not None]
    return None if costs and not told else round(sum(told), 4)


def missing(
    workers: Iterable[Worker], pods: Iterable[Pod], *, ended: frozenset[PodId] | None
) -> tuple[Lost, ...]:
    """Return the living rows whose pod does not run (systems/reigh.md, F17).

    *ended* are the pods that were asked for one by one and are gone: a row whose pod
    the list lacks is reported if it is among them. None: nobody asked, so all such
    rows are reported, and none of them is sure.
    """
    by_id: Mapping[str, Pod] = {pod.id: pod for pod in pods}
    found = []
    for worker in workers:
        if not worker.runpod_id or worker.phase is WorkerPhase.ENDED:
            continue
        pod = by_id.get(worker.runpod_id)
        if pod is not None and not pod.running:
            found.append(Lost(worker=worker, why=f"its pod {pod.id} is {pod.status}"))
        elif pod is None and ended is None:
            why = f"RunPod does not list its pod {worker.runpod_id}"
            found.append(Lost(worker=worker, why=why, sure=False))
        elif pod is None and worker.runpod_id in (ended or ()):
            why = f"its pod {worker.runpod_id} no longer exists"
            found.append(Lost(worker=worker, why=why, gone=True))
    return tuple(found)
