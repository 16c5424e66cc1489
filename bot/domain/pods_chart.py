"""The picture of what is paid for: pods and dollars an hour over time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.domain.charts import Series, Steps, Tone, level, peak, total
from bot.domain.figures import some
from bot.domain.fleet import Claim, PodFate
from bot.domain.pods import PodId
from bot.domain.report import Chart
from bot.domain.times import Window, spoken, stamp
from bot.domain.workers import Worker, WorkerPhase

# The lowest first: on a level ground what is wasted is read best.
_FATES: Final = {
    PodFate.ORPHANED: ("orphaned", Tone.BAD),
    PodFate.SPARED: ("left alone", Tone.DOUBT),
    PodFate.FOREIGN: ("left alone", Tone.DOUBT),
    PodFate.STARTING: ("starting", Tone.CALM),
    PodFate.CLAIMED: ("claimed", Tone.BUSY),
}
_ENDED: Final = ("ended since", Tone.PAST)
_NAMES: Final = tuple(dict.fromkeys((*_FATES.values(), _ENDED)))


@dataclass(slots=True)
class _Group:
    """Pods of one fate: from when to when each ran, and at what price an hour."""

    spans: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    prices: list[float | None] = field(default_factory=list)


def pods_chart(
    window: Window,
    claims: Sequence[Claim],
    workers: Sequence[Worker] | None,
    since: datetime,
) -> Chart:
    """Return how many pods ran at each moment and what an hour of them cost.

    *claims* are all pods there are; those that ended are known from *workers*, the
    rows of those made after *since* (None: they were not read).
    """
    now = window.until
    groups = {name: _Group() for name in _NAMES}
    ageless = 0
    for claim in claims:
        age = claim.pod.age(now)
        if not claim.pod.running:
            continue
        if age is None:
            ageless += 1
            continue
        group = groups[_FATES[claim.fate]]
        group.spans.append((now - age, None))
        group.prices.append(claim.pod.cost_per_hour_usd)
    endless = _add_ended(groups[_ENDED], claims, workers or ())
    if not any(group.spans for group in groups.values()):
        alt = "No picture of the pods: of none is it known when it ran."
        return Chart(title="Pods", alt=alt, since=window.since, until=now)
    counts = [
        Series(
            name=name, tone=tone, values=_within(level(group.spans, window.since), now)
        )
        for (name, tone), group in groups.items()
        if group.spans
    ]
    costs = [
        Series(name=name, tone=tone, values=_cost(group, window))
        for (name, tone), group in groups.items()
        if any(group.prices)
    ]
    panels = [Steps(name="pods", series=tuple(counts))]
    if costs:
        panels.append(Steps(name="dollars an hour", unit="$", series=tuple(costs)))
    running = [claim for claim in claims if claim.pod.running]
    priceless = sum(
        price is None for group in groups.values() for price in group.prices
    )
    return Chart(
        title=f"{some(len(running), 'pod')} at {_dollars(running)} an hour",
        alt=_alt(claims, groups, window),
        since=window.since,
        until=now,
        panels=tuple(panels),
        notes=tuple(
            _notes(
                since=None if workers is None else since,
                ended=bool(groups[_ENDED].spans),
                untold=(ageless, endless, priceless),
            )
        ),
    )


def _add_ended(
    group: _Group, claims: Iterable[Claim], workers: Iterable[Worker]
) -> int:
    """Add the pods that are gone; return of how many nobody knows when they went.

    They cost what one that runs of the same GPU costs.
    """
    pods = {claim.pod.id: claim.pod for claim in claims}
    prices = {
        worker.instance_type: pods[PodId(worker.runpod_id)].cost_per_hour_usd
        for worker in workers
        if worker.runpod_id in pods
    }
    endless = 0
    for worker in workers:
        if (
            worker.phase is not WorkerPhase.ENDED
            or worker.runpod_id is None
            or worker.runpod_id in pods
        ):
            continue
        end = worker.terminated_at or worker.error_at or worker.last_heartbeat_at
        if end is None:
            endless += 1
            continue
        group.spans.append((worker.created_at, end))
        group.prices.append(prices.get(worker.instance_type))
    return endless


def _within(
    values: tuple[tuple[datetime, float], ...], until: datetime
) -> tuple[tuple[datetime, float], ...]:
    return tuple(pair for pair in values if pair[0] <= until)


def _cost(group: _Group, window: Window) -> tuple[tuple[datetime, float], ...]:
    priced = [
        (span, price)
        for span, price in zip(group.spans, group.prices, strict=True)
        if price is not None
    ]
    values = level(
        (span for span, _ in priced),
        window.since,
        weights=(price for _, price in priced),
    )
    return _within(values, window.until)


def _notes(
    *, since: datetime | None, ended: bool, untold: tuple[int, int, int]
) -> Iterator[str]:
    ageless, endless, priceless = untold
    if since is None:
        yield "pods that ended since are missing: the workers were not read"
    else:
        yield f"pods of workers made before {stamp(since)} are missing if they ended"
    if ended:
        yield "ended pods: at the price of the same GPU now, until the row's last time"
    if ageless:
        yield f"{some(ageless, 'running pod')} of untold age left out"
    if endless:
        yield f"{some(endless, 'ended pod')} left out: when they ended is not on record"
    if priceless:
        yield f"{some(priceless, 'pod')} of untold price left out of the dollars"


def _alt(
    claims: Iterable[Claim],
    groups: dict[tuple[str, Tone], _Group],
    window: Window,
) -> str:
    running = [claim for claim in claims if claim.pod.running]
    orphaned = [claim for claim in running if claim.fate is PodFate.ORPHANED]
    run = "runs" if len(running) == 1 else "run"
    words = f"{some(len(running), 'pod')} {run} now at {_dollars(running)} an hour"
    if orphaned:
        words += f", {len(orphaned):,} of them orphaned at {_dollars(orphaned)}"
    spans = [span for group in groups.values() for span in group.spans]
    most = peak(_within(level(spans, window.since), window.until))
    if most is not None and most[1] > len(running):
        words += f"; at most {int(most[1]):,} ran at {stamp(most[0])}"
    spent = sum(total(_cost(group, window), window.until) for group in groups.values())
    span = spoken(window.until - window.since)
    return f"{words}. What is known of the last {span} comes to ${spent:,.2f}."


def _dollars(claims: Iterable[Claim]) -> str:
    cost = sum(claim.pod.cost_per_hour_usd or 0.0 for claim in claims)
    return f"${cost:,.2f}"
