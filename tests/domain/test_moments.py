"""Moments of an incident."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.findings import Severity
from bot.domain.kinds import kinds
from bot.domain.moments import (
    Moment,
    MomentKind,
    failed_at,
    in_order,
    of_actions,
    of_errors,
    of_notices,
    of_orchestrator,
)
from bot.domain.notices import Alert, Notice
from bot.domain.offers import Decision, Fate, Record
from bot.domain.orchestration import Cycle, Orchestration
from bot.domain.orchestration import Decision as Scaling
from bot.domain.problems import Kind, Problem
from bot.domain.times import Window
from tests.world import NOW, a_line, a_task, ago

WINDOW = Window.before(NOW, hours=1)


def _moment(message: str = "gpu-1 crashed", **given: Any) -> Moment:
    values: dict[str, Any] = {
        "at": ago(minutes=10),
        "kind": MomentKind.DEATH,
        "level": "ERROR",
        "source": "worker",
    }
    return Moment(message=message, **(values | given))


def _cycle(minutes: float, **given: Any) -> Cycle:
    at = ago(minutes=minutes)
    done = at + timedelta(seconds=5)
    values: dict[str, Any] = {"number": 1, "started_at": at, "completed_at": done}
    return Cycle(**(values | given))


def test_moments_stand_in_their_order_with_their_distances() -> None:
    """What lies outside of the window is left out."""
    moments = [
        _moment("late", at=ago(minutes=2)),
        _moment("early", at=ago(minutes=30)),
        _moment("before", at=ago(hours=2)),
    ]

    early, late = in_order(moments, WINDOW)

    assert (early.message, early.after_seconds) == ("early", None)
    assert (late.message, late.after_seconds) == ("late", 28 * 60)
    assert in_order([], WINDOW) == ()


def test_alike_moments_that_follow_closely_are_one() -> None:
    """Another kind between them changes nothing; a minute and more does."""
    moments = [
        _moment("task 11 failed", at=ago(minutes=10)),
        _moment("something else", at=ago(minutes=9.8)),
        _moment("task 12 failed", at=ago(minutes=9.5)),
        _moment("task 13 failed", at=ago(minutes=8.5)),
        _moment("task 14 failed", at=ago(minutes=7)),
    ]

    first, other, last = in_order(moments, WINDOW)

    assert (first.alike, first.until) == (2, ago(minutes=8.5))
    assert first.line.message == "task 11 failed (and 2 more alike within 1 min 30 s)"
    assert other.after_seconds == 0  # the first one went on meanwhile
    assert (last.alike, last.line.message) == (0, "task 14 failed")


def test_what_people_did_or_said_is_never_one() -> None:
    """Each counts, however alike."""
    said = [_moment("yes", kind=MomentKind.PINNED), _moment("yes", kind="pinned")]

    assert len(in_order(said, WINDOW)) == 2


def test_changes_of_the_fleet_that_follow_each_other_are_one() -> None:
    """Whatever their distance: what stands between them parts them."""
    life = Orchestration(
        last_line=None,
        cycles=(
            _cycle(50, workers_started=2),
            _cycle(45, workers_started=1, workers_ended=1),
            _cycle(5, workers_ended=1, completed_at=None),
            _cycle(4),
        ),
    )
    moments = [*of_orchestrator(life, WINDOW), _moment(at=ago(minutes=20))]
    scaled = [each for each in moments if each.kind is not MomentKind.ORCHESTRATOR]

    up, death, down = in_order(scaled, WINDOW)

    assert (up.workers_started, up.workers_ended) == (3, 1)
    assert up.line.message == (
        "orchestrator started 3 workers and ended 1 worker in 2 steps over 5 min"
    )
    assert death.kind is MomentKind.DEATH
    [one] = in_order(scaled[:1], WINDOW)
    assert one.line.message == "orchestrator started 2 workers"
    assert down.line.message == "orchestrator ended 1 worker"


def test_the_first_error_of_each_kind_is_told() -> None:
    """And how many followed; a scale-down is no error, whatever it is called."""
    lines = [
        a_line("failed after 1 s", level="ERROR", at=ago(minutes=9)),
        a_line("failed after 2 s", level="ERROR", at=ago(minutes=4)),
        a_line("alone", level="ERROR"),
        a_line("MARKING AS ERROR: Idle timeout (7 s)", level="ERROR"),
    ]

    failed, alone = of_errors(kinds(lines))

    assert failed.at == ago(minutes=9)
    assert (
        failed.message == "failed after 1 s (1 more of its kind, the last 5 min later)"
    )
    assert alone.message == "alone"


def test_the_orchestrators_troubles_are_told() -> None:
    """Restarts, failed cycles, pauses and warnings; its routine is not."""
    life = Orchestration(
        last_line=None,
        cycles=(_cycle(40), _cycle(39), _cycle(10)),
        errors=(
            a_line("Error in orchestrator cycle 3: x", at=ago(minutes=30)),
            a_line("Error in orchestrator cycle 4: x", at=ago(minutes=20)),
        ),
        restarts=(ago(minutes=11),),
        notable=(
            a_line("Error creating pod: none", level="ERROR", at=ago(minutes=35)),
            a_line("Error creating pod: none", level="ERROR", at=ago(minutes=33)),
            a_line("54% used", level="INFO"),
        ),
    )

    told = {each.at: each.message for each in of_orchestrator(life, WINDOW)}

    assert told == {
        ago(minutes=11): "the orchestrator began anew",
        ago(minutes=30): (
            "a cycle failed: Error in orchestrator cycle 3: x (1 more until 11:40:00)"
        ),
        ago(minutes=39): "the last cycle before 29 min without one",
        ago(minutes=10): "the last cycle before 10 min without one",
        ago(minutes=35): "Error creating pod: none (1 more line of its kind)",
    }


def test_what_has_no_cycles_fails_none() -> None:
    """What OctoLLM's orchestrator reports stands among the errors already."""
    life = Orchestration(last_line=None, errors=(a_line("task.reflex_unavailable"),))

    assert [*of_orchestrator(life, WINDOW)] == []


