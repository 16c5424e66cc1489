from datetime import timedelta
from typing import Any

import pytest

from bot.domain.findings import Severity
from bot.domain.services import PoolError
from tests.service_scenes import a_load, found, of_scene, said, services, told
from tests.world import ago

RULE = "slow-requests"


def a_wait(service: str = "orchestrator", **given: Any) -> PoolError:
    values: dict[str, Any] = {
        "at": ago(minutes=1),
        "size": 10,
        "overflow": 20,
        "timeout": timedelta(seconds=30),
        "in_flight": 3,
    }
    return PoolError(service=service, **(values | given))


def test_requests_of_a_second_are_not_slow() -> None:
    """None took longer; or nobody tells how long they took."""
    second = timedelta(seconds=1)

    assert found(RULE, said(http=(a_load(p95=second, longest=second),))) == []
    assert found(RULE, services(told=None)) == []
    assert found(RULE, of_scene(None)) == []


@pytest.mark.parametrize(
    ("milliseconds", "severity"),
    [(1000, Severity.INFO), (1001, Severity.WARNING)],
)
def test_it_is_a_warning_where_one_in_twenty_is_slow(
    milliseconds: int, severity: Severity
) -> None:
    """By the 95th percentile; a few are worth knowing."""
    load = a_load(slow=5, p95=timedelta(milliseconds=milliseconds))
    [it] = found(RULE, said(http=(load,)))

    assert it.severity is severity


def test_how_long_they_took_is_told() -> None:
    """Of which service too."""
    load = a_load(
        service="coder", slow=6, p95=timedelta(seconds=2), longest=timedelta(seconds=61)
    )
    [it] = found(RULE, said(http=(load,), pool=(a_wait(),)))

    assert it.title == "6 of 100 requests of coder took over 1 s"
    assert it.evidence == (
        "its lines: half within 8 ms, 95% within 2 s",
        "the longest took 1 min 1 s",
    )
    assert it.ask == "logs --source coder --search http.request"


def test_the_reflex_layer_keeps_submits_waiting() -> None:
    """Three tries of about a second each."""
    load = a_load(slow=4, unavailable=4, p95=timedelta(seconds=3.01))
    [it] = found(RULE, said(http=(load,), whole=False))

    assert it.evidence[2:] == (
        (
            "4 of the slow ones ended with 503: the reflex layer is tried 3 times,"
            " which takes about 3 s"
        ),
        "there are more lines than were read",
    )
    assert it.remedy.startswith("mend the reflex layer")


@pytest.mark.parametrize(
    ("waits", "proof"),
    [
        (
            (a_wait(), a_wait(timeout=None)),
            "2 connections of its pool were waited for in vain, for up to 30 s",
        ),
        ((a_wait(timeout=None),), "1 connection of its pool was waited for in vain"),
    ],
)
def test_submits_wait_for_a_connection(
    waits: tuple[PoolError, ...], proof: str
) -> None:
    """Those that got one in the end were slow."""
    [it] = found(RULE, said(http=(a_load(slow=1),), pool=waits))

    assert it.evidence[-1] == proof
    assert "ORCHESTRATOR_DATABASE_POOL_SIZE" in it.remedy


@pytest.mark.parametrize(
    ("slow", "severity"), [(5, Severity.INFO), (6, Severity.WARNING)]
)
def test_metrics_tell_where_no_line_does(slow: int, severity: Severity) -> None:
    """Beyond the last bound they know the share alone."""
    measured = a_load(slow=slow, p95=None, longest=None, bound=timedelta(seconds=1))
    silent = services(measured=measured, told=told(http=()))
    blind = services(measured=measured, told=None)
    [it] = found(RULE, silent)

    assert it.severity is severity
    assert it.evidence == (
        "its metrics, since it began: half within 8 ms, more than 5% over 1 s",
    )
    assert [each.title for each in found(RULE, blind)] == [it.title]


@pytest.mark.parametrize(
    ("p50", "bound", "said"),
    [
        (None, timedelta(seconds=1), "more than half took over 1 s"),
        (None, None, "more than half took over a time that they do not tell"),
        (
            timedelta(milliseconds=8),
            None,
            "half within 8 ms, more than 5% over a time that they do not tell",
        ),
    ],
)
def test_metrics_end_at_their_last_bound(
    p50: timedelta | None, bound: timedelta | None, said: str
) -> None:
    """They say so, and no number that they do not hold."""
    measured = a_load(slow=99, p50=p50, p95=None, longest=None, bound=bound)
    [it] = found(RULE, services(measured=measured, told=None))

    assert it.evidence[0] == f"its metrics, since it began: {said}"


def test_lines_are_exact_and_metrics_are_not_looked_at() -> None:
    """Where any line is of a request."""
    assert found(RULE, services(measured=a_load(slow=9))) == []
