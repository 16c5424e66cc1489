"""A service or an arm does not answer that it is well (systems/octollm.md, 3B, 1)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_names import ORCHESTRATOR, REFLEX, Outcome
from bot.domain.service_proofs import about, answered, called
from bot.domain.services import Probe

SEVERAL: Final = "services down"
EXPLAINS: Final = (
    *("not-ready", "reflex-unavailable", "breaker-open"),
    *("stuck-task", "error-rate", "slow-requests"),
)
TOLD: Final = {
    Outcome.REFUSED: "is down: it refuses connections",
    Outcome.TIMEOUT: "is down: it does not answer within its time",
    Outcome.UNREACHABLE: "cannot be reached",
    Outcome.STATUS: "is down: it answers that it is not well",
    Outcome.NONSENSE: "answers what is no health",
}
REMEDIES: Final = {
    Outcome.REFUSED: "start {it}, and read the end of its log: it may have failed to"
    " begin",
    Outcome.TIMEOUT: "see whether its process hangs or its machine is overloaded;"
    " start it again if it does",
    Outcome.UNREACHABLE: "check its address in the settings, and the network between",
    Outcome.STATUS: "read its log for why; if a proxy answers, start what is behind it",
    Outcome.NONSENSE: "check its address in the settings: somebody else may answer",
}


def service_down(case: Case) -> Iterator[Finding]:
    """Yield a finding for every service that was asked and is not well.

    Without the orchestrator or the reflex layer no task is accepted; arms are several.
    """
    for probe in (case.services.probes if case.services else None) or ():
        if probe.well:
            continue
        vital = probe.service in (ORCHESTRATOR, REFLEX)
        yield Finding(
            rule="service-down",
            severity=Severity.CRITICAL if vital else Severity.WARNING,
            confidence=_sure(probe),
            title=f"{called(probe.service)} {TOLD[probe.outcome]}",
            subject=about(probe.service),
            evidence=(answered(probe),),
            remedy=REMEDIES[probe.outcome].format(it=called(probe.service)),
            ask=f"logs --source {probe.service}",
        )


def _sure(probe: Probe) -> Confidence:
    """Return how sure it is: one that could not be asked may be well all the same."""
    unasked = probe.outcome in (Outcome.UNREACHABLE, Outcome.NONSENSE)
    return Confidence.LIKELY if unasked else Confidence.CONFIRMED