def test_one_trouble_alone_is_told_as_it_is() -> None:
    """Without a count."""
    life = Orchestration(
        last_line=None,
        cycles=(Cycle(number=1, started_at=None, completed_at=None, workers_ended=1),),
        errors=(a_line("Error in orchestrator cycle 3: x"),),
        notable=(a_line("Error creating pod: none", level="ERROR"),),
    )

    assert [each.message for each in of_orchestrator(life, WINDOW)] == [
        "a cycle failed: Error in orchestrator cycle 3: x",
        "Error creating pod: none",
    ]


def test_a_decision_of_its_scaling_changes_nothing() -> None:
    """What counts is what it did."""
    decision = Scaling(active=1, starting=0, wanted=9)
    life = Orchestration(last_line=None, cycles=(_cycle(1, decision=decision),))

    assert list(of_orchestrator(life, WINDOW)) == []


@pytest.mark.parametrize(
    ("decision", "outcome", "reason", "told", "level"),
    [
        ("allowed", Fate.DONE, "gone", "U1: runpod terminate p1: done (gone)", "INFO"),
        (
            "allowed",
            None,
            "",
            "U1: runpod terminate p1: begun, no end on record",
            "INFO",
        ),
        ("allowed", Fate.FAILED, "", "U1: runpod terminate p1: failed", "WARNING"),
        ("refused", None, "no", "U1: runpod terminate p1 was refused: no", "WARNING"),
        ("cancelled", None, "", "U1: runpod terminate p1 was cancelled", "WARNING"),
        ("frozen", None, "", "U1: runpod terminate", "INFO"),
    ],
)
def test_what_people_did_is_told(
    decision: str, outcome: Fate | None, reason: str, told: str, level: str
) -> None:
    """With what came of it."""
    record = Record(
        at=NOW,
        who="U1",
        action="runpod terminate",
        target="p1",
        decision=Decision(decision),
        outcome=outcome,
        reason=reason,
    )

    [moment] = of_actions([record])

    assert (moment.message, moment.level) == (told, level)


def test_no_target_is_named_where_there_is_none() -> None:
    """A press on no known offer, for one."""
    record = Record(at=NOW, who="U1", action="offer", decision=Decision.REFUSED)

    [moment] = of_actions([record])

    assert moment.message == "U1: offer was refused"


def test_offers_and_single_presses_are_no_moments() -> None:
    """What came of them is."""
    records = [
        Record(at=NOW, who="U1", action="x", decision=each)
        for each in (Decision.OFFERED, Decision.CONFIRMED)
    ]

    assert list(of_actions(records)) == []


def test_a_failed_task_ended_when_its_row_last_changed() -> None:
    """Failing one need not set its end."""
    task = a_task(status="Failed", updated_at=ago(minutes=1))

    assert failed_at(task) == ago(minutes=1)
    assert failed_at(a_task(status="Failed")) == ago(minutes=2)
    assert failed_at(a_task(status="Queued")) == ago(minutes=10)


def _notice(*subjects: str, **given: Any) -> Notice:
    alerts = tuple(
        Alert(
            problem=Problem(
                kind=Kind.STUCK_TASK,
                severity=Severity.WARNING,
                title=f"task {subject} is stuck",
                subject=subject,
            ),
            since=ago(minutes=9),
            seen_at=ago(minutes=8),
        )
        for subject in subjects
    )
    return Notice(id="x", kind=Kind.STUCK_TASK, alerts=alerts, **given)


def test_a_problem_is_told_when_it_was_announced_and_when_it_was_over() -> None:
    """Its worst decides how it is marked; how long it lasted is counted from before."""
    opened = {"opened_at": ago(minutes=8), "worst": Severity.CRITICAL}
    notice = _notice("a", closed_at=ago(minutes=2), **opened)

    announced, over = of_notices([notice])

    assert (announced.at, announced.kind) == (ago(minutes=8), MomentKind.ALERT)
    assert (announced.level, announced.message) == ("ERROR", "task a is stuck")
    assert (over.at, over.level) == (ago(minutes=2), "INFO")
    assert over.message == "over after 7 min: task a is stuck"


def test_a_problem_that_is_still_there_is_not_over() -> None:
    """A suspicion was never announced."""
    [announced] = of_notices([_notice("a", opened_at=ago(minutes=8)), _notice("b")])

    assert announced.level == "WARNING"


def test_many_problems_at_once_are_one_moment() -> None:
    """It says how many, and which is the worst."""
    notice = _notice("a", "b", "c", opened_at=ago(minutes=8), flood=True)

    [announced] = of_notices([notice])

    assert announced.message == "3 problems at once, the worst: task a is stuck"
