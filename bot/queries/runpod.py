"""`runpod`: pods against database."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot import command
from bot.command import Asked, Command
from bot.domain.asks import chosen
from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Status, status_of
from bot.domain.fleet import Claim, PodFate, wasted
from bot.domain.pods import Pod
from bot.domain.report import Ask, Facts, Outcome, Read, Report, Section, Table
from bot.domain.spelling import typed
from bot.domain.workers import Worker
from bot.rules.book import judge
from bot.sources import UNREAD, Listing, Ownership, ownership

LOOK_BACK_HOURS: Final = 24.0  # before the picture; few pods live longer
FLEET_HOURS: Final = 1.0  # living rows come whatever their age; the dead if a pod asks


_ELSE: Final = (
    Ask(label="Workers", words="workers --detailed"),
    Ask(label="Health", words="health"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunpodQuery:
    """What `runpod` wants to know."""

    hours: float = command.hours(what="its picture goes")


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
    """What `runpod` found. Money is in US dollars, as RunPod states it.

    What takes the workers to tell is None when they could not be read whole; so are
    the missing pods when RunPod told of none whether it exists.
    """

    pods: tuple[PodEntry, ...]
    orphaned: tuple[OrphanedPod, ...] | None
    missing: tuple[LostPod, ...] | None
    left_alone: tuple[SparedPod, ...] | None
    cost_per_hour_usd: float
    wasted_usd_per_hour: float | None


async def answer(query: RunpodQuery, asked: Asked) -> Report:
    """Return orphaned pods with their cost, and rows without a pod.

    Nothing is called orphaned unless both lists were read whole.
    """
    system = asked.system
    pods, fleet, made = await asyncio.gather(
        system.pods.all(),
        asked.gaps.ask(system.workers.fleet(asked.window(FLEET_HOURS)), UNREAD),
        _made(query, asked),
    )
    owned = await ownership(
        pods,
        fleet,
        system=system,
        gaps=asked.gaps,
        thresholds=asked.thresholds,
        now=asked.now,
        confirm=True,
    )
    if owned is None:
        return _pods_only(pods, fleet, asked)
    case = Case(
        now=asked.now,
        system=asked.system.name,
        thresholds=asked.thresholds,
        claims=owned.claims,
        lost=owned.lost,
        pods=tuple(claim.pod for claim in owned.claims),
    )
    data = _data(owned, asked.now)
    findings = judge(case)
    unsure = owned.unanswered and not findings
    return Report(
        summary=_summary(data, owned) + _untold(owned),
        status=Status.UNKNOWN if unsure else status_of(findings),
        findings=findings,
        sections=(*_sections(data), *_picture(query, asked, owned, made)),
        asks=chosen(
            *(
                [Ask(label="End the orphans …", words="runpod terminate")]
                if data.orphaned
                else []
            ),
            *(
                Ask(
                    label="A worker without pod",
                    words=f"worker {typed(each.worker.id)}",
                )
                for each in owned.lost[:1]
            ),
            *_ELSE,
        ),
        data=data,
        truncated=owned.looked_up < owned.absent,
        notes=_notes(owned),
        reads=(
            Read(source="runpod", at=asked.now),
            Read(source=asked.system.source, at=asked.now),
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
    charts=True,
)


async def _made(query: RunpodQuery, asked: Asked) -> Listing[Worker]:
    """Return the workers of the picture's time and of a while before, if one is drawn.

    A reading of its own: a bound on these must not make the fleet incomplete.
    """
    if not asked.draws:
        return UNREAD
    window = asked.window(query.hours + LOOK_BACK_HOURS)
    return await asked.gaps.beside(asked.system.workers.fleet(window), UNREAD)


def _picture(
    query: RunpodQuery, asked: Asked, owned: Ownership, made: Listing[Worker]
) -> tuple[Section, ...]:
    if not asked.draws:
        return ()
    from bot.domain.pods_chart import pods_chart

    chart = pods_chart(
        asked.window(query.hours),
        owned.claims,
        None if made is UNREAD else made.rows,
        asked.window(query.hours + LOOK_BACK_HOURS).since,
    )
    return (chart,)


def _pods_only(pods: Sequence[Pod], fleet: Listing[Worker], asked: Asked) -> Report:
    """Return the pods alone: without all workers nobody knows which are orphans.

    That the database is not set up fails this answer, which is about both.
    """
    entries = tuple(_entry(pod, asked.now) for pod in pods)
    cost = _running_cost(pods)
    data = RunpodData(
        pods=entries,
        orphaned=None,
        missing=None,
        left_alone=None,
        cost_per_hour_usd=round(cost, 4),
        wasted_usd_per_hour=None,
    )
    return Report(
        summary=f"{len(pods)} pods; cannot tell which are orphaned, because the workers"
        " could not be read whole",
        status=Status.UNKNOWN,
        sections=_sections(data),
        asks=_ELSE,
        data=data,
        truncated=fleet.cut,
        outcome=Outcome.SOURCE_DOWN if fleet is UNREAD else Outcome.ANSWERED,
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


def _data(owned: Ownership, now: datetime) -> RunpodData:
    fates, lost = owned.claims, owned.lost
    orphaned = [each for each in fates if each.fate is PodFate.ORPHANED]
    spared = (PodFate.SPARED, PodFate.STARTING, PodFate.FOREIGN)
    entries = [_entry(each.pod, now) for each in fates]
    cost = _running_cost(each.pod for each in fates)
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
        )
        if lost or not owned.unanswered
        else None,
        left_alone=tuple(
            SparedPod(id=each.pod.id, name=each.pod.name, why=each.why)
            for each in fates
            if each.fate in spared
        ),
        cost_per_hour_usd=round(cost, 4),
        wasted_usd_per_hour=wasted(fates),
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


def _running_cost(pods: Iterable[Pod]) -> float:
    """Return what the running pods cost an hour; what a stopped one bills is untold."""
    return sum(pod.cost_per_hour_usd or 0.0 for pod in pods if pod.running)


def _summary(data: RunpodData, owned: Ownership) -> str:
    orphaned = data.orphaned or ()
    orphans = f"{len(orphaned)} orphaned"
    waste, lost = data.wasted_usd_per_hour, data.missing
    if orphaned:
        said = "at a cost that RunPod does not tell"
        if waste is not None:
            said = f"${waste:.2f}/h wasted"
        stand = [each for each in owned.claims if _bills_volume(each)]
        if stand:
            said += f", and the volumes of {len(stand)} that stand still"
        orphans += f" ({said})"
    return (
        f"{some(len(data.pods), 'pod')}, the running ones at"
        f" ${data.cost_per_hour_usd:.2f}/h: {orphans}"
        + ("" if lost is None else f"; {some(len(lost), 'worker')} {_without(owned)}")
    )


def _without(owned: Ownership) -> str:
    """Return what the workers lack: of some the pod is there, and stands still."""
    listed = {claim.pod.id for claim in owned.claims}
    stopped = any(each.worker.runpod_id in listed for each in owned.lost)
    return "without a running pod" if stopped else "without a pod"


def _bills_volume(claim: Claim) -> bool:
    return claim.fate is PodFate.ORPHANED and not claim.pod.running


def _untold(owned: Ownership) -> str:
    """Return of how many workers nobody knows whether their pod is there."""
    count = owned.unanswered
    if not count:
        return ""
    whose = "its pod exists" if count == 1 else "their pods exist"
    return f"; of {some(count, 'worker')} RunPod does not tell whether {whose}"


def _notes(owned: Ownership) -> tuple[str, ...]:
    if owned.looked_up == owned.absent:
        return ()
    named = f"{owned.absent} workers name a pod that RunPod does not list"
    return (f"{named}; only {owned.looked_up} of these pods were looked up",)


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
    if data.orphaned and data.wasted_usd_per_hour is not None:
        hour = data.wasted_usd_per_hour
        rows = (
            ("an hour", f"${hour:.2f}"),
            ("a day", f"${hour * 24:.2f}"),
            ("30 days", f"${hour * 24 * 30:.2f}"),
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
            title="All pods",
            header=("pod", "name", "status", "$/h"),
            rows=tuple(
                (each.id, each.name, each.status, each.cost_per_hour_usd)
                for each in data.pods
            ),
        )
    )
    return tuple(sections)
