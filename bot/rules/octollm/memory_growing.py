"""A service holds more and more memory (systems/octollm.md, 3B, 13)."""

from collections.abc import Iterator
from typing import Final

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.service_proofs import MEGABYTE, about, called
from bot.domain.times import dated, spoken

# systems/octollm.md, 3B.13: both must be passed, over so many looks
FASTEST_MB: Final = 10.0
MOST: Final = 0.2
FEWEST: Final = 3


def memory_growing(case: Case) -> Iterator[Finding]:
    """Yield a finding if it grew by over a fifth, and by over 10 MB an hour."""
    memory = case.services.memory if case.services else None
    if memory is None or memory.growth is None or memory.growth_per_hour is None:
        return
    rate = memory.growth_per_hour / MEGABYTE
    if memory.scrapes < FEWEST or rate <= FASTEST_MB or memory.growth <= MOST:
        return
    held = f"it holds {memory.resident_bytes / MEGABYTE:,.0f} MB"
    yield Finding(
        rule="memory-growing",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        title=f"{called(memory.service)} seems to leak: it grows by {rate:,.1f} MB an"
        " hour",
        subject=about(memory.service),
        evidence=(
            (
                f"{held}, {memory.growth:.1%} more than {spoken(memory.over)} before,"
                f" in {memory.scrapes:,} looks"
            ),
            f"over {FASTEST_MB:.0f} MB an hour and {MOST:.0%} in all is a leak",
            *(
                (f"it runs since {dated(memory.begun_at, case.now)}",)
                if memory.begun_at
                else ()
            ),
        ),
        remedy="start it again where it is deployed before it is killed, which gains"
        " time; then compare two snapshots of its heap (tracemalloc), and look for"
        " caches without a bound",
        ask=f"worker {memory.service}",
    )
