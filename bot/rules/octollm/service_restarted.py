"""A service began anew (systems/octollm.md, 3B, 13)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.figures import some
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import about, called
from bot.domain.times import dated, stamp

EXPLAINS: Final = ("error-rate", "slow-requests")
_NAMED: Final = 5


def service_restarted(case: Case) -> Iterator[Finding]:
    """Yield a finding if its process is not the one that was seen before.

    Once may be a deployment; a process that begins again and again dies.
    """
    memory = case.services.memory if case.services else None
    if memory is None or not memory.restarts:
        return
    times = sorted(memory.restarts)
    often = len(times) > 1
    yield Finding(
        rule="service-restarted",
        severity=Severity.WARNING if often else Severity.INFO,
        confidence=Confidence.CONFIRMED,
        title=f"{called(memory.service)} began anew"
        + (f" {some(len(times), 'time')}" if often else f" at {stamp(times[0])}"),
        subject=about(memory.service),
        evidence=tuple(
            f"its process_start_time_seconds changed to {dated(each, case.now)}"
            for each in times[-_NAMED:]
        ),
        remedy="see the last lines before each start: it dies of something"
        if often
        else "nothing to mend if it was deployed; else see its last lines before",
        ask=f"logs --source {memory.service}",
    )
