from datetime import timedelta
from typing import Any

import pytest

from bot.domain.findings import Severity
from bot.domain.services import PoolError
from tests.service_scenes import found, of_scene, said, services
from tests.world import ago

RULE = "pool-exhausted"


def an_error(**given: Any) -> PoolError:
    """Return what the orchestrator met a minute ago with its pool of the defaults."""
    values: dict[str, Any] = {
        "at": ago(minutes=1),
        "service": "orchestrator",
        "size": 10,
        "overflow": 20,
        "timeout": timedelta(seconds=30),
        "in_flight": 2,
    }
    return PoolError(**(values | given))


def test_no_connection_was_waited_for_in_vain() -> None:
    """Or no line was read that could tell."""
    assert found(RULE, said()) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_an_exhausted_pool_tells_its_numbers() -> None:
    """Those of the last error, and how many tasks were in flight at most."""
    errors = (an_error(at=ago(minutes=3), in_flight=31), an_error())
    [it] = found(RULE, said(pool=errors))

    assert it.severity is Severity.CRITICAL
    assert it.title == "the orchestrator ran out of database connections 2 times"
    assert it.evidence == (
        "QueuePool limit of size 10 overflow 20 reached, after 30 s of waiting",
        "2 errors from 2026-01-31 11:57:00Z to 2026-01-31 11:59:00Z, 1 min ago",
        "up to 31 tasks in flight: checked, and not yet stored",
    )
    assert "ORCHESTRATOR_DATABASE_MAX_OVERFLOW" in it.remedy
    assert "(10 and 20 where nobody sets them)" in it.remedy


def test_that_nothing_was_in_flight_is_told_as_well() -> None:
    """Its number is asked for, and none is one."""
    [it] = found(RULE, said(pool=(an_error(in_flight=0),)))

    assert [each for each in it.evidence if "in flight" in each] == [
        "no task in flight: checked, and not yet stored"
    ]


def test_an_error_may_be_cut_before_its_numbers() -> None:
    """Then they are not known, and the rest is told."""
    cut = an_error(size=None, overflow=None, timeout=None)
    [it] = found(RULE, said(pool=(cut,)))

    assert it.evidence[:2] == (
        "QueuePool limit of size ? overflow ? reached",
        "1 error at 2026-01-31 11:59:00Z, 1 min ago",
    )


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.CRITICAL), (3601, Severity.WARNING)]
)
def test_it_is_grave_for_an_hour(seconds: int, severity: Severity) -> None:
    """Each service has a pool of its own."""
    other = an_error(service="coder", at=ago(seconds=seconds))
    findings = found(RULE, said(pool=(an_error(), other)))

    assert [each.severity for each in findings] == [Severity.CRITICAL, severity]
    assert findings[1].title == "coder ran out of database connections 1 time"
