from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.services import ReflexAnswers
from tests.service_scenes import an_error, found, is_ready, of_scene, services, told
from tests.world import ago

WHEN = "from 2026-01-31 11:58:00Z to 2026-01-31 11:59:00Z, 1 min ago"
WELL = (is_ready(),)
RULE = "reflex-unavailable"
AWAY = "task.reflex_unavailable"
LOST = (is_ready(reflex_layer=False),)


def refusing(readiness: Any = WELL, **given: Any) -> Case:
    """Return a case in which one submit or more failed, unless told, a minute ago."""
    return services(
        readiness=readiness, told=told(errors=(an_error(AWAY, named=False, **given),))
    )


def test_a_reflex_layer_that_is_reached_is_there() -> None:
    """Other errors are not its."""
    other = told(errors=(an_error("OperationalError"),))

    assert found(RULE, services()) == []
    assert found(RULE, services(told=other)) == []
    assert found(RULE, services(readiness=None, told=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_one_that_fails_its_check_is_not_reached() -> None:
    """Though nobody submitted anything."""
    [it] = found(RULE, services(readiness=LOST))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == "the orchestrator does not reach the reflex layer"
    assert it.evidence == ("GET /ready: reflex_layer fails",)
    assert it.ask == "worker reflex-layer"


def test_the_submits_that_failed_are_counted() -> None:
    """With what the client met when it tried."""
    errors = (
        an_error(AWAY, count=4, first_at=ago(minutes=2)),
        an_error("reflex_client.http_error", count=12, example="503\nMore"),
    )
    [it] = found(RULE, services(readiness=LOST, told=told(errors=errors)))

    assert it.title.endswith("does not reach the reflex layer: 4 submits failed")
    assert it.evidence == (
        "GET /ready: reflex_layer fails",
        f"4 submits answered 503 {WHEN}, each after 3 tries in about 3 s",
        "12 x reflex_client.http_error: 503",
    )


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.WARNING), (3601, Severity.INFO)]
)
def test_one_that_is_back_is_a_warning_for_an_hour(
    seconds: int, severity: Severity
) -> None:
    """What was submitted meanwhile was not kept."""
    [it] = found(RULE, refusing(at=ago(seconds=seconds)))

    assert it.severity is severity
    assert it.title.endswith(": 1 submit failed; it is back")
    assert "not kept" in it.remedy


@pytest.mark.parametrize(("seconds", "back"), [(60, False), (59, True)])
def test_one_that_answered_since_is_back(seconds: int, back: bool) -> None:
    """Though nobody tells whether it is ready; the last submit failed a minute ago."""
    answers = ReflexAnswers(
        accepted=9, forwarded=0, newest_request="r", newest_at=ago(seconds=seconds)
    )
    lines = told(errors=(an_error(AWAY),), answers=answers)
    [it] = found(RULE, services(readiness=None, told=lines))

    assert it.severity is (Severity.WARNING if back else Severity.CRITICAL)
    assert it.title.endswith("; it is back") is back
    assert ("it answered again" in it.evidence[-1]) is back


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.CRITICAL), (3601, Severity.WARNING)]
)
def test_where_nobody_tells_of_now_the_lines_decide(
    seconds: int, severity: Severity
) -> None:
    """For an hour it is taken for away."""
    [it] = found(RULE, refusing(None, at=ago(seconds=seconds)))

    assert (it.severity, it.confidence) == (severity, Confidence.LIKELY)
    assert it.title.startswith("the reflex layer was away, last at 2026-01-31 1")
