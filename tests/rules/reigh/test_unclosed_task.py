from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding
from bot.domain.logs import LogLine
from bot.rules.book import judge
from bot.rules.reigh.unclosed_task import unclosed_task
from tests.world import TASK, WORKER, a_case, a_line, a_task, a_worker, ago


def done(**given: Any) -> LogLine:
    values = {"source": "edge_function", "task_id": TASK, "at": ago(seconds=91)}
    return a_line("Task completed successfully", **(values | given))


def told(*lines: LogLine, **given: Any) -> list[Finding]:
    case = a_case(tasks=(a_task(**given),), lines=lines)
    return [*judge(case, using={"unclosed-task": unclosed_task})]


@pytest.mark.parametrize("status", ["Complete", "Cancelled", "Odd"])
def test_a_task_that_was_closed_is_well(status: str) -> None:
    """That is what a result is for."""
    assert not told(done(), status=status, generation_created=True)


def test_a_task_without_a_result_is_open_rightly() -> None:
    """A row follows its line within a moment; others' lines don't count."""
    assert not told(generation_created=False)
    assert not told(done(at=ago(seconds=90)))
    assert not told(done(source="worker"), done(task_id=None))


@pytest.mark.parametrize("status", ["Queued", "In Progress"])
def test_a_result_of_an_open_task_is_made_twice(status: str) -> None:
    """The row says so, or the function that completes tasks does."""
    [row] = told(status=status, generation_created=True)
    [line] = told(done(at=ago(minutes=9)), done(), status=status)

    assert row.confidence is Confidence.CONFIRMED
    assert row.evidence == (
        "its row says that its generation was created",
        f"its status is {status}",
    )
    assert line.evidence[0] == (
        "complete-task said at 2026-01-31 11:58:29Z: Task completed successfully"
    )
    assert line.remedy.endswith("or it is generated twice")


def test_a_failed_task_with_a_result_is_not_tried_again() -> None:
    """It would be made twice."""
    [found] = told(status="Failed", generation_created=True)

    assert found.remedy.endswith("; do not queue it again")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"at": ago(minutes=5, seconds=31)}, True),
        ({"at": ago(minutes=5, seconds=30)}, False),
        ({"message": f"HEADLESS: Finished task {TASK} (Success: False)"}, False),
        ({"worker_id": "gpu-2", "source_id": "gpu-2"}, False),
    ],
    ids=["long ago", "it may upload", "it failed", "another's"],
)
def test_a_living_worker_that_finished_it_completes_it_no_more(
    line: dict[str, Any], *, found: bool
) -> None:
    """Its own line tells; the row does not say since when the result is there."""
    values: dict[str, Any] = {
        "message": f"HEADLESS: Finished task {TASK} (Success: True)",
        "task_id": TASK,
        "at": ago(minutes=9),
    }
    case = a_case(
        tasks=(a_task(worker_id=WORKER, generation_created=True),),
        holders=(a_worker(),),
        lines=(a_line(**(values | line)),),
    )

    made = judge(case, using={"unclosed-task": unclosed_task})

    assert [each.confidence for each in made] == [Confidence.LIKELY] * found
    assert all("Finished task" in each.evidence[1] for each in made)


@pytest.mark.parametrize("given", [{}, {"runs_on_gpu": False}])
def test_a_living_worker_may_be_completing_it(given: dict[str, Any]) -> None:
    """The generation is made a moment before the row is closed."""
    task = a_task(worker_id=WORKER, generation_created=True)
    case = a_case(tasks=(task,), holders=(a_worker(**given),))
    dead = a_case(tasks=(task,), holders=(a_worker(status="crashed"),))
    gone = a_case(tasks=(task,), holders=())

    assert not [*unclosed_task(case)]
    assert len([*unclosed_task(dead)]) == 1
    assert len([*unclosed_task(gone)]) == 1
