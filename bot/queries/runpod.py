"""`runpod`: pods against database."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.command import Asked, Command
from bot.domain.cases import Case
from bot.domain.errors import SourceDown
from bot.domain.fleet import Claim, Lost, PodFate, claims, missing, ours
from bot.domain.pods import Pod, PodId
from bot.domain.report import Ask, Facts, Read, Report, Section, Table
from bot.domain.workers import Worker, WorkerPhase
from bot.rules.book import judge
from bot.sources import Listing

CONFIRMED_AT_ONCE: Final = 8  # single look-ups that go out together
MOST_CONFIRMED: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RunpodQuery:
    """`runpod` takes no arguments of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodEntry:
    """One pod; None is what nobody tells."""

    id: str
    name: str
    status: str
    cost_per_hour_usd: float | None
    age_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanedPod:
    """A pod that we pay for and no living worker claims."""

    id: str
    name: str
    status: str
    cost_per_hour_usd: float | None
    age_seconds: float | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LostPod:
    """A living row without its pod."""

    worker_id: str
    runpod_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SparedPod:
    """A pod that is no orphan though no active worker claims it, and why."""

    id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunpodData:
    """What `runpod` found. Money is in US dollars, as RunPod states it."""

    pods: tuple[PodEntry, ...]
    orphaned: tuple[OrphanedPod, ...]
    missing: tuple[LostPod, ...]
    left_alone: tuple[SparedPod, ...]
    cost_per_hour_usd: float
    wasted_usd_per_hour: float


async def answer(query: RunpodQuery, asked: Asked) -> Report:
    """Return orphaned pods with their cost, and rows without a pod.

    Nothing is called orphaned unless both lists were read whole.
    """
    del query
    system = asked.system
    pods, fleet = await asyncio.gather(
        system.pods.all(), _fleet(asked), return_exceptions=False
    )
    if fleet is None or not fleet.whole:
        return _pods_only(pods, asked)
    workers = await _known(pods, fleet.rows, asked)
    if workers is None:
        return _pods_only(pods, asked)
    fates = claims(
        pods,
        workers,
        prefixes=system.pods.name_prefixes,
        minimum_age=asked.thresholds.minimum_pod_age,
        error_grace=asked.thresholds.error_grace,
        now=asked.now,
    )
    lost = missing(fleet.rows, pods, ended=await _gone(fleet.rows, pods, asked))
    case = Case(now=asked.now, thresholds=asked.thresholds, claims=fates, lost=lost)
    data = _data(fates, lost, asked.now)
    return Report(
        summary=_summary(data),
        findings=judge(case),
        sections=_sections(data),
        asks=(
            *(
                Ask(label="A worker without pod", words=f"worker {each.worker_id}")
                for each in data.missing[:1]
            ),
            Ask(label="Workers", words="workers --detailed"),
        ),
        data=data,
        reads=(
            Read(source="runpod", at=asked.now),
            Read(source="supabase", at=asked.now),
        ),
    )


COMMAND: Final = Command(
    name="runpod",
    answers="Pods against database: orphaned pods and their cost, rows without a pod",
    query=RunpodQuery,
    handler=answer,
    examples=("runpod",),
    data=RunpodData,
    place=17,
)


async def _fleet(asked: Asked) -> Listing[Worker] | None:
    unread: Listing[Worker] | None = None
    return await asked.gaps.ask(asked.system.workers.fleet(asked.window(24)), unread)


async def _known(
    pods: Sequence[Pod], fleet: Sequence[Worker], asked: Asked
) -> Sequence[Worker] | None:
    """Return the fleet and the rows of any status that pods without a row may have."""
    names = {worker.id for worker in fleet}
    ids = {worker.runpod_id for worker in fleet}
    prefixes = asked.system.pods.name_prefixes
    unknown = [
        pod
        for pod in pods
        if pod.name not in names and pod.id not in ids and ours(pod, prefixes)
    ]
    if not unknown:
        return fleet
    question = asked.system.workers.known_as(
        [pod.name for pod in unknown], [pod.id for pod in unknown]
    )
    more = await asked.gaps.ask(question, None)
    return None if more is None else (*fleet, *more)


async def _gone(
    fleet: Iterable[Worker], pods: Sequence[Pod], asked: Asked
) -> frozenset[PodId]:
    """Return the pods that the list lacks and that do not exist when asked for."""
    listed = {pod.id for pod in pods}
    absent = [
        PodId(worker.runpod_id)
        for worker in fleet
        if worker.runpod_id
        and worker.runpod_id not in listed
        and worker.phase is not WorkerPhase.ENDED
    ][:MOST_CONFIRMED]
    turn = asyncio.Semaphore(CONFIRMED_AT_ONCE)

    async def gone(id: PodId) -> bool:
        async with turn:
            try:
                pod = await asked.system.pods.get(id)
            except SourceDown as error:
                asked.gaps.note(error)
                return False
            return pod is None

    answers = await asyncio.gather(*(gone(id) for id in absent))
    return frozenset(id for id, yes in zip(absent, answers, strict=True) if yes)


