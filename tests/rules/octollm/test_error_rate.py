import pytest

from bot.domain.findings import Severity
from bot.domain.services import Uncaught
from tests.service_scenes import a_load, found, of_scene, said, services
from tests.world import ago

RULE = "error-rate"


def uncaught(kind: str, minutes: int, service: str = "orchestrator") -> Uncaught:
    return Uncaught(at=ago(minutes=minutes), service=service, kind=kind, error="so")


@pytest.mark.parametrize(
    ("requests", "failed", "raised", "severity"),
    [
        (100, 5, 0, None),
        (95, 0, 5, None),
        (0, 0, 0, None),
        (1000, 51, 0, Severity.WARNING),
        (999, 50, 1, Severity.WARNING),
        (90, 0, 10, Severity.WARNING),
        (90, 1, 10, Severity.CRITICAL),
        (19, 19, 0, Severity.WARNING),
        (20, 20, 0, Severity.CRITICAL),
    ],
)
def test_the_share_of_the_failed_is_judged(
    requests: int, failed: int, raised: int, severity: Severity | None
) -> None:
    """5 % exactly are well and 10 % high; of few requests nothing is called grave."""
    load = a_load(requests=requests, failed=failed, uncaught=raised)
    severities = [it.severity for it in found(RULE, said(http=(load,)))]

    assert severities == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.CRITICAL), (3601, Severity.WARNING)]
)
def test_what_failed_over_an_hour_ago_is_not_grave_now(
    seconds: int, severity: Severity
) -> None:
    """However many of the window failed then."""
    load = a_load(failed=30, failed_at=ago(seconds=seconds))

    assert [it.severity for it in found(RULE, said(http=(load,)))] == [severity]


def test_where_nobody_reads_lines() -> None:
    """Metrics know nothing of what nobody caught, so they are not asked."""
    assert found(RULE, services(told=None, measured=a_load(failed=99))) == []
    assert found(RULE, of_scene(None)) == []


def test_what_failed_is_told_by_kind() -> None:
    """Of the service itself alone."""
    load = a_load(requests=43, failed=8, uncaught=7, failed_at=ago(minutes=2))
    raised = (
        uncaught("OperationalError", 2),
        uncaught("ValidationError", 9),
        uncaught("ValidationError", 5),
        uncaught("KeyError", 1, "coder"),
    )
    [it] = found(RULE, said(http=(load,), uncaught=raised, whole=False))

    assert it.title == "30.0% of the requests of the orchestrator fail: 15 of 50"
    assert it.evidence == (
        (
            "8 http.request lines with a status of 500 or more,"
            " 7 http.uncaught_exception, which metrics do not show"
        ),
        "over 5% is high, over 10% bad",
        "the last one failed at 2026-01-31 11:58:00Z, 2 min ago",
        "uncaught since 2026-01-31 11:51:00Z: ValidationError 2, OperationalError 1",
        "there are more lines than were read",
    )
    assert it.ask == "logs --source orchestrator --level ERROR"


def test_few_requests_are_called_few() -> None:
    """Each service is judged by its own."""
    loads = (a_load(), a_load(service="coder", requests=2, failed=1))
    [it] = found(RULE, said(http=loads))

    assert it.subject.id == "coder"
    assert it.evidence[-1] == "they are few: 2 requests"
