from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.logs import LogLine
from bot.rules.book import judge
from bot.rules.reigh.reset_loop import reset_loop
from tests.world import TASK, a_case, a_line, a_task, ago

RESET = "Reset - orphaned from failed worker"


def claim(**given: Any) -> LogLine:
    values = {"source": "edge_function", "task_id": TASK, "worker_id": None}
    return a_line("Task claimed successfully", **(values | given))


def told(
    *lines: LogLine, hand: Sequence[datetime] | None = None, **given: Any
) -> list[Finding]:
    requeued = None if hand is None else {TASK: hand}
    case = a_case(tasks=(a_task(**given),), lines=lines, requeued=requeued)
    return [*judge(case, using={"reset-loop": reset_loop})]


@pytest.mark.parametrize("status", ["Complete", "Failed", "Cancelled", "Odd"])
def test_an_old_reset_of_a_task_that_ended_says_nothing(status: str) -> None:
    """It stays in the row after a success."""
    lines = (claim(), claim(at=ago(minutes=5)))

    assert not told(*lines, status=status, note=RESET)


def test_one_claim_is_no_loop() -> None:
    """Nor are another task's, nor a line read twice, nor what a person did."""
    assert not told(claim(), claim(), claim(task_id=None, at=ago(minutes=5)))
    assert not told(claim(), a_line("Task claimed successfully", task_id=TASK, id="2"))
    assert not told(note="Reset - requeued through debug-bot")
    assert not told(note="another note")


def test_a_reset_alone_weighs_little() -> None:
    """It is tried again by itself."""
    [found] = told(status="Queued", note=RESET)

    assert (found.severity, found.confidence) == (Severity.INFO, Confidence.CONFIRMED)
    assert found.title == "task 41345358 was reset and is not done"
    assert found.evidence == (f"its row says: {RESET}", "its row counts 0 attempts")


def test_claims_are_counted_though_attempts_are_not() -> None:
    """Attempts hardly ever move."""
    lines = [claim(at=ago(minutes=n)) for n in (50, 30, 20, 10)]

    [found] = told(*lines, attempts=None)

    assert found.severity is Severity.WARNING
    assert found.title == "task 41345358 was claimed 4 times and is not done"
    assert found.evidence == (
        (
            "its claims are of 2026-01-31 11:30:00Z, 2026-01-31 11:40:00Z,"
            " 2026-01-31 11:50:00Z, and 1 time before"
        ),
    )


def test_what_a_person_had_done_again_is_no_loop() -> None:
    """By the audit, or by the row of a task that was claimed since."""
    lines = (claim(at=ago(minutes=30)), claim(at=ago(minutes=5)))
    note = "Reset - requeued through debug-bot"

    assert not told(*lines, hand=[ago(minutes=10)])
    assert not told(*lines, note=note)
    assert told(*lines, hand=[])
    assert told(*lines, hand=[ago(minutes=1)])


def test_the_systems_own_resets_are_still_counted() -> None:
    """Beside a person's, which are told apart."""
    lines = [claim(at=ago(minutes=n)) for n in (50, 30, 10)]

    [found] = told(*lines, hand=[ago(minutes=40)])

    assert found.title == (
        "task 41345358 was claimed 3 times, 1 of them at a person's wish, and is not"
        " done"
    )
    assert "people had it queued again before 1 claim" in found.evidence


def test_what_the_audit_would_tell_is_said_to_be_missing() -> None:
    """A task that waits since it was queued by hand had its claims before."""
    lines = (claim(at=ago(minutes=30)), claim(at=ago(minutes=5)))

    [found] = told(*lines, status="Queued", note="Reset - requeued through debug-bot")

    assert found.evidence[1] == (
        "people had it queued again; how often was not read from the audit"
    )
