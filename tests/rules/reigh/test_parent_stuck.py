from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.domain.tasks import Task, TaskId
from bot.rules.reigh.parent_stuck import parent_stuck
from tests.world import TASK, a_case, a_task, ago


def child(n: int, status: str = "Complete", **given: Any) -> Task:
    values: dict[str, Any] = {"parent": TASK, "processed_at": ago(minutes=3)}
    return a_task(f"{n}", status=status, **(values | given))


def told(*children: Task, known: bool = True, **given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "task_type": "travel_orchestrator",
        "started_at": ago(minutes=11),
    }
    task = a_task(**(values | given))
    found = {TaskId(TASK): children} if known else None
    return [*parent_stuck(a_case(tasks=(task,), children=found))]


@pytest.mark.parametrize(
    "given",
    [{"known": False}, {"status": "Complete"}, {"task_type": "travel_segment"}],
    ids=["children unread", "done", "no coordinator"],
)
def test_other_tasks_wait_for_nobody(given: dict[str, Any]) -> None:
    """Or nobody knows for whom."""
    assert not told(child(1), **given)


def test_a_coordinator_waits_for_what_still_runs() -> None:
    """And is closed a moment after the last of its tasks."""
    assert not told(child(1), child(2, "In Progress"))
    assert not told(child(1, processed_at=ago(minutes=2)))
    assert not told()


def test_all_that_it_waits_for_has_ended() -> None:
    """Nothing will close it."""
    [well] = told(child(1), child(2, "Cancelled", updated_at=ago(minutes=9)))
    [ill] = told(
        child(1), child(2, "Failed", processed_at=None, updated_at=ago(minutes=4))
    )

    assert well.confidence is Confidence.CONFIRMED
    assert well.title == (
        "coordinator 41345358 waits though its 2 tasks ended 3 min ago"
    )
    assert well.evidence == (
        "2 tasks name it, the last ended at 2026-01-31 11:57:00Z",
        "it started at 2026-01-31 11:49:00Z and is In Progress",
    )
    assert well.ask == f"task {TASK}"
    assert "1 of them failed" in ill.evidence[0]
    assert ill.ask == "task 2"


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"orchestrator_details": {"num_new_segments_to_generate": 4}}, 4),
        ({"num_joins": 3}, 3),
        ({"num_joins": "3"}, 3),
        ({"orchestrator_details": {"clip_list": [1, 2, 3]}}, 2),
    ],
)
def test_tasks_that_were_never_made(parameters: dict[str, Any], wanted: int) -> None:
    """What sums them up is no segment; what is absent is possible only."""
    children = (child(1, "In Progress"), child(2, "Queued", task_type="travel_stitch"))

    [found] = told(*children, parameters=parameters)

    assert found.confidence is Confidence.POSSIBLE
    assert found.evidence[0] == (
        f"its parameters want {wanted}; 1 that name it were found"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"parameters": {"num_joins": 1}},
        {"parameters": {"num_joins": True}},
        {"parameters": {"num_joins": "many"}},
        {"parameters": {"clip_list": []}},
        {"parameters": {"num_joins": 2}, "started_at": ago(minutes=10)},
        {"parameters": {"num_joins": 2}, "started_at": None},
    ],
    ids=["all there", "odd", "a word", "no clips", "just begun", "never begun"],
)
def test_tasks_that_may_yet_come(given: dict[str, Any]) -> None:
    """Or are all there."""
    assert not told(child(1, "In Progress"), **given)


def test_tasks_that_ended_and_are_too_few_are_told_once() -> None:
    """One remedy: closing it by hand would leave it without its result."""
    [found] = told(child(1), parameters={"num_joins": 3})

    assert found.title.startswith("coordinator 41345358 waits though its 1 task ended")
    assert found.evidence[0] == (
        "1 task names it; it wants 3 segments, of which 1 exist, the last ended at"
        " 2026-01-31 11:57:00Z"
    )
    assert found.remedy.endswith("cancel it and submit it anew")


def test_more_tasks_than_it_wants_are_worth_a_look() -> None:
    """Some were made twice, perhaps."""
    children = (child(1, "In Progress"), child(2, "Queued"))

    [found] = told(*children, parameters={"num_joins": 1})

    assert found.title == "coordinator 41345358 waits for 1 segment, of which 2 exist"
    assert found.remedy.startswith("some were made twice")
    assert found.severity is Severity.INFO
