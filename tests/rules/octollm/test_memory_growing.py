from datetime import timedelta
from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from tests.service_scenes import a_memory, found, of_scene, services

RULE = "memory-growing"


def growing(**given: Any) -> Case:
    values: dict[str, Any] = {
        "resident_bytes": 130e6,
        "growth_per_hour": 30e6,
        "growth": 0.3,
        "scrapes": 3,
    }
    return services(memory=a_memory(**(values | given)))


@pytest.mark.parametrize(
    "given",
    [
        {"growth_per_hour": 10e6},
        {"growth": 0.2},
        {"scrapes": 2},
        {"growth": None},
        {"growth_per_hour": None},
        {"growth_per_hour": -30e6, "growth": -0.3},
    ],
)
def test_a_process_that_does_not_leak(given: dict[str, Any]) -> None:
    """10 MB an hour exactly are well, and so is a fifth; two looks prove nothing."""
    assert found(RULE, growing(**given)) == []


def test_memory_that_nobody_tells() -> None:
    """Nobody scrapes, or the case is of no services."""
    assert found(RULE, services(memory=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_process_that_leaks() -> None:
    """Likely: it may fill a cache."""
    [it] = found(RULE, growing())

    assert (it.severity, it.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert it.title == "the orchestrator seems to leak: it grows by 30.0 MB an hour"
    assert it.evidence == (
        "it holds 130 MB, 30.0% more than 1 h before, in 3 looks",
        "over 10 MB an hour and 20% in all is a leak",
        "it runs since 2026-01-31 11:00:00Z, 1 h ago",
    )
    assert it.ask == "worker orchestrator"


def test_just_over_both_limits() -> None:
    """And nobody says since when it runs."""
    case = growing(
        growth_per_hour=10.1e6,
        growth=0.201,
        begun_at=None,
        over=timedelta(minutes=20),
    )
    [it] = found(RULE, case)

    assert (
        it.evidence[0] == "it holds 130 MB, 20.1% more than 20 min before, in 3 looks"
    )
    assert len(it.evidence) == 2
