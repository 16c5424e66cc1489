"""Pods against workers: which pod belongs to whom, and which rows lost theirs.

Both lists must have been read whole. An empty list is not the same as no answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.pods import Pod, PodId
from bot.domain.times import spoken
from bot.domain.workers import Worker, WorkerPhase


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A living row whose pod is gone or stands still."""

    worker: Worker
    why: str


def ours(pod: Pod, prefixes: Sequence[str]) -> bool:
    """Tell whether the pod's name follows one of our naming schemes."""
    return pod.name.startswith(tuple(prefixes))


def claims(
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
    newborn row has no pod id yet. A pod whose age nobody tells is never an orphan.
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
        fate, why = _fate(
            pod, owners, prefixes, minimum_age=minimum_age, grace=error_grace, now=now
        )
        found.append(Claim(pod=pod, fate=fate, why=why))
    return tuple(found)


def _fate(
    pod: Pod,
    owners: Sequence[Worker],
    prefixes: Sequence[str],
    *,
    minimum_age: timedelta,
    grace: timedelta,
    now: datetime,
) -> tuple[PodFate, str]:
    living = [each for each in owners if each.phase is not WorkerPhase.ENDED]
    for worker in living:
        if worker.status == "error":
            continue
        if worker.phase is WorkerPhase.STARTING:
            return PodFate.STARTING, f"its worker {worker.id} is {worker.status}"
        return PodFate.CLAIMED, f"its worker {worker.id} is {worker.status}"
    if not ours(pod, prefixes):
        if living:
            return PodFate.CLAIMED, f"its worker {living[0].id} is {living[0].status}"
        return PodFate.FOREIGN, "its name is not one of ours"
    for worker in living:
        given_up = worker.error_at
        if given_up is None:
            return PodFate.SPARED, f"its worker {worker.id} failed at an unknown time"
        if now - given_up <= grace:
            ago = spoken(now - given_up)
            why = f"its worker {worker.id} failed {ago} ago, within the grace period"
            return PodFate.SPARED, why
    age = pod.age(now)
    if age is None and pod.running:
        return PodFate.SPARED, "nothing tells its age"
    if age is not None and age < minimum_age:
        return PodFate.SPARED, f"it is only {spoken(age)} old"
    if living:
        return (
            PodFate.ORPHANED,
            f"its worker {living[0].id} failed past the grace period",
        )
    if owners:
        return PodFate.ORPHANED, f"its worker {owners[0].id} is {owners[0].status}"
    return PodFate.ORPHANED, "no worker has its id or its name"


def missing(
    workers: Iterable[Worker], pods: Iterable[Pod], *, ended: frozenset[PodId]
) -> tuple[Lost, ...]:
    """Return the living rows whose pod does not run (systems/reigh.md, F17).

    *ended* are the pods that were asked for one by one and are gone. A row whose pod
    is not in the list and was not confirmed gone is not reported.
    """
    by_id: Mapping[str, Pod] = {pod.id: pod for pod in pods}
    found = []
    for worker in workers:
        if not worker.runpod_id or worker.phase is WorkerPhase.ENDED:
            continue
        pod = by_id.get(worker.runpod_id)
        if pod is not None and not pod.running:
            found.append(Lost(worker=worker, why=f"its pod {pod.id} is {pod.status}"))
        elif pod is None and worker.runpod_id in ended:
            why = f"its pod {worker.runpod_id} no longer exists"
            found.append(Lost(worker=worker, why=why))
    return tuple(found)
