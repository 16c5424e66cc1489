from typing import Any

import pytest

from bot.domain.agent_names import Lane
from bot.domain.file_queue import BrainState, Escalation, Incident
from bot.domain.findings import Severity
from bot.rules.book import judge
from tests.file_queues import FILE, a_file, a_folder, found, of_queue

RULE = "retries-exhausted"


def spent(**given: Any) -> Any:
    values: dict[str, Any] = {
        "lane": Lane.FAILED,
        "status": "blocked_cloud",
        "attempts": 3,
        "attempted": ("gpu-4", "gpu-4", "gpu-4"),
        "incident": "inc_1",
        "error": "odd",
    }
    return a_file(**(values | given))


@pytest.mark.parametrize(
    "given",
    [
        {"status": "failed", "attempts": 2},
        {"status": "failed", "attempts": None},
        {"status": "abandoned", "ended_because": "batch_aborted_after_fatal_task"},
    ],
)
def test_a_task_that_is_tried_again_or_fell_with_others(given: dict[str, Any]) -> None:
    """The third attempt is the last one."""
    assert not found(RULE, a_folder(tasks=(spent(**given),)))
    assert not found(RULE, of_queue(None))


def test_what_an_error_explains_is_grave_once() -> None:
    """The finding of its error is; that it was given up is only known."""
    [told] = found(RULE, a_folder(tasks=(spent(error="CUDA out of memory"),)))
    [odd] = found(RULE, a_folder(tasks=(spent(),)))

    assert told.severity is Severity.INFO
    assert odd.severity is Severity.CRITICAL
    assert told.remedy.startswith("mend what its error names")
    assert odd.remedy.startswith("try it on another worker than gpu-4")


def test_a_task_proven_on_one_worker_alone() -> None:
    """What the brain tried, and whom it asked, stands beside it."""
    state = BrainState(
        incidents=(
            Incident(id="inc_0"),
            Incident(id="inc_1", fixes_tried=1, escalation="e_1"),
        )
    )
    asked = Escalation(id="e_1", status="pending", title="upscale", task_id=FILE)
    advised = Escalation(id="e_2", status="done", title="t", advice="resubmit")
    case = a_folder(
        tasks=(spent(escalation="e_2"),), state=state, escalations=(asked, advised)
    )

    [one] = judge(case)

    assert one.title == (
        "task 22d25838 was given up after 3 attempts, all on gpu-4: not proven to be"
        " its fault"
    )
    assert one.evidence[3:] == (
        "incident inc_1: the brain tried to mend it 1 time",
        "it wrote brain/escalations/e_1.json",
        "escalation e_1 is pending: upscale",
        "escalation e_2 is done: t, advice resubmit",
    )


def test_a_task_that_failed_everywhere() -> None:
    """Then it is the task; what is not known is left out."""
    state = BrainState(incidents=(Incident(id="inc_1"),))
    other = Escalation(id="e_1")
    tasks = (
        spent(attempted=("gpu-1", "gpu-2")),
        spent(id="1", attempted=(), error=None),
    )

    one, two = found(RULE, a_folder(tasks=tasks, state=state, escalations=(other,)))

    assert one.title.endswith("was given up after 3 attempts")
    assert two.ask == "orchestrator"
