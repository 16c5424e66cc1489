"""Connections to the database ran out (systems/octollm.md, 3B, 3)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import about, called, fresh, spread
from bot.domain.services import PoolError
from bot.domain.times import spoken

EXPLAINS: Final = ("lost-task", "error-rate", "slow-requests")
SIZE: Final = 10  # ORCHESTRATOR_DATABASE_POOL_SIZE, systems/octollm.md, 1B.3
OVERFLOW: Final = 20  # ORCHESTRATOR_DATABASE_MAX_OVERFLOW, likewise


def pool_exhausted(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service that waited for a connection in vain."""
    told = case.services.told if case.services else None
    by_service: dict[str, list[PoolError]] = {}
    for each in told.pool if told else ():
        by_service.setdefault(each.service, []).append(each)
    for service, found in by_service.items():
        errors = sorted(found, key=lambda it: it.at)
        first, last = errors[0], errors[-1]
        most = max(each.in_flight for each in errors)
        times = "time" if len(errors) == 1 else "times"
        busy = f"up to {some(most, 'task')}" if most else "no task"
        yield Finding(
            rule="pool-exhausted",
            severity=Severity.CRITICAL
            if fresh(last.at, case.now)
            else Severity.WARNING,
            confidence=Confidence.CONFIRMED,
            title=f"{called(service)} ran out of database connections"
            f" {len(errors)} {times}",
            subject=about(service),
            evidence=(
                _limits(last),
                f"{some(len(errors), 'error')} {spread(first.at, last.at, case.now)}",
                f"{busy} in flight: checked, and not yet stored",
            ),
            remedy="raise ORCHESTRATOR_DATABASE_POOL_SIZE and"
            " ORCHESTRATOR_DATABASE_MAX_OVERFLOW"
            f" ({SIZE} and {OVERFLOW} where nobody sets them); look for long"
            " transactions and locks in Postgres; have saturation alerted",
            ask="logs --search QueuePool",
            begun_at=first.at - (first.timeout or timedelta(0)),  # it waited so long
        )


def _limits(error: PoolError) -> str:
    """Return the numbers of the pool as the error tells them."""
    size, overflow = (
        "?" if each is None else each for each in (error.size, error.overflow)
    )
    after = f", after {spoken(error.timeout)} of waiting" if error.timeout else ""
    return f"QueuePool limit of size {size} overflow {overflow} reached{after}"
