"""Requests take long (systems/octollm.md, 3B, 12)."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import about, brief, called
from bot.domain.services import HttpLoad, PoolError, ServiceScene

SEVERAL: Final = "slow services"
SLOW: Final = timedelta(seconds=1)  # systems/octollm.md, 3B.12
FEW: Final = 0.05  # the share beyond the 95th percentile


def slow_requests(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service with requests of over a second.

    It is a warning where more than one in twenty is.
    """
    scene = case.services
    if scene is None:
        return
    for load in _loads(scene):
        if not load.slow:
            continue
        pool = [it for it in _pool(scene) if it.service == load.service]
        yield Finding(
            rule="slow-requests",
            severity=Severity.WARNING if _late(load) else Severity.INFO,
            confidence=Confidence.CONFIRMED,
            title=f"{load.slow:,} of {some(load.requests, 'request')} of"
            f" {called(load.service)} took over {brief(SLOW)}",
            subject=about(load.service),
            evidence=tuple(_evidence(scene, load, pool)),
            remedy=_remedy(load, pool),
            ask=f"logs --source {load.service} --search http.request",
        )


def _loads(scene: ServiceScene) -> tuple[HttpLoad, ...]:
    """Return what lines tell, which is exact, or else what metrics do."""
    told = scene.told.http if scene.told else ()
    if any(each.requests for each in told):
        return told
    return () if scene.measured is None else (scene.measured,)


def _pool(scene: ServiceScene) -> Sequence[PoolError]:
    return scene.told.pool if scene.told else ()


def _late(load: HttpLoad) -> bool:
    """Tell whether the 95th percentile is over a second; metrics may know no more."""
    if load.p95 is None:
        return load.slow > FEW * load.requests
    return load.p95 > SLOW


def _evidence(
    scene: ServiceScene, load: HttpLoad, pool: Sequence[PoolError]
) -> Iterator[str]:
    lines = load is not scene.measured
    yield ("its lines" if lines else "its metrics, since it began") + (
        f": {_spread(load)}"
    )
    if load.longest is not None:
        yield f"the longest took {brief(load.longest)}"
    if load.unavailable:
        yield (
            f"{load.unavailable:,} of the slow ones ended with 503: the reflex layer is"
            " tried 3 times, which takes about 3 s"
        )
    if pool:
        waits = [each.timeout for each in pool if each.timeout is not None]
        most = f", for up to {brief(max(waits))}" if waits else ""
        were = "was" if len(pool) == 1 else "were"
        yield (
            f"{some(len(pool), 'connection')} of its pool {were} waited for in vain"
            + most
        )
    if lines and scene.told is not None and not scene.told.whole:
        yield "there are more lines than were read"


def _spread(load: HttpLoad) -> str:
    """Return how long most took; None is a time beyond what metrics tell apart."""
    beyond = "a time that they do not tell" if load.bound is None else brief(load.bound)
    if load.p50 is None:
        return f"more than half took over {beyond}"
    half = f"half within {brief(load.p50)}"
    if load.p95 is None:
        return f"{half}, more than 5% over {beyond}"
    return f"{half}, 95% within {brief(load.p95)}"


def _remedy(load: HttpLoad, pool: Sequence[PoolError]) -> str:
    if load.unavailable:
        return "mend the reflex layer: each submit waits for its three tries"
    if pool:
        return (
            "find the long transactions, or raise ORCHESTRATOR_DATABASE_POOL_SIZE:"
            " submits wait for a connection"
        )
    return "see which paths they are, and what else the service wrote at that time"
