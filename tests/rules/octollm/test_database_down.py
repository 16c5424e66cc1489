from datetime import datetime
from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from tests.service_scenes import an_error, found, is_ready, of_scene, services, told
from tests.world import ago

WHEN = "from 2026-01-31 11:56:00Z to 2026-01-31 11:59:00Z, 1 min ago"
WELL = (is_ready(),)
RULE = "database-down"
REFUSED = "(psycopg.OperationalError) connection failed: Connection refused\n\tIs it?"


def seen(*times: datetime, readiness: Any = WELL, **given: Any) -> Case:
    """Return a case in which lines say that the database was away at these times."""
    return services(readiness=readiness, told=told(database_down=times, **given))


def test_a_database_that_is_there_is_not_down() -> None:
    """Its check is well, and no line says that it was away."""
    assert found(RULE, seen()) == []
    assert found(RULE, seen(readiness=None)) == []
    assert found(RULE, of_scene(None)) == []


def test_one_that_fails_its_check_is_down() -> None:
    """Though no line tells it, or none was read."""
    failing = (is_ready(database=False),)
    [it] = found(RULE, seen(readiness=failing))
    [alone] = found(RULE, services(readiness=failing, told=None))

    assert (it.severity, it.confidence) == (Severity.CRITICAL, Confidence.CONFIRMED)
    assert it.title == "the database cannot be reached"
    assert it.evidence == ("GET /ready: database fails",)
    assert "ORCHESTRATOR_DATABASE_URL" in it.remedy
    assert (it.subject.kind, it.subject.id) == ("database", "database")
    assert alone == it


def test_lines_are_quoted_with_their_times() -> None:
    """However they came; each text once, by its first line."""
    errors = (
        an_error("OperationalError", example=REFUSED),
        an_error("database.health_check_failed", example=REFUSED, named=False),
        an_error("ValidationError"),
    )
    case = seen(
        ago(minutes=1),
        ago(minutes=4),
        readiness=(is_ready(database=False),),
        errors=errors,
    )
    [it] = found(RULE, case)

    line = "(psycopg.OperationalError) connection failed: Connection refused"
    assert it.evidence == (
        "GET /ready: database fails",
        f"2 lines could not reach it, {WHEN}",
        f"OperationalError: {line}",
    )


@pytest.mark.parametrize(
    ("kinds", "ask"),
    [
        ((), "logs --source orchestrator --level ERROR"),
        (("ValidationError",), "logs --source orchestrator --level ERROR"),
        (("database.x", "OperationalError"), "logs --search OperationalError"),
        (("x", "database.x", "database.y"), "logs --search database.x"),
    ],
)
def test_what_is_searched_for_is_what_lines_hold(
    kinds: tuple[str, ...], ask: str
) -> None:
    """Not every line that tells of it names the same error."""
    [it] = found(RULE, seen(ago(minutes=1), errors=tuple(map(an_error, kinds))))

    assert it.ask == ask


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.WARNING), (3601, Severity.INFO)]
)
def test_one_that_is_back_is_a_warning_for_an_hour(
    seconds: int, severity: Severity
) -> None:
    """It still explains what it did to tasks."""
    [it] = found(RULE, seen(ago(seconds=seconds)))

    assert it.severity is severity
    assert it.title.startswith("the database could not be reached until 2026-01-31 1")
    assert it.title.endswith(", and now can")


@pytest.mark.parametrize(("seconds", "back"), [(60, False), (59, True)])
def test_one_in_which_a_task_was_stored_since_is_back(seconds: int, back: bool) -> None:
    """Though nobody tells whether it is ready; it was away a minute ago."""
    case = seen(ago(seconds=60), readiness=None, stored_at=ago(seconds=seconds))
    [it] = found(RULE, case)

    assert it.severity is (Severity.WARNING if back else Severity.CRITICAL)
    assert it.title.endswith(", and now can") is back
    assert ("a task was stored again" in it.evidence[-1]) is back


@pytest.mark.parametrize(
    ("seconds", "severity"), [(3600, Severity.CRITICAL), (3601, Severity.WARNING)]
)
def test_where_nobody_tells_of_now_the_lines_decide(
    seconds: int, severity: Severity
) -> None:
    """For an hour it is taken for down."""
    [it] = found(RULE, seen(ago(seconds=seconds), readiness=None))

    assert (it.severity, it.confidence) == (severity, Confidence.LIKELY)
    assert ", last at 2026-01-31 1" in it.title
