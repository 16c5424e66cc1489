from datetime import datetime, timedelta

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.orchestration import Orchestration
from bot.rules.reigh.orchestrator_silent import orchestrator_silent
from tests.world import NOW, a_case, a_line, ago


def silent_since(
    at: datetime, *, moved: datetime | None = None, queued: int | None = None
) -> Case:
    line = a_line("Orchestrator cycle completed", at=at, source="orchestrator_gpu")
    life = Orchestration(last_line=line, workers_moved_at=moved)
    return a_case(orchestration=life, queued=queued)


def test_what_was_not_read_is_not_silent() -> None:
    """A source that is down says nothing about the orchestrator."""
    assert not [*orchestrator_silent(a_case())]


@pytest.mark.parametrize("at", [NOW + timedelta(seconds=30), NOW, ago(minutes=5)])
def test_a_line_of_the_last_five_minutes_is_well(at: datetime) -> None:
    """Exactly five minutes still are; a clock that is ahead is no silence."""
    assert not [*orchestrator_silent(silent_since(at))]


def test_no_line_at_all_proves_nothing() -> None:
    """It logs only when told to."""
    life = Orchestration(last_line=None)

    [found] = orchestrator_silent(a_case(orchestration=life))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.POSSIBLE)
    assert found.evidence[1] == "no worker's row tells of it either"
    assert "ENABLE_DB_LOGGING=true" in found.remedy


def test_without_a_line_workers_may_tell_of_it() -> None:
    """Somebody made, promoted or ended them."""
    life = Orchestration(last_line=None, workers_moved_at=ago(minutes=2))

    [found] = orchestrator_silent(a_case(orchestration=life))

    assert found.evidence[1] == "a worker's row moved last at 2026-01-31 11:58:00Z"


def test_workers_that_were_not_read_tell_nothing() -> None:
    """That is not the same as workers that did not move."""
    life = Orchestration(last_line=None, workers_read=False)

    [found] = orchestrator_silent(a_case(orchestration=life))

    assert found.evidence[1] == "the workers' rows could not be read"


@pytest.mark.parametrize(
    ("moved", "queued"), [(ago(minutes=15), 3), (None, 0), (ago(hours=2), 0)]
)
def test_no_line_alarms_nobody_while_nothing_is_wrong(
    moved: datetime | None, queued: int
) -> None:
    """Workers move, or nothing waits: it may simply not log."""
    life = Orchestration(last_line=None, workers_moved_at=moved)

    [found] = orchestrator_silent(a_case(orchestration=life, queued=queued))

    assert found.severity is Severity.INFO


def test_no_line_is_suspect_while_work_waits_and_nothing_moves() -> None:
    """A second past the quarter of an hour that makes it count as down."""
    life = Orchestration(last_line=None, workers_moved_at=ago(minutes=15, seconds=1))

    [found] = orchestrator_silent(a_case(orchestration=life, queued=3))

    assert found.severity is Severity.WARNING


def test_a_quarter_of_an_hour_exactly_is_still_a_warning() -> None:
    """With work waiting as well."""
    [found] = orchestrator_silent(silent_since(ago(minutes=15), queued=3))

    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.LIKELY)
    assert found.title == "the orchestrator has been silent for 15 min"
    assert found.evidence == (
        "its newest line is of 2026-01-31 11:45:00Z: Orchestrator cycle completed",
        "3 tasks wait",
    )


def test_a_short_silence_without_work_alarms_nobody() -> None:
    """F22 asks for a queue; that it is silent is told all the same."""
    [found] = orchestrator_silent(silent_since(ago(minutes=9), queued=0))

    assert found.severity is Severity.INFO


def test_a_longer_silence_without_work_is_a_warning() -> None:
    """Nothing suffers from it yet."""
    [found] = orchestrator_silent(silent_since(ago(hours=1), queued=0))

    assert found.severity is Severity.WARNING


def test_a_log_that_broke_while_workers_move_is_a_warning() -> None:
    """Its log thread can die while its loop goes on."""
    case = silent_since(ago(hours=1), moved=ago(minutes=15), queued=3)

    [found] = orchestrator_silent(case)

    assert found.severity is Severity.WARNING
    assert found.title == "the orchestrator's log is broken since 1 h, it lives"
    assert found.evidence[1] == "a worker's row moved last at 2026-01-31 11:45:00Z"
    assert found.remedy.startswith("no need to restart it")
    assert "ENABLE_DB_LOGGING" in found.remedy


@pytest.mark.parametrize("queued", [3, None])
def test_a_longer_silence_with_work_is_critical(queued: int | None) -> None:
    """Also when nobody knows whether there is work."""
    case = silent_since(
        ago(minutes=15, seconds=1), moved=ago(minutes=15, seconds=1), queued=queued
    )

    [found] = orchestrator_silent(case)

    assert found.severity is Severity.CRITICAL
    assert found.title == "the orchestrator has been silent for 15 min 1 s"
