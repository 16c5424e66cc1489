from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.domain.tasks import Task, TaskPhase
from bot.sources.octollm.rows import allowed, moment, task
from tests.sources.octollm.samples import at


def a_task(**given: Any) -> Task:
    row = {"id": "a", "status": "PENDING", "created_at": at("08:00")}
    return task(row | given, whole=True)


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("PENDING", TaskPhase.WAITING),
        ("processing", TaskPhase.RUNNING),
        ("Completed", TaskPhase.DONE),
        ("FAILED", TaskPhase.FAILED),
        ("cancelled", TaskPhase.CANCELLED),
        ("queued", TaskPhase.WAITING),
        ("odd", TaskPhase.UNKNOWN),
    ],
)
def test_statuses_are_known_in_any_case(status: str, phase: TaskPhase) -> None:
    """The database keeps them in capitals, the API does not."""
    found = a_task(status=status)

    assert (found.status, found.phase) == (status.lower(), phase)


def test_a_failed_task_tells_why_and_how_long() -> None:
    """Its time is counted back from its last change."""
    found = a_task(
        status="FAILED", error="No suitable arm found", processing_time_ms=1500,
        updated_at=at("08:01"), assigned_arm="coder", parent_task_id="b",
    )  # fmt: skip

    assert (found.error, found.note, found.output) == (
        "No suitable arm found",
        None,
        None,
    )
    assert found.processing_time == timedelta(seconds=1.5)
    assert found.processed_at == at("08:01")
    assert (found.worker_id, found.parent) == ("coder", "b")


def test_a_done_task_tells_its_result() -> None:
    """An error beside it is only a note."""
    found = a_task(status="COMPLETED", result={"code": "x"}, error="slow")

    assert (found.output, found.error, found.note) == ('{"code": "x"}', None, "slow")


def test_a_running_task_began_with_its_last_change() -> None:
    """Nothing else changes a row."""
    found = a_task(status="PROCESSING", updated_at=at("08:01"))

    assert (found.started_at, found.processed_at) == (at("08:01"), None)


def test_a_whole_task_tells_what_was_asked_but_not_all_of_it() -> None:
    """A goal of at most fifty signs."""
    found = a_task(
        goal="g" * 60, priority="HIGH", budget='{"max_time_seconds": 9}',
        acceptance_criteria=["a", "b"], context="private",
    )  # fmt: skip

    assert found.parameters == {
        "goal": "g" * 50 + "…",
        "priority": "high",
        "budget.max_time_seconds": 9,
        "acceptance_criteria": 2,
    }
    assert task({"id": "a", "goal": "x"}).parameters == {}


def test_lists_leave_texts_out() -> None:
    """As other sources do."""
    row = {"id": "a", "status": "failed", "error": "x", "result": {"a": 1}}

    assert (task(row, texts=False).error, task(row, texts=False).output) == (None, None)


def test_a_row_may_say_nothing() -> None:
    """An answer over HTTP calls its id otherwise."""
    found = task({"task_id": "a"})

    assert (found.id, found.status, found.phase) == ("a", "unknown", TaskPhase.UNKNOWN)
    assert found.created_at == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (datetime(2026, 11, 23, 8), at("08:00")),  # noqa: DTZ001  a column without a zone
        (datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=1))), at("08:00")),
        ("2026-11-23T08:00:00Z", at("08:00")),
        ("soon", None),
        (3, None),
        (None, None),
    ],
)
def test_times_become_utc(held: object, expected: datetime | None) -> None:
    """One without a zone is UTC's."""
    assert moment(held) == expected


@pytest.mark.parametrize(
    ("budget", "seconds"),
    [
        ({"max_time_seconds": 120}, 120),
        ('{"max_time_seconds": 120}', 120),
        ({"max_time_seconds": -1}, 300),
        ("{", 300),
        (None, 300),
        ([], 300),
    ],
)
def test_a_budget_tells_how_long_a_task_may_take(budget: object, seconds: int) -> None:
    """Five minutes unless it says so (systems/octollm.md, 1B.2)."""
    assert allowed({"budget": budget}) == timedelta(seconds=seconds)
