from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.services import Startup
from tests.service_scenes import a_probe, down, found, of_scene, services, told
from tests.world import ago

DOWN = (down(),)
RULE = "startup-failed"
POOL = (
    "sqlalchemy.exc.ArgumentError: Pool class QueuePool cannot be used with asyncio"
    " engine"
)


def failing(*errors: str, probes: Any = DOWN, **age: float) -> Case:
    """Return a case in which the orchestrator failed to begin, 5 minutes ago."""
    at = ago(**(age or {"minutes": 5}))
    startups = tuple(Startup(at=at, service="orchestrator", error=e) for e in errors)
    return services(probes=probes, told=told(startups=startups))


def test_no_start_failed() -> None:
    """Or no line was read that could tell."""
    assert found(RULE, failing()) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_a_failed_start_names_its_last_exception() -> None:
    """The published code cannot start (systems/octollm.md, 0.7)."""
    [it] = found(RULE, failing("connection refused", POOL))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == (
        "the orchestrator could not begin: the published code needs"
        " AsyncAdaptedQueuePool"
    )
    assert it.evidence == (
        "a start failed at 2026-01-31 11:55:00Z, 5 min ago",
        f"its last exception: {POOL}",
    )
    assert "give its engine that pool" in it.remedy


def test_an_exception_that_is_not_known_is_quoted() -> None:
    """And is what has to be mended."""
    [it] = found(RULE, failing("KeyError: 'x'"))

    assert it.title == "the orchestrator could not begin"
    assert it.remedy == "mend what its last exception names, then start it again"


def test_one_that_runs_now_is_only_worth_knowing() -> None:
    """Somebody mended it."""
    [it] = found(RULE, failing(POOL, probes=(a_probe(),)))

    assert it.severity is Severity.INFO
    assert it.title.endswith(", and runs now")


@pytest.mark.parametrize(
    ("age", "severity"),
    [({"hours": 1}, Severity.CRITICAL), ({"seconds": 3601}, Severity.WARNING)],
)
def test_of_one_that_nobody_asked_the_lines_decide(
    age: dict[str, float], severity: Severity
) -> None:
    """For an hour; then it may have been started without a line of it."""
    [it] = found(RULE, failing(POOL, probes=None, **age))

    assert (it.severity, it.confidence) == (severity, Confidence.LIKELY)
