"""What is news about a problem, and what only grows by itself."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.findings import Severity
from bot.domain.problems import Kind, Problem
from bot.domain.times import stamp
from tests.world import NOW

PROBLEM = Problem(
    kind=Kind.ORPHANED_TASK,
    subject="41345358",
    severity=Severity.WARNING,
    title="task 41345358 is orphaned: its worker has been silent for 6 min 5 s",
    evidence=("it started at 2026-01-31 12:00:00Z, 9 min ago",),
)


def test_a_problem_is_known_by_its_kind_and_its_subject() -> None:
    """One that concerns all has no subject."""
    assert PROBLEM.key == "orphaned-task:41345358"
    assert replace(PROBLEM, kind=Kind.QUEUE, subject="").key == "queue-without-workers"


def test_ages_and_times_are_no_news() -> None:
    """They grow by themselves."""
    later = replace(
        PROBLEM,
        title="task 41345358 is orphaned: its worker has been silent for 1 h 2 min",
        evidence=("it started at 2026-01-31 12:00:01Z, 45 s ago",),
        remedy="something else to do",
    )

    assert later.substance == PROBLEM.substance


def test_a_problem_promises_the_first_time_to_come() -> None:
    """What is past, and what is no time, is none."""
    kept, next, last = NOW, NOW + timedelta(minutes=3), NOW + timedelta(minutes=9)
    words = f"due at {stamp(kept)}; next at {stamp(last)}, or {stamp(next)}"
    promising = replace(PROBLEM, remedy=f"{words}, by 2026-99-99 12:00:00Z")

    assert promising.promised(kept) == next
    assert promising.promised(last) is None
    assert PROBLEM.promised(kept) is None


def test_other_numbers_and_another_severity_are_news() -> None:
    """So the message is edited."""
    title = "task 41345358 is orphaned: its worker is terminated"

    assert replace(PROBLEM, title=title).substance != PROBLEM.substance
    assert replace(PROBLEM, evidence=("36 tasks wait",)).substance != PROBLEM.substance
    worse = replace(PROBLEM, severity=Severity.CRITICAL)
    assert worse.substance != PROBLEM.substance
    assert worse.weight > PROBLEM.weight