def _pods_only(pods: Sequence[Pod], asked: Asked) -> Report:
    """Return the pods alone: without all workers nobody knows which are orphans."""
    entries = tuple(_entry(pod, asked.now) for pod in pods)
    cost = sum(each.cost_per_hour_usd or 0.0 for each in entries)
    data = RunpodData(
        pods=entries,
        orphaned=(),
        missing=(),
        left_alone=(),
        cost_per_hour_usd=round(cost, 4),
        wasted_usd_per_hour=0.0,
    )
    return Report(
        summary=f"{len(pods)} pods; cannot tell which are orphaned, because the workers"
        " could not be read whole",
        sections=_sections(data),
        data=data,
        truncated=True,
        reads=(Read(source="runpod", at=asked.now),),
    )


def _entry(pod: Pod, now: datetime) -> PodEntry:
    age = pod.age(now)
    return PodEntry(
        id=pod.id,
        name=pod.name,
        status=pod.status,
        cost_per_hour_usd=pod.cost_per_hour_usd,
        age_seconds=None if age is None else age.total_seconds(),
    )


def _data(fates: Sequence[Claim], lost: Sequence[Lost], now: datetime) -> RunpodData:
    orphaned = [each for each in fates if each.fate is PodFate.ORPHANED]
    spared = (PodFate.SPARED, PodFate.STARTING, PodFate.FOREIGN)
    entries = [_entry(each.pod, now) for each in fates]
    cost = sum(each.cost_per_hour_usd or 0.0 for each in entries)
    wasted = sum(each.pod.cost_per_hour_usd or 0.0 for each in orphaned)
    return RunpodData(
        pods=tuple(entries),
        orphaned=tuple(_orphan(each, now) for each in orphaned),
        missing=tuple(
            LostPod(
                worker_id=each.worker.id,
                runpod_id=each.worker.runpod_id or "",
                why=each.why,
            )
            for each in lost
        ),
        left_alone=tuple(
            SparedPod(id=each.pod.id, name=each.pod.name, why=each.why)
            for each in fates
            if each.fate in spared
        ),
        cost_per_hour_usd=round(cost, 4),
        wasted_usd_per_hour=round(wasted, 4),
    )


def _orphan(claim: Claim, now: datetime) -> OrphanedPod:
    entry = _entry(claim.pod, now)
    return OrphanedPod(
        id=entry.id,
        name=entry.name,
        status=entry.status,
        cost_per_hour_usd=entry.cost_per_hour_usd,
        age_seconds=entry.age_seconds,
        why=claim.why,
    )


def _summary(data: RunpodData) -> str:
    orphans = f"{len(data.orphaned)} orphaned"
    if data.orphaned:
        orphans += f" (${data.wasted_usd_per_hour:.2f}/h wasted)"
    return (
        f"{len(data.pods)} pods at ${data.cost_per_hour_usd:.2f}/h: {orphans};"
        f" {len(data.missing)} workers without a pod"
    )


def _sections(data: RunpodData) -> tuple[Section, ...]:
    sections: list[Section] = []
    if data.orphaned:
        sections.append(
            Table(
                title="Orphaned pods",
                header=("pod", "name", "status", "$/h", "why"),
                rows=tuple(
                    (each.id, each.name, each.status, each.cost_per_hour_usd, each.why)
                    for each in data.orphaned
                ),
            )
        )
        day = data.wasted_usd_per_hour * 24
        rows = (
            ("an hour", f"${data.wasted_usd_per_hour:.2f}"),
            ("a day", f"${day:.2f}"),
            ("30 days", f"${day * 30:.2f}"),
        )
        sections.append(Facts(title="What the orphans cost", rows=rows))
    if data.missing:
        sections.append(
            Table(
                title="Workers without a pod",
                header=("worker", "pod", "why"),
                rows=tuple(
                    (each.worker_id, each.runpod_id, each.why) for each in data.missing
                ),
            )
        )
    if data.left_alone:
        sections.append(
            Table(
                title="Left alone",
                header=("pod", "name", "why"),
                rows=tuple((each.id, each.name, each.why) for each in data.left_alone),
            )
        )
    sections.append(
        Table(
            title=f"All pods ({len(data.pods)})",
            header=("pod", "name", "status", "$/h"),
            rows=tuple(
                (each.id, each.name, each.status, each.cost_per_hour_usd)
                for each in data.pods
            ),
        )
    )
    return tuple(sections)
