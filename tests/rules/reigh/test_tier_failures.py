from typing import Any

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.workers import Worker
from bot.rules.reigh.tier_failures import tier_failures
from tests.world import a_case, a_worker


def fleet(tier: int, *, failed: int, well: int, benign: int = 0) -> tuple[Worker, ...]:
    bad: dict[str, Any] = {
        "status": "error",
        "error_reason": "Stale heartbeat",
        "ram_tier": tier,
    }
    idle: dict[str, Any] = {
        "status": "error",
        "error_reason": "Idle timeout (9s)",
        "ram_tier": tier,
    }
    return (
        *(a_worker(f"{tier}-bad-{n}", **bad) for n in range(failed)),
        *(a_worker(f"{tier}-{n}", ram_tier=tier) for n in range(well)),
        *(a_worker(f"{tier}-idle-{n}", **idle) for n in range(benign)),
    )


GOOD = fleet(72, failed=0, well=9)


@pytest.mark.parametrize(
    "workers",
    [
        (*GOOD, *fleet(48, failed=3, well=1)),
        (*GOOD, *fleet(48, failed=1, well=5)),
        (*GOOD, *fleet(48, failed=2, well=12)),
        (*GOOD, *fleet(48, failed=0, well=1, benign=9)),
        (*fleet(72, failed=3, well=6), *fleet(48, failed=3, well=3)),
        fleet(48, failed=9, well=0),
        (*GOOD, *(a_worker(str(n), status="error") for n in range(9))),
    ],
    ids=["few", "one", "not high", "idle", "not twice", "nothing else", "no tier"],
)
def test_tiers_that_are_alike(workers: tuple[Worker, ...]) -> None:
    """Or too small to tell."""
    assert not [*tier_failures(a_case(workers=workers))]


def test_a_worse_tier_is_told_beside_the_best() -> None:
    """With both their numbers."""
    workers = (*GOOD, *fleet(48, failed=2, well=4, benign=4))

    [found] = tier_failures(a_case(workers=workers))

    assert (found.severity, found.confidence) == (Severity.INFO, Confidence.LIKELY)
    assert found.title == "workers of 48 GB fail more: 20% of 10"
    assert found.evidence == (
        "48 GB: 2 of 10 failed",
        "72 GB: 0 of 9 failed",
        "scale-downs are left out",
    )
