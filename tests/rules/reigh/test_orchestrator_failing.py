from datetime import datetime
from typing import Any

import pytest

from bot.domain.cases import Case
from bot.domain.findings import Confidence, Severity
from bot.domain.orchestration import Cycle, Orchestration
from bot.rules.reigh.orchestrator_failing import orchestrator_failing
from tests.world import a_case, a_line, ago


def living(**given: Any) -> Case:
    return a_case(orchestration=Orchestration(last_line=a_line(), **given))


def errors(*times: datetime) -> Case:
    lines = [a_line(f"Error in orchestrator cycle: {at:%M}", at=at) for at in times]
    return living(errors=tuple(lines))


def cycles(*times: datetime, completed_at: datetime | None = None) -> Case:
    first, *rest = times
    begun = [Cycle(number=2, started_at=at, completed_at=None) for at in rest]
    head = Cycle(number=1, started_at=first, completed_at=completed_at)
    return living(cycles=(head, *begun))


def test_what_was_not_read_does_not_fail() -> None:
    """A source that is down says nothing about the orchestrator."""
    assert not [*orchestrator_failing(a_case())]


def test_two_errors_in_a_quarter_of_an_hour_are_bearable() -> None:
    """A third that is older does not count."""
    case = errors(ago(minutes=15, seconds=1), ago(minutes=9), ago(minutes=1))

    assert not [*orchestrator_failing(case)]


def test_cycles_of_which_one_was_completed_are_well() -> None:
    """The others may still be running."""
    case = cycles(
        ago(minutes=3), ago(minutes=2), ago(minutes=1), completed_at=ago(minutes=2)
    )

    assert not [*orchestrator_failing(case)]


@pytest.mark.parametrize(
    "times",
    [
        (ago(minutes=3), ago(minutes=2)),
        (ago(minutes=3), ago(minutes=2), ago(seconds=30)),
        (ago(minutes=3), ago(minutes=2), ago(minutes=16)),
    ],
    ids=["two", "one just began", "one is old"],
)
def test_too_few_cycles_to_judge(times: tuple[datetime, ...]) -> None:
    """Neither one that just began nor an old one counts."""
    assert not [*orchestrator_failing(cycles(*times))]


def test_a_cycle_of_which_only_the_end_is_known_is_not_judged() -> None:
    """Its beginning lies before the window."""
    ended = Cycle(number=7, started_at=None, completed_at=ago(minutes=1))

    assert not [*orchestrator_failing(living(cycles=(ended,)))]


def test_one_restart_within_the_hour_is_a_deployment() -> None:
    """An older one does not count."""
    case = living(restarts=(ago(minutes=61), ago(minutes=5)))

    assert not [*orchestrator_failing(case)]


def test_three_errors_in_a_quarter_of_an_hour_are_critical() -> None:
    """Exactly a quarter of an hour counts; the newest is told."""
    case = errors(ago(minutes=15), ago(minutes=9), ago(minutes=1))

    [found] = orchestrator_failing(case)

    assert found.severity is Severity.CRITICAL
    assert found.confidence is Confidence.CONFIRMED
    [words] = found.evidence
    assert words.startswith("3 failed cycles in 15 min, the last at 2026-01-31 11:59")
    assert words.endswith("Error in orchestrator cycle: 59")


def test_cycles_that_never_end_are_critical() -> None:
    """They begin, and none is completed."""
    [found] = orchestrator_failing(
        cycles(ago(minutes=15), ago(minutes=2), ago(minutes=1))
    )

    assert found.evidence == ("3 cycles began in the last 15 min, none was completed",)


def test_two_restarts_within_the_hour_are_critical() -> None:
    """A service that crashes and comes back counts its cycles anew."""
    [found] = orchestrator_failing(living(restarts=(ago(hours=1), ago(minutes=5))))

    [words] = found.evidence
    assert words.startswith("its cycle number began anew 2 times within the hour")
    assert words.endswith("last at 2026-01-31 11:55:00Z")
