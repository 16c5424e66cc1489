"""What a notice says of itself."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.findings import Severity
from bot.domain.notices import (
    AGAIN,
    Alert,
    Mark,
    Notice,
    Phase,
    Turn,
    acknowledged,
    muted,
    told,
)
from bot.domain.problems import Kind, Problem
from tests.world import NOW, ago

LIGHT = Alert(
    problem=Problem(
        kind=Kind.STUCK_TASK, subject="a", severity=Severity.WARNING, title="a"
    ),
    since=ago(minutes=9),
    seen_at=NOW,
    phase=Phase.OPEN,
    contrary=0,
)
HEAVY = replace(
    LIGHT,
    since=ago(minutes=3),
    problem=replace(LIGHT.problem, subject="b", severity=Severity.CRITICAL),
)
NOTICE = Notice(id="x", kind=Kind.STUCK_TASK, alerts=(LIGHT, HEAVY), opened_at=NOW)


def test_the_worst_problem_comes_first_and_the_oldest_counts() -> None:
    """A message is titled by the one, and dated by the other."""
    assert NOTICE.heaviest == HEAVY
    assert NOTICE.since == ago(minutes=9)


def test_a_notice_is_called_by_what_it_is_about() -> None:
    """One that concerns all, or many, by its kind."""
    task = replace(HEAVY.problem, subject="41345358-0000-4000-8000-000000000001")
    about = replace(NOTICE, alerts=(replace(HEAVY, problem=task),))
    of_all = replace(HEAVY.problem, subject="")

    assert about.name == "41345358"
    assert replace(about, flood=True).name == "stuck-task"
    assert replace(about, alerts=(replace(HEAVY, problem=of_all),)).name == "stuck-task"


def test_a_closed_problem_no_longer_weighs() -> None:
    """Unless all are closed."""
    over = replace(HEAVY, phase=Phase.CLOSED, closed_at=NOW)
    light = replace(LIGHT, phase=Phase.CLOSED, closed_at=NOW)

    assert replace(NOTICE, alerts=(LIGHT, over)).heaviest == LIGHT
    assert replace(NOTICE, alerts=(light, over)).heaviest == over


def test_a_closed_notice_lives_a_while() -> None:
    """As long as a return goes on in it; a mute makes it longer, never shorter."""
    over = replace(LIGHT, phase=Phase.CLOSED, closed_at=NOW)
    closed = replace(NOTICE, alerts=(over,), closed_at=NOW)
    short = Mark(by="U1", at=NOW, until=NOW + timedelta(minutes=1))
    long = Mark(by="U1", at=NOW, until=NOW + timedelta(hours=1))
    returning = replace(closed, alerts=(replace(over, contrary=1),))

    assert NOTICE.lives_until is None
    assert closed.lives_until == NOW + AGAIN
    assert muted(closed, short, NOW).lives_until == NOW + AGAIN
    assert muted(closed, long, NOW).lives_until == long.until
    assert returning.lives_until is None


def test_lines_are_numbered_over_the_whole_life() -> None:
    """Also when the first ones were told long ago."""
    once = told(NOTICE, Turn.WORSE, NOW)
    again = told(replace(once, lines=()), Turn.CLOSED, NOW)

    assert [each.number for each in again.lines] == [2]
    assert told(muted(once, Mark(by="U1", at=NOW), NOW), Turn.BACK, NOW).numbered == 1


def test_it_is_as_of_when_its_problems_were_read() -> None:
    """A press reads nothing."""
    pressed = acknowledged(NOTICE, Mark(by="U1", at=NOW + timedelta(hours=1)))
    closed = replace(NOTICE, closed_at=NOW + timedelta(minutes=2))
    old = replace(LIGHT, seen_at=ago(minutes=5))

    assert NOTICE.as_of == pressed.as_of == NOW
    assert replace(NOTICE, alerts=(old,)).as_of == ago(minutes=5)
    assert closed.as_of == NOW + timedelta(minutes=2)
