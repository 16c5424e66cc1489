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


def told(*lines: LogLine, **given: Any) -> list[Finding]:
    case = a_case(tasks=(a_task(**given),), lines=lines)
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
