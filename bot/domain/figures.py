"""Sums over many rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.times import SKEW, aged
from bot.domain.workers import Pulse, Worker, WorkerPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long things took, in seconds; all None when nothing was measured."""

    median: float | None
    p95: float | None
    max: float | None


def spread(spans: Iterable[timedelta | None]) -> Spread:
    """Return median, 95th percentile (nearest rank) and maximum of the known spans."""
    seconds = sorted(span.total_seconds() for span in spans if span is not None)
    if not seconds:
        return Spread(median=None, p95=None, max=None)
    from statistics import median  # noqa: PLC0415  12 ms that `--help` need not pay

    rank = max(0, -(-95 * len(seconds) // 100) - 1)
    return Spread(
        median=round(median(seconds), 3),
        p95=round(seconds[rank], 3),
        max=round(seconds[-1], 3),
    )


def counted(words: Iterable[str]) -> Mapping[str, int]:
    """Return how often each word occurs, the most frequent first, then by name."""
    pairs = Counter(words).items()
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def some(number: int, noun: str) -> str:
    """Return `1 worker` or `1,295 workers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str], joint: str = "and") -> str:
    """Return names as a sentence has them: `a, b and c`."""
    every = tuple(names)
    front = (", ".join(every[:-1]),) if every[1:] else ()
    return f" {joint} ".join((*front, *every[-1:]))


def waiting(number: int) -> str:
    """Return `1 task waits` or `3 tasks wait`."""
    return f"{some(number, 'task')} {'waits' if number == 1 else 'wait'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetHealth:
    """Workers counted by status, and the active ones by their heartbeat.

    *missing* are active ones that never beat, *unjudged* active ones without a GPU,
    whose heartbeat tells nothing: with them the sums are equal. *failed* leaves out
    scale-downs; *failure_rate* is failed of *total*, None without workers.
    """

    total: int
    by_status: Mapping[str, int]
    healthy: int
    ageing: int
    stale: int
    missing: int
    unjudged: int
    failed: int
    failure_rate: float | None


def fleet_health(workers: Iterable[Worker], now: datetime) -> FleetHealth:
    """Count the workers; those that have no GPU are not judged by a heartbeat."""
    every = tuple(workers)
    ours = [worker for worker in every if worker.runs_on_gpu]
    pulses = Counter(worker.pulse(now) for worker in every)
    failed = sum(has_failed(worker) for worker in ours)
    return FleetHealth(
        total=len(every),
        by_status=counted(worker.status for worker in every),
        healthy=pulses[Pulse.HEALTHY],
        ageing=pulses[Pulse.AGEING],
        stale=pulses[Pulse.STALE],
        missing=pulses[Pulse.MISSING],
        unjudged=sum(
            worker.phase is WorkerPhase.ACTIVE and not worker.runs_on_gpu
            for worker in every
        ),
        failed=failed,
        failure_rate=round(failed / len(ours), 4) if ours else None,
    )


def beats_ahead(workers: Iterable[Worker], now: datetime) -> tuple[str, ...]:
    """Return a note on heartbeats of later than now, which hide a death; mostly none.

    What clocks may differ is none.
    """
    found = [
        (at, worker.id)
        for worker in workers
        if worker.pulse(now) and (at := worker.last_heartbeat_at) and at - now > SKEW
    ]
    if not found:
        return ()
    at, id = max(found)
    others = f", and of {some(len(found) - 1, 'other')} as well" if found[1:] else ""
    hides = "a death would be seen that much later"
    return (f"the last heartbeat of {id} is {aged(at, now)}{others}: {hides}",)


def answering(services: Iterable[Worker]) -> tuple[Worker, ...]:
    """Return services as workers that are judged: an answer is their heartbeat."""
    return tuple(replace(each, runs_on_gpu=True) for each in services)


def has_failed(worker: Worker) -> bool:
    """Tell whether it ended or was given up, other than by a scale-down."""
    if worker.benign_end:
        return False
    return worker.phase in (WorkerPhase.FAILED, WorkerPhase.ENDED)
