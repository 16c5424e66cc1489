from typing import Any

import pytest

from bot.domain.findings import Confidence, Severity
from bot.domain.tasks import TaskId
from bot.rules.reigh.failed_task import failed_task
from tests.world import TASK, WORKER, a_case, a_task, ago

ROOT = TaskId("aaaaaaaa-0000-4000-8000-000000000001")
MIDDLE = TaskId("bbbbbbbb-0000-4000-8000-000000000002")
LEAF = TaskId("cccccccc-0000-4000-8000-000000000003")


@pytest.mark.parametrize("status", ["Queued", "In Progress", "Complete", "Cancelled"])
def test_a_task_that_did_not_fail(status: str) -> None:
    """A note left by an earlier reset is no failure."""
    case = a_case(tasks=(a_task(status=status, note="Reset - worker failed"),))

    assert not [*failed_task(case)]


def test_a_task_that_failed_by_itself_tells_its_error() -> None:
    """With when and where, as far as the row knows."""
    task = a_task(
        status="Failed",
        error="KeyError: 'seed'",
        processed_at=ago(minutes=1),
        worker_id=WORKER,
    )

    [found] = failed_task(a_case(tasks=(task,)))

    assert found.severity is Severity.CRITICAL
    assert found.confidence is Confidence.CONFIRMED
    assert found.title == "task 41345358 failed by itself"
    assert found.evidence == (
        "its row says: KeyError: 'seed'",
        f"it ended at 2026-01-31 11:59:00Z, on {WORKER}",
    )
    assert found.ask == f"task requeue {TASK}"


def test_a_task_that_failed_without_a_word() -> None:
    """The absence of an error is said, and where to look instead."""
    [found] = failed_task(a_case(tasks=(a_task(status="Failed"),)))

    assert found.evidence == ("its row holds no error text in any column",)
    assert found.remedy == "read its worker's last lines before it ended"


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("KeyError: 'seed'", "mend what the error names"),
        ("torch.OutOfMemoryError: CUDA out of memory", "the GPUs have more memory"),
        ("CUDA error: an illegal memory access", "the GPUs have more memory"),
        ("lora_high.safetensors not found", "LoRA addresses"),
        ("Upload failed: [EDGE_FAIL:complete_task:HTTP_502]", "probably made"),
        ("Completion failed: timeout", "probably made"),
    ],
)
def test_the_remedy_follows_the_error(error: str, remedy: str) -> None:
    """Whatever the case of its letters."""
    [found] = failed_task(a_case(tasks=(a_task(status="Failed", error=error),)))

    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("given", "ask"),
    [
        ({"error": "KeyError: 'seed'"}, f"task requeue {TASK}"),
        ({"error": "KeyError: 'seed'", "attempts": 3}, f"task {TASK}"),
        ({"error": "CUDA out of memory"}, f"task {TASK}"),
        ({"worker_id": WORKER}, f"worker {WORKER}"),
        ({}, f"task {TASK}"),
    ],
)
def test_what_may_help_is_the_next_thing_to_type(
    given: dict[str, Any], ask: str
) -> None:
    """One that would only fail again, or was tried too often, is not queued again."""
    [found] = failed_task(a_case(tasks=(a_task(status="Failed", **given),)))

    assert found.ask == ask
    assert ("task requeue" in found.remedy) is ("requeue" in ask)


def test_a_cascade_names_the_task_that_failed_first() -> None:
    """Through all tasks that fell between."""
    root = a_task(ROOT, status="Failed", error="CUDA out of memory")
    middle = a_task(MIDDLE, status="Failed", error="Cascaded", cascaded_from=ROOT)
    leaf = a_task(LEAF, status="Failed", error="Cascaded", cascaded_from=MIDDLE)

    *_, found = failed_task(a_case(tasks=(root, middle, leaf)))

    assert found.title == "task cccccccc fell with aaaaaaaa"
    assert found.evidence == (
        "its row says: Cascaded",
        f"{ROOT} failed by itself: CUDA out of memory",
    )
    assert "more memory" in found.remedy
    assert found.ask == f"task {ROOT}"


def test_a_root_that_left_no_error() -> None:
    """It is still named."""
    root = a_task(ROOT, status="Failed")
    leaf = a_task(LEAF, status="Failed", error="Cascaded", cascaded_from=ROOT)

    _, found = failed_task(a_case(tasks=(root, leaf)))

    assert found.evidence[1] == f"{ROOT} failed by itself: no error text"


def test_a_cascade_whose_root_was_not_read() -> None:
    """What is known is told, and no more."""
    leaf = a_task(LEAF, status="Failed", error="Cascaded", cascaded_from=ROOT)

    [found] = failed_task(a_case(tasks=(leaf,)))
    [gone] = failed_task(a_case(tasks=(leaf,), gone=frozenset({ROOT})))

    assert found.title == gone.title == "task cccccccc fell with aaaaaaaa"
    anew = "submit the whole anew, of which this is a part"
    fell = f"task {ROOT}, with which it fell"
    assert found.remedy == f"see {fell}; if that is gone, {anew}"
    assert gone.remedy == f"{fell}, no longer exists: {anew}"
    assert (found.ask, gone.ask) == (f"task {ROOT}", f"task {LEAF}")


def test_a_cascade_in_a_circle_ends() -> None:
    """Two rows that blame each other are no endless loop."""
    first = a_task(ROOT, status="Failed", error="Cascaded", cascaded_from=LEAF)
    second = a_task(LEAF, status="Failed", error="Cascaded", cascaded_from=ROOT)

    found = [*failed_task(a_case(tasks=(first, second)))]

    assert [each.title for each in found] == [
        "task aaaaaaaa fell with cccccccc",
        "task cccccccc fell with aaaaaaaa",
    ]


def test_a_coordinator_with_an_error_of_its_own_failed_by_itself() -> None:
    """It did not sum up its tasks."""
    task = a_task(
        status="Failed", task_type="travel_orchestrator", error="no images were given"
    )

    [found] = failed_task(a_case(tasks=(task,)))

    assert found.title == "task 41345358 failed by itself"


def test_a_coordinator_fell_with_its_tasks() -> None:
    """The first of them that failed by itself is named, once it was read."""
    parent = a_task(
        "aaaaaaaa-0000-4000-8000-000000000001",
        status="Failed",
        task_type="travel_orchestrator",
        error="2 of 3 segments failed",
        sums_up=True,
    )
    late = a_task(status="Failed", parent=parent.id, error="later")
    first = a_task(
        "bbbbbbbb-0000-4000-8000-000000000001",
        status="Failed",
        parent=parent.id,
        error="out of frames",
        created_at=ago(hours=1),
    )

    [alone] = failed_task(a_case(tasks=(parent,)))
    found, *_ = failed_task(a_case(tasks=(parent, late, first)))

    assert alone.title == "task aaaaaaaa fell with its tasks"
    assert found.title == "task aaaaaaaa fell with bbbbbbbb"
    assert "out of frames" in found.evidence[1]
