"""Workers of one memory tier fail more than the others (systems/reigh.md, F31)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.deaths import FEWEST
from bot.domain.figures import has_failed
from bot.domain.findings import Confidence, Finding, Severity, Subject

SEVERAL: Final = "RAM tiers that fail more"
HIGH: Final = 0.15  # systems/reigh.md, 2.9: from here on it is called high
FACTOR: Final = 2  # systems/reigh.md, 2.9: worse than the best tier by more than this


def tier_failures(case: Case) -> Iterator[Finding]:
    """Yield a finding for tiers that fail often, and much more than the best one."""
    fates: dict[int, list[bool]] = {}
    for worker in case.workers or ():
        if worker.ram_tier is not None and worker.runs_on_gpu:
            fates.setdefault(worker.ram_tier, []).append(has_failed(worker))
    judged = {tier: each for tier, each in fates.items() if len(each) >= FEWEST}
    if len(judged) <= 1:
        return
    rates = {tier: sum(each) / len(each) for tier, each in judged.items()}
    best = min(rates, key=lambda tier: (rates[tier], -tier))
    for tier, rate in sorted(rates.items()):
        # One failure alone is no rate.
        if rate < HIGH or rate <= FACTOR * rates[best] or sum(judged[tier]) <= 1:
            continue
        yield Finding(
            rule="tier-failures",
            severity=Severity.INFO,
            confidence=Confidence.LIKELY,
            title=f"workers of {tier} GB fail more: {rate:.0%} of {len(judged[tier])}",
            subject=Subject(kind="tier", id=f"{tier} GB"),
            evidence=(
                f"{tier} GB: {sum(judged[tier])} of {len(judged[tier])} failed",
                f"{best} GB: {sum(judged[best])} of {len(judged[best])} failed",
                "scale-downs are left out",
            ),
            remedy=f"raise RUNPOD_MIN_MEMORY_GB above {tier}, or prefer {best} GB",
            ask="workers --detailed",
        )
