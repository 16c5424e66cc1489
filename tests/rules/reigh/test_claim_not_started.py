from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding, Severity
from bot.rules.book import judge
from bot.rules.reigh.claim_not_started import claim_not_started
from tests.world import TASK, WORKER, a_case, a_line, a_task, a_worker, ago


def told(*, worker: Any = None, task: Any = None, **given: Any) -> list[Finding]:
    values: dict[str, Any] = {
        "tasks": (
            a_task(
                **({"worker_id": WORKER, "started_at": ago(minutes=3)} | (task or {}))
            ),
        ),
        "holders": (worker or a_worker(),),
        "lines": (),
        "logs_read": frozenset({WORKER}),
        "lines_since": ago(hours=1),
    }
    case = a_case(**(values | given))
    return [*judge(case, using={"claim-not-started": claim_not_started})]


@pytest.mark.parametrize(
    "task",
    [
        {"started_at": ago(seconds=150)},
        {"started_at": None},
        {"status": "Queued"},
        {"task_type": "travel_orchestrator"},
        {"worker_id": None},
        {"worker_id": "gpu-gone"},
    ],
    ids=["just now", "never", "waits", "coordinates", "nobody's", "a gone one's"],
)
def test_a_task_of_which_no_line_is_due(task: dict[str, Any]) -> None:
    """Lines travel every 20 s, and clocks differ."""
    assert not told(task=task)


@pytest.mark.parametrize(
    "worker",
    [
        a_worker(last_heartbeat_at=ago(seconds=61)),
        a_worker(status="crashed"),
        a_worker(runs_on_gpu=False),
    ],
    ids=["late", "crashed", "no GPU"],
)
def test_a_worker_that_is_not_well_has_other_rules(worker: Any) -> None:
    """It is not that it never began."""
    assert not told(worker=worker)


@pytest.mark.parametrize(
    "line",
    [
        a_line("HEADLESS: Processing vace", task_id=TASK),
        a_line(f"HEADLESS: Processing vace task {TASK}"),
    ],
)
def test_any_line_of_the_worker_about_it_is_a_beginning(line: Any) -> None:
    """It carries the task's id, or names it."""
    assert not told(lines=(line,))


@pytest.mark.parametrize(
    "given",
    [
        {"logs_read": frozenset()},
        {"lines_since": None},
        {"lines_since": ago(minutes=3)},
    ],
)
def test_lines_that_were_not_read_are_not_absent(given: dict[str, Any]) -> None:
    """All since the claim are needed."""
    assert not told(**given)


def test_a_claim_without_a_beginning_is_told() -> None:
    """The claim's row tells when; the start may have been set anew."""
    lines = (
        a_line("Task claimed successfully", source="edge_function", task_id=TASK),
        a_line(
            "Task claimed successfully",
            source="edge_function",
            task_id=TASK,
            at=ago(minutes=4),
        ),
        a_line("HEADLESS: Processing another", at=ago(seconds=30)),
    )

    [found] = told(lines=(*lines[1:],))

    assert (found.severity, found.confidence) == (
        Severity.WARNING,
        Confidence.POSSIBLE,
    )
    assert found.title == "task 41345358 was claimed 4 min ago and not begun"
    assert found.evidence == (
        f"claimed at 2026-01-31 11:56:00Z, by {WORKER}, which still beats",
        "no line of its worker tells of it; one is due within 2 min",
        "read: 1 line of its own since 2026-01-31 11:00:00Z; none was cut",
        "what it wrote last, at 2026-01-31 11:59:30Z: HEADLESS: Processing another",
    )
    assert not told(lines=lines)


def test_all_lines_of_the_task_will_do() -> None:
    """Its worker's need not be read then; its start tells the claim."""
    [found] = told(logs_read=frozenset(), task_logs_read=frozenset({TASK}))

    assert len(found.evidence) == 3
    assert found.evidence[2].startswith("read: 0 lines of the task since")
    assert found.title.endswith("was claimed 3 min ago and not begun")
