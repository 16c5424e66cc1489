"""A service could not begin (systems/octollm.md, 3B, 1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import about, called, fresh, probe_of, said
from bot.domain.services import Startup
from bot.domain.times import dated

EXPLAINS: Final = ("service-down",)
# systems/octollm.md, 0.7 and 5B: a part of the error, what it means, what helps.
KNOWN: Final = (
    (
        "Pool class QueuePool cannot be used with asyncio engine",
        "the published code needs AsyncAdaptedQueuePool",
        "the published code cannot start: give its engine that pool in app/database.py",
    ),
    (
        "greenlet",
        "the greenlet library is missing",
        "install greenlet beside SQLAlchemy: asyncio engines need it",
    ),
    (
        "refused",
        "what it needs refuses connections",
        "start what it connects to, then start it again",
    ),
)
REMEDY: Final = "mend what its last exception names, then start it again"


def startup_failed(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service of which a start failed; the last counts.

    One that answers now was started again since: that is only worth knowing.
    """
    scene = case.services
    order = sorted(_startups(case), key=lambda it: (it.at, it.error))
    last = {each.service: each for each in order}
    for service, start in last.items():
        probe = probe_of(scene, service) if scene else None
        again = probe is not None and probe.well
        told, remedy = next(
            ((why, cure) for part, why, cure in KNOWN if part in start.error),
            ("", REMEDY),
        )
        yield Finding(
            rule="startup-failed",
            severity=_severity(start, case, asked=probe is not None, again=again),
            confidence=Confidence.LIKELY if probe is None else Confidence.CONFIRMED,
            title=f"{called(service)} could not begin"
            + (f": {told}" if told else "")
            + (", and runs now" if again else ""),
            subject=about(service),
            evidence=(
                f"a start failed at {dated(start.at, case.now)}",
                f"its last exception: {said(start.error)}",
            ),
            remedy="none is needed: it was started again since" if again else remedy,
            ask=f"logs --source {service}",
        )


def _startups(case: Case) -> tuple[Startup, ...]:
    told = case.services.told if case.services else None
    return told.startups if told else ()


def _severity(start: Startup, case: Case, *, asked: bool, again: bool) -> Severity:
    if again:
        return Severity.INFO
    grave = asked or fresh(start.at, case.now)
    return Severity.CRITICAL if grave else Severity.WARNING
