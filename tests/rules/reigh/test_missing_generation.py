from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding
from bot.domain.tasks import TaskId
from bot.rules.reigh.missing_generation import missing_generation
from tests.world import TASK, a_case, a_task, ago


def told(**given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "status": "Complete",
        "output": "https://store.test/a.mp4",
        "generation_created": False,
    }
    generating = given.pop("generating", frozenset({"travel_segment"}))
    task = a_task(**(values | given))
    return [*missing_generation(a_case(tasks=(task,), generating=generating))]


@pytest.mark.parametrize(
    "given",
    [
        {"status": "Failed"},
        {"generation_created": True},
        {"generation_created": None},
        {"parent": TaskId("2")},
        {"output": "kept on the pod"},
        {"output": None},
        {"generating": frozenset()},
        {"generating": None},
    ],
    ids=["failed", "made", "unknown", "a part", "no address", "none", "type", "unread"],
)
def test_a_task_that_owes_no_generation(given: dict[str, Any]) -> None:
    """Or has made it, or nobody can tell."""
    assert not told(**given)


def test_a_result_without_its_generation_is_told() -> None:
    """The row says so itself; a generation may name the task all the same."""
    [found] = told(updated_at=ago(minutes=1))

    assert found.confidence is Confidence.LIKELY
    assert found.evidence == (
        "its row says generation_created false, status Complete",
        "it ended at 2026-01-31 11:59:00Z",
        "results of travel_segment become generations",
    )
    assert "unless a row of generations names the task" in found.remedy
    assert found.ask == f"logs --task {TASK} --source complete-task --hours 72"


def test_its_end_may_be_unknown() -> None:
    """Then it is left out."""
    assert len(told()[0].evidence) == 2
