from typing import Any

import pytest

from bot.domain.findings import Confidence, Finding
from bot.domain.tasks import Task, TaskId
from bot.rules.reigh.upload_failure import upload_failure
from tests.world import TASK, a_case, a_task, ago

EDGE = "Upload failed: [EDGE_FAIL:complete_task:5XX] 503 after 3 attempts"


def told(error: str | None = EDGE, **given: Any) -> list[Finding]:
    task: Task = a_task(**({"status": "Failed", "error": error} | given))
    return [*upload_failure(a_case(tasks=(task,)))]


def test_other_tasks_lost_no_result() -> None:
    """They did not fail, failed of something else, or fell with another."""
    assert not told("CUDA out of memory")
    assert not told(None)
    assert not told(status="Complete")
    assert not told(cascaded_from=TaskId("2"))


@pytest.mark.parametrize("kind", ["5XX", "HTTP_502", "TIMEOUT", "NETWORK"])
def test_a_passing_fault_is_worth_another_try(kind: str) -> None:
    """The service was down, not the result bad."""
    [found] = told(f"[EDGE_FAIL:complete_task:{kind}]", updated_at=ago(minutes=1))

    assert found.confidence is Confidence.LIKELY
    assert found.evidence == (
        f"its row says: [EDGE_FAIL:complete_task:{kind}]",
        f"the edge function complete_task failed it with {kind}",
        "its row last changed at 2026-01-31 11:59:00Z",
    )
    assert found.remedy == (
        "such a fault passes: queue it again if storage is well now, which"
        " logs --source edge_function --level ERROR --hours 1 tells"
    )
    assert found.ask == f"task requeue {TASK}"


@pytest.mark.parametrize(
    "error", ["[EDGE_FAIL:complete_task:HTTP_413]", "Upload failed: no"]
)
def test_a_refusal_is_looked_at_first(error: str) -> None:
    """Trying again would be refused again."""
    [found] = told(error)

    assert found.remedy.startswith("see why it was refused")
    assert found.ask == "logs --source edge_function --level ERROR"


def test_a_task_that_was_tried_three_times_is_submitted_anew() -> None:
    """To queue it again would be refused."""
    [found] = told(attempts=3)

    assert found.evidence[-1] == "it was tried 3 times, which is all it gets"
    assert "submit it anew" in found.remedy
    assert "requeue" not in found.ask


def test_the_step_is_named() -> None:
    """Completing is another one than uploading."""
    [found] = told("Completion failed: generation could not be made")

    assert found.title.endswith("completion failed")
    assert found.evidence[0].startswith("its row says: Completion failed")
