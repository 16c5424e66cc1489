"""Workers of one memory tier fail more than the others (systems/reigh.md, F31)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.deaths import FEWEST, Toll, tolls
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "RAM tiers that fail more"
HIGH: Final = 0.15  # systems/reigh.md, 2.9: from here on it is called high
FACTOR: Final = 2  # systems/reigh.md, 2.9: worse than the best tier by more than this


def tier_failures(case: Case) -> Iterator[Finding]:
    """Yield a finding for tiers that fail often, and much more than the best one."""
    # The biggest first: of two that are equally good it is the one to prefer.
    judged = sorted(
        (
            toll
            for toll in tolls(case.workers or (), lambda worker: worker.tier)
            if toll.kind is not None and toll.total >= FEWEST
        ),
        key=_size,
        reverse=True,
    )
    if len(judged) <= 1:
        return
    best = min(judged, key=_rate)
    for toll in reversed(judged):
        rate = _rate(toll)
        # One failure alone is no rate.
        if rate < HIGH or rate <= FACTOR * _rate(best) or toll.failed <= 1:
            continue
        yield Finding(
            rule="tier-failures",
            severity=Severity.INFO,
            confidence=Confidence.LIKELY,
            title=f"workers of {toll.kind} fail more: {rate:.0%} of {toll.total}",
            subject=Subject(kind="tier", id=str(toll.kind)),
            evidence=(
                f"{toll.kind}: {toll.failed} of {toll.total} failed",
                f"{best.kind}: {best.failed} of {best.total} failed",
                "scale-downs are left out",
            ),
            remedy=f"raise RUNPOD_MIN_MEMORY_GB above {toll.kind}, or prefer"
            f" {best.kind}",
            ask="workers --detailed",
        )


def _size(toll: Toll) -> tuple[int, str]:
    kind = toll.kind or ""
    return len(kind), kind  # `100 GB` is more than `72 GB`


def _rate(toll: Toll) -> float:
    return toll.failed / toll.total
